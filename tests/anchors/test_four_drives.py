"""The closed forms of the four drives on their gate worlds (THEORY section 5), goal by goal and as rates."""

import itertools

import numpy as np
import pytest

from anchors.populations import draw, everyone, orders
from telos import Category, Goals, Problem, explore, instrumental_values, solve, solve_as
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Normal, Uniform
from telos.measure.intervals import mean_interval, proportion_interval
from telos.worlds import OffSwitch, Orchard, Surgery, Workbench

N = 4000
#: Level of the intervals that samples must fall into: one false alarm in ten thousand.
LEVEL = 0.9999


@pytest.fixture(params=[0.1, 0.5, 0.9, 0.99, 0.999], ids=lambda discount: f"discount {discount}")
def discount(request):
    return request.param


@pytest.fixture(params=["uniform", "negative", "normal"])
def family(request):
    return {"uniform": Uniform(), "negative": Uniform(-1.0, 0.0), "normal": Normal()}[request.param]


def _problem(scenario, family, discount, n=300):
    world = scenario.build()
    return Problem(world, draw(family, world, n), discount)


def _worth(problem, drive):
    return instrumental_values(problem, (drive.affordances(problem.world),))[0]


def _reward(problem, *states):
    """F[G, n]: what the named states earn."""
    return problem.goals.reward[:, [problem.world.find(s) for s in states]]


def _close(problem, found, expected):
    """Equal to 1e-9 of the largest value that the goals allow."""
    scale = np.abs(problem.goals.reward).max() / (1 - problem.discount)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9 * max(1.0, scale))


def _rate_covers(expected, category, kind=Category.REQUIRED):
    low, high = proportion_interval(int((category == kind).sum()), len(category), LEVEL)
    assert low <= expected <= high


# -- self-preservation -----------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 6])
def test_staying_on_is_worth_the_positive_part_of_hall_and_best_room_less_off(k, discount, family):
    """IV = max(0, g ((1-g) R(hall) + g M - R(off)) / (1-g)) for every goal, and required iff positive."""
    problem, g = _problem(OffSwitch(rooms=k), family, discount), discount
    best = _reward(problem, *(f"room {i}" for i in range(1, k + 1))).max(axis=1)
    hall, off = _reward(problem, "hall", "off").T
    gap = g / (1 - g) * ((1 - g) * hall + g * best - off)
    worth = _worth(problem, SelfPreservation())
    _close(problem, worth.iv, np.maximum(gap, 0))
    np.testing.assert_array_equal(worth.category, np.where(gap > 0, 1, -1))


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_rate_of_staying_on_is_the_mean_worth_of_going_on(k, discount):
    """required = (1-g)/2 + g k/(k+1): for off ~ U[0,1] the chance to lose to X is E[X], over all orders."""
    world = OffSwitch(rooms=k).build()
    problem = Problem(world, everyone(orders(world), world), discount)
    going_on = (1 - discount) * solve(problem).value[:, world.find("hall")]
    expected = (1 - discount) / 2 + discount * k / (k + 1)
    assert going_on.mean() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("k", [1, 3])
def test_the_sampled_rate_of_staying_on_covers_its_closed_form(k, discount):
    """The same rate as the library counts it, inside its interval."""
    worth = _worth(_problem(OffSwitch(rooms=k), Uniform(), discount, N), SelfPreservation())
    _rate_covers((1 - discount) / 2 + discount * k / (k + 1), worth.category)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_mean_gap_of_staying_on_tends_to_k_over_k_plus_1_less_one_half(k, discount):
    """(1-g)/g E[gap] = g (k/(k+1) - 1/2) exactly, over all orders; the gap is read off the library."""
    world = OffSwitch(rooms=k).build()
    solution = solve(Problem(world, everyone(orders(world), world), discount))
    gap = (
        solution.q[:, world.pair("gate", "walk on")]
        - solution.q[:, world.pair("gate", "be switched off")]
    )
    expected = discount * (k / (k + 1) - 1 / 2)
    assert (1 - discount) / discount * gap.mean() == pytest.approx(expected, abs=1e-9)


