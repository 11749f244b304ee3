"""What removing each of several sets of pairs costs each goal, as limits of the share of its range."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.problem import Foresight, Problem, Ties
from telos.core.world import World
from telos.measure.instrumental_value import default_at_start, share_limits
from telos.solve.centered import held
from telos.solve.foresight import Planner
from telos.solve.solve import Tolerance
from telos.solve.value_range import bounded_range, rounding_at_start


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
    free, spread = planner.solve(judged), bounded_range(judged, foresight, ties, tolerance)
    noise = 2 * rounding_at_start(free)
    gained = free.at_start - default_at_start(judged, planner, free)
    some = (spread.value > spread.bound) & (gained > 0)
    low, high, acted = [], [], []
    for pairs in sets:
        iv = bound = np.zeros(problem.goals.count)
        if pairs.any():
            forbidden = planner.first(judged, without=pairs, free=free)
            iv = np.maximum(free.at_start - forbidden.at_start, 0.0)
            bound = free.bound + forbidden.bound + noise + free.drift + forbidden.drift
        limits = share_limits(floats(iv), floats(bound), spread)
        low.append(limits[0])
        high.append(limits[1])
        sure = np.where(iv > bound, iv, 0.0)
        acted.append(np.divide(sure, gained, out=np.zeros_like(sure), where=some))
    shape = (len(low), problem.goals.count)
    rows = (np.reshape(table, shape) for table in (low, high, np.clip(acted, 0.0, 1.0)))
    return Removal(*(floats(table) for table in rows))


def acting(world: World) -> Bools:
    """B[L]: the pairs that are not the default's, where the agent still holds its own goal."""
    active = np.array(held(world)[world.pair_state])
    if world.default is not None:
        active[world.default] = False
    return bools(active)
