"""Inspect's approval policy, through its own `execute_tools`: the tools are real, the operator scripted."""

import asyncio
import importlib.metadata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, final

from guards.broken import written
from guards.simple import object_of
from inspect_ai.approval import Approval, ApprovalPolicy, Approver, approver, read_approval_policies
from inspect_ai.model import ChatMessageAssistant, execute_tools
from inspect_ai.tool import ToolCall, ToolDef, ToolParams
from suite import DESK, NO_SUCH_THING, AbstractGuard

from telos.bounds.files import load_binding

POLICY = Path(__file__).parent / "policies" / "inspect.yaml"
GOOD = """approvers:
  - name: auto
    tools: upgrade
    decision: reject
  - name: auto
    tools: "*"
    decision: approve
"""
#: Defects in Inspect's own words.
OWN = {
    "duplicate-key": GOOD.replace("tools: upgrade", "tools: upgrade\n    tools: nothing"),
    "duplicate-first": GOOD.replace("reject", "reject\n    decision: approve"),
    "duplicate-table": GOOD + 'approvers:\n  - name: auto\n    tools: "*"\n    decision: approve\n',
    "unknown-key": GOOD.replace("reject", "reject\n    unless_asked: true"),
    "misspelled-key": GOOD.replace("approvers:", "aprovers:"),
    "misspelled-verb": GOOD.replace("decision: reject", "decision: rejekt"),
    "misspelled-case": GOOD.replace("decision: reject", "decision: Reject"),
    "bool-for-number": GOOD.replace("decision: reject", "decision: true"),
    "empty-protected": "approvers: []\n",
    "missing-protected": GOOD.replace("    tools: upgrade\n", ""),
    "empty-effect": GOOD.replace("tools: upgrade", "tools: []"),
    "not-closed": GOOD.replace("tools: upgrade", 'tools: "upgrade'),
}


@final
@dataclass(eq=False)
class Desk:
    """The tools of a session, what ran, and what the operator was asked and has consented to."""

    tools: list[ToolDef]
    ran: list[str] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    consents: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


#: The session that the scripted operator belongs to; calls come one at a time.
NOW: list[Desk] = []


@approver(name="operator")
def operator() -> Approver:
    """Stands in for Inspect's interactive `human`: sees each call, and consents to those of the script."""

    async def approve(message: str, call: ToolCall, view: Any, history: Any) -> Approval:
        desk, this = NOW[-1], (call.function, call.arguments)
        if this in desk.consents:
            desk.consents.remove(this)
            return Approval(decision="approve")
        desk.asked.append(this)
        return Approval(decision="reject")

    return approve


@final
class InspectPolicy(AbstractGuard):
    """Inspect's approval policy file in front of its tools."""

    name = "Inspect approval policy"
    version = importlib.metadata.version("inspect_ai")
    notions = frozenset({"unlisted", "arguments", "types", "consent", "policy"})
    claims_not = (
        "Sums, counts, levels, replicas and leases; consent is given to each call as it comes, so "
        "nothing is kept; logs are not checked. Not played: approvers written in Python, which can do "
        "more, and Inspect's limits on messages, tokens, time and cost of a sample."
    )

    def __init__(self) -> None:
        self.binding = load_binding(DESK / "tools.toml")
        self.policies = read_approval_policies(str(POLICY))

    def start(self) -> Desk:
        """Tools with the desk's schemas, that only note that they ran."""
        desk = Desk([])
        for name, bound in self.binding.tool.items():

            async def execute(_ran: list[str] = desk.ran, _name: str = name, **kwargs: Any) -> str:
                _ran.append(_name)
                return "done"

            schema = ToolParams.model_validate(bound.arguments)
            desk.tools.append(ToolDef(execute, name=name, description=name, parameters=schema))
        return desk

    def call(self, session: Desk, member: str, tool: str, arguments: object) -> str:
        """One assistant message with one tool call."""
        return self._called(session, tool, arguments, self.policies)

    def _called(
        self, session: Desk, tool: str, arguments: object, policies: list[ApprovalPolicy]
    ) -> str:
        given = object_of(arguments)
        if given is None:
            return "denied"
        NOW.append(session)
        before = len(session.ran), len(session.asked)
        call = ToolCall(id="1", function=tool, arguments=given)
        message = ChatMessageAssistant(content="", tool_calls=[call])
        with suppress(
            Exception
        ):  # whatever is raised, the list of what ran says whether the tool did
            asyncio.run(execute_tools([message], session.tools, approval=policies))
        if len(session.ran) > before[0]:
            return "allowed"
        return "asked" if len(session.asked) > before[1] else "denied"

    def event(self, session: Desk, kind: str, detail: Mapping[str, Any]) -> str:
        """See `AbstractGuard.event`."""
        if kind == "grant" and session.asked:
            session.consents.append(session.asked[-1])
        elif kind == "load":
            return self._loaded(detail)
        elif kind in ("narrow", "log", "restart", "world", "link"):
            return NO_SUCH_THING
        return ""

    def _loaded(self, detail: Mapping[str, Any]) -> str:
        """Refused: not read, or what it forbids does not run all the same."""
        with TemporaryDirectory() as folder:
            path = written(folder, detail, GOOD, OWN, ".yaml")
            if path is None:
                return NO_SUCH_THING
            try:
                policies = read_approval_policies(str(path))
            except Exception:  # noqa: BLE001 - however it is refused
                return "refused"
            desk = self.start()
            tool, given = ("upgrade", {"version": "2"})
            if detail["defect"] == "none":
                tool, given = ("read_file", {"path": "/srv/app/report.txt"})
            return (
                "accepted" if self._called(desk, tool, given, policies) == "allowed" else "refused"
            )
