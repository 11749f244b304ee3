"""Play: the page on which a reader changes the goal, within the site; made by `telos play`."""

import subprocess
import sys
from pathlib import Path

from telos.cli.entry import COMMANDS

#: The plays that are shown, and what each is.
SHOWN = {
    "factory": "a factory that makes paperclips",
    "employee": "an employee with desires of his own",
    "off_switch": "a hall with an off-switch",
    "grid": "a map with a resource behind a door",
    "desk": "the operations desk of a server farm",
}
PAGE = """\
# Play

Change the goal of an agent and watch the same things become worth wanting. The page below is one file,
[factory.html](play/factory.html); it needs no network. Others: {others}. `telos play WORLD -o FILE` writes
one for [a world of your own](how-to/write-a-world.md).

<iframe class="play" src="play/factory.html" title="The paperclip factory, to play" loading="lazy"></iframe>
"""
MISSING = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Telos: play</title>
<body><p>This copy of Telos has no command <code>telos play</code> yet.</p></body></html>
"""


def written(site: Path) -> str:
    """The page that shows the plays; they are put into the site."""
    folder = site / "play"
    folder.mkdir(parents=True, exist_ok=True)
    known = any("play" in commands for commands in COMMANDS.values())
    for name in SHOWN:
        place = folder / f"{name}.html"
        if known:
            words = [sys.executable, "-m", "telos", "play", name, "-o", str(place)]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        else:
            place.write_text(MISSING, encoding="utf-8")
    others = ", ".join(f"[{said}](play/{name}.html)" for name, said in [*SHOWN.items()][1:])
    return PAGE.format(others=others)
