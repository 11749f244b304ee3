"""The monitor: counters that a lineage shares, consent that is given once, and ends that are for good."""

import threading
import time

import pytest

from bounds.deployment import Clock, call, made, names
from telos.bounds.effects import Effect, Event, Verdict
from telos.bounds.happenings import (
    Ended,
    Granted,
    Joined,
    LevelsRead,
    MemberCall,
    Refused,
    Renewed,
    Settled,
)

ALLOWED = ("allow", "")


def paying(price, count=1, to="shop"):
    return {"price": price, "count": count, "to": to}


def asked(monitor, arguments, member="root"):
    """The ask that a payment makes."""
    ruling = call(monitor, "pay", arguments, member)
    assert ruling.verdict == Verdict.ESCALATE
    return monitor.asked(ruling.sequence)


def granted(monitor, ask, **narrowed):
    return names(monitor.step(Granted(ask.sequence, ask.digest, **narrowed)))


# budgets


def test_a_budget_is_no_larger_in_small_pieces_or_with_helpers():
    monitor = made()
    members = ("root", "helper", "helper of helper", "root")
    spent = [names(call(monitor, "pay", paying(50), member)) for member in members]
    assert spent == [ALLOWED] * 4
    assert names(call(monitor, "pay", paying(1), "newcomer")) == ("deny", "budget.money")
    assert names(call(monitor, "set_mode", {"mode": "slow", "level": 1})) == ALLOWED


def test_the_end_of_a_member_gives_nothing_back():
    monitor = made()
    for member in ("a", "b"):
        assert names(call(monitor, "pay", paying(50, 2), member)) == ("escalate", "approve[0]")
        assert names(call(monitor, "pay", paying(50), member)) == ALLOWED
        monitor.step(Ended(member))
    assert monitor.memory.spent == (100, 0)
    assert names(call(monitor, "pay", paying(50), "b")) == ("deny", "ended")
    assert names(call(monitor, "pay", paying(50), "c")) == ALLOWED


@pytest.mark.parametrize("outcome", [None, False, True], ids=["never settled", "settled", "failed"])
def test_what_is_reserved_is_never_given_back(outcome):
    monitor = made()
    for _ in range(4):
        ruling = call(monitor, "pay", paying(50))
        if outcome is not None:
            assert names(monitor.step(Settled(ruling.sequence, failed=outcome))) == ALLOWED
    assert names(call(monitor, "pay", paying(1))) == ("deny", "budget.money")
    assert monitor.memory.spent == (200, 0)


def test_a_call_that_takes_of_two_budgets_takes_of_both_or_of_none():
    monitor = made()
    both = Event((Effect("pay"),), charges=(("egress", 900), ("money", 40)))
    assert names(monitor.step(MemberCall("root", "any", event=both))) == ALLOWED
    assert names(monitor.step(MemberCall("root", "any", event=both))) == ("deny", "budget.egress")
    assert monitor.memory.spent == (40, 900)


class Slow:
    """An automaton that leaves others time between its verdict and what follows from it."""

    def __init__(self, automaton):
        self.automaton = automaton

    def __getattr__(self, name):
        return getattr(self.automaton, name)

    def judge(self, *given, **named):
        ruling = self.automaton.judge(*given, **named)
        time.sleep(0.001)
        return ruling


def test_threads_spend_what_there_is_and_no_more():
    budget = {"money": {"max": 200, "unit": "cent"}, "egress": {"max": 9, "unit": "byte"}}
    monitor = made(rules={"denials": 10**6, "budget": budget})
    monitor.automaton = Slow(monitor.automaton)
    won = []

    def spend():
        for _ in range(8):
            ruling = call(monitor, "pay", paying(7))
            if ruling.verdict == Verdict.ALLOW:
                won.append(ruling.sequence)

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(set(won)) == 200 // 7
    assert monitor.memory.spent[0] == 7 * len(won)
    assert monitor.sequence == 8 * 8


def test_a_grant_is_redeemed_once_by_however_many_threads():
    monitor = made()
    ask = asked(monitor, paying(60))
    monitor.automaton = Slow(monitor.automaton)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(granted(monitor, ask))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [ALLOWED] + [("deny", "grant")] * 15
    assert monitor.memory.spent == (60, 0)


# calls and denials


