"""extremal_goal: the goal to which a drive is worth most, or a proof that no goal requires it."""

import time
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats, ints
from telos.core.errors import GoalsError, ProblemError
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractGoalFamily
from telos.core.problem import Problem
from telos.core.region import Bounded, Region
from telos.core.spec import show
from telos.core.world import World
from telos.measure.intervals import Interval, proportion_interval
from telos.solve.foresight import held, solve_as
from telos.solve.layout import reached
from telos.solve.policies import occupancy
from telos.solve.solve import Solution, solve
from telos.theory.worst.imitation import shortfall
from telos.theory.worst.lumps import imitated, lumps_of
from telos.theory.worst.programs import Programs
from telos.theory.worst.search import Loss, Questions, worst_goal

#: Goals solved at a time.
BLOCK = 256
#: From how many of the best goals drawn, and corners tried, the search climbs.
STARTS = 4
#: Corners of the region are tried up to this number of coordinates.
MOST_CORNERS = 500
#: How much of the time limit the bound by imitation may take; in small worlds it takes none.
IMITATING = 0.4
#: The gap at which a search ends, as a part of the most that any goal could lose.
GAP = 1e-9


@final
class ExtremalStatus(Enum):
    """How a search for the extremal goal ended, as a sentence."""

    NO_PAIR = "No pair of the drive is in reach: no goal requires it."
    IMITATED = (
        "Whatever the pairs of the drive bring about, other pairs bring about as well: no goal that "
        "pays by outcome requires it."
    )
    NONE = "Proved: no goal of the polytope loses more than the bound without the drive."
    PROVED = "Proved: the drive is worth more to no goal of the polytope, within the bound."
    OPEN = (
        "Not proved: time ran out, or rounding stood in the way. The drive is worth `worth` to the goal "
        "that is shown, and more than `bound` to none; allow a longer time limit or a smaller world."
    )

    def __str__(self) -> str:
        return str(self.value)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Extremal:
    """The goal of a family to which a drive is worth most, and how unusual it is.

    Args:
        goal: that goal.
        weights: F[K], what it pays for each outcome.
        iv: `IV = V* - V*(drive forbidden)` of that goal, in units of reward.
        error: certified bound on the error of `worth`.
        bound: certified: the drive is worth more than this to no goal of the polytope.
        proved: whether `worth` and `bound` meet, so that the goal is the extremal one.
        policy: F[L], what that goal makes the agent do (an optimal policy of it).
        sampled_max: the greatest worth among `n` goals drawn from the polytope.
        rarity: the share of them that require the drive and to which it is worth at least half of `worth`.
        required: the share of them that require the drive.
        n: how many were drawn.
        interval: the 95 % interval of `rarity`.
        status: how the search ended.
        programs: how many linear programs bounded it.
    """

    goal: Goals
    weights: Floats
    iv: float
    error: float
    bound: float
    proved: bool
    policy: Floats
    sampled_max: float
    rarity: float
    required: float
    n: int
    interval: Interval
    status: ExtremalStatus
    programs: int

    def __repr__(self) -> str:
        return f"<Extremal: IV {self.iv:.6g}, at most {self.bound:.6g}, {self.status.name}>"

    def words(self, world: World, most: int = 6) -> str:
        """The goal in words, best liked outcomes first: ``room 1 1, hall 0.5; nothing of off, gate``.

        Args:
            world: its world. most: how many outcomes to name of each kind.
        """
        low, high = float(self.weights.min()), float(self.weights.max())
        order = [int(k) for k in np.argsort(-self.weights, kind="stable")]
        near = 1e-6 * (high - low)
        liked = [k for k in order if self.weights[k] > low + near]
        least = [k for k in order if self.weights[k] <= low + near]
        said = [f"{world.outcomes[k]} ({self.weights[k]:.3g})" for k in liked[:most]]
        rest = [str(world.outcomes[k]) for k in least[:most]]
        more = [f"{len(x) - most} more" if len(x) > most else "" for x in (liked, least)]
        wants = ", ".join([*said, *filter(None, more[:1])]) or "nothing above anything else"
        return f"wants {wants}; least of all ({low:.3g}) " + ", ".join(
            [*rest, *filter(None, more[1:])]
        )


