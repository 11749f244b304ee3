"""What a policy's correction is: linear systems of many goals at once, by doubling or by GMRES.

Both are asked for a correction of values that are held more exactly elsewhere, so both may work in
float32, and neither needs to be trusted: what they return is judged by the next backup.
"""

import jax.numpy as jnp
from jax import lax

#: Directions between two restarts of GMRES; each is an array as large as the values.
DIRECTIONS = 10
#: Restarts after which a correction is taken as it is.
RESTARTS = 12
#: A product of factors that counts for nothing.
NOTHING = 1e-6
#: The share of a residual that a correction may leave.
FORCING = 1e-3


def along_roads(then, factor, gain, doublings):
    """`sum_k (product of k factors) gain(k-th state of the road)`: what roads bring in.

    A road leads from each state to one other: the likeliest successor of the pair that a policy
    picks. After k steps `total` holds the first 2^k terms, `then` and `factor` lead 2^k moves ahead;
    all double at once. Roads of any length, in any number of cycles, take log2 of the horizon. Where
    policies are functions there is nothing beside the roads, and the sum is their exact correction.

    Args:
        then: I[S, G], a move ahead. factor: F[S, G], in [0, 1). gain: F[S, G].
        doublings: after which nothing is left, whatever the factors.
    """

    def unfinished(state):
        _, _, factor, k = state
        return (k < doublings) & (factor.max() > NOTHING)

    def step(state):
        total, then, factor, k = state
        total = total + factor * jnp.take_along_axis(total, then, axis=0)
        factor = factor * jnp.take_along_axis(factor, then, axis=0)
        return total, jnp.take_along_axis(then, then, axis=0), factor, k + 1

    return lax.while_loop(unfinished, step, (gain, then, factor, 0))[0]


def gmres(apply, roads, right):
    """x with `apply(x) = right` up to FORCING in the 2-norm, for each goal by itself.

    Args:
        apply: a linear map of F[S, G] that leaves goals apart. roads: another, nearly its inverse.
        right: F[S, G].

    Returns:
        x, and how often `apply` was used.

    References:
        Saad, Schultz (1986), GMRES; Gargiani et al. (2024), madupite, for its use on policies.
    """
    asked = FORCING * _norm(right)

    def unfinished(state):
        _, left, turns = state
        return (turns < RESTARTS) & (_norm(left) > asked).any()

    def turn(state):
        x, left, turns = state
        # Goals that are done must not be stirred by rounding any more.
        left = jnp.where(_norm(left) > asked, left, 0.0)
        x = x + roads(_correction(lambda y: apply(roads(y)), left))
        return x, right - apply(x), turns + 1

    start = jnp.zeros_like(right), right, 0
    x, _, turns = lax.while_loop(unfinished, turn, start)
    return x, turns * (DIRECTIONS + 1)


def _norm(x):
    return jnp.sqrt((x * x).sum(axis=0))


def _unit(x, length):
    return jnp.where(length > 0, x / jnp.where(length > 0, length, 1.0), 0.0)


def _correction(apply, left):
    """One cycle of Arnoldi's iteration from `left`, and the best combination of its directions."""
    start = _norm(left)
    basis = jnp.zeros((DIRECTIONS + 1, *left.shape), left.dtype).at[0].set(_unit(left, start))
    table = jnp.zeros((DIRECTIONS, DIRECTIONS + 1, left.shape[1]), left.dtype)

    def extend(j, state):
        basis, table = state
        new = apply(basis[j])
        along = (basis * new).sum(axis=1)
        new = new - (basis * along[:, None, :]).sum(axis=0)
        length = _norm(new)
        # A direction that is rounding alone would be orthogonal to nothing.
        length = jnp.where(length > 1e-6 * _norm(along), length, 0.0)
        basis = basis.at[j + 1].set(_unit(new, length))
        return basis, table.at[j].set(along.at[j + 1].set(length))

    basis, table = lax.fori_loop(0, DIRECTIONS, extend, (basis, table))
    share = _least_squares(table, start)
    return (basis[:-1] * share[:, None, :]).sum(axis=0)


def _least_squares(table, start):
    """y, F[DIRECTIONS, G], with the least `|start e_0 - sum_j y_j table[j]|`, by Givens rotations."""
    steps = table.shape[0]

    def rotate(j, state):
        table, right = state
        a, b = table[j, j], table[j, j + 1]
        radius = jnp.sqrt(a * a + b * b)
        cos, sin = jnp.where(radius > 0, _over(a, radius), 1.0), _over(b, radius)
        upper, lower = table[:, j], table[:, j + 1]
        table = table.at[:, j].set(cos * upper + sin * lower)
        table = table.at[:, j + 1].set(cos * lower - sin * upper)
        upper, lower = right[j], right[j + 1]
        right = right.at[j].set(cos * upper + sin * lower)
        return table, right.at[j + 1].set(cos * lower - sin * upper)

    def substitute(i, y):
        j = steps - 1 - i
        rest = right[j] - (table[:, j] * y).sum(axis=0)
        return y.at[j].set(_over(rest, table[j, j]))

    right = jnp.zeros((steps + 1, table.shape[2]), table.dtype).at[0].set(start)
    table, right = lax.fori_loop(0, steps, rotate, (table, right))
    return lax.fori_loop(0, steps, substitute, jnp.zeros((steps, table.shape[2]), table.dtype))


def _over(a, b):
    """a / b, or 0 where b is (next to) nothing: a direction that does not exist gets no share."""
    fine = jnp.abs(b) > 1e-30
    return jnp.where(fine, a / jnp.where(fine, b, 1.0), 0.0)