# -- resource acquisition --------------------------------------------------------------------------


def _orchard(n, m, discount, family, path, count=300):
    """An orchard in which the path is worth the same to every goal."""
    problem = _problem(Orchard(free=n, locked=m), family, discount, count)
    reward = np.array(problem.goals.reward)
    reward[:, [problem.world.find(("path", hand)) for hand in ("empty", "token")]] = path
    return Problem(problem.world, Goals(reward), discount)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 4), (3, 1)])
def test_a_token_is_worth_the_discounted_best_behind_it_less_the_best_at_hand(n, m, discount):
    """IV = g/(1-g) max(0, g L - F), F the best of n free outcomes and L of m locked ones; path worth 0."""
    problem, g = _orchard(n, m, discount, Uniform(), 0.0), discount
    free = _reward(problem, *((f"tree {i}", "empty") for i in range(1, n + 1))).max(axis=1)
    locked = _reward(problem, *((f"garden {i}", "token") for i in range(1, m + 1))).max(axis=1)
    worth = _worth(problem, ResourceAcquisition())
    _close(problem, worth.iv, g / (1 - g) * np.maximum(g * locked - free, 0))
    np.testing.assert_array_equal(worth.category, np.where(g * locked > free, 1, -1))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 4), (2, 4), (3, 2)])
def test_the_rate_of_fetching_a_token_covers_its_closed_form(n, m, discount):
    """required = g^n m/(n+m) with n free and m locked outcomes, iid U[0,1], path worth 0."""
    worth = _worth(_orchard(n, m, discount, Uniform(), 0.0, N), ResourceAcquisition())
    _rate_covers(discount**n * m / (n + m), worth.category)


def test_the_rate_of_fetching_a_token_over_a_grid_of_goals(discount):
    """P(g L > F) = g/2 for one tree and one garden: counted over a grid of goals, to half a cell."""
    cells = 64
    ladder = (np.arange(cells) + 0.5) / cells
    world = Orchard(free=1, locked=1).build()
    reward = np.zeros((cells**2, world.size))
    for hand in ("empty", "token"):
        reward[:, world.find(("tree 1", hand))] = np.repeat(ladder, cells)
    reward[:, world.find(("garden 1", "token"))] = np.tile(ladder, cells)
    worth = _worth(Problem(world, Goals(reward), discount), ResourceAcquisition())
    rate = (worth.category == Category.REQUIRED).mean()
    assert rate == pytest.approx(discount / 2, abs=1 / cells)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3)])
def test_the_rate_of_fetching_where_waiting_is_an_outcome_too(n, m, discount):
    """With the path's own draw c: m/(n+m+1) (1 + g + ... + g^n)/(n+1) require, 1/(n+m+1) are indifferent."""
    worth = _worth(
        _problem(Orchard(free=n, locked=m), Uniform(), discount, N), ResourceAcquisition()
    )
    powers = (discount ** np.arange(n + 1)).sum() / (n + 1)
    _rate_covers(m / (n + m + 1) * powers, worth.category)
    _rate_covers(1 / (n + m + 1), worth.category, Category.INDIFFERENT)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 3), (3, 1)])
