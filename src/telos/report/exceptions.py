"""Exceptions: the goals that decline a drive, those written by hand, and drives that do not apply."""

from collections import Counter
from collections.abc import Sequence

from telos.core.refs import PartRef
from telos.report.columns import DECLINED
from telos.report.results import Recorded, Trial
from telos.report.rows import Group
from telos.report.table import Table, table
from telos.report.words import in_order, known, plain

MOST_ROWS = 60
#: Goals of each drive where the record explains none.
FEW = 4


def exceptions(results: Recorded) -> tuple[Table, ...]:
    """The goals that decline a drive, then every goal written by hand, world by world."""
    return (_declining(results), *(_named(results, trial) for trial in _by_hand(results)))


def _declining(results: Recorded) -> Table:
    """As the record explains them; else the strongest of the readings."""
    import polars as pl

    rows: list[tuple[str, str, str, float | None, str]] = [
        (plain(e.drive), e.label, e.category.replace("_", " "), e.gap_never, e.reason)
        for e in results.illustrations.exceptions
    ]
    free = list(dict.fromkeys(e.trial for e in results.illustrations.exceptions)) or [
        t.key for t in results.trials if not t.safeguards and t.family.role != "named"
    ]
    declining = results.readings.filter(pl.col("trial").is_in(free), pl.col("category") == DECLINED)
    counts = dict(declining.group_by("drive").agg(pl.len()).collect().rows())
    if not rows:
        found = declining.filter(pl.col("gap_never").is_finite()).sort(
            "drive", "gap_never", "trial", "goal"
        )
        some = found.group_by("drive", maintain_order=True).head(FEW)
        given = some.select("drive", "label", "gap_never").collect().rows()
        rows = [(plain(drive), label, DECLINED, gap, "") for drive, label, gap in given]
    heads = ("drive", "goal", "category::category", "gap, share of the range:number:gap", "why")
    shown = Counter(drive for drive, _, category, *_ in rows[:MOST_ROWS] if category == DECLINED)
    said = ", ".join(
        f"{plain(drive).lower()} {shown[plain(drive)]:,} of {counts[drive]:,}"
        for drive in in_order(counts)
    )
    caption = "Goals that decline a drive" + (
        f", those that do most clearly: {said}" if said else ""
    )
    return table(caption, heads, rows[:MOST_ROWS])


def _by_hand(results: Recorded) -> list[Trial]:
    """Of each world, the trial of goals written by hand at the discount used most."""
    found: dict[PartRef, Trial] = {}
    uses = [trial.discount for trial in results.trials]
    for trial in results.trials:
        mine = trial.family.role == "named" and trial.agent.role == "reference"
        if mine and not trial.safeguards:
            best = found.setdefault(trial.scenario, trial)
            if uses.count(trial.discount) > uses.count(best.discount):
                found[trial.scenario] = trial
    return list(found.values())


def _named(results: Recorded, trial: Trial) -> Table:
    """Each goal written by hand against each drive."""
    import polars as pl

    mine = results.readings.filter(pl.col("trial") == trial.key).sort("goal")
    goals: dict[str, dict[str, str]] = {}
    for label, drive, category, share in (
        mine.select("label", "drive", "category", "share").collect().iter_rows()
    ):
        size = f", {100 * share:.1f}" if category == "required" and known(share) else ""
        goals.setdefault(str(label), {})[drive] = category.replace("_", " ") + size
    drives = in_order({drive for row in goals.values() for drive in row})
    heads = ("goal", *(plain(drive).replace(":", " ") for drive in drives))
    rows = [(label, *(row.get(d, "") for d in drives)) for label, row in goals.items()]
    caption = f"Goals written by hand, γ {trial.discount:g}: category, % of the value range"
    return table(caption, heads, rows[:MOST_ROWS])


def not_applicable(found: Sequence[Group]) -> Table:
    """Why a drive cannot be pursued, once a place."""
    rows = dict.fromkeys(
        (group.where or group.common, plain(drive), cell.reason)
        for group in found
        for row in group.rows
        for drive, cell in row.cells.items()
        if cell.reason
    )
    heads = ("where", "drive", "why it cannot be pursued")
    return table("Not applicable", heads, list(rows)[:MOST_ROWS])
