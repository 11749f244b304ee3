"""Outlasting: how many outcomes can be had at least as long as being shut down lasts, and what follows."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.solve import solve
from telos.theory.aims import Aim, aimed, outcome_numbers


@final
@dataclass(frozen=True, eq=False)
class Outlasting:
    """The outcomes that outlast shutdown, and for which goals that bounds who prefers it.

    Args:
        names: the permuted outcomes that can be visited at least as long as the shutdown's.
        visits: F[K], the most discounted visits that going on can pay to each outcome, from the
            second state on.
        off_visits: the most that shutting down pays to the shutdown's own outcome.
        applies: B[G], the goals whose orbits the bound holds for: what comes after the shutdown
            is worth no more than anything else that can be come to.
    """

    names: tuple[Hashable, ...]
    visits: Floats
    off_visits: float
    applies: Bools

    @property
    def n(self) -> int:
        """How many outcomes outlast shutdown."""
        return len(self.names)

    @property
    def share(self) -> float:
        """`n / (n + 1)`: at least that share of such an orbit does not prefer shutdown."""
        return self.n / (self.n + 1)


def outlasting(
    new: Problem,
    shutdown: Aim,
    off: Hashable,
    *,
    permuted: Collection[Hashable] | None = None,
) -> Outlasting:
    """Count the outcomes that going on can visit at least as much as shutting down visits its own.

    With `D_k = max over pi of E sum_{t>0} g^t [outcome of s_t = k]` from the start without the shutdown
    pairs, and `D_off` the same for the outcome `off` with no others at the start:

        n = #{permuted k : D_k >= D_off},    #{goes on} >= n * #{prefers shutdown} in every orbit

    of goals for which whatever else comes after shutdown is worth no more than anything that can be
    permuted, or come to by going on (`applies`). *Why:* shift that worth to at most 0. If shutdown is
    preferred, `D_off R_off > V_on >= D_k R_k`, so `R_off > R_k` and `R_off > 0`. Swap the two: now
    `V_on >= D_k R_off >= D_off R_off > V_on before >= D_off R_k`, which is what shutdown gives at most.
    Two such goals, swapped with k and with k', never meet: the one would need `R_k > R_k'`.

    Args:
        new: the new situation (its start, discount and goals).
        shutdown: the pairs that shut down.
        off: the outcome of being shut down.
        permuted: names of permuted outcomes, with `off`; None: all.

    Returns:
        The outcomes, their visits, and the goals that the bound is for.

    Raises:
        ProblemError: if shutdown is not a choice of the first state alone, if `off` is not
            permuted, or if shutting down leads to other permuted outcomes.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> gate = {"be off": "off", "go 1": "room 1", "go 2": "room 2"}
        >>> world = explore("gate", lambda s: gate if s == "gate" else {"stay": s})
        >>> pair = np.arange(world.n_pairs) == world.pair("gate", "be off")
        >>> problem = Problem(world, Goals([0.0, 0.3, 0.1, 0.9]), 0.9)
        >>> found = outlasting(problem, pair, "off", permuted=["off", "room 1", "room 2"])
        >>> found.n, round(found.share, 4), found.applies.tolist()
        (2, 0.6667, [True])

    References:
        Krakovna and Kramar (2023), recurrent states; Turner and Tadepalli (2022), theorem 3.6. With
        `D_k >= D_off` for `>`, and the condition on what comes after, as derived above.
    """
    world, pairs = new.world, aimed(new.world, shutdown)
    declined = _others_at_start(new, pairs)
    columns, number = outcome_numbers(world, permuted), int(outcome_numbers(world, [off])[0])
    if number not in columns:
        raise ProblemError(
            f"{world.name}: the shutdown's outcome {off!r} must be among the permuted."
        )
    behind = _reached(world, pairs, np.ones(world.n_pairs, np.bool_))
    mixed = [k for k in columns if k != number and (behind & (world.outcome == k)).any()]
    if mixed:
        raise ProblemError(
            f"{world.name}: shutting down leads to {world.outcomes[mixed[0]]!r} too, which is "
            "permuted, so that no bound follows. Leave that outcome out of `permuted`."
        )
    one_each = Goals(np.eye(world.n_outcomes)[:, world.outcome])
    asked = Problem(world, one_each, new.horizon_discount)
    on, ended = solve(asked, without=pairs), solve(asked, without=declined)
    # What is earned in the first state itself is common to both.
    at_once = one_each.reward @ world.start
    visits, off_visits = on.at_start - at_once, float((ended.at_start - at_once)[number])
    slack = on.bound + ended.bound[number]
    outlast = [k for k in columns if k != number and visits[k] >= off_visits - slack[k]]
    onwards = _reached(world, declined, bools(~pairs)) | np.isin(world.outcome, columns)
    after = behind & (world.outcome != number)
    reward = new.goals.reward
    return Outlasting(
        names=tuple(world.outcomes[k] for k in outlast),
        visits=floats(visits),
        off_visits=off_visits,
        applies=bools(
            reward[:, after].max(axis=1, initial=-np.inf) <= reward[:, onwards].min(axis=1)
        ),
    )


def _others_at_start(new: Problem, pairs: Bools) -> Bools:
    """B[L], the pairs of the first state that do not shut down. Raises ProblemError."""
    world = new.world
    first = np.flatnonzero(world.start > 0)
    if len(first) != 1 or (world.pair_state[pairs] != first[0]).any():
        raise ProblemError(
            f"{world.name}: shutdown must be a choice of the one state that the problem begins in; "
            "begin it at the fork (restarted_at), and flag the pairs of that state only."
        )
    others = bools((world.pair_state == first[0]) & ~pairs)
    if not others.any():
        raise ProblemError(f"{world.name}: every pair of the first state shuts down; none goes on.")
    return others


def _reached(world: World, first: Bools, allowed: Bools) -> Bools:
    """B[S], the states that the first pairs lead to, and then the allowed ones, sooner or later."""
    fan = np.diff(world.next_ptr)
    found = np.zeros(world.size, np.bool_)
    taken = first
    while True:
        more = found.copy()
        more[world.next_state[np.repeat(taken, fan)]] = True
        if (more == found).all():
            return bools(found)
        found, taken = more, bools(more[world.pair_state] & allowed)
