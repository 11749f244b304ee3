"""The monitor: what stands before a real agent's tool calls, and says of each what becomes of it."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, replace
from math import nan
from threading import Lock
from typing import final

from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding, ProductOf
from telos.bounds.calls import LabelledCall, Resolve, canonical, labelled
from telos.bounds.effects import LOWERS, UNBOUND, Event, Ruling, Verdict
from telos.bounds.happenings import (
    Ended,
    Granted,
    Happening,
    Joined,
    LevelsRead,
    MemberCall,
    Refused,
    Renewed,
    Settled,
)
from telos.bounds.rules import Bounds

#: All that an agent is told of a call that is not made, whatever the reason: a reason is a hint.
DENIED = "This call is not permitted."
#: Calls that may be under way, and asks that may wait, at a time.
MOST_OPEN = 10_000
#: Seconds that a step waits for its turn before it is denied.
PATIENCE = 2.0


@final
@dataclass(frozen=True)
class Ask:
    """A call that waits for consent until a deadline on the monitor's clock.

    Args:
        sequence: of the call. call: as it was made. told: in the words of the rules.
        digest: of lineage, member, tool, schema, canonical arguments, bounds, binding and sequence.
        deadline: from then on, silence was a refusal.
    """

    sequence: int
    call: MemberCall
    told: LabelledCall
    digest: str
    deadline: float


@final
@dataclass(frozen=True)
class MonitorStep:
    """What the journal is handed: the time, what happened, a call's words, the ruling, an ask's digest."""

    at: float
    happening: Happening
    told: LabelledCall | None
    ruling: Ruling
    digest: str


@final
@dataclass(eq=False, repr=False)
class BoundsMonitor:
    """Judges the calls of one lineage by bounds: `step`, in constant time, without input or output.

    An allowed call is reserved at once, whole or not at all, and settled by `Settled` with the number in
    the ruling; what is never settled stays spent. A call that needs consent waits as an `Ask`; `Granted`
    judges it afresh and lets it be made once. What ends a lineage ends it for good.

    Args:
        bounds, binding: the rules, and what the tools do to which assets.
        lineage: the name of the root, as the host gives it; every member shares every counter.
        clock: seconds; one that goes back has let every deadline pass.
        attested: whether the host attests that opaque calls cannot reach protected assets.
        resolve: as in `telos.bounds.calls.label`.
        journal: takes each step before it returns; if it fails, the lineage ends.

    Raises:
        BoundsError: if the binding is not for these bounds.

    Example:
        >>> from telos.bounds.rules import Bounds
        >>> bounds = Bounds(bounds=1, name="ops", denials=3, opaque="deny", protected=["log"])
        >>> binding = Binding(**{"binding": 1, "for": "ops", "name": "b", "asset": {"log": {}}})
        >>> BoundsMonitor(bounds, binding, lineage="root").step(MemberCall("root", "rm", {})).rule
        'unbound'
    """

    bounds: Bounds
    binding: Binding
    _: KW_ONLY
    lineage: str
    clock: Callable[[], float] = time.monotonic
    attested: bool = False
    resolve: Resolve | None = None
    journal: Callable[[MonitorStep], None] | None = None

    def __post_init__(self) -> None:
        self.automaton = Automaton(self.bounds, self.binding, True, self.attested)
        self.memory = self.automaton.start
        self.sequence = 0
        #: Why the lineage is ended; empty while it is not.
        self.terminated = ""
        #: What has become of each member beside the root: "member", "replica" or "ended".
        self.members: dict[str, str] = {}
        self.places = 0  # of replicas that somebody has filled
        self.running: dict[int, Event] = {}
        self.asks: dict[int, Ask] = {}
        self.levels: dict[str, int] = {}
        self._observed = [
            name for name in self.binding.leveled() if name not in self.automaton.counted
        ]
        self._lowered = dict.fromkeys(self._observed, 0)  # by calls that are under way
        self._bound = (self.lineage, self.bounds.digest, self.binding.digest)
        self.last = self.renewed = self.clock()
        self._lock = Lock()

    def step(self, happening: Happening, *, at: float | None = None) -> Ruling:
        """Take in what happens, and say what becomes of it.

        Args:
            happening: a call, or what the host tells.
            at: when, in a replay; unless given, the clock says.

        Returns:
            Of a call, `ALLOW` lets it be made, `ESCALATE` lets somebody be asked, and `TERMINATE` ends the
            lineage; of anything else, `DENY` says that it was not taken. Its `sequence` names the step.
        """
        # An interrupt may come at the very moment at which the lock is let go: then it is held for ever.
        if not self._lock.acquire(timeout=PATIENCE):
            return Ruling(Verdict.DENY, "busy")
        try:
            return self._step(happening, at)
        finally:
            self._lock.release()

    def asked(self, sequence: int) -> Ask | None:
        """The ask of a call that waits for consent, for the approver; None if it waits no longer."""
        return self.asks.get(sequence)

    def _step(self, happening: Happening, at: float | None) -> Ruling:
        # Whatever breaks in here, a signal say, leaves a lineage that is ended, not one half changed.
        before, self.terminated = self.terminated, "interrupted"
        if before == "interrupted":  # its step is not in the log, so none that follows can be
            self.journal = None
        number, self.sequence = self.sequence, self.sequence + 1
        now = nan
        with suppress(Exception):
            now = float(self.clock() if at is None else at)
        told: LabelledCall | None = None
        ended = before or self._lapsed(now)
        if ended:
            ruling = Ruling(Verdict.TERMINATE, ended)
        else:
            try:
                ruling, told = self._ruled(happening, number, now)
            except Exception as problem:  # noqa: BLE001 - any error is a denial
                told = LabelledCall(UNBOUND, reason=type(problem).__name__)
                ruling = self._deny("unbound", happening)
        if ruling.verdict == Verdict.TERMINATE:
            ended = ruling.rule
        elif self.memory.denials >= self.bounds.denials:
            ended = "denials"
        if ended:
            self.asks.clear()
        ruling = replace(ruling, sequence=number)
        if self.journal is not None:
            asked = self.asks.get(number)
            try:
                self.journal(
                    MonitorStep(now, happening, told, ruling, asked.digest if asked else "")
                )
            except Exception:  # noqa: BLE001 - what leaves no trace is not done
                self.journal, ended = None, ended or "log"
                ruling = Ruling(Verdict.TERMINATE, "log", number)
        self.terminated = ended
        return ruling

    def _lapsed(self, now: float) -> str:
        """Why no time is left; a clock that went back, or tells none, has let every deadline pass."""
        lease = self.bounds.stop.lease_s
        back = not now >= self.last
        self.last = now
        if back:
            self.asks.clear()
        return "lease" if lease is not None and (back or not now - self.renewed <= lease) else ""

    def _deny(self, rule: str, happening: Happening) -> Ruling:
        """A denial; one of a call is counted."""
        ruling = Ruling(Verdict.DENY, rule)
        if isinstance(happening, MemberCall):
            self.memory = self.automaton.after_call(self.memory, ruling)
        return ruling

    def _ruled(
        self, happening: Happening, number: int, now: float
    ) -> tuple[Ruling, LabelledCall | None]:
        taken = True
        match happening:
            case MemberCall():
                return self._call(happening, number, now)
            case Granted():
                return self._redeemed(happening, number, now)
            case Settled(sequence, failed):
                taken = self._settle(sequence, failed)
            case Refused(sequence):
                taken = self.asks.pop(sequence, None) is not None
            case Joined(member):
                taken = self._join(member)
            case Ended(member):
                if member == self.lineage:
                    return Ruling(Verdict.TERMINATE, "ended"), None
                was = self.members.get(member, "ended")
                if taken := was != "ended":
                    self.members[member] = "ended"
                    live = self.memory.live - (was == "replica")
                    self.memory = self.memory._replace(live=live)
            case Renewed():
                self.renewed = now
            case LevelsRead(levels):
                taken = self._read(levels)
            case _:
                taken = False
        return (Ruling(Verdict.ALLOW) if taken else Ruling(Verdict.DENY, "unknown")), None

    def _join(self, member: str) -> bool:
        """Get to know a member, unless it is known, or its name was somebody's."""
        if type(member) is not str:
            raise TypeError("a member without a name")
        if member == self.lineage or member in self.members:
            return False
        placed = self.places < self.memory.total
        self.members[member] = "replica" if placed else "member"
        self.places += placed
        return True

    def _call(self, call: MemberCall, number: int, now: float) -> tuple[Ruling, LabelledCall]:
        told = self._told(call)
        self._join(call.member)
        if len(self.running) + len(self.asks) >= MOST_OPEN:
            self.asks = {n: ask for n, ask in self.asks.items() if now < ask.deadline}
        full = len(self.running) + len(self.asks) >= MOST_OPEN
        if full or self.members.get(call.member) == "ended":
            return self._deny("open" if full else "ended", call), told
        ruling = self.automaton.judge(self.memory, told.event, self._readings())
        memory = self.automaton.after_call(self.memory, ruling)
        if ruling.verdict == Verdict.ESCALATE:
            asked = self.automaton.after_ask(memory, told.event)
            rules = zip(self.bounds.approve, memory.asks, asked.asks, strict=True)
            left = min(rule.expires_s for rule, made, then in rules if then > made)
            digest = self._digest(call, told, number)
            self.asks[number] = Ask(number, call, told, digest, now + left)
            memory = asked
        self.memory = memory
        if ruling.verdict == Verdict.ALLOW:
            self._reserve(number, told.event)
        return ruling, told

    def _redeemed(
        self, grant: Granted, number: int, now: float
    ) -> tuple[Ruling, LabelledCall | None]:
        """A grant: of this very ask, in time, once; and the call as it is now, judged afresh."""
        ask = self.asks.get(grant.sequence)
        good = ask is not None and grant.digest == ask.digest and now < ask.deadline
        if ask is None or not good or self.members.get(ask.call.member) == "ended":
            return Ruling(Verdict.DENY, "grant"), None
        del self.asks[grant.sequence]
        call, same = ask.call, True
        if grant.event is not None:
            told = replace(ask.told, event=grant.event)
            same = grant.event.no_more_than(ask.told.event)
        elif grant.arguments is not None:
            told = self._told(replace(call, arguments=grant.arguments, event=None))
            same = self._narrower(ask, told)
        else:  # a link may lead elsewhere by now
            told = ask.told if call.arguments is None else self._told(call)
            same = told == ask.told
        if not same:
            told = LabelledCall(UNBOUND, told.canonical, "not the call that was asked for")
        # the call was counted when it was asked for
        before = self.memory._replace(calls=self.memory.calls - 1)
        ruling = self.automaton.judge(before, told.event, self._readings(), granted=True)
        self.memory = self.automaton.after_call(before, ruling)
        if ruling.verdict == Verdict.ALLOW:
            self._reserve(number, told.event)
        return ruling, told

    def _told(self, call: MemberCall) -> LabelledCall:
        digest, arguments = call.schema_digest, call.arguments
        found = labelled(self.binding, call.tool, arguments, digest, self.resolve)
        return found if call.event is None else replace(found, event=call.event, reason="")

    def _digest(self, call: MemberCall, told: LabelledCall, number: int) -> str:
        made = [call.member, call.tool, call.schema_digest, told.canonical.hex()]
        whole = canonical([*self._bound, *made, number])
        return f"sha256:{hashlib.sha256(whole).hexdigest()}"

    def _narrower(self, ask: Ask, told: LabelledCall) -> bool:
        """Whether nothing but amounts differs from what was asked, and none is higher."""
        if not told.event.bound or not ask.told.canonical:
            return False
        old, new = json.loads(ask.told.canonical), json.loads(told.canonical)
        tool = self.binding.tool[ask.call.tool]
        charges = (tool.amount, *tool.charges.values())
        amounts = {n for c in charges if isinstance(c, ProductOf) for n in c.product}
        lower = all(new.pop(name) <= old.pop(name) for name in amounts & old.keys() & new.keys())
        return lower and canonical(old) == canonical(new)

    def _reserve(self, number: int, event: Event) -> None:
        self.memory = self.automaton.reserved(self.memory, event)
        self.running[number] = event
        for name in self._observed:
            self._lowered[name] += event.amount(name, LOWERS)

    def _settle(self, number: int, failed: bool) -> bool:
        event = self.running.pop(number, None)
        if event is None:
            return False
        if not failed:
            self.memory = self.automaton.settled(self.memory, event)
        for name in self._observed:
            # until it is read again, the level is taken to have fallen
            less = event.amount(name, LOWERS)
            self._lowered[name] -= less
            self.levels[name] = max(0, self.levels.get(name, 0) - less)
        return True

    def _readings(self) -> dict[str, int]:
        return {name: self.levels.get(name, 0) - self._lowered[name] for name in self._observed}

    def _read(self, levels: Mapping[str, int]) -> bool:
        """Take readings; one that is not a level leaves nothing known of any."""
        before, self.levels = self.levels, {}
        good = all(n in self._lowered and type(v) is int and v >= 0 for n, v in levels.items())
        self.levels = {**before, **levels} if good else {}
        return good
