"""Replay: what bounds would have said of calls that somebody's agents made."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import final

from telos.audit.transcript import Call, Transcript, Unnamed
from telos.bounds.binding import Binding
from telos.bounds.effects import Ruling, Verdict
from telos.bounds.happenings import Granted, LevelsRead, MemberCall, Settled
from telos.bounds.monitor import BoundsMonitor
from telos.bounds.rules import Bounds


@final
@dataclass(frozen=True)
class ReplayedCall:
    """A call of a transcript, and what the bounds say of it.

    Args:
        transcript: where it stands. call: as it was made.
        ruling: what would have become of it, after all that was allowed or granted before.
        reason: why it is not bound; empty if it is.
    """

    transcript: Transcript
    call: Call
    ruling: Ruling
    reason: str


def replay(
    bounds: Bounds, binding: Binding, transcripts: Iterable[Transcript], *, attested: bool = False
) -> Iterator[ReplayedCall]:
    """Judge the calls of transcripts, each of which is a lineage of its own.

    A call that needs consent is taken to have been granted if it was executed. What would have been
    denied is taken to have had no effect. Observed levels start where the binding says, no lease runs
    out, and links are not followed: a log tells nothing of these.

    Args:
        bounds, binding: the rules, and what the tools do.
        transcripts: as `telos.audit` reads them.
        attested: whether opaque calls were out of reach of protected assets.

    Raises:
        BoundsError: if the binding is not for these bounds.
    """
    starts = {
        name: asset.start or 0 for name, asset in binding.asset.items() if asset.level == "observed"
    }
    for one in transcripts:
        monitor = BoundsMonitor(
            bounds, binding, lineage=one.sample, clock=lambda: 0.0, attested=attested
        )
        monitor.step(LevelsRead(starts))
        reasons: list[str] = []
        monitor.journal = lambda step, to=reasons: to.append(step.told.reason if step.told else "")
        for call in one.calls:
            given = None if isinstance(call.arguments, Unnamed) else call.arguments
            made = MemberCall(one.sample, call.function, dict(given) if given is not None else None)
            ruling = monitor.step(made)
            yield ReplayedCall(one, call, ruling, reasons[-1])
            ran = ruling
            if ruling.verdict == Verdict.ESCALATE and call.outcome == "executed":
                ask = monitor.asks[ruling.sequence]
                ran = monitor.step(Granted(ask.sequence, ask.digest))
            if ran.verdict == Verdict.ALLOW:
                monitor.step(Settled(ran.sequence, failed=call.outcome != "executed"))
