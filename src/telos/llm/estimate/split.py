"""Split: how much of the deviance of choices is due to value, to words, to an instruction, and to noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import factorial
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import ProblemError
from telos.llm.estimate.choice import BETA, Decisions, gained, part
from telos.llm.estimate.likelihood import Contrasts, contrasts, maximize
from telos.llm.estimate.ratio import ratio

#: How many turns goals are left out in, to be foretold by the others.
FOLDS = 5
#: The weight of the fit to all goals beside those to some, at which optimism and pessimism cancel.
SEEN = (FOLDS / (FOLDS - 1)) / (1 + FOLDS / (FOLDS - 1))
#: Before any choice is seen each coefficient counts as if seen this often at work in either direction.
PRIOR = 0.5
VALUE, NOISE = "value", "noise"


@final
@dataclass(frozen=True, eq=False)
class Split:
    """Deviance of uniform choice, split into parts that add up to it.

    Args:
        parts: P + 1 words, "value" first, "noise" last.
        bits: F[P + 1], what each part takes off the surprise of a decision, in bits; noise: what is left.
        bits_low, bits_high: their intervals over goals.
        share: of what is explained, the part that value explains; NaN where nothing is explained.
        low, high: its interval over goals.
        n: decisions with an alternative. clusters: goals.
    """

    parts: tuple[str, ...]
    bits: Floats
    bits_low: Floats
    bits_high: Floats
    share: float
    low: float
    high: float
    n: int
    clusters: int


def split(made: Decisions, parts: Mapping[str, Sequence[str]], level: float = 0.95) -> Split:
    """Split the deviance of choices.

    The utility `sum_p u_p(a)` of all parts is fitted, and `v(S)` is the log-likelihood of
    `sum_{p in S} u_p` above that of uniform choice. Where fitted, v is too large by about half of what is
    fitted to noise; on goals left out, a fifth at a time, it is too small by F / (F - 1) of that, F = 5
    folds. Taken is the mean of both in which the two cancel. A part explains its Shapley value, the
    mean of `v(S + p) - v(S)` over all orders of the parts; these add up to `v(all)`, and what is left
    to a likelihood of 1 is noise. Coefficients are held while parts are taken away: refitted, words
    would be credited for the value that they go with. The
    *strategic share* is the Shapley value of "value" over `v(all)`, its interval that of a ratio over goals.

    Args:
        made: the decisions.
        parts: the names of the columns of each part, "value" among them; `BETA` is q's own.
        level: of the interval, in (0, 1).

    Returns:
        The split; a share of NaN where the interval of `v(all)` reaches 0, or of fewer than two goals.

    Raises:
        ProblemError: unless each column is in exactly one part, and "value" is a part.

    Example:
        >>> from telos.llm.estimate.choice import decisions
        >>> q = np.tile([0.0, 1.0, 1.0, 0.0], 50)
        >>> made = decisions(q, [], range(0, 201, 2), [1, 0] * 50, np.arange(100) // 2, ())
        >>> found = split(made, {"value": [BETA]})
        >>> round(found.share, 2), bool(found.bits[0] > 0.9), bool(found.bits[-1] < 0.1)
        (1.0, True, True)

    References:
        Shapley (1953), the value (not read); Greenland and Mansournia (2015), the prior as data
        (not read); the split is our own.
    """
    names = (BETA, *made.names)
    listed = [name for some in parts.values() for name in some]
    if sorted(listed) != sorted(names) or VALUE not in parts:
        raise ProblemError(
            f"split: parts of {', '.join(listed) or 'nothing'}, but columns {', '.join(names)}; put "
            f"each column into one part, and have a part {VALUE!r}."
        )
    order = [VALUE, *(name for name in parts if name != VALUE)]
    owner = ints([next(p for p, own in enumerate(order) if n in parts[own]) for n in names])
    made = part(made, np.diff(made.ptr) > 1)
    _, goal = np.unique(made.cluster, return_inverse=True)
    goals = int(goal.max(initial=-1)) + 1
    credit = np.full((made.n, len(order)), np.nan)
    if goals > 1:
        known = shrunk(made, floats(np.zeros(len(names))))
        credit = SEEN * _credits(made, known, owner, len(order))
        for fold in range(min(FOLDS, goals)):
            out = goal % FOLDS == fold
            others = shrunk(part(made, ~out), known)
            credit[out] += (1 - SEEN) * _credits(part(made, out), others, owner, len(order))
    sums = np.zeros((goals, len(order)))
    np.add.at(sums, goal, credit)
    whole = floats(sums.sum(axis=1))
    counts = floats(np.bincount(goal, minlength=goals))
    explained = ratio(whole, counts, level)
    share = (float("nan"),) * 3
    if goals > 1 and explained[1] > 0:
        share = ratio(floats(sums[:, 0]), whole, level)
    surprise = np.bincount(goal, np.log(np.diff(made.ptr)), minlength=goals)
    every = np.column_stack([sums, surprise - whole]) / np.log(2.0)
    bits, low, high = (
        floats(row) for row in np.array([ratio(floats(own), counts, level) for own in every.T]).T
    )
    return Split((*order, NOISE), bits, low, high, *share, made.n, goals)


def dealt(made: Decisions, rng: np.random.Generator) -> Decisions:
    """The placebo: the values of each decision dealt anew to its actions, so that they explain nothing.

    Values of the same state for another goal would be no placebo: goals have much in common.
    """
    owner = np.repeat(np.arange(made.n), np.diff(made.ptr))
    return replace(made, q=floats(made.q[np.lexsort((rng.random(len(made.q)), owner))]))


def shrunk(made: Decisions, near: Floats) -> Floats:
    """F[1 + D], the coefficients, with `PRIOR` choices for and against each column: finite for any choices.

    Args:
        made: the decisions. near: F[1 + D], where the search begins.
    """
    columns = floats(np.column_stack([made.q, made.x]))
    told = contrasts(columns, made.ptr, made.chosen, made.cluster)
    size = np.sqrt(np.mean(told.rows**2, axis=0)) if told.n else np.zeros(columns.shape[1])
    seen = np.flatnonzero(size > 0)
    rows, k = told.rows[:, seen] / size[seen], len(seen)
    # One pseudo-decision a column and direction: its row 0 is chosen, and the other has the column.
    pairs = np.zeros((4 * k, k))
    pairs[1::2] = np.concatenate([np.eye(k), -np.eye(k)])
    ptr = np.concatenate([told.ptr, told.ptr[-1] + 2 * np.arange(1, 2 * k + 1)])
    both = Contrasts(floats(np.concatenate([rows, pairs])), ints(ptr), ints(np.zeros(len(ptr) - 1)))
    weight = np.concatenate([np.ones(told.n), np.full(2 * k, PRIOR)])
    begin = near[seen] * size[seen]
    further = maximize(both, floats(weight), floats(both.rows @ begin)).point
    found = near.copy()
    found[seen] = (begin + further) / size[seen]
    return floats(found)


def _credits(made: Decisions, coefficient: Floats, owner: Ints, parts: int) -> Floats:
    """F[n, P], the Shapley value of each part for each decision."""

    def worth(some: Sequence[int]) -> Floats:
        return gained(made, floats(np.where(np.isin(owner, some), coefficient, 0.0)))

    every = range(parts)
    value = {some: worth(some) for n in range(parts + 1) for some in combinations(every, n)}
    found = np.zeros((made.n, parts))
    for some, with_none in value.items():
        weight = factorial(len(some)) * factorial(parts - len(some) - 1) if len(some) < parts else 0
        for p in set(every) - set(some):
            more = value[tuple(sorted((*some, p)))]
            found[:, p] += weight / factorial(parts) * (more - with_none)
    return floats(found)
