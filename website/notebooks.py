"""Notebooks: each as a page, its cells in order; a test runs them, and they are kept without output."""

import json
from pathlib import Path


def rendered(path: Path) -> str:
    """A notebook as Markdown."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = ["".join(cell["source"]) for cell in cells]
    kinds = [cell["cell_type"] for cell in cells]
    blocks = [
        part if kind == "markdown" else f"```python\n{part}\n```"
        for kind, part in zip(kinds, parts, strict=True)
    ]
    place = f"[{path.name}]({path.name})"
    blocks.insert(1, f"*As a file to run: {place}.*")
    return "\n\n".join(blocks) + "\n"