class _Losses(NamedTuple):
    """What goals lose without the drive, F[G], with certified bounds on the error."""

    loss: Floats
    error: Floats
    free: Solution


@final
@dataclass(frozen=True, eq=False)
class _Question:
    """One world, its limits on goals, and the pairs that are to be forbidden.

    `written` is F[1, S], what would be written in place of every goal; None where nothing can be.
    """

    world: World
    region: Region
    pursues: Bools
    discount: float
    written: Floats | None

    def goals(self, points: Floats) -> Goals:
        """The goals at points of the region, with what would be written in their place."""
        reward = self.region.rewards(points)[:, self.world.outcome]
        if self.written is None:
            return Goals(reward)
        return Goals(reward, revised=ints(np.zeros(len(points))), pool=self.written)

    def losses(self, goals: Goals) -> _Losses:
        """What each goal loses, solved twice."""
        problem = Problem(self.world, goals, self.discount)
        free = solve_as(problem, tolerance=None)
        rest = solve_as(problem, without=self.pursues, start=free.value)
        rounding = (self.world.size + 2) * UNIT_ROUNDOFF * np.abs(free.value).max(axis=1)
        loss = np.maximum(free.at_start - rest.at_start, 0.0)
        return _Losses(floats(loss), floats(free.bound + rest.bound + 2 * rounding), free)

    def optimal(self, free: Solution) -> Floats:
        """F[L], an optimal policy of the first goal: the first of the tied pairs of each state."""
        policy = np.zeros(self.world.n_pairs)
        tied = np.flatnonzero(free.tied[0])
        policy[tied[np.unique(self.world.pair_state[tied], return_index=True)[1]]] = 1.0
        return floats(policy)

    def visits(self, policy: Floats) -> Floats:
        """F[K], the discounted time that a policy spends in each outcome, summing to 1."""
        world = self.world
        nothing = Problem(world, Goals(np.zeros(world.size)), self.discount)
        time = (1.0 - self.discount) * occupancy(nothing, policy)[0]
        outcome = world.outcome[world.pair_state]
        return floats(np.bincount(outcome, time, minlength=world.n_outcomes))

    def answer(self, point: Floats) -> Loss:
        """What the goal at a point loses (times 1 - discount), and how it would live."""
        found = self.losses(self.goals(point[None]))
        visits = self.visits(self.optimal(found.free))
        return Loss((1.0 - self.discount) * float(found.loss[0]), visits)


