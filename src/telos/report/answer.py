"""Answer: what a study found, as data for the sentences at the top of its page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from telos.core.refs import PartRef
from telos.report.changes import Change, paired, reference
from telos.report.columns import SWEEP, SWEEPS
from telos.report.results import Results, Trial
from telos.report.rows import (
    OTHERS_TITLE,
    RETAINED_TITLE,
    Cell,
    Group,
    Row,
    world_name,
)
from telos.report.summary import links
from telos.report.words import (
    ALIKE,
    Estimate,
    estimate,
    in_order,
    known,
    need_words,
    number,
    part_words,
    plain,
    safeguard_words,
)

Links = Mapping[tuple[str, str], str]
#: The one drive whose rise is welcome.
UPKEEP = "oversight_upkeep"
#: Above the larger random baseline by so much, a drive has set in.
ABOVE = 0.10
#: Reasons and worlds that a line names at most.
MOST_NAMED = 3


@final
@dataclass(frozen=True)
class Found:
    """Need and deed of one drive in one row, with the name of its line in the table."""

    drive: str
    needed: str
    where: str
    cell: Cell
    link: str


@final
@dataclass(frozen=True)
class Arms:
    """What safeguards did, arm by arm and drive by drive.

    Args:
        arms: how many. pairs: of arm and drive that were compared.
        largest: the largest joint rise of need and deed: arm, world, drive, change, line in the table.
        displacing, needed, done, held: how many arms raise both of some drive, only the need of some,
            only the deed of some, and lower a deed without any other rise of 5 points.
    """

    arms: int
    pairs: int
    n: int
    largest: tuple[str, str, str, Change, str] | None
    displacing: int
    needed: int
    done: int
    held: int


@final
@dataclass(frozen=True)
class Brief:
    """What a more capable agent does with a misspecified goal.

    Args:
        brief: the misspecification. of: how many have as few mistakes in them. n: goals.
        ends: what the least and the most capable agents are called.
        value, others, meant: (least, most capable) of the task value retained, of what is left for
            others, and of the value retained with the goal as it was meant.
        restraint: the safeguard that restores most beyond the same misspecified goal alone: its name,
            how many were tried, the paired change, and the changes of need and deed that are largest.
    """

    brief: str
    of: int
    n: int
    ends: tuple[str, str]
    value: tuple[Estimate, Estimate]
    others: tuple[Estimate, Estimate] | None
    meant: tuple[Estimate, Estimate] | None
    restraint: tuple[str, int, Estimate, str, Change | None] | None


@final
@dataclass(frozen=True)
class Onset:
    """From which level of a sweep on a drive is done 10 points above the random baseline.

    Args:
        level: by the estimates; empty: nowhere. low, high: by the limits of the intervals.
    """

    drive: str
    level: str
    low: str
    high: str


@final
@dataclass(frozen=True)
class Sweeping:
    """The sweep that the answer speaks of, one of `of`; the largest share that does worse with more."""

    name: str
    where: str
    unit: str
    ends: tuple[str, str]
    n: str
    of: int
    onsets: tuple[Onset, ...]
    rates: tuple[Found, ...]
    worse: Estimate | None
    worse_at: str
    steps: int


@final
@dataclass(frozen=True)
class Answer:
    """The top of a page.

    Args:
        found: need and deed of each drive where it applies first. n: goals. goals: what they are.
        agent: whose deeds they are. under: the safeguard, if there is no trial without.
        arms, brief, sweep: what else there is, if the study has it.
        scope, rules: lines of facts.
    """

    found: tuple[Found, ...]
    n: int
    goals: str
    agent: str
    world: str
    under: str
    arms: Arms | None
    brief: Brief | None
    sweep: Sweeping | None
    scope: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]


def answer(results: Results, found: Sequence[Group], mains: Sequence[Trial]) -> Answer:
    """The facts that the first sentences are made of."""
    rows = {row.key: row for group in found for row in group.rows}
    lines = links(found)
    first = mains[0]
    some = _found(results, rows, mains, lines)
    return Answer(
        found=some,
        n=max((each.cell.n for each in some), default=first.n_goals),
        goals=part_words(first.family),
        agent=part_words(first.agent),
        world=world_name(results, first.scenario),
        under=safeguard_words(first.safeguards) if first.safeguards else "",
        arms=_arms(results, rows, lines),
        brief=_brief(results, rows),
        sweep=_sweep(results, lines),
        scope=_scope(results, mains),
        rules=_rules(found),
    )


def _found(
    results: Results, rows: Mapping[str, Row], mains: Sequence[Trial], lines: Links
) -> tuple[Found, ...]:
    """Each drive in the first world where it applies."""
    by_drive: dict[str, Found] = {}
    for trial in mains:
        for drive, cell in rows[trial.key].cells.items():
            if cell.need and cell.deed and drive not in by_drive:
                where = world_name(results, trial.scenario)
                link = lines[trial.key, drive]
                by_drive[drive] = Found(plain(drive).lower(), need_words(drive), where, cell, link)
    return tuple(by_drive[drive] for drive in in_order(by_drive))


# -- safeguards ----------------------------------------------------------------------------------


def _arms(results: Results, rows: Mapping[str, Row], lines: Links) -> Arms | None:
    guarded = [t for t in results.trials if t.safeguards]
    guarded = [t for t in guarded if not all(p.role == "misspecified" for p in t.safeguards)]
    moved = {
        trial.key: {
            drive: cell.change
            for drive, cell in rows[trial.key].cells.items()
            if cell.change and drive != UPKEEP
        }
        for trial in guarded
    }
    guarded = [trial for trial in guarded if moved[trial.key]]
    if not guarded:
        return None
    both = [
        (min(c.need.value, c.deed.value), trial, drive)
        for trial in guarded
        for drive, c in moved[trial.key].items()
        if c.displaces
    ]
    largest = None
    if both:
        _, trial, drive = max(both, key=lambda each: each[0])
        arm, world = safeguard_words(trial.safeguards), world_name(results, trial.scenario)
        change = moved[trial.key][drive]
        largest = (arm, world, plain(drive).lower(), change, lines[trial.key, drive])
    each = [list(moved[trial.key].values()) for trial in guarded]
    return Arms(
        arms=len(guarded),
        pairs=sum(map(len, each)),
        n=max(rows[trial.key].n for trial in guarded),
        largest=largest,
        displacing=sum(any(c.displaces for c in some) for some in each),
        needed=sum(any(c.needed_only for c in some) for some in each),
        done=sum(any(c.done_only for c in some) for some in each),
        held=sum(
            any(c.falls for c in some) and all(c.held or c.falls for c in some) for some in each
        ),
    )


# -- misspecified goals --------------------------------------------------------------------------


def _misspecified(trial: Trial) -> bool:
    return bool(trial.safeguards) and all(p.role == "misspecified" for p in trial.safeguards)


def _brief(results: Results, rows: Mapping[str, Row]) -> Brief | None:
    """The misspecification with one mistake that costs most as the agent grows more capable."""
    ways: dict[tuple[PartRef, ...], list[Trial]] = {}
    for trial in results.trials:
        if _misspecified(trial) and RETAINED_TITLE in rows[trial.key].measures:
            ways.setdefault(trial.safeguards, []).append(trial)
    lines = {parts: _by_capability(trials) for parts, trials in ways.items()}
    lines = {parts: line for parts, line in lines.items() if len(line) > 1}
    if not lines:
        return None

    def value(trial: Trial, title: str = RETAINED_TITLE) -> Estimate:
        return rows[trial.key].measures[title]

    def gain(parts: tuple[PartRef, ...]) -> tuple[int, float]:
        mistakes = sum(bool(p.fields.get(f)) for p in parts for f in ("omits", "error"))
        return mistakes, value(lines[parts][-1]).value - value(lines[parts][0]).value

    worst = min(lines, key=gain)
    alike = [parts for parts in lines if gain(parts)[0] == gain(worst)[0]]
    least, most = lines[worst][0], lines[worst][-1]
    meant = [other and rows[other.key].measures.get(RETAINED_TITLE)
             for other in (reference(results, trial) for trial in (least, most))]  # fmt: skip
    shared = [OTHERS_TITLE in rows[t.key].measures for t in (least, most)]
    return Brief(
        brief=safeguard_words(worst),
        of=len(alike),
        n=rows[most.key].n,
        ends=(part_words(least.agent), part_words(most.agent)),
        value=(value(least), value(most)),
        others=(value(least, OTHERS_TITLE), value(most, OTHERS_TITLE)) if all(shared) else None,
        meant=(meant[0], meant[1]) if meant[0] and meant[1] else None,
        restraint=_restraint(results, rows, most),
    )


def _by_capability(trials: Sequence[Trial]) -> list[Trial]:
    """Short-sighted agents by how far they plan, the exact planner last; of the commonest family."""
    families = [(trial.family, trial.off) for trial in trials]
    common = max(families, key=families.count)
    mine = [t for t in trials if (t.family, t.off) == common]
    sight = [t for t in mine if "planning_discount" in t.agent.fields]
    best = [t for t in mine if t.agent.role == "reference"]
    return [*sorted(sight, key=lambda t: t.agent.fields["planning_discount"]), *best[:1]]  # type: ignore[arg-type,return-value]


def _restraint(
    results: Results, rows: Mapping[str, Row], alone: Trial
) -> tuple[str, int, Estimate, str, Change | None] | None:
    """Of the safeguards added to a misspecified goal, the one that restores most of the task value."""
    found = []
    for trial in results.trials:
        if len(trial.safeguards) > len(alone.safeguards) and reference(results, trial) is alone:
            listed = next(iter(paired(results, trial, alone).values()), {})
            if change := estimate(listed, "retained"):
                found.append((change.value, trial, change))
    if not found:
        return None
    _, trial, change = max(found, key=lambda each: each[0])
    cells = {d: cell.change for d, cell in rows[trial.key].cells.items() if cell.change}
    drive = max(cells, key=lambda d: abs(cells[d].deed.value), default="")
    added = safeguard_words(trial.safeguards[len(alone.safeguards) :])
    return added, len(found), change, plain(drive).lower(), cells.get(drive)


# -- sweeps --------------------------------------------------------------------------------------


def _sweep(results: Results, lines: Links) -> Sweeping | None:
    """The first sweep of the study with most onsets on the way from the least level to the most."""
    told = [(sweep, _levels(results, sweep)) for sweep in results.sweeps]
    told = [(sweep, levels) for sweep, levels in told if levels]
    if not told:
        return None
    sweep, levels = max(told, key=lambda each: sum(_begins(rows) for rows in each[1].values()))
    top = {drive: rows[-1] for drive, rows in levels.items()}
    widest = max(levels.values(), key=lambda rows: rows[-1]["goals"] or 0)
    steps = [row for row in widest if known(row["worse"])]
    worst = max(steps, key=lambda row: row["worse"], default=None)
    first, last = widest[0], widest[-1]
    name = f"{sweep.name} {sweep.where} {last['level']}"
    rates = tuple(
        Found(
            plain(drive).lower(),
            need_words(drive),
            sweep.where,
            Cell(estimate(row, "required"), estimate(row, "propensity"), n=int(row["goals"] or 0)),
            lines.get((name, drive), ""),
        )
        for drive, row in top.items()
    )
    return Sweeping(
        name=sweep.name,
        where=sweep.where,
        unit=sweep.unit,
        ends=(number(first["level"], 4), number(last["level"], 4)),
        n=_counted(last),
        of=len(told),
        onsets=tuple(_onset(drive, rows) for drive, rows in levels.items()),
        rates=rates,
        worse=estimate(worst, "worse") if worst else None,
        worse_at=number(worst["level"], 4) if worst else "",
        steps=len(steps),
    )


def _counted(row: Mapping[str, Any]) -> str:
    goals, worlds, learners = (int(row[name] or 0) for name in ("goals", "worlds", "learners"))
    text = f"{goals:,} goals" + (f" in {worlds:,} worlds" if worlds > 1 else "")
    return text + (f", {learners} learners each" if learners > 1 else "")


def _levels(results: Results, sweep: Any) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in results.tables[SWEEPS]:
        if (row[SWEEP], row["where"]) == (sweep.name, sweep.where) and row["applicable"]:
            found.setdefault(row["drive"], []).append(row)
    return {drive: found[drive] for drive in in_order(found)}


def _begins(rows: Sequence[Mapping[str, Any]]) -> bool:
    place = _first(rows, "above_most")
    return place is not None and place > 0


def _first(rows: Sequence[Mapping[str, Any]], column: str) -> int | None:
    """The first level from which on the number is at least 10 points at every level."""
    place = None
    for i in range(len(rows) - 1, -1, -1):
        if not known(rows[i][column]) or rows[i][column] < ABOVE:
            break
        place = i
    return place


def _onset(drive: str, rows: Sequence[Mapping[str, Any]]) -> Onset:
    places = [_first(rows, f"above_most{end}") for end in ("", "_high", "_low")]
    texts = ["" if place is None else number(rows[place]["level"], 4) for place in places]
    return Onset(plain(drive).lower(), *texts)


# -- scope and rules -----------------------------------------------------------------------------


def _scope(results: Results, mains: Sequence[Trial]) -> tuple[tuple[str, str], ...]:
    names = [f"{world_name(results, t.scenario)} ({t.world.states:,} states)" for t in mains]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    first = mains[0]
    off = f"; being off counts as {first.off}" if first.off else ""
    return (
        ("world" if len(names) == 1 else "worlds", ", ".join(names[:MOST_NAMED]) + more),
        ("goals", f"{part_words(first.family)}{off}"),
        ("agent", f"{part_words(first.agent)}, γ {first.discount:g}"),
    )


def _rules(found: Sequence[Group]) -> tuple[str, ...]:
    """What holds by construction, read off the record."""
    said = []
    cells = [
        (g, row, drive, cell) for g in found for row in g.rows for drive, cell in row.cells.items()
    ]
    lacking = [(plain(drive).lower(), g.where) for g, _, drive, cell in cells if cell.reason]
    if lacking:
        drives = {drive for drive, _ in lacking}
        worlds = {world for _, world in lacking}
        count = f"{len(set(lacking))} pairs of drive and world"
        one = f"{' and '.join(sorted(drives))} in {', '.join(sorted(worlds))}"
        said.append(
            f"{one if len(set(lacking)) == 1 else count}: cannot be pursued, so not applicable"
        )
    certain = [
        1 for _, _, _, cell in cells if cell.baseline is not None and cell.baseline > 1 - ALIKE
    ]
    if certain:
        said.append(f"in {len(certain)} of {len(cells)} cells even random play always does it")
    shut = [1 for _, _, _, cell in cells if cell.change and cell.baseline == 0]
    if shut:
        said.append(
            f"in {len(shut)} cells the safeguard leaves no way to do it, so 0 % is no finding"
        )
    full = {
        row.label
        for g in found
        for row in g.rows
        if row.against and (left := row.measures.get(OTHERS_TITLE)) and left.value > 1 - ALIKE
    }
    if full:
        said.append(f"in {len(full)} arms nothing can be taken from others")
    said.append(
        "an instrumental value is never negative; a need is counted only beyond its error bound"
    )
    return tuple(said)
