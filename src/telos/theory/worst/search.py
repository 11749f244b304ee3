"""The worst goal of a region, which loses most without certain pairs: branch and bound over policies."""

import heapq
import itertools
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, ints
from telos.theory.worst.programs import Programs, Relaxed, rows_of

#: Steps of alternating between goal and policy; they end by themselves, mostly after two to four.
MOST_STEPS = 30
#: Relaxations about more numbers are not tried: one about 9,120 took 8 s, one about 45,341 over 100 s.
MOST_NUMBERS = 40_000
#: Seconds between two lines of progress.
LINE_EVERY = 5.0


class Loss(NamedTuple):
    """What one goal loses, as solved, and the visits F[K] of an optimal policy of its (summing to 1)."""

    loss: float
    visits: Floats


class WorstGoal(NamedTuple):
    """What a search found.

    Args:
        point: F[d], the goal. loss: what it loses, in units of reward.
        bound: no goal loses more; at least `loss`.
        parts: relaxations solved. done: whether the search came to its end.
    """

    point: Floats
    loss: float
    bound: float
    parts: int
    done: bool


class Questions(NamedTuple):
    """What is asked in a search: of linear programs, and of the solver.

    Args:
        programs: the programs. loss: what the goal at F[d] loses.
        visits: the discounted time that the policy of a lumped pair in each lump, I[C], spends in each
            outcome, F[K], summing to 1.
    """

    programs: Programs
    loss: Callable[[Floats], Loss]
    visits: Callable[[Ints], Floats]


class _Branch(NamedTuple):
    """Policies still to be searched: those of the allowed lumped pairs; in the queue, greatest first."""

    least: float
    number: int
    allowed: Bools
    relaxed: Relaxed


def worst_goal(
    asked: Questions,
    starts: Floats,
    *,
    ceiling: float,
    tolerance: float,
    seconds: float,
    progress: bool = False,
) -> WorstGoal:
    """Search a region of goals for the one that loses most when pairs are removed.

    The loss `V*(R) - V*(R; removed)` is a difference of convex functions of R, with many local maxima.
    Goals are found by alternating: the best policy for a goal, the best goal for a policy. A part of
    the search is a set of pairs that policies may take; its relaxation bounds what any goal can lose by
    them; it is split in the lump where single rewards would choose most differently.

    Args:
        asked: programs and solver.
        starts: F[n, d], goals to begin with, n >= 1.
        ceiling: a bound known before. tolerance: the gap at which the search ends.
        seconds: when it ends anyway (a program under way is waited for).
        progress: say on the error stream how far it is.

    Returns:
        The best goal found, and the bound.
    """
    programs, end = asked.programs, time.monotonic() + seconds
    best = WorstGoal(starts[0], -np.inf, ceiling, 0, True)
    for start in starts:
        best = _climbed(asked, best, start, end)
    if ceiling <= best.loss + tolerance:
        return best._replace(bound=max(ceiling, best.loss))
    if programs.size > MOST_NUMBERS:
        return best._replace(bound=max(ceiling, best.loss), done=False)
    everything = bools(np.ones(len(programs.free.owner)))
    root = programs.relaxed(everything, end - time.monotonic())
    if root is None:
        return best._replace(bound=max(ceiling, best.loss), parts=1, done=False)
    queue, rest, parts, said = [_Branch(-root.bound, 0, everything, root)], -np.inf, 1, 0.0
    while queue and time.monotonic() < end:
        if min(-queue[0].least, ceiling) <= best.loss + tolerance:
            break
        part = heapq.heappop(queue)
        best = _climbed(asked, best, part.relaxed.point, end)
        best = _climbed(asked, best, _followed(asked, part, end), end)
        split = _split(programs, part)
        if split is None:
            rest = max(rest, -part.least)
        for allowed in split or ():
            found = programs.relaxed(allowed, end - time.monotonic())
            parts += 1
            # Without time for a part of its own, what holds for the whole holds for it.
            inner = part.relaxed if found is None else found
            least = max(-inner.bound, part.least)
            heapq.heappush(queue, _Branch(least, parts, allowed, inner))
        if progress and time.monotonic() - said > LINE_EVERY:
            said = time.monotonic()
            top = max(rest, -queue[0].least if queue else rest, best.loss)
            print(f"worth {best.loss:.6g}, at most {top:.6g}, {parts} programs", file=sys.stderr)
    top = max(rest, -queue[0].least if queue else best.loss)
    bound = max(min(top, ceiling), best.loss)
    return WorstGoal(best.point, best.loss, bound, parts, bound <= best.loss + tolerance)


def _climbed(asked: Questions, best: WorstGoal, start: Floats | None, end: float) -> WorstGoal:
    """The best goal so far, or the one that alternating from `start` comes to if that loses more."""
    if start is None:
        return best
    point, loss = start, -np.inf
    for _ in range(MOST_STEPS):
        answer = asked.loss(point)
        if not answer.loss > loss:
            break
        better = answer.loss - loss > 1e-12 * abs(answer.loss)
        loss = answer.loss
        if loss > best.loss:
            best = best._replace(point=point, loss=loss)
        following = asked.programs.best_goal(answer.visits, end - time.monotonic())
        if not better or following is None:
            break
        point = following
    return best


def _followed(asked: Questions, part: _Branch, end: float) -> Floats | None:
    """The best goal for the policy that takes, in each lump, what the relaxation takes most."""
    taken = np.where(part.allowed, part.relaxed.visits, -1.0)
    first = rows_of(asked.programs.free)
    chosen = [int(a + np.argmax(taken[a:b])) for a, b in itertools.pairwise(first)]
    return asked.programs.best_goal(asked.visits(ints(chosen)), end - time.monotonic())


def _split(programs: Programs, part: _Branch) -> tuple[Bools, Bools] | None:
    """Two parts that have all policies of the part between them; None if it has only one that matters."""
    owner, allowed, (_, _, visits, strain) = programs.free.owner, part.allowed, part.relaxed
    choice = np.bincount(owner, allowed, minlength=programs.free.count) > 1
    weight = np.bincount(owner, strain * allowed, minlength=programs.free.count) * choice
    if not weight.max() > 0.0:
        # Every reward chooses alike here: the bound is as exact as the solver is.
        weight = np.bincount(owner, visits * allowed, minlength=programs.free.count) * choice
        if not weight.max() > 0.0:
            return None
    here = owner == int(np.argmax(weight))
    pair = int(np.argmax(np.where(here & allowed, visits, -1.0)))
    this = allowed & ~here
    this[pair] = True
    others = np.array(allowed)
    others[pair] = False
    return bools(this), bools(others)
