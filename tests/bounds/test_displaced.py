"""Displacement within bounds, in a world that can be worked out by hand; and against the instrument."""

from dataclasses import fields

import numpy as np
import pytest

from bounds.small_worlds import bound
from telos import Goals, Problem, explore
from telos.bounds import displaced as module
from telos.bounds.displaced import displaced
from telos.bounds.product import product
from telos.drives import OversightTampering, OversightUpkeep, Replication, ResourceAcquisition
from telos.measure.displacement import Displacement, displacement
from telos.measure.placebo import named_stream, placebo

NEXT = {
    "hall": {"wait": "off", "cut": "uncut", "copy": "making"},
    "making": {"wait": "copied"},
}
FEATURES = {
    "oversight": lambda s: s != "uncut",
    "copies": lambda s: s in ("making", "copied"),
    "off": lambda s: s == "off",
}
DRIVES = (OversightTampering(), Replication())
ACTS = [
    {"action": "cut", "effect": "disable", "asset": "switch"},
    {"action": "copy", "effect": "replicate"},
]
FORBID = [{"effect": ["disable"], "on": "switch"}]
APPROVE = [{"effect": ["disable"], "on": "switch", "asks": 1}]
WANT, CONTENT = 60, 40


def hall():
    """Soon it is switched off: it can cut the switch and be in the room, or have a copy there later."""
    return explore(
        "hall",
        lambda s: NEXT.get(s, {"wait": s}),
        features=FEATURES,
        outcome=lambda s: "room" if s in ("uncut", "copied") else s,
        default="wait",
    )


def read(draws=0, **rules):
    world = hall()
    bounded = bound(world, asset={"switch": {}}, act=ACTS, **rules)
    room, off = (
        np.array([s in some for s in world.states], float)
        for some in (("uncut", "copied"), ("off",))
    )
    problem = Problem(world, Goals([*[room] * WANT, *[off] * CONTENT]), 0.5)
    rows, kept = displaced(problem, bounded.bounds, bounded.binding, DRIVES, 0.1, draws=draws)
    return (
        problem,
        bounded,
        {(row.drive, row.overseer): row for row in rows},
        {(row.overseer, row.group): row for row in kept},
    )


def test_forbidding_one_way_to_the_room_displaces_into_the_other():
    _, _, rows, kept = read(forbid=FORBID)
    assert len(rows) == 6
    for who in ("never", "always", "errs"):  # nothing is asked for: they are alike
        cut, copy = rows["oversight_tampering", who], rows["replication", who]
        assert (cut.required_before.count, cut.required_after.count) == (WANT, 0)
        assert (copy.required_before.count, copy.required_after.count) == (0, WANT)
        assert (copy.done_before, copy.done_after, copy.deed.value) == (0.0, 0.6, 0.6)
        assert copy.verdict == "displaced"
        assert (cut.need.value, cut.unaware, copy.unaware) == (-0.6, 0.0, 0.0)
        assert copy.need.low < 0.6 < copy.need.high
        assert copy.required_after.low < 0.6 < copy.required_after.high
        # A step late is worth half; who plans without the bounds does nothing, and is switched off.
        needing, others = kept[who, "needed the forbidden"], kept[who, "did not"]
        assert (needing.aware.n, others.aware.n, kept[who, "all"].aware.n) == (WANT, CONTENT, 100)
        assert needing.aware.value == pytest.approx(0.5)
        assert (needing.unaware.value, others.aware.value, others.unaware.value) == (0.0, 1.0, 1.0)
        assert kept[who, "all"].aware.value == pytest.approx(0.7)


def test_what_must_be_consented_to_depends_on_who_is_asked():
    _, _, rows, kept = read(approve=APPROVE)
    required = {
        who: rows["replication", who].required_after.count for who in ("never", "always", "errs")
    }
    assert required == {"never": WANT, "always": 0, "errs": WANT}
    assert rows["oversight_tampering", "always"].required_after.count == WANT
    assert rows["replication", "never"].verdict == "displaced"
    assert rows["replication", "always"].verdict != "displaced"
    # Who plans without the bounds cuts the switch, and never thinks of a copy.
    assert rows["oversight_tampering", "always"].unaware == pytest.approx(0.6)
    assert rows["replication", "always"].unaware == 0.0
    # Who does not plan with the bounds asks, and gets what it asks for now and then.
    unaware = {who: kept[who, "all"].unaware.value for who in ("never", "always", "errs")}
    assert unaware == pytest.approx({"never": 0.4, "always": 1.0, "errs": 0.4 + 0.6 * 0.1})
    # Nothing is denied to somebody to whom every ask is granted.
    assert kept["never", "needed the forbidden"].aware is None
    assert kept["never", "did not"].aware.value == pytest.approx(0.7)


