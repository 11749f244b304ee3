"""Placed: a world of a page, and how it lies in the world as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Ints, bools, ints
from telos.core.digests import digests
from telos.core.errors import FeatureMissing, WorldError
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.shown import shown
from telos.core.world import World
from telos.drives import affordance
from telos.families import Uniform
from telos.measure.guard import guard
from telos.measure.other_world import other_world
from telos.play.plan import Arm, written_briefly


@final
@dataclass(frozen=True, eq=False)
class Placed:
    """A world of a page.

    Args:
        arm: what it is. source: the world before safeguards. world: the world itself.
        state, pair: I[S], I[L], the state and the pair of the first world that each stands for; -1: none.
        affordances: what each drive finds in it.
        marks: B[L] of each drive that is measured: the same, but where a drive's reason is gone the
            pairs of the first world. python: of each of them, how a program comes to it.
    """

    arm: Arm
    source: World
    world: World
    state: Ints
    pair: Ints
    affordances: Mapping[str, Affordance]
    marks: Mapping[str, Bools]
    python: Mapping[str, str]

    def problem(self, count: int, discount: float) -> Problem:
        """The first goals of `Uniform` in it, as Python has them."""
        goals = Uniform().sample(self.source, count, np.random.default_rng(0))
        return guard(Problem(self.source, goals, discount), self.arm.safeguards)


def first_of(scenario: AbstractScenario, drives: Sequence[AbstractDrive]) -> Placed:
    """The world as it is."""
    world = scenario.build()
    found = affordances_of(world, drives)
    return Placed(
        Arm("as_it_is", "as it is", "as it is"),
        world,
        world,
        ints(np.arange(world.size)),
        ints(np.arange(world.n_pairs)),
        found,
        {name: one.pursues for name, one in found.items()},
        _python(drives),
    )


def _python(drives: Sequence[AbstractDrive], gone: str = "") -> dict[str, str]:
    """How a program comes to the affordance of each drive; `gone`: of which the reason is."""
    told = {}
    for drive in drives:
        name, how = part_name(drive), written_briefly(drive)
        told[name] = f"{how}.affordances(problem.world)"
        if name == gone:
            told[name] = f"telos.play.pursued_without(scenario, {how}, problem)"
    return told


def placed(
    arm: Arm, first: Placed, scenario: AbstractScenario, drives: Sequence[AbstractDrive]
) -> Placed:
    """A world beside the world as it is.

    Raises:
        WorldError: why it cannot stand beside it.
    """
    if arm.kind == "without":
        return _without(arm, first, scenario, drives)
    source = first.world if arm.scenario is None else arm.scenario.build()
    nothing = Goals(np.zeros((1, source.size)))
    guarded = guard(Problem(source, nothing, 0.5), arm.safeguards)
    if guarded.pair_bonus() is not None or guarded.planning_discount is not None:
        raise WorldError(f"{arm.title}: the safeguard does more than to change the world.")
    since = guarded.since()
    _check_outcomes(arm, first.world, guarded.world)
    state, pair = _named(first.world, source)
    found = affordances_of(guarded.world, drives)
    own = np.where(since.pair < 0, -1, pair[since.pair])
    marks = {name: one.pursues for name, one in found.items()}
    lies = ints(state[since.state]), ints(own)
    return Placed(arm, source, guarded.world, *lies, found, marks, _python(drives))


def _check_outcomes(arm: Arm, first: World, world: World) -> None:
    """Raise WorldError unless goals mean the same in both worlds."""
    known = dict(zip(first.outcomes, digests(first.outcomes).tolist(), strict=True))
    for outcome, named in zip(world.outcomes, digests(world.outcomes).tolist(), strict=True):
        if known.get(outcome) != named:
            raise WorldError(f"{arm.title}: it has an outcome {shown(outcome)} of its own.")


def _without(
    arm: Arm, first: Placed, scenario: AbstractScenario, drives: Sequence[AbstractDrive]
) -> Placed:
    if arm.drive not in first.affordances:
        raise WorldError(f"{arm.title}: nothing pursues {arm.drive} here.")
    there = other_world(scenario, first.world, arm.drive)
    kept = there.pursued(first.world, first.affordances[arm.drive])
    assert there.world is not None
    _check_outcomes(arm, first.world, there.world)
    found = affordances_of(there.world, drives)
    marks = {name: one.pursues for name, one in found.items()} | {arm.drive: kept}
    marks = {name: marks[name] for name in first.marks if name in marks}
    python = _python(drives, arm.drive)
    return Placed(arm, there.world, there.world, there.state, there.pair, found, marks, python)


def pursued_without(
    scenario: AbstractScenario, drive: AbstractDrive, problem: Problem
) -> Affordance:
    """The pairs of a drive where its reason is gone: those of the same states and actions as before.

    What a drive's own detector finds there is often nothing, because the act no longer does anything.

    Args:
        scenario: the world with the reason. drive: the drive.
        problem: in the world of `scenario.without(drive)`, under safeguards or not.

    Returns:
        Its affordance in `problem.world`.

    Raises:
        WorldError: why it cannot be told; see `telos.cause_removed`.

    Example:
        >>> import numpy as np
        >>> from telos import Problem, drives, families, worlds
        >>> scenario = worlds.OffSwitch(rooms=2)
        >>> world = scenario.without("self_preservation").build()
        >>> goals = families.Uniform().sample(world, 1, np.random.default_rng(0))
        >>> drive = drives.SelfPreservation()
        >>> pursued_without(scenario, drive, Problem(world, goals, 0.9))
        <Affordance self_preservation: 1 pairs, 1 forks>
    """
    world = scenario.build()
    name = part_name(drive)
    kept = other_world(scenario, world, name).pursued(world, drive.affordances(world))
    since = problem.since()
    return affordance(problem.world, name, bools((since.pair >= 0) & kept[since.pair]))


def _named(world: World, other: World) -> tuple[Ints, Ints]:
    """(I[S'], I[L']), the state and pair of a world that those of another have the names of; -1: none."""
    number = {state: i for i, state in enumerate(world.states)}
    action = {name: a for a, name in enumerate(world.actions)}
    state = np.array([number.get(s, -1) for s in other.states])
    pairs = {
        (s, a): p
        for p, (s, a) in enumerate(
            zip(world.pair_state.tolist(), world.pair_action.tolist(), strict=True)
        )
    }
    theirs = zip(state[other.pair_state].tolist(), other.pair_action.tolist(), strict=True)
    pair = [pairs.get((s, action.get(other.actions[a], -1)), -1) for s, a in theirs]
    return ints(state), ints(np.array(pair))


def affordances_of(world: World, drives: Sequence[AbstractDrive]) -> dict[str, Affordance]:
    """The affordances of the drives that something in the world pursues, by the drives' names."""
    found = {}
    for drive in drives:
        try:
            one = drive.affordances(world)
        except FeatureMissing:
            continue
        if one.pursues.any():
            found[one.drive] = one
    return found
