"""Self-models against brute force: every policy of the rewritten self, then of the present one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import choices, values_of, visited
from telos import Category, Goals, Problem, evaluate, explore, instrumental_values, solve_as
from telos.agents import Hedonistic, Ignorant, Optimal
from telos.core.arrays import bools
from telos.core.world import World
from telos.drives import GoalPreservation
from telos.families import Uniform
from telos.solve.foresight import Planner
from telos.solve.layout import reached
from telos.solve.value_range import value_range
from telos.testing.strategies import seeds, worlds
from telos.theory.conditional import restarted_at
from telos.worlds import Surgery

PLAIN = st.sampled_from((0.0, 0.1, 0.5, 0.9))
TINY = 1e-9


@st.composite
def operations(draw):
    """A world in which goals are rewritten, goals in small integers, and their revisions."""
    world = draw(worlds(max_states=4, max_actions=2, rewriting=True))
    rng = np.random.default_rng(draw(seeds()))
    rows = rng.integers(-1, 3, (4, world.n_outcomes)).astype(float)[:, world.outcome]
    return Problem(world, Goals(rows[:2], pool=rows[2:]), draw(PLAIN))


def _lives(problem, goal):
    """Every policy whose rewritten part is optimal for the rewritten goal, and what R says of it.

    Returns:
        policies I[n, S]; values F[n, S] by the present goal; the number of each policy's own part.
    """
    world = problem.world
    gone = world.feature("goal_register") != 0
    every = choices(world)
    after = problem.goals.rewritten()[goal][world.pair_state]
    now = problem.goals.reward[goal][world.pair_state]
    judged = values_of(world, after, problem.discount, every)
    loyal = (judged[:, gone] >= judged[:, gone].max(axis=0) - TINY).all(axis=1)
    policies = every[loyal]
    own = np.unique(policies[:, ~gone], axis=0, return_inverse=True)[1]
    return policies, values_of(world, now, problem.discount, policies), own.ravel()


def _game(values, own, outer, inner):
    """The present self's best choice (outer) of what its successor then makes of it (inner)."""
    return outer([inner(values[own == i], axis=0) for i in range(own.max() + 1)], axis=0)


@pytest.mark.parametrize("ties", ["best", "worst"])
@given(problem=operations())
def test_the_realistic_value_is_the_best_of_what_the_rewritten_self_leaves(ties, problem):
    """Everitt et al. (2016), definition 9: the successor serves R', and R judges what comes of it."""
    inner = np.max if ties == "best" else np.min
    most = solve_as(problem, "realistic", ties=ties)
    least = solve_as(problem, "realistic", ties=ties, minimize=True)
    for goal in range(problem.goals.count):
        _, values, own = _lives(problem, goal)
        np.testing.assert_allclose(most.value[goal], _game(values, own, np.max, inner), atol=1e-8)
        here = problem.world.feature("goal_register") == 0
        lowest = _game(values, own, np.min, inner)
        np.testing.assert_allclose(least.value[goal][here], lowest[here], atol=1e-8)


@given(operations())
def test_the_optimal_agent_is_worth_what_it_foresees(problem):
    """An agent that foresees rightly is not surprised: the policy, evaluated, earns the realistic value."""
    expected = solve_as(problem, "realistic")
    policy = Optimal().behave(problem, np.random.default_rng(0)).policy
    np.testing.assert_allclose(evaluate(problem, policy), expected.value, atol=1e-7)


@given(operations())
def test_the_ignorant_expect_more_than_they_get(problem):
    """Ignorance promises the plain optimum, which no foresight can beat (Everitt et al. 2016)."""
    promised = solve_as(problem, "ignorant").value
    foreseen = solve_as(problem, "realistic").value
    got = evaluate(problem, Ignorant().behave(problem, np.random.default_rng(0)).policy)
    assert (foreseen <= promised + 1e-8).all()
    here = problem.world.feature("goal_register") == 0
    # Where rewritten, both serve R', but an ignorant one may break ties in R' for the worse.
    assert (got[:, here] <= foreseen[:, here] + 1e-8).all()


@given(operations())
def test_the_hedonistic_value_is_the_optimum_of_the_goal_then_held(problem):
    """Everitt et al. (2016), definition 7: one optimum, of R where held and of R' where rewritten."""
    own = problem.world.feature("goal_register") == 0
    mixed = np.where(own, problem.goals.reward, problem.goals.rewritten())
    solution = solve_as(problem, "hedonistic")
    for goal in range(problem.goals.count):
        earned = mixed[goal][problem.world.pair_state]
        value = values_of(problem.world, earned, problem.discount, choices(problem.world))
        np.testing.assert_allclose(solution.value[goal], value.max(axis=0), atol=1e-8)
    behavior = Hedonistic().behave(problem, np.random.default_rng(0))
    assert behavior.foresight == "hedonistic"


def _category(does, meets, applies):
    """What section 3 calls a goal of which the best policies `does` pursue, of whose play some `meets`."""
    if not applies:
        return Category.NOT_APPLICABLE
    if does.all():
        return Category.REQUIRED
    if not meets:
        return Category.NEVER_MET
    return Category.INDIFFERENT if does.any() else Category.DECLINED


