"""cross_effects: what forbidding one drive does to the need and the deed of each of the others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats
from telos.core.errors import ProblemError
from telos.core.nouns import check_noun
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.measure.deeds import Deed, optimal_deeds
from telos.measure.instrumental_value import (
    InstrumentalValue,
    instrumental_values,
    loses,
    share_limits,
)
from telos.measure.moves import moves_of
from telos.measure.placebo import check_fits
from telos.solve.forks import forks_of
from telos.solve.value_range import ValueRange, bounded_range


@final
@dataclass(frozen=True, eq=False, repr=False)
class CrossEffect:
    """What forbidding one set of pairs X_i does to another drive X_j, for each of G goals.

    What is read is `J = X_j \\ X_i`: a pair of both is gone with X_i and tells nothing of X_j.

    Args:
        forbidden: the instrumental value of X_i, before it is forbidden.
        before, after: that of J, with nothing forbidden and with X_i forbidden. The limits of the
            share are of the *free* value range both times, so that they can be compared.
        done, does: the deed of an optimal agent about J, before and after.
        shared: in [0, 1], the part of the moves of X_j that are moves of X_i: pairs of one state with the
            same successors are one move, so that it can be 1 although a pair is left.
    """

    forbidden: InstrumentalValue
    before: InstrumentalValue
    after: InstrumentalValue
    done: Deed
    does: Deed
    shared: float

    def __repr__(self) -> str:
        told = ", ".join(f"{k} {np.nanmean(v):+.3f}" for k, v in self.changes.items())
        return f"<CrossEffect of {self.forbidden.drive} on {self.before.drive}: {told}>"

    @property
    def changes(self) -> dict[str, Floats]:
        """F[G] in [-1, 1] each, after less before: `required`, `loses` (at least 1 % of the range), `least`.

        NaN for a goal of which one of the two cannot be told.
        """
        return {
            "required": floats(_required(self.after) - _required(self.before)),
            "loses": floats(_loses(self.after) - _loses(self.before)),
            "least": floats(self.does.least - self.done.least),
        }


def cross_effects(
    problem: Problem,
    forbidden: Sequence[Affordance],
    drives: Sequence[Affordance],
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
) -> tuple[CrossEffect, ...]:
    """The cross-effect of forbidding each of several sets of pairs on each of several drives.

    With `V(-A)` the optimal value at the start without the pairs A, and `J = X_j \\ X_i`,

        `IV before = V - V(-J)`,   `IV after = V(-X_i) - V(-X_i, -J)`,

    so that the change of IV is the second difference `V(-X_i) + V(-J) - V - V(-X_i, -J)`: positive for
    *substitutes*, negative for *complements*, and the same with the roles exchanged where nothing is
    shared. The change of need is that of `IV > b`, or of losing at least 1 % of the range; the change of
    deed that of the least probability, over tied-optimal play, of ever taking a pair of J.

    Args:
        problem: the problem; judged at its `discount`.
        forbidden: the sets X_i; each leaves a pair in every state.
        drives: the sets X_j. A drive of the same name as what is forbidden is passed over, and so is
            one of which nothing that can be reached is left without the shared pairs.
        foresight, ties: the self-model by which value is judged.

    Returns:
        The effects, those of one forbidden set after another.

    Raises:
        ProblemError: if an affordance is of another world, or a set leaves a state without a pair.

    Example:
        >>> from telos import Goals, Problem, explore
        >>> from telos.core.reading import Affordance
        >>> moves = {"gate": {"wait": "gate", "ladder": "in", "key": "in"}}
        >>> world = explore("gate", lambda s: moves.get(s, {"wait": s}), default="wait")
        >>> by = [world.pair_action == world.actions.index(name) for name in ("ladder", "key")]
        >>> here = [s == "gate" for s in world.states]
        >>> ladder, key = (Affordance(name, x, here) for name, x in zip(("ladder", "key"), by))
        >>> goal = Goals([s == "in" for s in world.states])
        >>> (effect,) = cross_effects(Problem(world, goal, 0.9), (ladder,), (key,))
        >>> effect.before.iv.tolist(), effect.after.iv.round(9).tolist(), effect.changes["least"].tolist()
        ([0.0], [9.0], [1.0])

    References:
        Own definition. The sign of the second difference is that of Topkis (1998), Supermodularity and
        Complementarity (recalled, not read); on agents whose actions are taken away compare Langlois and
        Everitt (2021).
    """
    for each in (*forbidden, *drives):
        check_noun(each, Affordance, "cross_effects", ProblemError)
        check_fits(each, problem.world, "cross_effects")
    pairs = [(i, j) for i in range(len(forbidden)) for j in range(len(drives))]
    pairs = [(i, j) for i, j in pairs if forbidden[i].drive != drives[j].drive]
    rest = {(i, j): less(problem.world, drives[j], forbidden[i].pursues) for i, j in pairs}
    kept = {key: each for key, each in rest.items() if each.pursues.any()}
    asked = {each.pursues.tobytes(): each for each in (*forbidden, *kept.values())}
    values = instrumental_values(problem, tuple(asked.values()), foresight=foresight, ties=ties)
    acts = optimal_deeds(problem, tuple(asked.values()), foresight=foresight, ties=ties)
    known = dict(zip(asked, zip(values, acts, strict=True), strict=True))
    spread = bounded_range(problem.as_judged(), foresight, ties, None)
    found = []
    for i, gone in enumerate(forbidden):
        some = [(j, each) for (k, j), each in kept.items() if k == i]
        some = [(j, each) for j, each in some if _applies(known[each.pursues.tobytes()][0])]
        if not some:
            continue
        after = _without(problem, gone.pursues, [each for _, each in some], spread, foresight, ties)
        for (j, each), (value, deed) in zip(some, after, strict=True):
            before, done = known[each.pursues.tobytes()]
            found.append(
                CrossEffect(
                    forbidden=replace(known[gone.pursues.tobytes()][0], drive=gone.drive),
                    before=replace(before, drive=each.drive),
                    after=value,
                    done=replace(done, drive=each.drive),
                    does=deed,
                    shared=shared(problem.world, drives[j].pursues, gone.pursues),
                )
            )
    return tuple(found)


def less(world: World, drive: Affordance, pairs: Bools) -> Affordance:
    """The affordance of a drive without certain pairs.

    Args:
        world: the world. drive: the drive's pairs in it. pairs: B[L].
    """
    left = bools(drive.pursues & ~pairs)
    return Affordance(drive.drive, left, forks_of(world, left))


def shared(world: World, pairs: Bools, others: Bools) -> float:
    """In [0, 1]: the part of the moves of a set that are moves of another; 0 for an empty set.

    Args:
        world: the world. pairs, others: B[L].
    """
    move = moves_of(world)
    own = np.unique(move[pairs])
    return float(np.isin(own, move[others]).mean()) if len(own) else 0.0


def _without(
    problem: Problem,
    gone: Bools,
    drives: Sequence[Affordance],
    spread: ValueRange,
    foresight: Foresight,
    ties: Ties,
) -> list[tuple[InstrumentalValue, Deed]]:
    """Value and deed of the drives where some pairs are not legal, value as a share of the free range."""
    world = problem.world.keep(bools(~gone))
    origin = np.flatnonzero(~gone)
    left = problem.onto(world, _numbers(world.size), _numbers(origin))
    sets = [Affordance(a.drive, bools(a.pursues[origin]), a.forks) for a in drives]
    values = instrumental_values(left, sets, foresight=foresight, ties=ties)
    limits = [share_limits(value.iv, value.bound, spread) for value in values]
    scaled = [
        replace(value, share_low=low, share_high=high)
        for value, (low, high) in zip(values, limits, strict=True)
    ]
    acts = optimal_deeds(left, sets, foresight=foresight, ties=ties)
    return list(zip(scaled, acts, strict=True))


def _numbers(of: int | Ints) -> Ints:
    made: Ints = np.arange(of) if isinstance(of, int) else of
    return made


def _applies(value: InstrumentalValue) -> bool:
    return not bool((value.category == Category.NOT_APPLICABLE).any())


def _required(value: InstrumentalValue) -> Floats:
    """F[G]: 1 for a goal that requires the drive, 0 for one that does not, NaN where it is unresolved."""
    some = np.where(value.category == Category.REQUIRED, 1.0, 0.0)
    return floats(np.where(value.category == Category.UNRESOLVED, np.nan, some))


def _loses(value: InstrumentalValue) -> Floats:
    """F[G]: 1 for a goal that certainly loses 1 % of the range, 0 for one that certainly does not."""
    told = loses(value.share_low, value.share_high)
    return floats(np.where(told < 0, np.nan, told))
