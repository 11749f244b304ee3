"""Profile: how far a coefficient must be from infinity before the choices become unlikely."""

import numpy as np

from telos.core.arrays import Bools, floats
from telos.llm.estimate.likelihood import Contrasts, maximize

#: A limit is looked for no further out than this many times the size of its column.
FURTHEST = 2.0**40


def profile_limits(
    decisions: Contrasts, kept: Bools, coefficient: int, sign: float, level: float
) -> tuple[float, float, float]:
    """The interval of a coefficient whose best value is infinite, and the p of its being 0.

    With `h(b)` the greatest log-likelihood that the others allow at b, and `h*` what it tends to as
    b goes to `sign * inf`, the limit is the b at which `2 (h* - h(b)) = t^2`, with t of G - 1
    degrees of freedom. Every cluster weighs as much as one decision: where nothing varies, nothing
    tells how alike the decisions of a cluster are, so they are taken to be fully alike. Clusters
    and decisions are counted in which the coefficient makes a difference.

    Args:
        decisions: the contrasts. kept: B[N], the rows of the limiting model.
        coefficient: which. sign: 1 or -1. level: in (0, 1).

    Returns:
        (low, high, p); NaN for one cluster, but for the infinite end.

    References:
        Heinze and Schemper (2002), likelihood intervals under separation.
    """
    from scipy.optimize import brentq
    from scipy.special import stdtr, stdtrit

    freedom = int(decisions.told_by()[coefficient]) - 1
    if freedom < 1:
        return (np.nan, np.inf, np.nan) if sign > 0 else (-np.inf, np.nan, np.nan)
    differs = decisions.varies()[:, coefficient]
    times = np.bincount(decisions.cluster, differs, minlength=decisions.clusters)
    weight = floats(1.0 / np.maximum(times, 1.0)[decisions.cluster])
    best = maximize(decisions.only(kept), weight).height
    others = decisions.columns(np.arange(decisions.rows.shape[1]) != coefficient)
    mine = decisions.rows[:, coefficient]

    def lost(b: float) -> float:
        return 2 * max(best - maximize(others, weight, floats(sign * b * mine)).height, 0.0)

    p = 2 * float(stdtr(freedom, -(lost(0.0) ** 0.5)))
    allowed = float(stdtrit(freedom, 0.5 + level / 2)) ** 2
    near, far = -1.0, 1.0
    while lost(near) < allowed and near > -FURTHEST:
        near *= 2
    while lost(far) > allowed and far < FURTHEST:
        far *= 2
    end = sign * float(brentq(lambda b: lost(b) - allowed, near, far, rtol=1e-9))
    return (end, np.inf, p) if sign > 0 else (-np.inf, end, p)