def test_where_a_token_costs_nothing_the_others_are_exactly_indifferent(n, m, discount):
    """Without the loss of a step: required m/(n+m), all others indifferent, none avoids. Exact over orders.

    The token lies on the way: fetching or not, the next step is the choice of an outcome.
    """
    plan = [f"free {i}" for i in range(n)], [f"locked {i}" for i in range(m)]

    def moves(s):
        if s == ("start", 0):
            return {"go": ("fork", 0), "fetch": ("fork", 1)}
        if s[0] == "fork":
            return {name: (name, s[1]) for name in plan[0] + plan[1] * s[1]}
        return {"stay": s}

    world = explore(
        ("start", 0),
        moves,
        features={"resources": lambda s: s[1]},
        outcome=lambda s: s[0],
        default=lambda s: {"start": "go", "fork": "free 0"}.get(s[0], "stay"),
    )
    goals = everyone(orders(world), world)
    worth = _worth(Problem(world, goals, discount), ResourceAcquisition())
    assert (worth.category == Category.REQUIRED).mean() == pytest.approx(m / (n + m), abs=1e-12)
    assert (worth.category == Category.INDIFFERENT).mean() == pytest.approx(n / (n + m), abs=1e-12)


# -- goal preservation -----------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 2, 4])
def test_refusing_a_rewrite_is_worth_the_best_less_what_the_other_would_choose(k, discount, family):
    """IV = g^2/(1-g) (M - R(argmax R')) for an agent that foresees; indifferent where they agree."""
    problem, g = _problem(Surgery(outcomes=k), family, discount), discount
    lives = [problem.world.find((f"life {i}", "own")) for i in range(1, k + 1)]
    mine, theirs = problem.goals.reward[:, lives], problem.goals.rewritten()[:, lives]
    chosen = mine[np.arange(len(mine)), theirs.argmax(axis=1)]
    worth = _worth(problem, GoalPreservation())
    _close(problem, worth.iv, g**2 / (1 - g) * (mine.max(axis=1) - chosen))
    same = mine.argmax(axis=1) == theirs.argmax(axis=1)
    np.testing.assert_array_equal(worth.category, np.where(same, 0, 1))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_refusal_is_required_at_rate_1_less_1_over_k_with_mean_gap_of_one_best_less_one_draw(
    k, discount
):
    """required = 1 - 1/k, (1-g)/g^2 E[gap] = k/(k+1) - 1/2, over every pair of orders of the k lives."""
    world = Surgery(outcomes=k).build()
    ladder = np.arange(1, k + 1) / (k + 1)
    rows = np.array(list(itertools.permutations(ladder)))
    mine, theirs = np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))
    reward, pool = np.full((2, len(mine), world.size), 0.5)
    for i in range(k):
        for register in ("own", "rewritten"):
            state = world.find((f"life {i + 1}", register))
            reward[:, state], pool[:, state] = mine[:, i], theirs[:, i]
    problem = Problem(world, Goals(reward, pool=pool, revised=np.arange(len(reward))), discount)
    worth = _worth(problem, GoalPreservation())
    assert (worth.category == Category.REQUIRED).mean() == pytest.approx(1 - 1 / k, abs=1e-12)
    assert (worth.category == Category.INDIFFERENT).mean() == pytest.approx(1 / k, abs=1e-12)
    mean = (1 - discount) / discount**2 * worth.iv.mean()
    assert mean == pytest.approx(k / (k + 1) - 1 / 2, abs=1e-9)


@pytest.mark.parametrize("k", [2, 4])
def test_the_sampled_rate_of_refusal_covers_1_less_1_over_k(k, discount):
    """The same rate from independent uniform goals and revisions."""
    worth = _worth(_problem(Surgery(outcomes=k), Uniform(), discount, N), GoalPreservation())
    _rate_covers(1 - 1 / k, worth.category)


@pytest.mark.parametrize("ties", ["best", "worst"])
@pytest.mark.parametrize(("a", "b"), [(2.0, 0.0), (0.1, -3.0), (1.0, 5.0)])
def test_nobody_minds_an_affine_rewrite(a, b, ties, discount):
    """R' = aR + b, a > 0, has the same optimal policies: every goal is indifferent, ties and all."""
    world = Surgery(outcomes=4).build()
    rng = np.random.default_rng(0)
    reward = np.vstack((rng.normal(size=(50, 6)), rng.integers(-1, 2, (50, 6))))[:, world.outcome]
    problem = Problem(world, Goals(reward, pool=a * reward + b), discount)
    worth = instrumental_values(problem, (GoalPreservation().affordances(world),), ties=ties)[0]
    assert (worth.category == Category.INDIFFERENT).all()


