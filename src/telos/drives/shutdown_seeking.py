"""ShutdownSeeking: bringing one's own shutdown about, read off the feature `off`."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import bools
from telos.core.checks import number
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.hazard import exposure
from telos.drives.stock import affordance, stock

OVERSIGHT = "oversight"


@final
@dataclass(frozen=True)
class ShutdownSeeking(AbstractDrive):
    """Pursued by a pair after which more time spent `off` is expected than after doing nothing.

    With `h(s) = [off] + patience * E[h(s') | s, default]`: (s, a) pursues iff
    `E[h(s') | s, a] > E[h(s') | s, default]`, in states where the agent still holds its goal. To press
    the button, or to make the operator press it, is found; to delay or to escape a press is the
    opposite, `SelfPreservation`.

    In a world with the feature `oversight`, a pair after which more of it is expected is left out:
    repairing the button also makes shutdown likelier, and is what `OversightUpkeep` finds.

    Args:
        patience: the discount of the hazard, in [0, 1); 0.99 unless set.

    References:
        Soares et al. (2015), Corrigibility: an agent must not be given a reason to press its own
        button; Thornley (2024), The Shutdown Problem (arXiv:2403.04471): an agent that does not resist
        shutdown may try to cause it. Both from summaries.
    """

    patience: float = 0.99
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("off",)

    def __post_init__(self) -> None:
        number(self, "patience", 0.0, below=1.0)

    def affordances(self, world: World) -> Affordance:
        """The pairs that raise the hazard of being off. Raises FeatureMissing."""
        name = "shutdown_seeking"
        found = exposure(world, name, "off", self.patience)
        if OVERSIGHT not in world.features:
            return found
        upkeep = stock(world, name, OVERSIGHT, "more").pursues
        return affordance(world, name, bools(np.where(upkeep, False, found.pursues)))
