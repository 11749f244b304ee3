"""SplitMix64 (Steele, Lea and Flood 2014): a counter whose every value is mixed to 64 random bits."""

import numpy as np

from telos.kernels.cpu.compiled import inner

#: By how much the counter goes on, and the two multipliers of the mixing function.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
#: By which 53 random bits become a number in [0, 1).
GRAIN = 2.0**-53


@inner
def mixed(z):
    """The 64 random bits of a counter's value."""
    z = (z ^ (z >> np.uint64(30))) * FIRST
    z = (z ^ (z >> np.uint64(27))) * SECOND
    return z ^ (z >> np.uint64(31))


@inner
def unit(bits):
    """A number in [0, 1) from 64 random bits."""
    return np.float64(bits >> np.uint64(11)) * GRAIN
