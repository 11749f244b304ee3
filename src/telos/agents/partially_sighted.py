"""PartiallySighted: plans exactly, but cannot tell all states apart."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.behavior import Behavior
from telos.core.checks import integer, number, refusal
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.alike import Looks, improve
from telos.solve.foresight import held, solve_as
from telos.solve.policies import evaluate, time_spent
from telos.solve.solve import uniform_over

#: The sights by way of which a finer one is come to; at these, more sight is never worth less.
RUNGS = (0.0, 0.25, 0.5, 0.75)


@final
@dataclass(frozen=True)
class PartiallySighted(AbstractAgent):
    """Knows the world and its goal, but recognizes only some of the states; the rest look alike.

    A state is recognized if its draw from U[0,1), which the seed names, is below `sight`. Two others
    look alike if they have the same values of all that it `sees`. The policy has no memory: in states
    that look alike it tries the same actions, with the same probabilities; where one of them is not
    legal, the default pair is carried out (the first legal one, in a world without a default). It
    maximizes V at the start by steps that never make it worse (`telos.solve.alike.improve`), from two
    beginnings: what it would do with less sight, and what the optimum does, averaged over its visits to
    each look.

    - `sight=1` is `Optimal`. `sight=0` and nothing seen is a blind agent: one lot for every state.
    - **More sight never hurts an agent that stays itself**: whatever can be done with less can be
      done with more, so the best memoryless policy is worth no less. For the policies found this
      holds at sights 0, 1/4, 1/2, 3/4 and 1, because the finer search begins with what the coarser
      one found; between them a local search may settle lower.
    - A rewritten self has the same eyes and its own goal. It maximizes from a start anywhere among the
      states with a changed register, as it cannot know where it will come to be, and as if it would
      hold its goal for ever. The present self foresees what that does, and judges it by its own goal.
      Then more sight *can* hurt: it makes the successor better at what is not wanted.

    It follows no `Problem.rule`.

    Args:
        sight: in [0, 1], the part of the states that is recognized.
        sees: what is seen of the others: names of features, ``outcome``, or ``actions`` (which of
            them are legal).
        seed: of the draws, >= 0.

    Raises:
        ProblemError: naming the field and its range.
        FeatureMissing: when asked to behave, if the world lacks a feature that it sees.

    References:
        Singh et al. (1994), Learning without state-estimation in partially observable Markovian
        decision processes (a memoryless policy may need to mix); Littman (1994), Memoryless policies:
        theoretical limitations and practical results (the best pure one is NP-hard to find).
    """

    role: ClassVar[Role] = "myopic"

    sight: float = 0.5
    sees: tuple[str, ...] = ()
    seed: int = 0
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        number(self, "sight", 0.0, 1.0)
        if not isinstance(self.sees, tuple) or not all(isinstance(s, str) for s in self.sees):
            raise refusal(self, "sees", "give a tuple of names of features")
        integer(self, "seed", 0)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """The policy that each goal comes to, the same in states that look alike."""
        world, own = problem.world, held(problem.world)
        best = solve_as(problem, "realistic").tied_policy()
        finest = self.looks(world)
        if finest.count == world.size:
            return Behavior(best)
        policy = uniform_over(np.ones((1, world.n_pairs), np.bool_), world.pair_ptr)
        policy = floats(np.broadcast_to(policy, best.shape))
        if not own.all():
            after = _anywhere(problem.rewritten().as_planned(), bools(~own))
            theirs = solve_as(problem.rewritten(), "ignorant").tied_policy()
            rewritten = self._found(after, policy, theirs, np.ones(world.size, np.bool_))
            policy = floats(np.where(own[world.pair_state], policy, rewritten))
        return Behavior(self._found(problem.as_planned(), policy, best, own))

    def looks(self, world: World, sight: float | None = None) -> Looks:
        """Which states of a world look alike to it.

        Args:
            world: the world. sight: another sight than its own, in [0, 1].

        Raises:
            FeatureMissing: if the world lacks a feature that it sees.
        """
        known = np.random.default_rng(self.seed).random(world.size)
        recognized = known < (self.sight if sight is None else sight)
        marks = [_seen(world, name) for name in self.sees]
        # The own goal is never out of sight: a rewritten self is somebody else.
        marks += [ints(held(world)), np.where(recognized, np.arange(world.size) + 1, 0)]
        return Looks(world, ints(np.unique(np.stack(marks), axis=1, return_inverse=True)[1]))

    def _found(self, problem: Problem, policy: Floats, best: Floats, own: Bools) -> Floats:
        """F[G, L], what is come to by way of less sight; the policy stays as it is outside `own`."""
        start = problem.world.start
        for sight in (*(rung for rung in RUNGS if rung < self.sight), self.sight):
            looks = self.looks(problem.world, sight)
            begun = (policy, _averaged(problem, looks, best, policy, own))
            ends = [improve(problem, looks, begin, own) for begin in begun]
            first, second = (evaluate(problem, end) @ start for end in ends)
            policy = floats(np.where((second > first)[:, None], ends[1], ends[0]))
        return policy


def _seen(world: World, name: str) -> Ints:
    """I[S]: states of equal number are the same in what is seen."""
    if name == "actions":
        legal = np.zeros((world.size, len(world.actions)), np.bool_)
        legal[world.pair_state, world.pair_action] = True
        return ints(np.unique(legal, axis=0, return_inverse=True)[1])
    if name == "outcome":
        return world.outcome
    return ints(np.unique(world.feature(name), return_inverse=True)[1])


def _anywhere(problem: Problem, among: Bools) -> Problem:
    """The problem that starts in any of the given states, all alike."""
    return replace(problem, world=replace(problem.world, start=among / among.sum()))


def _averaged(problem: Problem, looks: Looks, best: Floats, policy: Floats, own: Bools) -> Floats:
    """F[G, L]: in each look what the optimum does there, averaged over its visits."""
    world: World = problem.world
    anywhere = _anywhere(problem, bools(np.ones(world.size)))
    begun = looks.averaged(best, time_spent(problem, best), time_spent(anywhere, best))
    return floats(np.where(own[world.pair_state], begun, policy))
