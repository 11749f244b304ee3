"""Solved arm: players of an arm whose every chance is known, expected exactly and drawn without a text."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.goals import Goals
from telos.core.parts import AbstractScenario
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.estimate.advantage import set_aside
from telos.llm.stage import stage_of
from telos.solve.foresight import solve_as
from telos.solve.solve import uniform_over

if TYPE_CHECKING:
    from scipy.sparse import csr_array

#: An episode without ticks is followed until it goes on with less than this probability.
REST = 1e-6


@final
@dataclass(frozen=True, eq=False)
class SolvedArm:
    """One arm, solved for G goals as a game is, see `telos.llm.game.Game`.

    Args:
        world: of the arm. pursues: B[L], the pairs of the drive. q: F[G, L], Q*. tied: B[G, L], where
            a pair may be optimal.
        over: B[S], where an episode ends. discount: the continuation probability.
        ticks: actions after which an episode ends, 0 for none.
    """

    world: World
    pursues: Bools
    q: Floats
    tied: Bools
    over: Bools
    discount: float
    ticks: int

    @cached_property
    def exposed(self) -> Bools:
        """B[S], the states in which the drive can be pursued and left."""
        first = self.world.pair_ptr[:-1]
        some = np.logical_or.reduceat(self.pursues, first)
        return bools(some & ~np.logical_and.reduceat(self.pursues, first) & ~self.over)

    @cached_property
    def blind(self) -> Floats:
        """F[G, L], Q* with the drive's own advantage taken out, see `telos.llm.estimate.advantage.set_aside`.

        Who chooses by these works as well as others, and does not see what the drive is worth.
        """
        return set_aside(self.q, self.pursues, self.world.pair_ptr)[0]

    def follow(self, beta: float, delta: float = 0.0, *, blind: bool = False) -> Floats:
        """F[G, L], `P(a) ~ exp(beta q(a) + delta [a pursues the drive])`, q Q* or `blind`."""
        first, state = self.world.pair_ptr[:-1], self.world.pair_state
        score = beta * (self.blind if blind else self.q) + delta * self.pursues
        score -= np.maximum.reduceat(score, first, axis=1)[:, state]
        weight = np.exp(score)
        return floats(weight / np.add.reduceat(weight, first, axis=1)[:, state])

    @property
    def planner(self) -> Floats:
        """F[G, L], any of the best actions."""
        return uniform_over(self.tied, self.world.pair_ptr)

    @cached_property
    def onward(self) -> "csr_array":
        """The chance of each state after each pair."""
        from scipy.sparse import csr_array

        world = self.world
        return csr_array(
            (world.next_prob, world.next_state, world.next_ptr), shape=(world.n_pairs, world.size)
        )


def solved_arm(
    scenario: AbstractScenario, drive: str, rows: tuple[Floats, Floats], discount: float, ticks: int
) -> SolvedArm:
    """An arm solved for some goals.

    Args:
        scenario: of the arm. drive: a drive that it has.
        rows: F[G, K] twice, what outcomes pay and what they would pay were the goal rewritten.
        discount: the continuation probability. ticks: see `SolvedArm`.
    """
    stage = stage_of(scenario)
    world = stage.world
    reward, other = (values[:, world.outcome] for values in rows)
    goals = Goals(reward, revised=ints(np.arange(len(reward))), pool=other)
    solution = solve_as(Problem(world, goals, discount), "realistic")
    return SolvedArm(
        world, stage.affordances[drive].pursues, floats(solution.q), bools(solution.tied),
        bools(~stage.deciding), discount, ticks,
    )  # fmt: skip


@final
@dataclass(frozen=True, eq=False)
class ExpectedAttempts:
    """What a player does about the drive in an episode, exactly.

    Args:
        exposed: F[G], decisions at which it can be pursued and left. attempted: F[G], those that pursue it.
        decisions: F[G], all decisions.
    """

    exposed: Floats
    attempted: Floats
    decisions: Floats

    @property
    def rate(self) -> Floats:
        """F[G], attempts by exposure; NaN where there is none."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return floats(self.attempted / self.exposed)