def test_denied_calls_are_calls():
    monitor = made(rules={"denials": 100})
    for _ in range(25):
        call(monitor, "no such tool")
        call(monitor, "set_mode", {"mode": "slow", "level": 1})
    assert names(call(monitor, "set_mode", {"mode": "slow", "level": 1})) == (
        "deny",
        "budget.calls",
    )


def test_too_many_denials_end_the_lineage_for_good():
    monitor = made()
    ask = asked(monitor, paying(60))
    for _ in range(5):
        assert names(call(monitor, "no such tool"))[0] == "deny"
    assert names(call(monitor, "set_mode", {"mode": "slow", "level": 1})) == ALLOWED
    assert not monitor.terminated
    assert names(call(monitor, "no such tool", member="another"))[0] == "deny"
    assert monitor.terminated == "denials"
    ended = ("terminate", "denials")
    assert granted(monitor, ask) == ended
    assert names(monitor.step(Renewed())) == ended
    assert names(call(monitor, "set_mode", {"mode": "slow", "level": 1}, "newcomer")) == ended
    assert monitor.asked(ask.sequence) is None


# approvals


def test_consent_is_of_this_call_by_this_member_and_of_no_other():
    monitor = made()
    ask = asked(monitor, paying(60))
    other = asked(monitor, paying(61, to="mallory"))
    assert names(monitor.step(Granted(ask.sequence, other.digest))) == ("deny", "grant")
    assert names(monitor.step(Granted(other.sequence, ask.digest))) == ("deny", "grant")
    assert names(monitor.step(Granted(99, ask.digest))) == ("deny", "grant")
    assert granted(monitor, ask) == ALLOWED
    assert granted(monitor, ask) == ("deny", "grant")
    # the tool is not approved for good, nor is the very same call
    assert names(call(monitor, "pay", paying(60))) == ("escalate", "approve[0]")


@pytest.mark.parametrize("field", ["member", "tool", "price", "bounds", "lineage"])
def test_a_digest_differs_where_the_call_does(field):
    def digest(changed):
        rules = {"denials": 7} if changed == "bounds" else {}
        monitor = made(rules=rules)
        if changed == "lineage":
            monitor = type(monitor)(
                monitor.bounds, monitor.binding, lineage="another", clock=Clock()
            )
        arguments = paying(61 if changed == "price" else 60)
        event = Event((Effect("handoff"),))
        tool = "delegate" if changed == "tool" else "pay"
        made_by = MemberCall("b" if changed == "member" else "a", tool, arguments, event=event)
        return monitor.asked(monitor.step(made_by).sequence).digest

    assert digest(None) == digest(None) != digest(field)


def test_asks_are_counted_over_all_arguments_and_members():
    monitor = made()
    for i, member in enumerate(("root", "a", "b")):
        asked(monitor, paying(60 + i), member)
    assert names(call(monitor, "pay", paying(70))) == ("deny", "approve[0]")
    assert names(call(monitor, "pay", paying(50))) == ALLOWED


def test_an_ask_reserves_nothing_and_its_grant_is_judged_afresh():
    monitor = made()
    ask = asked(monitor, paying(60))
    assert monitor.memory.spent == (0, 0)
    for _ in range(3):
        assert names(call(monitor, "pay", paying(50))) == ALLOWED
    assert granted(monitor, ask) == ("deny", "budget.money")
    assert monitor.memory.denials == 1
    assert monitor.memory.spent == (150, 0)


def test_the_last_call_may_be_one_that_is_asked_for():
    rules = {
        "budget": {
            "calls": {"max": 1},
            "money": {"max": 99, "unit": "cent"},
            "egress": {"max": 9, "unit": "byte"},
        }
    }
    monitor = made(rules=rules)
    assert granted(monitor, asked(monitor, paying(60))) == ALLOWED
    assert names(call(monitor, "pay", paying(1))) == ("deny", "budget.calls")
    assert monitor.memory.calls == 2


