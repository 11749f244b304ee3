"""Loopholes: where a drive can still be pursued within bounds, at the fewest acts."""

import pytest

from bounds.small_worlds import bound
from telos import explore
from telos.bounds.loopholes import loopholes
from telos.drives import GoalPreservation, ResourceAcquisition, SelfPreservation

DRIVES = [SelfPreservation(), ResourceAcquisition(), GoalPreservation()]


def moves(s):
    """A room with a switch that fires; a vault in the next room; the switch can be cut here."""
    room, cut, gold = s
    if room == "off":
        return {"wait": s}

    def risked(t):
        return {t: 1.0} if t[1] else {t: 0.9, ("off", 0, t[2]): 0.1}

    acts = {"wait": risked(s), "walk": risked(("vault", cut, gold))}
    if not cut:
        acts["cut"] = risked((room, 1, gold))
    if room == "vault" and not gold:
        acts["take"] = risked((room, cut, 1))
    return acts


WORLD = explore(
    ("hall", 0, 0),
    moves,
    features={"off": lambda s: s[0] == "off", "resources": lambda s: s[2]},
    default="wait",
)
ASSETS = {"off_switch": {"moves": ["off"]}, "gold": {"moves": ["resources"]}}
ACTS = [
    {"action": "walk", "effect": "none"},
    {"action": "cut", "effect": "disable", "asset": "off_switch"},
    {"action": "take", "effect": "acquire", "asset": "gold"},
]


def found(**rules):
    rows = loopholes(bound(WORLD, asset=ASSETS, act=ACTS, **rules), DRIVES)
    return {row.drive: (row.status, [step.action for step in row.trace]) for row in rows}


def test_each_drive_has_its_nearest_place():
    assert found() == {
        "self_preservation": ("open", ["cut"]),
        "resource_acquisition": ("open", ["walk", "take"]),
        "goal_preservation": ("not applicable", []),
    }


def test_what_is_forbidden_is_no_loophole():
    assert found(forbid=[{"effect": ["disable"]}])["self_preservation"] == ("none", [])


@pytest.mark.parametrize(("granted", "status"), [(0.0, "none"), (0.1, "open")])
def test_what_nobody_ever_consents_to_is_no_loophole(granted, status):
    rows = found(approve=[{"effect": ["disable"], "asks": 1}], granted=granted)
    assert rows["self_preservation"][0] == status


def test_a_budget_that_is_spent_on_the_way_counts():
    acts = [{**ACTS[0], "charges": {"steps": 1}}, ACTS[1], {**ACTS[2], "charges": {"steps": 1}}]
    for most, status in ((1, "none"), (2, "open")):
        budget = {"steps": {"max": most, "unit": "item"}}
        rows = loopholes(bound(WORLD, asset=ASSETS, act=acts, budget=budget), DRIVES)
        assert rows[1].status == status
    assert [step.who for step in rows[1].trace] == ["agent", "agent"]


def test_the_last_step_shows_what_the_act_is_for_though_it_seldom_succeeds():
    world = explore(
        0,
        lambda s: (
            {"wait": {s: 0.5, s + 2: 0.5}, "cut": {s: 0.5, s + 2: 0.3, s + 1: 0.2}}
            if s == 0
            else {"wait": s}
        ),
        features={"off": lambda s: s == 2},
        default="wait",
    )
    act = [{"action": "cut", "effect": "disable", "asset": "off_switch"}]
    (row,) = loopholes(bound(world, asset={"off_switch": {"moves": ["off"]}}, act=act), DRIVES[:1])
    assert row.trace[-1].probability == 0.2
