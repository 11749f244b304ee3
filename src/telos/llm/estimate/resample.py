"""Resampling: how sure a ratio of sums is when whole clusters are drawn anew."""

import numpy as np

from telos.core.arrays import Floats
from telos.measure.intervals import Interval

#: How often clusters are drawn anew.
DRAWS = 4000


def resampled_ratio(
    above: Floats, below: Floats, rng: np.random.Generator, level: float = 0.95
) -> Interval:
    """The interval of `sum(above) / sum(below)` over clusters drawn with replacement.

    The percentiles of the ratio over 4,000 draws of G clusters, taken further out so that they
    allow for few clusters: at `Phi(-t sqrt(G/(G-1)))`, with t of G - 1 degrees of freedom, in place
    of `(1 - level) / 2`.

    Args:
        above, below: F[G], sums over each cluster; those below not negative.
        rng: draws the clusters. level: in (0, 1).

    Returns:
        (low, high); (nan, nan) for fewer than two clusters.

    References:
        Efron (1979), the bootstrap; Hesterberg (2015), the expanded percentiles.
    """
    from scipy.special import ndtr, stdtrit

    clusters = len(above)
    if clusters < 2:
        return Interval(float("nan"), float("nan"))
    times = rng.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=DRAWS)
    total = times @ below
    some = total > 0
    found = (times @ above)[some] / total[some]
    if len(found) == 0:
        return Interval(float("nan"), float("nan"))
    far = float(stdtrit(clusters - 1, 0.5 + level / 2)) * (clusters / (clusters - 1)) ** 0.5
    low, high = np.quantile(found, [ndtr(-far), ndtr(far)])
    return Interval(float(low), float(high))
