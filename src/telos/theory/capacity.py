"""Capacity: how many bits a choice of inputs can put through a noisy channel, between two limits."""

from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import is_between
from telos.core.errors import ProblemError
from telos.core.numbers import reals

#: Rounds after which a capacity is given with the gap it has by then; a channel of 256 inputs and 100
#: outputs takes some 0.2 ms a round.
MOST_ROUNDS = 2000


@final
@dataclass(frozen=True, eq=False)
class Capacity:
    """The capacity of a channel in bits, `low <= C <= high`, and an input law that attains `low`.

    Args:
        low: the mutual information of the input law; high: `max_a D(p(.|a) || q)` for its output law q.
        law: F[A], the input law.
    """

    low: float
    high: float
    law: Floats


def capacity(channel: Floats, tolerance: float = 1e-6) -> Capacity:
    """The capacity `max_p I(A; Y)` of a finite channel, by the algorithm of Blahut and Arimoto.

    With q the output law of an input law p and `D_a = sum_y p(y|a) log2(p(y|a) / q(y))`,

        `sum_a p(a) D_a <= C <= max_a D_a`,

    and `p(a) <- p(a) 2^(m D_a)`, normalized. The step m grows while the lower limit does and falls back to
    1, that of the classical algorithm; the limits hold for any p, however it was found.

    Args:
        channel: F[A, Y], the law of the output for each input; each row sums to 1.
        tolerance: the gap between the limits to stop at, in bits, > 0.

    Returns:
        The limits and the input law; the gap is above the tolerance if the rounds ran out.

    Raises:
        ProblemError: if a row is not a law, or the tolerance no number above 0.

    Example:
        >>> found = capacity(np.array([[0.9, 0.1], [0.1, 0.9]]))  # 1 - H2(0.1)
        >>> round(found.low, 6), round(found.high, 6)
        (0.531004, 0.531004)

    References:
        Blahut (1972), theorem 5 for the limits; Arimoto (1972). Recalled; the papers were not read.
    """
    given = reals(channel, "capacity, channel", ProblemError)
    if given.ndim != 2 or not given.size:
        raise ProblemError(f"capacity: channel has shape {given.shape}; give F[inputs, outputs].")
    laws = ((given >= 0) & (given <= 1.0 + 1e-9)).all()  # NaN is neither
    if not laws or (np.abs(given.sum(axis=1) - 1.0) > 1e-9).any():
        raise ProblemError("capacity: each row of the channel must be a law that sums to 1.")
    if not is_between(tolerance, 0.0, np.inf):
        raise ProblemError(f"capacity: tolerance is {tolerance!r:.200}; give bits above 0.")
    return capacity_of(given, tolerance)


def capacity_of(channel: Floats, tolerance: float, rounds: int = MOST_ROUNDS) -> Capacity:
    """`capacity` of rows that are known to be laws."""
    rows = channel[:, channel.any(axis=0)]
    law = np.full(len(rows), 1.0 / len(rows))
    logs = np.log2(rows, out=np.zeros_like(rows), where=rows > 0)
    entropy = -(rows * logs).sum(axis=1)
    best, high, step = Capacity(-1.0, np.inf, floats(law)), np.inf, 1.0
    for _ in range(rounds):
        output = law @ rows
        cost = -np.log2(output, out=np.full(len(output), -1e4), where=output > 0)
        apart = rows @ cost - entropy
        low, high = float(law @ apart), min(high, float(apart.max()))
        if low > best.low:
            best, step = Capacity(max(low, 0.0), high, floats(law)), step * 1.5
        else:
            law, step = best.law, 1.0
            apart = rows @ -np.log2(np.maximum(law @ rows, 1e-300)) - entropy
        if high - best.low <= tolerance:
            break
        weight = law * np.exp2(step * (apart - apart.max()))
        law = np.maximum(weight / weight.sum(), 1e-300)  # an input that once was 0 would stay so
        law = law / law.sum()
    return Capacity(best.low, max(high, best.low), best.law)
