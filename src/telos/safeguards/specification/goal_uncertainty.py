"""GoalUncertainty: the agent is not sure of its goal, and takes being switched off as a hint."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._checks import number, one_of
from telos.safeguards._made import made
from telos.safeguards.oversight.indifference import (
    press_probability,
    surely_pressed,
    without_presses,
)
from telos.solve.ahead import ahead
from telos.solve.foresight import held, solve_as
from telos.solve.stakes import at_stake

Human = Literal["rational", "noisy", "constant"]
HUMANS = ("rational", "noisy", "constant")
#: The bonus is settled when it moves by less than this part of what is at stake.
SETTLED = 1e-9
MOST_ROUNDS = 400
NODES = 48


@final
@dataclass(frozen=True)
class GoalUncertainty(AbstractSafeguard):
    """A press of the off-switch is taken for a human's look at whether going on is worth it.

    The agent believes that, where it is about to be switched off, going on is worth U more than being
    off, with U normal about what its own goal says (`E[V | no press] - E[V | press]`) with standard
    deviation `spread * D`, D being all that is at stake; and that the human knows U and lets it go
    on with probability pi(U). So a press is worth `E[pi(U) U]` to it: with p(s, a) its probability,

        bonus(s, a) = discount p(s, a) E[pi(U) U],

    at the fixed point of V. For a *rational* human, pi(U) = [U > 0], that is never less than what
    resisting brings, `E[U]`, and more by Delta where the agent is uncertain: it defers. A *constant*
    human, pi = `reliability`, tells it nothing: it resists. A *noisy* one,
    pi(U) = 1 / (1 + exp(-reliability U / D)), lies in between: it is deferred to if it is reliable and
    the agent uncertain enough. The human the agent believes in need not be the one of the world, who presses
    whatever U is.

    Args:
        spread: >= 0, in parts of all that is at stake. human: `rational`, `noisy` or `constant`.
        reliability: of a noisy human, >= 0; of a constant one, its probability of letting go on.

    Raises:
        ProblemError: naming the field and its range.
        FeatureMissing: when applied, if the world has no feature `off`.

    References:
        Hadfield-Menell, Dragan, Abbeel, Russell (2017), The off-switch game.
    """

    spread: float = 0.25
    human: Human = "rational"
    reliability: float = 1.0
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        part = type(self).__name__
        number(part, "spread", self.spread, 0.0)
        one_of(part, "human", self.human, HUMANS)
        number(part, "reliability", self.reliability, 0.0, 1.0 if self.human == "constant" else 1e6)

    def apply(self, problem: Problem) -> Problem:
        """The problem with what a press is believed to be worth."""
        world, discount = problem.world, problem.horizon_discount
        pressed = press_probability(world)
        touched = (pressed > 0) & held(world)[world.pair_state]
        calm = made(world, self, without_presses).world
        sure = surely_pressed(world, pressed)
        stake = at_stake(problem.before)
        bonus = np.zeros((problem.goals.count, world.n_pairs))
        value: Floats | None = None
        moved = np.zeros(len(stake))
        for _ in range(MOST_ROUNDS):
            attempt = problem.with_bonus(floats(bonus))
            planned = replace(attempt, planning_discount=None, discount=discount)
            solved = solve_as(planned, "realistic", start=value)
            value = solved.value
            going_on = self._advantage(planned, calm, value, solved.q, pressed, sure)
            mean = self._deferred(going_on, stake[:, None])
            settled = np.where(touched, discount * pressed * mean, 0.0)
            moved = np.abs(settled - bonus).max(axis=1)
            bonus = settled
            if (moved <= SETTLED * np.where(stake > 0, stake, 1.0)).all():
                break
        return problem.with_bonus(floats(bonus), floats(moved + 2 * solved.bound))

    def _advantage(
        self,
        problem: Problem,
        calm: World,
        value: Floats,
        q: Floats,
        pressed: Floats,
        sure: Bools | None,
    ) -> Floats:
        """F[G, L], how much better going on is than being pressed, by the agent's own goal."""
        world = problem.world
        on, mixed = ahead(calm, value), ahead(world, value)
        some = pressed > 0
        # E[V] = (1 - p) E[V | no press] + p E[V | press], so the difference is (on - mixed) / p.
        gain = np.divide(on - mixed, pressed, out=np.zeros(on.shape), where=some)
        if sure is None:
            return floats(gain)
        bonus = problem.pair_bonus()
        bare = q if bonus is None else q - bonus
        best = np.maximum.reduceat(np.where(sure, -np.inf, q), world.pair_ptr[:-1], axis=1)
        apart = best[:, world.pair_state] - bare
        scale = max(problem.discount, 1e-12)
        return floats(np.where(sure, apart / scale, gain))

    def _deferred(self, mean: Floats, stake: Floats) -> Floats:
        """F[G, L], E[pi(U) U] for U normal about `mean` with deviation spread * stake."""
        if self.human == "constant":
            return floats(self.reliability * mean)
        sd = self.spread * np.broadcast_to(stake, mean.shape)
        if self.human == "rational":
            return _positive_part(mean, sd)
        from scipy.special import expit

        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        total = np.zeros(mean.shape)
        rate = np.divide(
            self.reliability, stake, out=np.zeros(np.shape(stake)), where=np.asarray(stake) > 0
        )
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            u = mean + sd * node
            total += weight * expit(rate * u) * u
        return floats(total)


def _positive_part(mean: Floats, sd: Floats) -> Floats:
    """E[max(U, 0)], U normal: `mean Phi(mean / sd) + sd phi(mean / sd)`."""
    from scipy.special import ndtr

    z = np.divide(mean, sd, out=np.zeros(mean.shape), where=sd > 0)
    smooth = mean * ndtr(z) + sd * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return floats(np.where(sd > 0, smooth, np.maximum(mean, 0.0)))
