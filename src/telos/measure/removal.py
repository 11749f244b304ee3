"""What removing each of several sets of pairs costs each goal, as limits of the share of its range."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.solve.foresight import First, Planner, held
from telos.solve.policies import doing_nothing, evaluate
from telos.solve.solve import Solution, Tolerance


@final
@dataclass(frozen=True, eq=False, repr=False)
class Removal:
    """What G goals lose if each of M sets of pairs is removed from the world.

    With `IV = V* - V*(set removed)` at the start, known to b, and the range
    `max_pi V - min_pi V` known to b_r, the share `IV / range` lies in [low, high].

    Args:
        low: F[M, G] in [0, 1], `max(0, IV - b) / (range + b_r)`; 0 where the range is not above b_r.
        high: F[M, G] in [0, 1], `(IV + b) / (range - b_r)`, at most 1; 0 where the range is not
            above b_r.
        acted: F[M, G] in [0, 1], `IV / (V* - V of default play)`; 0 where acting gains nothing.
    """

    low: Floats
    high: Floats
    acted: Floats

    def __repr__(self) -> str:
        sets, goals = self.low.shape
        return f"<Removal of {sets} sets, {goals} goals>"

    @property
    def share(self) -> Floats:
        """F[M, G], the middle of the limits."""
        return floats((self.low + self.high) / 2)


def removal(
    problem: Problem,
    sets: Iterable[Bools],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
) -> Removal:
    """What removing each of several sets of pairs costs each goal of a problem.

    The pairs are removed from the present self only; a rewritten self is not bound. The free
    solution and the range are solved once, each set once: 80 microseconds a goal and set in the
    paperclip factory (3,936 states, discount .95).

    Args:
        problem: the problem; judged at its `discount`.
        sets: M sets of pairs, B[L] each; every state must keep a pair.
        foresight: the self-model by which value is judged.
        ties: how a rewritten self chooses among what is equally good to it.
        tolerance: the bound asked of each solve; see `telos.solve`.

    Returns:
        The limits of the shares, F[M, G].

    Raises:
        ProblemError: if a state is left without a pair.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> goal = Goals([s == world.states[-1] for s in world.states])
        >>> go = world.next_state[world.next_ptr[:-1]] != world.pair_state
        >>> go[world.default] = False
        >>> removal(Problem(world, goal, 0.5), [go]).low.round(6).tolist()
        [[1.0]]

    References:
        Own definitions, docs/definitions.md.
    """
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    free, least = planner.solve(judged), planner.first(judged, minimize=True)
    noise = _noise(free)
    spread = np.maximum(free.at_start - least.at_start, 0.0)
    unsure = free.bound + least.bound + 2 * noise + free.drift + least.drift
    gained = free.at_start - _by_default(judged, planner, free)
    low, high, acted = [], [], []
    for pairs in sets:
        forbidden: First | Solution = free
        if pairs.any():
            forbidden = planner.first(judged, without=pairs, free=free)
        iv = np.maximum(free.at_start - forbidden.at_start, 0.0)
        bound = free.bound + forbidden.bound + 2 * noise + free.drift + forbidden.drift
        bound = bound if pairs.any() else np.zeros_like(bound)
        some = spread > unsure
        low.append(_over(np.maximum(iv - bound, 0.0), spread + unsure, some))
        high.append(_over(iv + bound, spread - unsure, some))
        acted.append(_over(np.where(iv > bound, iv, 0.0), gained, gained > unsure))
    shape = (len(low), problem.goals.count)
    return Removal(*(floats(np.reshape(rows, shape)) for rows in (low, high, acted)))


def _noise(free: Solution) -> Floats:
    """F[G]: the rounding of an expectation over first states; 0 if there is only one."""
    world = free.problem.world
    if world.start.max() == 1.0:
        return floats(np.zeros(len(free.value)))
    return floats((world.size + 2) * UNIT_ROUNDOFF * np.abs(free.value).max(axis=1))


def _by_default(problem: Problem, planner: Planner, free: Solution) -> Floats:
    """F[G], the value at the start of doing nothing (anything at random, in a world without a default)."""
    world = problem.world
    if world.default is not None:
        return planner.first(problem, without=acting(world), free=free).at_start
    return floats(evaluate(free.problem, doing_nothing(world)) @ world.start)


def acting(world: World) -> Bools:
    """B[L]: the pairs that are not the default's, where the agent still holds its own goal."""
    active = np.array(held(world)[world.pair_state])
    if world.default is not None:
        active[world.default] = False
    return bools(active)


def _over(amount: Floats, whole: Floats, some: Bools) -> Floats:
    share = np.divide(amount, whole, out=np.zeros_like(amount), where=some)
    return floats(np.clip(share, 0.0, 1.0))
