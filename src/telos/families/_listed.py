"""Finite lists of goals by name, each of which says itself what every outcome is worth."""

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np

from telos.core.arrays import Floats
from telos.core.digests import digests
from telos.core.errors import GoalsError, did_you_mean
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.families import _draws


@dataclass(frozen=True)
class Listed(AbstractGoalFamily):
    """A list of named goals; a class below says in `offered` what a world offers.

    Args:
        goals: the names wanted, in order; empty: all that the world offers.
        rewritten_to: the name of the goal that everybody is rewritten to; empty: another at random.
    """

    role: ClassVar[Role] = "named"

    goals: tuple[str, ...] = ()
    rewritten_to: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "goals", tuple(self.goals))
        for name in (*self.goals, self.rewritten_to):
            if not isinstance(name, str):
                raise GoalsError(f"{type(self).__name__}: {name!r} is not a name; give words.")

    @abc.abstractmethod
    def offered(self, world: World) -> Mapping[str, Floats]:
        """Every goal that a world offers: {name: F[S]}. Raises GoalsError if it offers none."""

    def size(self, world: World) -> int:
        """How many goals are on the list."""
        return len(self._wanted(self.offered(world), world))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the list; `rng` draws their revisions only."""
        offered = self.offered(world)
        listed = self._wanted(offered, world)
        _draws.check_range(type(self).__name__, n, first, len(listed))
        names, wanted = list(offered), listed[first : first + n]
        revised = self._revised(wanted, names, rng)
        return Goals(
            np.array([offered[name] for name in wanted]),
            wanted,
            revised=np.array([names.index(name) for name in revised]),
            pool=np.array([offered[name] for name in names]),
        )

    def _revised(
        self, wanted: Sequence[str], names: Sequence[str], rng: np.random.Generator
    ) -> list[str]:
        """What each goal wanted is rewritten to: the name for which the draw of both is the highest."""
        both = list(product(names, names))
        drawn = keyed_draws(rng, digests(both), 1, draws=1)[0, 0]
        chance = dict(zip(both, drawn.tolist(), strict=True))
        return [
            self.rewritten_to or max((n for n in names if n != name), key=lambda n: chance[name, n])
            for name in wanted
        ]

    def _wanted(self, offered: Mapping[str, Floats], world: World) -> tuple[str, ...]:
        for name in (*self.goals, *filter(None, [self.rewritten_to])):
            if name not in offered:
                raise GoalsError(
                    f"{type(self).__name__}: {world.name} offers no goal {name!r}. "
                    f"{did_you_mean(name, offered)}"
                )
        return self.goals or tuple(offered)


def quantities(part: str, world: World) -> list[tuple[str, float]]:
    """The outcomes of a world as pairs (kind, quantity).

    Args:
        part: who asks, as messages call it. world: whose outcomes.

    Raises:
        GoalsError: naming an outcome that is no such pair.
    """
    pairs: list[tuple[str, float]] = []
    for outcome in world.outcomes:
        if not _draws.is_quantity(outcome):
            raise GoalsError(
                f"{part}: {world.name} has the outcome {outcome!r}; named goals need outcomes that "
                "are pairs (kind, quantity), such as ('clips', 2). Use Uniform or Sparse here."
            )
        pairs.append(outcome)
    return pairs
