"""Guarded tables: what each safeguard changes of need and deed, what it costs, and who pays."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import bools
from telos.core.record import TrialEntry
from telos.measure.drive_change import DriveChange, Pursued, drive_change, verdicts
from telos.runs.entries import baselines
from telos.runs.estimates import Estimates, Row, ends_of, mean_of
from telos.runs.parts import Held, Readings, known, numbers, required
from telos.runs.tables import DISPLACEMENT, REMOVAL_INCENTIVES, SAFEGUARDS, estimates_of, framed

if TYPE_CHECKING:
    import polars

#: Numbers of a goal that are the same on its row of each drive.
PRICED = ("task_retained", "task_retained_unaware", "willingness_to_pay", "others")


def guarded_tables(trials: Sequence[TrialEntry], held: Held) -> "dict[str, polars.DataFrame]":
    """The tables of the trials under safeguards, by name; none where a study has no safeguards.

    Such a trial is compared, goal by goal, with the same trial less its last part (`baselines`); where
    the study has none, its row says so by being empty before. A misspecified goal is not a safeguard: no
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
        of = estimates_of(trial, now)
        row: Row = {**labels, "drive": drive, **_now(of, now)}
        rows[DISPLACEMENT].append(row)
        if both is not None and len(both):
            goals = _pursued(both, "_before"), _pursued(both)
            change = drive_change(drive, *goals, arms=arms, whole=of.whole and not of.lucky)
            row |= _moves(of, change, both)
            if _is_safeguard(trial):
                yield row, change
        if place == 0:
            kinds = " + ".join(dict.fromkeys(part.about for part in trial.safeguards))
            rows[SAFEGUARDS].append({**labels, **_prices(of, now, both), "kinds": kinds})
            removed = _incentives(of, trial, now)
            rows[REMOVAL_INCENTIVES] += [{**trial.labels(), **each} for each in removed]


def _now(of: Estimates, now: "polars.DataFrame") -> Row:
    """What one drive is under the safeguard."""
    row: Row = {"n": len(now), "whole": of.whole, "verdict": ""}
    count, unknown = (int((now["category"] == name).sum()) for name in ("required", "unresolved"))
    row |= of.rate("required_after", count, len(now), unresolved=unknown)
    after = {"propensity_after": "propensity", "propensity_unaware": "propensity_unaware"}
    after |= {f"{name}_after": name for name in ("deed_least", "deed_most")}
    return row | {name: mean_of(known(now, column)) for name, column in after.items()}


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


def _moves(of: Estimates, change: DriveChange, both: "polars.DataFrame") -> Row:
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
        row |= {**of.mean(f"task_retained_by_{who}", some), f"n_{who}": len(some)}
    return row


def _prices(of: Estimates, once: "polars.DataFrame", both: "polars.DataFrame | None") -> Row:
    """What is left of the task, what others can count on, and what the goals would pay."""
    row: Row = {"n": len(once), "whole": of.whole, "others_before": None}
    if both is not None and len(both):
        kept = numbers(both, "task_retained_before"), numbers(both, "task_retained")
        row |= {"others_before": mean_of(known(both, "others_before"))}
        row |= {"task_retained_before": mean_of(known(both, "task_retained_before"))}
        row |= of.change("task_retained_change", *kept)
    for name in PRICED:
        row |= of.mean(name, known(once, name))
    paid, bound = numbers(once, "willingness_to_pay"), numbers(once, "willingness_bound")
    for name, who in (("would_remove", paid > bound), ("would_keep", paid < -bound)):
        row |= of.rate(name, int(who.sum()), len(once))
    return row | {"willingness_bound": float(bound.max())}


def _incentives(of: Estimates, trial: TrialEntry, once: "polars.DataFrame") -> Iterator[Row]:
    """What removing each part of the safeguard is worth, the largest ranked first."""
    paid = np.array(once["removal_incentive"].to_list(), dtype=np.float64).T
    found = [of.mean("removal_incentive", values) for values in paid]
    order = sorted(range(len(found)), key=lambda i: -float(found[i]["removal_incentive"] or 0.0))
    for i, part in enumerate(trial.safeguards):
        yield {
            "part": part.label,
            "kind": part.about,
            "whole": of.whole,
            **found[i],
            "rank": 1 + order.index(i),
        }
