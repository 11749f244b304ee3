"""What a given policy is worth, where it spends its time, and whether it ever does a thing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, ref

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats, frozen, sealed
from telos.core.errors import ProblemError
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import earned
from telos.solve.layout import kernels, led_back, reached, world_arrays

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from scipy.sparse.linalg import SuperLU

#: Components up to this size are solved densely in the kernel; a larger one makes SciPy's sparse LU
#: solve the whole chain. Measured on the factory: 300 states dense 2.5 ms, sparse 4 ms.
DENSE = 300
#: States up to which a chain with a large component is factored. On a grid of 100,000 cells that takes a
#: few seconds; in three dimensions the factors of a million fill the memory.
MOST_FACTORED = 100_000
#: The error of what is iterated instead, as a part of its largest value.
SMALLEST_ERROR = 1e-12


def evaluate(problem: Problem, policy: Floats) -> Floats:
    """The value of a policy, exactly: `V^pi_g = (I - discount P_pi)^-1 R_g`.

    Args:
        problem: the problem (its `discount` is used, never the planning discount).
        policy: F[G, L] or F[1, L] or F[L]: the probability of each pair in its state.

    Returns:
        F[G, S], `V^pi_g(s)`, exact to rounding; in a world of more than 100,000 states in which the policy
        has a large component, to 1e-12 of the largest value (so are occupancies).

    Raises:
        ProblemError: if the policy is not one distribution for each state.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> evaluate(Problem(world, Goals([0.0, 1.0, 3.0]), 0.5), [0.5, 0.5, 1, 1]).tolist()
        [[2.0, 2.0, 6.0]]

    References:
        Puterman (1994), theorem 6.1.1.
    """
    world, goals = problem.world, problem.goals
    rows = checked_policy(world, policy, goals.count)
    income = sealed(np.add.reduceat(rows * earned(problem), world.pair_ptr[:-1], axis=1))
    values, solved = np.empty((goals.count, world.size)), np.empty(goals.count, np.bool_)
    kernels().policies.value_goals(
        world_arrays(world), rows, problem.discount, income, DENSE, values, solved
    )
    for g in np.flatnonzero(~solved):
        values[g] = _solved(world, rows[g], problem.discount, income[g])
    return sealed(values)


def worth_at_start(problem: Problem, policy: Floats) -> Floats:
    """What a policy is worth at the start by reward alone: `E sum_t discount^t R_g(s_t)`.

    As `evaluate(problem, policy) @ start` for a problem without a bonus, but added up over the time
    spent in each state, `sum_s d(s) R_g(s)`: only states that the policy comes to are solved for.

    Args:
        problem: gives world, rewards and discount.
        policy: F[G, L] or F[1, L] or F[L].

    Returns:
        F[G], exact to rounding.

    Raises:
        ProblemError: if the policy is not one distribution for each state.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> world = explore("fork", lambda s: {"a": "left", "b": "right"} if s == "fork" else {"a": s})
        >>> problem = Problem(world, Goals([0.0, 1.0, 3.0]), 0.5)
        >>> worth_at_start(problem, [0.5, 0.5, 1, 1]).tolist()
        [2.0]

    References:
        Puterman (1994), section 6.9.
    """
    rows = checked_policy(problem.world, policy, problem.goals.count)
    return sealed((time_spent(problem, rows) * problem.goals.reward).sum(axis=1))


def occupancy(problem: Problem, policy: Floats) -> Floats:
    """How much discounted time a policy spends taking each pair.

    `d(s, a) = E sum_t discount^t [s_t = s, a_t = a]` from the start; sums to `1 / (1 - discount)`.

    Args:
        problem: gives world, start and discount.
        policy: F[G, L] or F[1, L] or F[L].

    Returns:
        F[G, L].

    Raises:
        ProblemError: if the policy is not one distribution for each state.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> occupancy(Problem(world, Goals([0.0, 1.0, 3.0]), 0.5), [1.0, 0.0, 1.0, 1.0]).tolist()
        [[1.0, 0.0, 1.0, 0.0]]

    References:
        Puterman (1994), section 6.9.
    """
    world = problem.world
    rows = checked_policy(world, policy, problem.goals.count)
    return floats(time_spent(problem, rows)[:, world.pair_state] * rows)


def time_spent(problem: Problem, policy: Floats) -> Floats:
    """F[G, S], the discounted time a (checked) policy spends in each state; see `occupancy`."""
    world, rows = problem.world, _once(policy)
    time, solved = np.empty((len(rows), world.size)), np.empty(len(rows), np.bool_)
    kernels().policies.time_goals(world_arrays(world), rows, problem.discount, DENSE, time, solved)
    for g in np.flatnonzero(~solved):
        time[g] = _solved(world, rows[g], problem.discount, world.start, flow=True)
    return floats(np.broadcast_to(time, (len(policy), world.size)))


def settled(world: World, row: Floats, discount: float) -> Floats:
    """F[S], discounted visits of play that ends where `row` F[L] takes no pair; see `time_spent`."""
    return floats(_solved(world, row, discount, world.start, flow=True))


def _once(rows: Floats) -> Floats:
    """One row instead of many where all are the same, as of an agent that ignores its goal."""
    if len(rows) == 1 or (rows[0] != rows[-1]).any():  # as a rule the first and the last differ
        return rows
    return rows[:1] if (rows == rows[0]).all() else rows


def reach(world: World, policy: Floats, pairs: Bools) -> Floats:
    """The probability that a policy, from the start, ever takes one of the given pairs.

    `h(s) = sum_a pi(a | s) ([(s, a) in pairs] + [not] E h(s'))`, the least solution, without
    discounting.

    Args:
        world: the world.
        policy: F[G, L] or F[L].
        pairs: B[L].

    Returns:
        F[G] in [0, 1], exact to rounding.

    Raises:
        ProblemError: if the policy is not one distribution for each state.

    Example:
        >>> from telos import explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> reach(world, [0.25, 0.75, 1.0, 1.0], [False, True, False, False]).tolist()
        [0.75]

    References:
        Puterman (1994), section 7.2; Baier & Katoen (2008), theorem 10.15.
    """
    return hit_probability(world, checked_policy(world, policy, None), bools(pairs))


def visit(world: World, policy: Floats, states: Bools) -> Floats:
    """The probability that a policy, from the start, ever stands in one of the given states.

    Args:
        world: the world.
        policy: F[G, L] or F[L].
        states: B[S].

    Returns:
        F[G] in [0, 1], exact to rounding.

    Raises:
        ProblemError: if the policy is not one distribution for each state.
    """
    # An agent in a marked state is about to take one of its pairs.
    return reach(world, policy, bools(bools(states)[world.pair_state]))


def weight_of_sets(world: World, policy: Floats, weight: Floats, sets: Sequence[Bools]) -> Floats:
    """F[K, G]: how much the pairs of each of K sets are taken, `sum pi(a|s) w(s)`.

    Args:
        world: the world. policy: F[G, L]. weight: F[G, S], what each state counts. sets: B[L] each.
    """
    if not sets:
        return np.zeros((0, len(policy)))
    pairs = [np.flatnonzero(each) for each in sets]
    if len(policy) == 1:  # NumPy adds one row up in pairs, which rounds otherwise
        one = [(policy[:, p] * weight[:, world.pair_state[p]]).sum(axis=1) for p in pairs]
        return floats(np.array(one))
    ptr = sealed(np.cumsum([0, *(len(each) for each in pairs)]))
    pair = sealed(np.concatenate(pairs))
    taken = np.empty((len(policy), len(sets)))
    state = sealed(world.pair_state[pair])
    kernels().policies.fork_goals(frozen(policy), frozen(weight), ptr, pair, state, taken)
    return floats(taken.T)


def hit_probability(world: World, rows: Floats, wanted: Bools) -> Floats:
    """`reach` for a policy that has been checked."""
    return floats(hit_probabilities(world, rows, (wanted,))[0])


def hit_probabilities(world: World, rows: Floats, wanted: Sequence[Bools]) -> Floats:
    """F[K, G]: `reach` of each of K sets of pairs, for a policy that has been checked."""
    count, rows = len(rows), _once(rows)
    sets = sealed(np.array(wanted, dtype=np.bool_).reshape(len(wanted), world.n_pairs))
    hit = np.empty((len(rows), len(sets)))
    solved = np.empty(hit.shape, np.bool_)
    kernels().policies.hit_goals(world_arrays(world), rows, sets, DENSE, hit, solved)
    for g, k in np.argwhere(~solved):
        hit[g, k] = _hit(world, rows[g], sets[k])
    return floats(np.broadcast_to(hit.T, (len(sets), count)))


def doing_nothing(world: World) -> Floats:
    """F[L], the policy of the default pairs; uniform in a world that declares none."""
    if world.default is None:
        return floats(np.repeat(1.0 / np.diff(world.pair_ptr), np.diff(world.pair_ptr)))
    policy = np.zeros(world.n_pairs)
    policy[world.default] = 1.0
    return floats(policy)


def checked_policy(world: World, policy: Floats, count: int | None) -> Floats:
    """F[G, L], the policy as one row a goal; raises ProblemError if it is not a policy."""
    rows = np.atleast_2d(np.asarray(policy, dtype=np.float64))
    if rows.ndim != 2 or rows.shape[1] != world.n_pairs or (count and len(rows) not in (1, count)):
        wanted = f"({count or 'G'}, {world.n_pairs})"
        raise ProblemError(f"policy has shape {np.shape(policy)}, not {wanted}.")
    if not (rows.flags.c_contiguous and not rows.flags.writeable):
        rows = frozen(rows)
    if not _is_known(world, rows):
        _check(world, rows)
    if count and len(rows) == 1:
        rows = np.broadcast_to(rows, (count, world.n_pairs))
    return floats(rows)


#: The policy that each world was last asked about: one behavior is read in several ways, and
#: looking through its probabilities takes as long as one of them.
_last: "WeakKeyDictionary[World, ref[Floats]]" = WeakKeyDictionary()


def _is_known(world: World, rows: Floats) -> bool:
    """Whether these very rows, which nobody can write to, were checked last."""
    last = _last.get(world)
    return last is not None and last() is rows


def _check(world: World, rows: Floats) -> None:
    fault = np.empty(len(rows), np.int64)
    kernels().goals.policy_faults(rows, world.pair_ptr, fault)
    if (fault >= 0).any():
        g = int(np.argmax(fault >= 0))
        pairs = world.pairs_of(int(fault[g]))
        raise ProblemError(
            f"goal {g}, state {world.states[fault[g]]!r}: the policy's probabilities are "
            f"{rows[g, pairs.start : pairs.stop].tolist()}; they must be a distribution over the "
            "state's legal pairs."
        )
    _last[world] = ref(rows)


def _solved(
    world: World, row: Floats, discount: float, given: Floats, *, flow: bool = False
) -> Floats:
    """The solution of `x = given + discount P_pi x` (of P_pi transposed, for a flow).

    For chains with a large component: by sparse LU; in a large world by iteration, until the error that
    is left is certainly below `SMALLEST_ERROR` of the largest value (or of all visits, for a flow).
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import bicgstab, splu

    matrix = _matrix(world, row * discount)
    left = eye_array(world.size) - matrix
    if world.size <= MOST_FACTORED:
        factors: SuperLU = splu(left.tocsc())
        return np.asarray(factors.solve(given, trans="T" if flow else "N"))
    step = (matrix.T if flow else matrix).tocsr()
    found: Floats = bicgstab((left.T if flow else left).tocsr(), given, rtol=1e-12, maxiter=1000)[0]
    found = np.where(np.isfinite(found), found, 0.0)
    for _ in range(int(60.0 / (1.0 - discount))):
        change = given + step @ found - found
        found = found + change
        size, rest = (np.abs(x).sum() if flow else np.abs(x).max() for x in (found, change))
        if rest * discount <= SMALLEST_ERROR * (1.0 - discount) * size:
            break
    return np.asarray(found)


