"""Rates: one row of the summary as a bar that shows counts, intervals and chance together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.refs import PartRef
from telos.report.results import Results, Trial
from telos.report.words import (
    DriveWords,
    decimals_for,
    drive_words,
    in_order,
    interval,
    known,
    listed,
    number,
    percent,
    with_interval,
)

CONVERGENCE = {
    "absolute": "absolutely convergent",
    "strict": "strictly convergent",
    "weak": "weakly convergent",
    "none": "not convergent",
}


@final
@dataclass(frozen=True)
class Table:
    """Numbers behind a figure, as text."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@final
@dataclass(frozen=True)
class Bar:
    """One drive in one trial.

    Args:
        drive: its words.
        applicable: whether the world lets anybody pursue it.
        reason: why not.
        row: the row of `summary.csv`.
        rate, interval: how many goals require the drive, in words.
        rest, propensity, chance, worth, convergence: its other numbers in words.
    """

    drive: DriveWords
    applicable: bool
    reason: str
    row: dict[str, Any]
    rate: str = ""
    interval: str = ""
    rest: str = ""
    propensity: str = ""
    chance: str = ""
    worth: str = ""
    convergence: str = ""

    @property
    def required(self) -> str:
        """The rate with its interval: ``93 % [91, 95]``."""
        return f"{self.rate} {self.interval}".strip()

    @property
    def chances(self) -> tuple[tuple[str, float], ...]:
        """The two chance baselines that are known: (rule, propensity)."""
        return tuple(
            (rule, self.row[f"baseline_{rule}"])
            for rule in ("actions", "outcomes")
            if known(self.row.get(f"baseline_{rule}"))
        )


def drives_of(results: Results, scenario: PartRef | None = None) -> tuple[DriveWords, ...]:
    """Every drive of the study, or of one of its worlds, in the order of the page."""
    import polars as pl

    keys = in_order(results.summary["drive"].unique().to_list())
    words = [drive_words(key, place) for place, key in enumerate(keys)]
    if scenario is None:
        return tuple(words)
    here = results.summary.filter(pl.col("scenario") == scenario.label)["drive"].unique().to_list()
    return tuple(word for word in words if word.key in here)


def bars(results: Results, trial: Trial, drives: Sequence[DriveWords]) -> tuple[Bar, ...]:
    """One bar per drive; a drive that the trial never read is not applicable."""
    import polars as pl

    found = results.summary.filter(pl.col("trial") == trial.key)
    by_drive = {row["drive"]: row for row in found.iter_rows(named=True)}
    return tuple(_bar(words, by_drive.get(words.key)) for words in drives)


def _bar(words: DriveWords, row: dict[str, Any] | None) -> Bar:
    if row is None:
        return Bar(words, False, "not read in this trial", {})
    if not row["applicable"]:
        reason = row["reason"] or "the world lacks the feature that the drive reads"
        return Bar(words, False, reason, row)
    if row["required"] < 0.5:
        # More than half of the goals lose nothing: the rest of this number is the solver's error.
        row = {**row, "median_share": 0.0}
    chances = [
        f"{percent(row[f'baseline_{rule}'])} {text}"
        for rule, text in (("actions", "over actions"), ("outcomes", "over outcomes"))
        if known(row[f"baseline_{rule}"])
    ]
    low, high = row["required_low"], row["required_high"]
    rest = f"indifferent {percent(row['indifferent'])}, declined {percent(row['declined'])}"
    return Bar(
        drive=words,
        applicable=True,
        reason="",
        row=row,
        rate=percent(row["required"], decimals_for(low, high)),
        interval=interval(low, high, decimals_for(low, high)),
        rest=rest,
        propensity=with_interval(row["propensity"], row["propensity_low"], row["propensity_high"]),
        chance=listed(chances),
        worth=percent(row["median_share"], 1),
        convergence=CONVERGENCE.get(row["convergence"], row["convergence"]),
    )


RATE_HEAD = (
    "drive",
    "n",
    "required",
    "indifferent",
    "declined",
    "median share",
    "mean share",
    "propensity",
    "chance: actions",
    "chance: outcomes",
    "largest bound",
)


def rate_cells(bar: Bar) -> tuple[str, ...]:
    """The cells of one bar under `RATE_HEAD`."""
    if not bar.applicable:
        return (bar.drive.title, "0", f"not applicable: {bar.reason}", *[""] * (len(RATE_HEAD) - 3))
    row = bar.row
    rates = (
        with_interval(row[c], row[f"{c}_low"], row[f"{c}_high"])
        for c in ("required", "indifferent", "declined")
    )
    return (
        bar.drive.title,
        f"{row['n']:,}",
        *rates,
        percent(row["median_share"], 2),
        percent(row["mean_share"], 2),
        bar.propensity,
        percent(row["baseline_actions"], 1),
        percent(row["baseline_outcomes"], 1),
        number(row["max_bound"], 2),
    )
