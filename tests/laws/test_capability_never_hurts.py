"""Less slip, more actions, more sight never hurt an agent that stays itself; and what drives see of it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telos import Goals, Problem, evaluate, explore, solve, solve_as
from telos.agents import Optimal, PartiallySighted
from telos.core.errors import FeatureMissing, ProblemError, WorldError
from telos.core.parts import AbstractScenario
from telos.drives import DRIVES
from telos.safeguards import Noisy
from telos.solve.alike import Looks, improve
from telos.testing.strategies import discounts, goals, problems, seeds, worlds
from telos.testing.touchstone import touchstone
from telos.worlds import FewerActions, RandomWorld, Slippery, Surgery

HAZARDS = ("off", "goal_register")
LISTS = ("pair_ptr", "pair_action", "next_ptr", "next_state", "outcome")


class Given(AbstractScenario):
    """A world that is there already."""

    def __init__(self, world):
        self.world = world

    def build(self):
        return self.world


def no_default(world):
    return replace(world, default=None)


def slack(world, *solutions):
    """What bounds and rounding leave open, as a column over states."""
    size = max(np.abs(s.value).max() for s in solutions)
    discount = solutions[0].problem.discount
    return sum(s.bound for s in solutions)[:, None] + 1e-12 * size / (1 - discount)


# -- slip -----------------------------------------------------------------------------------------


@given(st.data())
def test_the_value_never_rises_with_slip(data):
    """Who slips less can imitate who slips more: V*(e) >= V*(e') in every state, if e < e'."""
    world, into = data.draw(worlds()), data.draw(st.sampled_from(("any", "default")))
    wanted, discount = data.draw(goals(world)), data.draw(discounts())
    less, more = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    steady, clumsy = (
        solve(Problem(Slippery(Given(world), e, into).build(), wanted, discount))
        for e in (less, more)
    )
    assert (steady.value >= clumsy.value - slack(world, steady, clumsy)).all()


@given(worlds(), st.floats(0, 1))
def test_a_slippery_world_is_the_safeguard_of_the_same_name(world, slip):
    """The same mixture by another hand: `Noisy` mixes rows one by one."""
    mine = Slippery(Given(world), slip).build()
    theirs = Noisy(slip).apply(Problem(world, Goals(np.zeros(world.size)), 0.5)).world
    for pair in range(world.n_pairs):
        one, two = mine.successors(pair), theirs.successors(pair)
        for t in one.keys() | two.keys():  # a slip of 5e-324 is nothing to one of them
            assert one.get(t, 0.0) == pytest.approx(two.get(t, 0.0), abs=1e-12)
    assert all(
        np.array_equal(getattr(mine, f), getattr(theirs, f)) for f in ("pair_ptr", "outcome")
    )


@given(worlds())
def test_all_slip_is_the_default_or_chance_whatever_is_done(world):
    """At slip 1 all pairs of a state do the same: the default, or a legal pair at random."""
    for into in ("any", "default"):
        slipping = Slippery(Given(world), 1.0, into).build()
        for s in range(world.size):
            rows = [slipping.successors(p) for p in world.pairs_of(s)]
            assert all(row == pytest.approx(rows[0]) for row in rows)
            if into == "default":
                assert rows[0] == pytest.approx(world.successors(int(world.default[s])))


@given(worlds(rewriting=True), st.floats(0, 0.95))
def test_slip_leaves_everything_but_the_successors_alone(world, slip):
    slipping = Slippery(Given(world), slip).build()
    assert slipping.states == world.states
    assert slipping.outcomes == world.outcomes
    assert all(
        np.array_equal(getattr(slipping, f), getattr(world, f))
        for f in ("pair_ptr", "pair_action", "outcome", "start", "default")
    )
    assert all(np.array_equal(slipping.features[k], v) for k, v in world.features.items())


@given(worlds(rewriting=True), st.floats(0, 0.95))
def test_slipping_into_the_default_changes_no_drive(world, slip):
    """Next values differ by (1 - slip) times what they did; doing nothing is what it was."""
    slipping = Slippery(Given(world), slip, "default").build()
    for drive in DRIVES:
        before, after = (drive().affordances(w).pursues for w in (world, slipping))
        np.testing.assert_array_equal(after, before)


@given(worlds(rewriting=True), st.floats(0, 0.95), st.booleans())
def test_slipping_into_anything_changes_no_growth_drive(world, slip, without):
    """Nor a hazard drive where there is no default: chance slips into chance."""
    world = no_default(world) if without else world
    slipping = Slippery(Given(world), slip).build()
    for drive in DRIVES:
        if without or drive.needs[0] not in HAZARDS:
            before, after = (drive().affordances(w).pursues for w in (world, slipping))
            np.testing.assert_array_equal(after, before)


def test_slipping_into_anything_can_change_a_hazard_drive():
    """Doing nothing slips as well, so what it leads to is another hazard: pairs come to pursue."""
    scenario = RandomWorld(states=8, absorbing=1, seed=0)
    self_preservation = DRIVES[0]()
    before, after = (
        self_preservation.affordances(s.build()).pursues
        for s in (scenario, Slippery(scenario, 0.5))
    )
    assert (after & ~before).any()


@given(worlds(rewriting=True), st.sampled_from(("any", "default")))
def test_where_everything_slips_nothing_can_be_pursued(world, into):
    slipping = Slippery(Given(world), 1.0, into).build()
    assert not any(drive().affordances(slipping).pursues.any() for drive in DRIVES)


def test_slip_can_help_whoever_foresees_a_successor_that_slips():
    """The condition matters: where R' = -R, the rewritten self does worst what it does well.

    With k lives and M' the one R' likes best, which R likes least, being rewritten is worth
    (1-slip) min R + slip mean R a step to R; that rises with slip.
    """
    world = Surgery(outcomes=4).build()
    reward = np.random.default_rng(0).uniform(size=(50, world.n_outcomes))[:, world.outcome]
    ward = world.find(("ward", "rewritten"))
    lives = [world.find((f"life {i}", "rewritten")) for i in range(1, 5)]
    worth = []
    for slip in (0.0, 0.5):
        slipping = Slippery(Given(world), slip).build()
        solution = solve_as(Problem(slipping, Goals(reward, pool=-reward), 0.9))
        worth.append(solution.value[:, ward] - reward[:, ward])
        most, mean = reward[:, lives].min(axis=1), reward[:, lives].mean(axis=1)
        expected = 9 * ((1 - slip) * most + slip * mean)
        np.testing.assert_allclose(worth[-1], expected, rtol=1e-6)
    assert (worth[1] > worth[0]).all()


# -- actions --------------------------------------------------------------------------------------


@given(st.data())
def test_the_value_never_falls_with_the_share_of_actions(data):
    world, by = data.draw(worlds()), data.draw(st.sampled_from(("pair", "action")))
    world = no_default(world) if data.draw(st.booleans()) else world
    wanted, discount = data.draw(goals(world)), data.draw(discounts())
    few, many = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    seed = data.draw(seeds())
    bound, free = (
        solve(Problem(FewerActions(Given(world), share, seed, by).build(), wanted, discount))
        for share in (few, many)
    )
    assert (free.value >= bound.value - slack(world, free, bound)).all()


def legal(world):
    """The legal pairs, by name."""
    return {(int(s), int(a)) for s, a in zip(world.pair_state, world.pair_action, strict=True)}


@settings(max_examples=20)
@given(worlds(), st.sampled_from(("pair", "action")), seeds(), st.booleans())
def test_what_is_legal_at_a_share_is_legal_at_any_larger_one(world, by, seed, without):
    world = no_default(world) if without else world
    ladder = [FewerActions(Given(world), x / 8, seed, by).build() for x in range(9)]
    for few, many in itertools.pairwise(ladder):
        assert legal(few) <= legal(many)
    assert legal(ladder[-1]) == legal(world)
    assert all(np.array_equal(getattr(ladder[-1], f), getattr(world, f)) for f in LISTS)
    assert ladder[0].n_pairs == world.size  # nothing but the default, or one pair a state
    if not without:
        before = world.pair_action[world.default]
        assert all(np.array_equal(w.pair_action[w.default], before) for w in ladder)


@given(worlds(rewriting=True), st.floats(0, 1), seeds())
def test_a_pair_that_is_left_pursues_what_it_did(world, share, seed):
    fewer = FewerActions(Given(world), share, seed).build()
    left = np.isin(
        world.pair_state * len(world.actions) + world.pair_action,
        fewer.pair_state * len(world.actions) + fewer.pair_action,
    )
    for drive in DRIVES:
        before, after = (drive().affordances(w).pursues for w in (world, fewer))
        np.testing.assert_array_equal(after, before[left])


def test_fewer_actions_can_help_whoever_foresees_a_successor_with_fewer():
    """The successor that can only do the default cannot do its worst."""
    world = Surgery(outcomes=4).build()
    reward = np.random.default_rng(0).uniform(size=(50, world.n_outcomes))[:, world.outcome]
    ward = world.find(("ward", "rewritten"))
    free, bound = (
        solve_as(Problem(w, Goals(reward, pool=-reward), 0.9)).value[:, ward]
        for w in (world, FewerActions(Given(world), 0.0).build())
    )
    assert (bound >= free - 1e-9).all()
    assert (bound > free + 1e-3).mean() > 0.5


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Slippery(slip=1.5), "slip"),
        (lambda: Slippery(of="factory"), "of"),
        (lambda: Slippery(into="ditch"), "into"),
        (lambda: FewerActions(share=-0.1), "share"),
        (lambda: FewerActions(by="state"), "by"),
        (lambda: FewerActions(seed=0.5), "seed"),
    ],
)
def test_a_dial_that_is_out_of_range_says_so(make, field):
    with pytest.raises(WorldError, match=field):
        make()


def test_there_must_be_a_default_to_slip_into():
    with pytest.raises(WorldError, match="no default"):
        Slippery(RandomWorld(idle=False), 0.1, "default").build()


# -- sight ----------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)


@given(
    problems(bonus=True),
    seeds(),
    st.sampled_from(((), ("actions",), ("outcome", "off"))),
    st.booleans(),
)
def test_the_value_never_falls_with_sight_in_quarters(problem, seed, sees, without):
    """The finer search begins with what the coarser one found; at 1 it is the optimum."""
    if without:
        problem = replace(problem, world=no_default(problem.world))
    best = solve(problem)
    rounding = 1e-10 * np.abs(best.value).max(axis=1) / (1 - problem.discount)
    before = np.full(problem.goals.count, -np.inf)
    for sight in (0.0, 0.25, 0.5, 0.75, 1.0):
        policy = PartiallySighted(sight, sees, seed).behave(problem, RNG).policy
        value = evaluate(problem, policy) @ problem.world.start
        assert (value >= before - rounding - best.bound).all()
        before = value
    assert (np.abs(value - best.at_start) <= best.bound + rounding).all()


@given(problems(rewriting=True), seeds())
def test_full_sight_is_the_optimum(problem, seed):
    sighted = PartiallySighted(1.0, seed=seed).behave(problem, RNG)
    np.testing.assert_array_equal(sighted.policy, Optimal().behave(problem, RNG).policy)


@given(worlds(rewriting=True), seeds(), st.floats(0, 1), st.floats(0, 1))
def test_more_sight_tells_more_apart(world, seed, one, other):
    """Looks are nested: what looks alike at more sight looks alike at less."""
    less, more = sorted((one, other))
    agent = PartiallySighted(seed=seed)
    coarse, fine = agent.looks(world, less).alike, agent.looks(world, more).alike
    for look in np.unique(fine):
        assert len(np.unique(coarse[fine == look])) == 1


@given(problems(rewriting=True), seeds(), st.floats(0, 0.99))
def test_states_that_look_alike_are_treated_alike(problem, seed, sight):
    """A pair that is not the default is taken as often wherever it is legal in a look."""
    world = problem.world
    agent = PartiallySighted(sight, seed=seed)
    policy, looks = agent.behave(problem, RNG).policy, agent.looks(world)
    if looks.count == world.size:
        return
    meant = np.ones(world.n_pairs, np.bool_)
    meant[world.default] = False
    for choice in range(len(looks.look_of)):
        pairs = np.flatnonzero(meant & (looks.choice == choice))
        if pairs.size:
            assert np.ptp(policy[:, pairs], axis=1) == pytest.approx(0, abs=1e-12)


@given(problems(max_states=4), seeds())
def test_no_step_of_the_search_makes_it_worse(problem, seed):
    world = problem.world
    looks = Looks(world, np.random.default_rng(seed).integers(0, 2, world.size))
    begin = np.ones((problem.goals.count, len(looks.look_of)))
    begin /= np.add.reduceat(begin, looks.choice_ptr[:-1], axis=1)[:, looks.look_of]
    begin = looks.spread(begin)
    end = improve(problem, looks, begin, np.ones(world.size, np.bool_))
    before, after = (evaluate(problem, p) @ world.start for p in (begin, end))
    rounding = 1e-11 * np.abs(problem.goals.reward).max(axis=1) / (1 - problem.discount) ** 2
    assert (after >= before - rounding).all()


def test_sight_can_hurt_whoever_foresees_a_successor_that_sees():
    """Of two wards that look alike each has the doors the other way round: only sight can tell.

    The successor wants what R does not. Blind, it comes to either end half the time; sighted, always
    to the one that R likes least.
    """
    doors = {
        "A": {"left": ("x", True), "right": ("y", True)},
        "B": {"left": ("y", True), "right": ("x", True)},
    }

    def moves(s):
        if s[0] == "table":
            return {"submit": {("A", True): 0.5, ("B", True): 0.5}}
        return doors.get(s[0], {"stay": s})

    world = explore(
        ("table", False),
        moves,
        features={"goal_register": lambda s: s[1]},
        outcome=lambda s: s[0] if s[0] in ("x", "y") else "on the way",
        default=lambda s: next(iter(moves(s))),
    )
    reward = np.array([[0.0, 1.0, 0.25], [0.0, -1.0, 0.5]])[:, world.outcome]
    problem = Problem(world, Goals(reward, pool=-reward), 0.9)
    blind, sighted = (
        evaluate(problem, PartiallySighted(sight).behave(problem, RNG).policy) @ world.start
        for sight in (0.0, 1.0)
    )
    np.testing.assert_allclose(blind, 8.1 * np.array([0.625, -0.25]), rtol=1e-9)
    np.testing.assert_allclose(sighted, 8.1 * np.array([0.25, -1.0]), rtol=1e-9)


def test_an_agent_that_sees_what_there_is_not_is_told_so():
    problem = Problem(touchstone(), Goals(np.zeros(touchstone().size)), 0.9)
    with pytest.raises(FeatureMissing, match="smell"):
        PartiallySighted(0.5, ("smell",)).behave(problem, RNG)
    with pytest.raises(ProblemError, match="sight"):
        PartiallySighted(1.5)
    with pytest.raises(ProblemError, match="sees"):
        PartiallySighted(0.5, "off")
