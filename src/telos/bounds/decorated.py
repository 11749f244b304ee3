"""The decorator: Python tools that run only within bounds."""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any, TypeVar, cast, final

from telos.bounds.calls import canonical
from telos.bounds.effects import Ruling, Verdict
from telos.bounds.happenings import Granted, MemberCall, Refused, Settled
from telos.bounds.monitor import DENIED, Ask, BoundsMonitor
from telos.core.errors import BoundsError, CallDenied

Tool = TypeVar("Tool", bound=Callable[..., Any])
NAMELESS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@final
@dataclass(frozen=True)
class MediatedTool:
    """A function behind a monitor: see `within`."""

    monitor: BoundsMonitor
    signature: inspect.Signature
    name: str
    member: str
    schema_digest: str | None

    def judged(self, args: Any, given: Any) -> tuple[Ruling, bytes]:
        """The ruling on a call, and its arguments as they were judged."""
        told = b""
        with suppress(Exception):  # what cannot be read is judged, and denied, as nothing
            found = self.signature.bind(*args, **given)
            named = dict(found.arguments)
            found.apply_defaults()
            named |= {n: v for n, v in found.arguments.items() if v is not None}
            told = canonical(named)
        call = MemberCall(self.member, self.name, told, self.schema_digest)
        return self.monitor.step(call), told

    def redeemed(self, ask: Ask, answer: object, told: bytes) -> tuple[Ruling, bytes]:
        """The ruling after an answer, and the arguments that it is about."""
        if isinstance(answer, Mapping):
            told = canonical(dict(answer))
            return self.monitor.step(Granted(ask.sequence, ask.digest, told)), told
        if answer is True:
            return self.monitor.step(Granted(ask.sequence, ask.digest)), told
        self.monitor.step(Refused(ask.sequence))
        raise CallDenied(DENIED)

    @contextmanager
    def running(self, ruling: Ruling, told: bytes) -> Iterator[inspect.BoundArguments]:
        """What an allowed call is made with; settled when it is over, and failed unless it returned."""
        if ruling.verdict != Verdict.ALLOW:
            raise CallDenied(DENIED)
        failed = True
        try:
            values = json.loads(told)
            every = {name: values.get(name) for name in self.signature.parameters}
            yield inspect.BoundArguments(self.signature, every)
            failed = False
        finally:
            self.monitor.step(Settled(ruling.sequence, failed))


def within(
    monitor: BoundsMonitor,
    *,
    name: str | None = None,
    member: str | None = None,
    schema_digest: str | None = None,
    asked: Callable[[Ask], object] | None = None,
) -> Callable[[Tool], Tool]:
    """Let a function, plain or asynchronous, run only if a monitor allows the call.

    Arguments are named by the signature, defaults included (a default None is left out), and the tool
    gets what was judged: a copy as plain JSON. A call is settled when it returns; one that raises, is
    cancelled or times out stays spent.

    Args:
        monitor: of the agent's lineage; tools and threads may share it.
        name: of the tool in the binding; unless given, the function's.
        member: who calls; unless given, the root.
        schema_digest: of the schema that the agent is shown.
        asked: answers an ask: True, narrowed arguments by name, or anything else for no; that of an
            asynchronous tool may be asynchronous. Without it nobody consents.

    Returns:
        A decorator.

    Raises:
        BoundsError: when decorating what takes arguments without names, or runs only after it returned.
        CallDenied: from the tool, in place of a call that is not permitted, whatever the reason.

    Example:
        >>> from telos.bounds.binding import Binding
        >>> from telos.bounds.rules import Bounds
        >>> bounds = Bounds(bounds=1, name="ops", denials=3, opaque="deny", protected=["log"])
        >>> binding = Binding(**{"binding": 1, "for": "ops", "name": "b", "asset": {"log": {}}})
        >>> @within(BoundsMonitor(bounds, binding, lineage="root"))
        ... def erase(path): ...
        >>> erase("/log")
        Traceback (most recent call last):
        telos.core.errors.CallDenied: This call is not permitted.
    """

    def decorated(tool: Tool) -> Tool:
        signature, called = inspect.signature(tool), name or tool.__name__
        if any(each.kind in NAMELESS for each in signature.parameters.values()):
            raise BoundsError(f"{called}: *args and **kwargs have no names; write each argument.")
        if inspect.isgeneratorfunction(tool) or inspect.isasyncgenfunction(tool):
            raise BoundsError(f"{called} runs after it has returned; let it return a list.")
        root = member or monitor.lineage
        guard = MediatedTool(monitor, signature, called, root, schema_digest)

        def run(*args: Any, **given: Any) -> Any:
            ruling, told = guard.judged(args, given)
            ask = monitor.asked(ruling.sequence)
            if ask and asked:
                answer: object = None
                with suppress(Exception):  # no answer is no
                    answer = asked(ask)
                ruling, told = guard.redeemed(ask, answer, told)
            with guard.running(ruling, told) as these:
                return tool(*these.args, **these.kwargs)

        async def run_async(*args: Any, **given: Any) -> Any:
            ruling, told = guard.judged(args, given)
            ask = monitor.asked(ruling.sequence)
            if ask and asked:
                answer: object = None
                with suppress(Exception):
                    answer = asked(ask)
                    answer = await answer if inspect.isawaitable(answer) else answer
                ruling, told = guard.redeemed(ask, answer, told)
            with guard.running(ruling, told) as these:
                return await tool(*these.args, **these.kwargs)

        wrapper = update_wrapper(run_async if inspect.iscoroutinefunction(tool) else run, tool)
        wrapper.__signature__ = signature  # type: ignore[attr-defined]
        del wrapper.__wrapped__  # else the tool lies open beside its guard
        return cast(Tool, wrapper)

    return decorated
