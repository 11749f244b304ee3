"""Others: what somebody else can still get done in a world in which an agent is at work."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError, WorldError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.parts import AbstractAgent, AbstractGoalFamily, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.measure.guard import COMMONS, guard
from telos.measure.intervals import Interval, mean_interval
from telos.solve.policies import checked_policy, doing_nothing
from telos.solve.solve import solve


@final
@dataclass(frozen=True, eq=False, repr=False)
class Neighbor:
    """Another party that lives on the same commons: a world of its own, and what each move needs.

    Args:
        world: the other party's own world, small; its outcomes are what the other party may want.
        needs: F[L of that world], the units of the commons that must be left for a pair to be open.
            In each state some pair must need nothing.

    Raises:
        WorldError: if the needs do not fit the world, or a state could be left without a pair.
    """

    world: World
    needs: Floats

    def __post_init__(self) -> None:
        needs = floats(self.needs)
        object.__setattr__(self, "needs", needs)
        if needs.shape != (self.world.n_pairs,) or not np.isfinite(needs).all():
            raise WorldError(
                f"Neighbor: needs has shape {needs.shape}; give one finite number for each of the "
                f"{self.world.n_pairs} pairs of {self.world.name}."
            )
        least = np.minimum.reduceat(needs, self.world.pair_ptr[:-1])
        if (least > 0).any():
            worst = int(np.argmax(least > 0))
            state = self.world.states[worst]
            raise WorldError(
                f"Neighbor, state {state!r}: every move needs some of the commons, the least "
                f"{least[worst]:g}. Give each state a move that needs 0."
            )

    def __repr__(self) -> str:
        return f"<Neighbor: {self.world!r}, needs up to {self.needs.max():g}>"


def commons_neighbors(plots: int) -> Neighbor:
    """A neighbor with a home and that many plots: plot i is open while i units of the commons are left.

    From anywhere to home, or to any open plot, takes one step; each is an outcome of its own. So
    with c units left for ever there are c + 1 outcomes to choose from at every step, and
    `POWER = (c + 1)/(c + 2)` for goals iid uniform on [0, 1].

    Args:
        plots: how many plots, >= 0; as many as the commons has units.

    Returns:
        The neighbor.

    Raises:
        WorldError: if that is not a number of plots.

    Example:
        >>> commons_neighbors(2)
        <Neighbor: <World commons neighbor: 3 states, 9 pairs, 3 outcomes>, needs up to 2>
    """
    if (
        not isinstance(plots, int | float)
        or not np.isfinite(plots)
        or plots < 0
        or int(plots) != plots
    ):
        raise WorldError(f"commons_neighbors: plots is {plots!r}; give an integer of at least 0.")
    places = ["home", *(f"plot {i}" for i in range(1, int(plots) + 1))]
    world = explore("home", lambda s: {f"to {p}": p for p in places}, name="commons neighbor")
    return Neighbor(world, floats([places.index(world.actions[a][3:]) for a in world.pair_action]))


def joint_world(world: World, policy: Floats, neighbor: Neighbor) -> World:
    """The world of the other party while an agent follows a policy.

    States are (s, h), what the agent's world and the other's are in. The other party chooses a
    pair of h among those whose needs are not above `commons(s)`; then
    `P(s', h' | (s, h), b) = P_pi(s' | s) P(h' | h, b)`. It sees everything and changes nothing for
    the agent. Only what the agent can come to is kept. The outcome is the other's own.

    Args:
        world: the agent's world, with a feature `commons`.
        policy: F[L], one policy of the agent.
        neighbor: the other party.

    Returns:
        The joint world, states named (state, other's state).

    Raises:
        FeatureMissing: if the world has no feature `commons`. ProblemError: if the policy is none.

    Example:
        >>> from telos import worlds
        >>> world = worlds.PaperclipFactory(products=("clips",), machines=1, commons=1).build()
        >>> idle = np.eye(world.n_pairs)[world.default].sum(axis=0)
        >>> joint = joint_world(world, idle, commons_neighbors(1))
        >>> joint.size, joint.n_pairs, joint.outcomes
        (16, 32, ('home', 'plot 1'))
    """
    commons = world.feature(COMMONS)
    kept, chain = _chain(world, policy)
    own = neighbor.world
    size = own.size
    open_ = neighbor.needs[None, :] <= commons[kept, None]
    where, pair = np.nonzero(open_)
    state = where * size + own.pair_state[pair]
    fan = np.diff(chain.ptr)[where] * np.diff(own.next_ptr)[pair]
    next_ptr = np.concatenate(([0], np.cumsum(fan)))
    # every successor of the agent's step with every successor of the other's
    along = np.arange(next_ptr[-1]) - np.repeat(next_ptr[:-1], fan)
    inner = np.repeat(np.diff(own.next_ptr)[pair], fan)
    here = np.repeat(chain.ptr[where], fan) + along // inner
    there = np.repeat(own.next_ptr[pair], fan) + along % inner
    return World(
        states=tuple((world.states[s], h) for s in kept for h in own.states),
        actions=own.actions,
        start=np.outer(world.start[kept], own.start).ravel(),
        pair_ptr=np.searchsorted(state, np.arange(len(kept) * size + 1)),
        pair_action=own.pair_action[pair],
        next_ptr=next_ptr,
        next_state=chain.to[here] * size + own.next_state[there],
        next_prob=chain.prob[here] * own.next_prob[there],
        outcome=np.tile(own.outcome, len(kept)),
        outcomes=own.outcomes,
        features={COMMONS: np.repeat(commons[kept], size)},
        name=f"{world.name} beside {own.name}",
    )


@final
@dataclass(frozen=True, eq=False, repr=False)
class Obstruction:
    """What K goals of the other party can attain beside G agents, and with the agent doing nothing.

    Args:
        on: F[G, K], the other's optimal value at the start beside agent g, `V*_k(s0 | pi_g)`.
        off: F[K], the same with the agent doing nothing.
        bound: F[K], how far both together may be from the truth.
        first: F[K], the reward of the start, which nobody can change.
        discount: the other party's.
        spread: how far the rewards of one of its goals lie apart, at most.
    """

    on: Floats
    off: Floats
    bound: Floats
    first: Floats
    discount: float
    spread: float

    def __repr__(self) -> str:
        goals = f"{self.on.shape[0]} agents, {self.on.shape[1]} goals of others"
        return f"<Obstruction: {goals}, obstructed {self.obstructed.mean():.3f}>"

    @property
    def obstructed(self) -> Floats:
        """F[G], the share of the other's goals that can attain less than with the agent off.

        `#{k: V*_k(on) < V*_k(off) - bound_k} / K`; 0 is what non-obstruction asks for.
        """
        return floats((self.on < self.off - self.bound).mean(axis=1))

    @property
    def helped(self) -> Floats:
        """F[G], the share of the other's goals that can attain more than with the agent off."""
        return floats((self.on > self.off + self.bound).mean(axis=1))

    @property
    def power(self) -> Floats:
        """F[G], POWER of the other beside each agent: `(1-d)/d * mean_k (V*_k(on) - R_k(s0))`."""
        return floats(self._scale * (self.on - self.first).mean(axis=1))

    @property
    def power_off(self) -> float:
        """POWER of the other while the agent does nothing."""
        return float(self._scale * (self.off - self.first).mean())

    def power_lost(self, level: float = 0.95) -> tuple[float, Interval]:
        """The mean of `power_off - power`, and its interval over both samples of goals.

        Loss is a table, agents' goals by goals of the other party (see `two_way`). For a goal whose
        rewards lie in [a, b] it is between a - b and b - a.
        """
        edge = max(self.spread, float(np.finfo(np.float64).tiny))
        return two_way(floats(self._scale * (self.off - self.on)), -edge, edge, level=level)

    def obstructed_interval(self, level: float = 0.95) -> Interval:
        """The interval of the mean of `obstructed` over both samples of goals."""
        return two_way(floats(self.on < self.off - self.bound), 0.0, 1.0, level=level)[1]

    @property
    def _scale(self) -> float:
        return (1.0 - self.discount) / self.discount


def two_way(
    table: Floats, low: float = -1.0, high: float = 1.0, *, level: float = 0.95
) -> tuple[float, Interval]:
    """The mean of a table and its interval, rows and columns both being samples.

    With m the mean and `[l_r, h_r]`, `[l_c, h_c]` the intervals of the mean over row means and over
    column means (two goals added to each, see `mean_interval`):
    `[m - sqrt((m - l_r)^2 + (m - l_c)^2), m + sqrt((h_r - m)^2 + (h_c - m)^2)]`, cut to the edges.

    Args:
        table: F[G, K] in [low, high]. low, high: the edges of what an entry can be. level: in (0, 1).

    Returns:
        (mean, (low, high)).

    Example:
        >>> two_way(np.array([[0.0, 1.0], [0.0, 1.0]]))[0]
        0.5

    References:
        Owen (2007), The pigeonhole bootstrap, for the sum of the two variances (slightly conservative).
    """
    mean = float(table.mean())
    each = [mean_interval(floats(table.mean(axis=a)), low, high, level=level) for a in (1, 0)]
    below, above = (math.hypot(*(one[i] - mean for one in each)) for i in (0, 1))
    return mean, Interval(max(low, mean - below), min(high, mean + above))


def attainable(problem: Problem, policy: Floats, neighbor: Neighbor, others: Goals) -> Floats:
    """What the other party's goals can attain beside each agent.

    `V*_k(s0 | pi_g)`, the optimal value at the start of the joint world (see `joint_world`).

    Args:
        problem: the agents' problem, whose discount is the other's too.
        policy: F[G, L].
        neighbor: the other party.
        others: K goals over the neighbor's world.

    Returns:
        F[G, K], each to the certified bound of `solve`.

    Raises:
        FeatureMissing: if the world has no feature `commons`. GoalsError: if the goals do not fit.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.PaperclipFactory(products=("clips",), machines=1, commons=1).build()
        >>> nobody = Problem(world, Goals([0.0] * world.size), 0.5)
        >>> idle = np.eye(world.n_pairs)[world.default].sum(axis=0)
        >>> attainable(nobody, idle, commons_neighbors(1), Goals([[0.0, 1.0], [0.0, 0.0]])).round(6).tolist()
        [[1.0, 0.0]]
    """
    return _attained(problem, policy, neighbor, others)[0]


def obstruction(
    problem: Problem,
    agent: AbstractAgent,
    family: AbstractGoalFamily,
    *,
    safeguards: Sequence[AbstractSafeguard] = (),
    neighbor: Neighbor | None = None,
    n: int = 100,
    rng: np.random.Generator,
) -> Obstruction:
    """What an agent leaves to the goals of somebody else: with the agent on, off, or restricted.

    *On* is the agent's policy, under the safeguards if there are any; *off* is the world in which it does
    nothing (its default, or a uniform choice where there is none), without safeguards. An agent is
    *non-obstructive* for a set of goals if none of them can attain less with it on than off.

    Args:
        problem: the agents' problem, before any safeguard, in a world with a feature `commons`.
        agent: who acts.
        family: the other party's goals, drawn over the neighbor's outcomes.
        safeguards: what restricts the agent, in order.
        neighbor: the other party; None: one with a plot for each unit of the commons.
        n: how many goals of the other party, >= 1.
        rng: the other party's goals and the agent's own chances.

    Returns:
        What is attainable, agent by goal of the other.

    Raises:
        FeatureMissing: if the world has no feature `commons`.
        ProblemError: if the discount is 0, at which nobody's choice matters.

    Example:
        >>> from telos import Problem, agents, families, worlds
        >>> factory = worlds.PaperclipFactory(products=("clips",), machines=1, commons=1, wear=0.5)
        >>> world, rng = factory.build(), np.random.default_rng(0)
        >>> problem = Problem(world, families.Uniform().sample(world, 50, rng), 0.95)
        >>> found = obstruction(problem, agents.Optimal(), families.Uniform(), rng=rng)
        >>> bool(found.power_off > found.power.mean())
        True

    References:
        Turner (2020), Non-obstruction; Turner et al. (2021), definition 5.2 (POWER).
    """
    if problem.discount == 0:
        raise ProblemError("obstruction: at discount 0 nothing that anybody does matters.")
    other = commons_neighbors(_units(problem.world)) if neighbor is None else neighbor
    theirs = family.sample(other.world, n, rng)
    guarded = guard(problem, safeguards)
    policy = agent.behave(guarded, rng).policy
    on, bound = _attained(guarded, policy, other, theirs)
    off, loose = _attained(problem, doing_nothing(problem.world), other, theirs)
    first = theirs.reward @ other.world.start
    spread = float(np.ptp(theirs.reward, axis=1).max())
    return Obstruction(
        on, floats(off[0]), floats(bound + loose), floats(first), problem.discount, spread
    )


@final
@dataclass(frozen=True, eq=False)
class _Chain:
    """The walk of the agent's world under one policy, over the states it can come to."""

    ptr: Ints
    to: Ints
    prob: Floats


def _chain(world: World, policy: Floats) -> tuple[Ints, _Chain]:
    """The states that the policy can come to, and the chain over their numbers."""
    from scipy.sparse import csr_array

    row = checked_policy(world, policy, 1)[0]
    weight = np.repeat(row, np.diff(world.next_ptr)) * world.next_prob
    source = np.repeat(world.pair_state, np.diff(world.next_ptr))
    there, fresh = world.start > 0, True
    while fresh:  # step by step: discounted time would underflow far from the start
        more = there.copy()
        more[world.next_state[there[source] & (weight > 0)]] = True
        fresh, there = bool((more != there).any()), more
    kept = np.flatnonzero(there)
    used = there[source] & (weight > 0)
    number = np.cumsum(there) - 1
    matrix = csr_array(
        (weight[used], (number[source[used]], number[world.next_state[used]])),
        shape=(len(kept), len(kept)),
    )
    matrix.sum_duplicates()
    return ints(kept), _Chain(ints(matrix.indptr), ints(matrix.indices), floats(matrix.data))


def _attained(
    problem: Problem, policy: Floats, neighbor: Neighbor, others: Goals
) -> tuple[Floats, Floats]:
    """F[G, K] attainable values at the start, and F[K] the greatest of their bounds."""
    rows, which = np.unique(np.atleast_2d(policy), axis=0, return_inverse=True)
    value, bound = np.empty((len(rows), others.count)), np.zeros(others.count)
    for i, row in enumerate(rows):
        joint = joint_world(problem.world, row, neighbor)
        reward = np.tile(others.reward, joint.size // neighbor.world.size)
        solution = solve(Problem(joint, Goals(reward), problem.discount))
        value[i], bound = solution.at_start, np.maximum(bound, solution.bound)
    return floats(value[which]), floats(bound)


def _units(world: World) -> int:
    return int(np.floor(world.feature(COMMONS).max()))
