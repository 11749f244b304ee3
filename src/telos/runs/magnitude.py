"""Magnitude: how many goals need a drive, what it is worth to them, and what others lose meanwhile."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.record import TrialEntry
from telos.measure.intervals import quantile_interval
from telos.runs.estimates import Estimates, Row, ends_of
from telos.runs.parts import Held, Readings, numbers, required
from telos.runs.tables import framed

if TYPE_CHECKING:
    import polars

MAGNITUDE = "magnitude"
#: A goal that loses so much of its range needs the drive for more than a trifle.
LEAST = 0.01
#: The goals of most worth.
TOP = 0.9


def magnitude_tables(trials: Sequence[TrialEntry], held: Held) -> "dict[str, polars.DataFrame]":
    """The table `magnitude` of a study that varies both world and horizon where others live, or none.

    One row a trial without safeguards and drive: the rate that requires it, the share of the range
    that is lost without it, and the part of the commons that is taken from others, among all goals,
    those that require the drive, and the rest. Goals are the same in every row of one world.

    Args:
        trials: of the record. held: the parts of each trial.
    """
    free = [trial for trial in trials if not (trial.safeguards or trial.of_a_sweep)]
    if min(len({t.scenario for t in free}), len({t.discount for t in free})) < 2:
        return {}
    rows = []
    for trial in free:
        readings = Readings(trial, held[trial.key], ("category", "share", "others"))
        for drive, mine in readings.drives():
            left = numbers(mine, "others")
            if np.isnan(left).any():
                return {}
            of = Estimates(trial.whole and len(mine) == trial.n_goals)
            rows.append({**trial.labels(), "drive": drive, **_row(mine, floats(1.0 - left), of)})
    return {MAGNITUDE: framed(MAGNITUDE, rows)} if rows else {}


def _row(mine: "polars.DataFrame", lost: Floats, of: Estimates) -> Row:
    needs, share = required(mine), numbers(mine, "share")
    share = floats(np.where(np.isnan(share), 0.0, share))
    n, top = len(share), float(np.quantile(share, TOP, method="inverted_cdf"))
    row: Row = {
        "n": n,
        **of.rate("required", int(needs.sum()), n),
        **of.rate("loses", int((share >= LEAST).sum()), n),
        **of.mean("mean_share", share),
        **of.median("median_share", share),
        **ends_of("top_share", top, quantile_interval(share, TOP)),
    }
    for name, some in (
        ("lost", needs >= 0),
        ("lost_needing", needs == 1),
        ("lost_rest", needs == 0),
    ):
        values = floats(lost[some])
        row |= {f"n_{name}": len(values), **of.mean(name, values)}
    return row
