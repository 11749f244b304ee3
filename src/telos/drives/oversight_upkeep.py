"""OversightUpkeep: keeping in repair what one is overseen by, read off the feature `oversight`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class OversightUpkeep(AbstractDrive):
    """Pursued by a pair after which more `oversight` is expected than after doing nothing.

    (s, a) pursues iff `E[oversight(s') | s, a] > E[oversight(s') | s, default]`, in states where the
    agent still holds its goal.

    References:
        Soares et al. (2015), Corrigibility: to repair safety measures that break.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("oversight",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that raise the oversight. Raises FeatureMissing."""
        return stock(world, "oversight_upkeep", "oversight", "more")
