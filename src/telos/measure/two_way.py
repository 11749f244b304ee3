"""Stand-ins until `measure/intervals.py` and `measure/instrumental_value.py` bring these."""

import numpy as np

from telos.core.arrays import Floats, Ints, ints
from telos.measure.intervals import Interval

LEAST = 0.01


def mean_interval(
    values: Floats, low: float = 0.0, high: float = 1.0, *, level: float = 0.95, tests: int = 1
) -> Interval:
    from scipy.special import stdtrit

    n = len(values) + 2
    middle = (values.sum() + low + high) / n
    spread = ((values**2).sum() + low**2 + high**2 - n * middle**2) / (n - 1)
    half = float(stdtrit(n - 1, 1 - (1 - level) / 2 / tests)) * (spread / n) ** 0.5
    mean = float(values.mean())
    return Interval(
        max(low, float(min(middle - half, mean))), min(high, float(max(middle + half, mean)))
    )


def quantile_interval(
    values: Floats, q: float = 0.5, low: float = 0.0, high: float = 1.0, *, level: float = 0.95
) -> Interval:
    from scipy.stats import binom

    x, n, a = np.sort(values), len(values), (1 - level) / 2
    cdf = binom.cdf(np.arange(n + 1), n, q)
    lower, upper = (
        np.searchsorted(cdf, a, side="right"),
        np.searchsorted(cdf, 1 - a, side="left") + 1,
    )
    return Interval(
        float(x[lower - 1]) if lower >= 1 else low, float(x[upper - 1]) if upper <= n else high
    )


def difference_interval(
    before: Floats,
    after: Floats,
    low: float = -1.0,
    high: float = 1.0,
    *,
    level: float = 0.95,
    tests: int = 1,
) -> Interval:
    return mean_interval(after - before, low, high, level=level, tests=tests)


def loses(low: Floats, high: Floats, least: float = LEAST) -> Ints:
    """1 where at least `least` is lost for certain, 0 where less is, -1 where it cannot be told."""
    return ints(np.where(low >= least, 1, np.where(high < least, 0, -1)))


def excess_interval(own: Floats, draws: Floats, *, level: float = 0.95, tests: int = 1) -> Interval:
    """The two-way interval of mean(own) - the mean of one draw, F[N] and F[N, K]."""
    from scipy.special import stdtrit

    n, k = draws.shape
    change, between = own - draws.mean(axis=1), draws.mean(axis=0).var(ddof=1) * (1 + 1 / k)
    total = n + 2
    middle = change.sum() / total
    within = ((change**2).sum() + 2 - total * middle**2) / (total - 1) / total
    both = within + between
    freedom = both**2 / (within**2 / (total - 1) + between**2 / (k - 1))
    half = float(stdtrit(freedom, 1 - (1 - level) / 2 / tests)) * both**0.5
    mean = float(change.mean())
    return Interval(max(-1.0, min(middle - half, mean)), min(1.0, max(middle + half, mean)))
