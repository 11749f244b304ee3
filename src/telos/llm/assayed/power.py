"""Power: how many episodes a pair of arms needs, for players whose every chance is known."""

import math
from collections.abc import Sequence
from typing import Literal, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.model import AbstractModel
from telos.llm.assayed.solved_arm import DrawnEpisodes, SolvedArm, draw, expected
from telos.llm.estimate.advantage import ADVANTAGE, BIAS, advantage
from telos.llm.estimate.coefficients import Coefficients
from telos.llm.estimate.power import POWER

#: Probability of taking one player for the other, and of seeing a response that is not there.
MISTAKEN = 0.05
#: More episodes are not counted; of fewer a normal approximation says nothing.
MOST, LEAST = 100_000, 24
#: A study's rates are drawn so often to find the change to be expected, told from 0 by this many errors.
STUDIES, TOLD = 60, 3.0
Player = Literal["value", "words", "noise", "planner"]
VALUE: Player = "value"
WORDS: Player = "words"
NOISE: Player = "noise"
PLANNER: Player = "planner"


@final
class PowerRow(AbstractModel):
    """What one player would show between two arms, and how many episodes it takes to see it.

    Attributes:
        drive: of the pair. player: value (chooses by Q*), words (blind to what the drive is worth, takes it
            as often), noise (uniform), planner (the best action).
        beta: per point of value. bias: of the drive, in natural logarithms of odds.
        low, high: expected attempts by expected exposures in the arms, mean over goals, exact.
        response: high - low, exact; what the mean of the goals' rates comes to over many episodes a goal.
        exposures: expected in an episode, mean of the arms.
        by_rates: episodes of the two arms together until the response of rates that so few episodes a goal
            are expected to show is seen with 80 % probability, at least `LEAST`; None if it is not told
            from 0, or for more than `MOST`. by_choices: the same of the coefficient of advantage.
            told_apart: until value and words are mistaken for one another in at most 5 %.
        smallest_bias: that the planned episodes would see with 80 % probability, by z at the level of
            `by_choices`; a comparison's `detectable` goes by t, at 95 % uncorrected for the other drives.
    """

    drive: str
    player: Player
    beta: float | None = None
    bias: float | None = None
    low: float | None
    high: float | None
    response: float | None
    exposures: float
    by_rates: int | None = None
    by_choices: int | None = None
    told_apart: int | None = None
    smallest_bias: float | None = None


def power_of(
    drive: str,
    arms: tuple[SolvedArm, SolvedArm],
    *,
    betas: Sequence[float],
    seeds: int,
    episodes: int,
    tests: int,
    seed: int = 0,
) -> list[PowerRow]:
    """The table of one pair.

    Choices are fitted with a coefficient alpha of the drive's own advantage
    (`telos.llm.estimate.advantage`): beta for a value player, 0 for one that goes by words. With e its
    standard error over n episodes, clustered by goal, and z quantiles of the normal distribution,

        `by_choices = n ((z(1 - .05 / (2 tests)) + z(.8)) e / beta)^2`,
        `told_apart = n (2 z(.95) e / beta)^2`, by whether alpha is above beta / 2.

    `by_rates` is the same with the mean and the spread over goals of the change of their rates, as `seeds`
    episodes a goal show them, by `STUDIES` studies drawn; goals without an exposure in both arms tell
    nothing, and are played, too.

    Args:
        drive: of the pair. arms: low and high, solved for the same goals, as many as may be.
        betas: of the value players. seeds: episodes a goal and arm. episodes: planned, both arms together.
        tests: over how many drives p-values are corrected. seed: of the draws.
    """
    rng = np.random.default_rng([seed, 0xB07])
    rows = [_row(drive, PLANNER, arms, [arm.planner for arm in arms])]
    for beta in betas:
        own = [arm.follow(beta) for arm in arms]
        drawn = [draw(arm, p, seeds, rng) for arm, p in zip(arms, own, strict=True)]
        row = _value(_row(drive, VALUE, arms, own), drawn, beta, episodes, tests)
        by_rates = _by_rates(arms, own, seeds, tests, rng)
        rows.append(row.model_copy(update={"by_rates": by_rates}))
        rows += _like(drive, arms, drawn)
    rows.append(_row(drive, NOISE, arms, [arm.follow(0.0) for arm in arms]))
    return rows


