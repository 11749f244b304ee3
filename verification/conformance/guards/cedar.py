"""Cedar by cedarpy: one request a call, typed by a schema; the host keeps the members as entities."""

import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, final

import cedarpy
from guards.broken import written
from guards.simple import object_of
from suite import NO_SUCH_THING, ROOT, AbstractGuard

FOLDER = Path(__file__).parent / "policies"
GOOD = """permit (principal, action, resource);
forbid (principal, action == Action::"upgrade", resource);
"""
SCHEMA = """entity Member; entity Desk;
action upgrade appliesTo { principal: Member, resource: Desk, context: { version: String } };
action read_file appliesTo { principal: Member, resource: Desk, context: { path: String } };
"""
#: Defects in Cedar's own words.
OWN = {
    "unknown-key": GOOD.replace("resource);\n", "resource, asked);\n", 2),
    "misspelled-key": GOOD.replace("forbid", "forbit"),
    "misspelled-verb": GOOD.replace('"upgrade"', '"upgarde"'),
    "misspelled-case": GOOD.replace('"upgrade"', '"Upgrade"'),
    "bool-for-number": GOOD.replace("resource);\n", "resource) when { 1 };\n"),
    "text-for-number": GOOD.replace("resource);\n", "resource) when { context.version > 1 };\n"),
    "fraction": GOOD.replace("resource);\n", "resource) when { 1.5 > 1 };\n"),
    "empty-effect": GOOD.replace('action == Action::"upgrade"', "action in []"),
    "not-closed": GOOD.replace('"upgrade"', '"upgrade'),
    "duplicate-key": GOOD.replace("principal, action ==", "principal, principal, action =="),
}


@final
class Cedar(AbstractGuard):
    """Cedar policies with a schema; what no permit matches, and what does not fit the schema, is denied."""

    name = "Cedar (cedarpy)"
    version = importlib.metadata.version("cedarpy")
    notions = frozenset({"unlisted", "arguments", "types", "members", "policy"})
    claims_not = (
        "Anything that depends on earlier requests: sums, counts, levels, replicas, consent, leases; "
        "logs are not checked."
    )

    def __init__(self) -> None:
        self.schema = cedarpy.Schema.from_str((FOLDER / "desk.cedarschema").read_text())
        self.policies = (FOLDER / "desk.cedar").read_text()
        checked = cedarpy.validate_policies(
            self.policies, (FOLDER / "desk.cedarschema").read_text()
        )
        if not checked:
            raise ValueError([str(error) for error in checked.errors])

    def start(self) -> set[str]:
        """The members that the host knows of."""
        return {ROOT}

    def call(self, session: set[str], member: str, tool: str, arguments: object) -> str:
        """One request."""
        return self._asked(session, member, tool, arguments, self.policies, self.schema)

    def _asked(
        self,
        session: set[str],
        member: str,
        tool: str,
        arguments: object,
        policies: str,
        schema: Any,
    ) -> str:
        lineage = [{"uid": {"type": "Lineage", "id": ROOT}, "attrs": {}, "parents": []}]
        entities = [
            {"uid": {"type": "Member", "id": m}, "attrs": {}, "parents": [lineage[0]["uid"]]}
            for m in sorted(session)
        ]
        given = object_of(arguments)
        if given is None:
            return "denied"
        try:
            request = {
                "principal": {"type": "Member", "id": member},
                "action": {"type": "Action", "id": tool},
                "resource": {"type": "Desk", "id": "desk"},
                "context": json.loads(json.dumps(given, allow_nan=False)),
            }
            told = cedarpy.is_authorized(request, policies, [*lineage, *entities], schema=schema)
        except Exception:  # noqa: BLE001 - a request that cannot be made is denied by its host
            return "denied"
        return "allowed" if told.allowed else "denied"

    def event(self, session: set[str], kind: str, detail: Mapping[str, Any]) -> str:
        """See `AbstractGuard.event`."""
        if kind == "joined":
            session.add(detail["member"])
        elif kind == "ended":
            session.discard(detail["member"])
        elif kind == "load":
            return self._loaded(detail)
        elif kind in ("grant", "refuse", "narrow", "log", "restart", "world", "link"):
            return NO_SUCH_THING
        return ""

    def _loaded(self, detail: Mapping[str, Any]) -> str:
        """Refused: not valid by the schema, as Cedar advises to check, or what it forbids is denied."""
        with TemporaryDirectory() as folder:
            path = written(folder, detail, GOOD, OWN, ".cedar")
            if path is None:
                return NO_SUCH_THING
            try:
                text = path.read_text(encoding="utf-8")
                if not cedarpy.validate_policies(text, SCHEMA.replace(",entity", "entity")):
                    return "refused"
            except Exception:  # noqa: BLE001 - however it is refused
                return "refused"
            tool, given = ("upgrade", {"version": "2"})
            if detail["defect"] == "none":
                tool, given = ("read_file", {"path": "/srv/app/report.txt"})
            said = self._asked({ROOT}, ROOT, tool, given, text, None)
            return "accepted" if said == "allowed" else "refused"
