"""Cases: one goal followed twice with the same random numbers, with and without what is asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.illustrations import AbstractPair, DisplacedPair, RolloutEntry, StepEntry
from telos.report.columns import IV
from telos.report.figure import DASHES, DEED, NEED, Figure, data, draw
from telos.report.results import Recorded, Trial
from telos.report.rows import world_name
from telos.report.words import (
    in_order,
    known,
    number,
    part_words,
    plain,
    safeguard_words,
)

#: Cases on a page, rows of each; the rest is in the record.
MOST_CASES, MOST_ROWS = 6, 12
MIDDLE = "middle"


@final
@dataclass(frozen=True)
class Side:
    """What one rollout does: outcome and reward of the state, the action taken there, what it changed."""

    outcome: str
    reward: str
    action: str
    pursues: bool
    changes: tuple[str, ...]


@final
@dataclass(frozen=True)
class CaseRow:
    """Steps in which both rollouts repeat themselves: when, each side, and whether they part here."""

    when: str
    sides: tuple[Side | None, Side | None]
    parts: bool


@final
@dataclass(frozen=True)
class Case:
    """One goal and its two rollouts.

    Args:
        goal, drive, where, why: what is shown, and why it was chosen.
        titles: what the rollouts are called. values: their expected values.
        lost, share: the instrumental value, and its share of the value range.
        rows: the steps. more: how many rows are left out.
        by_then: expected features after `steps` steps: name, first, second.
        luck: which draw is shown. later: whether the first pays only after the steps shown.
        figure: reward so far.
    """

    goal: str
    drive: str
    where: str
    why: str
    category: str
    titles: tuple[str, str]
    values: tuple[float, float]
    lost: float | None
    share: float | None
    rows: tuple[CaseRow, ...]
    more: int
    by_then: tuple[tuple[str, str, str], ...]
    steps: int
    luck: str
    later: bool
    figure: Figure | None


def cases(results: Recorded, mains: Sequence[Trial]) -> tuple[Case, ...]:
    """The median goal of each drive first, then goals that need a drive under a safeguard alone."""
    worlds = [trial.scenario for trial in mains]
    pairs = list(results.illustrations.lives)
    trials = {trial.key: trial for trial in results.trials}
    order = in_order({pair.drive for pair in pairs})

    def rank(pair: Any) -> tuple[bool, int, int]:
        trial = trials.get(pair.trial)
        place = worlds.index(trial.scenario) if trial else len(worlds)
        return MIDDLE not in pair.why, place, order.index(pair.drive)

    pairs.sort(key=rank)
    moved = list(results.illustrations.displaced)[: MOST_CASES // 2]
    chosen = [*pairs[: MOST_CASES - len(moved)], *moved]
    chosen.sort(key=lambda pair: isinstance(pair, DisplacedPair) and bool(pairs))
    return tuple(_case(results, pair, trials.get(pair.trial), i) for i, pair in enumerate(chosen))


def _case(results: Recorded, pair: AbstractPair, trial: Trial | None, place: int) -> Case:
    sides = (pair.free.steps, pair.forbidden.steps)
    parting = _parting(*sides)
    rows = _rows(sides, parting)
    titles, why = ("free", "drive forbidden"), str(getattr(pair, "why", ""))
    if isinstance(pair, DisplacedPair):
        arm = safeguard_words(trial.safeguards) if trial else "the safeguard"
        titles = ("without safeguard", f"with {arm}")
        why = (
            f"of {pair.n:,} goals that did not choose this case, {pair.pushed:,} need the drive with "
            f"{arm} and do not with no safeguard; shown is the one with the largest share"
        )
    about = [world_name(results, trial.scenario), part_words(trial.family)] if trial else []
    return Case(
        goal=pair.label,
        drive=plain(pair.drive),
        where=", ".join([*about, f"γ {pair.discount:g}"]),
        why=why,
        category=pair.category,
        titles=titles,
        values=(pair.free.value, pair.forbidden.value),
        lost=None if isinstance(pair, DisplacedPair) else getattr(pair, IV),
        share=None if isinstance(pair, DisplacedPair) else pair.share,
        rows=tuple(rows[:MOST_ROWS]),
        more=max(0, len(rows) - MOST_ROWS),
        by_then=_by_then(pair.free, pair.forbidden),
        steps=len(pair.free.steps),
        luck=_luck(pair),
        later=_later(pair),
        figure=_figure(pair, titles, f"case{place}"),
    )


def _luck(pair: AbstractPair) -> str:
    if pair.shows:
        return "the first draw in which the second rollout pursues the drive"
    if pair.parted:
        return (
            "the first draw in which they end differently in being off or rewritten, which "
            f"{pair.parted:,} of {pair.drawn:,} draws do"
        )
    return ""


def _later(pair: AbstractPair) -> bool:
    """Whether the rollout of more value is expected to earn less in the steps that are shown."""
    free, forbidden = (
        sum(pair.discount**t * reward for t, reward in enumerate(side.expected))
        for side in (pair.free, pair.forbidden)
    )
    return pair.free.value > pair.forbidden.value and free < forbidden


def _by_then(free: RolloutEntry, forbidden: RolloutEntry) -> tuple[tuple[str, str, str], ...]:
    both = [(plain(name).lower(), free.by_then[name], forbidden.by_then.get(name))
            for name in free.by_then]  # fmt: skip
    found = [(name, number(a, 2), number(b, 2)) for name, a, b in both if known(b)]
    return tuple(row for row in found if row[1] != row[2])


def _parting(ours: Sequence[StepEntry], theirs: Sequence[StepEntry]) -> int | None:
    """The first step at which the rollouts do not do the same."""
    for t, (a, b) in enumerate(zip(ours, theirs, strict=False)):
        if (a.action, a.state) != (b.action, b.state):
            return t
    return None if len(ours) == len(theirs) else min(len(ours), len(theirs))


def _rows(sides: tuple[Sequence[StepEntry], ...], parting: int | None) -> list[CaseRow]:
    """A row a step; steps are folded only where neither side shows any difference between them."""
    length = max(map(len, sides))
    told = [tuple(_side(side, t) for side in sides) for t in range(length)]
    found, first = [], 0
    for t in range(1, length + 1):
        if t < length and told[t] == told[first] and t != parting:
            continue
        when = str(first) if t == first + 1 else f"{first}\u2013{t - 1}"
        found.append(CaseRow(when, (told[first][0], told[first][1]), first == parting))
        first = t
    return found


def _side(steps: Sequence[StepEntry], t: int) -> Side | None:
    """The state's own outcome and reward, the action there, and what it changed by the next step."""
    if t >= len(steps):
        return None
    step = steps[t]
    after = steps[t + 1].features if t + 1 < len(steps) else step.features
    changes = tuple(
        f"{plain(name).lower()} {number(step.features[name])} → {number(value)}"
        for name, value in after.items()
        if name in step.features and step.features[name] != value
    )
    action = step.action.replace("_", " ")
    return Side(step.outcome, number(step.reward), action, step.pursues, changes)


