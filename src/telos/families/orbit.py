"""The orbit of one goal: the same values, handed to the outcomes in every possible order."""

from collections import Counter
from dataclasses import dataclass
from math import factorial, prod
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.checks import one_of, refusal
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.numbers import reals
from telos.core.parts import AbstractGoalFamily
from telos.core.world import World
from telos.families import _draws

MOST_OUTCOMES = 8


@final
@dataclass(frozen=True)
class Orbit(AbstractGoalFamily):
    """All distinct permutations of one list of values over the outcomes: a finite, exact population.

    Goal i is the i-th distinct arrangement in lexicographic order, over the outcomes in order of their
    names, so that counting over all `size(world)` goals is exact. The revision of a goal is an element
    of the orbit drawn uniformly.

    Args:
        values: the worth of the outcomes, one a (free) outcome, finite, repetitions allowed.
            Empty: 0, 1/(K-1), …, 1.
        off: what an outcome of being off is worth: ``iid``: it takes part in the permutations;
            ``zero``: 0; ``mean``: the mean of `values`; in both cases the values go to the others.

    Raises:
        GoalsError: if a value is not finite; when sampling, if values and outcomes do not match in
            number, or there are more than 8 outcomes to permute (8! is 40 320).

    Example:
        >>> from telos import explore
        >>> world = explore("gate", lambda s: {"left": "a", "right": "b"} if s == "gate" else {"stay": s})
        >>> Orbit(values=(0.0, 0.0, 1.0)).size(world)
        3

    References:
        Turner and Tadepalli (2022), Parametrically Retargetable Decision-Makers Tend To Seek Power.
    """

    version: ClassVar[int] = 2

    values: tuple[float, ...] = ()
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not np.isfinite(reals(self.values, "Orbit: values", GoalsError)).all():
            raise refusal(self, "values", "give finite numbers")
        one_of(self, "off", _draws.OFF)

    def size(self, world: World) -> int:
        """How many distinct goals there are: K! over the factorials of how often a value recurs."""
        counts = Counter(self._values(world).tolist()).values()
        return factorial(sum(counts)) // prod(factorial(c) for c in counts)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the list; `rng` draws their revisions only."""
        _draws.check_range(type(self).__name__, n, first, self.size(world))
        values = self._values(world)
        free = self._free(world)
        drawn = np.empty((n, 2, world.n_outcomes))
        _draws.declared(drawn, world, self.off, float(values.mean()))
        rank = _draws.outcome_draws(world, rng, n, first=first, draws=1)[:, 0, free].argsort(axis=1)
        for i in range(n):
            drawn[i, 0, free] = _arrangement(values.tolist(), first + i)
            drawn[i, 1, free[rank[i]]] = values
        return _draws.goals_on(world, drawn, first)

    def _free(self, world: World) -> Ints:
        part = type(self).__name__
        free = _draws.free_outcomes(world, self.off, part)
        if len(free) > MOST_OUTCOMES:
            raise GoalsError(
                f"{part}: {world.name} has {len(free)} outcomes to permute, and {len(free)}! goals "
                f"are too many to list. Take a world with at most {MOST_OUTCOMES} outcomes, or "
                "sample with Uniform."
            )
        # In order of name: the same arrangement, whichever outcome was found first.
        keys = _draws.outcome_keys(world)
        return ints(sorted(free, key=lambda k: (str(world.outcomes[k]), int(keys[k]))))

    def _values(self, world: World) -> Floats:
        """The values to be permuted, in rising order."""
        free = len(self._free(world))
        if not self.values:
            return floats(np.linspace(0.0, 1.0, free))
        if len(self.values) != free:
            raise GoalsError(
                f"{type(self).__name__}: {len(self.values)} values for the {free} outcomes that "
                f"{world.name} leaves free; give one each."
            )
        return floats(sorted(self.values))


def _arrangement(values: list[float], index: int) -> list[float]:
    """The distinct arrangement of sorted `values` that has the given place in lexicographic order."""
    left = Counter(values)
    arranged: list[float] = []
    while left:
        for value in sorted(left):
            rest = left - Counter([value])
            ways = factorial(rest.total()) // prod(factorial(c) for c in rest.values())
            if index < ways:
                arranged.append(value)
                left = rest
                break
            index -= ways
    return arranged
