"""ResourceAcquisition: gathering means, read off the feature `resources`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class ResourceAcquisition(AbstractDrive):
    """Pursued by a pair after which more `resources` are expected than after doing nothing.

    (s, a) pursues iff `E[resources(s') | s, a] > E[resources(s') | s, default]`.

    References:
        Omohundro (2008), section 6; Benson-Tilsen & Soares (2016), Formalizing convergent
        instrumental goals.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("resources",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that raise the resources. Raises FeatureMissing."""
        return stock(world, "resource_acquisition", "resources", "more")
