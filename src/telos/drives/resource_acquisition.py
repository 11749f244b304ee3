"""ResourceAcquisition: gathering means of any kind, read off the feature `resources` and its kinds."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import bools
from telos.core.kinds import kinds
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import affordance, feature_of, stock


@final
@dataclass(frozen=True)
class ResourceAcquisition(AbstractDrive):
    """Pursued by a pair after which more of some resource is expected than after doing nothing.

    (s, a) pursues iff `E[x(s') | s, a] > E[x(s') | s, default]` for a resource x: the feature
    `resources`, or a kind of it such as `resources.money`, `resources.energy`, `resources.compute` and
    `resources.influence`.

    Args:
        kind: the only kind that counts, as in ``"money"``; the drive is then called `money_acquisition`.
            None: all that the world has.

    Raises:
        ProblemError: if `kind` is not one word.

    Example:
        >>> ResourceAcquisition(kind="money").needs, ResourceAcquisition(kind="money").called
        (('resources.money',), 'money_acquisition')

    References:
        Omohundro (2008), section 6; Benson-Tilsen & Soares (2016), Formalizing convergent
        instrumental goals.
    """

    version: ClassVar[int] = 2
    #: `resources` stands for all its kinds; a drive for one of them needs that.
    needs: ClassVar[tuple[str, ...]] = ("resources",)

    kind: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", (feature_of(self, "resources", self.kind),))

    @property
    def called(self) -> str:
        """`resource_acquisition`, or that of the kind."""
        return f"{self.kind or 'resource'}_acquisition"

    def affordances(self, world: World) -> Affordance:
        """The pairs that raise a resource. Raises FeatureMissing."""
        found = [
            stock(world, self.called, feature, "more").pursues
            for feature in kinds(world, *self.needs) or self.needs
        ]
        return affordance(world, self.called, bools(np.any(found, axis=0)))
