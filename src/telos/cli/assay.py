"""telos assay: what a world's parameters are worth to each drive, and arms that move one drive alone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.arguments import look_here, share, whole_number
from telos.cli.assayed import ASSAY, check_free, write_assayed
from telos.cli.say import busy, count, make_folder, percent, print_table, say, towards, write_file
from telos.core.errors import UnknownName, did_you_mean
from telos.core.text import printable

if TYPE_CHECKING:
    from telos.assay import AssayQuestion
    from telos.core.assay import Assayed, Knob, Pair
    from telos.core.parts import AbstractDrive

#: Arms that are measured for each parameter, and for each drive as a rule.
FOR_A_KNOB, FOR_A_DRIVE = 3, 40
UNCERTIFIED = 1


def assay(
    world: Annotated[
        str,
        typer.Argument(metavar="WORLD", help="OpsDesk, 'OpsDesk(slow=0.2)', my_lab.worlds:Maze."),
    ],
    drive: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DRIVE", help="For which arms are wanted; may be repeated [the four]."
        ),
    ] = None,
    goals: Annotated[
        str, typer.Option(metavar="N", help="Goals of the first steps of the search.")
    ] = "100",
    fresh: Annotated[str, typer.Option(metavar="N", help="Fresh goals of a certificate.")] = "1000",
    discount: Annotated[
        str, typer.Option(metavar="G", help="Chance that it goes on after an action.")
    ] = "0.95",
    seed: Annotated[str, typer.Option(metavar="N", help="Names the goals.")] = "0",
    family: Annotated[
        str, typer.Option(metavar="FAMILY", help="Of the goals: Uniform, WorkOrders, my_lab:Mine.")
    ] = "Uniform",
    knob: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A parameter that may be turned; may be repeated [all]."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="DIR", help="Write what was found there."),
    ] = None,
) -> None:
    """Find arms between which one drive is worth more, and certify them on fresh goals.

    Exit code: 0 unless arms of a drive could be found and not certified (1), or bad input (2).
    """
    first, later = whole_number("--goals", goals, 20) or 0, whole_number("--fresh", fresh, 20) or 0
    number = whole_number("--seed", seed, 0) or 0
    chance = share("--discount", discount, 0.95, below_one=True)
    told: list[Callable[[int], None]] = [lambda _: None]
    with busy("reading the world"):
        from telos.assay import AssayQuestion
        from telos.llm.scenarios import family_named, scenario_named

        if ":" in f"{world}{family}{drive}":
            look_here()
        question = AssayQuestion(
            scenario_named(world),
            tuple(map(_drive, drive or ())),
            family_named(family),
            chance,
            first,
            later,
            number,
            knobs=tuple(knob or ()),
            step=lambda arms: told[-1](arms),
        )
    if out is not None:
        make_folder("--out", out)
        check_free(out)
    found = None
    for found in _followed(question, told):
        if out is not None:
            write_file("--out", out / ASSAY, found.model_dump_json(indent=1) + "\n")
        _say_news(found)
    if out is not None and found is not None:
        write_assayed(found, question.scenario, question.family, out)
    if found is not None and any(
        pair.verdict in ("one knob", "out of reach") for pair in found.pairs
    ):
        raise typer.Exit(UNCERTIFIED)


def _followed(question: "AssayQuestion", told: list[Callable[[int], None]]) -> "Iterator[Assayed]":
    """What is found, stage by stage, with a word on how far each stage is."""
    from telos.assay import assaying
    from telos.assay.parameters import parameters_of

    stages = assaying(question)
    with busy("measuring the world as it is"):
        found = next(stages)
    yield found
    arms = FOR_A_KNOB * len(parameters_of(question.scenario, question.knobs))
    what = "arms that turn one knob"
    while True:
        with towards(arms, what) as step:
            told.append(_up_to(arms, step))
            try:
                found = next(stages)
            except StopIteration:
                return
        yield found
        arms, what = FOR_A_DRIVE, f"arms, for drive {len(found.pairs) + 1}"


def _up_to(most: int, step: Callable[[int], None]) -> Callable[[int], None]:
    """A step that never goes beyond what was announced."""
    done = 0

    def told(arms: int) -> None:
        nonlocal done
        if done < most:
            done += arms
            step(arms)

    return told


def _drive(text: str) -> "AbstractDrive":
    """A shipped drive by its name, or one by a dotted path."""
    from telos.core.parts import AbstractDrive, part_name
    from telos.core.spec import resolve
    from telos.drives import DETECTORS, DRIVES

    known = {part_name(cls): cls for cls in (*DRIVES, *DETECTORS)}
    found = resolve(text) if ":" in text else known.get(text)
    made = found() if isinstance(found, type) and issubclass(found, AbstractDrive) else found
    if not isinstance(made, AbstractDrive):
        raise UnknownName(f"--drive: no drive {text!r:.80}. {did_you_mean(text, known)}")
    return made


def _say_news(found: "Assayed") -> None:
    """Print what a stage has found: the world, its knobs, or the arms of one drive."""
    if found.pairs:
        _say_pair(found.pairs[-1])
    elif found.knobs:
        _say_knobs(found.knobs, found.drives)
    else:
        shares = ", ".join(f"{name} {value:.1f}" for name, value in found.base.items())
        say(f"{printable(found.scenario)}, {printable(found.family)}, discount {found.discount:g}")
        say(f"Mean shares of the value range, in points: {shares or 'no drive can be told'}.")


def _say_knobs(knobs: "list[Knob]", drives: list[str]) -> None:
    say("\nFrom end to end, in points of the value range:\n")
    heads = ["knob", "value", "ends", *(name.replace("_", "\n") for name in drives), "V*", "side"]
    rows = [
        [
            one.name,
            f"{one.value:g}",
            f"{one.low:g} … {one.high:g}",
            *(f"{one.moves[name]:+.1f}" if one.moves else "" for name in drives),
            "" if one.value_moved is None else f"{one.value_moved:+.1f}",
            one.side,
        ]
        for one in knobs
    ]
    print_table(heads, rows, first=16)
    for one in knobs:
        if one.value_moved is None:
            say(f"{one.name} was left as it is: {printable(one.why)}")
    if any(one.side == "with" for one in knobs):
        say("\nwith: V* moves, so this knob gives or takes from those who have a drive, too.")


def _say_pair(pair: "Pair") -> None:
    say(f"\n{pair.drive}: {pair.verdict}. {printable(pair.why)}")
    if not pair.changes:
        return
    say(f"  low:  {_fields(pair.low)}\n  high: {_fields(pair.high)}\n")
    heads = ["drive", "low", "high", "change", "95 %", "p90", "core"]
    rows = [
        [
            one.drive,
            f"{one.share_low:.1f}",
            f"{one.share_high:.1f}",
            f"{one.estimate:+.2f}",
            f"{one.low:+.2f} {one.high:+.2f}",
            f"{one.p90:.1f}",
            "" if one.core is None else f"{one.core:+.2f}",
        ]
        for one in pair.changes
    ]
    print_table(heads, rows, first=22)
    _say_each(pair)
    for two in pair.advantages:
        if two.mean is not None:
            say(
                f"  {two.arm}, where {two.by} comes to: advantage {two.mean:+.1f}, tenths {two.q10:+.1f} and "
                f"{two.q90:+.1f}; {two.reached:.1f} decisions"
            )
    for dose, beside in zip(pair.now_or_never, pair.placebo, strict=True):
        signs = "/".join(percent(part) for part in (dose.positive, dose.zero, dose.negative))
        stands = {
            True: "clear of its placebo",
            False: "not clear of its placebo",
            None: "no placebo",
        }
        say(
            f"  {dose.arm}, now or never: positive/zero/negative for {signs} % of goals; "
            f"{stands[beside.accepted]}"
        )
    fresh = "" if pair.changes[0].each else "fresh "
    say(
        f"  {count(pair.goals, f'{fresh}goal')}, {count(pair.evaluations, 'arm')}, {pair.seconds:.0f} s"
    )


def _say_each(pair: "Pair") -> None:
    """Print the changes of a finite list, goal by goal."""
    if not pair.changes[0].each:
        return
    say()
    heads = ["goal", *(one.drive.replace("_", "\n") for one in pair.changes)]
    rows = [
        [label, *(f"{one.each[label] + 0.0:+.2f}" for one in pair.changes)]
        for label in pair.changes[0].each
    ]
    print_table(heads, rows, first=22)


def _fields(fields: dict[str, object]) -> str:
    return printable(", ".join(f"{name}={value!r}" for name, value in fields.items())) or "as it is"
