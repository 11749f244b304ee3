"""A binding to start from: each tool that a server lists, irreversible and opaque until it is labelled."""

import json
import re
from collections import Counter

from telos.bounds.calls import schema_digest
from telos.bounds.files import MOST_BYTES, read_binding
from telos.bounds.rules import Bounds
from telos.bounds.scanner import once
from telos.core.errors import BoundsError
from telos.core.text import printable

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TOOL = """
[tool.{}]
schema = {{ type = "object", additionalProperties = false }}
effect = "execute"
class = "irreversible"
opaque = true"""


def skeleton(listing: str, bounds: Bounds | None = None) -> str:
    """A binding with every tool of an answer to MCP's ``tools/list``, none of them labelled.

    What the server says stands in comments, one line each and in ASCII: it labels nothing.

    Args:
        listing: the answer as JSON; its `result`, or the array of tools, will do.
        bounds: whose assets are declared; None: the binding is for a file called ``ops``.

    Raises:
        BoundsError: if that is not a list of tools, or too long a one.
    """
    try:
        said = json.loads(listing, object_pairs_hook=once)
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
        said = said.get("result", said) if isinstance(said, dict) else said
        more, tools = (
            (said.get("nextCursor"), said["tools"]) if isinstance(said, dict) else ("", said)
        )
        names = [tool["name"] for tool in tools]
        times = Counter(map(str, names))
    except (ValueError, RecursionError, LookupError, TypeError):
        raise BoundsError("no answer to tools/list is there; write it whole, as JSON.") from None
    if not names:
        raise BoundsError(
            "no tool is listed; ask the server for tools/list again, and write it whole."
        )
    lines = ["# Nothing is labelled here: say of each tool what it does, then leave opaque out."]
    lines += ["binding = 1", f'for = "{bounds.name if bounds else "ops"}"', 'name = "mcp"']
    kept = {rule.asset for rule in bounds.keep} if bounds else ()
    for name in sorted(bounds.assets() if bounds else ()):
        lines += [
            f'[asset."{name}"]',
            *["# a level is kept: give level, start and cap"] * (name in kept),
        ]
    lines += ["# Tools of further pages are not here, so they are denied."] if more else []
    for tool, name in zip(tools, names, strict=True):
        if not isinstance(name, str) or not NAME.fullmatch(name) or times[name] > 1:
            lines.append(f"\n# left out, so denied (listed twice, or no plain name): {_told(name)}")
            continue
        lines.append(TOOL.format(name))
        for key in ("annotations", "description", "inputSchema"):
            lines += [f"# the server's {key}: {_told(tool[key])}"] if key in tool else []
        lines.append(f'# digest = "{schema_digest(tool.get("inputSchema"))}"')
    text = "\n".join(lines) + "\n"
    if len(text) > MOST_BYTES:
        raise BoundsError(f"{len(names):,} tools do not fit in one binding; split the answer.")
    read_binding(text, "the skeleton")
    return text


def _told(value: object) -> str:
    return printable(json.dumps(value)[:120], keep="")
