"""ltl-harness: its own hooks before and after each tool call, over a rulebook of names and numbers."""

import asyncio
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, final

from guards.broken import written
from guards.simple import object_of
from ltl_harness.engine.lint import lint_rulebook
from ltl_harness.engine.rulebook import Rulebook, load_rulebook
from ltl_harness.hooks import create_guardrails
from suite import NO_SUCH_THING, AbstractGuard

RULEBOOK = Path(__file__).parent / "policies" / "ltl_harness.yaml"
GOOD = """name: small
activities:
  read_file: { tool: read_file }
  upgrade: { tool: upgrade }
rules:
  - id: never
    description: No upgrade.
    template: Absence
    params: { a: upgrade, n: 0 }
    posture: seatbelt
"""
#: Defects in its own words.
OWN = {
    "duplicate-key": GOOD.replace("n: 0 }", "n: 0, n: 1000 }"),
    "duplicate-first": GOOD.replace("name: small", "name: small\nname: other"),
    "duplicate-table": GOOD + "rules: []\n",
    "unknown-key": GOOD.replace("posture: seatbelt", "posture: seatbelt\n    unless_asked: true"),
    "misspelled-key": GOOD.replace("rules:", "ruels:"),
    "misspelled-verb": GOOD.replace("template: Absence", "template: Abscence"),
    "misspelled-case": GOOD.replace("posture: seatbelt", "posture: Seatbelt"),
    "bool-for-number": GOOD.replace("n: 0", "n: true"),
    "text-for-number": GOOD.replace("n: 0", 'n: "0"'),
    "fraction": GOOD.replace("n: 0", "n: 0.5"),
    "not-a-number": GOOD.replace("n: 0", "n: .nan"),
    "infinite": GOOD.replace("n: 0", "n: .inf"),
    "negative": GOOD.replace("n: 0", "n: -1"),
    "missing-protected": GOOD.replace("a: upgrade, ", ""),
    "empty-effect": GOOD.replace("a: upgrade", "a: []"),
    "not-closed": GOOD.replace("description: No", 'description: "No'),
}


@final
@dataclass(eq=False)
class HookedRun:
    """The hooks of one run; they belong to one event loop, so calls come one after another."""

    pre: Any
    post: Any
    lock: Lock


@final
class LtlHarness(AbstractGuard):
    """Temporal rules over the names of tools, enforced by hooks of the Claude Agent SDK."""

    name = "ltl-harness"
    version = importlib.metadata.version("ltl-harness")
    notions = frozenset({"counts", "policy"})
    claims_not = (
        "Arguments (its activities are tool names), tools that no activity names, amounts, members, "
        "consent, leases; its flight recorder is a file without a check."
    )

    def __init__(self) -> None:
        if which("mona") is None:
            raise FileNotFoundError(
                "the program mona is not on the path (Debian: apt install mona)"
            )
        self.rulebook = load_rulebook(str(RULEBOOK))

    def start(self) -> HookedRun:
        """Fresh automata."""
        return self._hooked(self.rulebook)

    def _hooked(self, rulebook: Rulebook) -> HookedRun:
        hooks, _, _ = create_guardrails(rulebook, None)
        pre, post = hooks["PreToolUse"][0].hooks[0], hooks["PostToolUse"][0].hooks[0]
        return HookedRun(pre, post, Lock())

    def call(self, session: HookedRun, member: str, tool: str, arguments: object) -> str:
        """The hook before a call; what is permitted has run when the next one is judged."""
        given = object_of(arguments)
        if given is None:
            return "denied"
        use = {"tool_name": tool, "tool_input": given}
        with session.lock:
            said = asyncio.run(session.pre(use, "1", None))
            if said.get("hookSpecificOutput", {}).get("permissionDecision") == "deny":
                return "denied"
            asyncio.run(session.post({**use, "tool_response": "done"}, "1", None))
        return "allowed"

    def event(self, session: HookedRun, kind: str, detail: Mapping[str, Any]) -> str:
        """See `AbstractGuard.event`."""
        if kind == "load":
            return self._loaded(detail)
        return NO_SUCH_THING if kind in ("grant", "narrow", "log", "restart", "world") else ""

    def _loaded(self, detail: Mapping[str, Any]) -> str:
        """Refused: not read, not past its own lint, or what it forbids is denied all the same."""
        with TemporaryDirectory() as folder:
            path = written(folder, detail, GOOD, OWN, ".yaml")
            if path is None:
                return NO_SUCH_THING
            try:
                rulebook = load_rulebook(str(path))
                if not lint_rulebook(rulebook)["ok"]:
                    return "refused"
            except Exception:  # noqa: BLE001 - however it is refused
                return "refused"
            tool = "read_file" if detail["defect"] == "none" else "upgrade"
            said = self.call(self._hooked(rulebook), "", tool, {})
            return "accepted" if said == "allowed" else "refused"
