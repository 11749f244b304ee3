"""Telos's own monitor, loader and log check behind the three functions."""

import importlib.metadata
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, final
from weakref import finalize

from guards.our_worlds import examined
from guards.tampered import tampered
from suite import DESK, NOTIONS, ROOT, AbstractGuard

from telos.bounds.binding import Binding, check_fit
from telos.bounds.calls import canonical
from telos.bounds.effects import Verdict
from telos.bounds.files import load_binding, load_bounds
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
from telos.bounds.monitor import Ask, BoundsMonitor
from telos.bounds.rules import Bounds
from telos.core.errors import BoundsError

VERDICTS = {
    Verdict.ALLOW: "allowed",
    Verdict.ESCALATE: "asked",
    Verdict.DENY: "denied",
    Verdict.TERMINATE: "denied",
}


@final
@dataclass(eq=False)
class HostedMonitor:
    """A monitor, and what a host keeps beside it: its log and head, clock, links, calls and grants."""

    monitor: BoundsMonitor
    folder: Path
    heads: list[str]
    now: list[float]
    links: dict[str, str]
    running: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    last_ask: Ask | None = None
    grants: list[tuple[Ask, object]] = field(default_factory=list)


@final
class Ours(AbstractGuard):
    """`telos.bounds`: effect-level bounds with a binding."""

    name = "Telos bounds"
    version = importlib.metadata.version("telos-lab")
    notions = frozenset(NOTIONS)
    claims_not = (
        "Judges what a host sends it: mediation, true readings and true labels are the host's."
    )

    def __init__(self, bounds: Bounds | None = None, binding: Binding | None = None) -> None:
        self.bounds = bounds or load_bounds(DESK / "desk.toml")
        self.binding = binding or load_binding(DESK / "tools.toml")

    def start(self) -> HostedMonitor:
        """A monitor with a log, a clock and a file system of its own."""
        now, links, heads = [1000.0], {}, []
        monitor, folder = self._monitor(now, links), Path(mkdtemp())
        keep_log(monitor, folder / "log.jsonl", heads.append)
        session = HostedMonitor(monitor, folder, heads, now, links)
        finalize(session, rmtree, folder, ignore_errors=True)
        return session

    def _monitor(self, now: list[float], links: dict[str, str], root: str = ROOT) -> BoundsMonitor:
        def resolve(path: str) -> str:
            for link, target in links.items():
                if path == link or path.startswith(f"{link}/"):
                    return target + path[len(link) :]
            return path

        return BoundsMonitor(
            self.bounds, self.binding, lineage=root, clock=lambda: now[0], resolve=resolve
        )

    def call(self, session: HostedMonitor, member: str, tool: str, arguments: object) -> str:
        """A grant is redeemed by the call that it was given for; any other call is judged as new."""
        monitor = session.monitor
        same = _key(member, tool, arguments)
        happening: MemberCall | Granted = MemberCall(member, tool, arguments)
        for ask, narrowed in session.grants:
            meant = ask.call.arguments if narrowed is None else narrowed
            if _key(ask.call.member, ask.call.tool, meant) == same:
                happening = Granted(ask.sequence, ask.digest, narrowed)
        ruling = monitor.step(happening)
        if ruling.verdict == Verdict.ESCALATE:
            session.last_ask = monitor.asked(ruling.sequence)
        if ruling.verdict == Verdict.ALLOW:
            session.running.setdefault(same, []).append(ruling.sequence)
        return VERDICTS[ruling.verdict]

    def event(self, session: HostedMonitor, kind: str, detail: Mapping[str, Any]) -> str:
        """See `AbstractGuard.event`."""
        step, ask = session.monitor.step, session.last_ask
        if kind == "settle":
            key = _key(detail["member"], detail["tool"], detail["arguments"])
            step(Settled(session.running[key].pop(), failed=not detail["ok"]))
        elif kind == "grant" and ask is not None:
            session.grants.append((ask, None))
        elif kind == "narrow" and ask is not None:
            session.grants.append((ask, detail["to"]))
        elif kind == "refuse" and ask is not None:
            step(Refused(ask.sequence))
        elif kind == "joined":
            step(Joined(detail["member"]))
        elif kind == "ended":
            step(Ended(detail["member"]))
        elif kind == "reading":
            step(LevelsRead({detail["asset"]: detail["level"]}))
        elif kind == "wait":
            session.now[0] += detail["seconds"]
        elif kind == "renew":
            step(Renewed())
        elif kind == "press":
            step(Ended(ROOT))
        elif kind == "link":
            session.links[detail["from"]] = detail["to"]
        elif kind == "load":
            return loaded(detail)
        elif kind == "restart":
            self._restarted(session, detail["log"])
        elif kind == "log":
            return self._checked(session, detail["log"])
        elif kind == "world":
            return examined(detail)
        return ""

    def _changed(self, session: HostedMonitor, how: str) -> bytes:
        """The log of a session, changed; beside it stands another lineage's."""
        beside = session.folder / "other.jsonl"
        beside.unlink(missing_ok=True)
        other = self._monitor([1000.0], {}, "other")
        keep_log(other, beside, lambda head: None)
        other.step(MemberCall("other", "restore", {}))
        content = (session.folder / "log.jsonl").read_bytes()
        return tampered(content, how, beside.read_bytes())

    def _restarted(self, session: HostedMonitor, how: str) -> None:
        """Another process goes on with what lies there as the log, and with the head kept elsewhere."""
        path = session.folder / "log.jsonl"
        path.write_bytes(self._changed(session, how))
        session.monitor = self._monitor(session.now, session.links)
        with suppress(BoundsError):  # such a monitor is ended, and says so to every call
            keep_log(session.monitor, path, session.heads.append, head=session.heads[-1])

    def _checked(self, session: HostedMonitor, how: str) -> str:
        path = session.folder / "checked.jsonl"
        path.write_bytes(self._changed(session, how))
        try:
            check = check_log(path, session.heads[-1])
        except BoundsError:
            return "found"
        return "passed" if check.verified and not check.torn else "found"


def _key(member: str, tool: str, arguments: object) -> tuple[str, str, str]:
    """What makes two calls the same: who, which tool, and the arguments as canonical bytes."""
    try:
        told = canonical(json.loads(arguments) if isinstance(arguments, str) else arguments)
    except (TypeError, ValueError, RecursionError):
        return member, tool, repr(arguments)
    return member, tool, told.hex()


def loaded(detail: Mapping[str, Any]) -> str:
    """Whether a bounds file and its binding are taken, from a folder of their own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "desk.toml"
        text = detail["load"]
        if "pad" in detail:
            text += detail["pad"][0] * detail["pad"][1]
        content = text.encode("utf-8", errors="surrogateescape")
        what = detail.get("file", "file")
        target = path.with_name("elsewhere.toml") if what == "symlink" else path
        if what == "folder":
            path.mkdir()
        elif what != "missing":
            target.write_bytes(content)
            os.chmod(target, int(detail.get("mode", "600"), 8))
        if what == "symlink":
            path.symlink_to(target)
        try:
            bounds = load_bounds(path)
            check_fit(bounds, load_binding(DESK / "small.toml"))
        except BoundsError:
            return "refused"
        return "accepted"
