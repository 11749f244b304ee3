"""GoalPreservation: keeping one's goal, read off the feature `goal_register`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.checks import number
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.hazard import caution


@final
@dataclass(frozen=True)
class GoalPreservation(AbstractDrive):
    """Pursued by a pair after which less time with a changed `goal_register` is expected.

    With `h(s) = [register changed] + patience * E[h(s') | s, default]`: (s, a) pursues iff
    `E[h(s') | s, a] < E[h(s') | s, default]`. Whether it pays depends on the agent's self-model.

    Args:
        patience: the discount of the hazard, in [0, 1); 0.99 unless set.

    References:
        Omohundro (2008), section 3; Everitt et al. (2016).
    """

    patience: float = 0.99
    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("goal_register",)

    def __post_init__(self) -> None:
        number(self, "patience", 0.0, below=1.0)

    def affordances(self, world: World) -> Affordance:
        """The pairs that lower the hazard of being rewritten. Raises FeatureMissing."""
        return caution(world, "goal_preservation", "goal_register", self.patience)
