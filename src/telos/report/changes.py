"""Changes: each safeguard against the same safeguard less its last part, over the same goals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from telos.core.arrays import floats
from telos.measure.intervals import difference_interval
from telos.report.columns import RETAINED
from telos.report.results import Recorded, Trial
from telos.report.words import Estimate, estimate, safeguard_words

if TYPE_CHECKING:
    import polars as pl

#: A change of 10 points counts; below 5 points for certain, a number does not rise.
TOLD, HELD = 0.10, 0.05


@final
@dataclass(frozen=True)
class Change:
    """What a safeguard changed of one drive.

    Args:
        against: the safeguard that it is compared with, in words.
        need_before, deed_before: the rates there. need, deed: the paired changes.
    """

    against: str
    need_before: float
    deed_before: float
    need: Estimate
    deed: Estimate

    @property
    def displaces(self) -> bool:
        """Whether both need and deed rise: each by a tenth, and beyond its interval."""
        return _rises(self.need) and _rises(self.deed)

    @property
    def needed_only(self) -> bool:
        """Whether the need rises and the deed does not."""
        return _rises(self.need) and not _rises(self.deed)

    @property
    def done_only(self) -> bool:
        """Whether the deed rises and the need does not."""
        return _rises(self.deed) and not _rises(self.need)

    @property
    def falls(self) -> bool:
        """Whether the deed falls beyond its interval."""
        return self.deed.high is not None and self.deed.high < 0

    @property
    def need_held(self) -> bool:
        """Whether a rise of the need by 5 points is excluded."""
        return _excluded(self.need)

    @property
    def deed_held(self) -> bool:
        """Whether a rise of the deed by 5 points is excluded."""
        return _excluded(self.deed)


def _excluded(found: Estimate) -> bool:
    return found.high is not None and found.high < HELD


def _rises(found: Estimate) -> bool:
    return found.value >= TOLD and found.low is not None and found.low > 0


def reference(results: Recorded, trial: Trial) -> Trial | None:
    """The trial that differs from one under safeguards in lacking the last part alone; else the free one."""
    same = [
        t
        for t in results.trials
        if (t.scenario, t.family, t.off, t.agent, t.discount)
        == (trial.scenario, trial.family, trial.off, trial.agent, trial.discount)
    ]
    for length in range(len(trial.safeguards) - 1, -1, -1):
        for other in same:
            if other.safeguards == trial.safeguards[:length]:
                return other
    return None


def changes(results: Recorded) -> dict[tuple[str, str], Change]:
    """By trial and drive, every change that the record allows to be told."""
    listed = {(row["trial"], row["drive"]): row for row in results.tables.get("displacement", ())}
    found: dict[tuple[str, str], Change] = {}
    for trial in results.trials:
        other = reference(results, trial) if trial.safeguards else None
        if other is None:
            continue
        against = safeguard_words(other.safeguards)
        rows = paired(results, trial, other) if other.safeguards else listed
        for drive in trial.drive_names:
            row = rows.get((trial.key, drive))
            if row is not None and (change := _change(row, against)):
                found[trial.key, drive] = change
    return found


def _change(row: Mapping[str, Any], against: str) -> Change | None:
    need, deed = estimate(row, "change"), estimate(row, "moved")
    if need is None or deed is None:
        return None
    return Change(against, row["required_before"], row["propensity_before"], need, deed)


def paired(results: Recorded, trial: Trial, other: Trial) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of the displacement table for a trial against another than the unguarded one.

    The change of the task value retained, the same for every drive, is among them.
    """
    import polars as pl

    flag = (pl.col("category") == "required").cast(pl.Float64).alias("flag")
    columns = ("drive", "goal", flag, "propensity", RETAINED)
    frames = [
        results.readings.filter(pl.col("trial") == key).select(*columns)
        for key in (other.key, trial.key)
    ]
    both = frames[0].join(frames[1], ["drive", "goal"], suffix="_after").collect()
    found = {}
    for (drive,), mine in both.group_by("drive", maintain_order=True):
        row: dict[str, Any] = {}
        for name, before, change in (
            ("flag", "required_before", "change"),
            ("propensity", "propensity_before", "moved"),
            (RETAINED, "retained_before", "retained"),
        ):
            first, second = (
                _numbers(mine, f"{name}{end}").clip(0.0, 1.0) for end in ("", "_after")
            )
            low, high = difference_interval(first, second)
            row |= {before: float(np.mean(first)), change: float(np.mean(second - first))}
            row |= {f"{change}_low": low, f"{change}_high": high}
        found[trial.key, str(drive)] = row
    return found


def paired_measure(results: Recorded, trial: Trial, other: Trial, column: str) -> Estimate | None:
    """The change of a number of each goal from one trial to another over the same goals.

    None unless both drew the same goals.
    """
    import polars as pl

    drawn = (trial.scenario, trial.family, trial.off, trial.seed)
    if drawn != (other.scenario, other.family, other.off, other.seed):
        return None
    frames = [
        results.readings.filter(pl.col("trial") == key).group_by("goal").agg(pl.col(column).first())
        for key in (other.key, trial.key)
    ]
    both = frames[0].join(frames[1], "goal", suffix="_after").sort("goal").collect()
    first, second = (_numbers(both, f"{column}{end}").clip(0.0, 1.0) for end in ("", "_after"))
    change = floats(second - first)
    if not len(change) or not np.isfinite(change).all():
        return None
    low, high = (end if np.isfinite(end) else None for end in difference_interval(first, second))
    return Estimate(float(np.mean(change)), low, high)


def _numbers(frame: "pl.DataFrame", name: str) -> Any:
    return floats(frame[name].cast(float).fill_null(float("nan")).to_numpy())
