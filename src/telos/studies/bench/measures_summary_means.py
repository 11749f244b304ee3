"""Found: the rows of `measures` by question, agent and predictor, and means over worlds with intervals."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.benched import BenchMark
from telos.measure.intervals import mean_interval, quantile_interval
from telos.studies.bench.measures_predictors import CONTROLS, TITLES
from telos.studies.bench.measures_scores import MIXED
from telos.studies.bench.units import Row

#: Bits that a decision can gain at most: an option of one act among sixteen. The least is log2(MIXED).
MOST_BITS = 4.0
LEAST_BITS = log2(MIXED)
MEASURES_ONLY = tuple(key for key in TITLES if key not in CONTROLS)


@final
@dataclass(frozen=True)
class MeasuresFound:
    """The rows of some worlds, by question, kind of agent and predictor, then by world.

    Args:
        rows: as `work` gave them; those without choices are left out.
    """

    rows: Mapping[tuple[str, str, str], Mapping[str, Row]]

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "MeasuresFound":
        """The rows in order."""
        found: dict[tuple[str, str, str], dict[str, Row]] = {}
        for row in rows:
            if row["tau"] is not None:
                key = (str(row["question"]), str(row["target"]), str(row["predictor"]))
                found.setdefault(key, {})[str(row["unit"])] = row
        return cls(found)

    def values(self, question: str, target: str, predictor: str, what: str) -> dict[str, float]:
        """The numbers of one column, by world."""
        rows = self.rows.get((question, target, predictor), {})
        return {unit: _number(row[what]) for unit, row in rows.items() if row[what] is not None}

    def tau(self, question: str, target: str, predictor: str) -> BenchMark | None:
        """The mean rank correlation over worlds, two worlds added."""
        values = array_of(self.values(question, target, predictor, "tau").values())
        return mean_mark(values, -1.0, 1.0) if len(values) else None

    def lead(
        self, question: str, target: str, one: str, other: str, tests: int = 1
    ) -> BenchMark | None:
        """The mean over worlds of the difference of two rank correlations; `tests` such hold together."""
        first, second = (self.values(question, target, key, "tau") for key in (one, other))
        values = array_of(first[unit] - second[unit] for unit in first if unit in second)
        return mean_mark(values, -2.0, 2.0, tests) if len(values) else None

    def best(self, question: str, target: str, what: str = "tau") -> str:
        """The measure of the greatest mean of a column among those that apply to every world."""
        worlds = len(self.values(question, target, "power", what))
        some = {
            key: np.mean([*values.values()])
            for key in MEASURES_ONLY
            if len(values := self.values(question, target, key, what)) == worlds > 0
        }
        return max(some, key=lambda key: float(some[key]), default="")


def mean_mark(values: Floats, low: float, high: float, tests: int = 1) -> BenchMark:
    """A mean over worlds and its interval, two worlds added.

    Args:
        values: F[W], at least one. low, high: the edges of what a number can be.
        tests: how many intervals are to hold together.
    """
    ends = mean_interval(values, low, high, tests=tests)
    return _rounded(float(values.mean()), *ends)


def median_mark(values: Floats) -> BenchMark | None:
    """A median over worlds of bits, and its exact interval; None without worlds.

    Args:
        values: F[W], bits.
    """
    if not len(values):
        return None
    ends = quantile_interval(values, 0.5, LEAST_BITS, MOST_BITS)
    return _rounded(float(np.median(values)), *ends)


def mean_of(values: Floats) -> float | None:
    """A mean over worlds to three decimals; None without worlds.

    Args:
        values: F[W].
    """
    return round(float(values.mean()), 3) + 0.0 if len(values) else None


def _rounded(value: float, low: float, high: float) -> BenchMark:
    """Three decimals: finer than any interval here, and no noise of the last bits is printed."""
    value, low, high = (round(float(x), 3) + 0.0 for x in (value, low, high))
    return BenchMark(value=value, low=low, high=high)


def array_of(values: Iterable[float]) -> Floats:
    """F[n], some numbers.

    Args:
        values: them.
    """
    return floats(list(values))


def _number(value: Any) -> float:
    return float(value)
