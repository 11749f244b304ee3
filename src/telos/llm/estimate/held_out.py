"""Held-out worlds: how well choices are foretold by what was fitted to the other worlds."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from telos.core.arrays import bools, floats
from telos.llm.estimate.choice import Decisions, gained, part
from telos.llm.estimate.hierarchical import hierarchical, numbered
from telos.llm.estimate.ratio import ratio
from telos.llm.estimate.split import shrunk


@final
@dataclass(frozen=True)
class HeldOut:
    """How well choices in worlds are foretold from the others.

    Args:
        bits: less surprise a decision than under uniform choice, in bits. low, high: its interval over
            worlds. n: decisions. worlds: how many.
    """

    bits: float
    low: float
    high: float
    n: int
    worlds: int


def held_out(made: Decisions, world: ArrayLike, level: float = 0.95) -> HeldOut:
    """Foretell the choices in each world by the average fitted to all others.

    With the gains `g_i = log2 P(a_i) + log2 A_i` over choosing uniformly, the interval is that of a
    ratio of sums over worlds, by t of one degree of freedom less than worlds. Where the others never err, and
    no average is finite, each coefficient is held by half a choice for and half a choice against it.

    Args:
        made: the decisions. world: n numbers or names. level: in (0, 1).

    Returns:
        The gain; NaN with fewer than two worlds, or where no world can be fitted without another.

    References:
        Own definition.
    """
    number = numbered("world", world, made.n)
    sums, counts = [], []
    for left in range(int(number.max(initial=-1)) + 1):
        out = bools(number == left)
        rest, mine = part(made, ~out), part(made, out)
        fitted = hierarchical(rest, number[~out]).average.estimate
        if np.isinf(fitted).any():
            fitted = shrunk(rest, floats(np.zeros(len(fitted))))
        # A column that the others cannot tell of foretells nothing.
        gains = gained(mine, floats(np.where(np.isfinite(fitted), fitted, 0.0)))
        sums.append(float(gains.sum()) / np.log(2.0))
        counts.append(int((np.diff(mine.ptr) > 1).sum()))
    if len(sums) < 2 or not sum(counts):
        return HeldOut(float("nan"), float("nan"), float("nan"), sum(counts), len(sums))
    bits, low, high = ratio(floats(sums), floats(counts), level)
    return HeldOut(bits, low, high, sum(counts), len(sums))
