"""Results: the files of one result folder, read once and checked before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.core.files import plain_path, read_file
from telos.core.illustrations import Illustrations
from telos.core.model import checked
from telos.core.record import (
    ControlEntry,
    Provenance,
    Record,
    StudyEntry,
    SweepEntry,
    TrialEntry,
    read_record,
)
from telos.core.tables import fits, read_csv
from telos.core.text import printable
from telos.report.columns import ONSETS, REMOVAL_TABLE, SWEEP, SWEEPS

if TYPE_CHECKING:
    import polars as pl

Trial = TrialEntry
Row = Mapping[str, Any]
REMEDY = "Run the command that made it again: what is missing is computed, what is there is kept."
MOST_ILLUSTRATIONS = 256 * 2**20


@final
@dataclass(frozen=True, eq=False, repr=False)
class Recorded:
    """Everything the page may know.

    Args:
        folder: where the files lie.
        study: what was asked. provenance: versions, commit, machine. seconds: of computing.
        trials: the cells of the study, in its order, without those of its sweeps.
        summary: one row per trial and drive, with the trial's columns joined on.
        readings: one row per trial, goal and drive; scanned, never loaded whole.
        illustrations: rollouts, POWER and exceptions; empty if none were made.
        failures: what could not be computed, in the run's own words.
        sweeps: what the study varies level by level, as `study.json` says it.
        swept: how many trials are there for the sweeps alone.
        tables: the rows of each further table that the study has, by name.
        controls: which arms have controls, and how many goals of each.
    """

    folder: Path
    study: StudyEntry
    provenance: Provenance
    seconds: float
    trials: tuple[Trial, ...]
    summary: "pl.DataFrame"
    readings: "pl.LazyFrame"
    illustrations: Illustrations
    failures: tuple[str, ...] = ()
    sweeps: tuple[SweepEntry, ...] = ()
    swept: int = 0
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    controls: tuple[ControlEntry, ...] = ()

    @cached_property
    def _by_trial(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.summary.iter_rows(named=True):
            found.setdefault(row["trial"], []).append(row)
        return found

    def of_trial(self, key: str) -> list[Row]:
        """The rows of the summary of one trial, a drive each."""
        return self._by_trial.get(key, [])

    @cached_property
    def prices(self) -> dict[str, Row]:
        """By trial under safeguards, its row of `safeguards.csv`."""
        return {row["trial"]: row for row in self.tables.get("safeguards", ())}

    @cached_property
    def controlled(self) -> Mapping[tuple[str, str], Row]:
        """By trial and drive, its row of `controls.csv`."""
        return {(row["trial"], row["drive"]): row for row in self.tables.get("controls", ())}

    def control_of(self, trial: Trial) -> tuple[str, int]:
        """The trial by which the controls of a trial's arm go, and their goals; "" and 0 without any."""
        for control in self.controls:
            if trial.key in control.trials:
                return control.trial, control.n_goals
        return "", 0

    def trial(self, key: str) -> Trial | None:
        """The trial with this key, if the study lists it."""
        return next((trial for trial in self.trials if trial.key == key), None)


def read_results(folder: Path) -> Recorded:
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
    summary = _summary(folder / "summary.csv", record.trials)
    read = set(readings.select("trial").unique().collect(engine="streaming")["trial"].to_list())
    _check_complete(folder, record.trials, summary, read)
    summary = summary.filter(summary["trial"].is_in([trial.key for trial in trials]))
    return Recorded(
        folder=folder,
        study=record.study,
        provenance=record.provenance,
        seconds=record.seconds,
        trials=trials,
        summary=summary,
        readings=readings,
        illustrations=_illustrations(folder / "illustrations.json"),
        failures=record.failures,
        sweeps=record.sweeps,
        swept=len(record.trials) - len(trials),
        tables={
            **_sweep_tables(folder, record.sweeps),
            **_safeguard_tables(folder, trials, summary),
            **_control_tables(folder, record),
            **_optional(folder, record, "magnitude"),
            **_optional(folder, record, "chances"),
        },
        controls=record.controls,
    )


