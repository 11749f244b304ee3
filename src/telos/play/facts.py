"""Facts: the numbers that the story of a page tells, as Telos measures them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Floats, Ints, floats
from telos.core.placebo import Placebo
from telos.core.text import name_of
from telos.families import Uniform
from telos.families._draws import words
from telos.measure.intervals import Interval, difference_interval
from telos.play.combined import DriveFound, found_in, kept_of_task, placebo_of
from telos.play.compiled import DRAWS
from telos.play.placed import Placed
from telos.play.plan import Plan, Put

#: A rise of c that is told as one.
RISE = 0.05
#: Letters of an outcome in a sentence.
BRIEF = 40


@final
@dataclass(frozen=True, eq=False)
class Facts:
    """What a story tells, as numbers.

    Args:
        plan: of the page. places: its worlds. count: goals.
        free: each drive in the world as it is. focus: the drive that the story follows; "" if there is none.
        placebo: random sets of its size beside it; None without a focus.
        gone: (number of the setting, the focus there) without its reason; None: it cannot be told.
        put: the switch that is put up, by number; None if there is none.
        under: each drive under it. kept: F[count], what is kept of the task.
        favorite: the outcome that each goal likes best, in words.
    """

    plan: Plan
    places: Sequence[Placed]
    count: int
    free: dict[str, DriveFound]
    focus: str
    placebo: Placebo | None
    gone: tuple[int, DriveFound] | None
    put: int | None
    under: dict[str, DriveFound]
    kept: Floats
    favorite: tuple[str, ...]

    @property
    def act(self) -> str:
        """What pursuing the focus is, in words."""
        return self.plan.words.act(self.focus)

    @property
    def aimed(self) -> str:
        """The drive that the safeguard is about."""
        return self.plan.aimed or self.focus

    @property
    def aim(self) -> str:
        """What pursuing that drive is, in words."""
        return self.plan.words.act(self.aimed)

    @property
    def switch(self) -> Put:
        """The switch that is put up."""
        assert self.put is not None
        return self.plan.puts[self.put]


def facts_of(plan: Plan, places: Sequence[Placed]) -> Facts:
    """The numbers of a story."""
    count, discount, first = plan.goals, plan.discount, places[0]
    free = found_in(first, (), count, discount)
    focus = plan.focus or max(free, key=lambda name: free[name].c, default="")
    none = floats(np.zeros(0))
    gone = None
    for i, place in enumerate(places):
        if place.arm.kind == "without" and place.arm.drive == focus:
            gone = i, found_in(place, (), count, discount)[focus]
    put = _put(plan, plan.aimed or focus)
    puts = () if put is None else (plan.puts[put],)
    goals = Uniform().sample(first.world, count, np.random.default_rng(0))
    begin = np.unique(first.world.outcome, return_index=True)[1]
    best = goals.reward[:, begin].argmax(axis=1)
    named = [name_of(words(outcome), BRIEF) for outcome in first.world.outcomes]
    return Facts(
        plan,
        places,
        count,
        free,
        focus,
        placebo_of(first, focus, count, discount, DRAWS) if focus else None,
        gone,
        put,
        found_in(first, puts, count, discount) if puts else {},
        kept_of_task(first, puts, count, discount) if puts else none,
        tuple(named[k] for k in best),
    )


def _put(plan: Plan, focus: str) -> int | None:
    """The switch that a story puts up: the one named, or the one that forbids its drive."""
    names = [put.name for put in plan.puts]
    for wanted in (plan.guard, f"forbid_{focus}"):
        if wanted in names:
            return names.index(wanted)
    return None


def example(found: DriveFound) -> int:
    """The first goal to which the drive is worth at least as much as to half of those that need it."""
    needs = found.needs == 1
    if not needs.any():
        return 0
    return int(np.argmax(needs & (found.share >= np.median(found.share[needs]))))


@final
@dataclass(frozen=True)
class ActChange:
    """What a safeguard changes of one act, over the same goals.

    Args:
        drive: the act. need: by how much c changes. need_limits: its limits.
        done_limits: of the change of the share of goals of which every best plan does it. All limits of a
            page hold together at 95 %, with goals that cannot be told at their worst.
    """

    drive: str
    need: float
    need_limits: Interval
    done_limits: Interval

    @property
    def displaced(self) -> bool:
        """Whether it is needed by more goals, and is in the best plans of more: need and deed rise."""
        return self.needed_more and self.done_limits.low > 0

    @property
    def needed_more(self) -> bool:
        """Whether it is needed by more goals; what was done all along may be."""
        return self.need >= RISE and self.need_limits.low > 0


def changes(facts: Facts) -> list[ActChange]:
    """What the safeguard changes of each act that it is not about, the greatest rise of c first."""
    rest = [name for name in facts.under if name in facts.free and name != facts.aimed]
    found = []
    for name in rest:
        before, after = facts.free[name], facts.under[name]
        need, done = (
            change_limits(*each, tests=2 * len(rest))
            for each in ((before.needs, after.needs), (before.done, after.done))
        )
        found.append(ActChange(name, after.c - before.c, need, done))
    return sorted(found, key=lambda one: -one.need)


def change_limits(before: Ints, after: Ints, tests: int = 1) -> Interval:
    """The limits of a change of a share of goals, from I[n] to I[n] (1, 0, -1: cannot be told)."""
    low = difference_interval(floats(before != 0), floats(after == 1), tests=tests).low
    high = difference_interval(floats(before == 1), floats(after != 0), tests=tests).high
    return Interval(low, high)


def shown_moving(facts: Facts) -> int:
    """A goal of which the safeguard moves the want to the act that gains most; else an example."""
    own = facts.free[facts.aimed]
    for move in changes(facts):
        name = move.drive
        if move.displaced:
            moved = (
                (facts.under[name].needs == 1) & (facts.free[name].needs != 1) & (own.needs == 1)
            )
            if moved.any():
                share = facts.under[name].share
                return int(np.argmax(moved & (share >= np.median(share[moved]))))
    return example(own)
