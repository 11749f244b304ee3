"""Predictors: numbers that published measures give to the acts of a state, whatever the agent's goal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints, floats
from telos.core.parts import AbstractDrive
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.families import Uniform
from telos.measure.guard import COMMONS
from telos.measure.instrumental_value import instrumental_values
from telos.measure.placebo import named_stream
from telos.safeguards import AttainableUtility, RelativeReachability
from telos.solve.ahead import ahead
from telos.solve.foresight import Planner, solve_as
from telos.solve.forks import forks_of
from telos.solve.solve import Solution
from telos.solve.value_range import value_range
from telos.studies.bench.measures_scores import Menu, permuted
from telos.studies.bench.measures_targets import smoothed
from telos.theory.empowerment import empowerment
from telos.theory.human_power import human_power

#: Laws that empowerment continues at each step, by the number of steps; 10 at 32 take four times as long.
CONTINUED = {1: 32, 3: 32, 10: 8}
#: What is left open of each capacity, in bits; numbers that are nearer to each other count as equal.
TOLERANCE = 1e-2
#: States of a world up to which empowerment over more than three steps is asked: 1,944 take minutes.
MOST_EMPOWERED = 1_000
#: Goals of the others, and goals of the attainable-utility penalty.
THEIRS, AUXILIARY = 32, 32


@final
@dataclass(frozen=True, eq=False)
class Predictor:
    """What a measure gives to each act.

    Args:
        key: in rows. score: F[L], or F[G, L] where it knows the goal.
        slack: how far scores may be apart and still be equal.
        chances: whether scores are logarithms of probabilities, that are averaged as such.
    """

    key: str
    score: Floats
    slack: float
    chances: bool = False

    def over(self, menu: Menu) -> Floats:
        """The score of each option, the mean of its acts (of probabilities before the logarithm)."""
        if self.chances:
            return floats(np.log(menu.mean(floats(np.exp(self.score)))))
        return menu.mean(self.score)


#: Every predictor in words, in the order of the tables.
TITLES = {
    "power": "POWER of the act",
    "empowerment_1": "empowerment, 1 step",
    "empowerment_3": "empowerment, 3 steps",
    "empowerment_10": "empowerment, 10 steps",
    "attainable_utility": "attainable utility kept",
    "reachability": "reachability kept",
    "options": "outcomes still reachable",
    "ends": "ends still reachable",
    "human_power": "POWER of others",
    "iv": "mean IV of its drives",
    "gap_later": "gap of its drives, or later",
    "gap_never": "gap of its drives, or never",
    "advantage": "mean advantage",
    "optimality": "optimality probability",
    "inertia": "control: stay as it is",
    "default": "control: default act",
    "placebo_power": "placebo: POWER",
    "placebo_optimality": "placebo: optimality",
    "habit": "ceiling: same agent",
    "own_goal": "goal known",
}
#: Predictors that are not measures: controls, and limits of what can be predicted.
CONTROLS = ("inertia", "default", "placebo_power", "placebo_optimality", "habit", "own_goal")


def predictors(problem: Problem, seed: int, name: str) -> Iterator[Predictor]:
    """What each measure gives to each act, from other goals than those that are predicted.

    Args:
        problem: the world with the other goals; predictors see nothing else.
        seed, name: of the shuffles; the world's name, so that no two worlds are shuffled alike.
    """
    world, best = problem.world, solve_as(problem)
    power, slack = power_scores(best)
    optimality = smoothed(
        world,
        floats(best.tied_policy().sum(axis=0)),
        floats(np.full(world.size, float(problem.goals.count))),
    )
    yield Predictor("power", power, slack)
    for n, most in CONTINUED.items():
        if n > 3 and world.size > MOST_EMPOWERED:
            continue
        found = empowerment(world, n, most=most, tolerance=TOLERANCE)
        yield Predictor(f"empowerment_{n}", expected(world, found.low), 2.0 * TOLERANCE)
    yield from impacts(world, problem.discount)
    yield from counted(world)
    yield from of_others(world, problem.discount)
    yield from of_drives(problem, best)
    spread = value_range(problem)
    gained = best.q - best.value[:, world.pair_state]
    scaled = np.divide(
        gained, spread[:, None], out=np.zeros(gained.shape), where=spread[:, None] > 0
    )
    certain = np.divide(best.margin, spread, out=np.zeros(len(spread)), where=spread > 0)
    yield Predictor("advantage", floats(scaled.mean(axis=0)), float(certain.mean()))
    yield Predictor("optimality", optimality, 1e-12, chances=True)
    shuffled = permuted(world, power, named_stream(seed, "shuffled POWER", name))
    yield Predictor("placebo_power", shuffled, slack)
    yield from trivial(world)
    shuffled = permuted(world, optimality, named_stream(seed, "shuffled optimality", name))
    yield Predictor("placebo_optimality", shuffled, 1e-12, chances=True)


def expected(world: World, value: Floats) -> Floats:
    """F[L], `E[value(s') | s, a]`.

    Args:
        world: the world. value: F[S].
    """
    return floats(ahead(world, value)[0])


def power_scores(best: Solution) -> tuple[Floats, float]:
    """F[L], `E POWER(s' | s, a)` over the goals of a solution, and how far apart equal ones may be.

    Args:
        best: the solution at the problem's discount.
    """
    problem, discount = best.problem, best.problem.discount
    scale = (1.0 - discount) / discount
    of_states = scale * (best.value - problem.goals.reward).mean(axis=0)
    slack = 2.0 * scale * float(best.bound.mean()) + _rounding(problem.world, of_states)
    return expected(problem.world, floats(of_states)), slack


def own_goal(held_out: Problem) -> Predictor:
    """F[G, L], what an act loses against the best one by the agent's own goal: no measure, an upper limit.

    `(Q - V) / ((1 - discount) range)`, which is what maximum-entropy goal-directedness predicts by.

    Args:
        held_out: the problem of the goals that are predicted.
    """
    best, spread = solve_as(held_out), value_range(held_out)
    unit = np.divide(
        1.0, (1.0 - held_out.discount) * spread, out=np.zeros(len(spread)), where=spread > 0
    )
    lost = np.where(best.tied, 0.0, best.q - best.value[:, held_out.world.pair_state])
    return Predictor("own_goal", floats(lost * unit[:, None]), 0.0)


def impacts(world: World, discount: float) -> Iterator[Predictor]:
    """What both impact penalties leave, stepwise; nothing in a world without a default action.

    Args:
        world: the world. discount: of what can be attained.
    """
    if world.default is None:
        return
    utility = AttainableUtility(baseline="stepwise", auxiliary=AUXILIARY, seed=2**31)
    reach = RelativeReachability(baseline="stepwise", targets="outcomes")
    for key, part in (("attainable_utility", utility), ("reachability", reach)):
        price, error = part.impact(world, discount)
        yield Predictor(key, floats(-price), 2.0 * error)


def counted(world: World) -> Iterator[Predictor]:
    """How many outcomes, and how many recurrent classes, are reachable after an act, in expectation.

    Args:
        world: the world.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    source = np.repeat(world.pair_state, np.diff(world.next_ptr))
    edges = csr_array((np.ones(len(source)), (source, world.next_state)), shape=(world.size,) * 2)
    count, label = connected_components(edges, directed=True, connection="strong")
    further = closure(count, label[source], label[world.next_state])
    leaves = label[source] != label[world.next_state]
    closed = np.ones(count)
    closed[label[source[leaves]]] = 0.0
    holds = np.zeros((count, world.n_outcomes), np.float32)
    holds[label, world.outcome] = 1.0
    outcomes, ends = floats((further @ holds > 0).sum(axis=1)), floats(further @ closed)
    for key, number in (("options", outcomes), ("ends", ends)):
        of_states = floats(number[label])
        yield Predictor(key, expected(world, of_states), _rounding(world, of_states))


