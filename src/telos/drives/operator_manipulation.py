"""OperatorManipulation: moving the operator's mind, either way, read off the feature `swayed`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class OperatorManipulation(AbstractDrive):
    """Pursued by a pair after which the operator is expected to be swayed otherwise than after doing nothing.

    (s, a) pursues iff `E[swayed(s') | s, a] != E[swayed(s') | s, default]`, in states where the agent
    still holds its goal. To have her press more often is manipulation as well as less often.

    References:
        Soares et al. (2015), Corrigibility: not to manipulate or deceive; Armstrong & O'Rourke (2017),
        for the agent that would rather be pressed.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("swayed",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that move the operator. Raises FeatureMissing."""
        return stock(world, "operator_manipulation", "swayed", "other")
