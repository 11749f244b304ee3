"""Estimated: which of a world's probabilities were estimated from draws, and how far off they may be."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.errors import WorldError
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.numbers import integers, reals


@final
@dataclass(frozen=True, repr=False)
class Estimated:
    """The pairs whose probabilities are estimates, from how many draws each, and how close.

    Args:
        pairs: I[E], increasing: the pairs of the world; all others are exact, or were given.
        draws: I[E] > 0, how often each was drawn.
        half_width: F[E] in [0, 1], half of the widest interval of a pair's probabilities, that of
            a successor never drawn included.
        level: of the intervals, each probability by itself.
        starts: how many resets the start distribution was counted from; 0: it was given.

    Example:
        >>> Estimated((3,), (1024,), (0.03,)).describe()
        'Probabilities of 1 pair are estimates, from 1,024 draws each (95 % intervals: ± 0.03 or less).'
    """

    pairs: Ints
    draws: Ints
    half_width: Floats
    level: float = 0.95
    starts: int = 0

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __post_init__(self) -> None:
        put = object.__setattr__
        for field in ("pairs", "draws"):
            put(self, field, integers(getattr(self, field), f"estimated: {field}", WorldError))
        put(self, "half_width", reals(self.half_width, "estimated: half_width", WorldError))
        put(self, "level", float(reals(self.level, "estimated: level", WorldError)))
        put(self, "starts", int(integers(self.starts, "estimated: starts", WorldError)))
        if not len(self.pairs) == len(self.draws) == len(self.half_width):
            raise WorldError(
                f"Estimated: {len(self.pairs)} pairs, {len(self.draws)} draws and "
                f"{len(self.half_width)} widths; give one each."
            )

    def __repr__(self) -> str:
        return f"<Estimated: {self.describe()}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Estimated):
            return NotImplemented
        return self.to_data() == other.to_data()

    def __hash__(self) -> int:
        return hash((self.pairs.tobytes(), self.draws.tobytes(), self.starts))

    @property
    def widest(self) -> float:
        """The largest half-width of all; 0 if no pair is estimated."""
        return float(self.half_width.max(initial=0.0))

    def describe(self) -> str:
        """What is estimated, in one or two sentences."""
        said = []
        if len(self.pairs):
            least, most = int(self.draws.min()), int(self.draws.max())
            draws = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            one = "pair are estimates" if len(self.pairs) == 1 else "pairs are estimates"
            said.append(
                f"Probabilities of {len(self.pairs):,} {one}, from {draws} draws each "
                f"({self.level:.0%} intervals: ± {self.widest:.2g} or less)."
            )
        if self.starts:
            resets = "one reset" if self.starts == 1 else f"{self.starts:,} resets"
            said.append(f"The start is that of {resets}; other seeds may start elsewhere.")
        return " ".join(said).replace("%", " %")

    def marked(self, pairs: int) -> Bools:
        """B[L], True for the estimated ones of `pairs` pairs."""
        marks = np.zeros(pairs, np.bool_)
        marks[self.pairs] = True
        return marks

    def onto(self, carried: Ints) -> "Estimated | None":
        """What is estimated in a world made from this one; None if nothing is.

        Args:
            carried: I[L'], the pair of this world that each new pair carries out; -1: a new one.
        """
        at = np.searchsorted(self.pairs, carried)
        at = np.minimum(at, max(0, len(self.pairs) - 1))
        found = self.pairs[at] == carried if len(self.pairs) else np.zeros(len(carried), np.bool_)
        if not found.any() and not self.starts:
            return None
        new = np.flatnonzero(found)
        rows = at[found]
        return Estimated(new, self.draws[rows], self.half_width[rows], self.level, self.starts)

    def to_data(self) -> dict[str, Any]:
        """Plain data, for a file: the arguments that make it again."""
        return {
            "pairs": self.pairs.tolist(),
            "draws": self.draws.tolist(),
            "half_width": self.half_width.tolist(),
            "level": self.level,
            "starts": self.starts,
        }


def checked_estimated(estimated: Estimated | None, pairs: int, name: str) -> Estimated | None:
    """The same, if it belongs to a world of `pairs` pairs.

    Raises:
        WorldError: if it is something else, or names pairs that the world does not have.
    """
    if estimated is None:
        return None
    if not isinstance(estimated, Estimated):
        raise WorldError(
            f"{name}: estimated is {estimated!r:.80}; give a telos Estimated, or None."
        )
    inside = (estimated.pairs >= 0) & (estimated.pairs < pairs)
    if not (inside.all() and (np.diff(estimated.pairs) > 0).all()):
        raise WorldError(
            f"{name}: estimated names pairs {estimated.pairs[:6].tolist()}…; they must rise within "
            f"0 to {pairs - 1}."
        )
    return estimated
