"""Results: the files of one result folder, read once and checked before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.core.files import plain_path, read_file
from telos.core.illustrations import Illustrations
from telos.core.model import checked
from telos.core.record import Provenance, StudyEntry, SweepEntry, TrialEntry, read_record
from telos.core.tables import fits, read_csv
from telos.core.text import printable

if TYPE_CHECKING:
    import polars as pl

Trial = TrialEntry
REMEDY = "Run the command that made it again: what is missing is computed, what is there is kept."
MOST_ILLUSTRATIONS = 256 * 2**20


@final
@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Everything the page may know.

    Args:
        folder: where the files lie.
        study: what was asked. provenance: versions, commit, machine. seconds: of computing.
        trials: the cells of the study, in the study's order; those of its dials are not among them.
        summary: one row per trial and drive, with the trial's columns joined on.
        readings: one row per trial, goal and drive; scanned, never loaded whole.
        illustrations: lives, POWER and exceptions as plain data, checked; empty if none were made.
        failures: what could not be computed, in the run's own words.
        dials: what the study turns up step by step, as `study.json` says it.
        dialled: how many trials are there for the dials alone.
        rows: between which rows of the readings those of each trial lie.
    """

    folder: Path
    study: StudyEntry
    provenance: Provenance
    seconds: float
    trials: tuple[Trial, ...]
    summary: "pl.DataFrame"
    readings: "pl.LazyFrame"
    illustrations: Mapping[str, Any]
    failures: tuple[str, ...] = ()
    dials: tuple[SweepEntry, ...] = ()
    dialled: int = 0
    rows: Mapping[str, range] = field(default_factory=dict)

    def trial(self, key: str) -> Trial | None:
        """The trial with this key, if the study lists it."""
        return next((trial for trial in self.trials if trial.key == key), None)


def read_results(folder: Path) -> Results:
    """Read and check a result folder.

    Raises:
        StoreError: naming the file that is missing, half-written or unreadable, and the remedy.
    """
    folder = plain_path(folder)
    record = read_record(folder)
    if record.status == "running":
        raise StoreError(
            f"{folder / 'study.json'} says that the run has not ended: it is at work, or was "
            f"stopped. {REMEDY}"
        )
    trials = tuple(trial for trial in record.trials if not trial.of_a_sweep)
    if not trials:
        raise StoreError(f"{folder / 'study.json'}: all trials belong to sweeps. {REMEDY}")
    readings = _readings(folder)
    rows = _rows(readings)
    summary = _summary(folder / "summary.csv", record.trials)
    _check_complete(folder, record.trials, summary, set(rows))
    summary = summary.filter(summary["trial"].is_in([trial.key for trial in trials]))
    return Results(
        folder=folder,
        study=record.study,
        provenance=record.provenance,
        seconds=record.seconds,
        trials=trials,
        summary=summary,
        readings=readings,
        illustrations=_illustrations(folder / "illustrations.json"),
        failures=record.failures,
        dials=record.sweeps,
        dialled=len(record.trials) - len(trials),
        rows=rows,
    )


def _illustrations(path: Path) -> dict[str, Any]:
    try:
        data = read_file(path, most=MOST_ILLUSTRATIONS, remedy=REMEDY)
    except FileNotFoundError:
        return {}
    return checked(Illustrations, data, path, REMEDY).model_dump()


def _summary(path: Path, trials: tuple[Trial, ...]) -> "pl.DataFrame":
    """The summary; what it calls a trial is what the record calls it."""
    table = read_csv(path, "summary", REMEDY)
    labels = {trial.key: tuple(trial.labels().values()) for trial in trials}
    said = table.select(*trials[0].labels()).unique().rows()
    odd = next((row[0] for row in said if row[0] in labels and labels[row[0]] != row), None)
    if odd is not None:
        raise StoreError(f"{path} calls trial {odd} other than study.json does. {REMEDY}")
    return table.filter(table["trial"].is_in(list(labels)))


def _readings(folder: Path) -> "pl.LazyFrame":
    import polars as pl

    path = folder / "readings.parquet"
    if not path.is_file():
        raise StoreError(f"{path} is missing. {REMEDY}")
    try:
        table = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        fits("readings", table, path, REMEDY)
        # A torn file keeps a readable schema only if its footer was written: touch one row.
        table.head(1).collect()
    except StoreError:
        raise
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise StoreError(
            f"{path} is half-written or not Parquet ({first_line(problem)}). Delete it and run "
            "the command that made it again."
        ) from None
    return table


def first_line(problem: Exception) -> str:
    """What went wrong, short enough for a message."""
    return printable(str(problem).strip().split("\n")[0], keep="")[:160]


def _rows(readings: "pl.LazyFrame") -> dict[str, range]:
    """For each trial the rows from its first to its last, in one pass."""
    import polars as pl

    row = pl.col("row")
    places = readings.select("trial").with_row_index("row").group_by("trial")
    found = places.agg(row.min().alias("first"), row.max().alias("last"))
    table = found.collect(engine="streaming")
    return {trial: range(first, last + 1) for trial, first, last in table.iter_rows()}


def _check_complete(
    folder: Path, trials: tuple[Trial, ...], summary: "pl.DataFrame", read: set[str]
) -> None:
    listed = {trial.key for trial in trials}
    absent = listed - set(summary["trial"].to_list())
    if absent:
        raise StoreError(
            f"{folder / 'summary.csv'}: {len(absent)} of {len(listed)} trials are missing "
            f"(the first is {min(absent)}). {REMEDY}"
        )
    import polars as pl

    empty = set(summary.filter(pl.col("applicable"))["trial"].to_list()) - read
    if empty:
        raise StoreError(
            f"{folder / 'readings.parquet'}: {len(empty)} of {len(listed)} trials have no readings "
            f"(the first is {min(empty)}). {REMEDY}"
        )
