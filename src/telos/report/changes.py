"""Changes: each safeguard against itself less its last part, over the same goals."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from telos.core.arrays import floats
from telos.measure.intervals import difference_interval, mean_interval
from telos.report.results import Recorded, Trial
from telos.report.words import Estimate, estimate, safeguard_words

if TYPE_CHECKING:
    import polars as pl


@final
@dataclass(frozen=True)
class Change:
    """What a safeguard changed of one drive.

    Args:
        against: the safeguard that it is compared with, in words.
        need_before, deed_before: the rates there. need, deed: the paired changes.
        least, most: the paired changes of the deed's limits over tied-optimal play.
        verdict: *displaced*, *need only*, *deed only*, *held*, *undecided*; empty: none is asked for.
    """

    against: str
    need_before: float
    deed_before: float
    need: Estimate
    deed: Estimate
    least: Estimate
    most: Estimate
    least_before: float
    verdict: str

    @property
    def falls(self) -> bool:
        """Whether the deed falls beyond its interval, however ties fall."""
        return self.most.high is not None and self.most.high < 0


def reference(results: Recorded, trial: Trial) -> Trial | None:
    """The trial that one under safeguards is compared with: itself less its last part, where there is one."""
    key = results.prices.get(trial.key, {}).get("against")
    return next((other for other in results.trials if other.key == key), None)


def changes(results: Recorded) -> dict[tuple[str, str], Change]:
    """By trial and drive, every change that the record allows to be told."""
    trials = {trial.key: trial for trial in results.trials}
    found: dict[tuple[str, str], Change] = {}
    for row in results.tables.get("displacement", ()):
        other = trials.get(row["against"])
        if other is not None and (change := _change(row, safeguard_words(other.safeguards))):
            found[row["trial"], row["drive"]] = change
    return found


def _change(row: Mapping[str, Any], against: str) -> Change | None:
    need, deed, least, most = (
        estimate(row, name) for name in ("change", "moved", "least_change", "most_change")
    )
    if need is None or deed is None or least is None or most is None:
        return None
    return Change(
        against,
        need_before=row["required_before"],
        deed_before=row["propensity_before"],
        need=need,
        deed=deed,
        least=least,
        most=most,
        least_before=row["deed_least_before"],
        verdict=row["verdict"] or "",
    )


def paired_measure(
    results: Recorded,
    trial: Trial,
    other: Trial,
    column: str,
    *,
    drive: str = "",
    half: int | None = None,
) -> Estimate | None:
    """The change of a number of each goal from one trial to another over the same goals.

    What was picked from many is quoted from goals that did not pick it: `half` 0 are goals 0, 2, 4, ...,
    and 1 the others.

    Args:
        results: the record. trial, other: the trials, to and from.
        column: of the readings; `required` is whether the drive is.
        drive: whose rows, for what differs between drives. half: None: all goals.

    Returns:
        The change; None unless both drew the same goals.
    """
    import polars as pl

    drawn = (trial.scenario, trial.family, trial.off, trial.seed)
    if drawn != (other.scenario, other.family, other.off, other.seed):
        return None
    flag = (pl.col("category") == "required").cast(pl.Float64)
    value = (flag if column == "required" else pl.col(column)).first().alias("value")
    rows = results.readings if not drive else results.readings.filter(pl.col("drive") == drive)
    if half is not None:
        rows = rows.filter(pl.col("goal") % 2 == half)
    frames = [
        rows.filter(pl.col("trial") == key).group_by("goal").agg(value)
        for key in (other.key, trial.key)
    ]
    both = frames[0].join(frames[1], "goal", suffix="_after").sort("goal").collect()
    first, second = (_numbers(both, f"value{end}").clip(0.0, 1.0) for end in ("", "_after"))
    change = floats(second - first)
    if not len(change) or not np.isfinite(change).all():
        return None
    low, high = (end if np.isfinite(end) else None for end in difference_interval(first, second))
    return Estimate(float(np.mean(change)), low, high)


def half_measure(results: Recorded, trial: Trial, column: str, half: int) -> Estimate | None:
    """The mean of a number of each goal over half the goals of a trial; see `paired_measure`."""
    import polars as pl

    rows = results.readings.filter(pl.col("trial") == trial.key, pl.col("goal") % 2 == half)
    found = rows.group_by("goal").agg(pl.col(column).first().alias("value")).sort("goal").collect()
    values = _numbers(found, "value").clip(0.0, 1.0)
    if not len(values) or not np.isfinite(values).all():
        return None
    return Estimate(float(np.mean(values)), *mean_interval(values))


def _numbers(frame: "pl.DataFrame", name: str) -> Any:
    return floats(frame[name].cast(float).fill_null(float("nan")).to_numpy())
