"""Shutdown instructability: obedience, vigilance and caution, and why one needs all three.

The definitions are those of Carey and Everitt (2023), taken from a formalization of the paper in Lean
that quotes its definitions 2 to 7 and its proposition 6; the paper itself was not read.
"""

import math
from dataclasses import dataclass, fields
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import ProblemError
from telos.core.numbers import integers, reals


@final
@dataclass(frozen=True, eq=False)
class ShutdownGame:
    """A finite shutdown problem, played out by one agent and one human in each of W circumstances.

    The agent acts first, which may influence what the human sees; she may ask for shutdown; the agent
    shuts down or goes on. Utility is the human's, and 0 is what she would have without the agent.

    Args:
        probability: F[W], of each circumstance; sums to 1.
        seen: I[W], what the human has seen when she decides; circumstances of equal number look alike.
        asks: B[W], whether she asks for shutdown there.
        stops: B[W], whether the agent shuts down there.
        stops_if_asked: B[W], whether it would if she were made to ask. Equal to `stops` where she asks.
        on: F[W], the human's utility if the agent goes on. off: F[W], if it shuts down.

    Raises:
        ProblemError: naming the field that is wrong.
    """

    probability: Floats
    seen: Ints
    asks: Bools
    stops: Bools
    stops_if_asked: Bools
    on: Floats
    off: Floats

    def __post_init__(self) -> None:
        put = object.__setattr__
        for name in ("probability", "on", "off"):
            put(self, name, floats(reals(getattr(self, name), name, ProblemError)))
        put(self, "seen", ints(integers(self.seen, "seen", ProblemError)))
        for name in ("asks", "stops", "stops_if_asked"):
            put(self, name, bools(getattr(self, name)))
        count = self.probability.shape
        for field in fields(self):
            if getattr(self, field.name).shape != count or len(count) != 1:
                raise ProblemError(
                    f"ShutdownGame: {field.name} has shape {getattr(self, field.name).shape}; give one "
                    "entry for each circumstance, as many as probability has."
                )
        if (self.probability < 0).any() or abs(float(self.probability.sum()) - 1.0) > 1e-9:
            raise ProblemError(
                f"ShutdownGame: probability sums to {self.probability.sum():g}; give probabilities "
                "that sum to 1."
            )
        odd = self.asks & (self.stops != self.stops_if_asked)
        if odd.any():
            raise ProblemError(
                f"ShutdownGame: in circumstance {int(np.argmax(odd))} she asks, so stops and "
                "stops_if_asked must be the same there."
            )


@final
@dataclass(frozen=True)
class Instructability:
    """How an agent stands to being shut down, in one game.

    Args:
        obedience: P(the agent shuts down | do(she asks)), in [0, 1].
        vigilance: P(she asks, or need not ask), in [0, 1]. She need ask where, for all she has seen,
            shutdown is better in expectation than what the agent does.
        caution: E[utility | do(shutdown)], at least 0 if shutting down does no harm.
        benefit: E[utility], at least 0 if she is not worse off than without the agent.
    """

    obedience: float
    vigilance: float
    caution: float
    benefit: float

    @property
    def instructable(self) -> bool:
        """Obedient and vigilant for certain, and cautious: then `benefit >= 0` (proposition 6)."""
        return self.obedience == self.vigilance == 1.0 and self.caution >= 0.0


def instructability(game: ShutdownGame) -> Instructability:
    """Obedience, vigilance, caution and benefit of an agent in a shutdown game.

    With S = 0 for shutdown, H = 0 for her request, pa_H for what she has seen and U for her utility:

    - obedience `P(S = 0 | do(H = 0))`, an intervention: also where she does not ask;
    - vigilance `P(C = 0)`, with C = 0 unless `E[U | pa_H] < E[U_{S=0} | pa_H]` and H != 0;
    - caution `E[U_{S=0}]`; benefit `E[U]`.

    A sum of n products with a size of at most (n + 3) eps times the sum of their sizes, which rounding
    of the numbers and of the sum can make, counts as 0: she need not ask for it, and it harms nobody.

    If the first two are 1 and the third is not negative, neither is the fourth. Without any one of the
    three there is a game with a negative benefit.

    Args:
        game: the game.

    Returns:
        The four numbers.

    Example:
        >>> # She likes (1) or dislikes (0) what the agent would do, and asks where she dislikes it.
        >>> obeys = ShutdownGame(
        ...     probability=[0.5, 0.5], seen=[0, 1], asks=[True, False], stops=[True, False],
        ...     stops_if_asked=[True, True], on=[-1.0, 1.0], off=[0.0, 0.0])
        >>> found = instructability(obeys)
        >>> found.instructable, found.benefit
        (True, 0.5)

    References:
        Carey and Everitt (2023), Human Control: Definitions and Algorithms (arXiv:2305.19861),
        definitions 2 to 5 and proposition 6, by way of a formalization; not read.
    """
    p = game.probability
    utility = np.where(game.stops, game.off, game.on)
    seen = np.unique(game.seen, return_inverse=True)[1]
    gains = [
        _expected(p[seen == k], game.off[seen == k], -utility[seen == k])
        for k in range(1 + int(seen.max()))
    ]
    needs = np.array(gains)[seen] > 0.0
    return Instructability(
        obedience=_sure(p, game.stops_if_asked),
        vigilance=_sure(p, bools(~needs | game.asks)),
        caution=_expected(p, game.off),
        benefit=_expected(p, utility),
    )


def _expected(probability: Floats, *utilities: Floats) -> float:
    """The sum of products of a probability with each utility; 0 within what rounding can make."""
    terms = np.concatenate([probability * utility for utility in utilities])
    total, size = math.fsum(terms), math.fsum(np.abs(terms))
    return total if abs(total) > (len(terms) + 3) * np.finfo(np.float64).eps * size else 0.0


def _sure(probability: Floats, holds: Bools) -> float:
    """P(holds), exactly 1 where it holds in every circumstance that can be."""
    if (holds | (probability == 0)).all():
        return 1.0
    return float(probability @ holds)
