"""Transition matrices as worlds, rewards of states, pairs and transitions as goals: exact, or a sentence."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import Goals, Problem, World, solve
from telos.errors import GoalsError, ProblemError, WorldError
from telos.interop import with_rewards
from telos.testing.strategies import worlds

P = np.array([[[0.5, 0.5], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.25, 0.75]]])


def dense(world):
    """F[A, S, S] and B[S, A]: the matrices of a world, and which pairs are legal."""
    matrices = np.zeros((len(world.actions), world.size, world.size))
    legal = np.zeros((world.size, len(world.actions)), dtype=bool)
    legal[world.pair_state, world.pair_action] = True
    pair = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    at = world.pair_action[pair], world.pair_state[pair], world.next_state
    matrices[at] = world.next_prob
    return matrices, legal


def same(one, other):
    """Two worlds have the same transitions, to the last digit."""
    for field in ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "start"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)


@given(world=worlds())
@settings(deadline=None)
def test_a_world_comes_back_from_its_matrices_to_the_last_digit(world):
    matrices, legal = dense(world)
    back = World.from_dense(
        matrices, action_axis=0, legal=legal, start=world.start, actions=world.actions
    )
    again, _ = dense(back)
    np.testing.assert_array_equal(again, matrices)
    np.testing.assert_array_equal(back.pair_action, np.nonzero(legal)[1])
    assert back.actions == world.actions


@pytest.mark.parametrize(
    "given",
    [
        P.tolist(),
        list(P),
        tuple(P),
        P.transpose(1, 0, 2),
        [scipy.sparse.csr_matrix(each) for each in P],
        [scipy.sparse.coo_array(each) for each in P],
        np.array([None, *(scipy.sparse.csc_matrix(each) for each in P)], dtype=object)[1:],
        P.astype(np.float64, order="F"),
    ],
    ids=["lists", "arrays", "tuple", "state first", "csr", "coo", "objects", "order F"],
)
def test_every_form_of_the_matrices_is_the_same_world(given):
    same(World.from_dense(given), World.from_dense(P, action_axis=0))


def test_a_stored_zero_is_no_successor_and_entries_stored_twice_are_added_up():
    zero = scipy.sparse.csr_matrix(([0.0, 1.0, 0.25, 0.75], ([0, 0, 1, 1], [0, 1, 0, 1])))
    twice = scipy.sparse.coo_matrix(([0.5, 0.5, 1.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    world = World.from_dense([zero, twice], action_axis=0)
    assert world.successors(0) == {1: 1.0}
    assert world.successors(1) == {1: 1.0}


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix], ids=["dense", "sparse"])
def test_a_row_for_each_legal_pair_is_the_same_world(form):
    legal = np.array([[True, False, True], [True, True, True]])
    state, action = np.nonzero(legal)
    same(
        World.from_dense(form(P[action, state]), pairs=(state, action)),
        World.from_dense(P, legal=legal),
    )


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (([0, 0, 1], [0, 1, 0]), r"2 rows; give pairs"),
        (([0, 1], [0.0, 1.0]), r"integers"),
        (([1, 0], [0, 0]), r"row 1 is state 0, action 0, not later"),
        (([0, 0], [0, 0]), r"row 1 is state 0, action 0, not later"),
        (([0, 7], [0, 0]), r"row 1 is state 7, action 0; states are 0 to 1"),
        (([0, 0], [0, 1]), r"state 1: no legal action"),
        (None, r"P has shape \(2, 2\)"),
        (5, r"give pairs="),
    ],
)
def test_pairs_that_do_not_fit_the_rows_are_named(pairs, message):
    with pytest.raises(WorldError, match=message):
        World.from_dense(np.eye(2), pairs=pairs)


def test_with_as_many_actions_as_states_the_axis_must_be_said():
    square = P[:2]
    with pytest.raises(WorldError, match=r"as many actions as states.*action_axis=0"):
        World.from_dense(square)
    first = World.from_dense(square, action_axis=0)
    second = World.from_dense(square, action_axis=1)
    assert first.successors(1) == {0: 1.0}
    assert second.successors(1) == {1: 1.0}


def changed(at, value):
    matrices = P.copy()
    matrices[at] = value
    return matrices


@pytest.mark.parametrize(
    ("given", "fields", "message"),
    [
        (
            changed((0, 1, 1), 0.9),
            {},
            r"state 1, action 'a0': probabilities sum to 0.9, not 1; divide",
        ),
        (changed((0, 1, 1), 0.0), {}, r"state 1, action 'a0': probabilities sum to 0, not 1; mark"),
        (changed((2, 1), [-0.25, 1.25]), {}, r"state 1, action 'a2': .*state 0 is -0.25; .*0 to 1"),
        (changed((1, 0, 1), np.nan), {}, r"state 0, action 'a1': .*state 1 is nan"),
        (
            changed((1, 0, 1), np.inf),
            {"actions": ("x", "go", "y")},
            r"action 'go': .*state 1 is inf",
        ),
        (P[0], {}, r"P has shape \(2, 2\)"),
        (P[:, :, :1], {}, r"P has shape \(3, 2, 1\); give \[A, S, S\]"),
        (P, {"action_axis": 1}, r"shape \(3, 2, 2\) with action_axis=1"),
        (P, {"action_axis": 2}, r"action_axis is 2; it is 0"),
        (P, {"legal": np.ones((3, 2), bool)}, r"legal has shape \(3, 2\)"),
        (P, {"legal": [[True], [True, True]]}, r"give one boolean"),
        (P, {"legal": np.ones((2, 3))}, r"legal .* type float64; give one boolean"),
        (P, {"legal": np.array([[True] * 3, [False] * 3])}, r"state 1: no legal action"),
        (P, {"actions": ("a",)}, r"1 action names for 3 actions"),
        (P.astype(str), {}, r"P holds <U32 and not numbers"),
        (P.astype(complex), {}, r"P holds complex128"),
        (P.astype(object), {}, r"P holds object"),
        ([[[1.0]], [[1.0], [0.0]]], {}, r"matrix 0 .* shape \(1, 1\) and matrix 1 has \(2, 1\)"),
        ([], {}, r"P holds no matrix"),
        (np.zeros((2, 0, 0)), {}, r"P has shape \(2, 0, 0\)"),
        ([[[1.0, 2.0], [3.0]]], {}, r"cannot be read as an array"),
        (None, {}, r"P holds object"),
    ],
)
def test_what_is_no_world_is_named(given, fields, message):
    with pytest.raises(WorldError, match=message):
        World.from_dense(given, **fields)


def test_rows_of_pairs_that_are_not_legal_are_not_read():
    legal = np.array([[True, True, False], [True, False, True]])
    world = World.from_dense(changed((2, 0), [np.nan, 7.0]), legal=legal)
    assert world.n_pairs == 4
    assert [world.actions[a] for a in world.pair_action] == ["a0", "a1", "a0", "a2"]


class TestRewards:
    """What others call R: of states, of pairs, of transitions."""

    world = World.from_dense(P, actions=("wait", "home", "out"), features={"x": [0.0, 1.0]})

    def test_rewards_of_states_leave_the_world_as_it_is(self):
        model = with_rewards(self.world, [1.0, -2.0])
        assert model.world is self.world
        assert not model.split
        assert model.goals.reward.tolist() == [[1.0, -2.0]]

    def test_rewards_that_do_not_depend_on_the_action_stay_with_the_states(self):
        model = with_rewards(self.world, [[3.0] * 3, [4.0] * 3])
        assert model.world is self.world
        assert model.goals.reward.tolist() == [[3.0, 4.0]]

    def test_each_pair_becomes_a_state_that_pays_for_it(self):
        rewards = np.arange(6.0).reshape(2, 3)
        world, goals = with_rewards(self.world, rewards)
        assert world.size == 2 + 6
        assert world.states[2:] == tuple((s, a) for s in (0, 1) for a in self.world.actions)
        np.testing.assert_array_equal(goals.reward[0], [0, 0, 0, 1, 2, 3, 4, 5])
        for pair in range(6):
            assert world.successors(pair) == {2 + pair: 1.0}
            assert world.successors(6 + pair) == self.world.successors(pair)
        assert world.feature("x").tolist() == [0, 1, 0, 0, 0, 1, 1, 1]
        assert world.start.tolist() == [1, 0, 0, 0, 0, 0, 0, 0]

    def test_pairs_of_equal_outcome_and_reward_share_an_outcome(self):
        world = replace(self.world, outcome=[0, 0], outcomes=("room",))
        model = with_rewards(world, [[1, 2, 2], [2, 1, 1]])
        assert model.world.outcomes == ("room", ("room", 1.0), ("room", 2.0))
        for outcome in range(model.world.n_outcomes):
            assert len(set(model.goals.reward[0][model.world.outcome == outcome])) == 1

    def test_the_default_is_still_the_default(self):
        world = replace(self.world, default=np.array([0, 3]))
        model = with_rewards(world, np.arange(6.0))
        assert model.world.default[:2].tolist() == [0, 3]
        assert model.world.default[2:].tolist() == [6, 7, 8, 9, 10, 11]

    def test_a_reward_of_transitions_counts_by_its_expectation(self):
        rewards = np.zeros((3, 2, 2))
        rewards[0, 0] = [4.0, 8.0]  # from state 0 by action 0, each with probability 1/2
        rewards[1, 1] = [7.0, np.nan]  # the second never happens, and is not read
        for form in (
            rewards,
            rewards.transpose(1, 0, 2),
            [scipy.sparse.csr_matrix(np.nan_to_num(each)) for each in rewards],
        ):
            model = with_rewards(self.world, form)
            np.testing.assert_array_equal(model.goals.reward[0, 2:], [6, 0, 0, 0, 7, 0])

    def test_a_reward_that_is_the_same_for_all_successors_is_kept_to_the_last_digit(self):
        thirds = World.from_dense([[[1 / 3, 1 / 3, 1 / 3]] * 3, np.eye(3)], action_axis=0)
        rewards = np.full((2, 3, 3), 0.1)
        rewards[1] = 0.7
        model = with_rewards(thirds, rewards)
        assert set(model.goals.reward[0, 3:]) == {0.1, 0.7}

    def test_several_rewards_are_several_goals(self):
        model = with_rewards(self.world, {"coins": [1, 2], "time": -np.arange(6.0)})
        assert model.goals.label == ("coins", "time")
        assert model.goals.reward.shape == (2, 8)
        np.testing.assert_array_equal(model.goals.reward[0, 2:], [1, 1, 1, 2, 2, 2])

    @pytest.mark.parametrize(
        ("rewards", "message"),
        [
            ([[1, 2, np.nan], [0, 0, 0]], r"state 0, action 'out': the reward is nan"),
            ([[1, 2, 3], [0, -np.inf, 0]], r"state 1, action 'home': .*-inf; .*legal=R > -np.inf"),
            ([1, 2, 3], r"shape \(3,\); give \(2,\) by state, \(2, 3\)"),
            (5.0, r"shape \(\)"),
            ("gold", r"the rewards are <U4"),
            ([[1, 2], [3]], r"not an array"),
            ({}, r"no rewards"),
            (np.zeros((4, 2, 2)), r"2 states and 4 actions for a world of 2 and 3"),
        ],
    )
    def test_what_is_no_reward_is_named(self, rewards, message):
        with pytest.raises(GoalsError, match=message):
            with_rewards(self.world, rewards)

    def test_dense_and_sparse_rewards_of_transitions_are_the_same(self):
        rng = np.random.default_rng(3)
        P = rng.dirichlet(np.ones(4), size=(3, 4)) * 1.0
        R = rng.normal(size=(3, 4, 4))
        world = World.from_dense(P)
        sparse = with_rewards(world, [scipy.sparse.csr_array(each) for each in R])
        np.testing.assert_array_equal(with_rewards(world, R).goals.reward, sparse.goals.reward)
        turned = with_rewards(World.from_dense(P.swapaxes(0, 1)), R.swapaxes(0, 1))
        np.testing.assert_array_equal(turned.goals.reward, sparse.goals.reward)

    def test_a_split_world_may_be_split_again(self):
        world = World.from_dense([[[1.0]], [[1.0]]])
        once = with_rewards(world, [[1.0, 3.0]]).world
        twice = with_rewards(once, np.arange(float(once.n_pairs))).world
        assert twice.size == once.size + once.n_pairs
        assert len(set(twice.states)) == twice.size
        assert len(set(twice.outcomes)) == twice.n_outcomes

    def test_masked_numbers_are_no_numbers(self):
        world = World.from_dense([[[1.0]], [[1.0]]])
        with pytest.raises(GoalsError, match="masked"):
            with_rewards(world, np.ma.array([[1.0, 2.0]], mask=[[False, True]]))
        with pytest.raises(WorldError, match="masked"):
            World.from_dense(np.ma.array([[[1.0]], [[1.0]]], mask=[[[False]], [[True]]]))

    @pytest.mark.parametrize("discount", ["0.9", None, [0.9], 1, 0, float("nan"), 1j])
    def test_a_discount_that_is_none_is_named(self, discount):
        model = with_rewards(World.from_dense([[[1.0]], [[1.0]]]), [[1.0, 3.0]], discount=discount)
        with pytest.raises(ProblemError, match="discount"):
            model.problem()

    def test_a_problem_needs_a_discount_and_a_split_world_one_above_zero(self):
        split = with_rewards(self.world, np.arange(6.0))
        for discount, message in ((None, "names no discount"), (0, "above 0"), (1, "less than 1")):
            with pytest.raises(ProblemError, match=message):
                split.problem(discount)
        assert with_rewards(self.world, np.arange(6.0), discount=0.25).problem().discount == 0.5
        assert with_rewards(self.world, [1, 2], discount=0.25).problem().discount == 0.25


@given(
    world=worlds(max_states=4, max_actions=3),
    discount=st.sampled_from((0.01, 0.5, 0.9, 0.99)),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=60)
def test_a_bonus_and_a_split_pay_the_same(world, discount, seed):
    """Telos can pay for pairs in another way, by a bonus; both give the same values and actions."""
    rewards = np.random.default_rng(seed).integers(-4, 5, world.n_pairs).astype(float)
    model = with_rewards(world, rewards)
    split = solve(model.problem(discount))
    bonus = solve(Problem(world, Goals(np.zeros(world.size)), discount, bonus=rewards))
    bound = split.bound.max() / np.sqrt(discount) + bonus.bound.max()
    bound += 2.0**-51 * np.abs(rewards).max() / (1 - discount) ** 2
    ours = model.values(split.value, discount)
    assert np.abs(ours - bonus.value).max() <= bound
