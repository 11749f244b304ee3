"""Sources: the pages that are kept for readers of the repository, as pages of the site; links and all."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

ROOT = Path(__file__).parents[1]
#: Pages of the top folder, and where they stand in the site.
TOP = {
    "README.md": "index.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "CODE_OF_CONDUCT.md": "project/code_of_conduct.md",
}
#: A link, or a picture, that leads to another file.
LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?(\))")
CODE = re.compile(r"^(`{3,}|~{3,})(\S*)[ \t]*(\S*)")
ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d+[.)]) ")
#: Files that a page links to and that a browser shows as they are.
SHOWN = frozenset({".html", ".svg", ".png", ".csv", ".json"})


def pages() -> dict[str, str]:
    """Every page: its path in the repository -> its path in the site."""
    found = {name: place for name, place in TOP.items() if (ROOT / name).exists()}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        place = path.relative_to(ROOT / "docs").as_posix()
        found[f"docs/{place}"] = place.replace("README.md", "index.md")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        found[f"notebooks/{path.name}"] = f"notebooks/{path.stem}.md"
    return found


def folders() -> dict[str, str]:
    """Folders that pages link to -> the page of the site that lists what is in them."""
    return {
        "docs": "index.md",
        "docs/how-to": "how-to/index.md",
        "docs/results": "results/index.md",
        "notebooks": "notebooks/index.md",
    }


def title(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"^# +(.+?) *#*$", text, re.MULTILINE)
    return found[1].replace("`", "") if found else ""


def staged(text: str, page: str, linked: set[str]) -> str:
    """A page of the repository as the site's Markdown reads it.

    Args:
        text: the page.
        page: its path in the repository.
        linked: takes up every other file that the page links to.
    """
    return "\n".join(_lines(text, page, linked)) + "\n"


def _lines(text: str, page: str, linked: set[str]) -> Iterator[str]:
    code, before, listed = "", "", False
    for line in text.splitlines():
        mark = CODE.match(line)
        if code:
            code = "" if line.startswith(code) else code
            yield line
        elif mark:
            code, language, note = mark.groups()
            name = note.removeprefix("file=")
            yield f'{code}{language} title="{name}"' if name != note else f"{code}{language}"
        else:
            opens = ITEM.match(line) is not None and not listed
            opens |= line.startswith("|") and not before.startswith("|")
            if opens and before.strip():
                yield ""
            listed = bool(line.strip()) and (listed or ITEM.match(line) is not None)
            yield LINK.sub(lambda found: _link(found, page, linked), line)
        before = line


def _link(found: re.Match[str], page: str, linked: set[str]) -> str:
    """A link of a page of the repository, as it leads from page to page of the site."""
    opened, target, anchor, closed = found.groups()
    path = normpath(PurePosixPath(page).parent / target)
    here = pages()[page]
    there = pages().get(path) or folders().get(path.rstrip("/"))
    if there is None:
        there = source_of(path)
        linked.add(path)
    return f"{opened}{relpath(there, PurePosixPath(here).parent)}{anchor or ''}{closed}"


def source_of(path: str) -> str:
    """Where the site keeps a file that is not a page: as it is, or as a page that shows its text."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"source/{path}" if PurePosixPath(path).suffix in SHOWN else f"source/{path}.md"


def copied(path: str, site: Path) -> None:
    """Put a file that a page links to into the site."""
    place = site / source_of(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    data = (ROOT / path).read_bytes()
    if place.suffix == ".md":
        language = {".py": "python", ".toml": "toml", ".cff": "yaml"}.get(Path(path).suffix, "text")
        text = data.decode("utf-8", "replace")
        place.write_text(f"# {path}\n\n`````{language}\n{text}\n`````\n", encoding="utf-8")
    else:
        place.write_bytes(data)
