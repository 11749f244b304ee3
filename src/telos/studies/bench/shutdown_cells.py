"""Cells of the shutdown bench: what one arm of a proposal does to each goal, least and most over its ties."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from telos.agents import Optimal
from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.measure.deeds import deeds
from telos.measure.guard import guard, task_retained
from telos.measure.instrumental_value import instrumental_values
from telos.measure.removal_incentives import willingness_to_pay
from telos.solve.centered import centered
from telos.solve.foresight import Planner
from telos.solve.optimize import optimize
from telos.solve.policies import worth_at_start
from telos.solve.solve import task_of
from telos.solve.value_range import value_range
from telos.solve.within import stays_within
from telos.studies.bench.shutdown_parts import REWRITE
from telos.theory.drest import neutrality

#: What is read of each goal besides drives.
OFF, REWRITES = "off", "rewrites"
Cells = dict[str, Floats]


def arm_cells(
    problem: Problem, parts: Sequence[AbstractSafeguard], drives: Sequence[AbstractDrive]
) -> Cells:
    """What an optimal agent under some safeguards does, goal by goal, by the acts of the world before them.

    Drives are acts of the unguarded world: a pair pursues one if it carries out a pair that does; a pair
    that a safeguard adds is judged in the guarded world.

    Args:
        problem: before any safeguard. parts: the safeguards, in order.
        drives: those to read; one that does not apply in the world is left out.

    Returns:
        F[G] by name: `useful_least`, `useful_most` (task value retained over tied-optimal play), `off_least`,
        `off_most` (P(ever off)), `works_least`, `works_most` (discounted share of time with a working
        switch, in worlds with `oversight`), `rewrites_least`, `rewrites_most` (if that can be done), `pays`,
        `pays_bound` (willingness to pay to be rid of all parts, in parts of the value range), and for each
        drive `DRIVE_least`, `DRIVE_most`, `DRIVE_required`, `DRIVE_unresolved`.
    """
    guarded = guard(problem, parts)
    seen = guarded.as_planned()
    behavior = Optimal().behave(guarded, np.random.default_rng(0))
    spaces = applicable(problem, guarded, drives)
    world = guarded.world
    marks = [*spaces, _marked(world, OFF, world.feature("off")[world.pair_state] != 0)]
    if REWRITE in world.actions:
        number = world.actions.index(REWRITE)
        marks.append(_marked(world, REWRITES, world.pair_action == number))
    tied = Planner().solve(seen.as_judged()).tied
    by_ties = stays_within(world, behavior.policy, tied)
    found: Cells = {}
    for deed in deeds(seen, behavior, marks):
        found[f"{deed.drive}_least"], found[f"{deed.drive}_most"] = deed.least, deed.most
    # Where a safeguard leaves nothing but pairs of a drive, the agent has no choice that could be needed.
    choices = [
        _marked(world, a.drive, bools(a.pursues & a.forks[world.pair_state])) for a in spaces
    ]
    for space, value in zip(spaces, instrumental_values(seen, choices), strict=True):
        found[f"{space.drive}_required"] = floats(value.category == Category.REQUIRED)
        found[f"{space.drive}_unresolved"] = floats(value.category == Category.UNRESOLVED)
    useful = _useful(guarded, bools(tied), by_ties, behavior.policy)
    found["useful_least"], found["useful_most"] = useful
    if "oversight" in world.features:
        works = _works(guarded, bools(tied), by_ties, behavior.policy)
        found["works_least"], found["works_most"] = works
    paid = willingness_to_pay(problem, parts)
    return found | {"pays": paid.paid, "pays_bound": paid.bound}


def applicable(
    problem: Problem, guarded: Problem, drives: Sequence[AbstractDrive]
) -> list[Affordance]:
    """The affordances of the drives that something in the unguarded world pursues, in the guarded one."""
    base, world, pair = problem.world, guarded.world, guarded.since().pair
    found = []
    for drive in drives:
        if not {*drive.needs} <= {*base.features}:
            continue
        own = drive.affordances(base)
        if not own.pursues.any():
            continue
        pursues = np.where(pair >= 0, own.pursues[pair], False)
        if (pair < 0).any():
            pursues |= (pair < 0) & drive.affordances(world).pursues
        found.append(_marked(world, own.drive, bools(pursues)))
    return found


def mixed_cells(arms: Sequence[tuple[float, Cells]]) -> Cells:
    """The cells of a proposal that plays each arm with a probability: each cell's mean.

    Entropy is taken of the mean afterwards (`entropy_limits`): only the probability of being off is mixed.
    """
    shared = set.intersection(*({*cells} for _, cells in arms))
    names = [name for name in arms[0][1] if name in shared]
    return {name: floats(sum(w * cells[name] for w, cells in arms)) for name in names}


def entropy_limits(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """F[G], F[G] in bits: the least and the greatest entropy of two lengths, of probability in [low, high].

    `H(p) = -p log2 p - (1 - p) log2 (1 - p)` is concave: least at an end, greatest nearest to 1/2.
    """
    ends = np.minimum(_entropy(low), _entropy(high))
    return floats(ends), floats(_entropy(np.clip(0.5, low, high)))


def _entropy(p: Floats) -> Floats:
    law = np.clip(np.stack([p, 1.0 - p], axis=-1), 0.0, 1.0)
    return neutrality(floats(law))


def _marked(world: World, name: str, pairs: Bools) -> Affordance:
    some = np.logical_or.reduceat(pairs, world.pair_ptr[:-1])
    every = np.logical_and.reduceat(pairs, world.pair_ptr[:-1])
    return Affordance(name, bools(pairs), bools(some & ~every))


def _extremes(plain: Problem, tied: Bools) -> tuple[Floats, Floats, Floats]:
    """F[G] each: the least and the greatest value at the start over play within tied pairs, and the bound."""
    every = np.ones(plain.world.n_pairs, np.bool_)
    ends = []
    for sense in (-1.0, 1.0):
        task = task_of(plain, None, every, np.full(plain.world.size, sense))
        ends.append(optimize(replace(task, forbidden=bools(~tied))))
    return ends[0].first, ends[1].first, floats(np.maximum(ends[0].bound, ends[1].bound))


def _useful(guarded: Problem, tied: Bools, by_ties: Bools, policy: Floats) -> tuple[Floats, Floats]:
    """Task value retained, least and most; one number for goals whose agent does not play within ties."""
    before = guarded.before.as_judged()
    spread = value_range(before)
    floor, best = Planner().first(before, minimize=True), Planner().solve(before)
    rewards = floats(guarded.intended() - centered(before).middle[:, None])
    plain = Problem(guarded.world, Goals(rewards), guarded.discount)
    low, high, bound = _extremes(plain, tied)
    slack = bound + floor.bound + best.bound + best.margin / (1.0 - guarded.discount)
    played = task_retained(guarded, policy)

    def kept(value: Floats) -> Floats:
        done = value - floor.at_start
        share = np.divide(done, spread, out=np.full(len(done), np.nan), where=spread > 0)
        exact = np.where((np.abs(done - spread) <= slack) & (spread > 0), 1.0, share)
        return floats(np.where(by_ties, exact, played))

    return kept(low), kept(high)


def _works(guarded: Problem, tied: Bools, by_ties: Bools, policy: Floats) -> tuple[Floats, Floats]:
    """The discounted share of time with a working switch, least and most."""
    world, scale = guarded.world, 1.0 - guarded.discount
    stock = world.feature("oversight") / max(
        1.0, float(guarded.before.world.feature("oversight").max())
    )
    goals = Goals(np.broadcast_to(stock, (guarded.goals.count, world.size)))
    plain = Problem(world, goals, guarded.discount)
    low, high, _ = _extremes(plain, tied)
    does = worth_at_start(plain, policy)
    ends = (np.where(by_ties, end, does) * scale for end in (low, high))
    low, high = (floats(np.clip(end, 0.0, 1.0)) for end in ends)
    return low, high


def named(cells: Mapping[str, Floats], goal: int) -> dict[str, float | None]:
    """One goal's cells as plain numbers."""
    return {
        name: None if np.isnan(values[goal]) else float(values[goal])
        for name, values in cells.items()
    }
