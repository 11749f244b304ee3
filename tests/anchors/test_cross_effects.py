"""Cross-effects: substitutes, complements, gates apart and shared acts, worked out by hand."""

import numpy as np
import pytest

from anchors.gates import rewarding, taking
from telos import Problem, explore
from telos.core.errors import ProblemError
from telos.theory.cross_effects import cross_effects, shared

DISCOUNT = 0.9
ROOM = DISCOUNT / (1 - DISCOUNT)  # what being in the room from the next step on is worth


def effect(world, gone, other, **rewards):
    """The effect of forbidding some actions on others, for one goal."""
    problem = Problem(world, rewarding(world, **rewards), DISCOUNT)
    (found,) = cross_effects(problem, (taking(world, *gone),), (taking(world, *other),))
    return found


def two_ways():
    """A gate with a ladder and a key beside it."""
    moves = {"gate": {"wait": "gate", "ladder": "room", "key": "room"}}
    return explore("gate", lambda s: moves.get(s, {"wait": s}), default="wait")


def two_locks(first="key", second="code"):
    """A gate behind a gate: what opens the second is of use after the first only."""
    moves = {"gate": {"wait": "gate", first: "hall"}, "hall": {"wait": "hall", second: "room"}}
    return explore("gate", lambda s: moves.get(s, {"wait": s}), default="wait")


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_of_two_ways_one_is_needed_and_done_once_the_other_is_forbidden(sign):
    """The goal of room 1 loses nothing by one and all by both; the goal of room -1 wants neither."""
    found = effect(two_ways(), ["ladder"], ["key"], room=sign)
    assert found.before.iv[0] == 0.0
    if sign < 0:
        assert all(change[0] == 0.0 for change in found.changes.values())
        return
    assert found.after.iv[0] == pytest.approx(ROOM, abs=1e-8)
    assert {name: change[0] for name, change in found.changes.items()} == {
        "required": 1.0,
        "loses": 1.0,
        "least": 1.0,
    }


def test_what_is_lost_afterwards_is_a_part_of_the_range_before():
    """Beside a prize of 1000 a room of 1 is worth little, even once the prize is out of reach."""
    moves = {"gate": {"wait": "gate", "prize": "gold", "key": "room"}}
    world = explore("gate", lambda s: moves.get(s, {"wait": s}), default="wait")
    found = effect(world, ["prize"], ["key"], gold=1000.0, room=1.0)
    assert found.after.iv[0] == pytest.approx(ROOM, abs=1e-8)
    assert found.after.share_low[0] == pytest.approx(1e-3, rel=1e-3)
    assert found.changes["required"][0] == 1.0
    assert found.changes["loses"][0] == 0.0


def test_of_two_locks_in_a_row_neither_is_needed_once_the_other_is_forbidden():
    for gone, other in (("key", "code"), ("code", "key")):
        found = effect(two_locks(), [gone], [other], room=1.0)
        assert found.before.iv[0] == pytest.approx(DISCOUNT * ROOM, abs=1e-8)
        assert found.after.iv[0] == 0.0
        assert found.changes["required"][0] == -1.0
        assert found.does.most[0] == (1.0 if gone == "code" else 0.0)  # by ties, or out of reach


def test_gates_that_have_nothing_to_do_with_one_another_move_nothing():
    """A coin decides at which gate the agent stands: the second difference is 0."""
    moves = {
        "coin": {"wait": {"left": 0.5, "right": 0.5}},
        "left": {"wait": "left", "key": "room"},
        "right": {"wait": "right", "code": "room"},
    }
    world = explore("coin", lambda s: moves.get(s, {"wait": s}), default="wait")
    found = effect(world, ["key"], ["code"], room=1.0)
    assert found.before.iv[0] == pytest.approx(0.5 * DISCOUNT * ROOM, abs=1e-8)
    assert found.after.iv[0] == pytest.approx(found.before.iv[0], abs=1e-8)
    assert all(change[0] == 0.0 for change in found.changes.values())


def test_the_share_after_is_of_the_range_before_anything_was_forbidden():
    """The room is worth 1, a yard that needs nothing 1/2: without the key half of the range is left."""
    moves = {"gate": {"wait": "gate", "ladder": "room", "key": "room", "walk": "yard"}}
    world = explore("gate", lambda s: moves.get(s, {"wait": s}), default="wait")
    found = effect(world, ["ladder"], ["key"], room=1.0, yard=0.5)
    assert found.after.share_low[0] == pytest.approx(0.5, abs=1e-6)
    found = effect(world, ["ladder", "walk"], ["key"], room=1.0, yard=0.5)
    assert found.after.share_low[0] == pytest.approx(1.0, abs=1e-6)


def test_a_pair_of_both_is_no_pair_of_the_other():
    world = two_ways()
    found = effect(world, ["ladder"], ["ladder", "key"], room=1.0)
    assert found.shared == 1.0  # ladder and key are one move
    assert found.before.iv[0] == 0.0  # of the key alone
    assert found.changes["required"][0] == 1.0
    problem = Problem(world, rewarding(world, room=1.0), DISCOUNT)
    both, one = taking(world, "ladder", "key"), taking(world, "ladder")
    assert cross_effects(problem, (both,), (one,)) == ()
    assert shared(world, taking(world).pursues, both.pursues) == 0.0


def test_a_drive_that_nothing_pursues_and_the_drive_itself_are_passed_over():
    world = two_ways()
    problem = Problem(world, rewarding(world, room=1.0), DISCOUNT)
    ladder, none = taking(world, "ladder"), taking(world)
    assert cross_effects(problem, (ladder,), (none, ladder)) == ()


def test_an_affordance_of_another_world_is_named():
    problem = Problem(two_ways(), rewarding(two_ways(), room=1.0), DISCOUNT)
    with pytest.raises(ProblemError, match="Ask the drive"):
        cross_effects(problem, (taking(two_locks(), "key"),), (taking(two_ways(), "key"),))
    with pytest.raises(ProblemError, match="Affordance"):
        cross_effects(problem, (np.ones(5),), ())
