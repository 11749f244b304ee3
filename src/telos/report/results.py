"""Results: the files of one result folder, read once and checked before anything is drawn."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError
from telos.report.sheet import REMEDY, first_line, read_sheet, with_numbers
from telos.report.words import part_text

if TYPE_CHECKING:
    import polars as pl

#: The version of `study.json` that this page understands.
SCHEMA = 1
TRIAL_COLUMNS = ("scenario", "family", "agent", "discount", "off")
RATES = (
    "required",
    "indifferent",
    "avoided",
    "propensity",
    "median_share",
    "mean_share",
    "chance_action",
    "chance_outcome",
    "max_bound",
)
INTERVALS = tuple(
    f"{rate}_{end}"
    for rate in ("required", "indifferent", "avoided", "propensity")
    for end in ("low", "high")
)
NEEDED_IN_SUMMARY = ("trial", "drive", "n", "required", "indifferent", "avoided")
NEEDED_IN_READINGS = ("trial", "drive", "category", "share")


@final
@dataclass(frozen=True)
class Trial:
    """One cell of a study: a world, a goal family, an agent, a discount and what holds the agent."""

    key: str
    scenario: str
    family: str
    agent: str
    discount: float
    off: str
    n_goals: int
    seed: str
    safeguards: str
    parts: tuple[str, ...]
    world: Mapping[str, Any]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """Everything the page may know.

    Args:
        folder: where the files lie.
        study: what was asked: name, question, and whatever else the study says of itself.
        provenance: versions, commit, machine, seconds.
        trials: the cells of the study, in the study's order; those of its dials are not among them.
        summary: one row per trial and drive, with the trial's columns joined on.
        readings: one row per trial, goal and drive; scanned, never loaded whole.
        illustrations: lives, POWER and exceptions; empty if none were made.
        failures: what could not be computed, in the run's own words.
        dials: what the study turns up step by step, as `study.json` says it.
        dialled: how many trials are there for the dials alone.
        rows: between which rows of the readings those of each trial lie.
    """

    folder: Path
    study: Mapping[str, Any]
    provenance: Mapping[str, Any]
    trials: tuple[Trial, ...]
    summary: "pl.DataFrame"
    readings: "pl.LazyFrame"
    illustrations: Mapping[str, Any]
    failures: tuple[str, ...] = ()
    dials: tuple[Mapping[str, Any], ...] = ()
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
    if not folder.is_dir():
        there = "is not a folder" if folder.exists() else "does not exist"
        raise StoreError(f"{folder} {there}. Name the folder that `telos run … --out` wrote.")
    record = _json(folder / "study.json")
    version = record.get("schema", record.get("format"))
    if version != SCHEMA:
        raise StoreError(
            f"{folder / 'study.json'} has format {version!r}, but this version of Telos reads "
            f"format {SCHEMA}. Make the report with the version that made the results."
        )
    if record.get("status") == "running":
        raise StoreError(
            f"{folder / 'study.json'} says that the run has not ended: it is at work, or was "
            f"stopped. {REMEDY}"
        )
    listed = [(_trial(raw), bool(raw.get("of_a_dial"))) for raw in record.get("trials") or []]
    trials = tuple(trial for trial, of_a_dial in listed if not of_a_dial)
    if not trials:
        raise StoreError(f"{folder / 'study.json'}: no trials are listed. {REMEDY}")
    readings = _readings(folder)
    rows = _rows(readings)
    every = tuple(trial for trial, _ in listed)
    summary = _summary(folder / "summary.csv", every)
    _check_complete(folder, every, summary, set(rows))
    summary = summary.filter(summary["trial"].is_in([trial.key for trial in trials]))
    illustrations = folder / "illustrations.json"
    return Results(
        folder=folder,
        study=record.get("study") or {},
        provenance={**(record.get("provenance") or {}), **_effort(record)},
        trials=trials,
        summary=summary,
        readings=readings,
        illustrations=_json(illustrations) if illustrations.exists() else {},
        failures=tuple(str(failure) for failure in record.get("failures") or ()),
        dials=tuple(dial for dial in record.get("dials") or () if isinstance(dial, dict)),
        dialled=len(every) - len(trials),
        rows=rows,
    )


def _effort(record: Mapping[str, Any]) -> dict[str, Any]:
    return {"seconds": record["seconds"]} if record.get("seconds") else {}


def _json(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{path} is missing. {REMEDY}") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise StoreError(f"{path} cannot be read ({problem}). {REMEDY}") from None
    except json.JSONDecodeError as problem:
        raise StoreError(
            f"{path} is half-written or not JSON (line {problem.lineno}: {problem.msg}). {REMEDY}"
        ) from None
    if not isinstance(found, dict):
        raise StoreError(f"{path} holds a {type(found).__name__}, not an object. {REMEDY}")
    return found


def _trial(raw: Mapping[str, Any]) -> Trial:
    parts = tuple(part_text(part) for part in raw.get("safeguards") or ())
    return Trial(
        key=str(raw.get("key", "")),
        scenario=part_text(raw.get("scenario", "?")),
        family=part_text(raw.get("family", "?")),
        agent=part_text(raw.get("agent", "?")),
        discount=float(raw.get("discount", float("nan"))),
        off=str(raw.get("off") or ""),
        n_goals=int(raw.get("n_goals") or 0),
        seed=str(raw.get("seed", "")),
        safeguards=" + ".join(parts),
        parts=parts,
        world=raw.get("world") or {},
    )


def _summary(path: Path, trials: tuple[Trial, ...]) -> "pl.DataFrame":
    import polars as pl

    table = read_sheet(path, NEEDED_IN_SUMMARY, former="key")
    for name in (*RATES, *INTERVALS, "reason", "convergence", "applicable"):
        if name not in table.columns:
            table = table.with_columns(pl.lit(None, dtype=pl.String).alias(name))
    table = with_numbers(
        path,
        table,
        pl.col("n").cast(pl.Float64).fill_null(0).cast(pl.Int64),
        *(pl.col(name).cast(pl.Float64) for name in (*RATES, *INTERVALS)),
        pl.col("reason").fill_null(""),
        pl.col("convergence").fill_null(""),
    )
    given = pl.col("applicable").str.to_lowercase()
    applies = pl.when(given.is_not_null()).then(given.is_in(["true", "1", "yes"]))
    of_trial = pl.DataFrame(
        [{"trial": t.key, **{c: getattr(t, c) for c in TRIAL_COLUMNS}} for t in trials]
    )
    return (
        table.with_columns(
            applies.otherwise((pl.col("n") > 0) & pl.col("required").is_not_null()).alias(
                "applicable"
            )
        )
        .drop([c for c in TRIAL_COLUMNS if c in table.columns])
        .join(of_trial, on="trial", how="inner", maintain_order="left")
    )


def _readings(folder: Path) -> "pl.LazyFrame":
    import polars as pl

    path = folder / "readings.parquet"
    if not path.exists():
        path = folder / "readings"
    if path.is_dir():
        pattern = path / "**" / "*.parquet"
        if not any(path.rglob("*.parquet")):
            raise StoreError(f"{path} holds no Parquet file. {REMEDY}")
    else:
        pattern = path
        if not path.exists():
            raise StoreError(f"{folder / 'readings.parquet'} is missing. {REMEDY}")
    try:
        table = pl.scan_parquet(str(pattern), glob=path.is_dir())
        columns = table.collect_schema().names()
        # A torn file keeps a readable schema only if its footer was written: touch one row.
        table.head(1).collect()
    except (OSError, pl.exceptions.PolarsError) as problem:
        raise StoreError(
            f"{path} is half-written or not Parquet ({first_line(problem)}). Delete it and run "
            "the command that made it again."
        ) from None
    missing = [name for name in NEEDED_IN_READINGS if name not in columns]
    if missing:
        raise StoreError(f"{path} lacks the columns {', '.join(missing)}. {REMEDY}")
    return table.with_columns(pl.col("trial").cast(pl.String), pl.col("category").cast(pl.String))


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
