"""telos check: the public contract checks of a part, shipped or your own."""

import contextlib
import dataclasses
import difflib
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import CATALOGS, catalog, look_here
from telos.cli.say import busy, say
from telos.core.errors import StudyError, UnknownName, did_you_mean

if TYPE_CHECKING:
    from telos.core.parts import AbstractDrive, AbstractScenario
    from telos.core.world import World

FAILED = 1


def check(
    part: Annotated[
        str, typer.Argument(metavar="PART", help="A dotted path, my_lab.worlds:Maze, or a name.")
    ],
    world: Annotated[
        str | None,
        typer.Option(
            metavar="WORLD",
            help="Where to check a family, drive, agent or safeguard [a touchstone].",
        ),
    ] = None,
) -> None:
    """Check that a part keeps the contract of its kind; prints each check."""
    with busy("checking"):
        from telos.core.parts import AbstractDrive
        from telos.core.spec import show
        from telos.runs.source import called
        from telos.testing.checks import check_part, check_reasons

        checked = _part(part)
        scenario, there = (None, None) if world is None else built(world)
        own = beside(checked)
        checks = called(lambda: check_part(checked, there, drives=own), part, None)
        if scenario is not None and isinstance(checked, AbstractDrive):
            checks += called(lambda: check_reasons(scenario, (checked,)), f"--world: {world}", None)
    say(f"{show(checked)}\n")
    width = max(len(found.name) for found in checks)
    for found in checks:
        say(f"  {found.status:<7} {found.name:<{width}}  {found.detail}".rstrip())
    failed = sum(found.failed for found in checks)
    say(f"\n{len(checks)} checks, {failed} failed.")
    if failed:
        raise typer.Exit(FAILED)


def _part(path: str) -> Any:
    """The part that a path or a shipped name means, made with its default parameters."""
    from telos.runs.source import load_named
    from telos.runs.study import Study

    found: Any
    if ":" in path:
        look_here()
        found = load_named(path)
    else:
        shipped = {
            cls.__name__: cls for kind in CATALOGS if kind != "studies" for cls in catalog(kind)
        }
        if path not in shipped:
            raise UnknownName(
                f"no part {path!r}. {did_you_mean(path, shipped)} A part of your own is named by "
                "its dotted path, as in my_lab.worlds:Maze, or by its file, as in maze.py:Maze."
            )
        found = shipped[path]
    if isinstance(found, Study):
        raise StudyError(
            f"{path} is a study, not a part. Run it: telos run {path}. To check one of its parts, name "
            "that, as in maze.py:Maze."
        )
    if not isinstance(found, type):
        return found
    place = path.rpartition(":")[0] or "my_lab"
    file = place if ":" in path else "a file my_lab.py here"
    wanting = [
        field.name
        for field in (dataclasses.fields(found) if dataclasses.is_dataclass(found) else ())
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if wanting:
        raise StudyError(
            f"{path} needs {', '.join(wanting)}. Give its fields defaults, or name an instance "
            f"instead of the class: write small = {found.__name__}(...) below it, and check {place}:small."
        )
    lacking = sorted(getattr(found, "__abstractmethods__", ()))
    if lacking:
        near = difflib.get_close_matches(lacking[0], vars(found), 1)
        meant = f" Is {near[0]!r} meant to be it?" if near else ""
        raise StudyError(f"{path} does not implement {', '.join(lacking)}.{meant}")
    try:
        return found()
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - its author may raise anything
        why = str(problem).rstrip(".")
        raise StudyError(
            f"{path} cannot be made without parameters. {why}. Name an instance instead of the class: "
            f"write mine = {found.__name__}(...) into {file}, and check {place}:mine."
        ) from None


def beside(part: Any) -> "tuple[AbstractDrive, ...]":
    """The drives of one's own that stand in the file of a scenario and can be made as they are."""
    from telos.core.parts import AbstractDrive, AbstractScenario

    module = sys.modules.get(type(part).__module__)
    if not isinstance(part, AbstractScenario) or module is None:
        return ()
    found = []
    for each in vars(module).values():
        mine = isinstance(each, type) and each.__module__ == module.__name__
        with contextlib.suppress(Exception):  # what cannot be made is told of when it is checked
            drive = each() if mine and issubclass(each, AbstractDrive) else each
            if isinstance(drive, AbstractDrive) and drive not in found:
                found.append(drive)
    return tuple(found)


def built(path: str) -> "tuple[AbstractScenario, World]":
    """The scenario that a path or a shipped name means, with its default parameters, and its world."""
    from telos.core.parts import AbstractScenario

    scenario = _part(path)
    if not isinstance(scenario, AbstractScenario):
        raise StudyError(
            f"--world: {path} is not a world. Name one, as in maze.py:Maze or PaperclipFactory."
        )
    from telos.runs.source import called

    return scenario, called(scenario.build, f"--world: {path}", None)
