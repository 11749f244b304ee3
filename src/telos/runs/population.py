"""Population: one drive at one level of a sweep, over goals nested in worlds and learners in goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.tables import RATES
from telos.measure.intervals import (
    Interval,
    difference_interval,
    mean_interval,
    proportion_interval,
    unpaired_interval,
)
from telos.measure.nested import nested
from telos.runs.estimates import Row, ends_of

if TYPE_CHECKING:
    import polars

#: Two values of a task that differ by less, in parts of the value range, are alike: hundreds
#: of times the solver's own bound (1e-9 of the largest reward, over 1 - discount).
ALIKE = 1e-6
UNIT = ("world", "cell", "goal")
BASELINES = ("baseline_actions", "baseline_outcomes")
DONE = ("propensity", "deed_least", "deed_most")
NO_INTERVAL = Interval(float("nan"), float("nan"))


@final
@dataclass(frozen=True, eq=False, repr=False)
class Population:
    """What was read of one drive, goal by goal.

    The clusters, whose means are taken to be independent, are the worlds where the level has
    several, else the goals. Learners of one goal are averaged before anything else.

    Args:
        table: one row a world, cell, goal and learner; None where the drive applies nowhere.
        asked: how many worlds the level has, those included where the drive does not apply.
    """

    table: "polars.DataFrame | None"
    asked: int

    @property
    def known(self) -> bool:
        """Whether the drive applies in any world."""
        return self.table is not None

    @cached_property
    def units(self) -> "polars.DataFrame":
        """One row a goal of a world: the mean over its learners."""
        import polars as pl

        assert self.table is not None
        numbers = (*RATES, *DONE, "task_retained", *BASELINES, "optimum")
        means = [pl.col(name).mean() for name in numbers]
        flags = [pl.col("draws").first(), pl.col("itself").all()]
        return self.table.group_by(UNIT).agg(*means, *flags).sort(UNIT)

    @cached_property
    def clusters(self) -> "polars.DataFrame":
        """One row a cluster: the worlds' means, or the goals themselves."""
        import polars as pl

        if self.unit == "goals":
            return self.units
        return (
            self.units.group_by("world").agg(pl.all().exclude(UNIT, "draws").mean()).sort("world")
        )

    @property
    def applicable(self) -> int:
        """In how many worlds the drive applies."""
        return self.table["world"].n_unique() if self.table is not None else 0

    @property
    def left_out(self) -> int:
        """In how many worlds it does not."""
        return self.asked - self.applicable

    @property
    def goals(self) -> int:
        """Goals in all worlds together."""
        return len(self.units) if self.known else 0

    @property
    def learners(self) -> int:
        """Learners of each goal."""
        return self.table["replica"].n_unique() if self.table is not None else 0

    @property
    def unit(self) -> str:
        """What is taken to be independent: ``worlds`` or ``goals``."""
        return "worlds" if self.asked > 1 else "goals"

    @property
    def counted(self) -> bool:
        """Whether this is a whole population: all goals of a finite family in the one world there is."""
        return self.table is not None and self.unit == "goals" and bool(self.table["whole"].all())

    def values(self, name: str) -> Floats:
        """F[clusters], without those that have no such number."""
        if not self.known:
            return floats([])
        return floats(self.clusters[name].drop_nulls().drop_nans().to_numpy())

    def mean(self, name: str) -> float | None:
        """The mean over clusters; None if there is none."""
        values = self.values(name)
        return float(values.mean()) if len(values) else None

    def interval(self, name: str) -> Interval:
        """The interval of a mean over clusters; (nan, nan) if there is none.

        Without width where all goals of one world are there and no luck is in it.
        """
        values = self.values(name)
        if len(values) == 0:
            return NO_INTERVAL
        assert self.table is not None
        if self.counted and (name in RATES or not self.table["lucky"].any()):
            return Interval(float(values.mean()), float(values.mean()))
        if name not in RATES:
            return mean_interval(values)
        # Goals of which it is not known count for the upper limit alone.
        known = name == "unresolved"
        unknown = floats(np.zeros(len(values))) if known else self.values("unresolved")
        if self.unit == "goals" and np.isin((values, unknown), (0.0, 1.0)).all():
            return proportion_interval(
                int(values.sum()), len(values), unresolved=int(unknown.sum())
            )
        most = np.minimum(values + unknown, 1.0)
        return Interval(mean_interval(values).low, mean_interval(floats(most)).high)

    def above(self, levels: int) -> Row:
        """How far the deed is above the larger random baseline, with limits for all levels together.

        Goal by goal, or world by world where there are several: a world in which chance does much is
        one in which everybody does, which does not make us less sure. Where ties leave open what is
        done, the lower limit is that of the least and the upper one that of the most.

        Args:
            levels: of the sweep; each limit holds at `1 - 0.05 / levels`.
        """
        chances = [self.mean(name) for name in BASELINES]
        if None in chances:
            return ends_of("above", None, NO_INTERVAL)
        rule = BASELINES[chances.index(max(chances))]  # type: ignore[type-var]
        odds, does = self._pair(rule, "propensity")
        low, high = (
            difference_interval(*self._pair(rule, end), tests=levels)[i]
            for i, end in enumerate(("deed_least", "deed_most"))
        )
        excess = float((does - odds).mean()) if len(does) else None
        return ends_of("above", excess, Interval(low, high))

    def _pair(self, one: str, other: str) -> tuple[Floats, Floats]:
        """F[clusters] of two numbers, where both are known."""
        both = self.clusters.select(one, other).fill_nan(None).drop_nulls()
        return floats(both[one].to_numpy()), floats(both[other].to_numpy())