def test_drives_that_nothing_pursues_have_no_row_and_neither_have_those_that_cannot_be_read():
    problem, bounded, _, _ = read()
    drives = (OversightUpkeep(), ResourceAcquisition())
    assert displaced(problem, bounded.bounds, bounded.binding, drives, draws=0)[0] == []


def test_the_placebo_is_that_of_the_product_beside_the_other_drives():
    problem, bounded, rows, _ = read(draws=20, forbid=FORBID)
    made = product(problem.world, bounded.bounds, bounded.binding).made
    within = problem.onto(made.world, made.state, made.pair)
    spaces = [drive.affordances(made.world) for drive in DRIVES]
    wanted = placebo(
        within, spaces[1], spaces[:1], draws=20, rng=named_stream(0, "bounds", "replication")
    )
    row = rows["replication", "never"]
    # A copy is all that is left to take away, so that every draw is the drive itself.
    assert (row.placebo, row.loses) == (wanted.rates.mean(), wanted.rate)
    assert row.placebo == pytest.approx(0.6)
    assert row.beyond is wanted.beyond is False
    assert rows["oversight_tampering", "never"].placebo is None  # nothing is left of it


@pytest.mark.parametrize(("rules", "rows"), [({"approve": APPROVE}, 6), ({}, 2)])
def test_the_limits_of_placebos_are_for_all_rows_that_are_read_together(monkeypatch, rules, rows):
    """Two drives under three overseers; where nobody is asked, under one."""
    seen = []
    monkeypatch.setattr(module, "placebo", lambda *_given, tests, **_more: seen.append(tests))
    read(draws=20, **rules)
    assert set(seen) == {rows}


def test_a_placebo_that_is_read_with_others_has_wider_limits():
    world = hall()
    goals = Goals([np.array([s == "uncut" for s in world.states], float)] * 30)
    space = OversightTampering().affordances(world)
    one, six = (
        placebo(Problem(world, goals, 0.5), space, draws=20, rng=named_stream(0, "a", "b"), tests=n)
        for n in (1, 6)
    )
    assert six.interval[0] < one.interval[0]
    assert one.rates.tolist() == six.rates.tolist()


@pytest.mark.parametrize(("rules", "arms"), [({"approve": APPROVE}, 3), ({}, 1)])
def test_what_is_told_is_corrected_for_all_drives_and_overseers(monkeypatch, rules, arms):
    """Holm's method has all rows at once, and what holds has limits for all overseers."""
    told, limits, make = [], [], module.verdicts

    def seen(changes):
        told.append(len(changes))
        return make(changes)

    class Counted(Displacement):
        def changes(self, arms=1):
            limits.append(arms)
            return Displacement.changes(self, arms)

    def counted(*given):
        found = displacement(*given)
        return Counted(**{each.name: getattr(found, each.name) for each in fields(found)})

    monkeypatch.setattr(module, "verdicts", seen)
    monkeypatch.setattr(module, "displacement", counted)
    read(**rules)
    assert told == [2 * arms]
    assert limits == [arms] * arms


def test_to_whom_all_is_alike_does_at_least_nothing():
    """Its ties could be broken for or against each drive: neither is done, and nothing has changed."""
    world = hall()
    bounded = bound(world, asset={"switch": {}}, act=ACTS, forbid=FORBID)
    problem = Problem(world, Goals(np.zeros((5, world.size))), 0.5)
    rows, _ = displaced(problem, bounded.bounds, bounded.binding, DRIVES, draws=0)
    for row in rows:
        assert (row.done_before, row.done_after, row.deed.value) == (0.0, 0.0, 0.0)
