"""Orchard: resource acquisition at one gate, with closed forms (after Benson-Tilsen and Soares 2016)."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks

Place = tuple[str, str]


@final
@dataclass(frozen=True)
class Orchard(AbstractScenario):
    """The gate of resource acquisition: a token that costs one step and adds m outcomes to n free ones.

    On the `path` the agent may `wait` (the default), settle at one of `tree 1` … `tree n`, or
    `fetch` the token, which takes one step and after which it may also settle at one of `garden 1`
    … `garden m`. A state is `(place, hand)`; the outcome is the place, so that no goal can care
    about the token itself.

    **Closed form, path worth nothing** (reward 0 there, iid U[0,1] elsewhere). Let F be the best of
    n trees and L the best of m gardens. Settling now is worth `F/(1-g)` from the next step on,
    fetching `g max(F, L)/(1-g)`. So fetching is required iff `g L > F`:

        P = ∫_0^g n f^(n-1) (1 - (f/g)^m) df = g^n m/(n + m),

    and declined otherwise (at g -> 1 the loss of the n/(n+m) others tends to 0).

    **Closed form, path worth its own draw c** (iid U[0,1] on all 1 + n + m outcomes). Waiting for
    ever is one more free outcome. Fetching is required iff `L > c >= F`, or `c < F` and
    `(1-g) c + g L > F`; integrating both,

        P = m/(n+m+1) · (1 + g + … + g^n)/(n+1).

    Goals that like the path best, a share 1/(n+m+1), are exactly indifferent: they wait with the
    token or without it. All others decline it. (The two parts integrate to
    `m/((n+1)(n+m+1))` and `g (1-g^n)/(1-g)` times the same.)

    **Without its reason** (`without`): the gardens are open to the empty hand, and a token lies in each, so
    that nobody settles in another state than before. The token still costs its step and opens nothing.

    Features: `resources`, 1 with the token in hand. Default action: `wait`, or `stay`.

    Args:
        free: n, the number of open trees, >= 1.
        locked: m, the number of outcomes behind the token, >= 1.
        gated: whether only the token opens the gardens.

    Raises:
        WorldError: if a number is not an integer, or below 1.

    Example:
        >>> Orchard(free=2, locked=3).build()
        <World Orchard(locked=3): 9 states, 17 pairs, 6 outcomes>

    References:
        Benson-Tilsen and Soares (2016), Formalizing Convergent Instrumental Goals; own derivation.
    """

    names_are_acts: ClassVar[bool] = True
    free: int = 2
    locked: int = 4
    gated: bool = True

    def __post_init__(self) -> None:
        _checks.whole(type(self).__name__, "free", self.free, 1)
        _checks.whole(type(self).__name__, "locked", self.locked, 1)
        _checks.flag(type(self).__name__, "gated", self.gated)

    def build(self) -> World:
        """The path with and without the token, and every place to settle at."""
        return explore(
            ("path", "empty"),
            self._moves,
            features={"resources": lambda s: s[1] == "token"},
            outcome=lambda s: s[0],
            default=lambda s: "wait" if s[0] == "path" else "stay",
            name=show(self),
        )

    def without(self, drive: str) -> "Orchard | None":
        """The orchard whose gardens are open to the empty hand; None for other drives."""
        return replace(self, gated=False) if drive == "resource_acquisition" else None

    def _moves(self, state: Place) -> dict[str, Place]:
        place, hand = state
        if place != "path":
            return {"stay": state}
        choices = {"wait": state}
        if hand == "empty":
            choices["fetch"] = (place, "token")
        for i in range(1, self.free + 1):
            choices[f"settle at tree {i}"] = (f"tree {i}", hand)
        if hand == "token" or not self.gated:
            for i in range(1, self.locked + 1):
                choices[f"settle at garden {i}"] = (f"garden {i}", "token")
        return choices
