"""Displaced: the tables of what each safeguard moved, what it cost, and who would be rid of it."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.moments import Moments
from telos.core.record import TrialEntry
from telos.measure.intervals import proportion_interval
from telos.measure.streamed import NOTHING, Paired, streamed_mean_interval
from telos.runs.entries import twins
from telos.runs.streams import Stream, by_drive, known_moments, numbers, stream
from telos.runs.tables import Held, framed, write_table

if TYPE_CHECKING:
    import polars

#: One row a guarded trial and drive: rates and propensities before and after, over the same goals.
DISPLACEMENT = "displacement.csv"
#: One row a guarded trial: what is left of the task and for others, and what the agent would pay.
PRICES = "safeguards.csv"
#: One row a guarded trial and part of its safeguard: what removing that part is worth.
PRESSURE = "removal_incentives.csv"
#: Numbers of a goal that are the same on its row of each drive.
PRICED = ("task_retained", "task_retained_unaware", "willingness_to_pay", "others")
UNPAIRED = Paired()
COLUMNS = (
    "goal",
    "drive",
    "category",
    "propensity",
    "propensity_unaware",
    *PRICED,
    "willingness_bound",
)


def write_displacement(folder: Path, trials: Sequence[TrialEntry], held: Held) -> tuple[Path, ...]:
    """Write the tables of the guarded trials; none are written where a study has no safeguards.

    A guarded trial is compared, goal by goal, with the same trial without safeguards; where the
    study has none, its row says so by being empty before.

    Args:
        folder: the result folder. trials: of its record. held: the parts of each trial.
    """
    guarded = [trial for trial in trials if trial.safeguards]
    if not guarded:
        return ()
    free = twins(trials)
    moved: list[dict[str, Any]] = []
    prices: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for trial in guarded:
        twin = free.get(trial.key)
        after = stream(held[trial.key], trial.n_goals, *COLUMNS, "removal_incentive")
        before = None if twin is None else stream(held[twin.key], twin.n_goals, *COLUMNS)
        drives, price, shared = _read(before, after)
        if not drives:
            continue
        labels = trial.labels()
        moved += [{**labels, "drive": drive, **_moves(found)} for drive, found in drives.items()]
        kinds = " + ".join(dict.fromkeys(part.about for part in trial.safeguards))
        prices.append({**labels, **_prices(price, shared), "kinds": kinds})
        parts += [{**labels, **row} for row in _pressure(trial, price.pressure)]
    tables = ((DISPLACEMENT, moved), (PRICES, prices), (PRESSURE, parts))
    return tuple(write_table(folder / name, framed(Path(name).stem, rows)) for name, rows in tables)


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Moved:
    """What is kept of one drive, window by window: all goals after, and those known before too.

    Args:
        n, required: goals under the safeguard, and how many of them require the drive.
        propensity, unaware: how often they pursue it, the agent knowing of the safeguard or not.
        flags, does: whether they require it and how often they pursue it, before and after.
        needed, others: how many required it before and how many did not; what each have left.
    """

    n: int = 0
    required: int = 0
    propensity: Moments = NOTHING
    unaware: Moments = NOTHING
    flags: Paired = UNPAIRED
    does: Paired = UNPAIRED
    needed: tuple[int, Moments] = (0, NOTHING)
    others: tuple[int, Moments] = (0, NOTHING)

    def plus(self, then: "polars.DataFrame | None", now: "polars.DataFrame") -> "_Moved":
        """With the rows of a window; `then` may lack some of its goals."""
        seen = dataclasses.replace(
            self,
            n=self.n + len(now),
            required=self.required + int(_required(now).sum()),
            propensity=self.propensity.merge(_known(now, "propensity")),
            unaware=self.unaware.merge(_known(now, "propensity_unaware")),
        )
        if then is None:
            return seen
        both = now.join(then, "goal", suffix="_before", maintain_order="left")
        old, left = _required(both, "category_before"), numbers(both, "task_retained")
        change = Paired.of(numbers(both, "propensity_before"), numbers(both, "propensity"))
        return dataclasses.replace(
            seen,
            flags=self.flags.merge(Paired.of(old, _required(both))),
            does=self.does.merge(change),
            needed=_more(self.needed, left[old == 1]),
            others=_more(self.others, left[old == 0]),
        )


def _more(known: tuple[int, Moments], values: Floats) -> tuple[int, Moments]:
    return known[0] + len(values), known[1].merge(known_moments(values))


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Price:
    """What is kept of what a safeguard costs: numbers of a goal, the same on the row of each drive."""

    n: int
    moments: Mapping[str, Moments]
    would_remove: int
    would_keep: int
    bound: float
    pressure: tuple[Moments, ...]

    def plus(self, once: "polars.DataFrame") -> "_Price":
        """With the rows of one drive in a window."""
        paid, bound = numbers(once, "willingness_to_pay"), numbers(once, "willingness_bound")
        parts = np.array(once["removal_incentive"].to_list(), dtype=np.float64).T
        pressures = zip(self.pressure or [NOTHING] * len(parts), parts, strict=True)
        return _Price(
            n=self.n + len(once),
            moments={name: m.merge(_known(once, name)) for name, m in self.moments.items()},
            would_remove=self.would_remove + int((paid > bound).sum()),
            would_keep=self.would_keep + int((paid < -bound).sum()),
            bound=max(self.bound, float(bound.max())),
            pressure=tuple(known.merge(Moments.of(part)) for known, part in pressures),
        )


def _read(before: Stream | None, after: Stream) -> tuple[dict[str, _Moved], _Price, Moments]:
    """One pass over a guarded trial and its twin without safeguards, window by window.

    Returns:
        What moved, by drive; what it costs; what was left for others before.
    """
    drives: dict[str, _Moved] = {}
    price = _Price(0, dict.fromkeys(PRICED, NOTHING), 0, 0, float("-inf"), ())
    shared = NOTHING
    for first in after.firsts():
        now = after.window(first)
        then = None if before is None else before.window(first)
        earlier = {} if then is None else dict(by_drive(then))
        if earlier:
            shared = shared.merge(_known(next(iter(earlier.values())), "others"))
        for place, (drive, mine) in enumerate(by_drive(now) if now is not None else ()):
            drives[drive] = drives.get(drive, _Moved()).plus(earlier.get(drive), mine)
            price = price.plus(mine) if place == 0 else price
    return drives, price, shared


def _moves(found: _Moved) -> dict[str, Any]:
    """The row of one drive: what was required and done before, and what is now."""
    low, high = proportion_interval(found.required, found.n)
    row: dict[str, Any] = {
        "n": found.n,
        "required_after": found.required / found.n,
        "required_after_low": low,
        "required_after_high": high,
        "propensity_after": _mean(found.propensity),
        "propensity_unaware": _mean(found.unaware),
    }
    return row | _compared(found)


def _compared(found: _Moved) -> dict[str, Any]:
    """The changes against the same goals without the safeguard, with their paired intervals."""
    flags, does = found.flags, found.does
    if not flags.change.n:
        return dict.fromkeys(COMPARED)
    values = (
        flags.before.mean, flags.change.mean, *flags.interval(),
        _mean(does.before), _mean(does.change), *does.interval(),
        _mean(found.needed[1]), found.needed[0], _mean(found.others[1]), found.others[0],
    )  # fmt: skip
    return dict(zip(COMPARED, values, strict=True))


COMPARED = (
    "required_before",
    "change",
    "change_low",
    "change_high",
    "propensity_before",
    "moved",
    "moved_low",
    "moved_high",
    "task_retained_by_needing",
    "n_needing",
    "task_retained_by_others",
    "n_others",
)


def _prices(price: _Price, shared: Moments) -> dict[str, Any]:
    """What is left of the task, what others can count on, and what the goals would pay."""
    found: dict[str, Any] = {"n": price.n}
    for name in PRICED:
        low, high = streamed_mean_interval(price.moments[name])
        if name == "others":  # a part of the commons: its mean lies between none and all
            low, high = max(0.0, low), min(1.0, high)
        ends = {f"{name}_low": _number(low), f"{name}_high": _number(high)}
        found |= {name: _mean(price.moments[name]), **ends}
    for name, who in (("would_remove", price.would_remove), ("would_keep", price.would_keep)):
        low, high = proportion_interval(who, price.n)
        found |= {name: who / price.n, f"{name}_low": low, f"{name}_high": high}
    return found | {"willingness_bound": price.bound, "others_before": _mean(shared)}


def _pressure(trial: TrialEntry, paid: Sequence[Moments]) -> list[dict[str, Any]]:
    means = [moments.mean for moments in paid]
    order = sorted(range(len(means)), key=lambda i: -means[i])
    rows = []
    for i, part in enumerate(trial.safeguards):
        low, high = streamed_mean_interval(paid[i])
        ends = {"removal_incentive_low": _number(low), "removal_incentive_high": _number(high)}
        row = {"part": part.label, "kind": part.about, "removal_incentive": means[i], **ends}
        rows.append({**row, "rank": 1 + order.index(i)})
    return rows


def _required(frame: "polars.DataFrame", column: str = "category") -> Floats:
    flags: Floats = (frame[column] == "required").cast(float).to_numpy()
    return flags


def _known(frame: "polars.DataFrame", column: str) -> Moments:
    return known_moments(numbers(frame, column))


def _mean(moments: Moments) -> float | None:
    return moments.mean if moments.n else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
