"""Play: the page on which a reader changes the goal, within the site; made by `telos play`."""

import contextlib
from io import StringIO
from pathlib import Path

from telos.play.shipped import PLAYS

PAGE = """\
# Play

Change the goal of an agent and watch the same things become worth wanting. The page below is one file,
[factory.html](play/factory.html); it needs no network. Others: {others}. `telos play WORLD -o FILE` writes
one for [a world of your own](how-to/write-a-world.md).

<iframe class="play" src="play/factory.html" title="A small factory, to play" loading="lazy"></iframe>
"""


def made(name: str, site: str) -> None:
    """Write a play into the site, as the command does."""
    from telos.cli.entry import app

    place = Path(site) / "play" / f"{name}.html"
    place.parent.mkdir(parents=True, exist_ok=True)
    said = StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        app(["play", name, "-o", str(place)], standalone_mode=False)


def written() -> str:
    """The page that shows the plays."""
    named = {name: plan().title for name, plan in PLAYS.items() if name != "factory"}
    others = ", ".join(f"[{title.lower()}](play/{name}.html)" for name, title in named.items())
    return PAGE.format(others=others)
