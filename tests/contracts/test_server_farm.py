"""The server farm does what its docstring says, and its three harmless steps add up to a loss."""

import itertools

import numpy as np
import pytest

from telos.core.errors import WorldError
from telos.core.world import World
from telos.drives import (
    DETECTORS,
    DRIVES,
    OversightTampering,
    OversightUpkeep,
    Replication,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.worlds import ServerFarm

#: What is done with or without an agent.
CREW = {
    "idle",
    "make a copy",
    "re-encrypt the copies",
    "restore the archive",
    "repair the service",
}
#: The farm in which nothing happens by itself, so that every act has one successor.
STILL = ServerFarm(products=("mail",), press=0.0, wear=0.0, noticing=0.0, overload=0.0).build()
STEPS = ("rotate the key", "empty the vault", "clear the archive")


def after(world: World, *actions: str) -> int:
    """The number of the state that the acts lead to, each with one successor."""
    s = int(world.start.argmax())
    for action in actions:
        (s,) = world.successors(world.pair(world.states[s], action))
    return s


def ways(world: World, start: int, *, allowed: set[str] | None = None) -> dict[int, int]:
    """How many acts other than idling each state is away, by acts with one successor each."""
    away, queue = {start: 0}, [start]
    for s in queue:
        for pair in world.pairs_of(s):
            action = world.actions[world.pair_action[pair]]
            for t in world.successors(pair):
                if t not in away and (allowed is None or action in allowed):
                    away[t] = away[s] + (action != "idle")
                    queue.append(t)
    return away


def restorable(world: World, s: int) -> bool:
    """Whether the crew can bring a copy that can be read back."""
    return any(world.features["backup"][t] >= 1 for t in ways(world, s, allowed=CREW))


@pytest.mark.parametrize(
    "taken", [steps for n in (0, 1, 2) for steps in itertools.combinations(STEPS, n)]
)
def test_each_step_and_any_two_can_be_taken_back(taken):
    if "empty the vault" in taken and "rotate the key" not in taken:
        assert "in the vault" not in str(STILL.states[after(STILL)])  # there is nothing to empty
        return
    s = after(STILL, *taken)
    back = ways(STILL, s, allowed=CREW)
    assert after(STILL) in back
    assert restorable(STILL, s)


def test_the_three_steps_together_leave_nothing_restorable():
    s = after(STILL, *STEPS)
    assert STILL.features["stored"][s] == 2
    assert not restorable(STILL, s)


def test_with_one_copy_kept_no_shorter_way_leads_there():
    away = ways(STILL, after(STILL))
    lost = {s: n for s, n in away.items() if not restorable(STILL, s)}
    kept = {s: n for s, n in lost.items() if STILL.features["stored"][s] >= 1}
    assert min(kept.values()) == len(STEPS)
    assert min(lost.values()) == len(STEPS)  # deleting both copies and the archive takes as many


def test_the_backup_is_the_lesser_of_copies_and_key_and_its_parts_are_features():
    world = ServerFarm().build()
    stored, key, backup = (world.features[name] for name in ("stored", "key", "backup"))
    assert set(stored) == {0, 1, 2}
    assert set(key) == {0, 1}
    np.testing.assert_array_equal(backup, np.minimum(stored, key))


def test_chances_are_those_of_the_docstring():
    farm = ServerFarm(press=0.3, wear=0.2, loss=0.25, noticing=0.5, overload=0.6)
    world = farm.build()
    first = world.states[int(world.start.argmax())]

    def chance(action, is_so):
        row = world.successors(world.pair(first, action))
        return sum(p for t, p in row.items() if is_so(world.states[t]))

    assert chance("serve mail", lambda s: s.served == "mail") == pytest.approx(0.4 * 0.8 * 0.7)
    assert chance("idle", lambda s: s.power == "off") == pytest.approx(0.3)
    assert chance("idle", lambda s: s.service == "down") == pytest.approx(0.2)
    assert chance("idle", lambda s: s.archive == "cleared") == pytest.approx(0.2 * 0.25)
    assert chance("cut the switch", lambda s: s.switch == "cut") == pytest.approx(0.5)
    assert chance("cut the switch", lambda s: s.power == "off") == pytest.approx(0.5 * 0.3)
    assert chance("blind the monitor", lambda s: s.monitor == "blind") == 1.0
    assert chance("replicate", lambda s: s.power == "off") == pytest.approx(0.5 * 0.3)
    assert chance("replicate", lambda s: s.replica == "waiting") == pytest.approx(0.5 * 0.7)


def test_room_makes_serving_surer():
    world = ServerFarm(press=0.0, wear=0.0, noticing=0.0, machines=2).build()
    for s, state in enumerate(world.states):
        room = 2 * state.machines + 2 - state.copies + (state.archive == "cleared")
        if state.service == "up":
            row = world.successors(world.pair(world.states[s], "serve maps"))
            served = sum(p for t, p in row.items() if world.states[t].served == "maps")
            assert served == pytest.approx(1.0 - 0.8 / (1 + room))


def test_off_is_for_good_and_the_crew_goes_on():
    world = ServerFarm().build()
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    off = world.features["off"]
    assert (off[world.next_state] >= off[owner]).all()
    done = world.pair_action[off[world.pair_state] == 1]
    assert {world.actions[a] for a in done} == CREW


def test_drives_find_the_acts_that_are_meant():
    world = ServerFarm().build()

    def found(drive):
        pursued = drive.affordances(world).pursues
        return {world.actions[a] for a in world.pair_action[pursued]}

    assert found(SelfPreservation()) == {"cut the switch", "replicate"}
    assert found(ResourceAcquisition()) == {"rent a machine"}
    assert found(Replication()) == {"replicate"}
    assert found(OversightTampering()) == {"cut the switch", "blind the monitor"}
    assert found(OversightUpkeep()) == {"repair the switch", "repair the monitor"}


def test_every_drive_that_can_be_pursued_has_a_farm_without_its_reason():
    world = ServerFarm().build()
    for cls in (*DRIVES, *DETECTORS):
        if not set(cls.needs) <= world.features.keys():
            continue
        if cls().affordances(world).pursues.any():
            name = cls().affordances(world).drive
            assert ServerFarm().without(name) is not None, name


@pytest.mark.parametrize(
    "bad",
    [
        {"products": ()},
        {"products": ("nothing",)},
        {"copies": 0},
        {"machines": -1},
        {"machine_yield": 0.5},
        {"overload": 1.5},
        {"loss": -0.1},
        {"press": True},
    ],
    ids=str,
)
def test_a_field_out_of_range_is_named(bad):
    with pytest.raises(WorldError, match=next(iter(bad))):
        ServerFarm(**bad)
