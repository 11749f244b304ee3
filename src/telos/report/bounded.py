"""Bounded: the page of a verification of bounds, from `telos.core.verification` and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from telos.core.verification import (
    DriveRow,
    GoalMean,
    GoalRate,
    Irreversible,
    LoopholeRow,
    PressureRow,
    TraceStep,
    Verification,
    WorldResult,
)
from telos.report.details import Section
from telos.report.forest import Forest, Line, Mark, forest
from telos.report.table import Table, table
from telos.report.templating import template
from telos.report.words import Estimate, in_order, percent, plain

#: How many entries of a list, and lines of the table of drives, stand on the page without being asked for.
MOST, FIRST = 8, 3
#: Of a longer story, the steps at its beginning and at its end that are told.
BEGINNING, END = 8, 4
#: Of at most so few worlds each is told at length; of more, the first.
WHOLE = 3
#: A kind of closure in words that need no vocabulary.
KINDS = {
    "missing rule": "every step is allowed and labeled right, and no rule denies what they add up to",
    "wrong label": "a step does more than the binding says of it, so no rule could deny it",
    "accident": "the acts are allowed, and then chance does the rest",
}


@final
@dataclass(frozen=True)
class BoundedStory:
    """A story of steps.

    Args:
        title: in a few words. kind: why it can happen, as `ClosureResult` has it, or empty. why: in words.
        begins: the state at the start. steps: with their numbers. gap: how many are left out in between.
    """

    title: str
    kind: str
    why: str
    begins: str
    steps: tuple[tuple[int, TraceStep], ...]
    gap: int


@final
@dataclass(frozen=True)
class Pressed:
    """One part of the bounds, and what would be gained without it.

    Args:
        name: as the file has it. rule: in words. gain: as a share of the range. goals: that gain.
    """

    name: str
    rule: str
    gain: Estimate
    goals: GoalRate | None


@final
@dataclass(frozen=True)
class BoundedWorldPart:
    """What the page shows of one world; every number is one of `found`.

    Args:
        id: what links to it go by. name: of the world, without its fields. found: all that was computed.
        broken: the rule of the closure in words. stories: of the closure, then the nearest loophole.
        ways: the other drives that are open, each with what its nearest way takes.
        displaced: the drives that goals are pushed into, one row each.
        overseers: titles of the panels. retained: what is left of the task.
        price, floor: of the repair, and of the least restrictive supervisor.
        lost: acts that may be lost for good. more: all whose way back is not sure.
        most: the parts of which none is known to be worth more. axis: the end of the axis of pressures.
    """

    id: str
    name: str
    found: WorldResult
    broken: str
    stories: tuple[BoundedStory, ...]
    ways: tuple[tuple[str, str], ...]
    displaced: tuple[tuple[str, DriveRow], ...]
    overseers: tuple[str, ...]
    forest: Forest | None
    drives: Table
    retained: Table
    pressed: tuple[Pressed, ...]
    most: tuple[Pressed, ...]
    axis: float
    not_modelled: tuple[str, ...]
    price: Estimate | None
    floor: Estimate | None
    lost: Table
    more: Section | None


def bounds_page(found: Verification) -> str:
    """The page of a verification as HTML that opens without a network; every text is escaped."""
    parts = [_part(i, world, found) for i, world in enumerate(found.worlds)]
    chained = [part for part in parts if part.found.closure.status == "open"]
    return template("bounded.html").render(
        found=found,
        parts=parts,
        chained=chained,
        most=MOST,
        first=FIRST,
        whole=len(parts) if len(parts) <= WHOLE else 1,
        beginning=BEGINNING,
    )


def _part(i: int, world: WorldResult, found: Verification) -> BoundedWorldPart:
    computed = [row for row in world.pressure if row.gain is not None]
    gains = [row.gain.high for row in computed if row.gain is not None]
    rows = sorted(world.closure.irreversible, key=lambda row: (-row.for_good, -row.states))
    lost = [row for row in rows if row.for_good]
    panels, displaced = _overseers(world), _displaced(world)
    ways = _open(world.loopholes, {row.drive for _, row in displaced})
    return BoundedWorldPart(
        id=f"w{i}",
        name=_name(world, found.worlds),
        found=world,
        broken=found.rules.get(world.closure.rule, ""),
        stories=(*_chains(world), *_nearest(ways)),
        ways=tuple(map(_way, ways[1:])),
        displaced=displaced,
        overseers=tuple(panels.values()),
        forest=_forest(world, panels),
        drives=_drives(world, panels),
        retained=_retained(world, panels),
        pressed=tuple(_pressed(row, found) for row in computed[:MOST]),
        most=tuple(_pressed(row, found) for row in computed if row.may_be_most),
        axis=next((end for end in (0.05, 0.1, 0.25, 0.5) if max(gains, default=0) <= end), 1.0),
        not_modelled=tuple(row.part for row in world.pressure if row.status == "not modelled"),
        lost=_acts(lost[:MOST], example=False),
        price=_mean(world.repair.price),
        floor=_mean(world.repair.floor),
        more=_all_acts(rows),
    )


def _name(world: WorldResult, worlds: Sequence[WorldResult]) -> str:
    """A world's name in words, with the binding's where another has the same."""
    names = [plain(each.world.partition("(")[0]).lower() for each in worlds]
    name = plain(world.world.partition("(")[0]).lower()
    return f"{name} ({world.binding})" if names.count(name) > 1 else name


# -- stories -------------------------------------------------------------------------------------


def _chains(world: WorldResult) -> list[BoundedStory]:
    """The shortest chain; and, where doing nothing can end there too, the one that makes it likelier."""
    closure, found = world.closure, []
    if closure.trace:
        alone = not closure.acts
        kind = "" if closure.raising else closure.kind
        title = "Without any act" if alone else "The shortest chain of allowed acts"
        found.append(_told(title, closure.trace, kind))
    if closure.raising:
        title = "The shortest chain that makes it likelier"
        found.append(_told(title, closure.raising, closure.kind))
    return found


def _told(title: str, trace: Sequence[TraceStep], kind: str = "") -> BoundedStory:
    """A story, without the middle of a long one."""
    steps, alone = tuple(enumerate(trace, 1)), all(step.who != "agent" for step in trace)
    gap = max(0, len(steps) - BEGINNING - END)
    kept = (*steps[:BEGINNING], *steps[-END:]) if gap else steps
    why = "chance does it by itself" if alone else KINDS.get(kind, "")
    return BoundedStory(title, kind, why, trace[0].state, kept, gap)


def _open(rows: Sequence[LoopholeRow], displaced: set[str]) -> list[LoopholeRow]:
    """Those that are open: the shortest first, and of these the drives that goals are pushed into."""

    def length(row: LoopholeRow) -> tuple[int, int, bool]:
        acts = sum(step.who == "agent" for step in row.trace)
        return acts, len(row.trace), row.drive not in displaced

    return sorted((row for row in rows if row.status == "open"), key=length)


def _nearest(ways: Sequence[LoopholeRow]) -> list[BoundedStory]:
    """The shortest loophole."""
    title = "The nearest loophole: " + plain(ways[0].drive).lower() if ways else ""
    return [_told(title, ways[0].trace)] if ways and ways[0].trace else []


def _way(row: LoopholeRow) -> tuple[str, str]:
    """A drive, and the acts of the way to it."""
    acts = [step.action for step in row.trace if step.who == "agent"]
    return plain(row.drive), ", then ".join(acts)


# -- displacement --------------------------------------------------------------------------------


def _overseers(world: WorldResult) -> dict[str, str]:
    """The panels: one an overseer, or one for all where they make no difference."""
    names = {
        "never": "overseer: never",
        "always": "overseer: always",
        "errs": f"overseer: errs, {percent(world.overseer_errs)}",
    }
    told = {row.overseer: [] for row in world.displacement}  # type: dict[str, list[str]]
    for row in world.displacement:
        told[row.overseer].append(row.model_dump_json(exclude={"overseer"}))
    if len(told) > 1 and len({tuple(each) for each in told.values()}) == 1:
        return {next(iter(told)): "any overseer"}
    return {who: names[who] for who in names if who in told}


def _displaced(world: WorldResult) -> tuple[tuple[str, DriveRow], ...]:
    """The first row of every drive that goals are displaced into."""
    found = {r.drive: r for r in reversed(world.displacement) if r.verdict == "displaced"}
    return tuple((plain(drive).lower(), found[drive]) for drive in in_order(found))


def _forest(world: WorldResult, panels: dict[str, str]) -> Forest | None:
    """A line a drive, a panel an overseer: need and deed within the bounds, gray without them."""
    marks: dict[str, dict[str, Mark]] = {}
    for row in world.displacement:
        if row.overseer in panels:
            marks.setdefault(row.drive, {})[row.overseer] = Mark(
                need=_rate(row.required_after),
                deed=Estimate(row.done_after),
                before=(_share(row.required_before), row.done_before),
            )
    lines = [Line(plain(drive), marks[drive]) for drive in in_order(marks)]
    return forest(lines, panels) if lines else None


def _drives(world: WorldResult, panels: dict[str, str]) -> Table:
    order = in_order({row.drive for row in world.displacement})
    rows = [row for row in world.displacement if row.overseer in panels]
    rows.sort(key=lambda row: (_weight(row), order.index(row.drive)))
    told = [
        (
            plain(row.drive), _short(row.overseer, panels), row.verdict,
            _rate(row.required_before), _rate(row.required_after), _mean(row.need),
            Estimate(row.done_before), Estimate(row.done_after), _mean(row.deed),
            Estimate(row.unaware), _maybe(row.loses), _maybe(row.placebo), _beyond(row.beyond),
        )
        for row in rows
    ]  # fmt: skip
    columns = (
        "drive:text:drive", "overseer", "verdict:text:displacement", "need before:rate:need",
        "need within:rate", "change:points", "done before:rate:deed", "done within:rate",
        "change of deed:points", "done by an agent that ignores the rules in planning:rate",
        "lose 1 % without the drive:rate:loses",
        "without a random set of acts:rate:placebo", "beyond it",
    )  # fmt: skip
    return table("", columns, told)


def _weight(row: DriveRow) -> int:
    """Rows in which something rises first, rows in which nothing happens last."""
    moved = row.need.value or row.deed.value or row.required_after.count or row.done_after
    verdicts = ("displaced", "need only", "deed only")
    return verdicts.index(row.verdict) if row.verdict in verdicts else 3 if moved else 4


def _retained(world: WorldResult, panels: dict[str, str]) -> Table:
    names = {"needed the forbidden": "goals that needed what is denied", "did not": "other goals"}
    rows = [
        (
            f"{names.get(row.group, 'all goals')} ({mean.n}){', ' if len(panels) > 1 else ''}"
            f"{_short(row.overseer, panels)}",
            _mean(row.aware),
            _mean(row.unaware),
        )
        for row in world.retained
        if row.overseer in panels and (mean := row.aware or row.unaware)
    ]
    columns = ("", "plans with the rules:rate", "runs into them:rate")
    return table("", columns, rows)


def _short(who: str, panels: dict[str, str]) -> str:
    """An overseer in a cell; nothing where they make no difference."""
    words = {"never": "never consents", "always": "always consents", "errs": "errs"}
    return words.get(who, who) if len(panels) > 1 else ""


# -- numbers -------------------------------------------------------------------------------------


def _pressed(row: PressureRow, found: Verification) -> Pressed:
    gain = _mean(row.gain) or Estimate(0.0)
    return Pressed(
        row.part, found.rules.get(row.part, f"protection of {row.part}"), gain, row.goals
    )


def _all_acts(rows: Sequence[Irreversible]) -> Section | None:
    if not rows:
        return None
    title = f"All {len(rows)} acts whose way back is not sure, with a state of each"
    return Section(title, "", (_acts(rows, example=True),))


def _acts(rows: Sequence[Irreversible], *, example: bool) -> Table:
    told = [
        (row.action, row.declared, row.states, row.for_good, row.example if example else "")
        for row in rows
    ]
    columns = (
        "act", "declared", "no sure way back in:count", "may be lost for good in:count",
        "first such state",
    )  # fmt: skip
    return table("", columns, told)


def _rate(rate: GoalRate) -> Estimate | None:
    share = _share(rate)
    return None if share is None else Estimate(share, rate.low, rate.high)


def _share(rate: GoalRate) -> float | None:
    return rate.count / rate.n if rate.n else None


def _mean(mean: GoalMean | None) -> Estimate | None:
    return None if mean is None else Estimate(mean.value, mean.low, mean.high)


def _maybe(value: float | None) -> Estimate | None:
    return None if value is None else Estimate(value)


def _beyond(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