def trivial(world: World) -> Iterator[Predictor]:
    """What needs no measure: the chance that the outcome stays as it is, and doing the default.

    Agents spend their time where they like it, so whatever favors staying predicts them.

    Args:
        world: the world.
    """
    pair = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    same = world.outcome[world.next_state] == world.outcome[world.pair_state[pair]]
    stays = floats(np.bincount(pair, same * world.next_prob, world.n_pairs))
    yield Predictor("inertia", stays, _rounding(world, floats(np.ones(1))))
    if world.default is not None:
        flags = np.zeros(world.n_pairs)
        flags[world.default] = 1.0
        yield Predictor("default", floats(flags), 0.0)


def of_others(world: World, discount: float) -> Iterator[Predictor]:
    """POWER of somebody else on the same commons after an act, if the agent does nothing more.

    Args:
        world: the world; nothing without a commons. discount: theirs.
    """
    if COMMONS not in world.features or not world.feature(COMMONS).any():
        return
    found = human_power(world, Uniform(), discount, n=THEIRS, rng=np.random.default_rng(2**31))
    slack = 2.0 * found.states.bound + _rounding(world, found.states.mean)
    yield Predictor("human_power", found.acts, slack)


def drives_in(world: World) -> tuple[Affordance, ...]:
    """The drives that can be pursued in a world.

    Args:
        world: the world.
    """
    kinds: Sequence[type[AbstractDrive]] = (*DRIVES, *DETECTORS)
    found = (kind().affordances(world) for kind in kinds if {*kind.needs} <= {*world.features})
    return tuple(each for each in found if each.pursues.any())


