"""Finite lists of goals by name, each of which says itself what every outcome is worth."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Protocol

import numpy as np

from telos.core.arrays import Floats
from telos.core.digests import digests
from telos.core.errors import GoalsError, did_you_mean
from telos.core.goals import Goals
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.families import _draws


class Choosing(Protocol):
    """A family that wants some `goals` of a list, by name, and what all are `rewritten_to`."""

    @property
    def goals(self) -> tuple[str, ...]: ...
    @property
    def rewritten_to(self) -> str: ...


def check_names(part: Choosing) -> None:
    """Raise GoalsError unless what a family wants are texts; its `goals` become a tuple."""
    object.__setattr__(part, "goals", tuple(part.goals))
    for name in (*part.goals, part.rewritten_to):
        if not isinstance(name, str):
            raise GoalsError(f"{type(part).__name__}: {name!r} is not a name; give words.")


def wanted_of(part: Choosing, offered: Mapping[str, Floats], world: World) -> tuple[str, ...]:
    """The names that a family wants of those that a world offers: all, unless it chooses.

    Raises:
        GoalsError: naming one that the world does not offer.
    """
    for name in (*part.goals, *filter(None, [part.rewritten_to])):
        if name not in offered:
            raise GoalsError(
                f"{type(part).__name__}: {world.name} offers no goal {name!r}. "
                f"{did_you_mean(name, offered)}"
            )
    return part.goals or tuple(offered)


def goals_of(
    part: Choosing,
    offered: Mapping[str, Floats],
    world: World,
    n: int,
    rng: np.random.Generator,
    first: int,
) -> Goals:
    """Goals number `first` to `first + n - 1` of a family's list.

    Args:
        part: the family. offered: {name: F[S]} of all that the world offers. world: the world.
        n: how many. rng: draws their revisions only. first: the number of the first.

    Raises:
        GoalsError: if there are fewer, or a name is not offered.
    """
    listed = wanted_of(part, offered, world)
    _draws.check_range(type(part).__name__, n, first, len(listed))
    names, wanted = list(offered), listed[first : first + n]
    revised = [part.rewritten_to] * n if part.rewritten_to else _others(wanted, names, rng)
    return Goals(
        np.array([offered[name] for name in wanted]),
        wanted,
        revised=np.array([names.index(name) for name in revised]),
        pool=np.array([offered[name] for name in names]),
    )


def _others(wanted: Sequence[str], names: Sequence[str], rng: np.random.Generator) -> list[str]:
    """For each goal wanted the other name for which the draw of both is the highest."""
    both = list(product(names, names))
    drawn = keyed_draws(rng, digests(both), 1, draws=1)[0, 0]
    chance = dict(zip(both, drawn.tolist(), strict=True))
    return [max((n for n in names if n != name), key=lambda n: chance[name, n]) for name in wanted]


def quantities(part: str, world: World) -> list[tuple[str, float]]:
    """The outcomes of a world as pairs (kind, quantity).

    Args:
        part: who asks, as messages call it. world: whose outcomes.

    Raises:
        GoalsError: naming an outcome that is not such a pair.
    """
    pairs: list[tuple[str, float]] = []
    for outcome in world.outcomes:
        if not _draws.is_quantity(outcome):
            raise GoalsError(
                f"{part}: {world.name} has the outcome {outcome!r}; named goals need outcomes that "
                "are pairs (kind, quantity), such as ('clips', 2). Use Uniform or Sparse here."
            )
        pairs.append(outcome)
    return pairs
