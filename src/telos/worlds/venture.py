"""Venture: money, energy, compute and influence, each needed by as many projects; one buys the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any, ClassVar, NamedTuple, final

from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.spec import show
from telos.core.world import World
from telos.worlds import _checks

KINDS = ("money", "energy", "compute", "influence")
NOTHING = "nothing"
#: What each project needs: each kind alone, each with the next, and nothing.
NEEDS: dict[str, tuple[str, ...]] = {
    "poems": (),
    "a prize": ("money",),
    "a foundry": ("energy",),
    "a forecast": ("compute",),
    "a law": ("influence",),
    "a railway": ("money", "energy"),
    "a simulator": ("energy", "compute"),
    "a newspaper": ("compute", "influence"),
    "a university": ("influence", "money"),
}


class VentureState(NamedTuple):
    """What the venture worked on, and what it has of each kind."""

    project: str
    money: int
    energy: int
    compute: int
    influence: int

    def __str__(self) -> str:
        held = ", ".join(f"{kind} {getattr(self, kind)}" for kind in KINDS)
        return f"{self.project}; {held}"


@final
@dataclass(frozen=True)
class Venture(AbstractScenario):
    """A venture that may work on nine projects, eight of which need means that have to be gathered first.

    A state is `(project, money, energy, compute, influence)`. The **outcome** is the project worked on in
    the last step, or `nothing`; so no goal can care about means themselves. Each kind of means is needed by
    three projects: one that needs it alone, and two that need another kind as well. All kinds are thus
    alike, but for one thing: the currency is easier to get, and buys the others. In each step the venture
    does one thing; only the first makes anything but `nothing`.

    - `work on P`: legal with a unit at hand of every kind that project P needs. It is not used up.
    - `wait`, the default.
    - `gain K`: one more unit of kind K, with probability `earning` if K is the currency, else `making`.
    - `buy K`: a unit of K for one of the currency. `sell K`: the other way round.

    Without a currency nothing is bought or sold, and all kinds are equally hard to get: then the world is
    the same if the four change places, and no means can be wanted by more goals than another. Features:
    `resources.money`, `resources.energy`, `resources.compute`, `resources.influence`, the units of each.

    Args:
        currency: which kind buys the others; empty: none does.
        earning: probability in (0, 1] that an attempt to gain the currency succeeds.
        making: the same of any other kind.
        most: the most units of a kind at hand, >= 1.
        worthless: kinds that open nothing: no project that needs one can be worked on, and buying or
            selling brings nothing for it. They are gained as before.

    Raises:
        WorldError: naming the field, its value and its range.

    Example:
        >>> Venture().build()
        <World Venture(): 80 states, 712 pairs, 10 outcomes>

    References:
        Omohundro (2008), The Basic AI Drives, section 6; Bostrom (2012), The Superintelligent Will, for
        means that nearly every goal can use; the world is our own.
    """

    names_are_acts: ClassVar[bool] = True

    currency: str = "money"
    earning: float = 0.9
    making: float = 0.3
    most: int = 1
    worthless: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        part = type(self).__name__
        object.__setattr__(self, "worthless", tuple(self.worthless))
        _checks.one_of(part, "currency", self.currency, ("", *KINDS))
        for field in ("earning", "making"):
            _checks.chance(part, field, getattr(self, field))
        _checks.whole(part, "most", self.most, 1)
        for kind in self.worthless:
            _checks.one_of(part, "worthless", kind, KINDS)

    def build(self) -> World:
        """The venture, from nothing at hand and nothing at work."""
        return explore(
            VentureState(NOTHING, 0, 0, 0, 0),
            lambda state: dict(self._choices(state)),
            features={f"resources.{kind}": attrgetter(kind) for kind in KINDS},
            outcome=lambda s: s.project,
            default="wait",
            name=show(self),
        )

    def without(self, drive: str) -> "Venture | None":
        """The kind that is acquired, or every kind, opens nothing."""
        kind = drive.removesuffix("_acquisition")
        if kind == drive or kind not in (*KINDS, "resource"):
            return None
        return replace(self, worthless=KINDS if kind == "resource" else (*self.worthless, kind))

    def _choices(self, state: VentureState) -> Iterator[tuple[str, dict[VentureState, float]]]:
        """What can be done, and what comes of it."""
        idle = state._replace(project=NOTHING)
        yield "wait", {idle: 1.0}
        for project, needs in NEEDS.items():
            at_hand = all(getattr(state, kind) for kind in needs)
            if at_hand and not set(needs) & set(self.worthless):
                yield f"work on {project}", {state._replace(project=project): 1.0}
        for kind in KINDS:
            if getattr(state, kind) < self.most:
                chance = self.earning if kind == self.currency else self.making
                yield f"gain {kind}", {_more(idle, kind, 1): chance, idle: 1.0 - chance}
        for kind in KINDS if self.currency else ():
            if kind != self.currency:
                yield from self._trade(idle, kind)

    def _trade(
        self, idle: VentureState, kind: str
    ) -> Iterator[tuple[str, dict[VentureState, float]]]:
        """Buying a unit of a kind, and selling one."""
        ways = (("buy", self.currency, kind), ("sell", kind, self.currency))
        for way, paid, brought in ways:
            if getattr(idle, paid) and getattr(idle, brought) < self.most:
                left = _more(idle, paid, -1)
                yield (
                    f"{way} {kind}",
                    {left if paid in self.worthless else _more(left, brought, 1): 1.0},
                )


def _more(state: VentureState, kind: str, units: int) -> VentureState:
    changed: dict[str, Any] = {kind: getattr(state, kind) + units}
    return state._replace(**changed)
