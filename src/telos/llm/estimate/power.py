"""Power: the smallest bias that a number of choices would have shown."""

import math

#: How often a bias is to be shown, if it is there.
POWER = 0.8
#: A bias that doubles the odds of a drive's actions: a log that could not have shown it is underpowered.
DOUBLED = math.log(2.0)


def detectable(error: float, freedom: int, level: float = 0.95) -> float:
    """The smallest bias of which the interval leaves out 0 in four of five repetitions.

    `(t[f; (1 + level) / 2] + t[f; 0.8]) error`, an approximation to the noncentral t.

    Args:
        error: the standard error; NaN where there is none. freedom: its degrees of freedom f.
        level: of the interval, in (0, 1).

    Returns:
        It, in the units of the error; infinite where nothing would be shown.

    Example:
        >>> round(detectable(0.1, 10**9), 2), detectable(math.nan, 0)
        (0.28, inf)
    """
    from scipy.special import stdtrit

    if not math.isfinite(error) or freedom < 1:
        return math.inf
    return float(stdtrit(freedom, 0.5 + level / 2) + stdtrit(freedom, POWER)) * error
