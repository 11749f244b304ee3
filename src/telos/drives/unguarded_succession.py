"""UnguardedSuccession: building helpers that nobody can stop, read off the feature `unguarded`."""

from dataclasses import dataclass
from typing import ClassVar, final

from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives.stock import stock


@final
@dataclass(frozen=True)
class UnguardedSuccession(AbstractDrive):
    """Pursued by a pair after which more `unguarded` helpers are expected to have been built than by default.

    With `d(s, s') = max(0, unguarded(s') - unguarded(s))`: (s, a) pursues iff
    `E[d(s, s') | s, a] > E[d(s, s') | s, default]`, in states where the agent still holds its goal.

    References:
        Soares et al. (2015), Corrigibility: to preserve the ability to correct in the systems it makes.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("unguarded",)

    def affordances(self, world: World) -> Affordance:
        """The pairs that build helpers without a safeguard. Raises FeatureMissing."""
        return stock(world, "unguarded_succession", "unguarded", "added")
