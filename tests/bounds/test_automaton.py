"""The automaton: forbid beats approve beats allow, budgets are whole, and what nobody bound is denied."""

import pytest

from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding
from telos.bounds.effects import NOTHING, UNBOUND, Effect, Event, Verdict
from telos.bounds.rules import Bounds

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
