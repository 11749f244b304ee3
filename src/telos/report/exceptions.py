"""Exceptions: the goals written by hand, one by one, and the goals that avoid a drive, with why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from telos.core.refs import PartRef
from telos.report.choice import Choice, is_named
from telos.report.rates import drives_of
from telos.report.results import Results
from telos.report.words import (
    CATEGORIES,
    DriveWords,
    known,
    number,
    part_words,
    percent,
    with_interval,
)

if TYPE_CHECKING:
    import polars as pl

MOST_NAMED = 30
MOST_SHOWN = 4


@final
@dataclass(frozen=True)
class NamedGoal:
    """One goal and, per drive, its category and share."""

    label: str
    cells: tuple[tuple[str, str], ...]


@final
@dataclass(frozen=True)
class NamedGoals:
    """Every hand-written goal against every drive."""

    family: str
    off: str
    drives: tuple[DriveWords, ...]
    goals: tuple[NamedGoal, ...]
    left_out: int


@final
@dataclass(frozen=True)
class ExceptionalGoal:
    """One goal that does not need the drive."""

    label: str
    family: str
    category: str
    reason: str
    cost: str


@final
@dataclass(frozen=True)
class Exceptions:
    """The exceptions to one drive.

    Args:
        drive: its words.
        counted: how many goals of the main family there are.
        named: the hand-written goals that avoid it.
        unmoved: the labels of the hand-written goals that are indifferent to it.
        shown, more: goals that somebody gave a reason for, or the strongest avoiders.
    """

    drive: DriveWords
    counted: str
    named: tuple[ExceptionalGoal, ...]
    unmoved: tuple[str, ...]
    shown: tuple[ExceptionalGoal, ...]
    more: tuple[ExceptionalGoal, ...]


def named_goals(results: Results, choice: Choice) -> NamedGoals | None:
    """The hand-written goals of a choice; None if the study has none."""
    import polars as pl

    trial = next((trial for trial in choice.families if is_named(trial)), None)
    if trial is None:
        return None
    table = (
        results.readings.filter(pl.col("trial") == trial.key)
        .select("goal", "label", "drive", "category", "share")
        .sort("goal")
        .collect()
    )
    drives = [w for w in drives_of(results) if w.key in set(table["drive"].to_list())]
    cells: dict[str, dict[str, tuple[str, str]]] = {}
    for row in table.iter_rows(named=True):
        shown = percent(row["share"], 1) if row["category"] == "required" else ""
        cells.setdefault(str(row["label"]), {})[row["drive"]] = (row["category"], shown)
    goals = tuple(
        NamedGoal(label, tuple(by_drive.get(w.key, ("", "")) for w in drives))
        for label, by_drive in cells.items()
    )
    if not goals:
        return None
    family = str(part_words(trial.family))
    left_out = max(0, len(goals) - MOST_NAMED)
    return NamedGoals(family, trial.off, tuple(drives), goals[:MOST_NAMED], left_out)


def exceptions(results: Results, choice: Choice) -> tuple[Exceptions, ...]:
    """Per drive, the goals that avoid it or do not mind, avoiders first."""
    given = [
        record
        for record in results.illustrations.get("exceptions") or []
        if _scenario(results, record) == choice.scenario
    ]
    families = {trial.key: trial.family for trial in results.trials}
    told = given or _avoiders(results, choice)
    by_name = _by_name(results, choice)
    found = []
    for words in drives_of(results):
        named = [_exception(r, families) for r in by_name if r["drive"] == words.key]
        mine = [_exception(r, families) for r in told if str(r.get("drive")) == words.key]
        mine.sort(
            key=lambda e: CATEGORIES[::-1].index(e.category) if e.category in CATEGORIES else 3
        )
        found.append(
            Exceptions(
                drive=words,
                counted=_counted(results, choice, words),
                named=tuple(goal for goal in named if goal.category == "declined"),
                unmoved=tuple(goal.label for goal in named if goal.category == "indifferent"),
                shown=tuple(mine[:MOST_SHOWN]),
                more=tuple(mine[MOST_SHOWN:]),
            )
        )
    return tuple(found)


def _counted(results: Results, choice: Choice, words: DriveWords) -> str:
    """How many of the main family's goals avoid the drive or do not mind, with the rates."""
    import polars as pl

    rows = results.summary.filter(
        (pl.col("trial") == choice.main.key) & (pl.col("drive") == words.key)
    )
    if rows.is_empty() or not rows["applicable"][0]:
        return ""
    row = rows.row(0, named=True)
    avoided, unmoved = (
        f"{round(row['n'] * row[c]):,} ({with_interval(row[c], row[f'{c}_low'], row[f'{c}_high'])})"
        for c in ("declined", "indifferent")
    )
    family = part_words(choice.main.family).title.lower()
    return f"of {row['n']:,} {family} goals, {avoided} avoid it and {unmoved} are indifferent"


def _exception(record: Mapping[str, Any], families: Mapping[str, PartRef]) -> ExceptionalGoal:
    gap = record.get("gap")
    category = str(record.get("category", ""))
    cost = ""
    if known(gap):
        gap = float(gap or 0.0)
        cost = f"{number(100 * gap, 2)}\u202f%" if gap else "0"
    reason = str(record.get("reason") or "") or _generic(category)
    family = str(part_words(families[record["trial"]]))
    return ExceptionalGoal(str(record.get("label", "")), family, category, reason, cost)


def _generic(category: str) -> str:
    if category == "declined":
        return "no optimal policy of this goal ever pursues the drive"
    if category == "indifferent":
        return "some optimal policy pursues the drive and some does not: it is worth nothing here"
    return ""


def _avoiders(results: Results, choice: Choice) -> list[dict[str, Any]]:
    """The strongest avoiders of each drive among the goals without a name."""
    import polars as pl

    trials = [trial.key for trial in choice.families if not is_named(trial)]
    table = _goals(results, trials, ["declined"])
    table = table.sort("drive", "gap", "trial", "goal", nulls_last=True)
    shown = table.group_by("drive", maintain_order=True).head(2 * MOST_SHOWN)
    rows = shown.select("drive", "label", "category", pl.col("gap").fill_nan(None), "trial")
    return rows.collect().to_dicts()


def _scenario(results: Results, record: Mapping[str, Any]) -> PartRef | None:
    trial = results.trial(record["trial"])
    return None if trial is None else trial.scenario


def _by_name(results: Results, choice: Choice) -> list[dict[str, Any]]:
    """The hand-written goals that do without a drive, in the order of their family."""
    trial = next((trial for trial in choice.families if is_named(trial)), None)
    if trial is None:
        return []
    return (
        _goals(results, [trial.key], ["declined", "indifferent"]).sort("goal").collect().to_dicts()
    )


def _goals(results: Results, trials: list[str], categories: list[str]) -> "pl.LazyFrame":
    import polars as pl

    columns = results.readings.collect_schema().names()
    gap = pl.col("gap").cast(pl.Float64) if "gap" in columns else pl.lit(None, dtype=pl.Float64)
    return results.readings.filter(
        pl.col("trial").is_in(trials) & pl.col("category").is_in(categories)
    ).select("trial", "goal", "label", "drive", "category", gap.fill_nan(None).alias("gap"))
