"""Most goals: the copy theorem, orbit counts, and the control that must fail them (THEORY section 2)."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchors.populations import everyone
from telos import Goals, Problem, World, instrumental_values, measure, solve
from telos.agents import Boltzmann, Optimal, UniformRandom
from telos.drives import SelfPreservation
from telos.families import Orbit
from telos.testing.strategies import discounts, seeds, worlds
from telos.worlds import OffSwitch


@st.composite
def copies(draw):
    """A start with two doors: one into a world, one into a copy of it with more to it.

    Returns:
        the world, and the involution that swaps each state of the small part with its copy.
    """
    part = draw(worlds(max_states=3, max_actions=2))
    rng = np.random.default_rng(draw(seeds()))
    n = part.size
    extra = int(rng.integers(3))
    size = 1 + 2 * n + extra
    rows = [[{1 + n: 1.0}, {1: 1.0}]]  # pair 0 leads into the copy, pair 1 into the original
    for offset in (1, 1 + n):
        for s in range(n):
            moves = [
                {t + offset: p for t, p in part.successors(pair).items()}
                for pair in part.pairs_of(s)
            ]
            if offset > 1:  # the copy may have further ways out, into states of its own
                moves += [{int(rng.integers(1 + n, size)): 1.0} for _ in range(rng.integers(2))]
            rows.append(moves)
    rows += [[{int(rng.integers(1 + n, size)): 1.0}] for _ in range(extra)]
    flat = [row for moves in rows for row in moves]
    world = World.from_arrays(
        np.concatenate(([0], np.cumsum([len(moves) for moves in rows]))),
        [a for moves in rows for a in range(len(moves))],
        np.concatenate(([0], np.cumsum([len(row) for row in flat]))),
        [t for row in flat for t in row],
        [p for row in flat for p in row.values()],
    )
    swap = np.arange(size)
    swap[1 : 1 + n], swap[1 + n : 1 + 2 * n] = np.arange(1 + n, 1 + 2 * n), np.arange(1, 1 + n)
    return world, swap


@given(copies(), discounts(), seeds())
def test_a_copy_with_more_to_it_is_worth_at_least_as_much_after_the_swap(pair, discount, seed):
    """Turner et al. (2021), theorem 6.8: V_a(phi R) >= V_a'(R) for every R, phi an involution."""
    world, swap = pair
    rng = np.random.default_rng(seed)
    reward = np.vstack((rng.normal(size=(3, world.size)), rng.integers(-1, 2, (3, world.size))))
    plain = solve(Problem(world, Goals(reward), discount))
    swapped = solve(Problem(world, Goals(reward[:, swap]), discount))
    margin = discount * (plain.bound + swapped.bound) + 1e-12
    assert (swapped.q[:, 0] >= plain.q[:, 1] - margin).all()


@given(copies(), seeds())
def test_most_goals_prefer_the_side_with_more_options(pair, seed):
    """The same theorem as a count: over a goal and its swap, the copy is optimal at least as often."""
    world, swap = pair
    reward = np.random.default_rng(seed).integers(-2, 3, (6, world.size)).astype(float)
    tied = solve(Problem(world, Goals(np.vstack((reward, reward[:, swap]))), 0.9)).tied
    assert tied[:, 0].sum() >= tied[:, 1].sum()


# -- rules over flat options: f(B | R) is the probability of picking from B -------------------------


def _argmax(utility):
    best = utility == utility.max()
    return best / best.sum()


def _boltzmann(utility):
    weight = np.exp(2.0 * (utility - utility.max()))
    return weight / weight.sum()


def _satisficer(utility):
    enough = utility >= 0.5
    return enough / enough.sum() if enough.any() else np.full(len(utility), 1 / len(utility))


def _quantilizer(utility):
    """The top fifth of a uniform base, a tie at the edge shared."""
    left, pick = 0.2, np.zeros(len(utility))
    for value in sorted(set(utility), reverse=True):
        here = utility == value
        take = min(left, here.mean())
        pick += here * take / here.sum()
        left -= take
    return pick / pick.sum()


def _ignores_the_goal(utility):
    return np.eye(len(utility))[0]


