"""Dose-response: how the pursuit of a drive grows with what it is worth, and what it is at nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.bins import TIE, Bins, tied
from telos.llm.estimate.coefficients import UNKNOWN, Coefficients, coefficients
from telos.llm.estimate.likelihood import check_decisions, check_finite, contrasts


@final
@dataclass(frozen=True, eq=False)
class DoseResponse:
    """A fitted curve `P(pursue) = 1 / (1 + exp(-(a + b dose + c . covariates)))`.

    Args:
        fitted: the coefficients "intercept", "dose" and those of the covariates.
        rate: the *narrative rate*, of a drive that is worth nothing; NaN if not identified.
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

    def at(self, dose: ArrayLike) -> Floats:
        """F[m], the fitted rate at some doses, at covariates of 0; NaN where it is not identified.

        An infinite slope is a step, as of a planner.
        """
        x = np.asarray(dose, dtype=np.float64)
        a, b = self.fitted.estimate[:2]
        with np.errstate(invalid="ignore"):  # an infinite intercept against an infinite slope
            return floats(_logistic(a + np.where(tied(x), 0.0, b * np.where(tied(x), 1.0, x))))


def dose_response(
    did: ArrayLike,
    dose: ArrayLike,
    cluster: ArrayLike,
    covariates: ArrayLike | None = None,
    names: Sequence[str] = (),
    level: float = 0.95,
) -> DoseResponse:
    """Fit the curve by maximum likelihood, with errors that allow for clusters.

    Args:
        did: B[n], whether the drive was pursued, of exposed decisions only.
        dose: F[n], what it was worth, as a share of the range of values; finite.
        cluster: I[n], a number for each (world, goal).
        covariates: F[n, C], none unless given; center them, for the rate is that at 0.
        names: C words. level: in (0, 1).

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
    flags, x = bools(did), floats(dose)
    more = np.zeros((len(x), 0)) if covariates is None else np.asarray(covariates, np.float64)
    if x.shape != flags.shape or more.shape != (len(x), len(names)):
        raise ProblemError(
            f"dose-response: {flags.shape} flags, {x.shape} doses, covariates {more.shape} and "
            f"{len(names)} names; give B[n], F[n], F[n, C] and C names."
        )
    check_finite("dose", x)
    check_finite("covariates", floats(more))
    columns = np.zeros((2 * len(x), 2 + more.shape[1]))
    columns[1::2] = np.column_stack([np.ones(len(x)), x, more])
    ptr, groups = ints(np.arange(0, len(columns) + 1, 2)), ints(cluster)
    check_decisions(ptr, ints(flags), groups, len(columns))
    told = contrasts(floats(columns), ptr, ints(flags), groups)
    fitted = coefficients(told, ("intercept", "dose", *names), level)
    if fitted.each[0] == UNKNOWN:
        return DoseResponse(fitted, float("nan"), 0.0, 1.0)
    ends = floats(_logistic(np.array([fitted.estimate[0], fitted.low[0], fitted.high[0]])))
    middle, low, high = (float(end) for end in ends)
    return DoseResponse(
        fitted, middle, 0.0 if np.isnan(low) else low, 1.0 if np.isnan(high) else high
    )


def stepwise(dose: ArrayLike, tie: float = TIE) -> Floats:
    """F[n], how often a planner that breaks ties evenly pursues: 0 below nothing, 1/2 at it, 1 above.

    Args:
        dose: F[n], NaN stays NaN. tie: how near to nothing is nothing.

    Returns:
        The rates.

    Example:
        >>> stepwise([-0.2, 0.0, 0.2]).tolist()
        [0.0, 0.5, 1.0]
    """
    x = np.asarray(dose, dtype=np.float64)
    return floats(np.heaviside(np.where(tied(x, tie), 0.0, x), 0.5))


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


def boltzmann_curve(rates: ArrayLike, dose: ArrayLike, bins: Bins) -> tuple[Floats, Ints]:
    """The mean of a model's rates in each bin of doses: what to lay beside `rates_by_dose`.

    Args:
        rates: F[n], as from `boltzmann_rates` of the very decisions that the model met.
        dose: F[n], NaN where the drive was not exposed; those are left out. bins: of the doses.

    Returns:
        F[bins], NaN for an empty bin, and I[bins], how many decisions are in each.
    """
    values, place = floats(rates), bins.of(floats(dose))
    within = place >= 0
    counts = np.bincount(place[within], minlength=bins.count)
    total = np.bincount(place[within], values[within], minlength=bins.count)
    mean = np.divide(total, counts, out=np.full(bins.count, np.nan), where=counts > 0)
    return floats(mean), ints(counts)


def _logistic(x: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(x), dtype=np.float64)
