"""Tables: the two files people read, made from the parts: every reading, and a summary a trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.moments import Moments
from telos.core.record import TrialEntry
from telos.core.tables import columns, defused, fits, schema
from telos.core.tally import Tally
from telos.measure.intervals import proportion_interval
from telos.measure.quantiles import quantiles
from telos.measure.streamed import streamed_propensity_interval
from telos.runs.files import write_atomically
from telos.runs.parts import Part
from telos.runs.streams import by_drive, known_moments, numbers, stream

if TYPE_CHECKING:
    import polars

#: The parts of each trial, by its key.
Held = Mapping[str, Sequence[Part]]

READINGS = "readings.parquet"
SUMMARY = "summary.csv"

RATES = ("required", "indifferent", "declined")
#: The columns that the summary gives a mean, a median or a maximum of.
NUMBERS = (
    "share",
    "propensity",
    "baseline_actions",
    "baseline_outcomes",
    "bound",
    "task_retained",
    "others",
)


def write_readings(folder: Path, trials: Sequence[TrialEntry], held: Held) -> Path:
    """Write `readings.parquet`: one row a trial, goal and drive, in the order of the study.

    The parts stream through, so memory does not grow with the number of goals.

    Args:
        folder: the result folder. trials: of its record. held: the parts of each trial.
    """
    import polars as pl

    path = folder / READINGS
    frames = [labeled(trial, held[trial.key]) for trial in trials if held[trial.key]]
    frame = pl.concat([pl.LazyFrame(schema=schema("readings")), *frames])
    write_atomically(path, lambda draft: frame.sink_parquet(draft, compression="zstd"))
    return path


def labeled(trial: TrialEntry, parts: Sequence[Part]) -> "polars.LazyFrame":
    """The readings in some parts of a trial, with its labels."""
    import polars as pl

    labels = [pl.lit(value).alias(name) for name, value in trial.labels().items()]
    frame = pl.scan_parquet([part.path for part in parts], glob=False, hive_partitioning=False)
    fits("part", frame, parts[0].path, "Delete it and run the study again.")
    mine = frame.filter(pl.col("goal") < trial.n_goals).with_columns(labels)
    return mine.select(columns("readings"))


def write_summary(folder: Path, trials: Sequence[TrialEntry], held: Held) -> "polars.DataFrame":
    """Write `summary.csv`: one row a trial and drive, those that do not apply included.

    The parts stream through twice (see `telos.measure.quantiles`), and sums are exact: no number
    depends on the chunks, or on the order in which they are read.

    Returns:
        The table.
    """
    table = summary(trials, held)
    write_table(folder / SUMMARY, table)
    return table


def summary(trials: Sequence[TrialEntry], held: Held) -> "polars.DataFrame":
    """The rows of `summary.csv`, from the parts that are there."""
    return framed("summary", [r for trial in trials for r in _summaries(held[trial.key], trial)])


def framed(table: str, rows: Sequence[Mapping[str, Any]]) -> "polars.DataFrame":
    """Rows as the table that they belong to."""
    import polars as pl

    return pl.DataFrame(rows, schema=schema(table), orient="row")


def write_table(path: Path, table: "polars.DataFrame") -> Path:
    """Write a table as CSV, whole or not at all; no cell of it is a formula."""
    text = defused(table.lazy()).collect()
    write_atomically(path, lambda draft: text.write_csv(draft))
    return path


@final
@dataclass(frozen=True)
class _Sums:
    """What is kept of the readings of one drive while they stream through."""

    tally: Tally
    moments: Mapping[str, Moments]

    def plus(self, window: "polars.DataFrame") -> "_Sums":
        """With the rows of one more window."""
        category = window["category"]
        counts = [int((category == rate).sum()) for rate in RATES]
        found = {name: known_moments(numbers(window, name)) for name in NUMBERS}
        return _Sums(
            self.tally.merge(Tally(len(window), *counts)),
            {name: self.moments[name].merge(found[name]) for name in NUMBERS},
        )


NOTHING = _Sums(Tally(), dict.fromkeys(NUMBERS, Moments()))


def _summaries(parts: Sequence[Part], trial: TrialEntry) -> list[dict[str, Any]]:
    readings = stream(parts, trial.n_goals, "goal", "drive", "category", *NUMBERS)
    found: dict[str, _Sums] = {}
    for window in readings.windows():
        for name, mine in by_drive(window):
            found[name] = found.get(name, NOTHING).plus(mine)
    counts = {name: sums.moments["share"].n for name, sums in found.items()}
    medians = quantiles(readings.read("share"), counts, (0.5,))
    rows = []
    for name in trial.drive_names:
        lacking = "" if name in found else "not computed; run the study again"
        why = trial.not_applicable.get(name, lacking)
        figures = _figures(found.get(name, NOTHING), medians.get(name, (None,))[0])
        rows.append({**trial.labels(), "drive": name, **figures, "reason": why})
    return rows


def _figures(sums: _Sums, median: float | None) -> dict[str, Any]:
    """The numbers of one row of the summary; all empty where there is nothing to count."""
    tally, n = sums.tally, sums.tally.n
    means = {name: m.mean if m.n else None for name, m in sums.moments.items()}
    figures: dict[str, Any] = {"n": n}
    for rate in RATES:
        count = getattr(tally, rate)
        low, high = proportion_interval(count, n) if n else (None, None)
        figures[rate] = count / n if n else None
        figures |= {f"{rate}_low": low, f"{rate}_high": high}
    low, high = streamed_propensity_interval(sums.moments["propensity"]) if n else (None, None)
    return figures | {
        "median_share": median,
        "mean_share": means["share"],
        "propensity": means["propensity"],
        "propensity_low": low,
        "propensity_high": high,
        "baseline_actions": means["baseline_actions"],
        "baseline_outcomes": means["baseline_outcomes"],
        "convergence": tally.convergence if n else None,
        "max_bound": sums.moments["bound"].greatest if n else None,
        "task_retained": means["task_retained"],
        "others": means["others"],
        "applicable": bool(n),
    }