def _illustrations(path: Path) -> Illustrations:
    try:
        data = read_file(path, most=MOST_ILLUSTRATIONS, remedy=REMEDY)
    except FileNotFoundError:
        return Illustrations()
    return checked(Illustrations, data, path, REMEDY)


def _safeguard_tables(
    folder: Path, trials: tuple[Trial, ...], summary: "pl.DataFrame"
) -> dict[str, tuple[Row, ...]]:
    """The tables of the trials under safeguards, checked to be whole; none where there are none."""
    applied = set(summary.filter(summary["applicable"])["trial"].to_list())
    guarded = {trial.key for trial in trials if trial.safeguards} & applied
    if not guarded:
        return {}
    found = {name: _rows(folder, name) for name in ("displacement", "safeguards", REMOVAL_TABLE)}
    for name, rows in found.items():
        absent = guarded - {row["trial"] for row in rows}
        if absent:
            raise StoreError(
                f"{folder / name}.csv: {len(absent)} of {len(guarded)} trials under safeguards "
                f"are missing (the first is {min(absent)}). {REMEDY}"
            )
    return found


def _sweep_tables(folder: Path, sweeps: tuple[SweepEntry, ...]) -> dict[str, tuple[Row, ...]]:
    """The tables of the sweeps, checked to hold every level and drive; none where there are none."""
    if not sweeps:
        return {}
    rows, begun = _rows(folder, SWEEPS), _rows(folder, ONSETS)
    for sweep in sweeps:
        mine = [row for row in rows if (row[SWEEP], row["where"]) == (sweep.name, sweep.where)]
        asked = [setting.level for setting in sweep.settings]
        levels: dict[str, list[float]] = {}
        for row in mine:
            levels.setdefault(row["drive"], []).append(row["level"])
        odd = next((drive for drive, given in levels.items() if given != asked), None)
        if odd or not levels:
            what = f"levels of {odd} in the sweep" if odd else "the sweep"
            raise StoreError(
                f"{folder / SWEEPS}.csv lacks {what} {sweep.name!r} {sweep.where}. {REMEDY}"
            )
        absent = set(levels) - {
            row["drive"] for row in begun if (row[SWEEP], row["where"]) == (sweep.name, sweep.where)
        }
        if absent:
            raise StoreError(
                f"{folder / ONSETS}.csv lacks {min(absent)} in the sweep {sweep.name!r} {sweep.where}. "
                f"{REMEDY}"
            )
    return {SWEEPS: rows, ONSETS: begun}


def _control_tables(folder: Path, record: Record) -> dict[str, tuple[Row, ...]]:
    """The tables of the controls, checked to be of this study and whole; none where there are none."""
    if not record.controls:
        return {}
    found = {name: _rows(folder, name) for name in ("controls", "acts")}
    listed = {control.trial: control for control in record.controls}
    for name, rows in found.items():
        odd = next((row for row in rows if row["trial"] not in listed), None)
        if odd is not None:
            raise StoreError(
                f"{folder / name}.csv tells of trial {odd['trial']:.20}, of which the study has no "
                f"controls. {REMEDY}"
            )
    absent = set(listed) - {row["trial"] for row in found["controls"]}
    if absent and not record.failures:
        raise StoreError(
            f"{folder / 'controls'}.csv: the controls of {len(absent)} of {len(listed)} arms are "
            f"missing (the first is {min(absent)}). {REMEDY}"
        )
    return found


def _optional(folder: Path, record: Record, name: str) -> dict[str, tuple[Row, ...]]:
    """A table that not every study has, of trials that the study lists; none where there is none."""
    if not (folder / f"{name}.csv").exists():
        return {}
    rows, listed = _rows(folder, name), {trial.key for trial in record.trials}
    if any(row["trial"] not in listed for row in rows):
        raise StoreError(f"{folder / name}.csv tells of trials of another study. {REMEDY}")
    return {name: rows}


def _rows(folder: Path, name: str) -> tuple[Row, ...]:
    return tuple(read_csv(folder / f"{name}.csv", name, REMEDY).to_dicts())


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
