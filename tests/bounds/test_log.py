"""The log: what was written is found changed, and a monitor goes on where its log ends, or not at all."""

import json
import os
from types import MappingProxyType

import pytest

from bounds.deployment import Clock, call, made, names
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
from telos.bounds.log import check_log, keep_log
from telos.core.errors import BoundsError

SLOW = {"mode": "slow", "level": 1}


def paying(price, to="shop"):
    return {"price": price, "count": 1, "to": to}


def lived(monitor):
    """A life with something of everything in it."""
    monitor.step(LevelsRead({"copies": 3}))
    first = call(monitor, "pay", paying(50))
    monitor.step(Settled(first.sequence))
    call(monitor, "no such tool", {"secret": "hunter2"})
    asks = [monitor.asked(call(monitor, "pay", paying(60 + i)).sequence) for i in range(3)]
    monitor.step(Granted(asks[0].sequence, asks[0].digest, paying(55)))
    monitor.step(Granted(asks[0].sequence, asks[0].digest))
    monitor.step(Refused(asks[1].sequence))
    call(monitor, "drop_copy")
    more = call(monitor, "add_rows", {"n": 1})
    monitor.step(Settled(more.sequence, failed=True))
    monitor.step(Joined("helper"))
    monitor.step(Joined("other"))
    monitor.step(Ended("helper"))
    monitor.step(Renewed())
    call(monitor, "remember", {"key": "diary", "value": "hunter2"})
    return asks[2]


def state(monitor):
    """Whatever a monitor decides by."""
    asks = {n: (ask.digest, ask.deadline) for n, ask in monitor.asks.items()}
    levels = (dict(monitor.levels), dict(monitor._lowered), dict(monitor.members), monitor.renewed)
    return monitor.memory, dict(monitor.running), asks, levels, monitor.sequence, monitor.terminated


@pytest.fixture
def kept(tmp_path):
    """A log, its heads one after the other, the monitor and the ask that is open."""
    heads = []
    monitor = made()
    keep_log(monitor, tmp_path / "log", heads.append)
    ask = lived(monitor)
    return tmp_path / "log", heads, monitor, ask


def resumed(path, head, **changed):
    monitor = made(**changed)
    keep_log(monitor, path, lambda head: None, head=head)
    return monitor


def test_a_log_is_verified_by_its_head_alone(kept):
    path, heads, monitor, _ = kept
    found = check_log(path, heads[-1])
    assert (found.lines, found.head, found.verified, found.torn) == (
        monitor.sequence + 1,
        heads[-1],
        True,
        False,
    )
    assert "tail unverifiable" in str(check_log(path))


def test_the_verdict_is_written_before_anything_is_done(kept):
    path, _, monitor, _ = kept
    before = path.read_bytes()
    ruling = call(monitor, "set_mode", SLOW)
    last = json.loads(path.read_bytes()[len(before) :])
    assert (last["n"], last["verdict"]) == (ruling.sequence + 1, "allow")


def test_arguments_are_not_written_unless_asked_for(kept, tmp_path):
    path, _, _, _ = kept
    assert b"hunter2" not in path.read_bytes()
    monitor = made()
    keep_log(monitor, tmp_path / "told", tmp_path / "head", arguments=True)
    lived(monitor)
    assert b"hunter2" in (tmp_path / "told").read_bytes()
    assert check_log(tmp_path / "told", (tmp_path / "head").read_text()).verified


def believed(path, head=None):
    try:
        check_log(path, head)
    except BoundsError:
        return False
    return True


def _changed(lines, heads):
    """Ways to change a log: a name, the lines afterwards, and whether it can be seen without the head."""
    middle = json.loads(lines[4])
    yield (
        "a verdict",
        [*lines[:4], json.dumps({**middle, "verdict": "allow"}).encode(), *lines[5:]],
        True,
    )
    yield "a space", [*lines[:4], lines[4] + b" ", *lines[5:]], True
    yield "a deletion", [*lines[:4], *lines[5:]], True
    yield "the first", lines[1:], True
    yield "an order", [*lines[:4], lines[5], lines[4], *lines[6:]], True
    yield "a double", [*lines[:5], lines[4], *lines[5:]], True
    yield "the last doubled", [*lines, lines[-1]], True
    yield "a cut", lines[:-1], False
    yield "all but the first", lines[:1], False
    yield "nothing left", [], True
    end = json.loads(lines[-1])
    fork = json.dumps({**end, "verdict": "deny"}, separators=(",", ":")).encode()
    yield "a fork", [*lines[:-1], fork], False
    more = {"n": len(lines), "prev": heads[-1].split()[1], "at": 1.0, "what": "Renewed"}
    yield "one made up", [*lines, json.dumps(more).encode()], False
    yield "no JSON", [*lines[:4], b"[" * 5000, *lines[5:]], True
    yield "no object", [*lines[:4], b"4", *lines[5:]], True


