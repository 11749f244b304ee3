"""Linear goals: an outcome is worth the weighted sum of what there is to it."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import number, one_of
from telos.core.digests import digests
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Role
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.families import _draws


@final
@dataclass(frozen=True)
class Linear(AbstractGoalFamily):
    """R(outcome) = phi(outcome) · w with iid normal weights w; the revision has weights of its own.

    `outcome_features(world)` is phi. If all outcome names are tuples of one length, phi has, in
    this order: a column for each value of each component that is not a number (1 if the outcome has
    it, else 0); a column for each component that is a number (that number); and the product of each
    of the latter with each of the former. For (kind, quantity): how much a kind matters, how much
    quantity matters, and how much quantity matters of each kind. Other names count as tuples of one
    component; then, unless they are numbers, phi is the identity and the family is `Normal`.
    A weight goes by the name of its column, and no amount is divided by what is most in a world, so
    that a goal values an outcome alike wherever both occur.

    Args:
        sd: the standard deviation of a weight, finite, > 0.
        off: what an outcome of being off is worth: ``iid``: phi · w like any other; ``zero`` and
            ``mean``: 0, which is the mean.

    Raises:
        GoalsError: naming the field, its value and its range.

    References:
        Krakovna and Kramar (2023), Power-seeking can be probable and predictive for trained agents.
    """

    version: ClassVar[int] = 2
    role: ClassVar[Role] = "unrelated"

    sd: float = 1.0
    off: _draws.Off = "iid"

    def __post_init__(self) -> None:
        number(self, "sd", above=0.0)
        one_of(self, "off", _draws.OFF)

    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the sequence that `rng` names."""
        _draws.check_range(type(self).__name__, n, first)
        columns = _columns(world)
        weights = self.sd * _draws.normal(keyed_draws(rng, digests(list(columns)), n, first=first))
        values = np.zeros((n, 2, world.n_outcomes))
        # Column by column: a matrix product may round differently in another chunk.
        for j, column in enumerate(columns.values()):
            values += weights[..., j, None] * column
        return _draws.goals_on(world, _draws.declared(values, world, self.off, 0.0), first)


def outcome_features(world: World) -> Floats:
    """F[K, d], the features phi of each outcome, read off its name as `Linear` describes.

    Example:
        >>> from telos import explore
        >>> line = [("pins", 1), ("pins", 2), ("clips", 1)]
        >>> world = explore(0, lambda s: {"next": (s + 1) % 3}, outcome=lambda s: line[s])
        >>> outcome_features(world).tolist()  # clips, pins, quantity, quantity of clips, of pins
        [[0.0, 1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 2.0, 0.0, 2.0], [1.0, 0.0, 1.0, 1.0, 0.0]]
    """
    return floats(np.array(list(_columns(world).values())).T)


def _columns(world: World) -> dict[Hashable, Floats]:
    """The columns of phi by name: (component, value), component, or both."""
    names: list[Any] = list(world.outcomes)
    alike = all(isinstance(name, tuple) for name in names) and len({len(n) for n in names}) == 1
    components = list(zip(*names, strict=True)) if alike else [tuple(names)]
    kinds: dict[Hashable, Floats] = {}
    amounts: dict[Hashable, Floats] = {}
    for place, component in enumerate(components):
        if all(_is_number(value) for value in component):
            amounts[place] = np.array(component, dtype=np.float64)
        else:
            for value in sorted(set(component), key=repr):
                kinds[place, value] = np.array([v == value for v in component], dtype=float)
    mixed: dict[Hashable, Floats]
    mixed = {(a, k): amount * kind for a, amount in amounts.items() for k, kind in kinds.items()}
    return {**kinds, **amounts, **mixed}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
