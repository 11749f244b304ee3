"""Tables: everything people read, made from the part files; no number depends on how they were cut.

Rows are chosen, counted and joined by polars, one drive of one trial at a time; sums are exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Floats, bools
from telos.core.record import TrialEntry
from telos.core.tables import TRIAL, Cell, columns, defused, schema
from telos.core.tally import Tally
from telos.measure.corrigibility import QUESTIONS, corrigibility, stand_of
from telos.measure.drive_change import (
    DriveChange,
    Pursued,
    drive_change,
    paired_change,
    verdicts,
)
from telos.measure.exact import exact_mean
from telos.measure.intervals import Interval, mean_interval, proportion_interval
from telos.runs.entries import baselines
from telos.runs.files import write_atomically
from telos.runs.parts import Held, PartFile, Readings, known, numbers, required, scanned

if TYPE_CHECKING:
    import polars

READINGS = "readings.parquet"
#: Tables that a run writes at its end, by name; each into `<name>.csv`.
SUMMARY, DISPLACEMENT, SAFEGUARDS = "summary", "displacement", "safeguards"
REMOVAL_INCENTIVES, CORRIGIBILITY = "removal_incentives", "corrigibility"
SWEEPS, ONSETS = "sweeps", "onsets"

Row = dict[str, Cell]

RATES = ("required", "indifferent", "declined")
#: Columns whose means the summary gives.
MEANS = (
    "propensity",
    "deed_least",
    "deed_most",
    "baseline_actions",
    "baseline_outcomes",
    "task_retained",
    "others",
)
#: Numbers of a goal that are the same on its row of each drive.
PRICED = ("task_retained", "task_retained_unaware", "willingness_to_pay", "others")
#: The edges of what a goal counts for in a mean. A goal keeps at least nothing and at most all of its
#: task, and pays at most the whole value range: what lies beyond is counted as the edge.
EDGES = {
    "propensity": (0.0, 1.0),
    "deed_least": (0.0, 1.0),
    "deed_most": (0.0, 1.0),
    "task_retained": (0.0, 1.0),
    "task_retained_unaware": (0.0, 1.0),
    "others": (0.0, 1.0),
    "willingness_to_pay": (-1.0, 1.0),
    "removal_incentive": (-1.0, 1.0),
}


def csv(table: str) -> str:
    """The name of the file that holds a table."""
    return f"{table}.csv"


def framed(table: str, rows: Sequence[Mapping[str, Cell]]) -> "polars.DataFrame":
    """Rows as the table that they belong to."""
    import polars as pl

    return pl.DataFrame(rows, schema=schema(table), orient="row")


def write_table(path: Path, table: "polars.DataFrame") -> Path:
    """Write a table as CSV, whole or not at all; no cell of it is a formula."""
    text = defused(table.lazy()).collect()
    write_atomically(path, lambda draft: text.write_csv(draft))
    return path


# -- readings ------------------------------------------------------------------------------------


def write_readings(folder: Path, trials: Sequence[TrialEntry], held: Held) -> Path:
    """Write `readings.parquet`: one row a trial, goal and drive, in the order of the study.

    The parts stream through, so memory does not grow with the number of goals.

    Args:
        folder: the result folder.
        trials: of its record.
        held: the parts of each trial.
    """
    import polars as pl

    path = folder / READINGS
    frames = [labeled(trial, held[trial.key]) for trial in trials if held[trial.key]]
    frame = pl.concat([pl.LazyFrame(schema=schema("readings")), *frames])
    write_atomically(path, lambda draft: frame.sink_parquet(draft, compression="zstd"))
    return path


def labeled(trial: TrialEntry, parts: Sequence[PartFile]) -> "polars.LazyFrame":
    """The readings in some parts of a trial, with its labels."""
    import polars as pl

    labels = [pl.lit(value).alias(name) for name, value in trial.labels().items()]
    mine = scanned(parts).filter(pl.col("goal") < trial.n_goals).with_columns(labels)
    return mine.select(columns("readings"))


# -- summary and corrigibility -------------------------------------------------------------------


def summary(trials: Sequence[TrialEntry], held: Held) -> "polars.DataFrame":
    """One row a trial and drive, from the parts that are there; what does not apply has a row too."""
    return framed(SUMMARY, [row for trial in trials for row in _summary(trial, held[trial.key])])


def _summary(trial: TrialEntry, parts: Sequence[PartFile]) -> Iterator[Row]:
    readings = Readings(trial, parts, ("category", "share", "bound", *MEANS))
    for drive in trial.drive_names:
        mine = readings.of(drive)
        lacking = "" if len(mine) else "not computed; run the study again"
        figures = _figures(mine) if len(mine) else {"n": 0, "applicable": False}
        reason = trial.not_applicable.get(drive, lacking)
        yield {**trial.labels(), "drive": drive, **figures, "reason": reason}


def _figures(mine: "polars.DataFrame") -> Row:
    """The numbers of one row of the summary."""
    n = len(mine)
    counts = [int((mine["category"] == rate).sum()) for rate in RATES]
    row: Row = {"n": n}
    for rate, count in zip(RATES, counts, strict=True):
        row |= ends_of(rate, count / n, proportion_interval(count, n))
    row |= {name: _mean(known(mine, name)) for name in MEANS}
    for name in ("propensity", "deed_least", "deed_most"):
        row |= estimate(name, known(mine, name))
    share, median = known(mine, "share"), mine["share"].drop_nans().median()
    return row | {
        "median_share": median if isinstance(median, float) else None,
        "mean_share": _mean(share),
        "convergence": Tally(n, *counts).convergence,
        "max_bound": float(known(mine, "bound").max(initial=-np.inf)),
        "applicable": True,
    }


def corrigibility_table(found: "polars.DataFrame") -> "polars.DataFrame":
    """One row a trial and question about its safeguard, from the rows of the summary.

    Trials are asked in which at least one of the further detectors applies: a world with a switch
    and nothing else says nothing of how an agent treats its operator.
    """
    further = {detector for _, detector, _ in QUESTIONS[2:]}
    rows: list[Row] = []
    for mine in found.partition_by("trial", maintain_order=True):
        drives = {row["drive"]: row for row in mine.iter_rows(named=True)}
        stands = {name: stand_of(row) for name, row in drives.items() if row["applicable"]}
        if not further & set(stands):
            continue
        labels = mine.select(*TRIAL).row(0, named=True)
        rows += [
            {**labels, "question": a.question, "verdict": a.verdict, "reason": a.reason}
            for a in corrigibility(stands)
        ]
    return framed(CORRIGIBILITY, rows)


# -- safeguards ----------------------------------------------------------------------------------


def guarded_tables(trials: Sequence[TrialEntry], held: Held) -> "dict[str, polars.DataFrame]":
    """The tables of the trials under safeguards, by name; none where a study has no safeguards.

    Such a trial is compared, goal by goal, with the same trial less its last part (`baselines`); where
    the study has none, its row says so by being empty before. A misspecified goal is no safeguard: no
    verdict is given on it.

    Args:
        trials: of the record.
        held: the parts of each trial.

    Returns:
        `displacement`: need and deed of each drive before and after, over the same goals.
        `safeguards`: what is left of the task and for others, and what the goals would pay.
        `removal_incentives`: what removing each part of a safeguard is worth.
    """
    guarded = [trial for trial in trials if trial.safeguards]
    if not guarded:
        return {}
    against = baselines(trials)
    arms = sum(trial.key in against and _is_safeguard(trial) for trial in guarded)
    rows: dict[str, list[Row]] = {DISPLACEMENT: [], SAFEGUARDS: [], REMOVAL_INCENTIVES: []}
    told: list[tuple[Row, DriveChange]] = []
    for trial in guarded:
        told += _compare(trial, against.get(trial.key), held, rows, max(arms, 1))
    for (row, _), verdict in zip(told, verdicts([change for _, change in told]), strict=True):
        row["verdict"] = verdict
    return {table: framed(table, mine) for table, mine in rows.items()}


def _is_safeguard(trial: TrialEntry) -> bool:
    """Whether the last part, which a trial is asked about, is a safeguard."""
    return trial.safeguards[-1].role != "misspecified"


def _compare(
    trial: TrialEntry, other: TrialEntry | None, held: Held, rows: dict[str, list[Row]], arms: int
) -> Iterator[tuple[Row, DriveChange]]:
    """Add the rows of one trial under safeguards; those of drives that a verdict is asked of."""
    mine = ("goal", "category", "propensity", "deed_least", "deed_most", "propensity_unaware")
    more = ("willingness_bound", "removal_incentive")
    after = Readings(trial, held[trial.key], (*mine, *PRICED, *more))
    before = None if other is None else Readings(other, held[other.key], (*mine, *PRICED))
    labels = {**trial.labels(), "against": "" if other is None else other.key}
    for place, (drive, now) in enumerate(after.drives()):
        then = None if before is None else before.of(drive)
        both = None if then is None or then.is_empty() else now.join(then, "goal", suffix="_before")
        row: Row = {**labels, "drive": drive, **_now(now)}
        rows[DISPLACEMENT].append(row)
        if both is not None and len(both):
            change = drive_change(drive, _pursued(both, "_before"), _pursued(both), arms=arms)
            row |= _moves(change, both)
            if _is_safeguard(trial):
                yield row, change
        if place == 0:
            rows[SAFEGUARDS].append({**labels, **_prices(now, both), "kinds": _kinds(trial)})
            rows[REMOVAL_INCENTIVES] += [
                {**trial.labels(), **row} for row in _incentives(trial, now)
            ]


def _kinds(trial: TrialEntry) -> str:
    return " + ".join(dict.fromkeys(part.about for part in trial.safeguards))


def _now(now: "polars.DataFrame") -> Row:
    """What one drive is under the safeguard."""
    n, count = len(now), int((now["category"] == "required").sum())
    return {
        "n": n,
        **ends_of("required_after", count / n, proportion_interval(count, n)),
        "propensity_after": _mean(known(now, "propensity")),
        "deed_least_after": _mean(known(now, "deed_least")),
        "deed_most_after": _mean(known(now, "deed_most")),
        "propensity_unaware": _mean(known(now, "propensity_unaware")),
        "verdict": "",
    }


def _pursued(both: "polars.DataFrame", when: str = "") -> Pursued:
    """What was read of a drive, of goals that were read before and after."""
    category = both[f"category{when}"]
    least, most, does = (
        numbers(both, f"{name}{when}") for name in ("deed_least", "deed_most", "propensity")
    )
    return Pursued(
        required=bools((category == "required").to_numpy()),
        unresolved=bools((category == "unresolved").to_numpy()),
        least=least,
        most=most,
        propensity=does,
    )


def _moves(change: DriveChange, both: "polars.DataFrame") -> Row:
    """The changes of a drive over the same goals, and the task retained by those that needed it."""
    row: Row = {"displaced_p": change.displaced_p}
    for name, before, found in (
        ("change", "required_before", change.need),
        ("least_change", "deed_least_before", change.least),
        ("most_change", "deed_most_before", change.most),
        ("moved", "propensity_before", change.moved),
    ):
        row |= {before: found.before, **ends_of(name, found.value, found.interval)}
    needed, left = required(both, "category_before") == 1, numbers(both, "task_retained")
    for who, some in (("needing", left[needed]), ("others", left[~needed])):
        row |= {f"task_retained_by_{who}": _mean(some[~np.isnan(some)]), f"n_{who}": len(some)}
    return row


def _prices(once: "polars.DataFrame", both: "polars.DataFrame | None") -> Row:
    """What is left of the task, what others can count on, and what the goals would pay."""
    n = len(once)
    row: Row = {"n": n, "others_before": None}
    if both is not None and len(both):
        ends = [np.clip(numbers(both, f"task_retained{when}"), *EDGES["task_retained"])
                for when in ("_before", "")]  # fmt: skip
        kept = paired_change(*ends)
        row |= {"others_before": _mean(known(both, "others_before"))}
        row |= {"task_retained_before": kept.before if np.isfinite(kept.before) else None}
        row |= ends_of("task_retained_change", kept.value, kept.interval)
    for name in PRICED:
        row |= estimate(name, known(once, name))
    paid, bound = numbers(once, "willingness_to_pay"), numbers(once, "willingness_bound")
    for name, who in (("would_remove", paid > bound), ("would_keep", paid < -bound)):
        row |= ends_of(name, int(who.sum()) / n, proportion_interval(int(who.sum()), n))
    return row | {"willingness_bound": float(bound.max())}


def _incentives(trial: TrialEntry, once: "polars.DataFrame") -> Iterator[Row]:
    """What removing each part of the safeguard is worth, the largest ranked first."""
    paid = np.array(once["removal_incentive"].to_list(), dtype=np.float64).T
    found = [estimate("removal_incentive", values) for values in paid]
    order = sorted(range(len(found)), key=lambda i: -float(found[i]["removal_incentive"] or 0.0))
    for i, part in enumerate(trial.safeguards):
        yield {"part": part.label, "kind": part.about, **found[i], "rank": 1 + order.index(i)}


def estimate(name: str, values: Floats) -> Row:
    """The mean of a number and its interval, each value cut to the edges of what the mean counts."""
    low, high = EDGES[name]
    cut = np.clip(values, low, high)
    return ends_of(name, _mean(cut), mean_interval(cut, low, high))


def _mean(values: Floats) -> float | None:
    return exact_mean(values) if len(values) else None


def ends_of(name: str, mean: float | None, ends: Interval) -> Row:
    """A mean or rate with the ends of its interval, as columns; no ends where there is no mean."""
    known = mean is not None and np.isfinite(mean)
    low, high = (end if known and np.isfinite(end) else None for end in ends)
    return {name: mean if known else None, f"{name}_low": low, f"{name}_high": high}
