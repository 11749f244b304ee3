"""telos run: run a study, show its summary, write its report."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telos.cli.arguments import find_study, whole_number
from telos.cli.say import busy, say, warn
from telos.core.errors import Interrupted, StudyError

if TYPE_CHECKING:
    from telos.runs.opened import Results

#: What a shell reports of a command that a signal ended, less the signal's number; and that of Ctrl-C.
BY_SIGNAL, INTERRUPT = 128, 2
INCOMPLETE = 1


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
    if unmeasured or not results.complete:
        raise typer.Exit(INCOMPLETE)


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
    from telos.cli.table import print_summary
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
