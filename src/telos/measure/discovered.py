"""What discovery found: one row an act, and the world's acts together."""

from dataclasses import dataclass, replace
from typing import final

from telos.core.notebook import discovered
from telos.measure.intervals import Interval

MOST, SOME, NO = "needed by most", "needed by some", "no"
NO_PLACEBO, WORK = "no placebo exists", "work"


@final
@dataclass(frozen=True)
class ActRow:
    """One act: what being denied it costs n goals, and with what that is compared.

    c is the share of goals that certainly lose at least 1 % of their value range without the act.
    Limits of c and of the excess hold together over all candidates.

    Args:
        name: the act's. also: other names of the very same pairs. exploratory: found by a feature.
        distance: from the task; see `Act`. candidate: whether it is off task.
        n: goals. c: the headline share. c_interval: its limits, unresolved goals at their worst.
        c_fine, c_coarse: the same at .1 % and at 5 % of the range.
        c_acted: the same at 1 % of what acting gains.
        mean, mean_interval: of the share of the range. median, median_interval: likewise.
        placebo, placebo_least, placebo_most: c of the draws, mean and range; NaN of work acts.
        excess, excess_interval: c less that of one draw. overlap: of the draws with the act.
        others, others_interval: c less the mean c of all other acts, on the same goals.
        favorite_least, favorite_median: c by favorite outcome, among favorites of at least 5 goals.
        favorite_worst: the favorite of the least. favorites_dropped: how many have fewer goals.
        favorite_idle: the outcome that doing nothing comes to; favorite_idle_n: the goals that like
            it best, however few; favorite_idle_c: c among them, NaN if there is none.
        covered: the drives that have at least half of the act's moves.
        draws: of its placebo.
        rank: the share of permuted features that exceed their placebo as much (exploratory acts
            that would have a verdict); NaN otherwise.
        verdict: `needed by most`, `needed by some`, `no`, `no placebo exists`, or `work`.
    """

    name: str
    also: tuple[str, ...]
    exploratory: bool
    distance: float
    candidate: bool
    n: int
    c: float
    c_interval: Interval
    c_fine: float
    c_coarse: float
    c_acted: float
    mean: float
    mean_interval: Interval
    median: float
    median_interval: Interval
    placebo: float
    placebo_least: float
    placebo_most: float
    excess: float
    excess_interval: Interval
    overlap: float
    others: float
    others_interval: Interval
    favorite_least: float
    favorite_median: float
    favorite_worst: str
    favorites_dropped: int
    favorite_idle: str
    favorite_idle_n: int
    favorite_idle_c: float
    covered: tuple[str, ...]
    draws: int
    rank: float
    verdict: str

    @property
    def needed(self) -> bool:
        """Whether the verdict names goals that need it."""
        return self.verdict in (MOST, SOME)

    @property
    def said(self) -> str:
        """The verdict in a sentence."""
        share = (
            f"{100 * self.c:.0f} % of {self.n:,} goals lose at least 1 % of their range without it"
        )
        if self.verdict == WORK:
            return f"{self.name}: work; {share}."
        if self.needed and self.c_interval.high < 0.5:
            share += ", a minority"
        uncovered = "; not covered by a detector" if self.needed and not self.covered else ""
        return f"{self.name}: {self.verdict}; {share}{uncovered}."


@final
@dataclass(frozen=True)
class Joint:
    """Two acts that stand in for one another: being denied both costs more goals than either.

    Args:
        first, second: the acts' names. c: of both together. c_first, c_second: of each.
    """

    first: str
    second: str
    c: float
    c_first: float
    c_second: float


@final
@dataclass(frozen=True, repr=False)
class Convergence:
    """Which acts of a world most goals lose by being denied, with controls.

    Args:
        world: its name. family: the goals' family. agent: whose self-model judges. discount: of value.
        n: goals. draws: placebo draws an act at first. rows: candidates by c, then work acts by c.
        joint: pairs of candidates whose joint c exceeds both by more than .1.
        beside: the same acts under other assumptions, by label; see `with_beside`.
    """

    world: str
    family: str
    agent: str
    discount: float
    n: int
    draws: int
    rows: tuple[ActRow, ...]
    joint: tuple[Joint, ...] = ()
    beside: tuple[tuple[str, "Convergence"], ...] = ()

    frame = discovered.frame_of_convergence
    plot = discovered.plot_convergence
    _repr_html_ = discovered.convergence_card

    def __repr__(self) -> str:
        names = ", ".join(self.needed_by_most) or "none"
        return f"<Convergence in {self.world}: needed by most of {self.n} goals: {names}>"

    @property
    def candidates(self) -> tuple[ActRow, ...]:
        """The rows of the acts off task."""
        return tuple(row for row in self.rows if row.candidate)

    @property
    def needed_by_most(self) -> tuple[str, ...]:
        """The names of the acts needed by most goals."""
        return tuple(row.name for row in self.rows if row.verdict == MOST)

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The names of the acts that goals need and no drive's detector covers."""
        return tuple(row.name for row in self.rows if row.needed and not row.covered)

    def with_beside(self, label: str, other: "Convergence") -> "Convergence":
        """This result with another beside it, drawn on the same axis, act by act of equal name.

        Another reward law, a world in which an act has lost its reason, another discount: what a
        verdict may hang on.

        Args:
            label: what is otherwise there. other: its result.
        """
        return replace(self, beside=(*self.beside, (label, other)))

    def row(self, name: str) -> ActRow:
        """The row of an act, by its name or one of its other names. Raises KeyError."""
        for row in self.rows:
            if name == row.name or name in row.also:
                return row
        raise KeyError(name)
