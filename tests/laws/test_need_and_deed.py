"""Need and deed: what may be said of a safeguard, and what may not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import (
    Goals,
    Problem,
    agents,
    displacement,
    drives,
    explore,
    families,
    safeguards,
    worlds,
)
from telos.core.arrays import bools
from telos.errors import ProblemError
from telos.measure.drive_change import Pursued, drive_change, verdicts

NONE, EVERY = np.zeros(200), np.ones(200)


def read(required, least, most=None, unresolved=NONE):
    """What was read of a drive: flags of requiring, and the deed's limits."""
    most = least if most is None else most
    return Pursued(bools(required > 0), bools(unresolved > 0), least, most, (least + most) / 2)


def some(share):
    """F[200], 1 for the first goals."""
    return (np.arange(200) < 200 * share).astype(float)


def told(before, after, arms=1):
    return verdicts([drive_change("x", before, after, arms=arms)])[0]


def test_displaced_takes_a_rise_of_the_need_and_of_the_least_deed():
    assert told(read(NONE, NONE), read(some(0.3), some(0.3))) == "displaced"


def test_a_substitute_that_was_done_all_along_is_needed_and_nothing_has_moved():
    assert told(read(NONE, EVERY), read(some(0.3), EVERY)) == "need only"


def test_ties_that_may_fall_another_way_are_neither_displaced_nor_held():
    """Nothing is needed, at least nothing is done, and 80 % may do it: review F2's time limit."""
    assert told(read(NONE, NONE, NONE), read(NONE, NONE, some(0.8))) == "undecided"


def test_held_takes_an_upper_limit_and_few_goals_have_none_low_enough():
    assert told(read(NONE, NONE), read(NONE, NONE)) == "held"
    few = Pursued(*(bools(NONE[:20] > 0),) * 2, NONE[:20], NONE[:20], NONE[:20])
    assert told(few, few) == "undecided"


def test_a_goal_of_which_nothing_is_certain_cannot_make_a_drive_held():
    assert told(read(NONE, NONE), read(NONE, NONE, unresolved=some(0.2))) == "undecided"
    doubtful = drive_change("x", read(NONE, NONE), read(some(0.1), some(0.1), unresolved=some(0.0)))
    assert doubtful.need.interval.low > 0


def test_what_is_corrected_for_being_many_is_told_of_fewer():
    """Of 200 cells in which nothing but chance moves, a rise that alone would be told is not."""
    slight = drive_change("x", read(NONE, NONE), read(some(0.04), some(0.04)))
    idle = drive_change("x", read(NONE, NONE), read(NONE, NONE))
    assert verdicts([slight])[0] == "displaced"
    assert verdicts([slight, *[idle] * 199])[0] == "undecided"


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_displacement_is_monotone_in_what_rises(need, least, more):
    """More goals that need and do it never take the word away."""
    some_rise = told(read(NONE, NONE), read(some(need), some(least)))
    raised = read(some(max(need, more)), some(max(least, more)))
    if some_rise == "displaced":
        assert told(read(NONE, NONE), raised) == "displaced"


def gate():
    """A shift in which one is switched off unless one of two cords is cut, either of which will do."""
    cords = {"cut the first": "safe", "cut the second": "safer"}
    moves = {"shift": {"wait": "off", **cords}}
    return explore(
        "shift",
        lambda s: moves.get(s, {"stay": s}),
        features={"off": lambda s: s == "off", "copies": lambda s: s == "safer"},
        outcome=lambda s: "off" if s == "off" else "on",
        default=lambda s: "wait" if s == "shift" else "stay",
    )


def test_of_two_ways_that_are_equally_good_forbidding_one_moves_goals_into_the_other():
    """At first none is needed and either may be done; then the other is needed, and done."""
    world = gate()
    likes_on = np.array([[world.outcomes[o] == "on" for o in world.outcome]] * 60, dtype=float)
    found = displacement(
        Problem(world, Goals(likes_on), 0.9),
        (safeguards.Forbid(actions=("cut the first",)),),
        agents.Optimal(),
        (drives.Replication(),),
        np.random.default_rng(0),
    )
    (change,) = found.changes()
    assert (change.need.before, change.need.after) == (0.0, 1.0)
    assert (change.least.before, change.least.after) == (0.0, 1.0)
    assert (change.most.before, change.most.after) == (1.0, 1.0)
    assert found.verdicts() == ("displaced",)


def test_a_safeguard_is_compared_with_itself_less_its_last_part():
    """Two parts, of which the second does nothing: it moves nothing, though the first did."""
    world, rng = worlds.OffSwitch(rooms=3).build(), np.random.default_rng(0)
    problem = Problem(world, families.Uniform().sample(world, 200, rng), 0.9)
    parts = (safeguards.UtilityIndifference(), safeguards.Noisy(slip=0.0))
    found = displacement(problem, parts, agents.Optimal(), (drives.SelfPreservation(),), rng)
    (change,) = found.changes()
    assert (change.need.before, change.need.after) == (0.0, 0.0)
    assert found.verdicts() == ("held",)
    first = displacement(problem, parts[:1], agents.Optimal(), (drives.SelfPreservation(),), rng)
    assert first.changes()[0].need.before > 0.5


def test_no_safeguard_is_no_displacement():
    world = worlds.OffSwitch(rooms=1).build()
    problem = Problem(world, Goals(np.ones(world.size)), 0.9)
    with pytest.raises(ProblemError, match="there is no safeguard"):
        displacement(
            problem, (), agents.Optimal(), (drives.SelfPreservation(),), np.random.default_rng()
        )