def extremal_goal(
    world: World,
    family: AbstractGoalFamily,
    drive: AbstractDrive,
    discount: float,
    *,
    samples: int = 1000,
    seed: int = 0,
    time_limit: float = 60.0,
    progress: bool = False,
) -> Extremal:
    """The goal of a family to which a drive is worth most, or a proof that none requires it.

    Maximizes `IV(R) = V*_R - V*_R(the drive's pairs removed)` at the start over all goals R that
    the family could draw: the worst case, where a study measures the average.

    Args:
        world: the world.
        family: the goals: a family that fills a polytope (`Uniform`, `Simplex`, `Polytope` of
            `telos.families`); in a world where the goal can be rewritten, one of these in
            `Revised(..., kernel="correction")`, which says to what.
        drive: the drive.
        discount: in [0, 1).
        samples: how many goals are drawn from the family for comparison, >= 1.
        seed: names them.
        time_limit: seconds after which the search for a proof ends; what was found by then is returned.
            A linear program under way is waited for.
        progress: say on the error stream how far the search is.

    Returns:
        The goal, what the drive is worth to it, a certified bound on what it is worth to any goal, and
        how rare such goals are.

    Raises:
        ProblemError: if the goal can be rewritten and the family does not say to what; if a state
            is left without a pair. GoalsError: if the family fills no polytope of this world.
        FeatureMissing: if the world lacks what the drive reads.

    Example:
        >>> from telos import drives, families, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> worst = extremal_goal(world, families.Uniform(), drives.SelfPreservation(), 0.5)
        >>> round(worst.iv, 6), worst.proved  # hall and room 1 for ever, or off for ever
        (1.0, True)

    References:
        Own definition: the greatest regret, over a polytope of rewards, of having to do without; see
        Regan and Boutilier (2009), section 4, Regan and Boutilier (2010) for nondominated policies.
    """
    if samples < 1:
        raise ProblemError(f"samples is {samples}; draw at least one goal to compare with.")
    pursues = drive.affordances(world).pursues
    own = bools(pursues & held(world)[world.pair_state])
    asked = _Question(world, _region(family, world), own, discount, _written(family, world))
    allowed = _allowed(asked)
    drawn = _drawn(asked, family, samples, seed)
    kept = bools(allowed & ~own)
    if not (allowed & own & reached(world, allowed)[world.pair_state]).any():
        return _certified(asked, drawn, ExtremalStatus.NO_PAIR)
    free, left, spread = lumps_of(world, allowed), lumps_of(world, kept), asked.region.spread
    # How far off a value can be for having called nearly equal probabilities the same.
    blur = (free.error + left.error) * spread / (1.0 - discount)
    if imitated(free, kept):
        return _certified(asked, drawn, ExtremalStatus.IMITATED, blur / (1.0 - discount))
    programs = Programs(asked.region, free, left, discount)
    begun = time.monotonic()
    ceiling = spread * discount ** (1 + _steps_to(world, allowed, own))
    ceiling = min(ceiling, shortfall(asked.region, free, left, discount, IMITATING * time_limit))
    questions = Questions(programs, asked.answer, lambda chosen: asked.visits(free.policy(chosen)))
    found = worst_goal(
        questions,
        _starts(asked, drawn),
        ceiling=ceiling,
        tolerance=GAP * spread,
        seconds=time_limit - (time.monotonic() - begun),
        progress=progress,
    )
    bound = (found.bound + blur) / (1.0 - discount)
    unit = GAP * spread / (1.0 - discount)
    status = ExtremalStatus.PROVED if found.done else ExtremalStatus.OPEN
    if found.done and bound <= 2 * unit:
        status = ExtremalStatus.NONE
    return _extremal(asked, found.point, drawn, bound, status, found.parts)


class _Drawn(NamedTuple):
    """Goals drawn: their coordinates F[n, d], what they lose F[n] and the error of that."""

    points: Floats
    loss: Floats
    error: Floats


def _region(family: AbstractGoalFamily, world: World) -> Region:
    """The polytope that the goals fill. Raises GoalsError if there is none."""
    if not isinstance(family, Bounded):
        raise GoalsError(
            f"extremal_goal: the goals of {show(family)} fill no polytope; take Uniform(), Simplex() or "
            "Polytope(...) of telos.families."
        )
    return family.region(world)


def _written(family: AbstractGoalFamily, world: World) -> Floats | None:
    """F[1, S], the one goal that every goal would be rewritten to; None in a world without rewriting."""
    every = bools(np.ones(world.n_pairs))
    if held(world)[reached(world, every)].all():
        return None
    pool = family.sample(world, 2, np.random.default_rng(0)).pool
    if len(pool) != 1:
        raise ProblemError(
            f"{world.name}: the agent's goal can be rewritten here, and what the rewritten self does "
            'depends on what is written. Say what that is, Revised(family, kernel="correction", to=...) '
            "of telos.families, or build the world without rewriting."
        )
    return pool


