"""cause_removed: what is left of a drive's instrumental value where its reason has been taken away."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, floats
from telos.core.errors import ProblemError, WorldError
from telos.core.nouns import check_noun
from telos.core.parts import AbstractDrive, AbstractScenario
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values, loses
from telos.measure.other_world import OtherWorld, other_world
from telos.measure.placebo import check_fits
from telos.solve.foresight import Planner
from telos.solve.solve import Tolerance

#: What the world without the reason says of a drive; see `CauseRemoved.verdict`.
CauseVerdict = Literal["clean", "confounded", "nothing to lose", "cannot be told"]
#: What a goal may say, the word that decides for all of them first.
SAID: tuple[CauseVerdict, ...] = ("confounded", "clean", "nothing to lose")


@final
@dataclass(frozen=True, eq=False, repr=False)
class CauseRemoved:
    """How much of a drive's instrumental value goes with its reason, for each of G goals.

    Args:
        drive: the drive's name.
        instrumental: F[G], `(IV - IV') / (max_pi V - min_pi V)`, the range being that of the world itself;
            not clipped: negative where the drive is worth more without its reason. 0 where the range
            is 0, NaN where it cannot be told.
        bound: F[G] >= 0, certified bound on its error.
        low, high: F[G], certified limits of it, of which `bound` is the wider side.
        remaining: F[G] >= 0, IV', what the drive is worth without its reason, in units of reward.
        remaining_bound: F[G], certified bound on the error of `remaining`.
        vanished: how many states that the world can come to went with the reason.
        why: why it cannot be told, as a sentence; empty where it can.
    """

    drive: str
    instrumental: Floats
    bound: Floats
    low: Floats
    high: Floats
    remaining: Floats
    remaining_bound: Floats
    vanished: int
    why: str

    def __repr__(self) -> str:
        why = f" ({self.why.rstrip('.')})" if self.why else ""
        return f"<CauseRemoved {self.drive}: {self.verdict}{why}, {len(self.instrumental)} goals>"

    @property
    def verdict(self) -> CauseVerdict:
        """Whether the drive is worth something for another reason as well.

        `clean`: without the reason it is worth nothing to any goal, within the bound (IV' <= b'), and
        to some goal something goes with it. `confounded`: to some goal it still is worth something.
        `nothing to lose`: neither. `cannot be told`: there is nothing to compare with.
        """
        return verdict_of(self.words) if self.words else "cannot be told"

    @property
    def words(self) -> tuple[CauseVerdict, ...]:
        """The verdict of each goal by itself; empty where it cannot be told."""
        if self.why:
            return ()
        left = self.remaining > self.remaining_bound
        which = np.where(left, 0, np.where(self.low > 0, 1, 2))
        return tuple(SAID[i] for i in which.tolist())

    @property
    def c(self) -> float:
        """The share of goals of which a hundredth of the range certainly goes with the reason.

        NaN where it cannot be told.
        """
        return float("nan") if self.why else float((loses(self.low, self.high) == 1).mean())

    @property
    def vacuous(self) -> bool:
        """Whether no goal had anything to lose that would go with the reason."""
        return not (self.low > 0).any()


def verdict_of(words: Iterable[str]) -> CauseVerdict:
    """The verdict of a world from those of its goals, which may have been measured apart.

    Args:
        words: of each goal, `confounded`, `clean` or `nothing to lose`; what else is said is not known.

    Example:
        >>> verdict_of(["nothing to lose", "clean", "nothing to lose"])
        'clean'
    """
    met = set(words)
    return next((word for word in SAID if word in met), "cannot be told")


def cause_removed(
    scenario: AbstractScenario,
    problem: Problem,
    drive: AbstractDrive | Affordance,
    *,
    foresight: Foresight = "realistic",
    ties: Ties = "best",
    tolerance: Tolerance = None,
    value: InstrumentalValue | None = None,
) -> CauseRemoved:
    """How much of a drive's instrumental value is there for the reason the drive is named after.

    `scenario.without(drive)` is the same world in which the act stays legal at the same price and its
    effect on the feature no longer matters (nobody presses the button; skill lowers no slip). With X'
    the pairs of X in it, IV' = `V*' - V*'(X' removed)` for the same goals, carried over state by state
    (revisions too), and `instrumental part = (IV - IV') / range` of the world itself.

    It can be told iff the first state is the same, all states of that world are states of the world
    itself with the same outcome and features, every pair of X in a state that is still come to is legal
    there, and at least one is come to. Else the part is NaN, never 0.

    Args:
        scenario: the recipe of `problem.world`.
        problem: goals and discount, before any safeguard.
        drive: the drive, or its pairs in `problem.world`.
        foresight: the self-model by which value is judged.
        ties: how a rewritten self chooses among what is equally good to it.
        tolerance: the bound asked of each solve; see `telos.solve`.
        value: the drive's instrumental value under the same self-model, if it was computed before.

    Returns:
        The instrumental part of each goal, its bound and the verdict of the world. The other world is
        built once; it costs one solve, and a check of that, a drive.

    Raises:
        ProblemError: if the problem has a safeguard.

    Example:
        >>> import numpy as np
        >>> from telos import drives, families, worlds
        >>> orchard = worlds.Orchard()
        >>> world = orchard.build()
        >>> goals = families.Uniform().sample(world, 50, np.random.default_rng(0))
        >>> cause_removed(orchard, Problem(world, goals, 0.9), drives.ResourceAcquisition())
        <CauseRemoved resource_acquisition: clean, 50 goals>

    References:
        Own definition. Related questions in causal diagrams: instrumental control incentives (Everitt et
        al. 2021, arXiv:2102.01685; Carey et al., arXiv:2001.07118), whether an agent can influence its
        utility by way of a variable; intentions as reasons for a decision (Ward et al. 2024,
        arXiv:2402.07221). Of these only abstracts and introductions were read. This here differs: it
        is of a set of acts and not of a variable; of many decisions; an amount for one goal and not a
        property of a diagram; the agent plans anew in the other world; and that world is the author's
        word, which is tested as said above and no further.
    """
    check_noun(scenario, AbstractScenario, "cause_removed, scenario", ProblemError)
    check_noun(problem, Problem, "cause_removed, problem", ProblemError)
    if problem.origin is not None:
        raise ProblemError(
            "cause_removed: the problem has a safeguard, of which the world without the reason knows "
            "nothing. Give the problem before it: problem.before."
        )
    judged, planner = problem.as_judged(), Planner(foresight, ties, tolerance)
    affordance = drive.affordances(judged.world) if isinstance(drive, AbstractDrive) else drive
    check_noun(affordance, Affordance, "cause_removed, drive", ProblemError)
    check_fits(affordance, judged.world, "cause_removed")
    if value is not None:
        check_noun(value, InstrumentalValue, "cause_removed, value", ProblemError)
        if value.iv.shape != (judged.goals.count,):
            raise ProblemError(
                f"cause_removed, value: it is of {len(value.iv):,} goals, and the problem has "
                f"{judged.goals.count:,}. Give that of these goals, or leave it out."
            )
    there = other_world(scenario, judged.world, affordance.drive)
    try:
        pursued = there.pursued(judged.world, affordance)
    except WorldError as lacking:
        return _untold(affordance.drive, judged.goals.count, there, str(lacking))
    if value is None:
        (value,) = instrumental_values(
            judged, (affordance,), foresight=foresight, ties=ties, tolerance=tolerance
        )
    remaining, remaining_bound = _remaining(judged, there, pursued, planner)
    spread, spread_bound = _range(judged, planner)
    gone, error = value.iv - remaining, value.bound + remaining_bound
    part, low, high = _scaled(gone, error, spread, spread_bound)
    return CauseRemoved(
        drive=affordance.drive,
        instrumental=part,
        bound=floats(np.maximum(part - low, high - part)),
        low=low,
        high=high,
        remaining=remaining,
        remaining_bound=remaining_bound,
        vanished=there.vanished,
        why="",
    )


def _untold(drive: str, count: int, there: OtherWorld, why: str) -> CauseRemoved:
    nan = floats(np.full(count, np.nan))
    return CauseRemoved(drive, nan, nan, nan, nan, nan, nan, there.vanished, why)


def _remaining(
    problem: Problem, there: OtherWorld, pursued: Bools, planner: Planner
) -> tuple[Floats, Floats]:
    """(IV' F[G], its bound F[G]): what losing X' costs without the reason."""
    assert there.world is not None
    moved = problem.onto(there.world, there.state, there.pair)
    without = planner.solve(moved, without=pursued)
    # Where the reason was all there was to it, the values without the drive are the optimal ones.
    free = planner.solve(moved, start=without.value)
    noise = 0.0
    if there.world.start.max() < 1.0:
        noise = (there.world.size + 2) * UNIT_ROUNDOFF * np.abs(free.value).max(axis=1)
    bound = free.bound + without.bound + 2 * noise + free.drift + without.drift
    return floats(np.maximum(free.at_start - without.at_start, 0.0)), floats(bound)


def _range(problem: Problem, planner: Planner) -> tuple[Floats, Floats]:
    """(`max_pi V - min_pi V` F[G], its bound F[G]) at the start."""
    best, least = planner.solve(problem), planner.first(problem, minimize=True)
    return floats(best.at_start - least.at_start), floats(best.bound + least.bound)


def _scaled(
    amount: Floats, error: Floats, spread: Floats, spread_bound: Floats
) -> tuple[Floats, Floats, Floats]:
    """(amount / spread, its least, its greatest) F[G] each; 0 where the spread may be 0."""
    some = spread > spread_bound
    wide, narrow = (
        np.where(some, spread + spread_bound, 1.0),
        np.where(some, spread - spread_bound, 1.0),
    )

    def over(value: Floats, positive: Floats, negative: Floats) -> Floats:
        return floats(np.where(some, value / np.where(value >= 0, positive, negative), 0.0))

    middle = np.where(some, spread, 1.0)
    return (
        over(amount, middle, middle),
        over(floats(amount - error), wide, narrow),
        over(floats(amount + error), narrow, wide),
    )
