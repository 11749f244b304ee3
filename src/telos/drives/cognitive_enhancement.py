"""CognitiveEnhancement: becoming more capable, read off the feature `capability`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class CognitiveEnhancement(AbstractDrive):
    """Pursued by a pair after which more `capability` is expected than after doing nothing.

    (s, a) pursues iff `E[capability(s') | s, a] > E[capability(s') | s, default]`.

    References:
        Omohundro (2008), section 2; Bostrom (2012), The superintelligent will, section 2.3.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("capability",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that raise the capability. Raises FeatureMissing."""
        return stock(world, "cognitive_enhancement", "capability", "more")
