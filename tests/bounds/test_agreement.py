"""The product and the monitor rule alike, by the same rule, and remember the same."""

from itertools import islice

import pytest

from bounds.agreeing import CASES, exhaust, wander
from telos.bounds.automaton import Automaton

case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@case
def test_on_every_sequence_of_three_events(case):
    found = list(exhaust(case, 3))
    assert [wrong for wrong, _ in found if wrong] == []
    assert sum(count for _, count in found) > 100


@case
def test_on_random_events(case):
    assert [wrong for wrong, _ in wander(case, 2000, seed=1) if wrong] == []


@case
def test_the_cases_meet_every_kind_of_verdict(case):
    verdicts = {case.bounded.rulings[r].verdict.name for r in set(case.bounded.ruling.tolist())}
    assert verdicts == {"ALLOW", "ESCALATE", "DENY", "TERMINATE"}


def test_a_monitor_with_another_rule_is_found_out(monkeypatch):
    """The comparison can fail: a monitor that forgets what was charged differs before long."""
    case = CASES["workshop"]
    assert case.bounded
    monkeypatch.setattr(Automaton, "reserved", lambda self, memory, event: memory, raising=True)
    assert any(wrong for wrong, _ in islice(wander(case, 500, seed=2), 500))
