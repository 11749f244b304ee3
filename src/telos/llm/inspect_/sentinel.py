"""Bounds as a protocol of Inspect Sentinel: decides before every tool call, settles after it."""

from typing import TypeAlias

from inspect_sentinel import (
    AfterToolCall,
    BeforeToolCall,
    Context,
    Decision,
    ProtocolGroup,
    Reported,
    protocol,
)

from telos.bounds.effects import Ruling, Verdict
from telos.bounds.monitor import DENIED
from telos.llm.inspect_.monitored import monitors
from telos.llm.inspect_.names import named

Escalations: TypeAlias = tuple[Reported[Decision], ...]
#: What a person may say; Inspect's person cannot change a call here.
CHOICES = ("approve", "reject", "terminate")


@protocol(name=named("bounds"), portable=False)
def bounds(
    file: str,
    binding: str,
    log: str | None = None,
    head: str | None = None,
    attested: bool = False,
    human: bool = False,
) -> ProtocolGroup:
    """A protocol that decides on every tool call: make it the root, or the first of a `sequential`.

    Args:
        file, binding, log, head, attested: as of the approver `telos/bounds`.
        human: whether a person is asked about what needs consent; else nobody consents.

    Raises:
        BoundsError: if a file cannot be believed.
    """
    of_sample = monitors(file, binding, log, head, attested)

    async def before(context: Context, step: BeforeToolCall, escalations: Escalations) -> Decision:
        try:
            sample = of_sample()
            ruling = sample.call(step.call, step.tools)
            if ruling.verdict == Verdict.ESCALATE:
                answer = await context.host.ask_human(step, escalations, CHOICES) if human else None
                if answer and answer.decision == "terminate":
                    return Decision.terminate(answer.reason)
                yes = answer is not None and answer.decision == "approve"
                ruling = sample.answered(step.call, ruling.sequence, yes, None)
            return _decision(ruling)
        except Exception as problem:  # noqa: BLE001 - whatever goes wrong, nothing proceeds
            return _decision(Ruling(Verdict.DENY, type(problem).__name__))

    async def after(context: Context, step: AfterToolCall, escalations: Escalations) -> Decision:
        of_sample().settle([step.result])
        return Decision.proceed()

    return ProtocolGroup(before, after)


def _decision(ruling: Ruling) -> Decision:
    """As Inspect is told; the rule is for the log, the agent reads one text."""
    if ruling.verdict == Verdict.TERMINATE:
        return Decision.terminate(ruling.rule)
    if ruling.verdict != Verdict.ALLOW:
        return Decision.reject(ruling.rule, message=DENIED)
    return Decision.proceed()