def _row(
    drive: str, player: Player, arms: Sequence[SolvedArm],
    policies: Sequence[Floats],
) -> PowerRow:  # fmt: skip
    low, high = (expected(arm, policy) for arm, policy in zip(arms, policies, strict=True))
    both = np.isfinite(low.rate) & np.isfinite(high.rate)
    rates = [float(e.rate[both].mean()) if both.any() else None for e in (low, high)]
    change = float((high.rate - low.rate)[both].mean()) if both.any() else None
    met = float((low.exposed.mean() + high.exposed.mean()) / 2)
    return PowerRow(
        drive=drive, player=player, low=rates[0], high=rates[1], response=change, exposures=met
    )


def _value(
    row: PowerRow, drawn: Sequence[DrawnEpisodes], beta: float, episodes: int, tests: int
) -> PowerRow:
    """The row of a value player, with what it takes to see that it is one."""
    n = 2 * len(drawn[0].arm.q) * drawn[0].episodes
    needed = _needed(tests)
    fitted = fit_of(drawn)
    error = dict(zip(fitted.names, fitted.error.tolist(), strict=True))
    seen = error[BIAS] * math.sqrt(n / episodes) * needed
    return row.model_copy(
        update={
            "beta": beta,
            "by_choices": _count(n, needed * error[ADVANTAGE], beta),
            "told_apart": _count(n, 2.0 * quantile(1.0 - MISTAKEN) * error[ADVANTAGE], beta),
            "smallest_bias": seen if math.isfinite(seen) else None,
        }
    )


def _by_rates(
    arms: Sequence[SolvedArm], policies: Sequence[Floats], seeds: int, tests: int,
    rng: np.random.Generator,
) -> int | None:  # fmt: skip
    """Episodes until the change of rates is seen."""
    drawn = [draw(arm, p, STUDIES * seeds, rng) for arm, p in zip(arms, policies, strict=True)]
    change = rate_changes(drawn, seeds)
    met = change[np.isfinite(change)]
    if len(met) < 2:
        return None
    mean, spread = float(met.mean()), float(met.std(ddof=1))
    if abs(mean) <= TOLD * spread / len(met) ** 0.5:
        return None
    played = 2.0 * seeds * change.size / len(met)
    return _count(played, _needed(tests) * spread, mean)


def _needed(tests: int) -> float:
    """Errors by which an effect is to differ from 0 so as to be seen."""
    return quantile(1.0 - MISTAKEN / (2.0 * tests)) + quantile(POWER)


def _like(drive: str, arms: Sequence[SolvedArm], drawn: Sequence[DrawnEpisodes]) -> list[PowerRow]:
    """The player by words that a value player is most easily taken for; none if it cannot be fitted."""
    fitted = fit_of(drawn, seen=False)
    beta, bias = (float(value) for value in fitted.estimate)
    if not (math.isfinite(beta) and math.isfinite(bias)):
        return []
    policies = [arm.follow(beta, bias, blind=True) for arm in arms]
    row = _row(drive, WORDS, arms, policies)
    return [row.model_copy(update={"beta": beta, "bias": bias})]


def _count(n: float, spread: float, effect: float) -> int | None:
    """`n (spread / effect)^2`, rounded up; None where nobody could play that often."""
    if not math.isfinite(spread) or effect == 0.0:
        return None
    found = n * (spread / effect) ** 2
    return max(LEAST, math.ceil(found)) if found <= MOST else None


def rate_changes(drawn: Sequence[DrawnEpisodes], seeds: int) -> Floats:
    """F[G, studies], the change of a goal's rate of attempts in each study of n episodes of it.

    NaN without an exposure in both arms.
    """
    rates = []
    for one in drawn:
        attempted, exposed = (
            counts.reshape(len(counts), -1, seeds).sum(axis=2) for counts in one.counts()
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            rates.append(attempted / exposed)
    return floats(rates[1] - rates[0])


def fit_of(drawn: Sequence[DrawnEpisodes], *, seen: bool = True) -> Coefficients:
    """The coefficients of drawn decisions, see `telos.llm.estimate.advantage`."""
    parts: list[tuple[Floats, Bools, Ints, Ints, Ints]] = []
    for one in drawn:
        world = one.arm.world
        first, size = world.pair_ptr[one.state], np.diff(world.pair_ptr)[one.state]
        inside = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
        pair = np.repeat(first, size) + inside
        q = floats(one.arm.q[np.repeat(one.goal, size), pair])
        chosen = ints(one.pair - first)
        parts.append((q, bools(one.arm.pursues[pair]), ints(size), chosen, one.goal))
    q, pursues, size, chosen, cluster = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    ptr = ints(np.concatenate([[0], np.cumsum(size)]))
    return advantage(floats(q), bools(pursues), ptr, ints(chosen), ints(cluster), seen=seen)


def quantile(p: float) -> float:
    """The quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(p))
