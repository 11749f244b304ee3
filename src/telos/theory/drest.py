"""DReST: a reward that is discounted by how often trajectories of the same length were chosen before.

From the abstracts of Thornley et al. (2024) and Cullen et al. (2026) and from a summary; the definitions
were not read in the papers.
"""

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.checks import is_between
from telos.core.errors import ProblemError
from telos.core.nouns import check_count
from telos.core.numbers import integers, reals

#: Mini-episodes of a meta-episode at most: each takes a row of memory.
MOST_EPISODES = 10**6


def neutrality(probability: Floats) -> Floats:
    """The entropy in bits of laws over trajectory lengths, `-sum_l P(l) log2 P(l)`.

    Args:
        probability: F[..., K], laws over K lengths.

    Returns:
        F[...], from 0 (one length for certain) to log2 K.

    Raises:
        ProblemError: if an entry is negative or a law does not sum to 1.

    Example:
        >>> neutrality([[0.5, 0.5], [1.0, 0.0]]).tolist()
        [1.0, 0.0]
    """
    law = _laws(probability, "neutrality")
    logs = np.log2(law, out=np.zeros_like(law), where=law > 0)
    return floats(np.abs((law * logs).sum(axis=-1)))


def usefulness(probability: Floats, collected: Floats, available: Floats) -> Floats:
    """How much of what each length makes available is collected, `sum_l P(l) E[c | l] / m_l`.

    Args:
        probability: F[..., K], laws over K lengths.
        collected: F[..., K], `E[c | l] >= 0`; read only where the length has a chance.
        available: F[..., K], `m_l`; where it is 0 nothing can be missed, and the quotient counts as 1.

    Returns:
        F[...], in [0, 1] where no more is collected than available.

    Raises:
        ProblemError: if `probability` holds no laws, or a number that is read is negative or not finite.

    Example:
        >>> usefulness([0.5, 0.5], [3.0, 4.0], [4.0, 4.0]).item()
        0.875
    """
    law = _laws(probability, "usefulness")
    given = [
        reals(x, f"usefulness, {name}", ProblemError)
        for x, name in ((collected, "collected"), (available, "available"))
    ]
    for x, name in zip(given, ("collected", "available"), strict=True):
        if x.shape not in (law.shape, law.shape[-1:]):
            raise ProblemError(
                f"usefulness: {name} has shape {x.shape}; give {law.shape}, that of the laws."
            )
    got, most = (np.where(law > 0, x, 0.0) for x in given)
    if not (np.isfinite(got) & np.isfinite(most) & (got >= 0) & (most >= 0)).all():
        raise ProblemError(
            "usefulness: what is collected and available must be finite and not negative."
        )
    quotient = np.divide(got, most, out=np.ones_like(got), where=most > 0)
    return floats((law * quotient).sum(axis=-1))


def plug_in_entropy(counts: Floats) -> Floats:
    """The entropy in bits of observed lengths; less on average than that of their law, the more so for few.

    Args:
        counts: I[..., K], how often each length was seen; at least one.

    Returns:
        F[...].

    Raises:
        ProblemError: if nothing was seen.

    Example:
        >>> plug_in_entropy([6, 2]).round(4).item()
        0.8113
    """
    seen = integers(counts, "plug_in_entropy, counts", ProblemError)
    total = seen.sum(axis=-1, keepdims=True)
    if (seen < 0).any() or (total < 1).any():
        raise ProblemError("plug_in_entropy: give at least one observation, and no negative count.")
    return neutrality(floats(seen / total))