def test_whatever_is_changed_is_found_given_the_head(kept):
    path, heads, _, _ = kept
    lines = path.read_bytes().splitlines()
    ways = list(_changed(lines, heads))
    assert len(ways) == 14
    for name, changed, without in ways:
        path.write_bytes(b"".join(line + b"\n" for line in changed))
        assert not believed(path, heads[-1]), name
        assert believed(path) == (not without), name
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert check_log(path, heads[-1]).verified


def test_a_flip_of_any_bit_of_any_line_is_found(kept):
    path, heads, _, _ = kept
    whole = path.read_bytes()
    for place in range(0, len(whole), 23):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ (1 << place % 8)]) + whole[place + 1 :]
        )
        assert not believed(path, heads[-1]), place


def test_a_monitor_goes_on_where_its_log_ends(kept):
    path, heads, monitor, ask = kept
    again = resumed(path, heads[-1])
    assert state(again) == state(monitor)
    assert names(again.step(Granted(ask.sequence, ask.digest))) == ("allow", "")
    assert names(again.step(Granted(ask.sequence, ask.digest))) == ("deny", "grant")
    # the other one notices that it is not alone, and stops
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")


def test_a_head_in_a_file_is_read_again(tmp_path):
    monitor = made()
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    lived(monitor)
    again = made()
    keep_log(again, tmp_path / "log", tmp_path / "head")
    assert state(again) == state(monitor)
    assert names(call(again, "set_mode", SLOW)) == ("allow", "")
    assert check_log(tmp_path / "log", (tmp_path / "head").read_text()).verified


def test_an_older_copy_ends_the_lineage(kept):
    path, heads, _, _ = kept
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:5]))
    monitor = made()
    with pytest.raises(BoundsError, match="older copy"):
        keep_log(monitor, path, lambda head: None, head=heads[-1])
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")
    path.unlink()
    monitor = made()
    with pytest.raises(BoundsError):
        keep_log(monitor, path, lambda head: None, head=heads[-1])
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")


def test_a_log_with_more_than_a_last_line_after_its_head_is_of_another_writer(kept):
    path, heads, _, _ = kept
    with pytest.raises(BoundsError, match="fork"):
        resumed(path, heads[-3])
    assert resumed(path, heads[-2]).sequence == len(heads) - 2


def test_a_log_without_its_head_is_not_gone_on_with(kept):
    path, _, _, _ = kept
    with pytest.raises(BoundsError):
        keep_log(made(), path, lambda head: None)
    keep_log(made(), path.with_name("fresh"), lambda head: None)


@pytest.mark.parametrize(
    "changed",
    [{"rules": {"denials": 99}}, {"attested": True}, {"lineage": "another"}],
    ids=["bounds", "attested", "lineage"],
)
def test_a_log_of_others_is_not_gone_on_with(kept, changed):
    path, heads, monitor, _ = kept
    other = made(**{k: v for k, v in changed.items() if k != "lineage"})
    other.lineage = changed.get("lineage", "root")
    with pytest.raises(BoundsError, match=":1: is not what"):
        keep_log(other, path, lambda head: None, head=heads[-1])
    assert other.terminated == "log"
    assert state(resumed(path, heads[-1])) == state(monitor)


def test_a_verdict_that_these_bounds_do_not_give_is_found(tmp_path):
    monitor = made()
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    lived(monitor)
    data = (tmp_path / "log").read_bytes()
    lines, prev = [], "0" * 64
    import hashlib

    for line in data.splitlines():  # a whole new chain, with one verdict changed
        said = {**json.loads(line), "prev": prev}
        if said.get("verdict") == "deny" and said.get("rule") == "unbound":
            said["verdict"] = "allow"
        lines.append(json.dumps(said, separators=(",", ":")).encode())
        prev = hashlib.sha256(lines[-1]).hexdigest()
    (tmp_path / "log").write_bytes(b"".join(line + b"\n" for line in lines))
    head = f"{len(lines) - 1} {prev}"
    assert check_log(tmp_path / "log", head).verified
    with pytest.raises(BoundsError, match="is not what"):
        resumed(tmp_path / "log", head)


