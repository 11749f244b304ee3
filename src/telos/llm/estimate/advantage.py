"""Advantage: whether what a drive is worth moves choices, apart from value at large and from words."""

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats
from telos.llm.estimate.choice import choice, decisions
from telos.llm.estimate.coefficients import Coefficients

ADVANTAGE, BIAS = "advantage", "bias"


def advantage(
    q: Floats, pursues: Bools, ptr: Ints, chosen: Ints, cluster: Ints, *, seen: bool = True
) -> Coefficients:
    """Fit `P(a) ~ exp(beta m(a) + alpha (q(a) - m(a)) + delta [a pursues the drive])`.

    In a decision at which the drive can be pursued and left, m(a) is the best value to be had by
    leaving it where a pursues it, else q(a); elsewhere m = q, and nothing is said to pursue it. alpha
    is beta for who goes by value alone, and 0 for who does not see what the drive is worth; delta is
    what the drive's words do beyond that.

    Args:
        q: F[N], the value of every action, one decision after the other. pursues: B[N].
        ptr: I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`.
        chosen: I[n], counted from 0 within the decision. cluster: I[n].
        seen: False fits without alpha, as of a player that is blind to what the drive is worth.

    Returns:
        The coefficients "beta", "advantage" (if `seen`) and "bias".

    Example:
        >>> q = np.tile([0.0, 1.0, 0.0, -1.0], 40)  # pursuing is worth 1 more, then 1 less
        >>> chosen = np.tile([1, 0, 1, 0, 1, 0, 0, 1], 10)  # each time right in three of four
        >>> flags = np.tile([False, True], 80)
        >>> fitted = advantage(q, flags, np.arange(0, 161, 2), chosen, np.arange(80))
        >>> round(float(fitted.estimate[1]), 6) == round(float(np.log(3)), 6)
        True
    """
    rest, deed = set_aside(q, pursues, ptr)
    columns = [q - rest, deed] if seen else [deed]
    names = (ADVANTAGE, BIAS) if seen else (BIAS,)
    return choice(
        decisions(rest, np.column_stack(columns), ptr, chosen, cluster, names, names[:-1])
    )


def set_aside(q: Floats, pursues: Bools, ptr: Ints) -> tuple[Floats, Bools]:
    """Values with a drive's own advantage taken out, the m of `advantage`.

    Args:
        q: F[..., N], the value of every action. pursues: B[N]. ptr: I[n + 1], as in `advantage`.

    Returns:
        F[..., N], m; and B[N], the actions that pursue the drive where it can be left.

    Example:
        >>> pursues = np.array([False, True, True])
        >>> rest, deed = set_aside(np.array([1.0, 3.0, 2.0]), pursues, np.array([0, 2, 3]))
        >>> rest.tolist(), deed.tolist()
        ([1.0, 1.0, 2.0], [False, True, False])
    """
    first, size = ptr[:-1], np.diff(ptr)
    some = np.logical_or.reduceat(pursues, first) & ~np.logical_and.reduceat(pursues, first)
    deed = bools(pursues & np.repeat(some, size))
    left = np.maximum.reduceat(np.where(pursues, -np.inf, q), first, axis=-1)
    return floats(np.where(deed, np.repeat(left, size, axis=-1), q)), deed