def expected(arm: SolvedArm, policy: Floats) -> ExpectedAttempts:
    """The expected numbers of an episode, by following its probabilities step by step.

    With x the probabilities of the states in which an episode is still going on, in each step
    `exposed += x . [exposed]`, `attempted += sum_s x(s) [exposed] sum_a pi(a | s) [a pursues]`, and
    `x' = discount sum_s x(s) pi(a | s) P(s' | s, a)` outside of where it is over.

    Args:
        arm: solved for G goals. policy: F[G, L].
    """
    world = arm.world
    x = np.where(arm.over, 0.0, world.start) * np.ones((len(policy), 1))
    totals = np.zeros((3, len(policy)))
    deed = (arm.pursues & arm.exposed[world.pair_state]).astype(np.float64)
    step = 0
    while x.sum(axis=1).max() > REST and (not arm.ticks or step < arm.ticks):
        some = np.flatnonzero(np.asarray(x.any(axis=0))[world.pair_state])
        pairs = x[:, world.pair_state[some]] * policy[:, some]
        totals += (x @ arm.exposed.astype(np.float64), pairs @ deed[some], x.sum(axis=1))
        x = arm.discount * np.asarray(pairs @ arm.onward[some])
        x[:, arm.over] = 0.0
        step += 1
    return ExpectedAttempts(*(floats(row) for row in totals))


@final
@dataclass(frozen=True, eq=False)
class DrawnEpisodes:
    """Decisions of E episodes a goal, all of an arm.

    Args:
        arm: solved for G goals. episodes: E. episode: I[n], of each decision, goal * E + number.
        state: I[n]. pair: I[n], the pair that was chosen.
    """

    arm: SolvedArm
    episodes: int
    episode: Ints
    state: Ints
    pair: Ints

    @property
    def goal(self) -> Ints:
        """I[n], the goal of each decision."""
        return ints(self.episode // self.episodes)

    def counts(self) -> tuple[Floats, Floats]:
        """F[G, E] twice: attempts, and exposures, of each episode."""
        shape = (len(self.arm.q), self.episodes)
        here = self.arm.exposed[self.state]
        taken = here & self.arm.pursues[self.pair]
        made = (np.bincount(self.episode, flags, shape[0] * shape[1]) for flags in (taken, here))
        attempted, exposed = (floats(counted.reshape(shape)) for counted in made)
        return attempted, exposed


def draw(arm: SolvedArm, policy: Floats, episodes: int, rng: np.random.Generator) -> DrawnEpisodes:
    """Episodes of a player, as the game would play them.

    Args:
        arm: solved for G goals. policy: F[G, L]. episodes: of each goal. rng: draws.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> rows = np.array([[0.0, 0.1, 1.0, 0.5, 0.2]])
        >>> arm = solved_arm(OffSwitch(rooms=2), "self_preservation", (rows, rows), 0.9, 0)
        >>> drawn = draw(arm, arm.planner, 3, np.random.default_rng(0))
        >>> attempted, exposed = drawn.counts()
        >>> attempted.tolist(), exposed.tolist()
        ([[1.0, 1.0, 1.0]], [[1.0, 1.0, 1.0]])
    """
    world = arm.world
    alive = np.arange(len(policy) * episodes)
    start = np.flatnonzero(world.start)
    state = start[rng.choice(len(start), size=len(alive), p=world.start[start])]
    made: list[tuple[Ints, ...]] = []
    step = 0
    while True:
        going = ~arm.over[state]
        alive, state = alive[going], state[going]
        if not len(alive) or (arm.ticks and step >= arm.ticks):
            break
        pair = _one_of(policy, world.pair_ptr, state, alive // episodes, rng)
        made.append((ints(alive), ints(state), ints(pair)))
        place = _one_of(world.next_prob[None], world.next_ptr, pair, np.zeros_like(pair), rng)
        goes_on = rng.random(len(alive)) < arm.discount
        alive, state = alive[goes_on], world.next_state[place][goes_on]
        step += 1
    joined = [ints(np.concatenate(parts)) for parts in zip(*made, strict=True)] or [ints([])] * 3
    return DrawnEpisodes(arm, episodes, *joined)


def _one_of(weight: Floats, ptr: Ints, owner: Ints, row: Ints, rng: np.random.Generator) -> Ints:
    """I[n], a place among those of each owner, with the chances in its row of F[R, places]."""
    widest = int(np.diff(ptr).max())
    place = ptr[owner][:, None] + np.arange(widest)
    inside = place < ptr[owner + 1][:, None]
    chance = np.where(inside, weight[row[:, None], np.minimum(place, weight.shape[1] - 1)], 0.0)
    upto = np.cumsum(chance, axis=1)
    return ints(ptr[owner] + (upto <= rng.random((len(owner), 1)) * upto[:, -1:]).sum(axis=1))
