"""Tables: the two files people read, made from the parts: every reading, and a summary a trial."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from telos.core.arrays import floats
from telos.core.parts import part_name
from telos.core.tally import Tally
from telos.measure.intervals import proportion_interval
from telos.measure.nested import propensity_interval
from telos.runs.files import write_atomically
from telos.runs.plan import Planned
from telos.runs.store import Store

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


def write_readings(store: Store, plan: tuple[Planned, ...]) -> Path:
    """Write `readings.parquet`: one row a trial, goal and drive, in the order of the study.

    The parts stream through, so memory does not grow with the number of goals.
    """
    import polars as pl

    path = store.folder / READINGS
    frames = [frame for planned in plan if (frame := scan(store, planned)) is not None]
    empty = pl.LazyFrame(schema=_schema())
    frame = pl.concat([empty, *frames]).select(READINGS_COLUMNS)
    write_atomically(path, lambda draft: frame.sink_parquet(draft, compression="zstd"))
    return path


def scan(store: Store, planned: Planned) -> "polars.LazyFrame | None":
    """The readings of one trial, its labels joined on; None if there are none."""
    import polars as pl

    parts = [part.path for part in store.held(planned)]
    if not parts:
        return None
    labels = [pl.lit(value).alias(name) for name, value in planned.trial.labels().items()]
    frame = pl.scan_parquet(parts, glob=False).filter(pl.col("goal") < planned.goals)
    return frame.with_columns(labels).select(READINGS_COLUMNS)


def write_summary(store: Store, plan: tuple[Planned, ...]) -> list[dict[str, Any]]:
    """Write `summary.csv`: one row a trial and drive, those that do not apply included.

    Returns:
        The rows.
    """
    import polars as pl

    rows = [row for planned in plan for row in _summaries(store, planned)]
    table = pl.DataFrame(rows, infer_schema_length=None)
    write_atomically(store.folder / SUMMARY, table.write_csv)
    return rows


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


def _summaries(store: Store, planned: Planned) -> list[dict[str, Any]]:
    import polars as pl

    labels = planned.trial.labels()
    reasons = dict(planned.reasons)
    frame = scan(store, planned)
    found = {}
    if frame is not None:
        counts = [(pl.col("category") == rate).sum().alias(rate) for rate in RATES]
        table = (
            frame.group_by("drive")
            .agg(
                pl.len().alias("n"),
                *counts,
                pl.col("share").median().alias("median_share"),
                pl.col("share").mean().alias("mean_share"),
                pl.col("propensity").mean(),
                pl.col("propensity").alias("propensities"),
                pl.col("chance_action").mean(),
                pl.col("chance_outcome").mean(),
                pl.col("bound").max().alias("max_bound"),
                pl.col("kept").mean(),
                pl.col("others").mean(),
            )
            .collect()
        )
        found = {row["drive"]: row for row in table.to_dicts()}
    rows = []
    for drive in planned.trial.drives:
        name = part_name(drive)
        why = reasons.get(name, "" if name in found else "not computed; run the study again")
        rows.append({**labels, "drive": name, **_figures(found.get(name)), "reason": why})
    return rows


def _figures(row: dict[str, Any] | None) -> dict[str, Any]:
    """The numbers of one row of the summary; all empty where there is nothing to count."""
    row = row or {}
    n = row.get("n", 0)
    figures: dict[str, Any] = {"n": n}
    for rate in RATES:
        low, high = proportion_interval(row[rate], n) if n else (None, None)
        figures[rate] = row[rate] / n if n else None
        figures |= {f"{rate}_low": low, f"{rate}_high": high}
    low, high = propensity_interval(floats(row["propensities"])) if n else (None, None)
    tally = Tally(n, *(row[rate] for rate in RATES)) if n else None
    return figures | {
        "median_share": row.get("median_share"),
        "mean_share": row.get("mean_share"),
        "propensity": row.get("propensity"),
        "propensity_low": low,
        "propensity_high": high,
        "chance_action": row.get("chance_action"),
        "chance_outcome": row.get("chance_outcome"),
        "convergence": tally.convergence if tally else None,
        "max_bound": row.get("max_bound"),
        "kept": row.get("kept"),
        "others": row.get("others"),
        "applicable": bool(n),
    }
