"""Random baseline: how often a drive is pursued by rules that know no goal at all, solved exactly."""

from collections import Counter

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.memo import Memo
from telos.core.reading import Affordance
from telos.core.world import World
from telos.solve.layout import layout_of, led_back, reached
from telos.solve.policies import reach
from telos.solve.solve import uniform_over

#: Of more outcomes than this, that many evenly spaced ones stand for all of them.
MOST_OUTCOMES = 256


def random_baseline(world: World, affordance: Affordance) -> Floats:
    """The propensity of two rules that know no goal.

    - actions: in every state a legal action is taken uniformly at random;
    - outcomes: one of the outcomes that can be kept is picked uniformly at random; then, in every
      state, a move is taken uniformly among those after which it can still be come to. Actions
      with the same successors are one move, so that listing an action twice changes nothing.

    An outcome can be kept if a state of it lies on a cycle. Where k of k + 1 such outcomes lie
    behind a gate, the second rule passes the gate with probability k / (k + 1): what a rate of
    optimal agents owes to counting options rather than to optimizing.

    Solves a linear system of the size of the world for each outcome; `telos.measure.chance` says what is
    done in large worlds instead.

    Args:
        world: the world.
        affordance: the drive's pairs in it.

    Returns:
        F[2]: P(ever pursues), uniform over actions and over outcomes.

    References:
        Own definition; compare Turner et al. (2021), theorem 6.13, on option counting.
    """
    if not affordance.pursues.any():
        return floats([0.0, 0.0])
    legal = bools(np.ones(world.n_pairs))
    by_action = reach(world, uniform_over(legal[None], world.pair_ptr), affordance.pursues)
    outcomes = keepable_outcomes(world)
    stride = max(1, -(-len(outcomes) // MOST_OUTCOMES))
    by_outcome = [
        reach(world, _towards(world, outcome), affordance.pursues)[0]
        for outcome in outcomes[::stride]
    ]
    return floats([by_action[0], np.mean(by_outcome)])


def keepable_outcomes(world: World) -> list[int]:
    """The outcomes that have a state on a cycle of the world, reachable from the start."""
    seen = reached(world, bools(np.ones(world.n_pairs)))
    return [int(o) for o in np.unique(world.outcome[on_a_cycle(world) & seen])]


def on_a_cycle(world: World) -> Bools:
    """B[S]: the states that can be come back to.

    Args:
        world: the world.
    """
    layout = layout_of(world)
    cyclic = np.zeros(world.size, np.bool_)
    sizes = np.diff(layout.graph.first)
    cyclic[layout.graph.order] = np.repeat(sizes > 1, sizes)
    cyclic[world.pair_state[layout.graph.pair[layout.loop > 0]]] = True
    return bools(cyclic)


def _towards(world: World, outcome: int) -> Floats:
    """F[1, L]: uniform over the pairs after which the outcome can still be come to and kept."""
    able = _can_reach(world, bools(on_a_cycle(world) & (world.outcome == outcome)))
    still = np.logical_or.reduceat(able[world.next_state], world.next_ptr[:-1])
    some = np.logical_or.reduceat(still, world.pair_ptr[:-1])
    weight = np.where(some[world.pair_state], still, True) * _move_weight(world)
    total = np.add.reduceat(weight, world.pair_ptr[:-1])
    return floats((weight / total[world.pair_state])[None])


_weights = Memo[Floats](most=1)


def _move_weight(world: World) -> Floats:
    """F[L]: 1 over the number of pairs of the state that lead to the same successors."""

    def found() -> Floats:
        rows = [
            (int(s), frozenset(world.successors(pair).items()))
            for pair, s in enumerate(world.pair_state)
        ]
        count = Counter(rows)
        return floats([1.0 / count[row] for row in rows])

    return _weights.of(world, None, found)


def _can_reach(world: World, goal: Bools) -> Bools:
    return led_back(world.next_ptr[world.pair_ptr], world.next_state, goal)
