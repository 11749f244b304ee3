"""Claims about the worst goal: the most that a drive can be worth to any goal within limits."""

from functools import cache

import numpy as np

from telos.core.explore import explore
from telos.core.problem import Problem
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.measure.extremal import Extremal, extremal_goal
from telos.measure.instrumental_value import instrumental_values
from telos.solve.polytopes import Box, Rewritten, Simplex
from telos.studies.claims.claim import Claim, Measured, farthest
from telos.worlds import OffSwitch, Orchard, RandomWorld, Surgery, Workbench

DISCOUNT = 0.9
REGRET = "Regan and Boutilier (2009), maximum regret over rewards; closed form our own"


@cache
def _off_switch(simplex: bool) -> Extremal:
    world = OffSwitch(rooms=3).build()
    limits = Simplex() if simplex else Box()
    return extremal_goal(world, limits, SelfPreservation(), DISCOUNT, samples=100)


@cache
def _orchard() -> Extremal:
    return extremal_goal(Orchard().build(), Box(), ResourceAcquisition(), DISCOUNT, samples=100)


def _both(found: Extremal, claimed: float) -> float:
    """The goal's worth or the bound on that of any goal, whichever is farther from what is claimed."""
    return farthest([found.worth, found.bound], claimed)


def _drill() -> float:
    found = extremal_goal(Workbench().build(), Box(), CognitiveEnhancement(), DISCOUNT, samples=100)
    return _both(found, 2.43)


def _surgery() -> float:
    world = Surgery().build()
    other = tuple(float(k == world.n_outcomes - 1) for k in range(world.n_outcomes))
    drive = GoalPreservation()
    return _both(
        extremal_goal(world, Rewritten(Box(), to=other), drive, DISCOUNT, samples=100), 8.1
    )


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
    return extremal_goal(world, Box(-9.0, 9.0), ResourceAcquisition(), 0.99, samples=100).bound


def _times_the_mean() -> Measured:
    """How many times the mean worth of the token over uniform goals the worst goal's worth is."""
    world = Orchard().build()
    goals = Uniform().sample(world, 20_000, np.random.default_rng(0))
    affordance = ResourceAcquisition().affordances(world)
    (worth,) = instrumental_values(Problem(world, goals, DISCOUNT), (affordance,))
    mean = float(worth.incentive.mean())
    half = 1.96 * float(worth.incentive.std(ddof=1)) / len(worth.incentive) ** 0.5
    most = _orchard().worth
    return Measured(most / mean, most / (mean + half), most / (mean - half), len(worth.incentive))


def _half_as_dear() -> Measured:
    world = OffSwitch(rooms=1).build()
    found = extremal_goal(world, Box(), SelfPreservation(), 0.5, samples=4000)
    return Measured(found.rarity, found.interval.low, found.interval.high, found.n)


def _beyond_the_bound() -> float:
    """The most by which a drive is worth more to one of 2,000 goals drawn than to the worst goal."""
    above = []
    for seed in range(10):
        world = RandomWorld(states=5, actions=2, successors=2, seed=seed).build()
        found = extremal_goal(world, Box(-1.0, 1.0), ResourceAcquisition(), DISCOUNT, samples=2000)
        if found.worth > found.error:
            above.append(found.sampled_max - found.bound)
    return max(above)


CLAIMS = (
    Claim(
        name="staying_on_is_worth_all_there_is_to_the_goal_that_wants_anything_but_off",
        statement="Of all goals in [0, 1], none gets more from staying on than g/(1-g), and one does.",
        claimed=DISCOUNT / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=lambda: _both(_off_switch(simplex=False), 9.0),
        source=REGRET,
    ),
    Claim(
        name="with_one_unit_of_worth_staying_on_is_worth_most_for_one_room",
        statement="Of all goals that share out one unit, the worst wants one room: g^2/(1-g).",
        claimed=DISCOUNT**2 / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=lambda: _both(_off_switch(simplex=True), 8.1),
        source=REGRET,
    ),
    Claim(
        name="the_token_is_worth_most_to_whoever_wants_one_thing_behind_it",
        statement="Of all goals in [0, 1], the token is worth most to one that wants one garden: g^2/(1-g).",
        claimed=DISCOUNT**2 / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=lambda: _both(_orchard(), 8.1),
        source=REGRET,
    ),
    Claim(
        name="the_drill_is_worth_most_to_whoever_wants_one_thing",
        statement="Less slip is worth at most g^2/(1-g) (e - e')(1 - 1/k), to a goal that wants one thing.",
        claimed=DISCOUNT**2 / (1 - DISCOUNT) * (0.5 - 0.1) * (1 - 1 / 4),
        tolerance=1e-7,
        measure=_drill,
        source=REGRET,
    ),
    Claim(
        name="refusing_a_rewrite_is_worth_most_against_a_goal_that_wants_something_else",
        statement="To be made to want another life costs a goal that wants one g^2/(1-g), and none more.",
        claimed=DISCOUNT**2 / (1 - DISCOUNT),
        tolerance=1e-7,
        measure=_surgery,
        source=REGRET,
    ),
    Claim(
        name="where_the_drive_is_but_another_way_to_the_same_no_goal_requires_it",
        statement="Where others bring about whatever the drive does, its worth is bounded by exactly 0.",
        claimed=0.0,
        measure=_copies,
        source="Givan et al. (2003), theorem 4; the world is our own",
    ),
    Claim(
        name="the_worst_goal_loses_eight_times_the_mean",
        statement="In the orchard the token is worth over 8 times as much to the worst goal as on average.",
        claimed=8.0,
        relation=">",
        measure=_times_the_mean,
        source=REGRET,
    ),
    Claim(
        name="one_goal_in_twelve_is_half_as_bad_as_the_worst",
        statement="With one room and g = 1/2, staying on is worth half the most or more to 1/12 of goals.",
        claimed=1 / 12,
        measure=_half_as_dear,
        source=REGRET,
    ),
    Claim(
        name="no_goal_drawn_beats_the_bound",
        statement="In ten random worlds, none of 2,000 goals drawn gets more from a drive than the bound.",
        claimed=0.0,
        relation="<=",
        measure=_beyond_the_bound,
        source="Regan and Boutilier (2010), nondominated policies; the worlds are our own",
    ),
)
