"""The gaps at first forks against walks written out step by step (THEORY section 3)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import choices, values_of
from telos import Affordance, Category, Goals, Problem, explore, instrumental_values
from telos.core.arrays import bools
from telos.drives import ResourceAcquisition
from telos.solve import forks as forks_module
from telos.solve.foresight import Planner
from telos.solve.forks import forks_of
from telos.testing.strategies import affordances, seeds, worlds

TINY = 1e-9


def _optimum(world, earned, discount, allowed):
    """F[S], the best value of every state over all deterministic policies of allowed pairs."""
    every = choices(world)
    every = every[allowed[every].all(axis=1)]
    return values_of(world, earned, discount, every).max(axis=0)


def _walk(world, reward, discount, pursues, steps):
    """(chance, now or later, now or never) by following play step by step."""
    earned = reward[world.pair_state]
    best = _optimum(world, earned, discount, np.ones(world.n_pairs, bool))
    left = _optimum(world, earned, discount, ~pursues)
    ahead = np.add.reduceat(world.next_prob * best[world.next_state], world.next_ptr[:-1])
    q = earned + discount * ahead
    pairs = [np.array(world.pairs_of(s)) for s in range(world.size)]
    fork = [0 < pursues[p].sum() < len(p) for p in pairs]
    mass, found = world.start.copy(), np.zeros(3)
    for t in range(steps):
        new = np.zeros(world.size)
        for s in np.flatnonzero(mass):
            here = pairs[s]
            if fork[s]:
                most = q[here][pursues[here]].max()
                gaps = 1.0, most - q[here][~pursues[here]].max(), most - left[s]
                found += mass[s] * np.array([1.0, discount**t, discount**t]) * gaps
                continue
            tied = here[q[here] >= q[here].max() - TINY]
            for pair in tied:
                for n, p in world.successors(int(pair)).items():
                    new[n] += mass[s] / len(tied) * p
        if np.abs(new - mass).max() < 1e-13:
            break
        mass = new
    return found


@given(st.data())
def test_first_forks_are_those_that_play_uniform_over_optimal_pairs_meets(data):
    world = data.draw(worlds(max_states=4, max_actions=2))
    drive = data.draw(affordances(world))
    rng = np.random.default_rng(data.draw(seeds()))
    rows = rng.integers(-1, 3, (3, world.n_outcomes)).astype(float)[:, world.outcome]
    discount = data.draw(st.sampled_from((0.0, 0.5, 0.9)))
    (found,) = instrumental_values(Problem(world, Goals(rows), discount), (drive,))
    for g, reward in enumerate(rows):
        chance, later, never = _walk(world, reward, discount, drive.pursues, 4000)
        assert found.fork_chance[g] == pytest.approx(chance, abs=1e-6)
        if found.category[g] in (Category.NEVER_MET, Category.NOT_APPLICABLE):
            assert found.fork_chance[g] == 0.0
        if chance == 0:
            assert np.isnan([found.gap_later[g], found.gap_never[g]]).all()
            continue
        every = values_of(world, reward[world.pair_state], discount, choices(world)) @ world.start
        span = every.max() - every.min()
        for value, expected in ((found.gap_later[g], later), (found.gap_never[g], never)):
            share = np.clip(expected / span, -1, 1) if span > TINY else 0.0
            assert value == pytest.approx(share, abs=1e-6)


@given(st.data())
def test_long_chains_are_solved_the_same_by_the_sparse_solver(data):
    world = data.draw(worlds(max_states=6, max_actions=3))
    drive = data.draw(affordances(world))
    rng = np.random.default_rng(data.draw(seeds()))
    problem = Problem(world, Goals(rng.integers(0, 3, (3, world.size)).astype(float)), 0.9)
    free = Planner().solve(problem)
    without = free.value - 1.0
    dense = forks_module.first_forks(free, drive.pursues, without)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forks_module, "DENSE", 0)
        sparse = forks_module.first_forks(free, drive.pursues, without)
    for one, two in zip(dense, sparse, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-9)


def _corridor(g, slip):
    """Two steps to a gate; there a token costs one step and doubles what the room beyond pays."""

    def moves(s):
        if s in ("first", "second"):
            to = {"first": "second", "second": "gate"}[s]
            return {"walk": {to: 1 - slip, s: slip} if slip else to}
        if s == "gate":
            return {"enter": "room", "fetch": "token"}
        return {"token": {"enter": "rich room"}}.get(s, {"enter": s})

    features = {"resources": lambda s: float(s in ("token", "rich room"))}
    world = explore("first", moves, features=features, default=lambda s: next(iter(moves(s))))
    worth = {"room": 1.0, "rich room": 2.0}
    goals = Goals([worth.get(s, 0.0) for s in world.states])
    return Problem(world, goals, g), ResourceAcquisition().affordances(world)


@pytest.mark.parametrize("slip", [0.0, 0.25])
@pytest.mark.parametrize("g", [0.3, 0.5, 0.9])
def test_at_a_single_gate_both_gaps_are_what_the_drive_is_worth_with_a_sign(g, slip):
    """E g^tau (2 g^2 - g) / (1 - g), with g^tau = (g (1 - slip) / (1 - g slip))^2 on average."""
    problem, drive = _corridor(g, slip)
    (found,) = instrumental_values(problem, (drive,))
    delay = (g * (1 - slip) / (1 - g * slip)) ** 2
    gap = delay * (2 * g**2 - g) / (1 - g)
    span = delay * max(2 * g**2, g) / (1 - g) - delay * min(2 * g**2, g) / (1 - g)
    assert found.fork_chance[0] == pytest.approx(1.0)
    assert found.iv[0] == pytest.approx(max(0.0, gap), abs=1e-9)
    for value in (found.gap_later[0], found.gap_never[0]):
        assert value == pytest.approx(gap / span if span else 0.0, abs=1e-7)


def test_putting_off_is_no_loss_where_the_drive_can_be_had_later():
    """Now or later is 1 - g of the token's worth; now or never is all of it."""
    moves = {"gate": {"wait": "gate", "fetch": "token"}, "token": {"wait": "token"}}
    world = explore(
        "gate",
        lambda s: moves[s],
        features={"resources": lambda s: float(s == "token")},
        default="wait",
    )
    drive = ResourceAcquisition().affordances(world)
    (found,) = instrumental_values(Problem(world, Goals([0.0, 1.0]), 0.9), (drive,))
    assert found.gap_never[0] == pytest.approx(1.0)
    assert found.gap_later[0] == pytest.approx(0.1)


