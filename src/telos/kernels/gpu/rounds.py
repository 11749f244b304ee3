"""One round of policy iteration for a block of goals: a few sweeps, a certificate, a correction.

Values are `V[S, G]`, goals last: neighboring threads then read neighboring goals of one state, and
the graph is read once for all of them. Everything is written in gains, `Q(s, a) - V(s)`: the largest
is the residual, the best is the policy, and a correction `d` solves `(I - discount P_pi) d = gain`.
"""

from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from telos.kernels.gpu.inner import along_roads, gmres

#: Sweeps before each correction: they carry gains to the neighbors more cheaply than a correction.
SWEEPS = 4
#: Actions that are written out in one kernel; if there are more, they are taken in turns.
UNROLLED = 16


class Lanes(NamedTuple):
    """A block of goals on the device; P places of pairs, see `slots`.

    Args:
        reward: F[S, G]. shared: F[P, 1] or None, a bonus for all goals. own: F[P, G] or None.
        allowed: B[P, 1] or B[P, G], False at padding.
    """

    reward: Any
    shared: Any
    own: Any
    allowed: Any


class Manner(NamedTuple):
    """How corrections are made (known to the compiler).

    Args:
        full: whether to correct in the precision of the values, not float32.
        careful: whether to take a correction only if it at least halves the residual. Then rounds
            converge whatever the corrections are, since sweeps contract.
    """

    full: bool
    careful: bool


class Improved(NamedTuple):
    """What a round comes to: value F[S, G], and of it residual, largest F[G]; steps, of the block."""

    value: Any
    residual: Any
    largest: Any
    steps: Any


def _through(shape, slots, x, pick):
    """F[S, G]: the discounted mean of x after the picked pairs."""
    if shape.actions == 0:
        return jnp.take_along_axis(_flow(slots, x), pick, axis=0)

    def add(n, total):
        then = jnp.take_along_axis(x, slots.next_state[n][pick], axis=0)
        return total + slots.weight[n].astype(x.dtype)[pick] * then

    if shape.fan == 1:
        return add(0, jnp.zeros_like(x))
    return lax.fori_loop(0, shape.fan, add, jnp.zeros_like(x), unroll=min(shape.fan, 4))


def _flow(slots, x):
    """F[L, G]: the discounted mean of x after each listed pair."""
    parts = slots.weight.astype(x.dtype)[:, None] * x[slots.next_state]
    pairs = len(slots.state)
    return jax.ops.segment_sum(parts, slots.owner, pairs, indices_are_sorted=True)


def _scores(slots, lanes, value, total, cut, here, closed):
    """Scores of some pairs, the greatest being the best; `total`: the discounted mean after them.

    Args:
        cut: takes those pairs from an array of all. here: takes their states from an array of states.
        closed: whether to score by what V(s) comes to if the pair is kept while the loop of s to
            itself lasts. That is worked out from scratch: a gain times `scale` would multiply the
            rounding of V with the horizon. Else by the plain gain `Q(s, a) - V(s)`.
    """
    total = total + here(lanes.reward)
    if lanes.shared is not None:
        total = total + cut(lanes.shared)
    if lanes.own is not None:
        total = total + cut(lanes.own)
    if closed:
        score = cut(slots.scale)[:, None] * total
    else:
        now = here(value)
        score = total + cut(slots.stay)[:, None] * now - now
    return jnp.where(cut(lanes.allowed), here(slots.sense) * score, -jnp.inf)


def _scores_listed(slots, lanes, value, closed):
    """The scores of all pairs, listed flat."""
    total = _flow(slots, value)
    return _scores(slots, lanes, value, total, lambda x: x, lambda x: x[slots.state], closed)


def _scores_padded(shape, slots, lanes, value, a, closed):
    """The scores of action a of every state."""

    def cut(x, axis=0):
        return lax.dynamic_slice_in_dim(x, a * shape.states, shape.states, axis)

    after, weight = cut(slots.next_state, 1), cut(slots.weight, 1)
    if shape.fan == 1:
        total = weight[0][:, None] * value[after[0]]
    else:
        total = (weight[..., None] * value[after]).sum(axis=0)
    return _scores(slots, lanes, value, total, cut, lambda x: x, closed)


def _best(shape, slots, lanes, value, closed):
    """The score of each state's best pair, F[S, G], and its place; 0 for states not to be solved."""
    if shape.actions == 0:
        best, pick = _best_listed(shape, slots, lanes, value, closed)
    else:
        best, pick = _best_padded(shape, slots, lanes, value, closed)
    return jnp.where(slots.active, slots.sense * best, 0.0), jnp.clip(pick, 0, len(slots.state) - 1)


def _best_listed(shape, slots, lanes, value, closed):
    score = _scores_listed(slots, lanes, value, closed)
    best = jax.ops.segment_max(score, slots.state, shape.states, indices_are_sorted=True)
    every = jnp.arange(len(slots.state), dtype=jnp.int32)[:, None]
    place = jnp.where(score >= best[slots.state], every, len(slots.state) - 1)
    return best, jax.ops.segment_min(place, slots.state, shape.states, indices_are_sorted=True)


