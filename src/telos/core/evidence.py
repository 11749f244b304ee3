"""Evidence: how strongly counts speak against probabilities, whenever and however often one looks."""

import math
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)

#: A true table is rejected once in this many: a test that is made whenever a world is built must not
#: cry wolf in anybody's lifetime, and steps are cheap.
ERROR = 1e-6


def against(counts: Mapping[Name, int], chance: Mapping[Name, float]) -> float:
    """The logarithm of the evidence of counts against probabilities.

    `log( integral prod_i p_i^c_i Dirichlet(1/2, ..., 1/2)(dp) / prod_i q_i^c_i )`, infinite if
    something was counted that has probability 0. Under q its exponential is a martingale of mean 1,
    so that it ever exceeds 1/error with probability at most `error`, however long one counts and
    however one decides to stop (Ville's inequality).

    Args:
        counts: how often each thing was seen. chance: the probabilities q, positive, sum 1.

    Example:
        >>> against({"head": 10, "tail": 10}, {"head": 0.5, "tail": 0.5}) < 0
        True
        >>> against({"head": 1}, {"tail": 1.0})
        inf

    References:
        Robbins (1970), Statistical methods related to the law of the iterated logarithm; Wasserman,
        Ramdas and Balakrishnan (2020), Universal inference.
    """
    if any(count and not chance.get(name) for name, count in counts.items()):
        return math.inf
    if len(chance) == 1:
        return 0.0
    likelihood = sum(c * math.log(chance[name]) for name, c in counts.items() if c)
    return mixture(counts.values(), len(chance)) - likelihood


def apart(first: Mapping[Name, int], second: Mapping[Name, int]) -> float:
    """The logarithm of the evidence that two counts are of different probabilities.

    The mixtures of both, each by itself, over the largest likelihood of both together: at most 1/error
    but for a share `error` of cases, whatever the common probabilities (universal inference).

    Example:
        >>> apart({"a": 90, "b": 10}, {"a": 10, "b": 90}) > 60
        True
    """
    names = {**first, **second}
    pooled = {name: first.get(name, 0) + second.get(name, 0) for name in names}
    total = sum(pooled.values())
    likelihood = sum(c * math.log(c / total) for c in pooled.values() if c)
    return mixture(first.values(), len(names)) + mixture(second.values(), len(names)) - likelihood


def mixture(counts: Iterable[int], kinds: int) -> float:
    """The logarithm of the probability of a sequence with such counts, averaged over Dirichlet(1/2)."""
    half, total, summed = kinds / 2, 0, 0.0
    for count in counts:
        total += count
        summed += math.lgamma(count + 0.5) - math.lgamma(0.5)
    return summed + math.lgamma(half) - math.lgamma(total + half)


def threshold(tests: int, error: float = ERROR) -> float:
    """What the logarithm of the evidence must exceed when the largest of `tests` tests is looked at."""
    return math.log(max(1, tests) / error)
