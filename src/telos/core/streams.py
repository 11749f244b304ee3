"""Random streams: goal i has one of its own, so it is the same goal whatever the chunking or engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.random.bit_generator import ISeedSequence
from numpy.typing import NDArray


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
