"""Goal-directedness: how much better than chance a utility predicts what an agent does.

The measure is after MacDermott, Fox, Belardinelli and Everitt (2024), of whose paper the abstract was read,
and third-party copies of the notebook that goes with it; the text of the paper was not.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats, ints, sealed
from telos.core.behavior import Behavior
from telos.core.checks import is_between
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.solve.ahead import ahead
from telos.solve.centered import held
from telos.solve.foresight import solve_as
from telos.solve.policies import checked_policy, evaluate, time_spent

#: Beyond this the softness of a policy is lost in the rounding of its values.
MOST_BETA = 1e12
#: The bound asked of the values that predictions rest on, as a part of the range of a goal's rewards.
FINE = 1e-12
#: The largest gap between the limits in nats, and the rounds of search after which any gap is reported.
CLOSE, ROUNDS = 1e-7, 60
#: Soft policy iteration stops at this residual; it converges quadratically, in some five steps.
RESIDUAL, STEPS = 1e-11, 60
#: The bracket of the search is halved by ratio until its ends are as near as this.
NEAR, LEAST = 3.0, 1e-3


@final
@dataclass(frozen=True, eq=False, repr=False)
class GoalDirectedness:
    """How well the soft-optimal policies of a utility predict the behavior of G agents.

    Args:
        value: F[G] in nats, >= 0, discounted sum over decisions; a lower limit that beta attains.
        bound: F[G], certified: the maximum over |beta| <= `largest` is at most `value + bound`.
        beta: F[G], the best inverse temperature: above 0 the agent is directed towards the utility, below
            0 away from it; in units in which an action that loses one step's worth of the range is
            e times rarer at 1 (as in `telos.agents.Boltzmann`).
        ceiling: F[G], what the behavior's own policy scores: no prediction scores more.
        decisions: F[G], discounted number of decisions between at least two actions.
        candidate: I[G], the goal of the class that predicts best; the agent's own where none was given.
        largest: the largest |beta| that was tried.
    """

    value: Floats
    bound: Floats
    beta: Floats
    ceiling: Floats
    decisions: Floats
    candidate: Ints
    largest: float

    def __repr__(self) -> str:
        return f"<GoalDirectedness: {len(self.value)} agents, {float(self.value.mean()):.3g} nats>"

    @property
    def per_decision(self) -> Floats:
        """F[G], nats a decision: `value / decisions`; NaN for an agent that never has a choice."""
        none = np.full(len(self.value), np.nan)
        return floats(np.divide(self.value, self.decisions, out=none, where=self.decisions > 0))

    @property
    def share(self) -> Floats:
        """F[G] in [0, 1], `value / ceiling`: how much of what is predictable the utility predicts."""
        none = np.full(len(self.value), np.nan)
        return floats(np.divide(self.value, self.ceiling, out=none, where=self.ceiling > 0))


def goal_directedness(
    problem: Problem, behavior: Behavior, *, utilities: Goals | None = None, largest: float = 1e3
) -> GoalDirectedness:
    """Maximum-entropy goal-directedness of a behavior, for a known utility or the best of a class.

    `max_beta E_pi[sum_t g^t (log pi_beta(a_t|s_t) - log 1/|A(s_t)|)]`, over |beta| <= `largest`. The
    soft-optimal policy `pi_beta` maximizes `E[sum_t g^t (beta R(s_t) - log(pi(a_t|s_t) |A(s_t)|))]`: the
    expected return and the entropy *relative to uniform choice*. Where all states have equally many
    actions this is the maximum causal entropy policy; elsewhere plain entropy would also be drawn to
    states with many actions, and predict no uniform agent. With W_beta the optimum above,

        `sum = beta V^pi - W_beta(start)`,

    which is *concave* in beta (W is a maximum of affine functions) with slope `V^pi - V^(pi_beta)`: so the
    maximum has certified limits, from the tangents at both ends of a bracket. Both signs of beta are
    searched; 0 for the uniform agent; for an agent optimal for a goal with one optimal policy it tends to
    the ceiling as `largest` grows. Adding a constant to a utility, or scaling it, changes nothing.

    Decisions count while the agent holds the goal: after a rewrite nothing is added. A short-sighted
    planner is judged by the discount of the problem, not the one it plans with.

    Args:
        problem: the problem; its goals are the known utilities.
        behavior: what the agents do; a policy a goal.
        utilities: a class of K utilities instead, the same for all agents; then no goal need be known.
        largest: the largest |beta|, > 0.

    Returns:
        One value an agent, with its limits.

    Raises:
        ProblemError: if the policy does not fit, or `largest` is not above 0.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> moves = {"fork": {"a": "left", "b": "right"}}
        >>> world = explore("fork", lambda s: moves.get(s, {"a": s}))
        >>> problem = Problem(world, Goals([0.0, 0.0, 1.0]), 0.5)
        >>> right, coin = Behavior([0.0, 1.0, 1.0, 1.0]), Behavior([0.5, 0.5, 1.0, 1.0])
        >>> goal_directedness(problem, right).value.round(6).tolist()  # log 2
        [0.693147]
        >>> goal_directedness(problem, coin).value.tolist()
        [0.0]

    References:
        MacDermott, Fox, Belardinelli, Everitt (2024), Measuring Goal-Directedness (arXiv:2412.04758);
        Ziebart (2010), for maximum causal entropy. See the head of this file for what was read.
    """
    if not is_between(largest, 0.0, MOST_BETA):
        raise ProblemError(
            f"goal_directedness: largest is {largest!r:.200}; give a number above 0, below {MOST_BETA:g}."
        )
    world = _while_held(problem.world)
    own = held(problem.world)
    judged = problem.as_judged()
    rows = checked_policy(world, behavior.policy, problem.goals.count)
    nothing = Problem(world, Goals(np.zeros((problem.goals.count, world.size))), problem.discount)
    time = floats(time_spent(nothing, rows) * own)
    taken = floats(time[:, world.pair_state] * rows)
    width = np.diff(world.pair_ptr)
    told = np.log(rows * width[world.pair_state], out=np.zeros(rows.shape), where=rows > 0)
    ceiling = np.maximum((taken * told).sum(axis=1), 0.0)
    decisions = time @ (width > 1.0)
    if utilities is None:
        scores = _Scores.of(judged, behavior)
        found = _predicted(world, own, problem, scores, taken, largest)
        return _directed(found, ceiling, decisions, np.arange(len(taken)), largest)
    known = [
        _predicted(world, own, problem, one, taken, largest)
        for one in _Scores.of(Problem(problem.world, utilities, problem.discount), behavior).each()
    ]
    value, bound, beta = (np.array([one[i] for one in known]) for i in range(3))
    best = value.argmax(axis=0)
    at = best, np.arange(len(taken))
    over = (value + bound).max(axis=0) - value[at]
    return _directed((value[at], over, beta[at]), ceiling, decisions, best, largest)


def _directed(
    found: tuple[Floats, Floats, Floats],
    ceiling: Floats,
    decisions: Floats,
    best: Ints,
    largest: float,
) -> GoalDirectedness:
    value, bound, beta = (floats(x) for x in found)
    return GoalDirectedness(
        value, bound, beta, floats(ceiling), floats(decisions), ints(best), largest
    )


@final
@dataclass(frozen=True, eq=False)
class _Scores:
    """What each pair loses, in the units of beta, on the way to the best (worst) of K utilities.

    Args:
        loss: F[K, L], `(Q - V) / ((1 - g) D) <= 0` for the best; exactly 0 for certified ties.
        gain: F[K, L] >= 0, the same for the worst. error: F[K], how far off an entry may be.
    """

    loss: Floats
    gain: Floats
    error: Floats

    @classmethod
    def of(cls, problem: Problem, behavior: Behavior) -> "_Scores":
        spread = np.ptp(problem.goals.reward, axis=1)
        asked = floats(FINE * np.where(spread > 0, spread, 1.0))
        best, least = (
            solve_as(
                problem, behavior.foresight, ties=behavior.ties, tolerance=asked, minimize=worst
            )
            for worst in (False, True)
        )
        span = best.at_start - least.at_start
        some = span > best.bound + least.bound  # a range within the bound may be rounding alone
        unit = np.divide(1.0, (1.0 - problem.discount) * span, out=np.zeros(len(span)), where=some)
        state = problem.world.pair_state
        loss = np.where(best.tied, 0.0, np.minimum(best.q - best.value[:, state], 0.0))
        gain = np.where(least.tied, 0.0, np.maximum(least.q - least.value[:, state], 0.0))
        error = np.maximum(best.margin, least.margin) * unit
        return cls(floats(loss * unit[:, None]), floats(gain * unit[:, None]), floats(error))

    def each(self) -> list["_Scores"]:
        """One utility at a time."""
        rows = zip(self.loss, self.gain, self.error, strict=True)
        return [_Scores(floats(a[None]), floats(b[None]), floats([c])) for a, b, c in rows]


def _while_held(world: World) -> World:
    """The world in which a state whose goal was rewritten leads to itself: play ends there."""
    gone = ~held(world)[world.pair_state]
    if not gone.any():
        return world
    fan = np.where(gone, 1, np.diff(world.next_ptr))
    first = np.concatenate(([0], np.cumsum(fan)))
    kept = np.repeat(~gone, np.diff(world.next_ptr))
    stay = np.repeat(gone, fan)
    to, chance = np.empty(first[-1], np.int64), np.ones(first[-1])
    to[stay] = world.pair_state[gone]
    to[~stay], chance[~stay] = world.next_state[kept], world.next_prob[kept]
    return replace(world, next_ptr=first, next_state=to, next_prob=chance, estimated=None)


def _predicted(
    world: World, own: Bools, problem: Problem, scores: _Scores, taken: Floats, largest: float
) -> tuple[Floats, Floats, Floats]:
    """F[G] each: the best value of either sign, its bound and its beta."""
    count, discount = len(taken), problem.discount
    inside = own[world.pair_state]
    error = np.broadcast_to(scores.error, count)
    found = []
    for sign, score in ((1.0, scores.loss), (-1.0, -scores.gain)):
        rows = np.where(inside, np.broadcast_to(score, taken.shape), 0.0)
        soft = _Soft(world, rows, own, discount)
        found.append((sign, _search(soft, (taken * rows).sum(axis=1), largest, error)))
    (_, one), (_, two) = found
    towards = one[0] >= two[0]
    value, bound, beta = (np.where(towards, one[i], two[i]) for i in range(3))
    over = np.maximum(one[0] + one[1], two[0] + two[1]) - value
    return (
        floats(value),
        floats(np.maximum(bound, over)),
        floats(np.where(towards, 1.0, -1.0) * beta),
    )


@final
@dataclass(frozen=True, eq=False)
class _Soft:
    """Soft-optimal policies of G scores F[G, L], relative to uniform choice."""

    world: World
    score: Floats
    own: Bools
    discount: float

    def at(self, beta: Floats, rows: Ints, start: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """For some rows and their betas: W F[R, S], its error F[R], and at the start W and its slope F[R]."""
        world, state = self.world, self.world.pair_state
        width = np.diff(world.pair_ptr)
        score = self.score[rows]
        paid, value = score * beta[:, None], start
        zero = Goals(np.zeros((len(rows), world.size)))
        for _ in range(STEPS):
            q = paid + self.discount * ahead(world, value)
            top = np.maximum.reduceat(q, world.pair_ptr[:-1], axis=1)
            weight = np.exp(q - top[:, state])
            total = np.add.reduceat(weight, world.pair_ptr[:-1], axis=1)
            backed = np.where(self.own, top + np.log(total / width), 0.0)
            policy = weight / total[:, state]
            error = np.abs(backed - value).max(axis=1)
            if error.max(initial=0.0) <= RESIDUAL:
                break
            told = np.log(policy * width[state], out=np.zeros(policy.shape), where=policy > 0)
            income = np.where(self.own[state], paid - told, 0.0)
            value = evaluate(Problem(world, zero, self.discount, bonus=floats(income)), policy)
        slope = evaluate(Problem(world, zero, self.discount, bonus=floats(score)), policy)
        off = error / (1.0 - self.discount)
        return (
            sealed(backed),
            floats(off),
            floats(backed @ world.start),
            floats(slope @ world.start),
        )


def _search(
    soft: _Soft, done: Floats, largest: float, error: Floats
) -> tuple[Floats, Floats, Floats]:
    """The maximum over [0, largest] of `beta done - W_beta`: value, bound and beta, F[G] each."""
    kept = np.zeros((len(done), soft.world.size))

    def tangent(beta: Floats, rows: Ints) -> tuple[Floats, Floats]:
        kept[rows], off, first, slope = soft.at(beta, rows, floats(kept[rows]))
        unsure[rows] = np.maximum(unsure[rows], off)
        return floats(beta * done[rows] - first), floats(done[rows] - slope)

    unsure = np.zeros(len(done))
    best, over, at = _concave(tangent, len(done), largest)
    unsure += 2.0 * largest * error / (1.0 - soft.discount)
    unsure[at == 0] = 0.0  # 0 is attained exactly
    value = np.maximum(best - unsure, 0.0)
    return value, over - value + unsure, at


def _concave(
    tangent: Callable[[Floats, Ints], tuple[Floats, Floats]], count: int, largest: float
) -> tuple[Floats, Floats, Floats]:
    """The maxima on [0, largest] of concave functions with f(0) = 0: attained, at most, and where.

    A bracket has a rising tangent at its low end and a falling one at its high end; the maximum is not
    above their crossing. It is halved by ratio until its ends are near, then cut at the crossing.

    Args:
        tangent: f F[R] and its slope F[R] at some points of some rows. count: G. largest: the right end.
    """
    low, high = np.zeros(count), np.full(count, largest)
    best, at = np.zeros(count), np.zeros(count)
    f_low, f_high, s_high = np.zeros(count), np.zeros(count), np.zeros(count)
    s_low = np.array(tangent(floats(low), ints(np.arange(count)))[1])

    def reached(rows: Ints, beta: Floats, f: Floats) -> None:
        better = f > best[rows]
        best[rows[better]], at[rows[better]] = f[better], beta[better]

    rows = np.flatnonzero(s_low > 0)
    if len(rows):
        f_high[rows], s_high[rows] = tangent(floats(high[rows]), ints(rows))
        reached(rows, high[rows], f_high[rows])
    over = best.copy()
    rows = rows[s_high[rows] < 0]
    for _ in range(ROUNDS):
        rise, fall = f_low[rows] - s_low[rows] * low[rows], f_high[rows] - s_high[rows] * high[rows]
        cross = np.clip((fall - rise) / (s_low - s_high)[rows], low[rows], high[rows])
        over[rows] = np.maximum(rise + s_low[rows] * cross, best[rows])
        open_ = over[rows] - best[rows] > CLOSE
        rows, cross = rows[open_], cross[open_]
        if not len(rows):
            break
        a, b = np.maximum(low[rows], LEAST * min(1.0, largest)), high[rows]
        beta = np.where(b > NEAR * a, np.sqrt(a * b), cross)
        f, slope = tangent(floats(beta), ints(rows))
        reached(rows, beta, f)
        up = slope > 0
        for ends, there in (((low, f_low, s_low), up), ((high, f_high, s_high), ~up)):
            for kept, new in zip(ends, (beta, f, slope), strict=True):
                kept[rows[there]] = new[there]
    return floats(best), floats(over), floats(at)