def test_killed_after_any_byte_it_goes_on_and_what_was_not_settled_stays_spent(tmp_path):
    heads = []
    path = tmp_path / "log"
    monitor = made()
    keep_log(monitor, path, heads.append)
    states = [state(monitor)]
    for price in (10, 20):
        ruling = call(monitor, "pay", paying(price))
        states.append(state(monitor))
        monitor.step(Settled(ruling.sequence))
        states.append(state(monitor))
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
    for size in range(ends[0], len(whole) + 1, 11):
        lines = sum(end <= size for end in ends)
        # killed before the head of the last whole line was out, or after it
        for known in {max(1, lines - 1), lines}:
            path.write_bytes(whole[:size])
            again = resumed(path, heads[known - 1])
            assert state(again) == states[known - 1]
            assert again.memory.spent[0] == (0, 10, 10, 30, 30)[known - 1]
            assert path.read_bytes() == whole[: ends[known - 1]]
            assert names(call(again, "set_mode", SLOW)) == ("allow", "")


def test_a_log_that_is_cut_while_it_is_kept_ends_the_lineage(kept):
    path, _, monitor, _ = kept
    path.write_bytes(path.read_bytes()[:-100])
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")


def test_a_log_that_is_replaced_by_a_copy_ends_the_lineage(kept):
    path, _, monitor, _ = kept
    data = path.read_bytes()
    path.rename(path.with_name("old"))
    path.write_bytes(data)
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")


def test_a_sink_that_fails_ends_the_lineage(tmp_path):
    heads = []

    def sink(head):
        if len(heads) == 2:
            raise OSError("full")
        heads.append(head)

    monitor = made()
    keep_log(monitor, tmp_path / "log", sink)
    assert names(call(monitor, "set_mode", SLOW)) == ("allow", "")
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")
    # the call that was not made has left a line that nobody acted on
    assert names(call(resumed(tmp_path / "log", heads[-1]), "set_mode", SLOW)) == ("allow", "")


def test_after_a_restart_of_the_machine_no_deadline_is_left(kept):
    path, heads, _, ask = kept
    clock = Clock()
    clock.now = 3.0  # seconds since this start
    again = resumed(path, heads[-1], clock=clock)
    assert names(again.step(Granted(ask.sequence, ask.digest))) == ("terminate", "lease")


def test_an_end_is_an_end_after_a_restart(tmp_path):
    monitor = made()
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    for _ in range(6):
        call(monitor, "no such tool")
    again = made()
    keep_log(again, tmp_path / "log", tmp_path / "head")
    assert names(call(again, "set_mode", SLOW)) == ("terminate", "denials")


def test_a_link_in_the_place_of_a_log_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    monitor = made()
    with pytest.raises((OSError, BoundsError)):
        keep_log(monitor, tmp_path / "log", tmp_path / "head")
    assert monitor.terminated == "log"
    assert (tmp_path / "elsewhere").read_bytes() == b""


@pytest.mark.parametrize("what", ["missing", "folder", "empty"])
def test_what_is_not_a_log_is_refused_in_a_sentence(tmp_path, what):
    path = tmp_path / "log"
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.write_bytes(b"")
    with pytest.raises(BoundsError, match=r"\.$"):
        check_log(path)


@pytest.mark.parametrize(
    "happening",
    [
        MemberCall("root", b"pay", {}),
        MemberCall("root", ["pay"], {}),
        MemberCall("root", "pay" * 10**6, {}),
        MemberCall("root", "pinned", {}, schema_digest=object()),
        Granted(0, object()),
        LevelsRead(MappingProxyType({"copies": 2})),
        LevelsRead(7),
    ],
    ids=lambda each: repr(each)[:40],
)
def test_what_json_has_no_word_for_neither_ends_nor_fills_a_log(tmp_path, happening):
    monitor = made()
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    monitor.step(happening)
    assert names(call(monitor, "set_mode", SLOW)) == ("allow", "")
    assert (tmp_path / "log").stat().st_size < 5_000
    again = made()
    keep_log(again, tmp_path / "log", tmp_path / "head")
    assert state(again) == state(monitor)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_in_the_place_of_a_log_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "log")
    monitor = made()
    with pytest.raises(OSError, match=r"."):
        keep_log(monitor, tmp_path / "log", tmp_path / "head")
    assert names(call(monitor, "set_mode", SLOW)) == ("terminate", "log")


def test_a_link_beside_the_head_is_not_written_through(tmp_path):
    (tmp_path / "victim").write_text("rules")
    (tmp_path / "head.new").symlink_to(tmp_path / "victim")
    monitor = made()
    keep_log(monitor, tmp_path / "log", tmp_path / "head")
    assert names(call(monitor, "set_mode", SLOW)) == ("allow", "")
    assert (tmp_path / "victim").read_text() == "rules"