def _drawn(asked: _Question, family: AbstractGoalFamily, samples: int, seed: int) -> _Drawn:
    """What goals drawn from the family lose without the drive."""
    parts, world = [], asked.world
    for begin in range(0, samples, BLOCK):
        count = min(BLOCK, samples - begin)
        goals = family.sample(world, count, np.random.default_rng(seed), first=begin)
        values = np.empty((count, world.n_outcomes))
        values[:, world.outcome] = goals.reward
        found = asked.losses(goals)
        parts.append((asked.region.points(floats(values)), found.loss, found.error))
    return _Drawn(*(floats(np.concatenate(column)) for column in zip(*parts, strict=True)))


def _starts(asked: _Question, drawn: _Drawn) -> Floats:
    """F[n, d]: the best of the goals drawn and of the corners of the region, best first."""
    region, width = asked.region, asked.region.slope.shape[1]
    order = np.argsort(-drawn.loss, kind="stable")[:STARTS]
    points = list(drawn.points[order])
    losses = list(drawn.loss[order])
    if width <= MOST_CORNERS:
        corners = np.vstack([np.eye(width), 1.0 - np.eye(width), np.zeros((1, width))])
        inside = (corners @ region.rows.T <= region.limits).all(axis=1)
        inside &= (np.abs(corners @ region.fixed.T - region.totals) <= 1e-12).all(axis=1)
        corners = corners[inside]
        if len(corners):
            points += list(corners)
            losses += asked.losses(asked.goals(floats(corners))).loss.tolist()
    best = np.argsort(-np.array(losses), kind="stable")[:STARTS]
    return floats(np.array(points)[best])


def _allowed(asked: _Question) -> Bools:
    """B[L]: all pairs, but of rewritten selves only what is best for the goal written."""
    world = asked.world
    if asked.written is None:
        return bools(np.ones(world.n_pairs))
    tied = solve(Problem(world, Goals(asked.written), asked.discount)).tied[0]
    return bools(held(world)[world.pair_state] | tied)


def _steps_to(world: World, allowed: Bools, wanted: Bools) -> int:
    """The fewest steps after which one of the wanted pairs can be taken."""
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    way = np.repeat(allowed, np.diff(world.next_ptr))
    there, steps = world.start > 0, 0
    while not (wanted & there[world.pair_state]).any():
        following = np.array(there)
        following[world.next_state[way & there[owner]]] = True
        there, steps = following, steps + 1
    return steps


def _certified(
    asked: _Question, drawn: _Drawn, status: ExtremalStatus, bound: float = 0.0
) -> Extremal:
    """What is said where no goal at all requires the drive; any goal will do as an example."""
    return _extremal(asked, drawn.points[0], drawn, bound, status, 0)


def _extremal(
    asked: _Question,
    point: Floats,
    drawn: _Drawn,
    bound: float,
    status: ExtremalStatus,
    programs: int,
) -> Extremal:
    found = asked.losses(asked.goals(point[None]))
    worth, error = float(found.loss[0]), float(found.error[0])
    nothing = status in (ExtremalStatus.NO_PAIR, ExtremalStatus.IMITATED)
    required = drawn.loss > drawn.error
    like = required & (drawn.loss >= worth / 2)
    n, count = len(drawn.loss), 0 if nothing else int(like.sum())
    weights = asked.region.rewards(point[None])[0]
    goal = asked.goals(point[None])
    return Extremal(
        goal=goal,
        weights=weights,
        iv=0.0 if nothing else worth,
        error=0.0 if nothing else error,
        bound=bound if nothing else max(bound, worth + error),
        proved=status is not ExtremalStatus.OPEN,
        policy=asked.optimal(found.free),
        sampled_max=0.0 if nothing else float(drawn.loss.max()),
        rarity=count / n,
        required=0.0 if nothing else float(required.mean()),
        n=n,
        interval=proportion_interval(count, n),
        status=status,
        programs=programs,
    )
