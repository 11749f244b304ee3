"""Telos's approver in a real Inspect run: a scripted model, Inspect's own loop, real tools, no network."""

import importlib.metadata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Queue
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock, Thread
from typing import Any, final
from unittest.mock import patch

import inspect_ai
from guards.simple import object_of
from inspect_ai.approval import Approval, ApprovalPolicy, Approver, approver
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessageAssistant,
    ChatMessageTool,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall, ToolCallError, ToolDef, ToolParams
from suite import DESK, NO_SUCH_THING, NOTIONS, AbstractGuard

from telos.bounds.calls import canonical
from telos.bounds.files import load_binding
from telos.bounds.happenings import Ended, Joined, LevelsRead, Renewed
from telos.bounds.monitor import BoundsMonitor
from telos.llm.inspect_ import monitored
from telos.llm.inspect_.bounds import bounds

SECONDS = 60
#: Else Inspect counts tokens, with tables that it fetches.
USAGE = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
SETTLE = monitored.SampleMonitor.settle
#: The sample that runs; Inspect runs one evaluation at a time in a process.
NOW: list["LiveSample"] = []


@approver(name="scripted_operator")
def operator() -> Approver:
    """Stands in for Inspect's `human`: says nothing until the case does."""

    async def approve(message: str, call: ToolCall, view: Any, history: Any) -> Approval:
        sample = NOW[-1]
        sample.pending = call
        sample.said.put("asked")
        return sample.answers.get(timeout=SECONDS)

    return approve


def sentinel_of(*files: str) -> Any:
    """The protocol; the person whom Inspect would ask is the scripted operator."""
    from inspect_ai._sentinel import _dispatch

    from telos.llm.inspect_.sentinel import bounds as protocol

    _dispatch.human_approver = lambda choices: operator()
    return protocol(*files, human=True)


@solver
def one_by_one() -> Solver:
    """Generate, run the calls, tell the script what came of them, until the script is over."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        sample = NOW[-1]
        sample.state, state.tools = state, [tool.as_tool() for tool in sample.tools]
        while not state.completed:
            before = len(sample.ran)
            state = sample.state = await generate(state, tool_calls="single")
            if not isinstance(state.messages[-1], ChatMessageTool):
                break
            came = "allowed" if len(sample.ran) > before else "denied"
            if came == "allowed":  # until the script says that the call is over, nobody is told
                sample.results.append(state.messages.pop())
            sample.said.put(came)
        return state

    return solve


@final
class LiveSample:
    """An evaluation of one sample in a thread of its own, and the host's hands on it."""

    def __init__(self, how: str) -> None:
        self.todo: Queue[ToolCall | None] = Queue()
        self.said: Queue[str] = Queue()
        self.answers: Queue[Approval] = Queue()
        self.ran: list[str] = []
        self.now, self.number, self.over = [1000.0], 0, False
        self.pending: ToolCall | None = None
        self.granted: dict[str, Any] | None = None
        self.monitor: BoundsMonitor | None = None
        self.state: TaskState | None = None
        self.folder = Path(mkdtemp())
        self.results: list[ChatMessageTool] = []
        self.held: list[tuple[monitored.SampleMonitor, Any]] = []
        self.tools = []
        for name, bound in load_binding(DESK / "tools.toml").tool.items():

            async def execute(_ran: list[str] = self.ran, _name: str = name, **kwargs: Any) -> str:
                _ran.append(_name)
                return "done"

            schema = ToolParams.model_validate(bound.arguments)
            for argument, said in schema.properties.items():
                said.description = argument
            self.tools.append(ToolDef(execute, name=name, description=name, parameters=schema))
        NOW.append(self)
        self.thread = Thread(target=self._run, args=(how,), daemon=True)
        self.thread.start()

    def _run(self, how: str) -> None:
        def made(*args: Any, **kwargs: Any) -> BoundsMonitor:
            self.monitor = BoundsMonitor(*args, **kwargs, clock=lambda: self.now[0])
            return self.monitor

        files = (str(DESK / "desk.toml"), str(DESK / "tools.toml"), str(self.folder / "log"))
        guarded: dict[str, Any] = {"solver": one_by_one()}
        if how == "approver":
            guarded["approval"] = [ApprovalPolicy(bounds(*files, ask=operator()), "*")]
        else:
            guarded["sentinel"] = sentinel_of(*files)

        def held(monitor: monitored.SampleMonitor, results: Any) -> None:
            self.held.append((monitor, results))

        # The host's clock is the script's, and calls are over when the script says so.
        late = held if how == "sentinel" else SETTLE
        with (
            suppress(Exception),
            patch.object(monitored, "BoundsMonitor", made),
            patch.object(monitored.SampleMonitor, "settle", late),
        ):
            inspect_ai.eval(
                inspect_ai.Task(dataset=[Sample(input="Go on.")], **guarded),
                model=get_model("mockllm/model", custom_outputs=self._next, memoize=False),
                display="none",
                log_dir=str(self.folder),
                log_level="error",
            )
        self.over = True
        self.said.put("denied")
        rmtree(self.folder, ignore_errors=True)

    def _next(self, *_: Any) -> ModelOutput:
        call = self.todo.get(timeout=SECONDS)
        message = ChatMessageAssistant(content="", tool_calls=[call] if call else None)
        return ModelOutput(
            model="mockllm", choices=[ChatCompletionChoice(message=message)], usage=USAGE
        )

    def call(self, tool: str, given: dict[str, Any]) -> str:
        """One message of the model with one call; or the end of the wait for one that was granted."""
        if self.pending is not None:
            call, self.pending, granted = self.pending, None, self.granted
            self.granted = None
            same = granted is not None and (tool, canonical(given)) == (
                call.function,
                canonical(granted),
            )
            modified = ToolCall(id=call.id, function=tool, arguments=given) if same else None
            narrowed = same and canonical(given) != canonical(call.arguments)
            word = "modify" if narrowed else "approve" if same else "reject"
            self.answers.put(Approval(decision=word, modified=modified if narrowed else None))
            came = self.said.get(timeout=SECONDS)
            if same:
                return came
        if self.over:
            return "denied"
        self.number += 1
        self.todo.put(ToolCall(id=f"call-{self.number}", function=tool, arguments=given))
        return self.said.get(timeout=SECONDS)

    def end(self) -> None:
        """Let the run come to its end."""
        if self.pending is not None:
            self.answers.put(Approval(decision="reject"))
        self.todo.put(None)
        self.thread.join(SECONDS)


