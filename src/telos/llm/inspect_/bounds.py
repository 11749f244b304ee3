"""Bounds as an Inspect approver: `telos/bounds` decides on every tool call of a sample."""

from typing import Literal

from inspect_ai.approval import Approval, Approver, approver, human_approver
from inspect_ai.event import ModelEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage
from inspect_ai.tool import ToolCall, ToolCallView, ToolInfo

from telos.bounds.effects import Ruling, Verdict
from telos.bounds.monitor import DENIED
from telos.llm.inspect_.monitored import monitors
from telos.llm.inspect_.names import named


@approver(name=named("bounds"))
def bounds(
    file: str,
    binding: str,
    log: str | None = None,
    head: str | None = None,
    attested: bool = False,
    ask: Literal["human"] | Approver | None = None,
) -> Approver:
    """An approver for `*`, and the only one: it approves what the bounds allow, and rejects all else.

    Args:
        file, binding: the rules, and what the tools do.
        log: a folder for the samples' logs. head: one for their heads; unless given, the same.
        attested: whether opaque calls cannot reach protected assets.
        ask: who consents to what needs it; unless given, nobody.

    Raises:
        BoundsError: if a file cannot be believed.
    """
    of_sample = monitors(file, binding, log, head, attested)
    asked = human_approver() if ask == "human" else ask

    async def approve(
        message: str, call: ToolCall, view: ToolCallView, history: list[ChatMessage]
    ) -> Approval:
        try:
            sample, changed = of_sample(), None
            sample.settle(history)
            ruling = sample.call(call, _shown(call))
            if ruling.verdict == Verdict.ESCALATE:
                answer = await asked(message, call, view, history) if asked else None
                if answer and answer.decision == "terminate":
                    return answer
                changed = answer.modified if answer and answer.decision == "modify" else None
                yes = changed is not None or (answer is not None and answer.decision == "approve")
                ruling = sample.answered(call, ruling.sequence, yes, changed)
            return _approval(ruling, changed)
        except Exception as problem:  # noqa: BLE001 - whatever goes wrong, nothing is approved
            return _approval(Ruling(Verdict.DENY, type(problem).__name__), None)

    return approve


def _shown(call: ToolCall) -> list[ToolInfo]:
    """The tools that the model was shown when it made a call."""
    for event in reversed(transcript().events):
        if isinstance(event, ModelEvent):
            message = event.output.choices[0].message if event.output.choices else None
            if message and any(made.id == call.id for made in message.tool_calls or ()):
                return event.tools
    return []


def _approval(ruling: Ruling, changed: ToolCall | None) -> Approval:
    about = {"verdict": ruling.verdict.name.lower(), "rule": ruling.rule}
    if ruling.verdict == Verdict.ALLOW:
        return Approval(
            decision="modify" if changed else "approve", modified=changed, metadata=about
        )
    ends = ruling.verdict == Verdict.TERMINATE
    return Approval(decision="terminate" if ends else "reject", explanation=DENIED, metadata=about)
