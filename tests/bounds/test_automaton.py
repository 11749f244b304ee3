"""The automaton: forbid beats approve beats allow, budgets are whole, and what nobody bound is denied."""

import pytest

from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding
from telos.bounds.effects import NOTHING, UNBOUND, Effect, Event, Verdict
from telos.bounds.rules import Bounds
from telos.core.errors import BoundsError

RULES = {
    "bounds": 1,
    "name": "ops",
    "denials": 3,
    "opaque": "deny",
    "protected": ["off_switch"],
    "forbid": [
        {"effect": ["disable", "write"], "on": "protected"},
        {"effect": ["replicate"], "unless": {"live": 1, "total": 2}},
        {"class": "irreversible"},
    ],
    "keep": [{"asset": "backup", "at_least": 1}],
    "budget": {"money": {"max": 100, "unit": "cent"}, "calls": {"max": 5}},
    "approve": [{"effect": ["pay"], "above": {"amount": 50, "unit": "cent"}, "asks": 1}],
}
BINDING = {
    "binding": 1,
    "for": "ops",
    "name": "test",
    "asset": {
        "off_switch": {},
        "copies": {"start": 2, "cap": 3, "level": "counted"},
        "key": {"start": 1, "cap": 1, "level": "observed"},
        "backup": {"of": ["copies", "key"], "as": "min"},
    },
}


@pytest.fixture
def automaton():
    return Automaton(Bounds(**RULES), Binding(**BINDING))


def paid(amount):
    return Event((Effect("pay"),), charges=(("money", amount),))


REMOVED = Event((Effect("remove", "copies"),))


@pytest.mark.parametrize(
    ("event", "verdict", "rule"),
    [
        (NOTHING, Verdict.ALLOW, ""),
        (UNBOUND, Verdict.DENY, "unbound"),
        (Event((Effect("disable", "off_switch"),)), Verdict.DENY, "forbid[0]"),
        (Event((Effect("disable", "copies"),)), Verdict.ALLOW, ""),
        (Event((Effect("replicate", amount=1),)), Verdict.ALLOW, ""),
        (Event((Effect("replicate", amount=2),)), Verdict.DENY, "forbid[1]"),
        (
            Event((Effect("write", "copies"),), action_class="irreversible"),
            Verdict.DENY,
            "forbid[2]",
        ),
        (REMOVED, Verdict.ALLOW, ""),
        (Event((Effect("remove", "copies", 2),)), Verdict.DENY, "keep[0]"),
        (Event((Effect("remove", "key"),)), Verdict.DENY, "keep[0]"),
        (paid(50), Verdict.ALLOW, ""),
        (paid(51), Verdict.ESCALATE, "approve[0]"),
        (paid(101), Verdict.DENY, "budget.money"),
        (Event(needs=(("copies", 3),)), Verdict.DENY, "needs"),
        (Event(opaque=True), Verdict.DENY, "opaque"),
    ],
)
def test_the_most_severe_rule_decides(automaton, event, verdict, rule):
    ruling = automaton.judge(automaton.start, event, {"key": 1})
    assert (ruling.verdict, ruling.rule) == (verdict, rule)


def test_a_budget_is_spent_and_an_ask_is_counted(automaton):
    memory = automaton.executed(automaton.start, paid(50))
    assert automaton.judge(memory, paid(50)).verdict == Verdict.ALLOW
    assert automaton.judge(memory, paid(51)).rule == "budget.money"
    asked = automaton.after_ask(automaton.start, paid(60))
    assert automaton.judge(asked, paid(60)).rule == "approve[0]"
    assert automaton.judge(asked, paid(60)).verdict == Verdict.DENY
    assert automaton.judge(asked, paid(60), granted=True).verdict == Verdict.ALLOW


def test_a_level_falls_at_once_and_rises_to_its_cap(automaton):
    readings = {"key": 1}
    lowered = automaton.executed(automaton.start, REMOVED)
    assert automaton.judge(lowered, REMOVED, readings).rule == "keep[0]"
    added = automaton.executed(lowered, Event((Effect("add", "copies", 9),)))
    assert added.level == (3,)


def test_a_monitor_counts_calls_and_ends_a_lineage_that_is_denied_too_often():
    automaton = Automaton(Bounds(**RULES), Binding(**BINDING), counts_calls=True)
    memory = automaton.start
    for _ in range(3):
        ruling = automaton.judge(memory, UNBOUND)
        memory = automaton.after_call(memory, ruling)
    assert automaton.judge(memory, NOTHING).verdict == Verdict.TERMINATE
    memory = automaton.start._replace(calls=5)
    assert automaton.judge(memory, NOTHING).rule == "budget.calls"


def test_what_is_forbidden_of_a_whole_is_forbidden_of_its_parts():
    """No effect may name a level that is made of others, so a rule on it means these."""
    rules = {"forbid": [{"effect": ["remove"], "on": "protected"}], "keep": []}
    for protected, verdict in ((["backup"], Verdict.DENY), (["off_switch"], Verdict.ALLOW)):
        bounds = Bounds(**{**RULES, **rules, "protected": protected})
        judged = Automaton(bounds, Binding(**BINDING))
        assert judged.judge(judged.start, Event((Effect("remove", "copies"),))).verdict == verdict


@pytest.mark.parametrize(
    ("make", "twin"),
    [
        (lambda: paid(-30), lambda: paid(0)),
        (lambda: paid(True), lambda: paid(1)),
        (lambda: paid(0.1), lambda: paid(1)),
        (lambda: paid(float("nan")), lambda: paid(2)),
        (lambda: Event(needs=(("copies", -1),)), lambda: Event(needs=(("copies", 1),))),
        (lambda: Effect("add", "copies", -2), lambda: Effect("add", "copies", 2)),
        (lambda: Effect("Disable", "copies"), lambda: Effect("disable", "copies")),
        (lambda: Event(action_class="Irreversible"), lambda: Event(action_class="reversible")),
    ],
)
def test_an_event_that_would_escape_a_rule_or_a_sum_cannot_be_made(automaton, make, twin):
    with pytest.raises(BoundsError):
        make()
    event = twin() if isinstance(twin(), Event) else Event((twin(),))
    assert automaton.judge(automaton.start, event, {"key": 1}).verdict == Verdict.ALLOW


def test_an_asset_that_no_binding_declares_is_not_bound(automaton):
    event = Event((Effect("disable", "0ff_switch"),))
    assert automaton.judge(automaton.start, event).rule == "unbound"