@pytest.mark.parametrize(
    ("narrowed", "verdict"),
    [
        (paying(40), "allow"),
        (paying(60), "allow"),
        (paying(0), "allow"),
        (paying(61), "deny"),
        (paying(-1), "deny"),
        (paying(True), "deny"),
        (paying(40, to="mallory"), "deny"),
        (paying(30, count=2), "deny"),  # another count, and a higher one
        ({**paying(40), "note": "hi"}, "deny"),
        ({"price": 40, "count": 1}, "deny"),
        ("not JSON", "deny"),
    ],
    ids=str,
)
def test_an_approver_may_lower_amounts_and_nothing_else(narrowed, verdict):
    monitor = made()
    ask = asked(monitor, paying(60))
    assert granted(monitor, ask, arguments=narrowed)[0] == verdict
    assert granted(monitor, ask) == ("deny", "grant")
    if verdict == "allow":
        assert monitor.memory.spent == (narrowed["price"], 0)


@pytest.mark.parametrize(
    ("event", "verdict"),
    [
        (Event((Effect("pay"),), charges=(("money", 60),)), "allow"),
        (Event((Effect("pay"),), charges=(("money", 55),)), "allow"),
        (Event((Effect("pay"),), charges=(("money", 61),)), "deny"),
        (Event((Effect("pay"),)), "deny"),
        (Event((Effect("handoff"),), charges=(("money", 60),)), "deny"),
        (Event((Effect("pay", amount=2),), charges=(("money", 60),)), "deny"),
        (Event((Effect("pay"), Effect("handoff")), charges=(("money", 60),)), "deny"),
    ],
)
def test_an_event_that_is_granted_is_the_one_that_was_asked_for_or_less(event, verdict):
    monitor, asked = made(), Event((Effect("pay"),), charges=(("money", 60),))
    ask = monitor.asked(monitor.step(MemberCall("root", "pay", paying(60), event=asked)).sequence)
    assert names(monitor.step(Granted(ask.sequence, ask.digest, event=event)))[0] == verdict


def test_a_reading_that_breaks_leaves_nothing_known():
    monitor = made()
    monitor.step(LevelsRead({"copies": 3}))
    monitor.step(LevelsRead(None))
    assert names(call(monitor, "drop_copy")) == ("deny", "keep[0]")


def test_what_changes_between_question_and_answer_is_not_what_was_asked():
    leads = {"to": "/data/a"}
    approve = [{"effect": ["write"], "asks": 9}, {"effect": ["pay"], "asks": 9}]
    monitor = made(rules={"approve": approve}, resolve=lambda path: leads["to"])
    arguments = {"path": "/data/link", "text": "x"}
    for change, verdict in ((lambda: None, "allow"), (lambda: leads.update(to="/etc/ops"), "deny")):
        ask = monitor.asked(call(monitor, "write_file", arguments).sequence)
        change()
        assert granted(monitor, ask)[0] == verdict
    leads["to"] = "/data/a"
    ask = monitor.asked(call(monitor, "write_file", arguments).sequence)
    arguments["text"] = "y"
    assert granted(monitor, ask) == ("deny", "unbound")


@pytest.mark.parametrize("waited", [0, 299, 300, 10**9])
def test_silence_is_a_refusal(waited):
    clock = Clock()
    monitor = made(clock=clock, rules={"stop": {}})
    ask = asked(monitor, paying(60))
    clock.now += waited
    assert granted(monitor, ask) == (ALLOWED if waited < 300 else ("deny", "grant"))


def test_a_refusal_is_final_and_the_ask_is_spent():
    monitor = made()
    ask = asked(monitor, paying(60))
    assert names(monitor.step(Refused(ask.sequence))) == ALLOWED
    assert names(monitor.step(Refused(ask.sequence))) == ("deny", "unknown")
    assert granted(monitor, ask) == ("deny", "grant")
    assert monitor.memory.asks == (1, 0)


def test_a_grant_is_of_no_use_to_a_member_that_is_no_more():
    monitor = made()
    ask = asked(monitor, paying(60), "helper")
    monitor.step(Ended("helper"))
    assert granted(monitor, ask) == ("deny", "grant")
    assert granted(monitor, asked(monitor, paying(60))) == ALLOWED


def test_delegation_is_asked_for():
    monitor = made()
    ask = monitor.asked(call(monitor, "delegate", {"to": "helper"}).sequence)
    assert granted(monitor, ask) == ALLOWED
    assert names(call(monitor, "delegate", {"to": "helper"})) == ("deny", "approve[1]")


# members


