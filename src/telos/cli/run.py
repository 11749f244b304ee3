"""telos run: run a study, show its summary, write its report."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.arguments import catalog, find_study, whole_number
from telos.cli.conditions import Condition, read_conditions, tell_met
from telos.cli.say import busy, say, warn
from telos.core.errors import Interrupted, StudyError
from telos.core.parts import part_name

if TYPE_CHECKING:
    import polars

    from telos.runs.opened import Results
    from telos.runs.study import Study

#: What a shell reports of a command that a signal ended, less the signal's number; and that of Ctrl-C.
BY_SIGNAL, INTERRUPT = 128, 2
INCOMPLETE = 1
#: The column of the summary that each quantity of a condition is in.
COLUMN_OF = {"required": "required", "done": "deed_least", "upper": "required_high"}


def run(
    study: Annotated[str, typer.Argument(help="A shipped study or a study file.")],
    goals: Annotated[str | None, typer.Option(metavar="N", help="Goals of each trial.")] = None,
    seed: Annotated[str | None, typer.Option(metavar="K", help="Names the goals.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Result folder [results/STUDY].")
    ] = None,
    jobs: Annotated[str | None, typer.Option(metavar="J", help="Processes [one a core].")] = None,
    on: Annotated[
        str | None,
        typer.Option(metavar="ENGINE", help="ray, ray://HOST:PORT, slurm, slurm:time=30 [local]."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="What solves: cpu or gpu [cpu].")
    ] = None,
    controls: Annotated[
        str | None, typer.Option(metavar="N", help="Goals of each arm's controls [100].")
    ] = None,
    no_controls: Annotated[
        bool, typer.Option("--no-controls", help="Rates and shares without their controls.")
    ] = False,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if", metavar="CONDITION", help='End with 1 if so: "DRIVE[.done|.upper] > 0.1".'
        ),
    ] = None,
) -> None:
    """Run a study; what the result folder already holds of it is kept."""
    from telos.cli.table import never_pursuable
    from telos.report.page import write_report
    from telos.runs.run import run as run_study
    from telos.solve.device import named_device, set_device

    goals_, seed_ = whole_number("--goals", goals, 1), whole_number("--seed", seed, 0)
    jobs_ = whole_number("--jobs", jobs, 1)
    controls_ = _controls(controls, without=no_controls)
    set_device(named_device(device or "cpu"))
    chosen = find_study(study).with_(goals=goals_, seed=seed_, controls=controls_)
    conditions = read_conditions(fail_if or [], _drive_names(chosen))
    folder = out or Path("results") / chosen.name
    try:
        warn(f"{chosen.question}\n")
        results = run_study(chosen, folder, jobs=jobs_, on=on or "local")
        with busy("drawing the page"):
            page = write_report(results.folder)
    except (KeyboardInterrupt, Interrupted) as asked:
        again = [study, *_given("--goals", goals), *_given("--seed", seed)]
        again += [*_given("--out", out), *_given("--jobs", jobs), *_given("--on", on)]
        again += [*_given("--device", device), *_given("--controls", controls)]
        again += ["--no-controls"] if no_controls else []
        again += [word for text in fail_if or [] for word in ("--fail-if", text)]
        warn(
            f"\nstopped; every finished chunk is kept in {folder}. To go on:\n\n"
            f"    telos run {shlex.join(again)}\n"
        )
        raise typer.Exit(BY_SIGNAL + getattr(asked, "by", INTERRUPT)) from None
    _show(results)
    say(f"\nThe report: {page}")
    unmeasured = never_pursuable(results.summary())
    for drive in unmeasured:
        warn(f"not measured: {drive.replace('_', ' ')}: no reachable pair of any world pursues it")
    for failure in results.failures:
        warn(f"not computed: {failure}")
    met = tell_met(conditions, lambda each: _measured(results.summary(), each))
    if met or unmeasured or not results.complete:
        raise typer.Exit(INCOMPLETE)


def _drive_names(study: "Study") -> set[str]:
    """What a condition may name: every drive that is shipped, and those of the study."""
    return {part_name(drive) for drive in (*catalog("drives"), *study.drives)}


def _measured(summary: "polars.DataFrame", condition: Condition) -> dict[str, float | None]:
    """What a condition asks for, by the arm; None where some goal could not be decided."""
    found = {}
    for row in summary.filter(drive=condition.name).filter("applicable").iter_rows(named=True):
        named = [row[name] for name in ("scenario", "family", "agent", "discount", "safeguards")]
        value = row[COLUMN_OF[condition.quantity]]
        found[", ".join(str(each) for each in named if each not in (None, ""))] = (
            None if row["unresolved"] else value
        )
    return found


def _controls(asked: str | None, *, without: bool) -> int | None:
    """Goals of each arm's controls; None: as the study says."""
    if without and asked is not None:
        raise StudyError("--controls and --no-controls: give one of them.")
    return 0 if without else whole_number("--controls", asked, 0)


def _given(option: str, value: object) -> list[str]:
    return [] if value is None else [option, str(value)]


def _show(results: "Results") -> None:
    from telos.cli.controls import print_controls
    from telos.cli.safeguards import print_displacement
    from telos.cli.sweeps import print_onsets, without_sweeps
    from telos.cli.table import print_chances, print_summary
    from telos.core.record import read_record

    asked = results.computed + results.kept
    say(f"{asked} chunks, {results.kept} of them were there already; {results.seconds:.0f} s.\n")
    summary, onsets, controls = results.summary(), results.onsets(), results.controls()
    if onsets is not None:
        summary = without_sweeps(summary, results.folder)
    controlled = controls is not None and len(controls) > 0
    print_summary(summary, required=not controlled)
    if controls is not None and controlled:
        print_controls(summary, controls, read_record(results.folder))
    _say_estimates(results.folder)
    chances = results.chances()
    if chances is not None:
        print_chances(chances)
    if onsets is not None:
        print_onsets(onsets)
    displaced, prices = results.displacement(), results.prices()
    if displaced is not None and prices is not None:
        trials = read_record(results.folder).trials
        print_displacement(displaced, prices, trials)


def _say_estimates(folder: Path) -> None:
    """Which worlds' chances are estimates: the numbers above are exact for these alone."""
    from telos.core.record import read_record

    trials = read_record(folder).trials
    for label, text in {t.scenario.label: t.world.estimated for t in trials}.items():
        if text:
            say(f"\n{label}: {text}")
