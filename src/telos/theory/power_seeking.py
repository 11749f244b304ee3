"""Power-seeking: how much POWER an act can be expected to lead to, and how much more than another act."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.errors import ProblemError
from telos.core.numbers import integers
from telos.core.parts import AbstractAgent, AbstractGoalFamily
from telos.core.problem import Foresight, Problem
from telos.core.world import World
from telos.measure.intervals import Interval, mean_interval
from telos.measure.power import MeanOverGoals, check_average, goal_batches, is_whole
from telos.solve.ahead import ahead
from telos.solve.foresight import solve_as
from telos.solve.policies import evaluate
from telos.theory.average_reward import gain


@final
@dataclass(frozen=True, eq=False, repr=False)
class PowerSeeking:
    """How much more POWER one act leads to than another.

    Args:
        power, other: F[n], what either act adds to `E POWER(s' | s, a)` for each goal.
        bound: certified, on the difference of the means.
        edge: how far one goal's difference can be from 0 at most: the widest range of its rewards.
        whole: whether these were all goals of a finite family: then nothing is estimated.
    """

    power: Floats
    other: Floats
    bound: float
    edge: float
    whole: bool

    def __repr__(self) -> str:
        return f"<PowerSeeking: {len(self.power)} goals, difference {self.difference:.4g}>"

    @property
    def difference(self) -> float:
        """The mean POWER of the first act less that of the other."""
        return float((self.power - self.other).mean())

    def interval(self, level: float = 0.95) -> Interval:
        """The interval of the difference, paired by goal (two goals added), widened by the bound."""
        low = high = self.difference
        if not self.whole:
            edge = max(self.edge, float(np.finfo(np.float64).tiny))
            low, high = mean_interval(floats(self.power - self.other), -edge, edge, level=level)
        return Interval(float(low) - self.bound, float(high) + self.bound)

    @property
    def seeks(self) -> bool | None:
        """Whether the act leads to more POWER; None where the 95 % interval leaves it open."""
        low, high = self.interval()
        return True if low > 0 else False if high <= 0 else None


def power_of_acts(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    *,
    n: int,
    rng: np.random.Generator,
    agent: AbstractAgent | None = None,
    foresight: Foresight = "realistic",
) -> MeanOverGoals:
    """The POWER that each act can be expected to lead to, `E[POWER(s') | s, a]`, for every pair.

    `POWER_D(s) = (1 - g)/g E_{R ~ D}[V_R(s) - R(s)]`, with V the optimal value of an agent that foresees its
    rewriting as instrumental values do (in a world without a goal register: plain POWER), or the value of
    what a bounded agent does. At discount 1 it is the limit g -> 1, in deterministic worlds without
    rewriting: `E[max over cycles that s can come to of the mean reward]`, the average reward of the best
    recurrent state distribution.

    Args:
        world: the world.
        family: the distribution D of goals.
        discount: in (0, 1), or 1 for the limit.
        n: how many goals, >= 1.
        rng: names the goals, and the agent's own chances.
        agent: a bounded agent instead of the optimal one; not at discount 1.
        foresight: the optimal agent's self-model; "ignorant" gives plain POWER.

    Returns:
        MeanOverGoals with mean and standard error F[L], as of `telos.power`. `bound` is that of the optimal
        values; a policy is evaluated exactly to rounding.

    Raises:
        ProblemError: if the discount is out of range, or is 1 in a stochastic world or with an agent.

    Example:
        >>> from telos import families, worlds
        >>> world, rng = worlds.OffSwitch(rooms=3).build(), np.random.default_rng(0)
        >>> found = power_of_acts(world, families.Uniform(), 0.9, n=2000, rng=rng)
        >>> go, off = (world.pair("gate", a) for a in ("walk on", "be switched off"))
        >>> found.mean[[go, off]].round(1).tolist()  # 3/4 and 1/2
        [0.7, 0.5]

    References:
        Turner et al. (2021), definition 5.2, and sections 5 and 6 for power-seeking actions and the limit
        (arXiv:1912.01683; recalled, the paper was not read again).
    """
    batches = _samples(world, family, discount, n, rng, agent, foresight)
    acts = ((ahead(world, sample), reward, off) for sample, reward, off in batches)
    return _averaged(acts, lambda count: is_whole(family, world, count))


def power_seeking(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    acts: tuple[int, int],
    *,
    n: int,
    rng: np.random.Generator,
    agent: AbstractAgent | None = None,
    foresight: Foresight = "realistic",
) -> PowerSeeking:
    """Whether an act seeks power more than another one of the same state.

    `E[POWER(s') | s, a] - E[POWER(s') | s, b]`, paired by goal. It need not agree with which act is optimal
    for more goals.

    Args:
        world, family, discount, n, rng, agent, foresight: as of `power_of_acts`.
        acts: the pairs (s, a) and (s, b), as of `world.pair`.

    Returns:
        The contribution of every goal, the difference and its interval.

    Raises:
        ProblemError: if there are no such pairs of one state; and as `power_of_acts`.

    Example:
        >>> from telos import families, worlds
        >>> world, rng = worlds.OffSwitch(rooms=3).build(), np.random.default_rng(0)
        >>> acts = world.pair("gate", "walk on"), world.pair("gate", "be switched off")
        >>> power_seeking(world, families.Uniform(), 0.9, acts, n=200, rng=rng).seeks
        True

    References:
        Turner et al. (2021), section 5 (arXiv:1912.01683; recalled).
    """
    pairs = integers(acts, "power_seeking, acts", ProblemError)
    if pairs.shape != (2,) or not ((pairs >= 0) & (pairs < world.n_pairs)).all():
        raise ProblemError(f"power_seeking: acts is {acts!r}; give two pairs, as of world.pair().")
    if world.pair_state[pairs[0]] != world.pair_state[pairs[1]]:
        one, two = (world.describe(int(pair)) for pair in pairs)
        raise ProblemError(f"power_seeking: {one} and {two} are not acts of one state.")
    found: tuple[list[Floats], list[Floats]] = [], []
    bound = spread = 0.0
    for sample, reward, off in _samples(world, family, discount, n, rng, agent, foresight):
        for kept, pair in zip(found, pairs, strict=True):
            kept.append(_expected(world, sample, int(pair)))
        bound, spread = max(bound, off), max(spread, float(np.ptp(reward, axis=1).max()))
    power, other = (floats(np.concatenate(each)) for each in found)
    return PowerSeeking(power, other, 2 * bound, spread, is_whole(family, world, len(power)))


def power_limit(
    world: World, family: AbstractGoalFamily, *, n: int, rng: np.random.Generator
) -> MeanOverGoals:
    """POWER of every state in the limit discount -> 1, `E_{R ~ D}[max over cycles of the mean reward]`.

    Args:
        world: a deterministic world. family: the distribution of goals. n: how many. rng: names them.

    Returns:
        MeanOverGoals with F[S].

    Raises:
        ProblemError: if the world is stochastic.

    Example:
        >>> from telos import families, worlds
        >>> world, rng = worlds.OffSwitch(rooms=3).build(), np.random.default_rng(0)
        >>> found = power_limit(world, families.Uniform(), n=2000, rng=rng)
        >>> found.mean[[world.find("hall"), world.find("off")]].round(1).tolist()  # 3/4 and 1/2
        [0.7, 0.5]
    """
    batches = _samples(world, family, 1.0, n, rng, None, "ignorant")
    return _averaged(batches, lambda count: is_whole(family, world, count))


def _samples(
    world: World,
    family: AbstractGoalFamily,
    discount: float,
    n: int,
    rng: np.random.Generator,
    agent: AbstractAgent | None,
    foresight: Foresight,
) -> Iterator[tuple[Floats, Floats, float]]:
    """For each batch of goals: F[G, S] what POWER averages, the rewards, and a bound on the former."""
    if discount == 1.0 and agent is not None:
        raise ProblemError("power_of_acts: at discount 1 there is no agent; leave it out.")
    check_average(0.5 if discount == 1.0 else discount, n)
    for goals in goal_batches(world, family, n, rng):
        if discount == 1.0:
            yield gain(world, goals.reward), goals.reward, 0.0
            continue
        problem, scale, bound = Problem(world, goals, discount), (1.0 - discount) / discount, 0.0
        if agent is None:
            solution = solve_as(problem, foresight)
            value, bound = solution.value, scale * float(solution.bound.max())
        else:
            value = evaluate(problem, agent.behave(problem, rng).policy)
        yield floats(scale * (value - goals.reward)), goals.reward, bound


def _averaged(
    batches: Iterable[tuple[Floats, Floats, float]], whole: Callable[[int], bool]
) -> MeanOverGoals:
    """The mean of samples over goals, with moments about the mean of the first batch."""
    count, bound, edges = 0, 0.0, (np.inf, -np.inf)
    shift: Floats | None = None
    for sample, reward, off in batches:
        if shift is None:
            shift = floats(sample.mean(axis=0))
            total, squares = np.zeros(len(shift)), np.zeros(len(shift))
        total += (sample - shift).sum(axis=0)
        squares += np.square(sample - shift).sum(axis=0)
        edges = min(edges[0], float(reward.min())), max(edges[1], float(reward.max()))
        count, bound = count + len(sample), max(bound, off)
    assert shift is not None
    error = np.full(len(shift), np.nan)
    if whole(count):
        error = np.zeros(len(shift))
    elif count > 1:
        spread = np.maximum(squares - np.square(total) / count, 0.0)
        error = np.sqrt(spread / (count - 1) / count)
    mean = floats(shift + total / count)
    return MeanOverGoals(mean, floats(error), count, bound, (), edges, whole(count))


def _expected(world: World, value: Floats, pair: int) -> Floats:
    """F[G], the expected value of the state that a pair leads to."""
    to = slice(int(world.next_ptr[pair]), int(world.next_ptr[pair + 1]))
    return floats(value[:, world.next_state[to]] @ world.next_prob[to])
