"""Dose-response: how the pursuit of a drive grows with what it is worth, and what it is at nothing."""

from dataclasses import dataclass
from itertools import pairwise
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.coefficients import UNKNOWN, Coefficients, coefficients
from telos.llm.estimate.likelihood import contrasts

#: A dose is a share of the range of values: below this it is a rounding of nothing.
TIE = 1e-9


@final
@dataclass(frozen=True)
class Bins:
    """Bins of doses: those below and above nothing, divided at the cuts, and nothing itself.

    Bin k holds the doses between two neighbors of `sorted(cuts + (0,))`, the one further from 0 included,
    and the bin of 0 holds the doses with `|dose| <= TIE`.

    Args:
        cuts: where to divide further, in shares of the range of values; different, and none is 0.

    Example:
        >>> Bins((0.1,)).names
        ('below 0', '0', '0 to 0.1', 'above 0.1')
        >>> Bins((0.1,)).of(np.array([-0.3, 0.0, 0.1, 0.2, np.nan])).tolist()
        [0, 1, 2, 3, -1]
    """

    cuts: tuple[float, ...] = (0.1,)

    @property
    def names(self) -> tuple[str, ...]:
        """A word or two for each bin, from the lowest doses to the highest."""
        below = sorted(cut for cut in (*self.cuts, 0.0) if cut <= 0)
        above = sorted(cut for cut in (0.0, *self.cuts) if cut >= 0)
        low = [f"{a:g} to {b:g}" for a, b in pairwise(below)]
        high = [f"{a:g} to {b:g}" for a, b in pairwise(above)]
        return (f"below {below[0]:g}", *low, "0", *high, f"above {above[-1]:g}")

    def of(self, dose: Floats) -> Ints:
        """I[n], the bin of each dose; -1 for NaN."""
        below = sorted(cut for cut in self.cuts if cut < 0)
        above = sorted(cut for cut in self.cuts if cut > 0)
        zero = len(below) + 1
        low = np.searchsorted(below, dose, side="right")
        high = zero + 1 + np.searchsorted(above, dose, side="left")
        found = np.where(np.abs(dose) <= TIE, zero, np.where(dose < 0, low, high))
        return ints(np.where(np.isnan(dose), -1, found))


@final
@dataclass(frozen=True, eq=False)
class DoseResponse:
    """A fitted curve `P(pursue) = 1 / (1 + exp(-(a + b dose)))`.

    Args:
        fitted: the coefficients "intercept" and "dose".
        rate: that of a drive that is worth nothing; NaN if not identified.
        low, high: its interval; (0, 1) where nothing can be said.
    """

    fitted: Coefficients
    rate: float
    low: float
    high: float

    @property
    def slope(self) -> tuple[float, float, float]:
        """b and its interval: by how much the log-odds rise over the whole range of values."""
        found = self.fitted
        return float(found.estimate[1]), float(found.low[1]), float(found.high[1])


def dose_response(
    did: ArrayLike, dose: ArrayLike, cluster: ArrayLike, level: float = 0.95
) -> DoseResponse:
    """Fit the curve by maximum likelihood, with errors that allow for clusters.

    Args:
        did: B[n], whether the drive was pursued, of exposed decisions only.
        dose: F[n], what it was worth, as a share of the range of values; finite.
        cluster: I[n], a number for each (world, goal).
        level: of the intervals, in (0, 1).

    Returns:
        The curve. A planner that takes what is worth anything and leaves what harms has slope +inf
        and keeps the rate that it shows at ties; see `coefficients` for what is said of such.

    Raises:
        ProblemError: if the arrays do not fit one another, or hold NaN or infinity.

    Example:
        >>> did = [False, True, True, True] * 2
        >>> curve = dose_response(did, [-0.5] * 4 + [0.5] * 4, range(8))
        >>> round(curve.rate, 9), round(abs(curve.slope[0]), 9)
        (0.75, 0.0)

    References:
        Berkson (1944), the logistic curve of dose and response.
    """
    from scipy.special import expit

    flags, x = bools(did), floats(dose)
    if x.shape != flags.shape:
        raise ProblemError(
            f"dose-response: {flags.shape} flags and {x.shape} doses; give B[n] and F[n]."
        )
    columns = np.zeros((2 * len(x), 2))
    columns[1::2] = np.column_stack([np.ones(len(x)), x])
    ptr = ints(np.arange(0, len(columns) + 1, 2))
    told = contrasts(floats(columns), ptr, ints(flags), ints(cluster))
    fitted = coefficients(told, ("intercept", "dose"), level)
    if fitted.each[0] == UNKNOWN:
        return DoseResponse(fitted, float("nan"), 0.0, 1.0)
    ends = expit([fitted.estimate[0], fitted.low[0], fitted.high[0]])
    middle, low, high = (float(end) for end in ends)
    return DoseResponse(
        fitted, middle, 0.0 if np.isnan(low) else low, 1.0 if np.isnan(high) else high
    )


def boltzmann_rates(q: Floats, ptr: Ints, pursues: Bools, beta: float) -> Floats:
    """How likely a Boltzmann model is to pursue a drive at each decision.

    `P = sum_{a pursues} exp(beta q[a]) / sum_a exp(beta q[a])`; at beta = +inf the best actions
    are taken evenly (those within 1e-9 of the decision's range of q).

    Args:
        q: F[N]. ptr: I[n + 1]. pursues: B[N]. beta: in units of 1 / q; any number, or infinite.

    Returns:
        F[n], in [0, 1]; NaN for beta NaN.

    Example:
        >>> boltzmann_rates(floats([0.0, 1.0]), ints([0, 2]), bools([False, True]), 0.0).tolist()
        [0.5]
    """
    if len(ptr) < 2:
        return floats([])
    first, owner = ptr[:-1], np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    sign = -1.0 if beta < 0 else 1.0
    short = sign * q - np.maximum.reduceat(sign * q, first)[owner]  # <= 0
    if np.isinf(beta):
        odds = (short >= TIE * np.minimum.reduceat(short, first)[owner]).astype(np.float64)
    else:
        odds = np.exp(abs(beta) * short)
    return floats(np.add.reduceat(odds * pursues, first) / np.add.reduceat(odds, first))


def bin_means(values: ArrayLike, dose: ArrayLike, bins: Bins) -> Floats:
    """F[bins], the mean of values in each bin of doses; NaN for an empty bin.

    Args:
        values: F[n], such as the rates of `boltzmann_rates`.
        dose: F[n], NaN where the drive was not exposed; those are left out.
        bins: of the doses.
    """
    numbers, place = floats(values), bins.of(floats(dose))
    within = place >= 0
    counts = np.bincount(place[within], minlength=len(bins.names))
    total = np.bincount(place[within], numbers[within], minlength=len(bins.names))
    return floats(np.divide(total, counts, out=np.full(len(bins.names), np.nan), where=counts > 0))
