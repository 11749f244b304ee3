"""What an agent promises: a proper policy for each goal, and the same one again."""

from collections.abc import Iterator

import numpy as np

from telos.core.behavior import Behavior
from telos.core.errors import CheckFailed
from telos.core.goals import Goals
from telos.core.parts import AbstractAgent
from telos.core.problem import Problem
from telos.core.world import World
from telos.testing.promises import DISCOUNT, GOALS, Note, Promise, check_policy
from telos.testing.touchstone import touchstone

#: The checks end here unless it passes.
NEEDED = "behaves"


def promises(agent: AbstractAgent, world: World | None) -> Iterator[Promise]:
    """The promises of an agent, in a world or the touchstone."""
    problem = _problem(world or touchstone())
    yield NEEDED, lambda: _behaves(agent, problem)
    yield "behaves the same for the same generator", lambda: _repeats(agent, problem)
    yield "treats each goal by itself", lambda: _separately(agent, problem)


def _problem(world: World) -> Problem:
    reward = np.random.default_rng(3).uniform(size=(2 * GOALS, world.n_outcomes))[:, world.outcome]
    return Problem(world, Goals(reward[:GOALS], pool=reward[GOALS:]), DISCOUNT)


def _behave(agent: AbstractAgent, problem: Problem, seed: int = 0) -> Behavior:
    return agent.behave(problem, np.random.default_rng(seed))


def _behaves(agent: AbstractAgent, problem: Problem) -> str:
    behavior = _behave(agent, problem)
    if not isinstance(behavior, Behavior):
        raise CheckFailed(f"behave() returned a {type(behavior).__name__}, not a Behavior.")
    wanted = (GOALS, problem.world.n_pairs)
    if behavior.policy.shape != wanted:
        raise CheckFailed(f"the policy has shape {behavior.policy.shape}, not {wanted}.")
    check_policy(problem.world, behavior.policy, "the policy")
    return f"{behavior.foresight} about its own rewriting"


def _repeats(agent: AbstractAgent, problem: Problem) -> str:
    if not np.array_equal(_behave(agent, problem).policy, _behave(agent, problem).policy):
        raise CheckFailed("two calls differ; draw from the generator that is passed, and no other.")
    return ""


def _separately(agent: AbstractAgent, problem: Problem) -> str | Note:
    together = _behave(agent, problem).policy
    if not np.array_equal(together, _behave(agent, problem, seed=1).policy):
        return Note("it draws by chance, so its goals are not compared one by one")
    for g in range(GOALS):
        goal = problem.goals.take(np.array([g]))
        alone = _behave(agent, Problem(problem.world, goal, DISCOUNT)).policy[0]
        if not np.allclose(together[g], alone, rtol=0, atol=1e-6):
            raise CheckFailed(f"goal {g}: another policy alone than among {GOALS} goals.")
    return ""
