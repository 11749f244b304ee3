"""telos play: one page on which anybody changes the goal, and sees what else is worth wanting."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.arguments import look_here, share, whole_number
from telos.cli.check import beside
from telos.cli.say import busy, check_place, in_turn, say, warn
from telos.core.errors import StoreError, StudyError, UnknownName, did_you_mean
from telos.core.files import plain_path, read_file
from telos.core.text import name_of
from telos.runs.files import draft_of

if TYPE_CHECKING:
    from telos.play.plan import Arm, Plan

#: How a page of ours begins, what stands near its beginning, and what it holds.
BEGIN, NEAR = b"<!doctype html>\n", 2_000
GENERATOR, DATA = b'<meta name="generator" content="Telos', b'id="telos-data"'
#: Bytes of a file that is looked at before it is written over.
MOST_READ = 10**6
FEWEST_GOALS, MOST_GOALS = 20, 100_000


def play(
    world: Annotated[
        str,
        typer.Argument(
            metavar="WORLD",
            help="factory, employee, off_switch, grid, desk; 'OpsDesk(slow=0.2)', maze.py:Maze.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="The page [WORLD.html].")
    ] = None,
    discount: Annotated[
        str | None, typer.Option(metavar="G", help="That of the story [0.95].")
    ] = None,
    goals: Annotated[
        str | None,
        typer.Option(metavar="N", help="On which the story rests [1000; 200 in a large world]."),
    ] = None,
    within: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Bounds that can be put up, a bounds file."),
    ] = None,
    binding: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the bounds mean in this world.")
    ] = None,
) -> None:
    """Write a page to play with: pick a goal, and see what its agent wants besides.

    One file that opens without a network. Worlds of up to 5,000 states.
    """
    count = whole_number("--goals", goals, FEWEST_GOALS)
    if count is not None and count > MOST_GOALS:
        raise StudyError(f"--goals: a story rests on at most {MOST_GOALS:,}. Write --goals 1000.")
    chance = share("--discount", discount, 0.95, below_one=True)
    if (within is None) != (binding is None):
        raise StudyError(
            "--within and --binding go together: name the bounds, and what they mean in this world."
        )
    target = Path(f"{_file_name(world)}.html") if out is None else out
    _check_free(target)
    with busy("reading the world"):
        from telos.play.made import made, steps_of
        from telos.play.page import write_page

        plan = _plan(world)
        plan = replace(plan, discount=chance, goals=count or plan.goals)
        if within is not None and binding is not None:
            plan = replace(plan, arms=(*plan.arms, _bounded(plan, within, binding)))
    with in_turn(steps_of(plan)) as told:
        record = made(plan, told)
    with busy("writing the page"):
        page = write_page(record, target)
    for one in record.left_out:
        warn(f"left out: {one.title}. {one.why}")
    say(f"{page}")


def _plan(text: str) -> "Plan":
    """The plan of a shipped page, or of any scenario that a text names."""
    from telos.llm.scenarios import scenario_named
    from telos.play.generic import plan_of
    from telos.play.made import check_size
    from telos.play.shipped import PLAYS
    from telos.runs.source import called
    from telos.worlds import WORLDS

    if text in PLAYS:
        return PLAYS[text]()
    if ":" in text:
        look_here()
    elif text.partition("(")[0].strip() not in {cls.__name__ for cls in WORLDS}:
        known = [*PLAYS, *(cls.__name__ for cls in WORLDS)]
        raise UnknownName(
            f"no page and no world {text!r:.80}. {did_you_mean(text, known)} A world of your own is named "
            "by its file or path, as in maze.py:Maze."
        )
    scenario = scenario_named(text)
    built = called(scenario.build, text, None)
    check_size(built)
    return plan_of(scenario, built, beside(scenario))


def _bounded(plan: "Plan", within: Path, binding: Path) -> "Arm":
    """The world within a bounds file; whatever does not fit is refused here, before anything is measured."""
    from telos.bounds.safeguard import Within
    from telos.play.placed import first_of, placed
    from telos.play.plan import under

    part = Within(str(within), str(binding))
    arm = under("bounds", f"within {name_of(within.name, 100)}", part)
    placed(arm, first_of(plan.scenario, plan.drives), plan.scenario, plan.drives)
    return arm


def _file_name(world: str) -> str:
    """The name of a file for a page: the last word of what names its world."""
    words = re.findall(r"\w+", world.partition("(")[0].rpartition(":")[2], re.ASCII)
    return words[-1][:60] if words else "play"


def _check_free(path: Path) -> None:
    """Raise StoreError if no page can be written there, or if it would replace what is not one of ours.

    Asked before the page is made, which may take minutes.
    """
    check_place("--out", path)
    remedy = "Name another file with -o."
    if os.path.lexists(path):
        try:
            found = read_file(path, most=MOST_READ, remedy=remedy)
        except (StoreError, FileNotFoundError):  # a folder, a pipe, a link that leads nowhere
            found = b""
        if not (found.startswith(BEGIN) and GENERATOR in found[:NEAR] and DATA in found):
            raise StoreError(
                f"--out: {path} is there already, and is not a page of telos play. {remedy}"
            )
    trial = draft_of(plain_path(path))
    try:
        trial.touch(exist_ok=False)
        trial.unlink()
    except OSError as problem:
        raise StoreError(
            f"--out: {path} cannot be written ({problem.strerror}). {remedy}"
        ) from None
