"""diff: two studies side by side: which parts are not the same, and what that changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, final

from telos.core.arrays import Floats
from telos.core.errors import StudyError
from telos.core.files import plain_path
from telos.core.record import Record, TrialEntry
from telos.core.tables import Cell
from telos.measure.exact import exact_mean
from telos.measure.intervals import Interval, difference_interval, unpaired_interval
from telos.runs.entries import held_parts
from telos.runs.estimates import Row, ends_of
from telos.runs.parts import Held, Readings, find_parts, known, numbers, required
from telos.runs.progress import LABELS, progress_of, shown
from telos.runs.tables import framed

if TYPE_CHECKING:
    import polars

CHANGES = "changes"


@final
@dataclass(frozen=True)
class PartDifference:
    """What one study has of a kind of part and the other has not.

    Args:
        kind: `scenario`, `family`, `agent`, `discount`, `safeguards`, `drive`, `seed`, or what made
            the numbers: `world`, `source`, `telos`.
        first, second: what only the first has, and only the second.
    """

    kind: str
    first: tuple[str, ...]
    second: tuple[str, ...]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Diff:
    """What differs between two studies.

    Args:
        parts: the parts that are not the same.
        changes: one row a pair of trials and drive: the rate that requires it and the propensity in
            both, and how much more the second has, with 95 % intervals; goal by goal where both
            have the same goals (`paired`). Its columns are those of `changes` in `telos.core.tables`.
        unmatched: how many trials of the first and of the second have no counterpart.
        left_out: a sentence for each study of which readings are missing or damaged.
    """

    parts: tuple[PartDifference, ...]
    changes: "polars.DataFrame"
    unmatched: tuple[int, int]
    left_out: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kinds = ", ".join(part.kind for part in self.parts) or "no part"
        return f"<Diff of {len(self.changes)} rates: {kinds} differs>"


def diff(first: Path | str, second: Path | str) -> Diff:
    """Compare two studies, trial by trial, drive by drive.

    Trials are counterparts if they have the same key. Of the others, those are that agree in every
    label but the ones in which the whole studies differ: where one study has the agent A alone and
    the other the agent B alone, A's trials are compared with B's.

    Args:
        first: the result folder of one study.
        second: that of the other.

    Returns:
        The parts that differ, and the changes from the first to the second.

    Raises:
        StoreError: if a folder is not a result folder.
        StudyError: if no trial of one has a counterpart in the other, or none has readings in both.

    Example:
        >>> import tempfile
        >>> from dataclasses import replace
        >>> from telos import Study, agents, drives, families, run, worlds
        >>> study = Study(
        ...     name="gate",
        ...     question="Do unrelated goals keep an agent from being switched off?",
        ...     scenarios=(worlds.OffSwitch(rooms=3),),
        ...     families=(families.Uniform(),),
        ...     agents=(agents.Optimal(),),
        ...     drives=(drives.SelfPreservation(),),
        ...     discounts=(0.9,),
        ...     n_goals=50,
        ... )
        >>> noisy = replace(study, agents=(agents.Boltzmann(beta=1.0),))
        >>> with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        ...     _ = run(study, one, jobs=1, progress=False)
        ...     _ = run(noisy, other, jobs=1, progress=False)
        ...     found = diff(one, other)
        >>> [part.kind for part in found.parts], found.changes.height
        (['agent'], 1)

    References:
        The intervals: `telos.measure.intervals.difference_interval` and `unpaired_interval`.
    """
    sides = [_Side.of(plain_path(folder)) for folder in (first, second)]
    pairs = list(_pairs(*(side.record.trials for side in sides)))
    if not pairs:
        raise StudyError(
            f"{first} and {second} have no trial that could be compared: they differ in several parts "
            "at once. Run one of them again with the parts of the other."
        )
    rows = [row for one, other in pairs for row in _changes(sides, one, other)]
    left_out = tuple(side.left_out for side in sides if side.left_out)
    if not rows:
        raise StudyError(
            f"{first} and {second} have no readings that could be compared. {' '.join(left_out)}".strip()
        )
    unmatched = (
        len(sides[0].record.trials) - len({one.key for one, _ in pairs}),
        len(sides[1].record.trials) - len({other.key for _, other in pairs}),
    )
    return Diff(tuple(_parts(sides, pairs)), framed(CHANGES, rows), unmatched, left_out)


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Side:
    """A study: its record, its whole parts by trial, and what is missing or damaged of it."""

    record: Record
    held: Held
    left_out: str

    @classmethod
    def of(cls, folder: Path) -> Self:
        now = progress_of(folder, check=True)
        trials = now.record.trials
        held = held_parts(find_parts(folder / "parts"), trials, frozenset(now.damaged))
        asked = sum(trial.chunks_asked for trial in now.trials)
        there = sum(trial.chunks for trial in now.trials)
        said = "" if there == asked else f"{folder} has {there:,} of {asked:,} chunks."
        if now.damaged:
            said = f"{said} Damaged and left out: {', '.join(sorted(now.damaged)[:3])}.".strip()
        return cls(now.record, held, said)

    def readings(self, trial: TrialEntry) -> Readings:
        return Readings(trial, self.held[trial.key], ("goal", "category", "propensity"))


def _values(trials: Sequence[TrialEntry], label: str) -> dict[Cell, None]:
    return dict.fromkeys(trial.labels()[label] for trial in trials)


def _pairs(
    first: Sequence[TrialEntry], second: Sequence[TrialEntry]
) -> Iterator[tuple[TrialEntry, TrialEntry]]:
    """The trials that are compared: those of the same key, then those of the same labels."""
    others = {trial.key: trial for trial in second}
    same = {trial.key for trial in first} & set(others)
    yield from ((trial, others[trial.key]) for trial in first if trial.key in same)
    swapped = {
        label for label in LABELS if len(_values(first, label)) == len(_values(second, label)) == 1
    }
    joined = [label for label in LABELS if label not in swapped]
    places: dict[tuple[Cell, ...], list[TrialEntry]] = {}
    for trial in second:
        if trial.key not in same:
            places.setdefault(tuple(trial.labels()[name] for name in joined), []).append(trial)
    for trial in first:
        mine = places.get(tuple(trial.labels()[name] for name in joined), [])
        if trial.key not in same and len(mine) == 1:
            yield trial, mine[0]


def _parts(
    sides: Sequence[_Side], pairs: Sequence[tuple[TrialEntry, TrialEntry]]
) -> Iterator[PartDifference]:
    """What each study has that the other has not; then what made the numbers of the same trials."""
    trials = [side.record.trials for side in sides]
    found = {
        label: [{shown(v) or "none" for v in _values(t, label)} for t in trials] for label in LABELS
    }
    for kind in ("scenario", "family", "agent"):
        places = [{getattr(trial, kind).path for trial in mine} for mine in trials]
        if found[kind][0] == found[kind][1] and places[0] != places[1]:
            found[kind] = places  # of one label, and yet not the same class
    found["drive"] = [{name for trial in mine for name in trial.drive_names} for mine in trials]
    found["seed"] = [{str(side.record.study.seed)} for side in sides]
    same = [pair for pair in pairs if pair[0].labels() == pair[1].labels()]
    for name in ("world", "source", "telos"):
        differ = [
            pair for pair in same if getattr(pair[0].made, name) != getattr(pair[1].made, name)
        ]
        found[name] = [{getattr(pair[i].made, name) for pair in differ} for i in (0, 1)]
    for kind, (one, other) in found.items():
        if one != other:
            yield PartDifference(kind, tuple(sorted(one - other)), tuple(sorted(other - one)))


def _changes(sides: Sequence[_Side], one: TrialEntry, other: TrialEntry) -> Iterator[Row]:
    """The rows of a pair of trials, one for each drive that both have."""
    same = all(
        getattr(one, name) == getattr(other, name) for name in ("scenario", "family", "seed")
    )
    first, second = sides[0].readings(one), sides[1].readings(other)
    labels = one.labels()
    head: Row = {**{name: labels[name] for name in LABELS}, "trial": one.key, "other": other.key}
    for drive in one.drive_names if first.parts and second.parts else ():
        before, after = first.of(drive), second.of(drive)
        if before.is_empty() or after.is_empty():
            continue
        row: Row = {**head, "drive": drive, "paired": same}
        row |= {"n_first": len(before), "n_second": len(after)}
        if same:
            yield row | _paired(before, after)
        else:
            yield row | _unpaired(before, after)


def _paired(before: "polars.DataFrame", after: "polars.DataFrame") -> Row:
    both = after.join(before, "goal", suffix="_before")
    row: Row = {"n_first": len(both), "n_second": len(both)}
    old, new = required(both, "category_before"), required(both)
    row |= _change("required", old, new, difference_interval(old, new))
    does = both.select("propensity_before", "propensity").fill_nan(None).drop_nulls()
    old, new = (numbers(does, name) for name in does.columns)
    return row | _change("propensity", old, new, difference_interval(old, new))


def _unpaired(before: "polars.DataFrame", after: "polars.DataFrame") -> Row:
    old, new = required(before), required(after)
    row = _change("required", old, new, unpaired_interval(old, new))
    old, new = known(before, "propensity"), known(after, "propensity")
    return row | _change("propensity", old, new, unpaired_interval(old, new))


def _change(name: str, old: Floats, new: Floats, ends: Interval) -> Row:
    if not (len(old) and len(new)):
        return {}
    first, second = exact_mean(old), exact_mean(new)
    found: Row = {f"{name}_first": first, f"{name}_second": second}
    return found | ends_of(f"{name}_change", second - first, ends)