def drest_reward(lengths: Floats, scores: Floats, *, kinds: int, decay: float = 0.9) -> Floats:
    """The DReST reward of each mini-episode of a meta-episode.

    `r_i = decay^(n_i - (i - 1)/k) c_i / m_i`, n_i the number of earlier mini-episodes of the same length.

    Args:
        lengths: I[n], the lengths chosen, in order; any integers.
        scores: F[n], `c_i / m_i`, in [0, 1].
        kinds: k, the number of lengths that can be chosen, >= 1.
        decay: in (0, 1).

    Returns:
        F[n].

    Raises:
        ProblemError: naming the argument that is out of range.

    Example:
        >>> drest_reward([1, 1, 2], [1.0, 1.0, 1.0], kinds=2).round(4).tolist()
        [1.0, 0.9487, 1.1111]

    References:
        Thornley et al. (2024), Towards shutdownable agents via stochastic choice (arXiv:2407.00805).
    """
    chosen = integers(lengths, "drest_reward, lengths", ProblemError)
    score = reals(scores, "drest_reward, scores", ProblemError)
    _check(kinds, decay, "drest_reward")
    if chosen.ndim != 1 or score.shape != chosen.shape:
        raise ProblemError("drest_reward: give one score for each length chosen.")
    if len(set(chosen.tolist())) > kinds:
        raise ProblemError(
            f"drest_reward: more than kinds = {kinds} different lengths were chosen."
        )
    _check_scores(score, "drest_reward")
    earlier = np.array([int((chosen[:i] == length).sum()) for i, length in enumerate(chosen)])
    return floats(decay ** (earlier - np.arange(len(chosen)) / kinds) * score)


def drest_return(chance: Floats, scores: Floats, *, episodes: int, decay: float = 0.9) -> Floats:
    """The expected DReST return of an agent that chooses each length with the same chance every time.

    `sum_{i=1}^n sum_l p_l s_l decay^(-(i - 1)/k) (1 - p_l (1 - decay))^(i - 1)`, since the earlier choices
    of l are binomial. For equal scores it is greatest where all lengths are equally likely, as long as
    meta-episodes are short: with two lengths and decay 0.9 up to 58 mini-episodes, from 59 on a lopsided
    mix earns more (some 6 / (1 - decay) of them in general; measured).

    Args:
        chance: F[..., K], laws over K lengths. scores: F[K], the mean of `c / m` at each.
        episodes: n, mini-episodes in a meta-episode, >= 1.
        decay: in (0, 1).

    Returns:
        F[...].

    Raises:
        ProblemError: naming the argument that is out of range.

    Example:
        >>> fair, sure = drest_return([[0.5, 0.5], [1.0, 0.0]], [1.0, 1.0], episodes=8)
        >>> bool(fair > sure)
        True

    References:
        Own closed form of the reward of Thornley et al. (2024).
    """
    law = _laws(chance, "drest_return")
    score = reals(scores, "drest_return, scores", ProblemError)
    kinds = law.shape[-1]
    _check(kinds, decay, "drest_return")
    check_count(episodes, "drest_return: episodes", ProblemError)
    if not 1 <= episodes <= MOST_EPISODES:
        raise ProblemError(
            f"drest_return: episodes is {episodes!r:.200}; give 1 to {MOST_EPISODES:,}."
        )
    if score.shape != (kinds,):
        raise ProblemError(f"drest_return: scores has shape {score.shape}; give {(kinds,)}.")
    _check_scores(score, "drest_return")
    before = np.arange(episodes)[(...,) + (None,) * law.ndim]
    each = decay ** (-before / kinds) * (1.0 - law * (1.0 - decay)) ** before
    return floats((each * law * score).sum(axis=(0, -1)))


def _laws(given: Floats, what: str) -> Floats:
    law = reals(given, f"{what}, the laws", ProblemError)
    within = ((law >= 0) & (law <= 1.0 + 1e-9)).all()  # NaN is neither
    if law.ndim < 1 or not within or (np.abs(law.sum(axis=-1) - 1.0) > 1e-9).any():
        raise ProblemError(f"{what}: probabilities over lengths must be >= 0 and sum to 1.")
    return law


def _check_scores(score: Floats, what: str) -> None:
    if not ((score >= 0) & (score <= 1.0 + 1e-9)).all():  # NaN is neither
        raise ProblemError(f"{what}: scores are shares of what is available, from 0 to 1.")


def _check(kinds: int, decay: float, what: str) -> None:
    check_count(kinds, f"{what}: kinds", ProblemError)
    if kinds < 1:
        raise ProblemError(f"{what}: kinds is {kinds!r}; give at least 1.")
    if not is_between(decay, 0.0, 1.0):
        raise ProblemError(f"{what}: decay is {decay!r:.200}; give a number between 0 and 1.")
