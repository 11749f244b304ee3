"""telos new: a file to start a part of one's own from, which passes `telos check` as it is."""

import importlib.util
import keyword
import os
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from telos.cli.say import say, write_file
from telos.core.errors import StoreError, StudyError, UnknownName, did_you_mean

#: What can be begun, and the template of each. In a template NAME stands for the class, STEM for the name
#: in small letters, FILE for the file.
TEMPLATES = {
    "world": "world.py.txt",
    "family": "family.py.txt",
    "drive": "drive.py.txt",
    "agent": "agent.py.txt",
    "safeguard": "safeguard.py.txt",
    "map": "affordances.toml",
    "log": "sample.eval",
    "bounds": "bounds.toml",
}
#: Of which kinds there are more than one, and in which folder: maps by evaluation, logs by format.
MORE = {"map": "maps", "log": "logs"}
#: What comes beside it, under the name of the part and an ending.
BESIDE = {"bounds": ("_tools.toml", "bounds_tools.toml")}
#: What an example is good for.
USED_BY = {
    "map": "telos audit LOGS --map {}",
    "log": "telos compare {}",
    "bounds": "telos bounds verify {}",
}
#: Where a part of the kind is checked, beside what it has of its own.
CHECKED_IN = {"drive": " --world PaperclipFactory"}


def new(
    kind: Annotated[str, typer.Argument(metavar="|".join(TEMPLATES), help="What to begin.")],
    name: Annotated[str, typer.Argument(help="Its name, as in Maze or my_maze.")],
    made_for: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="WHAT",
            help="A map for a public evaluation's tools, or a log in another format than Inspect's; "
            "a wrong name lists them.",
        ),
    ] = "",
) -> None:
    """Write a file to start a part of your own from; it passes `telos check` as it is.

    `map` writes an example of the affordances that `telos audit` reads, `log` a log to try it on,
    `bounds` rules for an agent and a binding of its tools.
    """
    if kind not in TEMPLATES:
        raise UnknownName(f"nothing new of kind {kind!r}. {did_you_mean(kind, TEMPLATES)}")
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)
    stem = "_".join(word.lower() for word in words)
    class_name = "".join(word[0].upper() + word[1:] for word in words)
    fits = name.isascii() and all(word.isidentifier() for word in (name, stem, class_name))
    if not fits or keyword.iskeyword(stem) or keyword.iskeyword(class_name):
        raise StudyError(f"{name!r:.60} cannot name a part. Use letters and '_', as in Maze.")
    if kind not in USED_BY and importlib.util.find_spec(stem) is not None:
        raise StudyError(
            f"{name!r:.60} would make {stem}.py, which hides the module {stem}. Choose another name."
        )
    template = _made_for(kind, made_for) if made_for else TEMPLATES[kind]
    file = Path(f"{stem}{'.py' if '.py' in template else Path(template).suffix}")
    written = {file: template}
    if kind in BESIDE:
        ending, other = BESIDE[kind]
        written[Path(f"{stem}{ending}")] = other
    for place in written:
        if os.path.lexists(place):
            raise StoreError(f"{place} is there already. Choose another name.")
    signs = {"NAME": class_name, "STEM": stem, "FILE": file.name}
    for place, source in written.items():
        content = _folder(source).read_bytes()
        if file.suffix == ".py" or kind in BESIDE:
            text = re.sub("|".join(signs), lambda sign: signs[sign.group()], content.decode())
            content = text.encode()
        write_file("NAME", place, content)
        say(f"{place}\n")
    if file.suffix == ".py":
        say(f"Check it: telos check {file}:{class_name}{CHECKED_IN.get(kind, '')}")
    else:
        use = "telos audit {} --suggest" if kind == "log" and made_for else USED_BY[kind]
        say(f"Use it: {use.format(file)}")


def _made_for(kind: str, what: str) -> str:
    """The template of a kind that is made for something."""
    if kind not in MORE:
        raise StudyError(f"--for {what:.60}: a {kind} is for nothing in particular. Leave it out.")
    listed = {place.name.partition(".")[0]: place.name for place in _folder(MORE[kind]).iterdir()}
    if what not in listed:
        near = did_you_mean(what, sorted(listed))
        raise UnknownName(f"--for: no {kind} for {what!r:.60}. {near}")
    return f"{MORE[kind]}/{listed[what]}"


def _folder(name: str) -> Traversable:
    return files("telos") / "templates" / name