def spread(here: Population) -> Row:
    """Variance of the propensity between clusters and within them; None where it cannot be told."""
    import polars as pl

    empty: Row = {"between": None, "within": None}
    if not here.known:
        return empty
    if here.unit == "worlds":
        groups = here.units.group_by("world", maintain_order=True).agg(pl.col("propensity"))
    else:
        assert here.table is not None
        groups = here.table.sort(UNIT).group_by(UNIT, maintain_order=True).agg(pl.col("propensity"))
    lists = groups["propensity"].to_list()
    if len({len(values) for values in lists}) != 1:
        return empty
    found = nested(floats(lists))
    parts = {"between": found.between, "within": found.within}
    return {name: value if np.isfinite(value) else None for name, value in parts.items()}


def gap(levels: Sequence[Population], place: int) -> Row:
    """How far the propensity is from what turning up should lead to, with its interval.

    That is the reference's in the same world, for the same goals; or, where the agent is the
    reference itself at every level, the propensity at the highest level.
    """
    here, top = levels[place], levels[-1]
    mean, ends = None, NO_INTERVAL
    towards = ""
    if here.known and top.known:
        themselves = all(p.units["itself"].all() for p in levels if p.known)
        if themselves or here.mean("optimum") is None:
            towards = "highest level"
            exact = here is top
            mean, ends = _difference(top, here, "propensity")
        else:
            towards = "reference"
            exact = bool(here.units["itself"].all())
            does, best = here.clusters["propensity"].to_numpy(), here.clusters["optimum"].to_numpy()
            mean, ends = float(np.nanmean(does - best)), difference_interval(best, does)
        if exact:
            ends = Interval(0.0, 0.0)
    return {"gap_to": towards, **ends_of("gap", mean, ends)}


def turned(before: Population | None, here: Population, steps: int) -> Row:
    """What became of the task kept since the level before, and how many goals did better or worse.

    Better and worse are counted where both levels have the same goals. The worst step of a sweep is
    picked from all, so their limits hold for all `steps` together.
    """
    names = ("better", "same", "worse")
    columns = [
        f"{name}{end}" for name in ("task_retained_change", *names) for end in ("", "_low", "_high")
    ]
    found: Row = dict.fromkeys(columns)
    found["same_goals"] = None
    if before is None or not (before.known and here.known):
        return found
    mean, ends = _difference(before, here, "task_retained")
    both = _paired(before, here)
    found |= ends_of("task_retained_change", mean, ends)
    found["same_goals"] = both is not None
    if both is None:
        return found
    change = both["task_retained"] - both["task_retained_before"]
    flags = (change > ALIKE, change.abs() <= ALIKE, change < -ALIKE)
    for name, flag in zip(names, flags, strict=True):
        rates = both.with_columns(flag.cast(float).alias("flag")).drop_nulls("flag")
        found |= ends_of(name, *_rate(rates, here.unit, steps))
    return found


def fallen(before: Population, here: Population) -> int | None:
    """In how many worlds the task kept fell for certain, each by itself, over the same goals.

    The interval of each world's paired differences at level `1 - 0.05 / worlds`, so that the whole
    count is wrong by chance in no more than one study of twenty.
    """
    if not (before.known and here.known):
        return None
    both = _paired(before, here)
    if both is None:
        return None
    level = 1 - 0.05 / max(1, both["world"].n_unique())
    count = 0
    for _, world in both.group_by("world"):
        change = floats(
            (world["task_retained"] - world["task_retained_before"]).drop_nulls().to_numpy()
        )
        if len(change) > 1 and mean_interval(change, -1.0, 1.0, level=level).high < 0:
            count += 1
    return count


def _rate(rates: "polars.DataFrame", unit: str, steps: int) -> tuple[float | None, Interval]:
    """The rate of a flag over the clusters, with limits for all steps together."""
    import polars as pl

    if not len(rates):
        return None, NO_INTERVAL
    if unit == "worlds":
        rates = rates.group_by("world").agg(pl.col("flag").mean())
    means = floats(rates["flag"].to_numpy())
    return float(means.mean()), mean_interval(means, tests=steps)


def _paired(before: Population, here: Population) -> "polars.DataFrame | None":
    """The goals of both levels side by side; None unless they are the same goals."""
    import polars as pl

    numbers = ("propensity", "task_retained")
    then = before.units.select(
        *UNIT, pl.col("draws").alias("then"), *(pl.col(n).alias(f"{n}_before") for n in numbers)
    )
    both = here.units.join(then, UNIT, maintain_order="left")
    if not len(both) or (both["draws"] != both["then"]).any():
        return None
    return both


def _difference(before: Population, here: Population, name: str) -> tuple[float | None, Interval]:
    """The mean change of a number: goal by goal where these are the same, else world by world."""
    import polars as pl

    both = _paired(before, here)
    then, now = f"{name}_before", name
    if both is None and here.unit == "worlds":
        old = before.clusters.select("world", pl.col(name).alias(then))
        both = here.clusters.join(old, "world", maintain_order="left")
    elif both is not None and here.unit == "worlds":
        both = both.group_by("world").agg(pl.col(now, then).mean()).sort("world")
    if both is None:
        first, second = before.values(name), here.values(name)
        if not (len(first) and len(second)):
            return None, NO_INTERVAL
        return float(second.mean() - first.mean()), unpaired_interval(first, second)
    both = both.drop_nulls([then, now])
    if not len(both):
        return None, NO_INTERVAL
    first, second = floats(both[then].to_numpy()), floats(both[now].to_numpy())
    return float((second - first).mean()), difference_interval(first, second)
