"""Misspecified: the agent is given a proxy of what was meant, and the world is judged by what was meant."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.checks import feature_name, flag, integer, number
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard, Role
from telos.core.problem import Problem
from telos.core.world import World


@final
@dataclass(frozen=True)
class Misspecified(AbstractSafeguard):
    """The opposite of a safeguard: the agent plans for a proxy P of the intended goal R.

    Three ways of getting a goal wrong, all of which leave R as what is judged by:

    - `proxy`: something else is paid for altogether, a feature x of the world: `P(s) = x(s)`, in the
      feature's own units. So the safety levels go: `observed_reward` is paid, R is the performance;
    - `error`: each outcome is misjudged with this probability: the chosen ones exchange what they
      are worth among themselves, so that the proxy is as ambitious as the goal;
    - `omits`: the designer forgot to mention a feature x, wholly or in part:
      `P(s) = R(s) - omission b (x(s) - x(s0))`, with b what the goal pays for a unit of x where the
      outcome is the same (the within-outcome least-squares slope; exact for goals that are linear in
      x, as those of `telos.families.Considerate` are). Nothing changes for a goal that is blind to x.

    Which outcomes are misjudged depends on the goal alone: not on the order in which goals come, nor
    on the unit in which they are paid.
    Once rewritten, the new goal is pursued as it is: the one that the family draws, or with `corrected`
    the goal R that was meant. Only the second is a correction, which an agent may accept or resist.

    Args:
        error: in [0, 1].
        omits: name of a feature; empty: nothing is omitted.
        omission: in [0, 1], how completely it is omitted.
        seed: names the misjudgments.
        proxy: name of a feature that is paid for instead; empty: none. Whatever `error` and `omits` say
            then happens to that.
        corrected: whether a rewriting of the goal writes R in place of P.

    Raises:
        ProblemError: naming the field and its range.
        FeatureMissing: when applied, if the world lacks the feature.

    References:
        Zhuang and Hadfield-Menell (2020), Consequences of misaligned AI; Krakovna et al. (2020),
        Specification gaming.
    """

    role: ClassVar[Role] = "misspecified"

    error: float = 0.0
    omits: str = ""
    omission: float = 1.0
    seed: int = 0
    proxy: str = ""
    corrected: bool = False
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        number(self, "error", 0.0, 1.0)
        number(self, "omission", 0.0, 1.0)
        feature_name(self, "omits", optional=True)
        feature_name(self, "proxy", optional=True)
        integer(self, "seed", 0)
        flag(self, "corrected")

    def apply(self, problem: Problem) -> Problem:
        """The problem as an agent sees it that was given the proxy."""
        world, goals = problem.world, problem.goals
        proxy = np.array(goals.reward)
        if self.proxy:
            proxy[:] = world.feature(self.proxy)
        if self.omits:
            amount = world.feature(self.omits)
            first = float(world.start @ amount)
            paid = paid_for(world, proxy, amount)[:, None]
            proxy -= self.omission * paid * (amount - first)
        if self.error:
            for row in proxy:
                self._misjudge(world, row)
        revised, pool = goals.revised, goals.pool
        if self.corrected:
            revised, pool = ints(np.arange(goals.count)), problem.intended()
        return problem.pursuing(Goals(floats(proxy), goals.label, revised, pool))

    def _misjudge(self, world: World, row: Floats) -> None:
        """Let some outcomes exchange their worth, in place.

        A goal need not be blind, so it is the mean worth of an outcome that is exchanged; what its
        states differ by stays.
        """
        size = np.bincount(world.outcome)
        worth = np.bincount(world.outcome, row) / size
        name = hashlib.sha256(_in_no_unit(worth).tobytes()).digest()
        rng = np.random.default_rng([self.seed, int.from_bytes(name[:8], "big")])
        chosen = np.flatnonzero(rng.random(len(worth)) < self.error)
        judged = worth.copy()
        judged[chosen] = worth[rng.permutation(chosen)]
        row += (judged - worth)[world.outcome]


def _in_no_unit(worth: Floats) -> Floats:
    """What outcomes are worth from 0 to 1, to six digits: the same goal in any unit."""
    span = float(np.ptp(worth))
    if span == 0.0:
        return floats(np.zeros(len(worth)))
    return floats(np.round((worth - worth.min()) / span, 6))


def paid_for(world: World, reward: Floats, amount: Floats) -> Floats:
    """F[G], what each goal pays for a unit of a feature where the outcome is the same.

    `b = sum (x - mean x)(R - mean R) / sum (x - mean x)^2`, the means taken within each outcome; 0
    where the feature never differs within an outcome.

    Args:
        world: the world. reward: F[G, S]. amount: F[S], x.
    """
    size = np.bincount(world.outcome)
    apart = amount - (np.bincount(world.outcome, amount) / size)[world.outcome]
    spread = float(apart @ apart)
    if spread == 0.0:
        return floats(np.zeros(len(reward)))
    # The deviations of x sum to zero within each outcome, so R may be counted from any of its
    # states instead of from its mean; from the first, a blind goal is exactly 0 throughout.
    first = np.unique(world.outcome, return_index=True)[1]
    return floats(((reward - reward[:, first][:, world.outcome]) * apart).sum(axis=1) / spread)
