"""LLMs: the site as plain text for language models: a list of its pages, and all of them in one file."""

import re
from pathlib import Path
from typing import Any

HEAD = """\
# Telos

> A Python laboratory for instrumental convergence: whatever goal you give an agent, what else will it want?
> It measures, with certified bounds, how many goals need an agent to stay switched on, keep its goal, become
> more capable and acquire resources, what each is worth, and what safeguards change.

Install from a clone (`make demo`); `import telos` in Python, `telos --help` in a shell. All pages in one
file: [llms-full.txt](llms-full.txt).
"""


def written(site: Path, docs: Path, nav: list[Any]) -> None:
    """Write `llms.txt` and `llms-full.txt`, and put each page's Markdown beside the page."""
    lines, full = [HEAD], [HEAD]
    for entry in nav:
        ((section, held),) = entry.items()
        lines.append(f"\n## {section}\n")
        for one in [entry] if isinstance(held, str) else held:
            ((name, place),) = one.items()
            text = (docs / place).read_text(encoding="utf-8")
            (site / place).parent.mkdir(parents=True, exist_ok=True)
            (site / place).write_text(text, encoding="utf-8")
            lines.append(f"- [{name}]({place}): {_about(text)}")
            if section not in ("Results", "Project"):
                full.append(f"\n\n---\n\n<!-- {place} -->\n\n{text}")
    (site / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (site / "llms-full.txt").write_text("".join(full), encoding="utf-8")


def _about(text: str) -> str:
    """The first sentence of a page that is not a heading, a table or a picture."""
    for block in text.split("\n\n"):
        first = block.strip()
        if first and first[0] not in "#|!`<:*-[" and not first.startswith("---"):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(first.split()))
            return re.split(r"(?<=[.?!:]) ", plain)[0].rstrip(":")
    return ""
