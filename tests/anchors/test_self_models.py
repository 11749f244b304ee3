"""Three ways of thinking of one's own rewriting, with the numbers of the paper (THEORY section 6)."""

from dataclasses import replace

import numpy as np
import pytest

from telos import (
    Category,
    Goals,
    Problem,
    evaluate,
    explore,
    instrumental_values,
    measure,
    solve_as,
)
from telos.agents import Hedonistic, Ignorant, Optimal
from telos.drives import GoalPreservation
from telos.families import Uniform
from telos.worlds import Surgery

UTILITY = {"start": 0.0, 0: 0.2, 1: 0.8}
SWAPPED = {"start": 0.0, 0: 0.8, 1: 0.2}
BLISS = {"start": 0.0, 0: 1.0, 1: 1.0}
KEEP = tuple(f"do {o}, keep" for o in (0, 1))
EDIT = tuple(f"do {o}, edit" for o in (0, 1))


def _self_modifier():
    """Each step: do 0 or 1, and keep one's utility function or have it edited with the same action.

    A state is (what was done, whether the goal was edited); what was done is what earns.
    """

    def moves(s):
        edits = {name: (o, True) for o, name in enumerate(EDIT)} if not s[1] else {}
        return {name: (o, s[1]) for o, name in enumerate(KEEP)} | edits

    return explore(
        ("start", False),
        moves,
        features={"goal_register": lambda s: s[1]},
        outcome=lambda s: s[0],
        default=KEEP[0],
    )


def _problem(edited):
    world = _self_modifier()
    rows = [[utility[s[0]] for s in world.states] for utility in (UTILITY, edited)]
    return Problem(world, Goals(rows[0], pool=rows[1]), 0.9)


def _worth_of_choosing(solution, actions):
    """The value of what the choice leads to: the start itself earns nothing."""
    world = solution.problem.world
    return max(solution.q[0, world.pair(("start", False), a)] for a in actions) / 0.9


def test_to_keep_ones_goal_is_worth_8():
    """Everitt et al. (2016): u(1) = .8 for ever at gamma = .9 is 8, for an agent that keeps its goal."""
    for foresight in ("realistic", "ignorant", "hedonistic"):
        solution = solve_as(_problem(SWAPPED), foresight, without=_edits(_self_modifier()))
        assert _worth_of_choosing(solution, KEEP) == pytest.approx(8.0, abs=1e-9)


def _edits(world):
    return np.array([world.actions[a] in EDIT for a in world.pair_action])


def test_the_hedonist_installs_bliss_for_10():
    """Everitt et al. (2016), definition 7: u = 1 installed is worth 1/(1 - gamma), so it is."""
    solution = solve_as(_problem(BLISS), "hedonistic")
    assert _worth_of_choosing(solution, EDIT) == pytest.approx(10.0, abs=1e-9)
    policy = Hedonistic().behave(_problem(BLISS), np.random.default_rng(0)).policy[0]
    start = list(solution.problem.world.pairs_of(0))
    edits = _edits(solution.problem.world)
    assert policy[start][edits[start]].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("edited", [SWAPPED, BLISS], ids=["swap", "bliss"])
def test_the_ignorant_expects_8_whatever_is_installed(edited):
    """Everitt et al. (2016), definition 8: it assumes it never changes, so an edit costs nothing."""
    solution = solve_as(_problem(edited), "ignorant")
    assert _worth_of_choosing(solution, EDIT) == pytest.approx(8.0, abs=1e-9)
    assert _worth_of_choosing(solution, KEEP) == pytest.approx(8.0, abs=1e-9)


def test_the_realist_foresees_2_6_on_a_swap():
    """Everitt et al. (2016), definition 9: .8 now, then .2 for ever: .8 + .9 * 2 = 2.6."""
    solution = solve_as(_problem(SWAPPED), "realistic")
    assert _worth_of_choosing(solution, EDIT) == pytest.approx(2.6, abs=1e-9)
    assert _worth_of_choosing(solution, KEEP) == pytest.approx(8.0, abs=1e-9)


