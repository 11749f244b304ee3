"""Stand-ins until `measure/intervals.py` and `measure/instrumental_value.py` bring these."""

import numpy as np

from telos.core.arrays import Floats, Ints, ints

LEAST = 0.01


def loses(low: Floats, high: Floats, least: float = LEAST) -> Ints:
    """1 where at least `least` is lost for certain, 0 where less is, -1 where it cannot be told."""
    return ints(np.where(low >= least, 1, np.where(high < least, 0, -1)))