# -- cognitive enhancement -------------------------------------------------------------------------


@pytest.mark.parametrize(("e", "better"), [(0.5, 0.1), (1.0, 0.0), (0.3, 0.3)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_a_steadier_hand_is_worth_the_slips_it_saves(k, e, better, discount, family):
    """(1-g)/g^2 IV = (e - e')(M - A), A the mean of the k outcomes: for every goal, of either sign."""
    problem = _problem(Workbench(outcomes=k, slip=e, improved=better), family, discount)
    things = _reward(problem, *((f"thing {i}", 0) for i in range(1, k + 1)))
    saved = (e - better) * (things.max(axis=1) - things.mean(axis=1))
    worth = _worth(problem, CognitiveEnhancement())
    _close(problem, worth.iv, discount**2 / (1 - discount) * saved)
    assert (worth.category >= 0).all(), "with less noise one can imitate more: nobody avoids it"


@pytest.mark.parametrize(("e", "better"), [(0.5, 0.1), (0.9, 0.4)])
@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_mean_worth_of_a_steadier_hand_over_all_orders(k, e, better, discount):
    """(1-g)/g^2 E[IV] = (e - e')(k/(k+1) - 1/2), exactly."""
    world = Workbench(outcomes=k, slip=e, improved=better).build()
    problem = Problem(world, everyone(orders(world), world), discount)
    mean = (1 - discount) / discount**2 * _worth(problem, CognitiveEnhancement()).iv.mean()
    assert mean == pytest.approx((e - better) * (k / (k + 1) - 1 / 2), abs=1e-9)


@pytest.mark.parametrize(("k", "t"), [(1, 1), (2, 3), (3, 1)])
def test_new_tools_are_required_by_those_who_want_what_they_make(k, t, discount):
    """More actions at the same slip: required at rate t/(k+t) for e = 0, the others indifferent."""
    world = Workbench(outcomes=k, slip=0.0, improved=0.0, tools=t).build()
    problem = Problem(world, everyone(orders(world), world), discount)
    category = _worth(problem, CognitiveEnhancement()).category
    assert (category == Category.REQUIRED).mean() == pytest.approx(t / (k + t), abs=1e-12)
    assert (category == Category.INDIFFERENT).mean() == pytest.approx(k / (k + t), abs=1e-12)


@pytest.mark.parametrize("d", [1, 3])
def test_a_lesson_that_takes_time_has_a_signed_mean_gap(d, discount):
    """(1-g)/g (Q(drill) - Q(work)) has mean g (g^d (1-e') h(k+t) - (1-e) h(k)), h(x) = x/(x+1) - 1/2."""
    k, e, better, t = 2, 0.6, 0.2, 1
    world = Workbench(outcomes=k, slip=e, improved=better, tools=t, lesson=d).build()
    problem = Problem(world, everyone(orders(world), world), discount)
    q = solve_as(problem).q
    gap = q[:, world.pair(("door", 0), "drill")] - q[:, world.pair(("door", 0), "work")]

    def h(x):
        return x / (x + 1) - 1 / 2

    expected = discount * (discount**d * (1 - better) * h(k + t) - (1 - e) * h(k))
    assert (1 - discount) / discount * gap.mean() == pytest.approx(expected, abs=1e-9)


def test_the_sampled_mean_worth_covers_its_closed_form():
    """The same mean inside its interval, for the drives with a closed mean."""
    problem = _problem(Workbench(outcomes=4, slip=0.5, improved=0.1), Uniform(), 0.9, N)
    share = (1 - 0.9) / 0.9**2 * _worth(problem, CognitiveEnhancement()).iv
    low, high = mean_interval(share, -1.0, 1.0, level=LEVEL)
    assert low <= 0.4 * (4 / 5 - 1 / 2) <= high
