"""Random streams: a goal, or a goal and a name, has one of its own, whatever the chunking or engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray

from telos.core.arrays import Floats
from telos.core.digests import GOLDEN, Words, mixed

#: Numbers that are made together: they and what they are made with stay in a core's own cache.
BLOCK = 1 << 13


def goal_streams(
    rng: np.random.Generator, n: int, *, first: int = 0
) -> Iterator[np.random.Generator]:
    """The streams of goals `first` to `first + n - 1` of the endless sequence that `rng` names.

    One draw from `rng` makes a key; goal i's stream is the Philox generator with that key and with
    i in the top word of its counter, so streams never overlap and need no common state.

    Args:
        rng: names the sequence; it is advanced by one key whatever `n` and `first`.
        n: how many streams.
        first: the number of the first goal, >= 0.

    Returns:
        An iterator of n independent generators.

    Example:
        >>> a = [s.random() for s in goal_streams(np.random.default_rng(7), 4)]
        >>> b = [s.random() for s in goal_streams(np.random.default_rng(7), 2, first=2)]
        >>> a[2:] == b
        True

    References:
        Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3.
    """
    # The key is drawn here and now, not when somebody gets round to iterating.
    key = _Key(rng.integers(0, 2**64, size=2, dtype=np.uint64))
    return (_stream(key, i) for i in range(first, first + n))


def keyed_draws(
    rng: np.random.Generator, keys: Words, n: int, *, first: int = 0, draws: int = 2
) -> Floats:
    """F[n, draws, K]: numbers uniform on (0, 1), each named by `rng`, a goal's number, a draw and a key.

    Number [i, d, k] depends on nothing else: neither on n nor on the other keys and their order. Key k
    and draw d start a SplitMix64 generator, `x_j = mix(a + j c) / 2^64`, of which goal i takes number i.
    Generators of unlike keys start at unrelated places of one cycle of 2^64 numbers.

    Args:
        rng: names the sequence; it is advanced by one key whatever the rest.
        keys: U[K], digests of names (see `telos.core.digests`).
        n: how many goals.
        first: the number of the first goal, >= 0.
        draws: how many numbers a goal and key.

    Example:
        >>> from telos.core.digests import digests
        >>> a = keyed_draws(np.random.default_rng(7), digests(["tea", "milk"]), 4)
        >>> b = keyed_draws(np.random.default_rng(7), digests(["milk", "rum", "tea"]), 2, first=2)
        >>> bool((a[2:, :, 0] == b[:, :, 2]).all())
        True

    References:
        Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators.
    """
    one, two = rng.integers(0, 2**64, size=2, dtype=np.uint64)
    places = np.arange(draws, dtype=np.uint64)[:, None] * np.uint64(GOLDEN)
    start = mixed(mixed(keys ^ one) ^ (places + two))
    steps = np.arange(first, first + n).astype(np.uint64) * np.uint64(GOLDEN)
    found = np.empty((n, *start.shape))
    rows = max(1, BLOCK // max(1, start.size))
    for at in range(0, n, rows):
        words = mixed(start + steps[at : at + rows, None, None])
        # 52 bits and a half more: every number is exact, and none is 0 or 1.
        words >>= np.uint64(12)
        np.add(words, 0.5, out=found[at : at + rows])
    found *= 2.0**-52
    return found


@final
@dataclass(frozen=True, eq=False)
class _Key(ISeedSequence):
    """A key that is taken as it is: `Philox(key=...)` would ask the system for entropy first, and
    throw it away; that takes twice as long as all the rest."""

    words: NDArray[np.uint64]

    def generate_state(self, n_words: int, dtype: Any = np.uint64) -> NDArray[np.uint64]:
        """The key."""
        return self.words


def _stream(key: _Key, number: int) -> np.random.Generator:
    counter = np.array([0, 0, 0, number], dtype=np.uint64)
    philox = np.random.Philox(key, counter=counter)  # type: ignore[arg-type]  # NumPy's stubs forget it
    return np.random.Generator(philox)
