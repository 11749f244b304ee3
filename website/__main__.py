"""Make the site: `python -m website [FOLDER]` writes it (into `site`) and checks its links."""

import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from website import commands, gallery, links, llms, notebooks, offline, play, reference, settings
from website import sources as kept
from website.sources import ROOT

WORK = ROOT / "build" / "website"
HOW_TO = "How to"
#: Sections of the navigation that hold pages of `docs/`, in the order of a reader.
FIRST = ("tutorial.md",)
MEANING = ("definitions.md", "safeguards.md", "theory.md", "design/architecture.md")
#: What is computed, by several processes at a time.
MADE = ((play.made, tuple(play.PLAYS)), (gallery.made, gallery.ORDER))
WORKERS = 4
STYLE = Path(__file__).parent / "telos.css"


def main(words: list[str]) -> int:
    """Write the pages as Markdown, have them made, check every link; 1 if one leads nowhere."""
    site = Path(words[0]).resolve() if words else ROOT / "site"
    if site.exists() and any(site.iterdir()) and not (site / "llms.txt").exists():
        print(
            f"{site} holds something that is not this site. Name another folder.", file=sys.stderr
        )
        return 2
    shutil.rmtree(WORK, ignore_errors=True)
    docs = WORK / "docs"
    docs.mkdir(parents=True)
    begun = time.monotonic()
    # A process that is split off while others' threads run may wait for ever: each begins anew.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(WORKERS, os.cpu_count() or 1), context) as pool:
        tasks = [(make, name) for make, names in MADE for name in names]
        making = [pool.submit(make, name, str(docs)) for make, name in tasks]
        nav = staged(docs)
        for (_, name), task in zip(tasks, making, strict=True):
            task.result()
            _say(name, begun)
    table = settings.settings(nav)
    (WORK / "zensical.toml").write_text(settings.written(table), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=WORK,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
        return 1
    shutil.rmtree(site, ignore_errors=True)
    shutil.move(WORK / "site", site)
    # It would load its style from the top of a host, which a folder does not have.
    (site / "404.html").unlink(missing_ok=True)
    llms.written(site, docs, nav)
    _say(f"site: {site / 'index.html'}", begun)
    return links.main([str(site)])


def staged(docs: Path) -> list[Any]:
    """Write every page as Markdown into a folder; returns the navigation."""
    made = {place: (ROOT / path) for path, place in kept.pages().items()}
    linked: set[str] = set()
    texts = {place: _text(path, linked) for place, path in made.items()}
    for path in linked:
        kept.copied(path, docs)
    texts |= reference.written()
    texts["reference/commands.md"] = commands.written()
    texts["gallery.md"] = gallery.written()
    texts["play.md"] = play.written()
    texts |= {f"{folder}/index.md": _listed(folder, texts) for folder in ("how-to", "notebooks")}
    for place, text in texts.items():
        (docs / place).parent.mkdir(parents=True, exist_ok=True)
        (docs / place).write_text(text, encoding="utf-8")
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        shutil.copy(path, docs / "notebooks" / path.name)
    offline.written(docs)
    shutil.copy(STYLE, docs / "assets" / STYLE.name)
    return navigation(texts)


def navigation(texts: dict[str, str]) -> list[Any]:
    """Sections and their pages, each under its own first heading."""

    def entries(places: Any) -> list[dict[str, str]]:
        return [{kept.title(texts[place]): place} for place in places]

    def within(folder: str) -> list[str]:
        own = sorted(place for place in texts if place.startswith(f"{folder}/"))
        return sorted(own, key=lambda place: not place.endswith("/index.md"))

    layered = [reference.path_of(page) for _, held in reference.by_layer() for page, _ in held]
    return [
        {"Telos": "index.md"},
        {"Play": "play.md"},
        {"First steps": entries([*FIRST, *within("notebooks")])},
        {HOW_TO: entries(within("how-to"))},
        {"What it means": entries(MEANING)},
        {"Gallery": "gallery.md"},
        {"Reference": entries(["reference/index.md", "reference/commands.md", *layered])},
        {"Results": entries(within("results"))},
        {"Project": entries(within("project"))},
    ]


def _text(path: Path, linked: set[str]) -> str:
    """A page that the repository keeps, as Markdown of the site."""
    own = path.suffix == ".md"
    text = path.read_text(encoding="utf-8") if own else notebooks.rendered(path)
    return kept.staged(text, path.relative_to(ROOT).as_posix(), linked)


def _listed(folder: str, texts: dict[str, str]) -> str:
    """The page that lists the pages of a folder."""
    own = sorted(place for place in texts if place.startswith(f"{folder}/"))
    lines = [f"- [{kept.title(texts[place])}]({place.partition('/')[2]})" for place in own]
    heading = {"how-to": HOW_TO, "notebooks": "Notebooks"}[folder]
    return "\n".join([f"# {heading}", "", *lines]) + "\n"


def _say(what: str, begun: float) -> None:
    print(f"{time.monotonic() - begun:5.1f} s  {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
