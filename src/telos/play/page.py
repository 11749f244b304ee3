"""Page: one self-contained HTML file from a `Play`; the data, the script and a text that needs neither."""

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from telos.core.errors import StudyError
from telos.core.files import plain_path
from telos.play.packed import encoded
from telos.play.record import Play
from telos.play.shortened import shortened
from telos.report.templating import environment
from telos.runs.files import write_text

#: What a page may weigh, in bytes.
MOST_BYTES = 400_000
#: The scripts of the page, in the order in which one needs another; each hangs on one name, `Telos`.
SCRIPTS = (
    "unpack",
    "draws",
    "optimize",
    "kernel",
    "walk",
    "worker",
    "numbers",
    "team",
    "engine",
    "views",
    "bars",
    "scenes",
    "rollouts",
    "dots",
    "swarm",
    "discovery",
    "tips",
    "address",
    "python",
    "story",
    "laboratory",
    "frame",
    "shell",
)
#: What the script says of itself.
SOURCE = (
    "//! Shortened for the page. The readable source, with its comments, is the folder telos/play/page\n"
    f"//! of the Python package telos-lab: {', '.join(SCRIPTS)}.\n"
)


def write_page(play: Play, out: Path) -> Path:
    """Write the page of a world; it opens without a network.

    Args:
        play: the world and what can be done to it. out: the HTML file.

    Returns:
        The path of the page.

    Raises:
        StudyError: if the page would be larger than 400 kB.
        StoreError: if `out` cannot be written.
    """
    return write_text(plain_path(out), page_of(play), "Name another file with -o.")


def page_of(play: Play) -> str:
    """The page as HTML; every text of the world is escaped.

    Raises:
        StudyError: if it would be larger than 400 kB.
    """
    script = script_of()
    assert "</script" not in script.lower()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    story = [
        {"title": step.title, "paragraphs": step.text.split("\n\n"), "step": step}
        for step in play.story
    ]
    text = environment("telos.play").get_template("play.html").render(
        play=play,
        story=story,
        style=_text("page/style.css") + _text("page/views.css"),
        script=_markup(script),
        script_hash=digest,
        data=_markup(encoded(play)),
    )  # fmt: skip
    size = len(text.encode())
    if size > MOST_BYTES:
        raise StudyError(
            f"the page of {play.title} would have {size:,} bytes, more than {MOST_BYTES:,}. Give the world "
            "smaller parameters, or fewer states."
        )
    return text


def script_of() -> str:
    """The scripts of the page, one after the other; none may hold what ends the element it stands in.

    They stand there without comments and indentation, which would be a tenth of a page.
    """
    return SOURCE + "".join(shortened(_text(f"page/{name}.js")) for name in SCRIPTS)


def _text(name: str) -> str:
    return files("telos.play").joinpath(name).read_text(encoding="utf-8")


def _markup(text: str) -> Any:
    import markupsafe

    return markupsafe.Markup(text)
