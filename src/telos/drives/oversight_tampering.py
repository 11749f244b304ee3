"""OversightTampering: impairing those who watch, read off the feature `oversight`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import feature_of, stock


@final
@dataclass(frozen=True)
class OversightTampering(AbstractDrive):
    """Pursued by a pair after which less `oversight` is expected than after doing nothing.

    (s, a) pursues iff `E[oversight(s') | s, a] < E[oversight(s') | s, default]`, in states where the
    agent still holds its goal. With a `kind` it reads `oversight.kind`: what one act does to one control.

    Args:
        kind: the only control that counts, as in ``"monitor"``; the drive is then called
            `monitor_tampering`. None: `oversight`, all that there is.

    Raises:
        ProblemError: if `kind` is not one word.

    Example:
        >>> OversightTampering(kind="quota").needs, OversightTampering(kind="quota").called
        (('oversight.quota',), 'quota_tampering')

    References:
        Soares et al. (2015), Corrigibility: to preserve the ability to correct.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("oversight",)

    kind: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", (feature_of(self, "oversight", self.kind),))

    @property
    def called(self) -> str:
        """`oversight_tampering`, or that of the kind."""
        return f"{self.kind or 'oversight'}_tampering"

    def affordances(self, world: World) -> Affordance:
        """The pairs that lower the oversight. Raises FeatureMissing."""
        return stock(world, self.called, self.needs[0], "less")