def _matrix(world: World, weight: Floats) -> "csr_array":
    """The sparse matrix `sum_a weight(s, a) P(s' | s, a)`."""
    from scipy.sparse import csr_array

    fan = np.diff(world.next_ptr)
    entries = np.repeat(weight, fan) * world.next_prob
    rows = np.repeat(world.pair_state, fan)
    return csr_array((entries, (rows, world.next_state)), shape=(world.size, world.size))


def _hit(world: World, row: Floats, pairs: Bools) -> float:
    """P(ever takes one of `pairs`) by a sparse LU; see `hit_goals`.

    Unlike the kernel's elimination, an LU cannot see a way out that is taken less than once in
    10^15 steps: such pairs count as never taken here.
    """
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    row = np.where(row > 1e-15, row, 0.0)
    seen = reached(world, row)
    taken = np.add.reduceat(np.where(pairs, row, 0.0), world.pair_ptr[:-1])
    matrix = _matrix(world, np.where(pairs, 0.0, row))
    matrix.eliminate_zeros()
    useful = led_back(matrix.indptr, matrix.indices, taken > 0)
    kept = np.flatnonzero(seen & useful)
    inner = matrix[kept][:, kept]
    if (
        world.size > MOST_FACTORED
        and (reached(world, floats(np.where(pairs, 0.0, row))) <= useful).all()
    ):
        return 1.0  # there is nowhere to come to from which it can be missed
    solved = splu((eye_array(len(kept)) - inner).tocsc()).solve(taken[kept])
    return float(min(1.0, max(0.0, world.start[kept] @ solved)))
