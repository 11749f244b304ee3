"""The test of the law: the frozen predictor on drives, on placebos of equal size, and against names alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.measure.intervals import Interval, difference_p_value, mean_interval
from telos.measure.selection import holm
from telos.studies.bench.displacement_cells import FEATURES, TARGETS
from telos.studies.bench.law_of_displacement import (
    LEVEL,
    CellTable,
    over_worlds,
    predicted,
    rank_correlation,
    within_pairs,
)

#: Worlds in which an ordered pair of drives must be for a correlation of its own.
FEWEST = 12

Estimate = tuple[float, Interval]


@final
@dataclass(frozen=True)
class LawTest:
    """How the frozen predictor does on one target, over cells of worlds it has not seen.

    Args:
        target: what is predicted. cells, worlds: how many; of drives.
        drives, placebos: the rank correlation where drives, and where placebos of their size, were
            forbidden. beyond: the first less the second.
        own: that of a second predictor, fitted to the placebos of the fitting half, on placebos.
        within: that of drives within ordered pairs of drives. names: of the fitting half's mean of the
            pair, a predictor that knows nothing but the names. beyond_names: `drives` less `names`.
        affordable: that of the one feature `affordable`, a rule without a coefficient.
        both: that of the rate of goals that lose by each of the two drives, with its sign turned: the
            single feature that ranks best on the fitting half. beyond_both: `drives` less `both`.
    """

    target: str
    cells: int
    worlds: int
    drives: Estimate
    placebos: Estimate
    beyond: Estimate
    own: Estimate
    within: Estimate
    names: Estimate
    beyond_names: Estimate
    affordable: Estimate
    both: Estimate
    beyond_both: Estimate

    @property
    def law(self) -> bool:
        """Whether there is a law, as it was defined before: ranked better than not, and than placebos."""
        return self.drives[1].low > 0.0 and self.beyond[1].low > 0.0

    @property
    def verdict(self) -> str:
        """In words."""
        if self.law and self.beyond_names[1].low > 0.0:
            return "a law, better than the names of the drives"
        told = "worse than" if self.beyond_names[1].high < 0.0 else "not shown to be better than"
        if self.law:
            inside = ", but within pairs too" if self.within[1].low > 0.0 else ""
            return f"a law, {told} the names of the drives alone{inside}"
        if self.drives[1].low > 0.0:
            return "no law of drives: placebos not shown to be ranked worse"
        return "no law"


def law_test(
    target: str,
    predictor: dict[str, Any],
    drives: CellTable,
    placebos: CellTable,
) -> LawTest:
    """Test a frozen predictor on one target; limits hold for all targets together.

    Args:
        target: one of `TARGETS`. predictor: `law_of_displacement.fitted`, with `names`: mean by pair.
        drives, placebos: cells of the same worlds, numbered alike; of the same ordered pairs.
    """
    k = TARGETS.index(target)
    first, second = (each.take(bools(~np.isnan(each.changes[:, k]))) for each in (drives, placebos))
    says, too = predicted(predictor, first, target), predicted(predictor, second, target)
    theirs = predicted(predictor["of placebos"], second, target)
    did, does = floats(first.changes[:, k]), floats(second.changes[:, k])
    by_name = floats(_by_name(predictor, first, target))

    def sure(statistic: Any, *, correlation: bool = True) -> Estimate:
        return over_worlds(statistic, first.world, level=LEVEL, correlation=correlation)

    def ranked(rows: Bools) -> float:
        return rank_correlation(floats(says[rows]), floats(did[rows]))

    def named(rows: Bools) -> float:
        return rank_correlation(floats(by_name[rows]), floats(did[rows]))

    def beside(rows: Bools, said: Floats = too) -> float:
        kept = np.isin(second.world, first.world[rows])
        return rank_correlation(floats(said[kept]), floats(does[kept]))

    def alone(name: str, rows: Bools) -> float:
        known = first.features[rows, FEATURES.index(name)]
        return rank_correlation(floats(known), floats(did[rows]))

    def inside(rows: Bools) -> float:
        return within_pairs(floats(says[rows]), floats(did[rows]), first.pair[rows])

    return LawTest(
        target=target,
        cells=len(did),
        worlds=len(np.unique(first.world)),
        drives=sure(ranked),
        placebos=sure(beside),
        beyond=sure(lambda rows: ranked(rows) - beside(rows), correlation=False),
        own=sure(lambda rows: beside(rows, theirs)),
        within=sure(inside),
        names=sure(named),
        beyond_names=sure(lambda rows: ranked(rows) - named(rows), correlation=False),
        affordable=sure(partial(alone, "affordable")),
        both=sure(lambda rows: -alone("both", rows)),
        beyond_both=sure(lambda rows: ranked(rows) + alone("both", rows), correlation=False),
    )


def mean_by_name(table: CellTable, target: str) -> dict[str, float]:
    """The mean change of each ordered pair of drives; the mean of all under the empty name.

    Args:
        table: cells. target: one of `TARGETS`.
    """
    change = table.changes[:, TARGETS.index(target)]
    found = {"": round(float(np.nanmean(change)), 6)}
    for p, name in enumerate(table.names):
        here = change[(table.pair == p) & ~np.isnan(change)]
        if len(here):
            found[name] = round(float(here.mean()), 6)
    return found


def _by_name(predictor: dict[str, Any], table: CellTable, target: str) -> list[float]:
    known = predictor["names"][target]
    return [known.get(table.names[p], known[""]) for p in table.pair]


@final
@dataclass(frozen=True)
class PairEffect:
    """One ordered pair of drives, over the worlds that have both.

    Args:
        name: `"i -> j"`. worlds: how many.
        change, placebo: the mean change where the drive, and where its placebo, is forbidden; limits
            over worlds. beyond: the first less the second, worlds paired.
        p: two-sided, of no mean change, by the interval's rule; Holm's over pairs.
        ranked: the rank correlation of prediction and change; exploratory.
    """

    name: str
    worlds: int
    change: Estimate
    placebo: Estimate
    beyond: Estimate
    p: float
    ranked: Estimate


def by_pair(
    target: str, predictor: dict[str, Any], drives: CellTable, placebos: CellTable
) -> list[PairEffect]:
    """The effects of all ordered pairs that enough worlds have, with p corrected for their number.

    Args:
        target: one of `TARGETS`. predictor: the frozen one. drives, placebos: see `law_test`.
    """
    k, found = TARGETS.index(target), []
    says = predicted(predictor, drives, target)
    for p, name in enumerate(drives.names):
        here = bools((drives.pair == p) & ~np.isnan(drives.changes[:, k]))
        there = bools((placebos.pair == p) & ~np.isnan(placebos.changes[:, k]))
        if here.sum() < FEWEST or there.sum() < FEWEST:
            continue
        change = floats(drives.changes[here, k])
        drawn = dict(zip(placebos.world[there], placebos.changes[there, k], strict=True))
        both = [
            (x, drawn[w]) for w, x in zip(drives.world[here], change, strict=True) if w in drawn
        ]
        apart = floats([(x - y) / 2 for x, y in both])
        low, high = mean_interval(apart, -1.0, 1.0)
        world, said = drives.world[here], says[here]
        ranked = over_worlds(_ranking(said, change), world)
        found.append(
            PairEffect(
                name=name,
                worlds=len(change),
                change=_mean(change),
                placebo=_mean(floats(placebos.changes[there, k])),
                beyond=(2 * float(apart.mean()), Interval(2 * low, 2 * high)),
                p=_p_value(change),
                ranked=ranked,
            )
        )
    return _corrected(found)


def _ranking(x: Floats, y: Floats) -> Callable[[Bools], float]:
    return lambda rows: rank_correlation(floats(x[rows]), floats(y[rows]))


def _mean(values: Floats) -> Estimate:
    return float(values.mean()), mean_interval(values, -1.0, 1.0)


def _p_value(change: Floats) -> float:
    return difference_p_value(floats(np.zeros(len(change))), change)


def _corrected(found: Sequence[PairEffect]) -> list[PairEffect]:
    corrected = holm([each.p for each in found])
    return [replace(each, p=float(p)) for each, p in zip(found, corrected, strict=True)]