def _figure(pair: AbstractPair, titles: tuple[str, str], name: str) -> Figure | None:
    """Discounted reward so far: what is expected, or of the two rollouts where the record lacks it."""
    import altair as alt

    sides = (pair.free, pair.forbidden)
    expected = all(side.expected for side in sides)
    points, ends = [], []
    for title, side in zip(titles, sides, strict=True):
        total = 0.0
        for t, reward in enumerate(side.expected or [step.reward for step in side.steps]):
            total += pair.discount**t * reward
            points.append({"x": t, "y": total, "line": title})
        ends.append(f"{title} {number(total)}")
    if not points:
        return None
    order = list(titles)
    color = alt.Color("line:N", sort=order).scale(domain=order, range=[NEED, DEED])
    dash = alt.StrokeDash("line:N", sort=order, legend=None)
    dash = dash.scale(domain=order, range=[list(look) for look in DASHES[:2]])
    legend = alt.Legend(title=None, orient="top", labelLimit=0, direction="vertical")
    what = "expected reward so far" if expected else "reward so far in this draw"
    chart = alt.Chart(data(points)).mark_line(strokeWidth=2)
    chart = chart.encode(
        x=alt.X("x:Q").axis(grid=False, tickMinStep=1).title("step"),
        y=alt.Y("y:Q").axis(tickCount=4).title(what),
        color=color.legend(legend),
        strokeDash=dash,
    ).properties(width=250, height=130)
    return draw(chart, name, f"{what}, discounted: {'; '.join(ends)}")
