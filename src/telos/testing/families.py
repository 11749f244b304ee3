"""What a goal family promises: goal i is the same goal whatever the chunking, and finite."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from telos.core.arrays import ints
from telos.core.blind import Blindness, blind
from telos.core.errors import CheckFailed
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, Finite
from telos.core.world import World
from telos.testing.promises import Fitting, Note, Promise, fitting
from telos.testing.touchstone import touchstone
from telos.testing.watched import watched

#: The checks end here unless it passes.
NEEDED = "draws goals"
COUNT = 6
SEED = 7
#: Goals of a finite list that are compared; longer lists are not.
LONG_LIST = 1000


def promises(family: AbstractGoalFamily, world: World | None) -> Iterator[Promise]:
    """The promises of a family, in a world, or in the first touchstone that has its features."""
    fit = fitting(family, lambda place: _sample(family, place, 1), (touchstone(), watched()), world)
    yield NEEDED, lambda: _draws(family, fit)
    place = fit.world or touchstone()
    yield "draws the same goals again", lambda: _repeats(family, place)
    yield "draws the same goals in chunks", lambda: _chunks(family, place)
    yield "values outcomes by their names", lambda: _by_name(family, place)
    yield "rewards equal outcomes equally", lambda: _by_outcome(family, place)
    yield "is blind to features", lambda: _blind(family, place)


def _sample(family: AbstractGoalFamily, world: World, n: int, first: int = 0) -> Goals:
    return family.sample(world, n, np.random.default_rng(SEED), first=first)


def _count(family: AbstractGoalFamily, world: World) -> int:
    return min(COUNT, family.size(world)) if isinstance(family, Finite) else COUNT


def _draws(family: AbstractGoalFamily, fit: Fitting) -> str | Note:
    world = fit.place()
    if isinstance(world, Note):
        return world
    count = _count(family, world)
    if count < 1:
        raise CheckFailed(f"it has no goal in {world.name}; check it in a world it is made for.")
    goals = _sample(family, world, count)
    if not isinstance(goals, Goals):
        raise CheckFailed(f"sample() returned a {type(goals).__name__}, not Goals.")
    if goals.reward.shape != (count, world.size):
        raise CheckFailed(
            f"{count} goals over {world.size} states were asked for; reward has shape "
            f"{goals.reward.shape}."
        )
    size = f"{family.size(world)} goals" if isinstance(family, Finite) else "without end"
    return f"{size}; the first is {goals.label[0]!r}"


def _repeats(family: AbstractGoalFamily, world: World) -> str:
    count = _count(family, world)
    _same(_sample(family, world, count), _sample(family, world, count), "asked twice")
    return ""


def _chunks(family: AbstractGoalFamily, world: World) -> str:
    count = _count(family, world)
    whole = _sample(family, world, count)
    for g in range(count):
        alone = _sample(family, world, 1, first=g)
        _same(whole.take(np.array([g])), alone, f"goal {g}, drawn alone")
    return ""


def _same(one: Goals, two: Goals, where: str) -> None:
    if not np.array_equal(one.reward, two.reward):
        raise CheckFailed(
            f"{where}: other rewards. Draw from outcome_draws(world, rng, n, first=first) or "
            "goal_streams(rng, n, first=first) of telos.families."
        )
    if not np.array_equal(one.rewritten(), two.rewritten()):
        raise CheckFailed(f"{where}: it would be rewritten to another goal.")
    if one.label != two.label:
        raise CheckFailed(
            f"{where}: called {two.label[0]!r}, not {one.label[0]!r}; number from first."
        )


def _by_name(family: AbstractGoalFamily, world: World) -> str | Note:
    turned = ints(np.roll(np.arange(world.n_outcomes), 1))
    names = tuple(world.outcomes[int(k)] for k in np.argsort(turned))
    other = replace(world, outcome=turned[world.outcome], outcomes=names)
    count = family.size(world) if isinstance(family, Finite) else COUNT
    if count > LONG_LIST:
        return ""
    one, two = _sample(family, world, count), _sample(family, other, count)
    if isinstance(family, Finite):  # perhaps in another order
        one, two = (goals.take(ints(np.argsort(goals.label))) for goals in (one, two))
    if np.allclose(one.reward, two.reward) and np.allclose(one.rewritten(), two.rewritten()):
        return ""
    return Note(
        "an outcome found in another order is worth something else, so that arms of a sweep over a "
        "world's parameters meet other goals; draw from outcome_draws(world, rng, n, first=first) of "
        "telos.families"
    )


def _by_outcome(family: AbstractGoalFamily, world: World) -> str | Note:
    reward = _sample(family, world, _count(family, world)).reward
    first = np.unique(world.outcome, return_index=True)[1]
    if np.array_equal(reward, reward[:, first[world.outcome]]):
        return ""
    return Note("it rewards states of one outcome differently; results say so")


def _blind(family: AbstractGoalFamily, world: World) -> str | Note:
    goals = _sample(family, world, _count(family, world))
    off = getattr(family, "off", None)
    worth = f"being off is worth {off!r}" if off is not None else ""
    found = {name: blind(goals, world, [name]) for name in world.features}
    seen = [name for name, answer in found.items() if answer is Blindness.NOT_BLIND]
    if seen:
        return Note(f"it is not blind to {', '.join(seen)}")
    untold = [name for name, answer in found.items() if answer is Blindness.CANNOT_BE_TOLD]
    told = f"whether it is blind to {', '.join(untold)} cannot be told here" if untold else ""
    return "; ".join(filter(None, (worth, told)))