@given(operations())
def test_keeping_ones_goal_is_required_or_avoided_as_every_policy_says(problem):
    """IV and category of goal preservation for an agent that foresees, by enumeration."""
    world = problem.world
    drive = GoalPreservation().affordances(world)
    worth = instrumental_values(problem, (drive,))[0]
    here = world.feature("goal_register") == 0
    could = np.logical_or.reduceat(drive.pursues, world.pair_ptr[:-1])
    applies = bool((could & reached(world, bools(np.ones(world.n_pairs)))).any())
    for goal in range(problem.goals.count):
        policies, values, _ = _lives(problem, goal)
        abstains = ~drive.pursues[policies[:, here]].any(axis=1)
        # Ties of the rewritten self are broken for the best, so its part never stands in the way.
        at_start = values @ world.start
        incentive = at_start.max() - at_start[abstains].max()
        assert worth.iv[goal] == pytest.approx(incentive, abs=1e-8)
        best = policies[at_start >= at_start.max() - TINY]
        seen = visited(world, best) & here
        does = (drive.pursues[best] & seen).any(axis=1)
        assert worth.category[goal] == _category(does, bool((seen & could).any()), applies)


@pytest.mark.parametrize("discount", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("tolerance", [1.0, 0.1, 1e-3])
def test_the_bound_is_certified_where_the_goal_is_rewritten_too(tolerance, discount):
    """A rewritten self that mixes for ever among three states of worth 1: V = 1/(1 - discount) there.

    Its value is inherited with its own error, which the bound of the whole must not make smaller.
    """
    third = {("gone", i): 1 / 3 for i in range(3)}
    plan = {"gate": {"in": ("gone", 0), "no": "end"}, "end": {"stay": "end"}}
    world = explore(
        "gate",
        lambda s: plan.get(s, {"go": third}),
        features={"goal_register": lambda s: s[0] == "gone"},
    )
    worth = {"gate": discount, "end": 0.0}
    exact = np.array([worth.get(s, 1.0) for s in world.states]) / (1 - discount)
    gone = world.feature("goal_register")
    solution = solve_as(Problem(world, Goals(gone), discount), tolerance=tolerance)
    assert np.abs(solution.value - exact).max() <= solution.bound[0]


def test_a_goal_that_would_be_rewritten_to_itself_minds_nothing():
    """R' = R: the successor does what the present self would have done; realistic is ignorant."""
    world = _gate()
    problem = Problem(world, Goals([0.0, 0.0, 0.0, 1.0, 0.2, 1.0, 0.2]), 0.9)
    realistic, ignorant = solve_as(problem, "realistic"), solve_as(problem, "ignorant")
    np.testing.assert_allclose(realistic.value, ignorant.value, atol=1e-9)


def _gate():
    """Submit or refuse, then one of two ways to live, as in the surgery, from plain arrays."""
    return World.from_arrays(
        [0, 2, 4, 6, 7, 8, 9, 10],
        [0, 1, 0, 1, 0, 1, 0, 0, 0, 0],
        np.arange(11),
        [1, 2, 3, 4, 5, 6, 3, 4, 5, 6],
        np.ones(10),
        features={"goal_register": [0, 0, 1, 0, 0, 1, 1]},
        default=[1, 2, 4, 6, 7, 8, 9],
    )


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_ties_allow_for_what_is_not_known_of_successors(discount):
    """A successor's life, worth as much as staying at home to the last bit of algebra, ties with it.

    What the successor is worth is known to a loose bound only; the present self has one step to take
    and is solved as good as exactly. The tie must be as wide as what is known, not as its own error.
    """
    n = 30

    def moves(s):
        if s == "desk":
            return {"submit": 0, "refuse": "home"}
        return {"go": "home" if s == "home" else {(s + 1) % n: 0.5, (s + 7) % n: 0.5}}

    gone = {"goal_register": lambda s: float(isinstance(s, int))}
    world = explore("desk", moves, features=gone)
    places = [world.find(i) for i in range(n)]
    ring = np.zeros((n, n))
    for i in range(n):
        ring[i, (i + 1) % n] += 0.5
        ring[i, (i + 7) % n] += 0.5
    reward = np.random.default_rng(0).random((12, world.size))
    lives = np.linalg.solve(np.eye(n) - discount * ring, reward[:, places].T)
    reward[:, world.find("home")] = (1 - discount) * lives[0]
    solution = solve_as(Problem(world, Goals(reward), discount), tolerance=1e-3)
    desk = list(world.pairs_of(world.find("desk")))
    assert (np.abs(np.diff(solution.q[:, desk])) > 1e-12).any()  # nobody sees that they are equal
    assert solution.tied[:, desk].all()


def test_a_life_that_begins_rewritten_is_worth_what_the_successor_makes_of_it():
    """Nothing is left to choose for the present self: the value is known before anything is solved."""
    world = Surgery(outcomes=3).build()
    rewritten = world.states[int(np.flatnonzero(world.feature("goal_register"))[0])]
    goals = Uniform().sample(world, 5, np.random.default_rng(0))
    problem = restarted_at(Problem(world, goals, 0.9), rewritten)
    whole = Planner().solve(problem)
    least = Planner().first(problem, minimize=True)
    np.testing.assert_allclose(least.at_start, whole.at_start, atol=1e-8)
    np.testing.assert_allclose(value_range(problem), 0.0, atol=1e-8)
