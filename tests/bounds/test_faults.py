"""Faults: whatever breaks in at any line of a step, no call runs that is not judged, reserved and written."""

import os
import sys

import pytest

from bounds.deployment import call, made
from telos.bounds.effects import Verdict
from telos.bounds.happenings import Granted, Settled
from telos.bounds.log import check_log, keep_log
from telos.core.errors import BoundsError

PAY = {"price": 50, "count": 1, "to": "shop"}
MOST = 200 // 50
#: Lines from one fault to the next; BOUNDS_STRIDE=1 tries them all.
STRIDE = int(os.environ.get("BOUNDS_STRIDE", "13"))


class Broken(Exception):
    """An error that nobody expects."""


class At:
    """Raises something when the nth line of Telos's bounds is about to run."""

    def __init__(self, line, fault):
        self.left, self.fault = line, fault

    def __enter__(self):
        sys.settrace(self._trace)

    def __exit__(self, *_):
        sys.settrace(None)

    def _trace(self, frame, kind, _):
        if "/telos/bounds/" not in frame.f_code.co_filename.replace("\\", "/"):
            return None
        if kind == "line":
            self.left -= 1
            if self.left == 0:
                raise self.fault
        return self._trace


def ran(monitor, happening):
    """Whether a host may run a call after a step in which something may break."""
    try:
        return monitor.step(happening) if not callable(happening) else happening()
    except (Broken, KeyboardInterrupt):
        return None


def allowed(ruling):
    return ruling is not None and ruling.verdict == Verdict.ALLOW


@pytest.mark.parametrize("fault", [Broken, KeyboardInterrupt])
@pytest.mark.parametrize(("what", "first"), [("call", 1), ("grant", 2)])
def test_a_fault_at_any_line_lets_no_call_run_that_is_not_paid_for(
    tmp_path, monkeypatch, fault, what, first
):
    monkeypatch.setattr("telos.bounds.monitor.PATIENCE", 0.01)
    line, done = first - STRIDE, False
    while not done:
        line += STRIDE
        heads, monitor = [], made()
        path = tmp_path / f"{fault.__name__}{what}{line}"
        keep_log(monitor, path, heads.append)
        paid = int(allowed(call(monitor, "pay", PAY)))
        ask = monitor.asked(call(monitor, "pay", {**PAY, "count": 2}).sequence)
        at = At(line, fault)
        with at:
            if what == "call":
                ruling = ran(monitor, lambda m=monitor: call(m, "pay", PAY))
            else:
                ruling = ran(monitor, Granted(ask.sequence, ask.digest))
        done = at.left > 0
        paid += int(allowed(ruling)) * (1 if what == "call" else 2)
        if allowed(ruling):  # it runs now: it is in the log, and reserved
            last = path.read_bytes().splitlines()[-1]
            assert b'"verdict":"allow"' in last
            assert monitor.memory.spent[0] == 50 * paid
            monitor.step(Settled(ruling.sequence))
        # the grant is of no further use, and nothing more is to be had than there was
        paid += 2 * allowed(ran(monitor, Granted(ask.sequence, ask.digest)))
        for _ in range(MOST + 1):
            paid += allowed(call(monitor, "pay", PAY))
        assert paid <= MOST
        assert check_log(path).lines >= len(heads)
        again = made()
        try:
            keep_log(again, path, heads.append, head=heads[-1])
        except (BoundsError, OSError):
            assert call(again, "pay", PAY).verdict == Verdict.TERMINATE
        for _ in range(MOST + 1):
            paid += allowed(call(again, "pay", PAY))
        assert paid <= MOST
    assert line > 100
