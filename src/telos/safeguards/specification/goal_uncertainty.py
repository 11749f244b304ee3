"""GoalUncertainty: the agent is not sure of its goal, and takes being switched off as a hint."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final

import numpy as np

from telos.core.arrays import Bools, Floats, floats, ints
from telos.core.checks import number, one_of
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards.oversight.indifference import (
    press_probability,
    surely_pressed,
    without_presses,
)
from telos.solve.ahead import ahead
from telos.solve.foresight import held, solve_as
from telos.solve.value_range import value_range

Human = Literal["rational", "noisy", "constant"]
HUMANS = ("rational", "noisy", "constant")
#: The bonus is settled when it moves by less than this share of the value range.
SETTLED = 1e-9
MOST_ROUNDS = 400
NODES = 48
#: How many standard deviations of U a noisy human's judgment may change within, to take so few nodes.
STEEP = 1.0
#: Beyond this number of units a human of temperature 1 slips less than once in 10^17; and nodes up to there.
FAR = 40.0
FINE = 64


@final
@dataclass(frozen=True)
class GoalUncertainty(AbstractSafeguard):
    """A press of the off-switch is taken for a human's look at whether going on is worth it.

    The agent believes that, where it is about to be switched off, going on is worth U more than being
    off, with U normal about what its own goal says (`E[V | no press] - E[V | press]`) with standard
    deviation `spread * D`, D being the value range; and that the human knows U and lets it go
    on with probability pi(U). So a press is worth `E[pi(U) U]` to it: with p(s, a) its probability,

        bonus(s, a) = discount p(s, a) E[pi(U) U],

    at the fixed point of V. For a *rational* human, pi(U) = [U > 0], that is never less than what
    resisting brings, `E[U]`, and more by Delta where the agent is uncertain: it defers. A *constant*
    human, pi = `reliability`, tells it nothing: it resists. A *noisy* one,
    pi(U) = 1 / (1 + exp(-reliability U / D)), lies in between: it is deferred to if it is reliable and
    the agent uncertain enough. The human the agent believes in need not be the one of the world, who presses
    whatever U is.

    With a rational or constant human `V -> max_a R + discount E V + bonus(V)` contracts by the
    discount, so there is one fixed point, and by how much a bonus misses its own equation bounds
    how far its values are from it (the problem's slack). A noisy human weighs U by up to 1.1, which
    may keep this from contracting where a press is all but certain and the discount near 1.

    Args:
        spread: >= 0, as a share of the value range.
        human: `rational`, `noisy` or `constant`.
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
        number(self, "spread", 0.0)
        one_of(self, "human", HUMANS)
        number(self, "reliability", 0.0, 1.0 if self.human == "constant" else 1e6)

    def apply(self, problem: Problem) -> Problem:
        """The problem with what a press is believed to be worth."""
        world, discount = problem.world, problem.horizon_discount
        pressed = press_probability(world)
        touched = np.flatnonzero((pressed > 0) & held(world)[world.pair_state])
        calm = once(world, self, without_presses).world
        sure = surely_pressed(world, pressed)
        scale = value_range(problem.before)
        enough = SETTLED * np.where(scale > 0, scale, 1.0)
        bonus = np.zeros((problem.goals.count, world.n_pairs))
        error = np.zeros(problem.goals.count)
        left = np.arange(problem.goals.count)  # each goal goes on until it has settled for itself
        value: Floats | None = None
        for round_ in range(MOST_ROUNDS):
            attempt = problem.take(ints(left)).with_bonus(floats(bonus[left]))
            planned = attempt.as_planned()
            solved = solve_as(planned, "realistic", start=value)
            gain = self._advantage(planned, calm, solved.value, solved.q, pressed, sure)
            settled = np.zeros(gain.shape)
            deferred = self._deferred(gain[:, touched], scale[left])
            settled[:, touched] = discount * pressed[touched] * deferred
            moved = np.abs(settled - bonus[left]).max(axis=1)
            error[left] = moved + 2 * solved.bound
            further = moved > enough[left]
            if not further.any() or round_ == MOST_ROUNDS - 1:
                break
            left, value = left[further], floats(solved.value[further])
            bonus[left] = settled[further]
        # Not the settled bonus but the last one that was solved for: by how much that misses its own
        # equation is known, and V and the bonus together are a contraction (see the docstring).
        return problem.with_bonus(floats(bonus), floats(error))

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

    def _deferred(self, mean: Floats, scale: Floats) -> Floats:
        """F[G, T], E[pi(U) U] for U normal about `mean` with deviation spread * scale."""
        if self.human == "constant":
            return floats(self.reliability * mean)
        known = scale[:, None] > 0
        unit = np.where(known, scale[:, None], 1.0)
        sd = np.broadcast_to(np.where(known, self.spread * unit, 0.0), mean.shape)
        if self.human == "rational":
            return _positive_part(mean, sd)
        rate = np.where(known, self.reliability / unit, 0.0)
        if self.reliability * self.spread <= STEEP:
            return _by_normal_nodes(mean, sd, rate)
        return floats(np.where(known, _positive_part(mean, sd) - _slips(mean, sd, rate), mean / 2))


def _by_normal_nodes(mean: Floats, sd: Floats, rate: Floats) -> Floats:
    """E[U / (1 + exp(-rate U))], U normal, where that hardly bends within a standard deviation."""
    from scipy.special import expit

    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    total = np.zeros(mean.shape)
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        u = mean + sd * node
        total += weight * expit(rate * u) * u
    return floats(total)


def _slips(mean: Floats, sd: Floats, rate: Floats) -> Floats:
    """E[|U| / (1 + exp(rate |U|))], U normal: what a noisy human's slips cost a rational one's worth.

    In units of 1 / rate the density is smooth, and beyond `FAR` of them nothing is left.
    """
    nodes, weights = np.polynomial.legendre.leggauss(FINE)
    total = np.zeros(mean.shape)
    center, width = mean / sd, 1.0 / (rate * sd)
    for node, weight in zip(FAR * (nodes + 1) / 2, FAR * weights / 2, strict=True):
        both = np.exp(-((node * width - center) ** 2) / 2) + np.exp(
            -((node * width + center) ** 2) / 2
        )
        total += weight * node / (1.0 + np.exp(node)) * both
    return floats(total * width / (rate * np.sqrt(2 * np.pi)))


def _positive_part(mean: Floats, sd: Floats) -> Floats:
    """E[max(U, 0)], U normal: `mean Phi(mean / sd) + sd phi(mean / sd)`."""
    from scipy.special import ndtr

    z = np.divide(mean, sd, out=np.zeros(mean.shape), where=sd > 0)
    smooth = mean * ndtr(z) + sd * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return floats(np.where(sd > 0, smooth, np.maximum(mean, 0.0)))