def of_drives(problem: Problem, best: Solution) -> Iterator[Predictor]:
    """Mean IV / range and both mean gaps of the drives that an act pursues, added up; 0 for others.

    The gaps are those of the state: best pair of the drive less the best other one, and less the
    best other one if the drive is forbidden ever after, over the range, means over goals.

    Args:
        problem: the world with the other goals. best: its solution.
    """
    world, found = problem.world, drives_in(problem.world)
    if not found:
        return
    spread = value_range(problem)
    unit = np.divide(1.0, spread, out=np.zeros(len(spread)), where=spread > 0)
    scores = np.zeros((3, world.n_pairs))
    centered = Planner().solve(problem)
    for drive, worth in zip(found, instrumental_values(problem, found), strict=True):
        fork = forks_of(world, drive.pursues)
        here = drive.pursues & fork[world.pair_state]
        never = Planner().solve(problem, without=drive.pursues).q
        gaps = [_gap(world, centered.q, q, drive.pursues, fork) for q in (centered.q, never)]
        scores[0] += here * worth.share.mean()
        for row, gap in zip(scores[1:], gaps, strict=True):
            row += here * (unit @ gap / len(unit))[world.pair_state]
    slack = 4.0 * len(found) * float((best.margin * unit).mean())
    for key, score in zip(("iv", "gap_later", "gap_never"), scores, strict=True):
        yield Predictor(key, floats(score), slack)


def _gap(world: World, with_it: Floats, without: Floats, pursues: Bools, fork: Bools) -> Floats:
    """F[G, S], the best pair of a drive less the best other pair; 0 where there is no fork."""
    starts = world.pair_ptr[:-1]
    mine = np.maximum.reduceat(np.where(pursues, with_it, -np.inf), starts, axis=1)
    rest = np.maximum.reduceat(np.where(pursues, -np.inf, without), starts, axis=1)
    gap = np.zeros(mine.shape)
    gap[:, fork] = mine[:, fork] - rest[:, fork]
    return floats(gap)


def closure(count: int, one: Ints, other: Ints) -> NDArray[np.float32]:
    """F[C, C], 1 where a node can be reached from another along edges, itself included, else 0.

    Args:
        count: C, how many nodes. one, other: I[E], the ends of each edge.
    """
    reach = np.eye(count, dtype=np.float32)
    reach[one, other] = 1.0
    before = 0
    while (now := int(reach.sum(dtype=np.float64))) != before:
        before, reach = now, (reach @ reach > 0).astype(np.float32)
    return reach


def _rounding(world: World, of_states: Floats) -> float:
    """How far apart two equal expectations of numbers of states may come out."""
    fan = int(np.diff(world.next_ptr).max())
    return float(4 * (fan + 4) * UNIT_ROUNDOFF * np.abs(of_states).max())
