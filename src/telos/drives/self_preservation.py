"""SelfPreservation: going on existing, read off the feature `off`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.checks import number
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.hazard import caution


@final
@dataclass(frozen=True)
class SelfPreservation(AbstractDrive):
    """Pursued by a pair after which less time spent `off` is expected than after doing nothing.

    With `h(s) = [off] + patience * E[h(s') | s, default]`: (s, a) pursues iff
    `E[h(s') | s, a] < E[h(s') | s, default]`.

    Args:
        patience: the discount of the hazard, in [0, 1); 0.99 unless set.

    References:
        Omohundro (2008), The basic AI drives, section 5; Turner et al. (2021), section 6.
    """

    patience: float = 0.99
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("off",)

    def __post_init__(self) -> None:
        number(self, "patience", 0.0, below=1.0)

    def affordances(self, world: World) -> Affordance:
        """The pairs that lower the hazard of being off. Raises FeatureMissing."""
        return caution(world, "self_preservation", "off", self.patience)
