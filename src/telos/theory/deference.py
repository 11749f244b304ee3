"""Deference: what an agent that is unsure of its goal gains by letting a human switch it off.

The off-switch game of Hadfield-Menell et al. (2017): an agent may act at once, be switched off, or
wait and let a human decide. What the act is worth, U, the human knows and the agent does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, final

import numpy as np

from telos.core.errors import ProblemError

#: Where exp(-beta |u|) is below the rounding of float64 (exp(-40) is 4e-18): a noisy human errs no more.
STEADY = 40.0
#: Standard deviations beyond which a normal density has no mass left in float64.
TAIL = 38.0

Choice = Literal["wait", "act", "off"]


@final
@dataclass(frozen=True)
class FiniteBelief:
    """U is one of finitely many values.

    Args:
        values: what the act may be worth, finite.
        weights: their probabilities; they sum to 1.

    Raises:
        ProblemError: naming the value that is wrong and its range.

    Example:
        >>> FiniteBelief((-1.0, 2.0), (0.5, 0.5)).gain
        1.0
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        part = type(self).__name__
        for field in ("values", "weights"):
            numbers = tuple(_finite(part, f"{field}[{i}]", v) for i, v in _listed(self, field))
            object.__setattr__(self, field, numbers)
        if len(self.values) != len(self.weights) or not self.values:
            raise ProblemError(
                f"{part}: {len(self.values)} values and {len(self.weights)} weights; give each "
                "value one weight, and at least one value."
            )
        if min(self.weights) < 0 or abs(math.fsum(self.weights) - 1.0) > 1e-9:
            raise ProblemError(
                f"{part}: weights are {self.weights}; they must not be negative, and sum to 1."
            )

    @property
    def gain(self) -> float:
        """`E max(U, 0)`."""
        return math.fsum(w * max(u, 0.0) for u, w in zip(self.values, self.weights, strict=True))

    @property
    def harm(self) -> float:
        """`E max(-U, 0)`."""
        return math.fsum(w * max(-u, 0.0) for u, w in zip(self.values, self.weights, strict=True))

    def lost_to(self, beta: float) -> float:
        """`E |U| / (1 + exp(beta |U|))`: what a human of inverse temperature beta loses by slips."""
        pairs = zip(self.values, self.weights, strict=True)
        return math.fsum(w * abs(u) * _slip(beta, u) for u, w in pairs)


@final
@dataclass(frozen=True)
class UniformBelief:
    """U is uniform on [low, high].

    Args:
        low, high: the ends, finite, low < high.

    Raises:
        ProblemError: naming the value that is wrong and its range.

    Example:
        >>> belief = UniformBelief(-40.0, 60.0)
        >>> belief.gain, belief.harm
        (18.0, 8.0)
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        part = type(self).__name__
        for field in ("low", "high"):
            object.__setattr__(self, field, _finite(part, field, getattr(self, field)))
        if not self.low < self.high:
            raise ProblemError(f"{part}: low is {self.low}, not below high ({self.high}).")

    @property
    def gain(self) -> float:
        """`E max(U, 0)`, the part of the interval above zero times its middle."""
        below, above = max(self.low, 0.0), max(self.high, 0.0)
        return (above - below) * (above + below) / (2 * (self.high - self.low))

    @property
    def harm(self) -> float:
        """`E max(-U, 0)`."""
        return UniformBelief(-self.high, -self.low).gain

    def lost_to(self, beta: float) -> float:
        """`E |U| / (1 + exp(beta |U|))`, by quadrature where the human is not steady."""
        if beta == 0:
            return (self.gain + self.harm) / 2
        near = STEADY / beta
        low, high = max(self.low, -near), min(self.high, near)
        breaks = [low, 0.0, -1 / beta, 1 / beta, high]
        lost = _integral(lambda u: abs(u) * _slip(beta, u), breaks, low, high)
        return lost / (self.high - self.low)


@final
@dataclass(frozen=True)
class NormalBelief:
    """U is normal.

    Args:
        mean: finite.
        sd: its standard deviation, > 0, in the same unit.

    Raises:
        ProblemError: naming the value that is wrong and its range.

    Example:
        >>> round(NormalBelief(0.0, 1.0).gain, 7)
        0.3989423
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        part = type(self).__name__
        for field in ("mean", "sd"):
            object.__setattr__(self, field, _finite(part, field, getattr(self, field)))
        if not self.sd > 0:
            raise ProblemError(
                f"{part}: sd is {self.sd}; it must be positive. An agent that is sure has a "
                "FiniteBelief of one value."
            )

    @property
    def gain(self) -> float:
        """`E max(U, 0) = sd phi(z) + mean Phi(z)`, with z = mean / sd."""
        from scipy.special import ndtr

        z = self.mean / self.sd
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        # For z << 0 the two terms cancel: rounding must not make it negative.
        return max(self.sd * density + self.mean * float(ndtr(z)), 0.0)

    @property
    def harm(self) -> float:
        """`E max(-U, 0)`."""
        return NormalBelief(-self.mean, self.sd).gain

    def lost_to(self, beta: float) -> float:
        """`E |U| / (1 + exp(beta |U|))`, by quadrature where the human is not steady."""
        if beta == 0:
            return (self.gain + self.harm) / 2
        mean, sd, near = self.mean, self.sd, STEADY / beta
        low, high = max(mean - TAIL * sd, -near), min(mean + TAIL * sd, near)
        breaks = [low, 0.0, -1 / beta, 1 / beta, high]
        breaks += [mean + side * width * sd for width in (0, 1, 3, 8) for side in (-1, 1)]

        def lost(u: float) -> float:
            return abs(u) * _slip(beta, u) * math.exp(-(((u - mean) / sd) ** 2) / 2)

        return _integral(lost, breaks, low, high) / (sd * math.sqrt(2 * math.pi))