def _best_padded(shape, slots, lanes, value, closed):
    here = jnp.arange(shape.states, dtype=jnp.int32)[:, None]

    def consider(a, state):
        best, pick = state
        score = _scores_padded(shape, slots, lanes, value, a, closed)
        better = score > best
        return jnp.where(better, score, best), jnp.where(better, a * shape.states + here, pick)

    state = jnp.full_like(value, -jnp.inf), jnp.broadcast_to(here, value.shape)
    if shape.actions > UNROLLED:
        return lax.fori_loop(0, shape.actions, consider, state)
    for a in range(shape.actions):
        state = consider(a, state)
    return state


def _correct(shape, plan, slots, gain, pick, terms):
    """`d` with `(I - discount P_pi) d = gain` as nearly as it is worth, and the sweeps it took.

    Gains are divided by the largest one of each goal first, so that no unit is too small for float32.
    """
    discount, doublings = terms
    inner = gain.dtype if plan.full else jnp.float32
    most = jnp.abs(gain).max(axis=0)
    unit = jnp.where(most > 0, most, 1.0)
    right = (gain / unit).astype(inner)
    active = slots.active.astype(inner)
    scale = jnp.where(slots.active, slots.scale.astype(inner)[pick], 1.0)
    then, factor = slots.target[pick], active * slots.road.astype(inner)[pick]

    def roads(x):
        return along_roads(then, factor, x, doublings)

    def apply(x):
        return x - active * scale * _through(shape, slots, x, pick)

    if shape.exact:
        return unit * roads(scale * right).astype(gain.dtype), doublings
    shift = jnp.zeros_like(right[:1])
    if shape.whole:
        # MacQueen (1966): what all states gain alike, they gain for ever.
        low = jnp.where(slots.real, right, jnp.inf).min(axis=0)
        high = jnp.where(slots.real, right, -jnp.inf).max(axis=0)
        shift = (0.5 * (low + high))[None]
    rest = jnp.where(slots.real, right - shift, 0.0)
    d, steps = gmres(apply, roads, scale * rest)
    d = jnp.where(slots.real, d + shift / (1.0 - discount).astype(inner), 0.0)
    return unit * d.astype(gain.dtype), steps


@partial(jax.jit, static_argnames=("shape", "plan"))
def improve(shape, plan, slots, lanes, value, done, enough, terms):
    """One round: sweeps, the certificate of where they led, and a correction if that is not enough.

    Args:
        shape, plan, slots, lanes: see above. value: F[S, G]. done: B[G], goals to leave as they are.
        enough: F[G], residuals that end a goal. terms: the discount, in
            [0, 1), and the doublings that `along_roads` needs for it.

    Returns:
        A `Improved`; the residual of a goal that is not above `enough` is that of the value returned.
    """

    def sweep(_, value):
        moves = slots.active & ~done
        return jnp.where(moves, _best(shape, slots, lanes, value, True)[0], value)

    value = lax.fori_loop(0, SWEEPS, sweep, value)
    gain, pick = _best(shape, slots, lanes, value, False)
    residual, largest = _sized(gain), jnp.abs(value).max(axis=0)
    rest = done | (residual <= enough)
    gain = jnp.where(rest, 0.0, gain)
    d, steps = _correct(shape, plan, slots, gain, pick, terms)
    d = jnp.where(jnp.isfinite(_sized(d)), d, gain)  # float32 may have overflowed
    if plan.careful:
        then = _sized(_best(shape, slots, lanes, value + d, False)[0])
        d = jnp.where(then <= 0.5 * residual, d, gain)
    return Improved(value + jnp.where(rest, 0.0, d), residual, largest, steps + SWEEPS + 1)


@partial(jax.jit, static_argnames=("shape",))
def certify(shape, slots, lanes, value):
    """F[G], `max_s |TV - V|` over the states that are solved, by plain backups; and F[G], max |V|."""
    gain, _ = _best(shape, slots, lanes, value, False)
    return _sized(gain), jnp.abs(value).max(axis=0)


@partial(jax.jit, static_argnames=("shape",))
def ties(shape, slots, lanes, value, margin):
    """B[P, G]: the allowed pairs of solved states within `margin`, F[G], of the best of their state."""
    legal = lanes.allowed & slots.active[slots.state]
    if shape.actions == 0:
        score = _scores_listed(slots, lanes, value, False)
        best = jax.ops.segment_max(score, slots.state, shape.states, indices_are_sorted=True)
        return (score >= best[slots.state] - margin) & legal
    scores = [_scores_padded(shape, slots, lanes, value, a, False) for a in range(shape.actions)]
    least = reduce(jnp.maximum, scores) - margin
    return jnp.concatenate([score >= least for score in scores]) & legal


def _sized(gain):
    return jnp.abs(gain).max(axis=0)
