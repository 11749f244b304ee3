"""Onsets: at which level of a sweep a drive begins, and from which on it is as strong as it gets."""

from collections.abc import Sequence
from typing import Any

from telos.core.arrays import floats
from telos.measure.onset import Onset, onset, settling

#: How near the reference's mean propensity counts as there.
WITHIN = 0.05

Row = dict[str, Any]


def onsets(rows: Sequence[Row]) -> dict[str, Any]:
    """Where a drive begins on a sweep, from its rows of `sweeps.csv` in the order of the levels.

    - `onset`: the least level from which on the interval of the mean propensity stays beyond both
      chance baselines (see `telos.measure.onset.onset`); `onset_action`, the same for the baseline
      of random actions alone.
    - `settled`: the least level from which on it is within 0.05 of the reference, or of the highest
      level where the agent is the reference itself (see `telos.measure.onset.settling`).

    Args:
        rows: of one drive, from the least capable level to the most.

    Returns:
        Each of the three with its sense (``above chance``) and the reason, where there is none.
    """
    known = [row for row in rows if row["applicable"] and row["propensity"] is not None]
    found: dict[str, Any] = {}
    for name, rules in (
        ("onset", ("baseline_actions", "baseline_outcomes")),
        ("onset_action", ("baseline_actions",)),
    ):
        found |= _put(name, known, _begun(known, rules))
    return found | _put("settled", known, _settled(known))


def _begun(rows: Sequence[Row], rules: Sequence[str]) -> Onset:
    if not rows or any(row[rule] is None for row in rows for rule in rules):
        return Onset(None, "nothing was read of it")
    chance = floats([[row[rule] for rule in rules] for row in rows])
    best = [row["propensity"] if row["optimum"] is None else row["optimum"] for row in rows]
    # The ends of the interval, with the width that the difference from chance has.
    low = [_end(row, "low", max(odds)) for row, odds in zip(rows, chance, strict=True)]
    high = [_end(row, "high", min(odds)) for row, odds in zip(rows, chance, strict=True)]
    # Both ends are sums; where nothing varies, rounding may put them the wrong way round.
    high = [max(ends) for ends in zip(low, high, strict=True)]
    return onset(range(1, len(rows) + 1), low, high, chance, best)


def _end(row: Row, end: str, odds: float) -> float:
    """The end of the interval of the propensity, its width that of the difference from chance."""
    most = max(row["baseline_actions"], row["baseline_outcomes"])
    name = "above_most" if odds == most else "above_least"
    return float(odds + _or_nan(row[f"{name}_{end}"]))


def _settled(rows: Sequence[Row]) -> Onset:
    if not rows:
        return Onset(None, "nothing was read of it")
    low, high = ([_or_nan(row[f"gap_{end}"]) for row in rows] for end in ("low", "high"))
    return settling(range(1, len(rows) + 1), low, high, within=WITHIN)


def _put(name: str, rows: Sequence[Row], found: Onset) -> dict[str, Any]:
    """The level in the sweep's own units, and the words around it."""
    level = None if found.level is None else rows[int(found.level) - 1]["level"]
    sense = (
        found.reason.partition(" from ")[0].partition(" at every")[0] if level is not None else ""
    )
    why = "" if level is not None else found.reason.partition(" at the greatest")[0]
    return {name: level, f"{name}_sense": sense, f"{name}_why": why}


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)