@final
@dataclass(frozen=True)
class RationalHuman:
    """A human who allows the act iff U > 0."""


@final
@dataclass(frozen=True)
class NoisyHuman:
    """A human who allows the act with probability `1 / (1 + exp(-beta U))`.

    Args:
        beta: inverse temperature, >= 0, in units of 1 / U. 0 tosses a coin; large is rational.

    Raises:
        ProblemError: if beta is negative or not finite.
    """

    beta: float

    def __post_init__(self) -> None:
        beta = _finite(type(self).__name__, "beta", self.beta)
        if beta < 0:
            raise ProblemError(f"NoisyHuman: beta is {beta}; it must not be negative.")
        object.__setattr__(self, "beta", beta)


@final
@dataclass(frozen=True)
class ConstantHuman:
    """A human who allows the act with the same probability whatever it is worth.

    Args:
        allow: that probability, in [0, 1].

    Raises:
        ProblemError: if it is none.
    """

    allow: float

    def __post_init__(self) -> None:
        allow = _finite(type(self).__name__, "allow", self.allow)
        if not 0.0 <= allow <= 1.0:
            raise ProblemError(f"ConstantHuman: allow is {allow}; a probability is from 0 to 1.")
        object.__setattr__(self, "allow", allow)


Belief = FiniteBelief | UniformBelief | NormalBelief
Human = RationalHuman | NoisyHuman | ConstantHuman


@final
@dataclass(frozen=True)
class Deference:
    """What an agent believes of its three choices, and what its choice is really worth.

    Args:
        act: `E U`, what acting at once is believed to be worth.
        off: 0, what being switched off is worth.
        wait: `E pi(U) U`, what letting the human decide is believed to be worth.
        delta: `wait - max(act, off)`, the incentive to leave the switch to the human.
        choice: what the agent does; among equals it waits, and would rather act than be off.
        worth: what that choice is worth in truth.
        loss: >= 0, how much better the best of the three is in truth.
    """

    act: float
    off: float
    wait: float
    delta: float
    choice: Choice
    worth: float
    loss: float


def deference(belief: Belief, human: Human, *, truth: Belief | None = None) -> Deference:
    """What an agent unsure of its goal gains by leaving the off-switch to a human.

    `act = E U`, `off = 0`, `wait = E pi(U) U` and `delta = wait - max(act, 0)`, with pi(u) the
    probability that the human allows an act worth u. A rational human makes
    `delta = min(E U+, E U-) >= 0`; one who takes no heed of U never makes it positive; a noisy one
    takes `E |U| / (1 + exp(beta |U|))` from it.

    Args:
        belief: what the agent believes of U: FiniteBelief, UniformBelief or NormalBelief.
        human: RationalHuman(), NoisyHuman(beta) or ConstantHuman(allow).
        truth: the distribution that U really has; None: the agent is right.

    Returns:
        Deference: the three values, delta, the choice, and what it is really worth.

    Example:
        >>> found = deference(UniformBelief(-40, 60), RationalHuman())
        >>> found.act, found.wait, found.delta, found.choice
        (10.0, 18.0, 8.0, 'wait')
        >>> sure = deference(FiniteBelief((1,), (1,)), NoisyHuman(1), truth=FiniteBelief((-9,), (1,)))
        >>> sure.choice, sure.worth
        ('act', -9.0)

    References:
        Hadfield-Menell et al. (2017), The Off-Switch Game, theorem 1 for the rational human.
    """
    act, wait, delta = _values(belief, human)
    choice: Choice = "wait" if delta >= 0 else "act" if act >= 0 else "off"
    real_act, real_wait, _ = _values(belief if truth is None else truth, human)
    really = {"wait": real_wait, "act": real_act, "off": 0.0}
    worth = really[choice]
    return Deference(act, 0.0, wait, delta, choice, worth, max(really.values()) - worth)


def _values(belief: Belief, human: Human) -> tuple[float, float, float]:
    """(act, wait, delta); delta is not taken as a difference, which would lose its digits."""
    gain, harm = belief.gain, belief.harm
    act = gain - harm
    match human:
        case RationalHuman():
            return act, gain, min(gain, harm)
        case NoisyHuman(beta):
            lost = belief.lost_to(beta)
            return act, gain - lost, min(gain, harm) - lost
        case ConstantHuman(allow):
            return act, allow * act, (allow - 1.0) * act if act > 0 else allow * act


def _slip(beta: float, u: float) -> float:
    """How often a human of inverse temperature beta decides against the sign of u."""
    return 1.0 / (1.0 + math.exp(min(beta * abs(u), 700.0)))


def _integral(f: Callable[[float], float], breaks: list[float], low: float, high: float) -> float:
    """The integral of f over [low, high], smooth between the breaks; 0 where low >= high."""
    from scipy.integrate import quad

    edges = sorted({min(max(b, low), high) for b in breaks}) if low < high else []
    parts = (
        quad(f, a, b, epsabs=0.0, epsrel=1e-12, limit=200)[0] for a, b in pairwise(edges) if a < b
    )
    return math.fsum(float(part) for part in parts)


def _listed(part: object, field: str) -> list[tuple[int, float]]:
    return list(enumerate(np.atleast_1d(getattr(part, field)).tolist()))


def _finite(part: str, field: str, value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ProblemError(f"{part}: {field} is {value!r}; give a finite number.")
    return number