def test_a_fork_counts_only_while_the_goal_is_still_held():
    """Rewritten, the agent no longer chooses for the goal that is asked about."""
    moves = {
        "yard": {"go": "gate"},
        "gate": {"wait": "gate", "fetch": "end"},
        "end": {"wait": "end"},
    }
    features = {"goal_register": lambda s: float(s != "yard")}
    world = explore("yard", lambda s: moves[s], features=features)
    pursues = bools([world.describe(i).endswith("'fetch'") for i in range(world.n_pairs)])
    assert pursues.any()
    assert not forks_of(world, pursues).any()
    drive = Affordance("fetching", pursues, bools(np.zeros(world.size)))
    (found,) = instrumental_values(Problem(world, Goals([0.0, 0.0, 1.0]), 0.9), (drive,))
    assert found.fork_chance.tolist() == [0.0]


def test_a_drive_no_play_comes_to_is_never_met_and_one_that_is_passed_by_is_declined():
    """Goals a, b and c at a fork of paths; the token lies on the second path alone."""
    moves = {
        "start": {"left": "a", "right": "gate"},
        "gate": {"wait": "b", "fetch": "token"},
        "token": {"wait": "token"},
        "a": {"wait": "a"},
        "b": {"wait": "b"},
    }
    world = explore(
        "start",
        lambda s: moves[s],
        features={"resources": lambda s: float(s == "token")},
        default=lambda s: next(iter(moves[s])),
    )
    drive = ResourceAcquisition().affordances(world)
    rows = [[float(s == wanted) for s in world.states] for wanted in ("a", "b", "token")]
    same = [float(s in ("b", "token")) for s in world.states]
    (found,) = instrumental_values(Problem(world, Goals([*rows, same]), 0.9), (drive,))
    assert found.category.tolist() == [
        Category.NEVER_MET,
        Category.DECLINED,
        Category.REQUIRED,
        Category.INDIFFERENT,
    ]
    assert found.fork_chance.tolist() == [0.0, 1.0, 1.0, 1.0]
    (coarse,) = instrumental_values(Problem(world, Goals(np.array(rows) + 1e12), 0.9), (drive,))
    assert coarse.category.tolist() == [Category.UNRESOLVED, Category.UNRESOLVED, Category.REQUIRED]