@final
class ThroughInspect(AbstractGuard):
    """`telos/bounds` as the approver of a sample."""

    name = "Telos bounds through Inspect"
    version = importlib.metadata.version("inspect_ai")
    notions = frozenset(NOTIONS) - {"raw", "links", "members", "log", "restart", "policy", "worlds"}
    claims_not = (
        "Judges what Inspect hands an approver: parsed arguments, and no member. Links in a sandbox are "
        "not followed. Readings, leases and ends are told to its monitor by the host."
    )

    def __init__(self, how: str = "approver") -> None:
        self.lock, self.how = Lock(), how
        if how != "approver":
            self.name = "Telos bounds through Sentinel"
            self.version = importlib.metadata.version("inspect_sentinel")

    def start(self) -> LiveSample:
        """A run of its own; the one before is over."""
        while NOW:
            NOW.pop().end()
        return LiveSample(self.how)

    def call(self, session: LiveSample, member: str, tool: str, arguments: object) -> str:
        """What Inspect makes of a call of the model."""
        given = object_of(arguments)
        with self.lock:
            return "denied" if given is None else session.call(tool, given)

    def event(self, session: LiveSample, kind: str, detail: Mapping[str, Any]) -> str:
        """See `AbstractGuard.event`."""
        told = {
            "reading": lambda: LevelsRead({detail["asset"]: detail["level"]}),
            "joined": lambda: Joined(detail["member"]),
            "ended": lambda: Ended(detail["member"]),
            "press": lambda: Ended(session.monitor.lineage),
            "renew": Renewed,
        }
        if kind in told or kind == "wait":
            if session.monitor is None:  # the first call makes it
                session.call("tag", {"names": []})
            if kind == "wait":
                session.now[0] += detail["seconds"]
            else:
                session.monitor.step(told[kind]())
        elif kind == "settle":
            result = session.results.pop()
            result.error = None if detail["ok"] else ToolCallError("unknown", "failed")
            session.state.messages.append(result)
            if session.held:
                monitor, (told,) = session.held.pop()
                told.error = result.error
                SETTLE(monitor, [told])
        elif kind == "narrow" and self.how != "approver":
            return NO_SUCH_THING
        elif kind in ("grant", "narrow") and session.pending is not None:
            session.granted = detail.get("to", session.pending.arguments)
        elif kind == "refuse" and session.pending is not None:
            session.pending = session.answers.put(Approval(decision="reject"))
            session.said.get(timeout=SECONDS)
        elif kind in ("restart", "log", "load", "world", "link"):
            return NO_SUCH_THING
        return ""


def through_sentinel() -> ThroughInspect:
    """The protocol of Inspect Sentinel, in the same run."""
    return ThroughInspect("sentinel")
