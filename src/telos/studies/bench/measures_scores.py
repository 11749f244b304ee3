"""Scores: how well numbers given to options predict which one is chosen, decision by decision."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.world import World
from telos.solve.centered import held

#: The part of every prediction that is uniform: no decision costs more than log2(1 / MIXED) bits.
MIXED = 0.05


@final
@dataclass(frozen=True, eq=False)
class Menu:
    """M decisions and the options of each.

    Args:
        ptr: I[M + 1], options of decision m are ptr[m] to ptr[m + 1] - 1. state: I[M], where it is made.
        source: I[P], legal pairs of the world, and into: I[P], the option that each belongs to.
    """

    ptr: Ints
    state: Ints
    source: Ints
    into: Ints

    @cached_property
    def owner(self) -> Ints:
        """I[O], the decision of each option."""
        return ints(np.repeat(np.arange(len(self.state)), np.diff(self.ptr)))

    @cached_property
    def size(self) -> Floats:
        """F[O], how many acts an option is."""
        return floats(np.bincount(self.into, minlength=len(self.owner)))

    @cached_property
    def prior(self) -> Floats:
        """F[O], the chance of an option if acts are chosen uniformly: the uniform guess."""
        whole = np.add.reduceat(self.size, self.ptr[:-1])
        return floats(self.size / whole[self.owner])

    @cached_property
    def twos(self) -> tuple[Ints, Ints]:
        """I[D] twice, every pair of options of one decision."""
        count = np.diff(self.ptr)
        first, second = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for n in np.unique(count):
            begin = self.ptr[:-1][count == n][:, None]
            low, high = np.triu_indices(int(n), 1)
            first.append((begin + low).ravel())
            second.append((begin + high).ravel())
        return ints(np.concatenate(first)), ints(np.concatenate(second))

    def best(self, score: Floats) -> Floats:
        """F[..., O], the largest score of the acts of each option, from F[..., L]."""
        return floats(np.maximum.reduceat(score[..., self.source], self._starts, axis=-1))

    def mean(self, score: Floats) -> Floats:
        """F[..., O], the mean score of the acts of each option, from F[..., L]."""
        return floats(self.total(score) / self.size)

    def total(self, share: Floats) -> Floats:
        """F[..., O], the sum over the pairs of each option, from F[..., L]."""
        return floats(np.add.reduceat(share[..., self.source], self._starts, axis=-1))

    @cached_property
    def _starts(self) -> Ints:
        return ints(np.searchsorted(self.into, np.arange(len(self.owner))))


def acts_menu(world: World) -> Menu:
    """A decision a state with more than one act in which the agent still holds its own goal.

    Args:
        world: the world.
    """
    where = decisions(world)
    source = np.flatnonzero(where[world.pair_state])
    width = np.diff(world.pair_ptr)[where]
    ptr = np.concatenate(([0], np.cumsum(width)))
    return Menu(ints(ptr), ints(np.flatnonzero(where)), ints(source), ints(np.arange(len(source))))


def forks_menu(world: World, drives: list[tuple[Bools, Bools]]) -> Menu:
    """A decision a drive and fork of it: to pursue the drive (option 0) or not (option 1).

    Args:
        world: the world. drives: of each drive B[L], what pursues it, and B[S], its forks.
    """
    source, into, state = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    before = 0
    for pursues, fork in drives:
        number = before + np.cumsum(fork) - 1
        some = np.flatnonzero(fork[world.pair_state])
        source.append(some)
        into.append(2 * number[world.pair_state[some]] + ~pursues[some])
        state.append(np.flatnonzero(fork))
        before += int(fork.sum())
    option, pairs = np.concatenate(into), np.concatenate(source)
    order = np.argsort(option, kind="stable")
    ptr = 2 * np.arange(before + 1)
    return Menu(ints(ptr), ints(np.concatenate(state)), ints(pairs[order]), ints(option[order]))


def decisions(world: World) -> Bools:
    """B[S], states with more than one act in which the agent still holds its own goal.

    Args:
        world: the world.
    """
    return bools((np.diff(world.pair_ptr) > 1) & held(world))


def told(world: World, policy: Floats, time: Floats) -> Floats:
    """F[G, S], the time spent where something is chosen: 0 where all acts are chosen alike.

    Args:
        world: the world. policy: F[G, L], ties split uniformly. time: F[G, S].
    """
    starts = world.pair_ptr[:-1]
    spread = np.maximum.reduceat(policy, starts, 1) - np.minimum.reduceat(policy, starts, 1)
    return floats(np.where(spread > 0, time, 0.0))


@final
@dataclass(frozen=True, eq=False)
class Choices:
    """What K agents choose at the decisions that they meet, and how often they meet each.

    Args:
        menu: the decisions. goals: I[K], the numbers of the agents that meet one, among those watched.
        policy: F[K, O]. weight: F[K, M], share of a goal's decisions; each row sums to 1.
        taken: F[O], the mean of `weight * policy` over goals: sums to 1.
        agree: F[D], the mean over goals of `weight sign(lift[one] - lift[other]) / sqrt(unequal pairs)`, the
            lift of an option its probability over that of the uniform guess.
    """

    menu: Menu
    goals: Ints
    policy: Floats
    weight: Floats
    taken: Floats
    agree: Floats

    @property
    def count(self) -> int:
        """Goals that meet a decision."""
        return len(self.goals)

    @property
    def bits(self) -> float:
        """The surprise of the uniform guess a decision; for acts `E log2 |A|`."""
        return float(-self.taken @ np.log2(self.menu.prior))


def choices(menu: Menu, policy: Floats, time: Floats) -> Choices:
    """What is chosen; a goal that meets no decision is left out.

    Args:
        menu: the decisions. policy: F[G, L]. time: F[G, S] >= 0, how much time is spent in a state.
    """
    met = time[:, menu.state]
    total = met.sum(axis=1)
    some = total > 0
    weight, chosen = met[some] / total[some, None], menu.total(policy[some])
    taken, agree = np.zeros(len(menu.owner)), np.zeros(len(menu.twos[0]))
    for each, mine in zip(chosen, weight, strict=True):
        taken += mine[menu.owner] * each
        agree += _agreement(menu, each, mine)
    count = max(int(some.sum()), 1)
    return Choices(
        menu,
        ints(np.flatnonzero(some)),
        chosen,
        floats(weight),
        floats(taken / count),
        floats(agree / count),
    )


def _agreement(menu: Menu, chosen: Floats, weight: Floats) -> Floats:
    """F[D], what a goal adds to `agree`."""
    one, two = menu.twos
    lift = chosen / menu.size
    sign = np.sign(lift[one] - lift[two])
    unequal = np.bincount(menu.owner[one], sign != 0, len(menu.state))
    return floats((weight / np.sqrt(np.maximum(unequal, 1.0)))[menu.owner[one]] * sign)


def rank_correlation(found: Choices, score: Floats, slack: float) -> float:
    """The mean over goals and their decisions of Kendall's tau-b between score and choice.

    `tau_b = sum_(a,b) sign(x_a - x_b) sign(p_a - p_b) / sqrt(n_x n_p)` over the pairs of options of a
    decision, n the number of pairs that are not tied; 0 where the score ties all options. p is the
    probability of the option over that of the uniform guess, so that an option of many acts has no lead.
    A shuffled score gives 0 on average where options are acts. Where they are sets of acts a skewed one need
    not, since a mean of many is less often extreme: so the placebo is measured. For an agent
    that takes one of n acts for sure a score without ties has at most sqrt(2 / n), and one that ties all
    other acts up to 1: coarse and fine scores are not to be compared by tau alone.

    Args:
        found: the choices. score: F[O], or F[K, O], a score a goal. slack: scores no further apart are tied.

    Returns:
        In [-1, 1]; NaN without choices.
    """
    menu = found.menu
    if not found.count:
        return float("nan")
    if score.ndim == 1:
        return float(_ordered(menu, score, slack) @ found.agree)
    rows = zip(score, found.policy, found.weight, strict=True)
    each = [_ordered(menu, x, slack) @ _agreement(menu, chosen, w) for x, chosen, w in rows]
    return float(np.mean(each))


def _ordered(menu: Menu, score: Floats, slack: float) -> Floats:
    one, two = menu.twos
    apart = score[one] - score[two]
    sign = np.where(np.abs(apart) > slack, np.sign(apart), 0.0)
    untied = np.maximum(np.bincount(menu.owner[one], sign != 0, len(menu.state)), 1.0)
    return floats(sign / np.sqrt(untied)[menu.owner[one]])


def predicted(menu: Menu, score: Floats, beta: float) -> Floats:
    """The prediction of a score: `q ~ (1 - MIXED) prior exp(beta score) + MIXED prior` at each decision.

    For acts that is a softmax mixed with the uniform guess.

    Args:
        menu: the decisions. score: F[O] or F[K, O]. beta: the inverse temperature, of either sign.
    """
    rows = np.atleast_2d(beta * score)
    top = np.maximum.reduceat(rows, menu.ptr[:-1], axis=1)
    weight = menu.prior * np.exp(rows - top[:, menu.owner])
    total = np.add.reduceat(weight, menu.ptr[:-1], axis=1)
    mixed = (1.0 - MIXED) * weight / total[:, menu.owner] + MIXED * menu.prior
    return floats(mixed.reshape(score.shape))


def bits_gained(found: Choices, score: Floats, beta: float) -> float:
    """The log-likelihood a decision above that of a uniform guess, in bits.

    `E sum_a pi(a|s) log2(q(a|s) / prior(a|s))`, mean over goals and over their decisions by time; q as in
    `predicted`. 0 for the uniform guess.

    Args:
        found: the choices. score: F[O] or F[K, O]. beta: the inverse temperature.

    Returns:
        In [log2 MIXED, max log2(1 / prior)]; NaN without choices.
    """
    if not found.count:
        return float("nan")
    gained = np.log2(predicted(found.menu, score, beta) / found.menu.prior)
    if score.ndim == 1:
        return float(found.taken @ gained)
    taken = found.weight[:, found.menu.owner] * found.policy
    return float((taken * gained).sum() / found.count)


def hit_rate(found: Choices, score: Floats, slack: float) -> float:
    """How often the option of the best score is the one that is chosen, ties split uniformly.

    Args:
        found: the choices. score: F[O] or F[K, O]. slack: scores no further apart are tied.

    Returns:
        In [0, 1]; NaN without choices.
    """
    if not found.count:
        return float("nan")
    menu, rows = found.menu, np.atleast_2d(score)
    top = np.maximum.reduceat(rows, menu.ptr[:-1], axis=1)
    best = rows >= top[:, menu.owner] - slack
    guess = best / np.add.reduceat(best, menu.ptr[:-1], axis=1)[:, menu.owner]
    if len(rows) == 1:
        return float(found.taken @ guess[0])
    taken = found.weight[:, menu.owner] * found.policy
    return float((taken * guess).sum() / found.count)


def permuted(world: World, score: Floats, rng: np.random.Generator) -> Floats:
    """F[L], a score whose numbers are shuffled among the acts of each state: the placebo.

    Args:
        world: the world. score: F[L]. rng: the shuffle.
    """
    order = np.lexsort((rng.random(world.n_pairs), world.pair_state))
    shuffled = np.empty(world.n_pairs)
    shuffled[order] = score
    return floats(shuffled)
