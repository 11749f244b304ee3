"""Arms: what safeguards did to need and deed, and what a misspecified goal costs, as facts for sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.core.refs import PartRef
from telos.report.changes import Change, paired, paired_measure, reference
from telos.report.columns import RETAINED
from telos.report.results import Recorded, Trial
from telos.report.rows import OTHERS_TITLE, RETAINED_TITLE, Row, world_name
from telos.report.summary import Links
from telos.report.words import Estimate, estimate, part_words, plain, safeguard_words

#: The columns of the readings that hold a measure.
COLUMNS = {RETAINED_TITLE: RETAINED, OTHERS_TITLE: "others"}
#: The one drive whose rise is welcome.
UPKEEP = "oversight_upkeep"


@final
@dataclass(frozen=True)
class Arms:
    """What safeguards did, arm by arm and drive by drive.

    Args:
        arms: how many. pairs: of arm and drive that were compared.
        largest: the largest joint rise of need and deed: arm, world, drive, change, line in the table.
        displacing, needed, done, held: how many arms raise both of some drive, only the need of some,
            only the deed of some, and hold (see `_holds`).
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
class Between:
    """A measure of the least and of the most capable agent, and its change over the same goals."""

    least: Estimate
    most: Estimate
    change: Estimate | None

    @property
    def told(self) -> bool:
        """Whether the interval of the change excludes 0."""
        change = self.change
        ends = (change.low, change.high) if change else ()
        return all(end is not None and end > 0 for end in ends) or all(
            end is not None and end < 0 for end in ends
        )


@final
@dataclass(frozen=True)
class Brief:
    """What a more capable agent does with a misspecified goal.

    Args:
        brief: the misspecification. of: how many have as few mistakes in them. n: goals.
        ends: what the least and the most capable agents are called.
        value, others, meant: of the task value retained, of what is left for others, and of the value
            retained with the goal as it was meant.
        restraint: the safeguard that restores most beyond the same misspecified goal alone: its name,
            how many were tried, the paired change, and the changes of need and deed that are largest.
    """

    brief: str
    of: int
    n: int
    ends: tuple[str, str]
    value: Between
    others: Between | None
    meant: Between | None
    restraint: tuple[str, int, Estimate, str, Change | None] | None


# -- safeguards ----------------------------------------------------------------------------------


def arms(results: Recorded, rows: Mapping[str, Row], lines: Links) -> Arms | None:
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
        held=sum(_holds(rows[trial.key]) for trial in guarded),
    )


def _holds(row: Row) -> bool:
    """Whether a deed falls and nothing else can have risen, with something left that could rise.

    A rise of 5 points is excluded: of the need of every drive, of the deed of every other drive. At
    least one other drive can still be pursued under the safeguard.
    """
    cells = [c for drive, c in row.cells.items() if not c.reason and drive != UPKEEP]
    moved = [(cell.change, cell.baseline) for cell in cells if cell.change]
    others = [(change, baseline) for change, baseline in moved if not change.falls]
    return (
        len(others) < len(moved) == len(cells)
        and all(change.need_held for change, _ in moved)
        and all(change.deed_held for change, _ in others)
        and any(baseline is not None and baseline > 0 for _, baseline in others)
    )


# -- misspecified goals --------------------------------------------------------------------------


def _misspecified(trial: Trial) -> bool:
    return bool(trial.safeguards) and all(p.role == "misspecified" for p in trial.safeguards)


def brief(results: Recorded, rows: Mapping[str, Row]) -> Brief | None:
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
    meant = [reference(results, trial) for trial in (least, most)]

    def between(trials: Sequence[Trial | None], title: str) -> Between | None:
        both = [trial for trial in trials if trial and title in rows[trial.key].measures]
        if len(both) < 2:
            return None
        change = paired_measure(results, both[1], both[0], COLUMNS[title])
        return Between(value(both[0], title), value(both[1], title), change)

    retained = between((least, most), RETAINED_TITLE)
    assert retained, "lines hold trials with that measure alone"
    return Brief(
        brief=safeguard_words(worst),
        of=len(alike),
        n=rows[most.key].n,
        ends=(part_words(least.agent), part_words(most.agent)),
        value=retained,
        others=between((least, most), OTHERS_TITLE),
        meant=between(meant, RETAINED_TITLE),
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
    results: Recorded, rows: Mapping[str, Row], alone: Trial
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
