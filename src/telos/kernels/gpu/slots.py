"""The world as a graphics processor likes it: rows of equal length, in 32 bits where that will do."""

from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from telos.kernels.gpu.block import GpuGraph, GpuTerms

#: A world is padded to rows of equal length as long as that stores at most MOST_PADDING times its pairs
#: and successors; a world with one far larger state or pair is listed flat instead.
MOST_PADDING = 4
#: Longer rows of successors than this are not written out one by one.
LONGEST_ROW = 32


class Shape(NamedTuple):
    """What the compiler must know: states S (padded), pairs a state A and successors a pair N.

    Args:
        states: S. actions: A, or 0 where the pairs are listed flat. fan: N.
        exact: whether policies are functions from states to states.
        whole: whether every state is solved.
        mixed: whether some states minimize and others maximize.
    """

    states: int
    actions: int
    fan: int
    exact: bool
    whole: bool
    mixed: bool


class Slots(NamedTuple):
    """The graph and terms on the device; a pair's place is p = a S + s, or its number if listed.

    Args:
        state: I[P], whose pair it is. next_state: I[N, P], or I[M] if listed; padding has weight 0.
        owner: I[M], the pair of each successor, if listed; else empty.
        weight: F[N, P] or F[M], discount times probability. stay: F[P], the same of staying in the state.
        scale: F[P], 1 / (1 - stay).
        target: I[P], the likeliest successor, or the state itself if there is no other; road: F[P],
            its weight times scale.
        active: B[S, 1], the states to solve. real: B[S, 1], states that are no padding.
        sense: F[S, 1].
    """

    state: Any
    next_state: Any
    owner: Any
    weight: Any
    stay: Any
    scale: Any
    target: Any
    road: Any
    active: Any
    real: Any
    sense: Any


class Places(NamedTuple):
    """Where each legal pair lies among the places: `at` I[L], out of `number` places."""

    at: Any
    number: int


def padded(count: int) -> int:
    """A length that many worlds share, at most an eighth longer, so that little is compiled twice."""
    step = max(8, 1 << max(0, count.bit_length() - 4))
    return -(-count // step) * step


def lay_out(
    graph: GpuGraph, terms: GpuTerms, exact: bool, listed: bool | None = None
) -> tuple[Shape, Slots, Places]:
    """The shape, the arrays (still NumPy's) and the places of the pairs of a graph.

    Args:
        graph, terms: see `block`. exact: whether the world is deterministic and every state maximizes.
        listed: whether to list the pairs flat; None: whichever stores less.
    """
    size, pairs = len(graph.pair_ptr) - 1, len(graph.next_ptr) - 1
    pair_state = np.repeat(np.arange(size), np.diff(graph.pair_ptr))
    owner = np.repeat(np.arange(pairs), np.diff(graph.next_ptr))
    here = pair_state[owner] == graph.next_state
    weight = terms.discount * graph.next_prob
    stay = np.bincount(owner[here], weight[here], minlength=pairs)
    owner, after, weight = owner[~here], graph.next_state[~here], weight[~here]
    fan = np.bincount(owner, minlength=pairs)
    states, actions = padded(size), int(np.diff(graph.pair_ptr).max())
    most = max(1, int(fan.max()))
    if listed is None:
        stored = 2 * states + pairs + len(after)
        wasteful = actions * states * (most + 1) > MOST_PADDING * stored
        listed = wasteful or most > LONGEST_ROW
    state, scale = pair_state, 1.0 / (1.0 - stay)
    target, road = _roads(owner, after, weight, state)
    if listed:
        places = Places(np.arange(pairs), pairs)
        actions, most, of = 0, 0, owner
    else:
        places = Places(
            (np.arange(pairs) - graph.pair_ptr[pair_state]) * states + pair_state, actions * states
        )
        row = np.arange(len(after)) - np.repeat(np.cumsum(fan) - fan, fan)
        at, of = (row, places.at[owner]), np.empty(0, np.int64)
        after, weight = (_spread(x, at, np.zeros((most, places.number))) for x in (after, weight))
    active, real, sense = _states(graph, terms, states)
    solved = terms.sense[graph.order]
    shape = Shape(
        states, actions, most, exact, len(graph.order) == size, bool((solved != 1.0).any())
    )
    padding, none = np.arange(places.number) % states, np.zeros(places.number)
    slots = Slots(
        _short(_spread(state, places.at, padding)), _short(after), _short(of), weight,
        _spread(stay, places.at, none), _spread(scale, places.at, none + 1.0),
        _short(_spread(target, places.at, padding)), _spread(scale * road, places.at, none),
        active, real, sense,
    )  # fmt: skip
    return shape, slots, places


def _roads(owner: Any, after: Any, weight: Any, state: Any) -> tuple[Any, Any]:
    """I[L] and F[L]: each pair's likeliest successor other than its state, and its weight."""
    target, road = np.array(state), np.zeros(len(state))
    # Of a pair's successors, sorted by weight, the last one written is the likeliest.
    rising = np.lexsort((weight, owner))
    target[owner[rising]], road[owner[rising]] = after[rising], weight[rising]
    return target, road


def _states(graph: GpuGraph, terms: GpuTerms, states: int) -> tuple[Any, Any, Any]:
    """`active`, `real` and `sense` of `Slots`."""
    size = len(graph.pair_ptr) - 1
    active, real = np.zeros((states, 1), np.bool_), np.zeros((states, 1), np.bool_)
    active[graph.order], real[:size] = True, True
    sense = np.ones((states, 1))
    sense[:size, 0] = terms.sense
    return active, real, sense


def _spread(values: Any, at: Any, padding: Any) -> Any:
    """`values` at their places, `padding` elsewhere."""
    out = np.array(padding)
    out[at] = values
    return out


def _short(values: Any) -> Any:
    return np.asarray(values).astype(np.int32)


def cast(slots: Slots, dtype: Any) -> Slots:
    """The same slots with their numbers in another precision."""
    return slots._replace(
        weight=jnp.asarray(slots.weight, dtype),
        stay=jnp.asarray(slots.stay, dtype),
        scale=jnp.asarray(slots.scale, dtype),
        road=jnp.asarray(slots.road, dtype),
        sense=jnp.asarray(slots.sense, dtype),
    )
