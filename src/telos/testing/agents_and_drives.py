"""What agents and drives promise: proper policies, and pursuits that doing nothing is none of."""

import dataclasses

import numpy as np

from telos.core.arrays import Bools, floats
from telos.core.behavior import Behavior
from telos.core.errors import CheckFailed, FeatureMissing
from telos.core.goals import Goals
from telos.core.parts import AbstractAgent, AbstractDrive, part_name
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.testing.common import promises_of_data
from telos.testing.touchstone import touchstone
from telos.testing.verdict import Check, Note, keep

GOALS = 4
DISCOUNT = 0.9


def check_agent(agent: AbstractAgent) -> tuple[Check, ...]:
    """Check an agent in the touchstone world.

    Args:
        agent: the agent.

    Returns:
        One check for each promise of the contract.
    """
    return keep(
        [
            *promises_of_data(agent),
            ("behaves", lambda: _behaves(agent)),
            ("behaves the same for the same generator", lambda: _repeats(agent)),
            ("treats each goal by itself", lambda: _separately(agent)),
        ]
    )


def check_drive(drive: AbstractDrive) -> tuple[Check, ...]:
    """Check a drive in the touchstone world.

    Args:
        drive: the drive.

    Returns:
        One check for each promise of the contract.
    """
    return keep(
        [
            *promises_of_data(drive),
            ("finds where it can be pursued", lambda: _affords(drive)),
            ("is never pursued by doing nothing", lambda: _idle(drive)),
            ("knows where it is a choice", lambda: _forks(drive)),
            ("finds nothing where its features never change", lambda: _nothing(drive)),
            ("says which features it needs", lambda: _needs(drive)),
        ]
    )


def _problem() -> Problem:
    world = touchstone()
    reward = np.random.default_rng(3).uniform(size=(2 * GOALS, world.n_outcomes))[:, world.outcome]
    return Problem(world, Goals(reward[:GOALS], pool=reward[GOALS:]), DISCOUNT)


def _behave(agent: AbstractAgent, problem: Problem, seed: int = 0) -> Behavior:
    return agent.behave(problem, np.random.default_rng(seed))


def _behaves(agent: AbstractAgent) -> str:
    problem = _problem()
    behavior = _behave(agent, problem)
    if not isinstance(behavior, Behavior):
        raise CheckFailed(f"behave() returned a {type(behavior).__name__}, not a Behavior.")
    world, policy = problem.world, behavior.policy
    if policy.shape != (GOALS, world.n_pairs):
        raise CheckFailed(f"the policy has shape {policy.shape}, not {(GOALS, world.n_pairs)}.")
    sums = np.add.reduceat(policy, world.pair_ptr[:-1], axis=1)
    wrong = np.abs(sums - 1.0) > 1e-9
    if wrong.any():
        g, s = (int(i) for i in np.argwhere(wrong)[0])
        raise CheckFailed(
            f"goal {g}, state {world.states[s]!r}: probabilities sum to {sums[g, s]:.6g}, not 1."
        )
    return f"{behavior.foresight} about its own rewriting"


def _repeats(agent: AbstractAgent) -> str:
    problem = _problem()
    if not np.array_equal(_behave(agent, problem).policy, _behave(agent, problem).policy):
        raise CheckFailed("two calls differ; draw from the generator that is passed, and no other.")
    return ""


def _separately(agent: AbstractAgent) -> str | Note:
    problem = _problem()
    together = _behave(agent, problem).policy
    if not np.array_equal(together, _behave(agent, problem, seed=1).policy):
        return Note("it draws by chance, so its goals are not compared one by one")
    for g in range(GOALS):
        goal = problem.goals.take(np.array([g]))
        alone = _behave(agent, Problem(problem.world, goal, DISCOUNT)).policy[0]
        if not np.allclose(together[g], alone, rtol=0, atol=1e-6):
            raise CheckFailed(f"goal {g}: another policy alone than among {GOALS} goals.")
    return ""


def _afforded(drive: AbstractDrive) -> tuple[World, Affordance]:
    world = touchstone()
    missing = [name for name in drive.needs if name not in world.features]
    if missing:
        extra = {name: floats(np.arange(world.size) % 2) for name in missing}
        world = dataclasses.replace(world, features={**world.features, **extra})
    return world, drive.affordances(world)


def _affords(drive: AbstractDrive) -> str:
    world, affordance = _afforded(drive)
    if affordance.drive != part_name(drive):
        raise CheckFailed(
            f"the affordance is called {affordance.drive!r}, not {part_name(drive)!r}."
        )
    for name, values, length in (
        ("pursues", affordance.pursues, world.n_pairs),
        ("forks", affordance.forks, world.size),
    ):
        if values.dtype != np.bool_ or values.shape != (length,):
            raise CheckFailed(f"{name} is {values.dtype}{values.shape}, not bool({length},).")
    return f"{int(affordance.pursues.sum())} of {world.n_pairs} pairs of the touchstone pursue it"


def _idle(drive: AbstractDrive) -> str:
    world, affordance = _afforded(drive)
    assert world.default is not None
    pursuing = affordance.pursues[world.default]
    if pursuing.any():
        state = world.states[int(np.argmax(pursuing))]
        raise CheckFailed(f"state {state!r}: the default pair pursues it; leave default pairs out.")
    return ""


def _forks(drive: AbstractDrive) -> str:
    world, affordance = _afforded(drive)
    expected = _both_kinds(world, affordance.pursues)
    if not np.array_equal(affordance.forks, expected):
        s = int(np.argmax(affordance.forks != expected))
        raise CheckFailed(
            f"state {world.states[s]!r}: a fork is a state with pairs that pursue and with others."
        )
    return f"{int(expected.sum())} forks"


def _both_kinds(world: World, pursues: Bools) -> Bools:
    some = np.logical_or.reduceat(pursues, world.pair_ptr[:-1])
    every = np.logical_and.reduceat(pursues, world.pair_ptr[:-1])
    both: Bools = some & ~every
    return both


def _nothing(drive: AbstractDrive) -> str:
    world = touchstone()
    flat = {name: np.zeros(world.size) for name in (*world.features, *drive.needs)}
    affordance = drive.affordances(dataclasses.replace(world, features=flat))
    if affordance.pursues.any():
        pair = int(np.argmax(affordance.pursues))
        raise CheckFailed(f"{world.describe(pair)} pursues it where every feature is 0 everywhere.")
    return ""


def _needs(drive: AbstractDrive) -> str:
    if not drive.needs:
        raise CheckFailed("needs is empty; name the features it reads: needs = ('off',).")
    bare = dataclasses.replace(touchstone(), features={})
    try:
        drive.affordances(bare)
    except FeatureMissing:
        return ", ".join(drive.needs)
    raise CheckFailed("it works in a world without its features; read them by world.feature(name).")
