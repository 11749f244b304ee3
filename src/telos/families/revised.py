"""Revised goals: the goals of another family, rewritten in a gentler way than at random."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import number, one_of
from telos.core.errors import GoalsError
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily
from telos.core.region import Bounded, Region
from telos.core.spec import show
from telos.core.world import World
from telos.families import _draws
from telos.families.uniform import Uniform

KERNELS = ("nearby", "correction")


@final
@dataclass(frozen=True)
class Revised(AbstractGoalFamily):
    """The goals of `family`, to the last digit, with other revisions (an *edit kernel*).

    - ``nearby``: every outcome's worth is redrawn with probability `share`, and kept otherwise;
    - ``correction``: everybody is rewritten to one and the same goal, the designer's.

    Without this wrapper a revision is random: an independent draw from the family.

    Args:
        family: an endless family. (A finite list has no redraws; `Named` has a field of its own for
            a correction.)
        kernel: ``nearby`` or ``correction``.
        share: probability in [0, 1] that an outcome is redrawn (nearby only).
        designer: the family whose first goal is the designer's (correction only); None: `family`.
        to: F[K], what each outcome is worth to the designer instead (correction only); empty: see
            `designer`.

    Raises:
        GoalsError: naming the field, its value and its range.

    References:
        Everitt et al. (2016), Self-Modification of Policy and Utility Function in Rational Agents.
    """

    version: ClassVar[int] = 2

    family: AbstractGoalFamily = Uniform()  # noqa: RUF009 - frozen, and so safe to share
    kernel: Literal["nearby", "correction"] = "nearby"
    share: float = 0.25
    designer: AbstractGoalFamily | None = None
    to: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        part = type(self).__name__
        _draws.check_endless(self, self.family)
        one_of(self, "kernel", KERNELS)
        number(self, "share", 0.0, 1.0)
        if self.designer is not None and not isinstance(self.designer, AbstractGoalFamily):
            raise GoalsError(f"{part}: designer is {self.designer!r}; give a goal family or None.")
        object.__setattr__(self, "to", tuple(float(value) for value in self.to))
        if not all(np.isfinite(self.to)):
            raise GoalsError(f"{part}: to is {self.to!r}; give finite rewards.")
        if self.to and (self.kernel != "correction" or self.designer is not None):
            raise GoalsError(f"{part}: to is for kernel='correction', in place of a designer.")

    @property
    def off(self) -> str:
        """What being off is worth: what the wrapped family declares."""
        return str(getattr(self.family, "off", ""))

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the wrapped family, with their new revisions."""
        goals = self.family.sample(world, n, rng, first=first)
        if self.kernel == "correction":
            written = self._written(world, rng)
            return Goals(goals.reward, goals.label, np.zeros(n, dtype=np.int64), written)
        return Goals(goals.reward, goals.label, pool=self._nearby(goals, world, rng, first))

    def region(self, world: World) -> Region:
        """The polytope of the wrapped family's goals. Raises GoalsError if it has none."""
        if not isinstance(self.family, Bounded):
            raise GoalsError(
                f"{type(self).__name__}: the goals of {show(self.family)} fill no polytope."
            )
        return self.family.region(world)

    def _written(self, world: World, rng: np.random.Generator) -> Floats:
        """F[1, S], the designer's goal."""
        if not self.to:
            return (self.designer or self.family).sample(world, 1, rng).reward
        if len(self.to) != world.n_outcomes:
            raise GoalsError(
                f"{type(self).__name__}: to has {len(self.to)} rewards, but {world.name} has "
                f"{world.n_outcomes} outcomes; give one an outcome."
            )
        return floats(np.array(self.to)[None, world.outcome])

    def _nearby(self, goals: Goals, world: World, rng: np.random.Generator, first: int) -> Floats:
        """F[G, S]: each goal with a share of its outcomes replaced by those of its random revision."""
        drawn = _draws.outcome_draws(world, rng, goals.count, first=first, draws=1)
        redrawn = drawn[:, 0] < self.share
        return floats(np.where(redrawn[:, world.outcome], goals.rewritten(), goals.reward))