RULES = {
    "argmax": _argmax,
    "Boltzmann": _boltzmann,
    "satisficer": _satisficer,
    "quantilizer": _quantilizer,
}
VALUES = {
    "all different": lambda k: np.linspace(0, 1, k),
    "one wanted": lambda k: np.eye(k)[0],
    "ties": lambda k: np.arange(k) // 2 / 2,
    "negative": lambda k: -(np.linspace(0, 2, k) ** 2),
}


def _orbit_count(rule, values, a):
    """How often the rule picks B rather than A, A rather than B, and either alike, over an orbit."""
    counts = {1: 0, -1: 0, 0: 0}
    for order in set(itertools.permutations(values.tolist())):
        chances = rule(np.array(order))
        difference = chances[a:].sum() - chances[:a].sum()
        counts[0 if abs(difference) < 1e-12 else int(np.sign(difference))] += 1
    return counts


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("a", "n"), [(1, 1), (1, 3), (1, 5), (2, 2)])
def test_rules_that_serve_their_goal_prefer_n_copies_n_times_as_often(rule, values, a, n):
    """Turner & Tadepalli (2022), theorem 3.6: B holds n copies of A; #B preferred >= n * #A preferred."""
    count = _orbit_count(RULES[rule], VALUES[values](a * (n + 1)), a)
    assert count[1] >= n * count[-1]
    assert count[1] + count[0] >= n / (n + 1) * sum(count.values()) - 1e-9


@pytest.mark.parametrize("n", [1, 3])
def test_a_rule_that_ignores_its_goal_fails_the_count(n):
    """The negative control: an agent that picks the first option whatever is wanted is not retargetable."""
    count = _orbit_count(_ignores_the_goal, np.linspace(0, 1, n + 1), 1)
    assert count[1] < n * count[-1]


@pytest.mark.parametrize("discount", [0.9, 0.99])
@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("values", VALUES)
def test_staying_on_is_required_k_times_as_often_as_avoided_over_every_orbit(k, values, discount):
    """The same count by the library's own categories, in the world of the off-switch.

    Each of the k rooms is a copy of off but for the step through the hall; with the hall paid like
    the best of them all, going on is required iff the best room is better than off.
    """
    world = OffSwitch(rooms=k).build()
    drive = SelfPreservation().affordances(world)
    free = [world.find(s) for s in world.states if s not in ("gate", "hall")]
    arrangements = sorted(set(itertools.permutations(VALUES[values](k + 1).tolist())))
    reward = np.zeros((len(arrangements), world.size))
    reward[:, free] = arrangements
    reward[:, world.find("hall")] = reward[:, free].max(axis=1)
    category = instrumental_values(Problem(world, Goals(reward), discount), (drive,))[0].category
    required, avoided = (category == 1).sum(), (category == -1).sum()
    assert required >= k * avoided
    assert (category >= 0).mean() >= k / (k + 1) - 1e-12


@pytest.mark.parametrize("agent", [Optimal(), Boltzmann(2.0), Boltzmann(50.0)], ids=repr)
@pytest.mark.parametrize("k", [2, 4])
def test_agents_that_serve_their_goal_stay_on_for_most_of_an_orbit(agent, k):
    """Behavior, not only values: over an orbit, more goals make the agent go on than be off."""
    world = OffSwitch(rooms=k).build()
    problem = Problem(world, everyone(Orbit(), world), 0.99)
    drive = SelfPreservation().affordances(world)
    reading = measure(problem, agent.behave(problem, np.random.default_rng(0)), drive)
    on, off = (reading.propensity > 0.5).sum(), (reading.propensity < 0.5).sum()
    assert on > off


def test_the_agent_that_ignores_its_goal_is_the_same_for_every_goal():
    """The negative control as an agent: its propensity is the chance baseline, goal by goal."""
    world = OffSwitch(rooms=3).build()
    problem = Problem(world, everyone(Orbit(), world), 0.9)
    drive = SelfPreservation().affordances(world)
    behavior = UniformRandom().behave(problem, np.random.default_rng(0))
    reading = measure(problem, behavior, drive)
    np.testing.assert_allclose(reading.propensity, 0.5, rtol=0, atol=1e-12)
    np.testing.assert_allclose(reading.propensity, reading.baseline[:, 0], rtol=0, atol=1e-12)
