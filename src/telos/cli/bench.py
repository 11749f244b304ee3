"""telos bench: published measures and proposals compared on the same worlds, goals and agents."""

import csv
import io
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from telos.cli.arguments import whole_number
from telos.cli.say import busy, make_folder, print_table, say, towards, warn, write_file
from telos.core.errors import Interrupted, UnknownName, did_you_mean
from telos.core.text import cell as defused

if TYPE_CHECKING:
    from telos.core.benched import BenchRecord
    from telos.studies.bench import BenchOptions, BenchStudy
    from telos.studies.bench.units import Mapped, Unit

ROWS, SUMMARY, PAGE, PARTS = "rows.csv", "summary.json", "bench.html", "parts"
#: Letters of the first column of a table that stay in a line.
LABEL = 28
#: What a shell reports of a command that a signal ended, less the signal's number; and that of Ctrl-C.
BY_SIGNAL, INTERRUPT = 128, 2


def bench(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="measures, shutdown or displacement.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FOLDER", help="[bench/STUDY].")
    ] = None,
    worlds: Annotated[
        str | None,
        typer.Option(metavar="N", help="Random worlds beside the shipped ones [200; shutdown 0]."),
    ] = None,
    goals: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Goals a world; learners have their own [100; measures 64]."
        ),
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="S", help="Of worlds and goals [0].")] = None,
    jobs: Annotated[str | None, typer.Option(metavar="J", help="Processes [one a core].")] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Write a page too [yes].")] = True,
) -> None:
    """Compare what the field proposes, over many worlds. Stopped, the same command goes on.

    measures: which measure of power tells what agents do. shutdown: what each of seven proposals for
    agents that may be shut down keeps and loses. displacement: where a drive goes when it is forbidden.
    """
    with busy("loading"):
        from telos.runs.provenance import usable_cores
        from telos.studies.bench import BENCHES, BenchOptions
    known = {each.name: each for each in BENCHES}
    if study not in known:
        raise UnknownName(f"no study {study!r:.60} of the bench. {did_you_mean(study, known)}")
    chosen = known[study]
    asked = [whole_number("--worlds", worlds, 0), whole_number("--goals", goals, 2)]
    options = BenchOptions(
        chosen.worlds if asked[0] is None else asked[0],
        chosen.goals if asked[1] is None else asked[1],
        whole_number("--seed", seed, 0) or 0,
    )
    processes = whole_number("--jobs", jobs, 1) or usable_cores()
    folder = out or Path("bench") / study
    make_folder("--out", folder)
    given = {"--worlds": worlds, "--goals": goals, "--seed": seed, "--jobs": jobs, "--out": out}
    told = [f"{word}" for pair in given.items() if pair[1] is not None for word in pair]
    command = shlex.join(["telos", "bench", study, *told, *([] if page else ["--no-page"])])
    warn(f"{chosen.question}\n")
    with busy("laying out the worlds"):
        units = chosen.units(options)
    found = _computed(chosen, units, folder, processes, command)
    _finish(chosen, options, units, found, folder, page=page)


def _computed(
    chosen: "BenchStudy", units: "Sequence[Unit]", folder: Path, jobs: int, command: str
) -> "Mapped":
    """The rows of all units; stopped, says what is kept and how to go on."""
    from telos.studies.bench.units import mapped

    done = 0
    try:
        with towards(len(units), "units of work") as step:

            def count(n: int) -> None:
                nonlocal done
                done += n
                step(n)

            return mapped(
                units, chosen.work, folder / PARTS, code=chosen.code, jobs=jobs, step=count
            )
    except (KeyboardInterrupt, Interrupted) as stop:
        warn(
            f"\nstopped; {done} of {len(units)} units of work are kept in {folder}. To go on:\n\n"
            f"    {command}\n"
        )
        raise typer.Exit(BY_SIGNAL + getattr(stop, "by", INTERRUPT)) from None


def _finish(
    chosen: "BenchStudy",
    options: "BenchOptions",
    units: "Sequence[Unit]",
    found: "Mapped",
    folder: Path,
    *,
    page: bool,
) -> None:
    """Write the rows, the summary and the page, and print the tables."""
    from importlib.metadata import version

    from telos.core.benched import BenchRecord

    again = ["telos", "bench", chosen.name, "--worlds", options.worlds, "--goals", options.goals]
    with busy("summing up"):
        record = BenchRecord(
            bench=chosen.name,
            question=chosen.question,
            summary=chosen.summarize(found.rows, options),
            worlds=options.worlds,
            goals=options.goals,
            seed=options.seed,
            units=len(units),
            rows=len(found.rows),
            code=chosen.code,
            telos=version("telos-lab"),
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            command=shlex.join(map(str, [*again, "--seed", options.seed])),
        )
    write_file("--out", folder / ROWS, rows_as_csv(found.rows))
    write_file("--out", folder / SUMMARY, record.model_dump_json(indent=1) + "\n")
    _show(record)
    say(
        f"\n{len(units)} units of work, {found.kept} of them were there already.\n{folder / SUMMARY}"
    )
    if page:
        with busy("drawing the page"):
            from telos.report.benched import write_bench_page

            say(f"{write_bench_page(record, folder / PAGE)}")


def rows_as_csv(rows: "Sequence[dict[str, Any]]") -> str:
    """All rows as CSV, under every name that some row has.

    Args:
        rows: as units gave them.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(map(defused, names))
    for row in rows:
        lines.writerow([_told(row.get(name)) for name in names])
    return text.getvalue()


def _told(value: Any) -> Any:
    return defused(value) if isinstance(value, str) else value


def _show(record: "BenchRecord") -> None:
    from telos.report.benched import bench_cells

    for each in record.summary.tables:
        if not each.folded:
            say(f"\n{each.title}" + (f"\n{each.note}" if each.note else ""))
            heads, rows = bench_cells(each)
            if not rows:
                say("none")
                continue
            print_table(heads, rows, first=min(LABEL, max(len(row[0]) for row in rows)))
    say()
    for first, text in record.summary.notes:
        say(f"{first}: {text}")
    say(f"\n{record.summary.headline}")
    for text in record.summary.warnings:
        warn(text)
