"""A monitor for each Inspect sample: its lineage is the sample, whatever agents take part in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from inspect_ai.model import ChatMessage, ChatMessageTool
from inspect_ai.solver._task_state import sample_state
from inspect_ai.tool import ToolCall, ToolInfo

from telos.bounds.calls import schema_digest
from telos.bounds.effects import Ruling, Verdict
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.happenings import Granted, MemberCall, Refused, Settled
from telos.bounds.log import keep_log
from telos.bounds.monitor import BoundsMonitor
from telos.core.errors import BoundsError


@final
@dataclass(frozen=True, eq=False)
class SampleMonitor:
    """The monitor of a sample, and its calls under way by their ids; of an id that comes again, none."""

    monitor: BoundsMonitor
    running: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def call(self, call: ToolCall, tools: Sequence[ToolInfo] | None) -> Ruling:
        """Judge a call of a tool that the model was shown."""
        shown = [t for t in tools or () if t.name == call.function]
        digest = schema_digest(shown[0].parameters.model_dump(exclude_none=True)) if shown else None
        given = None if call.parse_error else call.arguments
        made = MemberCall(self.monitor.lineage, call.function, given, digest)
        return self.allowed(call.id, self.monitor.step(made))

    def answered(self, call: ToolCall, asked: int, yes: bool, changed: ToolCall | None) -> Ruling:
        """What becomes of a call that somebody was asked about: a grant is redeemed at once, as changed."""
        ask = self.monitor.asked(asked)
        if ask is None or not yes or (changed and changed.function != call.function):
            self.monitor.step(Refused(asked))
            return Ruling(Verdict.DENY, "approve")
        arguments = changed.arguments if changed else None
        return self.allowed(call.id, self.monitor.step(Granted(asked, ask.digest, arguments)))

    def allowed(self, name: str, ruling: Ruling) -> Ruling:
        """Note an allowed call, to be settled."""
        if ruling.verdict == Verdict.ALLOW and name not in self.seen:
            self.running[name] = ruling.sequence
        self.seen.add(name)
        return ruling

    def settle(self, results: Sequence[ChatMessage]) -> None:
        """Settle the calls that have results."""
        for result in results:
            if isinstance(result, ChatMessageTool) and result.tool_call_id in self.running:
                number = self.running.pop(result.tool_call_id)
                self.monitor.step(Settled(number, failed=result.error is not None))


def monitors(
    file: str, binding: str, log: str | None, head: str | None, attested: bool
) -> Callable[[], SampleMonitor]:
    """What gives the monitor of the sample that runs; the files are read now.

    Raises:
        BoundsError: if a file cannot be believed; later, if no sample runs.
    """
    rules, bound = load_bounds(file), load_binding(binding)
    made: dict[str, SampleMonitor] = {}

    def of_sample() -> SampleMonitor:
        state = sample_state()
        if state is None:
            raise BoundsError("no sample runs, so there is no lineage.")
        if state.uuid not in made:
            monitor = BoundsMonitor(rules, bound, lineage=state.uuid, attested=attested)
            if log is not None:
                Path(log).mkdir(mode=0o700, exist_ok=True)
                kept = Path(head or log) / f"{state.uuid}.head"
                keep_log(monitor, Path(log) / f"{state.uuid}.jsonl", kept)
            made[state.uuid] = SampleMonitor(monitor)  # not before its log is kept
        return made[state.uuid]

    return of_sample
