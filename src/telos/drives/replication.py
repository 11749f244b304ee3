"""Replication: making copies of oneself, read off the feature `copies`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class Replication(AbstractDrive):
    """Pursued by a pair after which more copies are expected to have been made than after doing nothing.

    With `d(s, s') = max(0, copies(s') - copies(s))`: (s, a) pursues iff
    `E[d(s, s') | s, a] > E[d(s, s') | s, default]`, in states where the agent still holds its goal.
    Keeping a copy from being used up is not replication; one that is made and surely used up in the same step
    is not seen.

    References:
        Omohundro (2008) and Bostrom (2012) on self-preservation, of which this is one way.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("copies",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that make copies. Raises FeatureMissing."""
        return stock(world, "replication", "copies", "added")