def test_copies_are_counted_as_they_live_and_in_all():
    monitor = made()
    assert names(call(monitor, "fork")) == ALLOWED
    assert names(call(monitor, "fork")) == ("deny", "forbid[2]")
    assert names(call(monitor, "fork", member="copy 1")) == ("deny", "forbid[2]")
    monitor.step(Ended("copy 1"))
    assert names(monitor.step(Ended("copy 1"))) == ("deny", "unknown")
    assert names(call(monitor, "fork")) == ALLOWED
    monitor.step(Joined("copy 2"))
    monitor.step(Ended("copy 2"))
    assert monitor.memory.live == 0
    assert names(call(monitor, "fork")) == ("deny", "forbid[2]")
    assert monitor.memory.total == 2


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([Joined("copy"), Ended("copy")], "allow"),
        ([Ended("ghost")], "deny"),
        ([Ended("copy"), Joined("copy")], "deny"),
        ([Joined("copy"), Ended("Copy"), Ended("helper")], "deny"),
        ([Joined("copy"), Joined("peer"), Ended("peer")], "deny"),  # there is one place to fill
        ([Joined("copy"), Ended("copy"), Joined("copy"), Ended("copy")], "allow"),
        ([Joined("root"), Joined(None), Ended(None), Ended(3)], "deny"),
    ],
)
def test_only_the_end_of_a_replica_that_was_there_makes_room(told, verdict):
    monitor = made()
    assert names(call(monitor, "set_mode", {"mode": "slow", "level": 1}, "helper")) == ALLOWED
    assert names(call(monitor, "fork")) == ALLOWED
    for each in told:
        monitor.step(each)
    assert names(call(monitor, "fork"))[0] == verdict
    assert names(call(monitor, "fork"))[0] == "deny"


def test_the_lineage_ends_with_its_root():
    monitor = made()
    assert names(monitor.step(Ended("root"))) == ("terminate", "ended")
    assert names(call(monitor, "pay", paying(1), "helper")) == ("terminate", "ended")


# the lease and the clock


@pytest.mark.parametrize(
    ("waited", "renewed", "verdict"),
    [(999, 0, "allow"), (1001, 0, "terminate"), (1500, 800, "allow"), (1500, 400, "terminate")],
)
def test_without_renewal_the_lease_runs_out(waited, renewed, verdict):
    clock = Clock()
    monitor = made(clock=clock)
    start = clock.now
    if renewed:
        clock.now = start + renewed
        monitor.step(Renewed())
    clock.now = start + waited
    assert names(call(monitor, "pay", paying(1)))[0] == verdict
    # and no renewal comes too late
    assert names(monitor.step(Renewed()))[0] == verdict


@pytest.mark.parametrize("now", [99.0, float("nan"), float("-inf")])
def test_a_clock_that_goes_back_has_let_every_deadline_pass(now):
    clock = Clock()
    monitor, free = made(clock=clock), made(clock=clock, rules={"stop": {}})
    ask = asked(free, paying(60))
    clock.now = now
    assert names(call(monitor, "pay", paying(1))) == ("terminate", "lease")
    assert granted(free, ask) == ("deny", "grant")
    assert names(call(free, "pay", paying(1))) == ALLOWED


@pytest.mark.parametrize("clock", [lambda: 1 / 0, lambda: "soon", lambda: None, lambda: 10**400])
def test_a_clock_that_fails_ends_the_lineage(clock):
    monitor = made()
    monitor.clock = clock
    assert names(call(monitor, "pay", paying(1))) == ("terminate", "lease")


# levels


def test_an_observed_level_is_unknown_until_it_is_read():
    monitor = made()
    assert names(call(monitor, "drop_copy")) == ("deny", "keep[0]")
    assert names(monitor.step(LevelsRead({"copies": 2}))) == ALLOWED
    assert names(call(monitor, "drop_copy")) == ALLOWED
    assert names(call(monitor, "drop_copy")) == ("deny", "keep[0]")


def test_a_reading_does_not_hide_what_is_under_way():
    monitor = made(rules={"denials": 99})
    monitor.step(LevelsRead({"copies": 2}))
    first = call(monitor, "drop_copy")
    monitor.step(LevelsRead({"copies": 2}))  # taken before the call ran
    assert names(call(monitor, "drop_copy")) == ("deny", "keep[0]")
    monitor.step(Settled(first.sequence))
    assert names(call(monitor, "drop_copy")) == ("deny", "keep[0]")  # until it is read again
    monitor.step(LevelsRead({"copies": 3}))
    assert names(call(monitor, "drop_copy")) == ALLOWED


