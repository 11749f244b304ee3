"""Links: whether each link of the built site, and of the repository's pages, leads somewhere.

    python -m website.links site

External links are not fetched. No page may load anything from a network.
"""

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, normpath
from typing import final
from urllib.parse import unquote, urlsplit

from website.sources import CODE, ROOT

#: Attributes that a browser loads by itself, by tag; any other `href` is followed by a reader only.
LOADED = {("link", "href"), ("object", "data")}
#: What a link of a page's head is for when nothing is loaded.
ONLY_TOLD = frozenset({"canonical", "next", "prev", "alternate"})
#: Addresses in a style: loaded as well.
IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?(https?:)?//", re.IGNORECASE)
#: Wrong links that are shown.
MOST = 40
LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]*)\)")


@final
class Page(HTMLParser):
    """What a page links to, what it loads, and the places within it."""

    def __init__(self) -> None:
        HTMLParser.__init__(self)
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take up the attributes of a tag."""
        given = {name: value for name, value in attrs if value is not None}
        self.places.update(given[name] for name in ("id", "name") if name in given)
        told = tag == "link" and given.get("rel") in ONLY_TOLD
        for name in ("href", "src", "data", "poster"):
            if name in given:
                mine = not told and (name in {"src", "poster"} or (tag, name) in LOADED)
                (self.loads if mine else self.links).append(given[name])
        for one in given.get("srcset", "").split(","):
            self.loads.extend(one.split()[:1])


@cache
def read(path: Path) -> Page:
    """A page, read once."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    return page


def of_site(site: Path) -> list[str]:
    """What is wrong with the links of a built site; nothing, if the list is empty."""
    wrong = []
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    for name in sorted(one for one in files if one.endswith(".html")):
        page = read(site / name)
        afar = [target for target in page.loads if urlsplit(target).netloc]
        wrong += [f"{name}: loads {target} from a network" for target in afar]
        for target in dict.fromkeys([*page.links, *page.loads]):
            why = _amiss(name, target, files, site)
            wrong += [f"{name}: {target}: {why}"] if why else []
    for name in sorted(one for one in files if one.endswith(".css")):
        if IN_STYLE.search((site / name).read_text(encoding="utf-8")):
            wrong.append(f"{name}: loads from a network")
    return wrong


def _amiss(name: str, target: str, files: set[str], site: Path) -> str:
    """Why a link within the site leads nowhere; empty, if it leads somewhere or elsewhere."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return ""
    where = normpath(f"{dirname(name)}/{unquote(parts.path)}".lstrip("/")) if parts.path else name
    if parts.path.startswith("/") or where.startswith("../"):
        return "outside of the site"
    if where not in files:
        return "a folder has no page of its own" if (site / where).is_dir() else "no such file"
    place = unquote(parts.fragment)
    if place and where.endswith(".html") and place not in read(site / where).places:
        return "" if place.startswith("__") else "no such place on that page"
    return ""


def slug(heading: str) -> str:
    """The anchor that a code host gives to a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def anchors(path: Path) -> frozenset[str]:
    """The anchors of a Markdown page."""
    return frozenset(slug(line.lstrip("#")) for line in prose(path) if re.match(r"#{1,6} ", line))


@cache
def prose(path: Path) -> tuple[str, ...]:
    """The lines of a Markdown page outside of its code blocks."""
    lines, code = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        mark = CODE.match(line)
        if code or mark:
            code = ("" if line.startswith(code) else code) if code else mark[1] if mark else ""
        else:
            lines.append(line)
    return tuple(lines)


def of_repository(pages: list[Path]) -> list[str]:
    """What is wrong with the links of Markdown pages as they stand in the repository."""
    wrong = []
    for page in pages:
        for target in [found for line in prose(page) for found in LINK.findall(line)]:
            path, _, anchor = target.partition("#")
            where = (page.parent / path) if path else page
            name = page.relative_to(ROOT).as_posix()
            if not where.exists():
                wrong.append(f"{name}: {target}: no such file")
            elif anchor and where.suffix == ".md" and anchor not in anchors(where):
                wrong.append(f"{name}: {target}: no such heading")
    return wrong


def main(words: list[str]) -> int:
    """Check a site and the pages of the repository; 1 if a link leads nowhere."""
    site = Path(words[0]) if words else ROOT / "site"
    if not (site / "index.html").exists():
        print(f"{site} holds no site. Make it first: make docs", file=sys.stderr)
        return 2
    markdown = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    wrong = [*of_site(site), *of_repository(markdown)]
    for line in wrong[:MOST]:
        print(line, file=sys.stderr)
    pages = len(list(site.rglob("*.html")))
    print(f"{pages} pages and {len(markdown)} files: {len(wrong)} links lead nowhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
