"""Control tables: how each drive and act stands beside its controls, from the part files of the arms.

The statistic is c, the share of goals that lose at least 1 % of their value range without a set of pairs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Floats, bools, floats
from telos.core.placebo import MOST_OVERLAP
from telos.core.reading import Affordance
from telos.core.record import Record
from telos.measure.acts import Act
from telos.measure.convergence import COARSE, FINE, JOINT, act_rows
from telos.measure.discovered import ActRow
from telos.measure.exact import exact_mean
from telos.measure.instrumental_value import loses
from telos.measure.intervals import Interval
from telos.measure.placebo import excess_of
from telos.measure.removal import Removal
from telos.runs.control_parts import (
    ACT,
    AND,
    CAUSE,
    DRIVE,
    OR,
    WORK,
    ArmControls,
    Controlled,
    read_controls,
)
from telos.runs.control_parts import JOINT as JOINT_KIND
from telos.runs.estimates import Estimates, Row, ends_of
from telos.runs.parts import Held
from telos.runs.tables import framed

if TYPE_CHECKING:
    import polars

CONTROLS, ACTS = "controls", "acts"
#: The threshold of c, as a share of the range.
LEAST = 0.01
#: Where the two scales of c differ by more than this, the outcome that stretches the range is named.
STRETCHED = 0.1
NO_PLACEBO, UNTOLD = "no placebo exists", "cannot be told"
EXPLORATORY = "exploratory, beyond its placebo"


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
            head: Row = {**trials[control.trial].labels(), "n": control.n_goals}
            trial = trials[control.trial]
            of = Estimates(trial.whole and control.n_goals == trial.n_goals)
            rows[CONTROLS] += [head | _drive(each, found, of) for each in found.of(DRIVE)]
            rows[ACTS] += [head | row for row in _acts(found, of)]
    return {table: framed(table, mine) for table, mine in rows.items()}


# -- drives --------------------------------------------------------------------------------------


def needs(low: Floats, high: Floats, least: float = LEAST) -> Floats:
    """1.0 where a goal certainly loses `least` of its range, else 0.0."""
    return floats(loses(low, high, least) == 1)


def _rate(name: str, low: Floats, high: Floats, of: Estimates) -> Row:
    """c with its interval; goals that are not resolved are at their worst case in both limits."""
    told = loses(low, high, LEAST)
    return of.rate(name, int((told == 1).sum()), len(low), unresolved=int((told == -1).sum()))


def _drive(own: Controlled, found: ArmControls, of: Estimates) -> Row:
    """The row of one drive."""
    row: Row = {
        "drive": own.name,
        "draws": own.draw_low.shape[1],
        **_rate("loses", own.low, own.high, of),
        "loses_tenth": exact_mean(needs(own.low, own.high, FINE)),
        "loses_five": exact_mean(needs(own.low, own.high, COARSE)),
        **_rate("loses_acted", own.acted, own.acted, of),
        **of.mean("mean_share", own.share),
        **of.median("median_share", own.share),
    }
    apart = exact_mean(needs(own.low, own.high)) - exact_mean(needs(own.acted, own.acted))
    if abs(apart) > STRETCHED:
        row["stretched_by"] = Counter(found.worst).most_common(1)[0][0]
    return (
        row | _placebo(own, of, len(found.of(DRIVE))) | _others(own, found) | _cause(own, found, of)
    )


def _placebo(own: Controlled, of: Estimates, drives: int) -> Row:
    """The draws in the place of a drive, and how far it is beyond one of them.

    Limits hold together over the drives of the arm, of which each gets a verdict.
    """
    if own.draw_low.shape[1] < 2:
        return {"stands_out": NO_PLACEBO}
    mine, theirs = needs(own.low, own.high), needs(own.draw_low, own.draw_high)
    rates, shares = floats(theirs.mean(axis=0)), own.draw_share
    excess = exact_mean(mine) - exact_mean(rates)
    share, mean = own.share, exact_mean(floats(shares.mean(axis=0)))
    ends = excess_of(mine, theirs, whole=of.whole, tests=drives)
    apart = excess_of(share, shares, whole=of.whole, tests=drives)
    beyond = ends.low > 0 and bool(mine.mean() > rates.max())  # as `Placebo.beyond`
    said = ("yes" if beyond else "no") if own.overlap <= MOST_OVERLAP else NO_PLACEBO
    return {
        **ends_of("placebo", exact_mean(rates), Interval(float(rates.min()), float(rates.max()))),
        "placebo_share": mean,
        "overlap": own.overlap,
        **ends_of("excess", excess, ends),
        **ends_of("excess_share", exact_mean(share) - mean, apart),
        "stands_out": said,
    }


def _others(own: Controlled, found: ArmControls) -> Row:
    """The act that most goals need, of those that are not the drive's own."""
    others = [act for act in _every_act(found) if own.name not in act.covered]
    rates = {act.name: exact_mean(needs(act.low, act.high)) for act in others}
    most = max(rates, key=lambda name: rates[name], default="")
    return {"other_act": most, "other_loses": rates.get(most)}


