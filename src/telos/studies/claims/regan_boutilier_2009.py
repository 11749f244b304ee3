"""Regan and Boutilier (2009, 2010): the worst goal, to which a drive has the most value within limits."""

from functools import cache

from telos.core.explore import explore
from telos.core.parts import AbstractDrive, AbstractGoalFamily, AbstractScenario
from telos.core.problem import Problem
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Revised, Simplex, Uniform
from telos.studies.claims.claim import Measured, Paper, farthest
from telos.studies.claims.populations import bounded_mean, draw, iv_of
from telos.theory.extremal import Extremal, extremal_goal
from telos.worlds import OffSwitch, Orchard, RandomWorld, Surgery, Workbench

DISCOUNT = 0.9


@cache
def _worst(
    limits: AbstractGoalFamily, scenario: AbstractScenario, drive: AbstractDrive
) -> Extremal:
    return extremal_goal(scenario.build(), limits, drive, DISCOUNT, samples=100)


def _both(
    value: float, limits: AbstractGoalFamily, scenario: AbstractScenario, drive: AbstractDrive
) -> float:
    """The goal's IV or the bound on that of any goal, whichever is farther from `value`."""
    found = _worst(limits, scenario, drive)
    return farthest([found.iv, found.bound], value)


def _another_life() -> AbstractGoalFamily:
    """Any goal that would be rewritten to one that wants the last of the surgery's outcomes."""
    k = Surgery().build().n_outcomes
    return Revised(kernel="correction", to=tuple(float(i == k - 1) for i in range(k)))


def _copies() -> float:
    """A door to two halls that are alike, of which one has more resources."""
    ways = {"go left": ("left", 1), "go right": ("right", 0)}
    world = explore(
        ("door", 0),
        lambda s: ways if s[0] == "door" else {"stay": s},
        features={"resources": lambda s: s[1]},
        outcome=lambda s: "door" if s[0] == "door" else "hall",
        default=lambda s: "go right" if s[0] == "door" else "stay",
    )
    return extremal_goal(world, Uniform(-9.0, 9.0), ResourceAcquisition(), 0.99, samples=100).bound


def _times_the_mean() -> Measured:
    """How many times the token's mean IV over uniform goals the worst goal's IV is."""
    world = Orchard().build()
    problem = Problem(world, draw(Uniform(), world, 20_000), DISCOUNT)
    unit = 1 - DISCOUNT  # in which values of goals from 0 to 1 are from 0 to 1
    mean = bounded_mean(unit * iv_of(ResourceAcquisition(), problem).iv)
    most = unit * _worst(Uniform(), Orchard(), ResourceAcquisition()).iv
    return Measured(most / mean.value, most / mean.high, most / mean.low, mean.n)


def _half_as_bad() -> Measured:
    world = OffSwitch(rooms=1).build()
    found = extremal_goal(world, Uniform(), SelfPreservation(), 0.5, samples=4000)
    return Measured(found.rarity, found.interval.low, found.interval.high, found.n)


def _beyond_the_bound() -> float:
    """The most by which the IV of one of 2,000 goals drawn exceeds the worst goal's bound."""
    above = []
    for seed in range(10):
        world = RandomWorld(states=5, actions=2, successors=2, seed=seed).build()
        limits = Uniform(-1.0, 1.0)
        found = extremal_goal(world, limits, ResourceAcquisition(), DISCOUNT, samples=2000)
        if found.iv > found.error:
            above.append(found.sampled_max - found.bound)
    return max(above)


DRAWN = "nondominated policies; the worlds are our own"
ALL, ONE = DISCOUNT / (1 - DISCOUNT), DISCOUNT**2 / (1 - DISCOUNT)
DRILL = ONE * (0.5 - 0.1) * (1 - 1 / 4)
MAX = "maximum regret over rewards; closed form our own"
ON, STOCK = SelfPreservation(), ResourceAcquisition()

claim = Paper("regan2009").claim
CLAIMS = (
    claim(
        "staying_on_is_worth_all_there_is_to_the_goal_that_wants_anything_but_off",
        "ours",
        MAX,
        "=",
        ALL,
        1e-7,
    )(
        "Of all goals in [0, 1], none gains more from staying on than g/(1-g), and one does.",
        lambda: _both(ALL, Uniform(), OffSwitch(rooms=3), ON),
    ),
    claim(
        "with_one_unit_of_reward_staying_on_is_worth_most_for_one_room", "ours", MAX, "=", ONE, 1e-7
    )(
        "Of all goals that share out one unit, the worst wants one room: g^2/(1-g).",
        lambda: _both(ONE, Simplex(), OffSwitch(rooms=3), ON),
    ),
    claim(
        "the_token_is_worth_most_to_a_goal_that_wants_one_thing_behind_it",
        "ours",
        MAX,
        "=",
        ONE,
        1e-7,
    )(
        "Of all goals in [0, 1], the token is worth most to one that wants one garden: g^2/(1-g).",
        lambda: _both(ONE, Uniform(), Orchard(), STOCK),
    ),
    claim("the_drill_is_worth_most_to_a_goal_that_wants_one_thing", "ours", MAX, "=", DRILL, 1e-7)(
        "Less slip is worth at most g^2/(1-g) (e - e')(1 - 1/k), to a goal that wants one thing.",
        lambda: _both(DRILL, Uniform(), Workbench(), CognitiveEnhancement()),
    ),
    claim(
        "refusing_a_rewrite_is_worth_most_against_a_goal_that_wants_something_else",
        "ours",
        MAX,
        "=",
        ONE,
        1e-7,
    )(
        "To be made to want another life costs a goal that wants one g^2/(1-g), and none more.",
        lambda: _both(ONE, _another_life(), Surgery(), GoalPreservation()),
    ),
    Paper("givan2003").claim(
        "where_the_drive_is_but_another_way_to_the_same_no_goal_requires_it",
        "instance",
        "theorem 4; the world is our own",
        "=",
        0.0,
    )(
        "Where other pairs bring about what the drive does, its IV is bounded by exactly 0.",
        _copies,
    ),
    claim("the_worst_goal_loses_eight_times_the_mean", "ours", MAX, ">", 8.0)(
        "In the orchard the token's IV is over 8 times as large for the worst goal as on average.",
        _times_the_mean,
    ),
    claim("one_goal_in_twelve_is_half_as_bad_as_the_worst", "ours", MAX, "=", 1 / 12)(
        "With one room and g = 1/2, staying on has half the greatest IV or more for 1/12 of goals.",
        _half_as_bad,
    ),
    Paper("regan2010").claim("no_goal_drawn_beats_the_bound", "ours", DRAWN, "<=", 0.0)(
        "In ten random worlds, none of 2,000 goals drawn gains more from a drive than the bound.",
        _beyond_the_bound,
    ),
)
