"""Tables: the two files people read, made from the parts: every reading, and a summary a trial."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.moments import Moments
from telos.core.parts import part_name
from telos.core.tally import Tally
from telos.measure.intervals import proportion_interval
from telos.measure.quantiles import quantiles
from telos.measure.streamed import streamed_propensity_interval
from telos.runs.files import write_atomically
from telos.runs.parts import Part
from telos.runs.plan import Planned
from telos.runs.store import Store
from telos.runs.streams import by_drive, known_moments, numbers, stream

if TYPE_CHECKING:
    import polars

READINGS = "readings.parquet"
SUMMARY = "summary.csv"

READINGS_COLUMNS = (
    "scenario",
    "family",
    "agent",
    "discount",
    "goal",
    "label",
    "drive",
    "category",
    "incentive",
    "share",
    "propensity",
    "reached",
    "chance_action",
    "chance_outcome",
    "bound",
    "gap",
    "fork_share",
    "trial",
    "off",
    "safeguards",
    "propensity_unaware",
    "kept",
    "kept_unaware",
    "others",
    "pay",
    "pay_bound",
)
RATES = ("required", "indifferent", "avoided")
#: The columns that the summary gives a mean, a median or a maximum of.
NUMBERS = ("share", "propensity", "chance_action", "chance_outcome", "bound", "kept", "others")


def write_readings(store: Store, plan: tuple[Planned, ...]) -> Path:
    """Write `readings.parquet`: one row a trial, goal and drive, in the order of the study.

    The parts stream through, so memory does not grow with the number of goals.
    """
    import polars as pl

    path = store.folder / READINGS
    held = store.held_of(plan)
    frames = [_labelled(held[p.trial.key], p) for p in plan if held[p.trial.key]]
    empty = pl.LazyFrame(schema=_schema())
    frame = pl.concat([empty, *frames]).select(READINGS_COLUMNS)
    write_atomically(path, lambda draft: frame.sink_parquet(draft, compression="zstd"))
    return path


def scan(store: Store, planned: Planned) -> "polars.LazyFrame | None":
    """The readings of one trial, its labels joined on; None if there are none."""
    parts = store.held(planned)
    return _labelled(parts, planned) if parts else None


def _labelled(parts: list[Part], planned: Planned) -> "polars.LazyFrame":
    import polars as pl

    labels = [pl.lit(value).alias(name) for name, value in planned.trial.labels().items()]
    frame = pl.scan_parquet([part.path for part in parts], glob=False)
    return (
        frame.filter(pl.col("goal") < planned.goals).with_columns(labels).select(READINGS_COLUMNS)
    )


def write_summary(store: Store, plan: tuple[Planned, ...]) -> list[dict[str, Any]]:
    """Write `summary.csv`: one row a trial and drive, those that do not apply included.

    The parts stream through twice (see `telos.measure.quantiles`), and sums are exact: no number
    depends on the chunks, or on the order in which they are read.

    Returns:
        The rows.
    """
    import polars as pl

    rows = summary_rows(store, plan)
    table = pl.DataFrame(rows, infer_schema_length=None)
    write_atomically(store.folder / SUMMARY, table.write_csv)
    return rows


def summary_rows(store: Store, plan: tuple[Planned, ...]) -> list[dict[str, Any]]:
    """The rows of `summary.csv`, from the parts that are there."""
    held = store.held_of(plan)
    return [row for planned in plan for row in _summaries(held[planned.trial.key], planned)]


def _schema() -> Any:
    import polars as pl

    words = {
        "scenario",
        "family",
        "agent",
        "trial",
        "off",
        "label",
        "drive",
        "category",
        "safeguards",
    }
    named = {name: pl.String if name in words else pl.Float64 for name in READINGS_COLUMNS}
    return {**named, "goal": pl.Int64}


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


def _summaries(parts: list[Part], planned: Planned) -> list[dict[str, Any]]:
    readings = stream(parts, planned, "goal", "drive", "category", *NUMBERS)
    found: dict[str, _Sums] = {}
    for window in readings.windows():
        for name, mine in by_drive(window):
            found[name] = found.get(name, NOTHING).plus(mine)
    counts = {name: sums.moments["share"].n for name, sums in found.items()}
    medians = quantiles(readings.read("share"), counts, (0.5,))
    labels = planned.trial.labels()
    reasons = dict(planned.reasons)
    rows = []
    for drive in planned.trial.drives:
        name = part_name(drive)
        why = reasons.get(name, "" if name in found else "not computed; run the study again")
        figures = _figures(found.get(name, NOTHING), medians.get(name, (None,))[0])
        rows.append({**labels, "drive": name, **figures, "reason": why})
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
        "chance_action": means["chance_action"],
        "chance_outcome": means["chance_outcome"],
        "convergence": tally.convergence if n else None,
        "max_bound": sums.moments["bound"].greatest if n else None,
        "kept": means["kept"],
        "others": means["others"],
        "applicable": bool(n),
    }
