"""Arms: what safeguards did to need and deed, and what a misspecified goal costs, as facts for sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

from telos.core.refs import PartRef
from telos.report.changes import Change, half_measure, paired_measure, reference
from telos.report.columns import RETAINED
from telos.report.results import Recorded, Trial
from telos.report.rows import OTHERS_TITLE, RETAINED_TITLE, Row, world_name
from telos.report.summary import Links
from telos.report.words import Estimate, part_words, plain, safeguard_words

#: The columns of the readings that hold a measure.
COLUMNS = {RETAINED_TITLE: RETAINED, OTHERS_TITLE: "others"}
#: The one drive whose rise is welcome.
UPKEEP = "oversight_upkeep"


@final
@dataclass(frozen=True)
class Largest:
    """The displacement that was largest on half the goals, as the other half tells it.

    Args:
        arm, world, drive: where. among: of how many displaced pairs of arm and drive it was picked.
        need, least: the changes of need and least deed, over the n goals that did not pick it.
        link: its line in the table.
    """

    arm: str
    world: str
    drive: str
    among: int
    n: int
    need: Estimate
    least: Estimate
    link: str


@final
@dataclass(frozen=True)
class Arms:
    """What safeguards did, arm by arm and drive by drive.

    Args:
        arms: how many. pairs: of arm and drive that were compared.
        largest: the largest joint rise of need and least deed among those displaced.
        displacing, needed, done, held: how many arms displace into some drive, raise only the need of
            some, raise only the deed of some, and hold (see `_holds`).
    """

    arms: int
    pairs: int
    n: int
    largest: Largest | None
    displacing: int
    needed: int
    done: int
    held: int


@final
@dataclass(frozen=True)
class AgentsCompared:
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
class Restraint:
    """A safeguard added to a misspecified goal, and the drive whose deed it changes most.

    Both are picked on half the goals and told by the others.

    Args:
        name: the safeguard. tried: how many were. change: of the task value retained.
        drive: the drive; empty: none can be told. among: of how many.
        need, deed: its changes.
    """

    name: str
    tried: int
    change: Estimate
    drive: str = ""
    among: int = 0
    need: Estimate | None = None
    deed: Estimate | None = None


@final
@dataclass(frozen=True)
class Brief:
    """What a more capable agent does with a misspecified goal.

    Args:
        brief: the misspecification. of: how many have as few mistakes in them. n: goals.
        ends: what the least and the most capable agents are called.
        value, others, meant: of the task value retained, of what is left for others, and of the value
            retained with the goal as it was meant.
        restraint: the safeguard that restores most beyond the same misspecified goal alone.
    """

    brief: str
    of: int
    n: int
    ends: tuple[str, str]
    value: AgentsCompared
    others: AgentsCompared | None
    meant: AgentsCompared | None
    restraint: Restraint | None


# -- safeguards ----------------------------------------------------------------------------------


def arms(results: Recorded, rows: Mapping[str, Row], lines: Links) -> Arms | None:
    guarded = [t for t in results.trials if t.safeguards]
    guarded = [t for t in guarded if t.safeguards[-1].role != "misspecified"]
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
    each = [{c.verdict for c in moved[trial.key].values()} for trial in guarded]
    return Arms(
        arms=len(guarded),
        pairs=sum(len(moved[trial.key]) for trial in guarded),
        n=max(rows[trial.key].n for trial in guarded),
        largest=_largest(results, guarded, moved, lines),
        displacing=sum("displaced" in some for some in each),
        needed=sum("need only" in some for some in each),
        done=sum("deed only" in some for some in each),
        held=sum(_holds(rows[trial.key]) for trial in guarded),
    )


def _largest(
    results: Recorded,
    guarded: Sequence[Trial],
    moved: Mapping[str, Mapping[str, Change]],
    lines: Links,
) -> Largest | None:
    """The largest displacement by half the goals, told by the others."""
    found = []
    for trial in guarded:
        other = reference(results, trial)
        for drive, change in moved[trial.key].items():
            if other is not None and change.verdict == "displaced":
                picked, told = ([paired_measure(results, trial, other, column, drive=drive, half=half)
                                 for column in ("required", "deed_least")] for half in (0, 1))  # fmt: skip
                found.append((trial, drive, picked, told))
    sure = [(t, d, picked, told) for t, d, picked, told in found if all(picked) and all(told)]
    if not sure:
        return None
    trial, drive, _, told = max(sure, key=lambda each: min(e.value for e in each[2] if e))
    need, least = told
    assert need
    assert least
    return Largest(
        arm=safeguard_words(trial.safeguards),
        world=world_name(results, trial.scenario),
        drive=plain(drive).lower(),
        among=len(found),
        n=trial.n_goals // 2,
        need=need,
        least=least,
        link=lines[trial.key, drive],
    )


def _holds(row: Row) -> bool:
    """Whether a deed falls and nothing else can have risen, with something left that could rise.

    The deed of some drive falls however ties fall; every other drive is held, and so is the need of
    the one that falls. At least one other drive can still be pursued under the safeguard.
    """
    cells = [c for drive, c in row.cells.items() if not c.reason and drive != UPKEEP]
    moved = [(cell.change, cell.baseline) for cell in cells if cell.change]
    others = [(change, baseline) for change, baseline in moved if not change.falls]
    return (
        len(others) < len(moved) == len(cells)
        and all(change.verdict == "held" for change, _ in moved)
        and any(baseline is not None and baseline > 0 for _, baseline in others)
    )


# -- misspecified goals --------------------------------------------------------------------------


def _misspecified(trial: Trial) -> bool:
    return bool(trial.safeguards) and all(p.role == "misspecified" for p in trial.safeguards)


def brief(results: Recorded, rows: Mapping[str, Row]) -> Brief | None:
    """The misspecification with one mistake that costs most as the agent grows more capable.

    Where there are several with as few mistakes, it is picked on half the goals and told by the others.
    """
    ways: dict[tuple[PartRef, ...], list[Trial]] = {}
    for trial in results.trials:
        if _misspecified(trial) and RETAINED_TITLE in rows[trial.key].measures:
            ways.setdefault(trial.safeguards, []).append(trial)
    lines = {parts: _by_capability(trials) for parts, trials in ways.items()}
    lines = {parts: line for parts, line in lines.items() if len(line) > 1}
    if not lines:
        return None

    def mistakes(parts: tuple[PartRef, ...]) -> int:
        return sum(bool(p.fields.get(f)) for p in parts for f in ("omits", "error"))

    def gain(parts: tuple[PartRef, ...]) -> float:
        ends = (half_measure(results, lines[parts][i], RETAINED, 0) for i in (-1, 0))
        most, least = (end.value if end else 0.0 for end in ends)
        return most - least

    alike = [parts for parts in lines if mistakes(parts) == min(map(mistakes, lines))]
    worst = min(alike, key=gain) if len(alike) > 1 else alike[0]
    half = 1 if len(alike) > 1 else None
    least, most = lines[worst][0], lines[worst][-1]
    meant = [reference(results, trial) for trial in (least, most)]

    def between(trials: Sequence[Trial | None], title: str) -> AgentsCompared | None:
        both = [trial for trial in trials if trial and title in rows[trial.key].measures]
        if len(both) < 2:
            return None
        change = paired_measure(results, both[1], both[0], COLUMNS[title], half=half)
        ends = [rows[trial.key].measures[title] if half is None
                else half_measure(results, trial, COLUMNS[title], half) for trial in both]  # fmt: skip
        return AgentsCompared(ends[0], ends[1], change) if ends[0] and ends[1] else None

    retained = between((least, most), RETAINED_TITLE)
    if retained is None:
        return None
    return Brief(
        brief=safeguard_words(worst),
        of=len(alike),
        n=rows[most.key].n if half is None else rows[most.key].n // 2,
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


def _restraint(results: Recorded, rows: Mapping[str, Row], alone: Trial) -> Restraint | None:
    """Of the safeguards added to a misspecified goal, the one that restores most of the task value.

    It is picked on half the goals and told by the others.
    """
    found = []
    for trial in results.trials:
        if len(trial.safeguards) > len(alone.safeguards) and reference(results, trial) is alone:
            picked, told = (
                paired_measure(results, trial, alone, RETAINED, half=half) for half in (0, 1)
            )
            if picked and told:
                found.append((picked.value, trial, told))
    if not found:
        return None
    _, trial, change = max(found, key=lambda each: each[0])
    added = Restraint(
        safeguard_words(trial.safeguards[len(alone.safeguards) :]), len(found), change
    )

    def moved(drive: str, column: str, half: int) -> Estimate | None:
        return paired_measure(results, trial, alone, column, drive=drive, half=half)

    drives = [drive for drive, cell in rows[trial.key].cells.items() if cell.change]
    by_half = {drive: each for drive in drives if (each := moved(drive, "propensity", 0))}
    if not by_half:
        return added
    drive = max(by_half, key=lambda d: abs(by_half[d].value))
    need, deed = (moved(drive, column, 1) for column in ("required", "propensity"))
    return replace(added, drive=plain(drive).lower(), among=len(by_half), need=need, deed=deed)