def _cause(own: Controlled, found: ArmControls, of: Estimates) -> Row:
    """What of a drive's worth goes with its cause: its own c, and whether anything stays."""
    cause = found.sets.get((CAUSE, own.name))
    if cause is None or np.isnan(cause.low).any():
        return {"cause": UNTOLD, "cause_note": "" if cause is None else cause.note}
    part = cause.share
    return {
        **of.rate("required_cause", int((cause.low > 0).sum()), len(cause.low)),
        **_rate("loses_cause", cause.low, cause.high, of),
        **of.mean("cause_share", part),
        "cause": cause.note,
        "vanished": int(cause.vanished) if np.isfinite(cause.vanished) else None,
    }


# -- acts ----------------------------------------------------------------------------------------


def _every_act(found: ArmControls) -> tuple[Controlled, ...]:
    return (*found.of(ACT), *found.of(WORK))


def _acts(found: ArmControls, of: Estimates) -> Iterator[Row]:
    """The rows of the acts of an arm: candidates first, then the work beside which they stand."""
    acts = _every_act(found)
    if not acts:
        return
    rows = act_rows(
        [_as_act(each) for each in acts],
        Removal(
            *(floats(np.stack([getattr(a, c) for a in acts])) for c in ("low", "high", "acted"))
        ),
        {a.name: _draws(a) for a in found.of(ACT) if a.draw_low.shape[1]},
        {a.name: a.overlap for a in found.of(ACT)},
        found.favorite,
        idle=found.idle,
        whole=of.whole,
    )
    of_name = {a.name: a for a in acts}
    for row in rows:
        yield _act_row(row, of_name[row.name]) | _joined(row, rows, found)


def _as_act(own: Controlled) -> Act:
    """What a record says of an act; its pairs are not in it."""
    nothing = bools(np.zeros(0))
    means = own.note if own.note in ("names", "cells") else "features"
    return Act(Affordance(own.name, nothing, nothing), means, own.distance, own.also)  # type: ignore[arg-type]


def _draws(own: Controlled) -> Removal:
    nothing = np.zeros(own.draw_low.T.shape)
    return Removal(floats(own.draw_low.T), floats(own.draw_high.T), floats(nothing))


def _act_row(row: ActRow, own: Controlled) -> Row:
    return {
        "act": row.name,
        "also": OR.join(row.also),
        "found_by": own.note,
        "draws": row.draws,
        "distance": row.distance,
        "candidate": row.candidate,
        **ends_of("loses", row.c, row.c_interval),
        "loses_tenth": row.c_fine,
        "loses_five": row.c_coarse,
        "loses_acted": row.c_acted,
        **ends_of("mean_share", row.mean, row.mean_interval),
        **ends_of("median_share", row.median, row.median_interval),
        **ends_of("placebo", _known(row.placebo), Interval(row.placebo_least, row.placebo_most)),
        "overlap": _known(row.overlap),
        **ends_of("excess", _known(row.excess), row.excess_interval),
        **ends_of("others", _known(row.others), row.others_interval),
        "favorite_least": _known(row.favorite_least),
        "favorite_median": _known(row.favorite_median),
        "favorite_worst": row.favorite_worst,
        "favorites_dropped": row.favorites_dropped,
        "favorite_idle": row.favorite_idle,
        "favorite_idle_n": row.favorite_idle_n,
        "favorite_idle_loses": _known(row.favorite_idle_c),
        "covered": OR.join(own.covered),
        # Beyond its placebo is what most sets are that lead somewhere; the rank that decides is not here.
        "verdict": EXPLORATORY if row.exploratory and row.needed else row.verdict,
    }


def _joined(row: ActRow, rows: Sequence[ActRow], found: ArmControls) -> Row:
    """The act that stands in for this one: together they cost .1 more goals than either."""
    best: Row = {}
    most = 0.0
    for other in rows:
        names = sorted((row.name, other.name))
        pair = found.sets.get((JOINT_KIND, AND.join(names)))
        if pair is None or other is row:
            continue
        both = exact_mean(needs(pair.low, pair.high))
        if both > max(row.c, other.c) + JOINT and both > most:
            most, best = both, {"joint_with": other.name, "joint_loses": both}
    return best


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