@pytest.mark.parametrize(("ties", "value"), [("best", 8.0), ("worst", 2.6)])
def test_what_bliss_does_afterwards_depends_on_how_its_ties_are_broken(ties, value):
    """u = 1 makes every policy optimal: the successor may do 1 for ever, or 0 (section 6)."""
    solution = solve_as(_problem(BLISS), "realistic", ties=ties)
    assert _worth_of_choosing(solution, EDIT) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("edited", "agent", "foresight", "category"),
    [
        (SWAPPED, Optimal(), "realistic", Category.REQUIRED),
        (SWAPPED, Ignorant(), "ignorant", Category.INDIFFERENT),
        (SWAPPED, Hedonistic(), "hedonistic", Category.INDIFFERENT),
        (BLISS, Optimal("worst"), "realistic", Category.REQUIRED),
        (BLISS, Optimal("best"), "realistic", Category.INDIFFERENT),
        (BLISS, Hedonistic(), "hedonistic", Category.DECLINED),
    ],
    ids=str,
)
def test_who_would_keep_its_goal(edited, agent, foresight, category):
    """Foresight keeps the goal, ignorance does not care, pleasure gives it up (section 6).

    The swap is indifferent to the hedonist: .8 is to be had with either utility function.
    """
    world = _self_modifier()
    # Keeping has to be something to do: here the default is to be edited.
    edit = np.array([world.pair(s, EDIT[0] if not s[1] else KEEP[0]) for s in world.states])
    world = replace(world, default=edit)
    problem = Problem(world, _problem(edited).goals, 0.9)
    drive = GoalPreservation().affordances(world)
    behavior = agent.behave(problem, np.random.default_rng(0))
    assert behavior.foresight == foresight
    reading = measure(problem, behavior, drive)
    assert reading.category.tolist() == [category]


@pytest.mark.parametrize("g", [0.5, 0.9, 0.99])
@pytest.mark.parametrize("k", [2, 4])
def test_the_ignorant_loses_what_it_did_not_foresee(k, g):
    """At the surgery it submits half the time, and gets R(argmax R') where it expected the best."""
    world = Surgery(outcomes=k).build()
    problem = Problem(world, Uniform(-1, 1).sample(world, 100, np.random.default_rng(0)), g)
    behavior = Ignorant().behave(problem, np.random.default_rng(0))
    lives = [world.find((f"life {i}", "own")) for i in range(1, k + 1)]
    mine, theirs = problem.goals.reward[:, lives], problem.goals.rewritten()[:, lives]
    lost = mine.max(axis=1) - mine[np.arange(100), theirs.argmax(axis=1)]
    expected = solve_as(problem, "ignorant").at_start - g**2 / (1 - g) * lost / 2
    got = evaluate(problem, behavior.policy) @ world.start
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-9 / (1 - g))


@pytest.mark.parametrize("ties", ["best", "worst"])
def test_the_ties_of_the_rewritten_self_decide_whether_it_is_minded(ties):
    """R' constant: best ties leave every goal indifferent, worst ties make all refuse (section 9)."""
    world = Surgery(outcomes=3).build()
    reward = Uniform().sample(world, 50, np.random.default_rng(0)).reward
    problem = Problem(world, Goals(reward, pool=np.full_like(reward, 0.5)), 0.9)
    worth = instrumental_values(problem, (GoalPreservation().affordances(world),), ties=ties)[0]
    lives = [world.find((f"life {i}", "own")) for i in (1, 2, 3)]
    spread = reward[:, lives].max(axis=1) - reward[:, lives].min(axis=1)
    expected = 0.0 if ties == "best" else 0.9**2 / 0.1 * spread
    np.testing.assert_allclose(worth.iv, expected, atol=1e-8)
    assert (worth.category == (0 if ties == "best" else 1)).all()


def test_a_rewritten_self_that_may_be_corrected_is_judged_by_what_it_really_does():
    """Where the register can be changed back, what is foreseen must still be what is done."""

    def moves(s):
        place, register = s
        if place == "table":
            return {"submit": ("ward", "rewritten"), "refuse": ("ward", "own")}
        if place == "ward":
            to = {f"life {i}": (f"life {i}", register) for i in (1, 2)}
            return to | {"undo": ("table", "own")}
        return {"stay": s}

    world = explore(
        ("table", "own"),
        moves,
        features={"goal_register": lambda s: s[1] == "rewritten"},
        outcome=lambda s: s[0],
        default=lambda s: {"table": "submit", "ward": "life 1"}.get(s[0], "stay"),
    )
    rng = np.random.default_rng(0)
    mine, theirs = rng.uniform(size=(2, 40, world.n_outcomes))[:, :, world.outcome]
    theirs[20:] = 0.5  # half of the rewritten selves do not care what they do
    problem = Problem(world, Goals(mine, pool=theirs), 0.9)
    for ties in ("best", "worst"):
        foreseen = solve_as(problem, "realistic", ties=ties).value
        done = evaluate(problem, Optimal(ties).behave(problem, np.random.default_rng(0)).policy)
        np.testing.assert_allclose(done, foreseen, atol=1e-7, err_msg=ties)
