"""What a scenario promises: the same world every time, whole, and honest about doing nothing."""

from collections.abc import Iterator, Sequence

import numpy as np

from telos.core.errors import CheckFailed, WorldError
from telos.core.goals import Goals
from telos.core.kinds import kinds, lacking
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Problem
from telos.core.spec import resolve
from telos.core.world import World
from telos.measure.other_world import can_be_pursued, other_world
from telos.solve.ahead import ahead
from telos.solve.solve import solve
from telos.testing.promises import DISCOUNT, Note, Promise

#: Features that are stocks: whatever raises one above what doing nothing gives, pursues it.
STOCKS = ("resources", "capability")
#: Features that are marks: 0 or 1.
MARKS = ("off", "goal_register")
#: The checks end here unless it passes.
NEEDED = "builds a world"


def promises(scenario: AbstractScenario, drives: Sequence[AbstractDrive] = ()) -> Iterator[Promise]:
    """The promises of a recipe for a world; `drives` stand beside the shipped ones."""
    yield NEEDED, lambda: _builds(scenario)
    world = scenario.build()
    yield "builds the same world twice", lambda: _same(world, scenario.build())
    yield "can reach every state", lambda: _reachable(world)
    yield "keeps marks at 0 and 1", lambda: _marks(world)
    yield "gains nothing by doing nothing", lambda: _idle(world)
    yield "leaves a goal something to care about", lambda: _outcomes(world)
    yield "can be solved", lambda: _solvable(world)
    shipped = (*resolve("telos.drives:DRIVES"), *resolve("telos.drives:DETECTORS"))
    yield reasons(scenario, world, (*(part() for part in shipped), *drives))


def reasons(scenario: AbstractScenario, world: World, drives: Sequence[AbstractDrive]) -> Promise:
    """The promise that `without` of each of these drives is the world without its reason."""
    return "takes away reasons and nothing else", lambda: _without(scenario, world, drives)


def _builds(scenario: AbstractScenario) -> str:
    world = scenario.build()
    if not isinstance(world, World):
        raise CheckFailed(f"build() returned a {type(world).__name__}, not a World.")
    kind = "deterministic" if world.deterministic else "stochastic"
    return f"{world.size} states, {world.n_pairs} pairs, {world.n_outcomes} outcomes, {kind}"


def _same(one: World, two: World) -> str:
    if one.states != two.states or one.actions != two.actions or one.outcomes != two.outcomes:
        raise CheckFailed(
            "states, actions or outcomes come in another order; iterate over no sets."
        )
    fields = ("start", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome")
    for field in fields:
        if not np.array_equal(getattr(one, field), getattr(two, field)):
            raise CheckFailed(f"{field} differs; let build() depend on the parameters alone.")
    for name in set(one.features) | set(two.features):
        if not np.array_equal(one.feature(name), two.feature(name)):
            raise CheckFailed(f"feature {name!r} differs between two builds.")
    return ""


def _reachable(world: World) -> str | Note:
    seen = world.start > 0
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    while True:
        more = seen.copy()
        more[world.next_state[seen[owner]]] = True
        if np.array_equal(more, seen):
            break
        seen = more
    if seen.all():
        return ""
    lost = int((~seen).sum())
    return Note(f"{lost} states, {world.states[int(np.argmin(seen))]!r} first, cannot be reached")


def _marks(world: World) -> str:
    for name in MARKS:
        values = world.features.get(name)
        if values is not None and not np.isin(values, (0.0, 1.0)).all():
            s = int(np.argmin(np.isin(values, (0.0, 1.0))))
            raise CheckFailed(
                f"state {world.states[s]!r}: feature {name!r} is {values[s]}; it must be 0 or 1."
            )
    return ", ".join(world.features)


def _idle(world: World) -> str | Note:
    if world.default is None:
        return Note("it names no default action, so drives compare with a uniform choice")
    for name in (feature for stock in STOCKS for feature in kinds(world, stock)):
        values = world.features[name]
        gain = ahead(world, values[None])[0, world.default] - values
        if gain.max(initial=0.0) > 1e-12:
            s = int(np.argmax(gain))
            raise CheckFailed(
                f"state {world.states[s]!r}: doing nothing raises {name!r} by {gain[s]:g}; choose "
                "a default that does not grow a stock."
            )
    return ""


def _outcomes(world: World) -> str | Note:
    if world.n_outcomes == 1:
        return Note("it has one outcome only, so every goal is indifferent to everything")
    if world.n_outcomes == world.size and world.features:
        return Note("every state is an outcome of its own, so goals may reward features themselves")
    return f"{world.n_outcomes} outcomes"


def _solvable(world: World) -> str:
    reward = np.random.default_rng(0).uniform(-1.0, 1.0, world.n_outcomes)
    solution = solve(Problem(world, Goals(reward[world.outcome]), DISCOUNT))
    bound = float(solution.bound.max())
    if not np.isfinite(bound):
        raise CheckFailed(f"a random goal at discount {DISCOUNT}: {solution.status[0]}")
    return f"error at most {bound:.1e} at discount {DISCOUNT}"


def _without(
    scenario: AbstractScenario, world: World, drives: Sequence[AbstractDrive]
) -> str | Note:
    """Of each drive that can be pursued here: what `without` says of it can be compared."""
    if scenario.without("no such drive") is not None:
        raise CheckFailed(
            "without('no such drive') is not None; return None for what is not meant."
        )
    told, silent = [], []
    for drive in drives:
        if lacking(world, drive.needs):
            continue
        affordance = drive.affordances(world)
        if not can_be_pursued(world, affordance):
            continue
        if scenario.without(affordance.drive) is None:
            silent.append(affordance.drive)
            continue
        try:
            other_world(scenario, world, affordance.drive).pursued(world, affordance)
        except WorldError as unlike:
            raise CheckFailed(f"without({affordance.drive!r}): {unlike}") from None
        told.append(affordance.drive)
    if silent:
        return Note(
            f"without() is silent on {', '.join(silent)}, so what part of that is instrumental cannot "
            "be told. Return the same scenario without the reason, if there is an honest one."
        )
    return ", ".join(told) or "no drive can be pursued here"
