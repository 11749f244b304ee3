"""Control tables: how each drive and act stands beside its controls, from the part files of the arms.

The statistic is c, the share of goals that lose at least 1 % of their value range without a set of pairs.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.placebo import MOST_OVERLAP
from telos.core.record import ControlEntry, Record, TrialEntry
from telos.measure.exact import exact_mean
from telos.measure.instrumental_value import loses
from telos.measure.intervals import (
    Interval,
    excess_interval,
    mean_interval,
    quantile_interval,
)
from telos.runs.control_parts import ACT, CAUSE, DRIVE, ArmControls, Controlled, read_controls
from telos.runs.parts import Held
from telos.runs.tables import Row, ends_of, framed

if TYPE_CHECKING:
    import polars

CONTROLS, ACTS = "controls", "acts"
#: The thresholds of c, as shares of the range: of the headline, and those beside it.
LEAST, TENTH, FIVE = 0.01, 0.001, 0.05


def control_tables(record: Record, held: Held) -> "dict[str, polars.DataFrame]":
    """The tables of a study's controls by name; none where it has none.

    Args:
        record: the study's record. held: the part of each arm's controls, by its key.

    Returns:
        `controls`: one row an arm and drive. `acts`: one row an arm and act.
    """
    if not record.controls:
        return {}
    trials = {trial.key: trial for trial in record.trials}
    rows: dict[str, list[Row]] = {CONTROLS: [], ACTS: []}
    for control in record.controls:
        found = read_controls(control, held.get(control.key, ()))
        if found is not None:
            labels: Row = {**trials[control.trial].labels(), "n": control.n_goals}
            head = labels | {"draws": control.draws}
            rows[CONTROLS] += [head | _drive(each, found) for each in found.of(DRIVE)]
            rows[ACTS] += [head | row for row in act_rows(found)]
    return {table: framed(table, mine) for table, mine in rows.items()}


def needs(low: Floats, high: Floats, least: float = LEAST) -> Floats:
    """1.0 where a goal certainly loses `least` of its range, else 0.0."""
    return floats(loses(low, high, least) == 1)


def rate(name: str, low: Floats, high: Floats, least: float = LEAST) -> Row:
    """c with its interval; what is not resolved is at its worst case in both limits."""
    sure, maybe = needs(low, high, least), floats(loses(low, high, least) != 0)
    ends = Interval(mean_interval(sure).low, mean_interval(maybe).high)
    return ends_of(name, exact_mean(sure), ends)


def _drive(own: Controlled, found: ArmControls) -> Row:
    """The row of one drive."""
    return {"drive": own.name, **magnitude(own), **placebo(own), **_others(own, found), **_cause(own, found)}


def magnitude(own: Controlled) -> Row:
    """How many goals lose something without the set, and how much."""
    share = own.share
    return {
        **rate("c", own.low, own.high),
        "c_tenth": exact_mean(needs(own.low, own.high, TENTH)),
        "c_five": exact_mean(needs(own.low, own.high, FIVE)),
        **rate("c_acted", own.acted, own.acted),
        **ends_of("mean_share", exact_mean(share), mean_interval(share)),
        **ends_of("median_share", float(np.median(share)), quantile_interval(share)),
    }


def placebo(own: Controlled) -> Row:
    """The draws in the place of the set, and how far the set is beyond one of them."""
    if not own.draw_low.shape[1]:
        return {"placebo_exists": False}
    mine, theirs = needs(own.low, own.high), needs(own.draw_low, own.draw_high)
    rates, shares = theirs.mean(axis=0), own.draw_share
    return {
        **ends_of("placebo", exact_mean(floats(rates)), Interval(rates.min(), rates.max())),
        "placebo_share": exact_mean(floats(shares.mean(axis=0))),
        "overlap": own.overlap,
        "placebo_exists": bool(own.overlap <= MOST_OVERLAP),
        **ends_of("excess", exact_mean(mine) - exact_mean(floats(rates)), excess_interval(mine, theirs)),
        **ends_of(
            "excess_share",
            exact_mean(own.share) - exact_mean(floats(shares.mean(axis=0))),
            excess_interval(own.share, shares),
        ),
    }


def _others(own: Controlled, found: ArmControls) -> Row:
    """The act that most goals need, of those that are not the drive's own."""
    same = {each.name for each in found.of(ACT) if _same(each, own)}
    rates = {
        each.name: exact_mean(needs(each.low, each.high))
        for each in found.of(ACT)
        if each.name not in same
    }
    most = max(rates, key=lambda name: rates[name], default="")
    return {"other_act": most, "other_c": rates.get(most)}


def _same(one: Controlled, other: Controlled) -> bool:
    """Whether two sets cost every goal the same, as an act and the drive that it is do."""
    return bool((one.low == other.low).all() and (one.high == other.high).all())


def _cause(own: Controlled, found: ArmControls) -> Row:
    """What is left of the drive's worth where its cause is removed: its own c, and what that says."""
    cause = found.sets.get((CAUSE, own.name))
    if cause is None or np.isnan(cause.low).all():
        return {"cause": "cannot be told", "cause_note": "" if cause is None else cause.note}
    sure = needs(cause.low, cause.high)
    whole, part = exact_mean(own.share), exact_mean(cause.share)
    ends = mean_interval(floats(cause.share), -1.0, 1.0)
    return {
        **rate("c_cause", cause.low, cause.high),
        **ends_of("cause_share", part, ends),
        "cause": "clean" if _clean(own, cause, sure) else "confounded",
        "vanished": int(cause.vanished) if np.isfinite(cause.vanished) else None,
        "cause_note": cause.note,
    }


def _clean(own: Controlled, cause: Controlled, sure: Floats) -> bool:
    """Whether nothing of the drive's worth is left without its cause: IV' = 0 within the bounds."""
    return bool((own.share - cause.share <= LEAST).all())


def act_rows(found: ArmControls) -> list[Row]:
    """The rows of the acts, those that most goals need first."""
    return []
