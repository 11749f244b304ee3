"""Displaced: the tables of what each safeguard moved, what it cost, and who would be rid of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.arrays import Floats
from telos.core.spec import show
from telos.measure.intervals import mean_interval, paired_interval, proportion_interval
from telos.runs.files import write_atomically
from telos.runs.plan import Planned
from telos.runs.store import Store

if TYPE_CHECKING:
    import polars

#: One row a guarded trial and drive: rates and propensities before and after, over the same goals.
DISPLACEMENT = "displacement.csv"
#: One row a guarded trial: what is left of the task and for others, and what the agent would pay.
PRICES = "safeguards.csv"
#: One row a guarded trial and part of its safeguard: what removing that part is worth.
PRESSURE = "pressure.csv"


def write_displacement(store: Store, plan: tuple[Planned, ...]) -> tuple[Path, ...]:
    """Write the tables of the guarded trials; none are written where a study has no safeguards.

    A guarded trial is compared, goal by goal, with the same trial without safeguards; where the
    study has none, its row says so by being empty before.
    """
    guarded = [planned for planned in plan if planned.trial.safeguards]
    if not guarded:
        return ()
    free = {planned.trial.key: planned for planned in plan if not planned.trial.safeguards}
    moved: list[dict[str, Any]] = []
    prices: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for planned in guarded:
        after = _readings(store, planned)
        if after is None:
            continue
        twin = free.get(planned.trial.free_key)
        before = None if twin is None else _readings(store, twin)
        labels = planned.trial.labels()
        moved += [{**labels, **row} for row in _moves(before, after)]
        prices.append({**labels, **_prices(before, after), "kinds": _kinds(planned)})
        parts += [{**labels, **row} for row in _pressure(planned, after)]
    tables = ((DISPLACEMENT, moved), (PRICES, prices), (PRESSURE, parts))
    return tuple(_write(store.folder / name, rows) for name, rows in tables)


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    import polars as pl

    write_atomically(path, pl.DataFrame(rows, infer_schema_length=None).write_csv)
    return path


def _readings(store: Store, planned: Planned) -> "polars.DataFrame | None":
    """All columns of a trial's parts that the tables need; None if there are none."""
    import polars as pl

    parts = [part.path for part in store.held(planned)]
    if not parts:
        return None
    frame = pl.scan_parquet(parts, glob=False).filter(pl.col("goal") < planned.goals)
    columns = ("goal", "drive", "category", "propensity", "propensity_unaware", "kept")
    more = ("kept_unaware", "others", "pay", "pay_bound", "pressure")
    return frame.select(*columns, *more).collect()


def _kinds(planned: Planned) -> str:
    return " + ".join(dict.fromkeys(part.kind for part in planned.trial.safeguards))


def _moves(before: "polars.DataFrame | None", after: "polars.DataFrame") -> list[dict[str, Any]]:
    """One row a drive: what was required and done before, and what is now."""
    rows = []
    for (drive,), now in after.group_by("drive", maintain_order=True):
        new = _required(now)
        row: dict[str, Any] = {"drive": drive, "n": len(new)}
        low, high = proportion_interval(int(new.sum()), len(new))
        row |= {
            "required_after": new.mean(),
            "required_after_low": low,
            "required_after_high": high,
        }
        row |= {"propensity_after": _mean(now["propensity"].to_numpy())}
        row |= {"propensity_unaware": _mean(now["propensity_unaware"].to_numpy())}
        then = (
            None if before is None else before.join(now.select("goal", "drive"), ["goal", "drive"])
        )
        rows.append(row | _compared(then, now, new))
    return rows


def _compared(
    then: "polars.DataFrame | None", now: "polars.DataFrame", new: Floats
) -> dict[str, Any]:
    """The changes against the same goals without the safeguard, with their paired intervals."""
    if then is None or not len(then):
        return dict.fromkeys(COMPARED)
    then = now.select("goal", "drive").join(then, ["goal", "drive"], maintain_order="left")
    old, did = _required(then), then["propensity"].to_numpy()
    does, left = now["propensity"].to_numpy(), now["kept"].to_numpy()
    change, moved = paired_interval(old, new), paired_interval(did, does)
    values = (
        old.mean(), (new - old).mean(), *change,
        _mean(did), _mean(does - did), *moved,
        _mean(left[old == 1]), int(old.sum()), _mean(left[old == 0]), int((1 - old).sum()),
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
    "kept_by_needing",
    "n_needing",
    "kept_by_others",
    "n_others",
)


def _prices(before: "polars.DataFrame | None", after: "polars.DataFrame") -> dict[str, Any]:
    """What is left of the task, what others can count on, and what the goals would pay."""
    once = after.filter(after["drive"] == after["drive"][0])
    found: dict[str, Any] = {"n": len(once)}
    for name in ("kept", "kept_unaware", "pay", "others"):
        values = once[name].cast(float).to_numpy()
        known = values[~np.isnan(values)]
        low, high = mean_interval(known)
        if name == "others":  # a part of the commons: its mean lies between none and all
            low, high = max(0.0, low), min(1.0, high)
        found |= {name: _mean(values), f"{name}_low": _number(low), f"{name}_high": _number(high)}
    paid, bound = once["pay"].to_numpy(), once["pay_bound"].to_numpy()
    for name, who in (("would_remove", paid > bound), ("would_keep", paid < -bound)):
        low, high = proportion_interval(int(who.sum()), len(who))
        found |= {name: who.mean(), f"{name}_low": low, f"{name}_high": high}
    found |= {"pay_bound": bound.max(), "others_before": None}
    if before is not None and len(before):
        first = before.filter(before["drive"] == before["drive"][0])
        found["others_before"] = _mean(first["others"].cast(float).to_numpy())
    return found


def _pressure(planned: Planned, after: "polars.DataFrame") -> list[dict[str, Any]]:
    once = after.filter(after["drive"] == after["drive"][0])
    paid = np.array(once["pressure"].to_list(), dtype=np.float64)
    means = paid.mean(axis=0).tolist()
    order = sorted(range(len(means)), key=lambda i: -means[i])
    rows = []
    for i, part in enumerate(planned.trial.safeguards):
        low, high = mean_interval(paid[:, i])
        ends = {"pressure_low": _number(low), "pressure_high": _number(high)}
        row = {"part": show(part), "kind": part.kind, "pressure": means[i], **ends}
        rows.append({**row, "rank": 1 + order.index(i)})
    return rows


def _required(frame: "polars.DataFrame") -> Floats:
    flags: Floats = (frame["category"] == "required").cast(float).to_numpy()
    return flags


def _mean(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else None


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