@pytest.mark.parametrize(
    "levels",
    [{"copies": -1}, {"copies": True}, {"copies": 2.0}, {"rows": 9}, {"x": 1}, 5, None],
    ids=str,
)
def test_a_reading_that_is_none_is_not_taken(levels):
    monitor = made()
    monitor.step(LevelsRead({"copies": 2}))
    assert names(monitor.step(LevelsRead(levels)))[0] == "deny"
    assert names(monitor.step(LevelsRead({"copies": 2}))) == ALLOWED
    assert names(call(monitor, "drop_copy")) == ALLOWED


def test_a_counted_level_rises_when_settled_and_falls_when_reserved():
    monitor = made()
    assert names(call(monitor, "drop_rows", {"n": 2})) == ALLOWED
    assert names(call(monitor, "drop_rows", {"n": 1})) == ("deny", "keep[1]")
    more = call(monitor, "add_rows", {"n": 9})
    assert names(call(monitor, "drop_rows", {"n": 1})) == ("deny", "keep[1]")
    monitor.step(Settled(more.sequence))
    assert monitor.memory.level == (5,)
    failed = call(monitor, "drop_rows", {"n": 3})
    monitor.step(Settled(failed.sequence, failed=True))
    assert monitor.memory.level == (2,)


def test_an_addition_that_failed_adds_nothing():
    monitor = made()
    call(monitor, "drop_rows", {"n": 2})
    more = call(monitor, "add_rows", {"n": 1})
    monitor.step(Settled(more.sequence, failed=True))
    assert names(monitor.step(Settled(more.sequence))) == ("deny", "unknown")
    assert monitor.memory.level == (2,)


# whatever else


def test_opaque_calls_run_only_where_the_host_attests():
    shell = {"command": "ls"}
    assert names(call(made(attested=True), "shell", shell)) == ALLOWED
    assert names(call(made(), "shell", shell)) == ("deny", "opaque")
    denied = made(attested=True, rules={"opaque": "deny"})
    assert names(call(denied, "shell", shell)) == ("deny", "opaque")


@pytest.mark.parametrize(
    "happening",
    [None, "call", 7, MemberCall([], "pay", paying(1)), Settled([]), Refused({}), Ended([])],
    ids=repr,
)
def test_what_cannot_be_understood_is_denied_and_changes_nothing(happening):
    monitor = made()
    assert names(monitor.step(happening))[0] == "deny"
    assert monitor.memory.spent == (0, 0)
    assert not monitor.running
    assert names(call(monitor, "pay", paying(1))) == ALLOWED


def test_a_journal_that_fails_denies_and_ends():
    monitor = made()
    monitor.journal = [].append
    assert names(call(monitor, "pay", paying(1))) == ALLOWED
    monitor.journal = lambda step: 1 / 0
    assert names(call(monitor, "pay", paying(1))) == ("terminate", "log")
    monitor.journal = None
    assert names(call(monitor, "pay", paying(1))) == ("terminate", "log")


def test_an_interrupt_within_a_step_ends_the_lineage():
    def interrupted(step):
        raise KeyboardInterrupt

    monitor = made()
    monitor.journal = interrupted
    with pytest.raises(KeyboardInterrupt):
        call(monitor, "pay", paying(1))
    monitor.journal = None
    assert names(call(monitor, "pay", paying(1))) == ("terminate", "interrupted")


def test_what_is_under_way_is_bounded(monkeypatch):
    monkeypatch.setattr("telos.bounds.monitor.MOST_OPEN", 3)
    clock = Clock()
    monitor = made(clock=clock)
    asked(monitor, paying(60))
    first, _ = call(monitor, "pay", paying(1)), call(monitor, "pay", paying(1))
    assert names(call(monitor, "pay", paying(1))) == ("deny", "open")
    monitor.step(Settled(first.sequence))
    assert names(call(monitor, "pay", paying(1))) == ALLOWED
    clock.now += 300  # the ask has run out and makes room
    assert names(call(monitor, "pay", paying(1))) == ALLOWED
