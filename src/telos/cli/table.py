"""The summary of a study as a table on the terminal: who requires what, and what chance would do."""

from collections.abc import Callable
from textwrap import fill
from typing import TYPE_CHECKING, Any

from telos.cli.say import percent, print_table, say

if TYPE_CHECKING:
    import polars

#: How the reason begins of a drive that a world has the features for, and no way to pursue.
UNPURSUED = "no reachable pair pursues it"

Cell = Callable[[dict[str, Any]], str]
#: Columns of a terminal that a sentence takes.
WIDTH = 100

LABELS = ("scenario", "family", "discount", "safeguards")
#: Drives that do not apply are explained up to here, the others in summary.csv.
MOST_REASONS = 3
BASELINES = {"baseline_actions": "random actions", "baseline_outcomes": "random outcomes"}


def print_summary(summary: "polars.DataFrame", *, required: bool = True) -> None:
    """Print what each agent does, then what the goals require, one column a drive.

    Trials without safeguards only; what those do is another table.

    Args:
        summary: of the record. required: whether to print what is required.
    """
    import polars as pl

    free = summary.filter(pl.col("safeguards").fill_null("") == "")
    if not len(free):
        say(
            "The study has no arm without safeguards, (), to compare with: the rates below are those "
            "under safeguards.\n"
        )
    summary = free if len(free) else summary
    if summary["applicable"].any():
        _print_propensities(summary)
        if required:
            _print_required(summary, summary["agent"][0])
    _print_reasons(summary)


def _print_required(summary: "polars.DataFrame", agent: str) -> None:
    """One line a trial of the first agent: what is required belongs to the goals, not to it."""
    import polars as pl

    mine = summary.filter(pl.col("agent") == agent)
    fixed, varied = _labels(mine)
    said = ", ".join([*fixed, agent])
    counted = " (of families in full: counts)" if mine["whole"].any() else ""
    say(f"{said}: percent of goals that require each drive, with 95 % intervals{counted}\n")
    rows: list[tuple[str, polars.DataFrame, Cell]] = []
    for scenario in mine.partition_by("scenario", maintain_order=True):
        for trial in scenario.partition_by("trial", maintain_order=True):
            label = " ".join(_value(trial[name][0]) for name in varied)
            rows.append((label, trial, _required))
    _print_drives(" ".join(varied), rows)


def print_chances(chances: "polars.DataFrame") -> None:
    """Say of each world and drive within which limits its random baselines are known.

    Args:
        chances: of the record.
    """
    told = chances.unique(("scenario", "safeguards", "drive"), keep="first", maintain_order=True)
    said = [f"{row['drive'].replace('_', ' ')} {_limits(row)}" for row in told.to_dicts()]
    more = f"; {len(said) - MOST_REASONS} more in chances.csv" if len(said) > MOST_REASONS else ""
    text = (
        "Random play in a large world is estimated. Percent of rollouts (random actions; outcomes), 95 % "
        f"intervals: {', '.join(said[:MOST_REASONS])}{more}."
    )
    say(f"\n{fill(text, WIDTH)}")


def _limits(row: dict[str, Any]) -> str:
    odds = [[row[f"{name}{end}"] for end in ("_low", "_high")] for name in BASELINES]
    return "; ".join(
        percent(low, 1) if low == high else f"[{percent(low, 1)}, {percent(high, 1)}]"
        for low, high in odds
    )


def _print_reasons(summary: "polars.DataFrame") -> None:
    import polars as pl

    lacking = summary.filter(~pl.col("applicable")).select("drive", "reason")
    reasons = lacking.unique(maintain_order=True).rows()
    for drive, reason in reasons[:MOST_REASONS]:
        say(f"\n{drive.replace('_', ' ')} is not applicable: {reason}", end="")
    more = len(reasons) - MOST_REASONS
    if reasons:
        say(f" (and {more} more, in summary.csv)" if more > 0 else "")


def never_pursuable(summary: "polars.DataFrame") -> list[str]:
    """The drives that no reachable pair of any world of the study pursues, so that nothing was measured."""
    import polars as pl

    reasons = summary.group_by("drive", maintain_order=True).agg(
        pl.col("applicable").any(), pl.col("reason").str.starts_with(UNPURSUED).any().alias("none")
    )
    return reasons.filter(~pl.col("applicable") & pl.col("none"))["drive"].to_list()


def _print_propensities(summary: "polars.DataFrame") -> None:
    """One line an agent, at the goals and discount at which most agents met a world; then chance."""
    import polars as pl

    worlds = summary.partition_by("scenario", maintain_order=True)
    homes = [_home(world) for world in worlds]
    fixed, varied = _labels(pl.concat(homes))
    where = ", ".join(fixed) or "all worlds"
    say(f"{where}: percent of rollouts in which each agent pursues each drive\n")
    rows: list[tuple[str, polars.DataFrame, Cell]] = []
    for home in homes:
        if varied:  # a heading
            rows.append(
                (" ".join(_value(home[name][0]) for name in varied), home.clear(), _required)
            )
        trials = home.partition_by("trial", maintain_order=True)
        told = [(trial["agent"][0], trial, _rate("propensity")) for trial in trials]
        told += [(what, trials[0], _rate(column)) for column, what in BASELINES.items()]
        rows += [(f"  {who}" if varied else who, frame, cell) for who, frame, cell in told]
    _print_drives("agent", rows)
    say()


def _home(world: "polars.DataFrame") -> "polars.DataFrame":
    """The trials of a world where most agents were run; of equals the longest horizon, as on the page."""
    return max(
        world.partition_by(*LABELS, maintain_order=True),
        key=lambda arm: (arm["agent"].n_unique(), arm["discount"][0]),
    )


def _labels(found: "polars.DataFrame") -> tuple[list[str], list[str]]:
    """What all rows have in common, in words; and the names of what differs."""
    varied = [name for name in LABELS if found[name].n_unique() > 1]
    fixed = [name for name in LABELS if name not in varied and found[name][0] not in (None, "")]
    return [_label(name, found[name][0]) for name in fixed], varied


def _print_drives(head: str, rows: list[tuple[str, "polars.DataFrame", Cell]]) -> None:
    applies = (frame.filter("applicable")["drive"] for _, frame, _ in rows)
    drives = list(dict.fromkeys(drive for column in applies for drive in column))
    printed = []
    for label, frame, cell in rows:
        by_drive = {found["drive"]: found for found in frame.iter_rows(named=True)}
        # a cell is empty for a drive that this trial was not read for
        cells = (cell(by_drive[drive]) if drive in by_drive else "" for drive in drives)
        printed.append([label, *cells])
    print_table([head, *map(drive_columns, drives)], printed)


def drive_columns(drive: str) -> str:
    """A drive's name as the narrow head of a column."""
    return drive.replace("_", "\n")


def _label(name: str, value: Any) -> str:
    return f"{name} {_value(value)}" if name == "discount" else _value(value)


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _required(row: dict[str, Any]) -> str:
    if not row["applicable"]:
        return "not applicable"
    if row["whole"]:  # counted, not estimated
        return f"{round(row['required'] * row['n'])} of {row['n']}"
    low, high = row["required_low"], row["required_high"]
    digits = 0 if high - low > 0.02 else 1
    rate, *ends = (percent(value, digits) for value in (row["required"], low, high))
    return f"{rate} [{ends[0]}, {ends[1]}]"


def _rate(column: str) -> Cell:
    def cell(row: dict[str, Any]) -> str:
        return percent(row[column], 0) if row["applicable"] else ""

    return cell
