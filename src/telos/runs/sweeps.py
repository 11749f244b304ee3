"""Sweeps: what happens to every drive as something is turned up, as one table, and where it begins."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.parts import AbstractAgent, part_name
from telos.core.record import SweepEntry
from telos.core.refs import identity
from telos.core.spec import digest, show, to_spec
from telos.measure.intervals import Interval, mean_interval
from telos.runs.entries import part_refs, sweep_entries, sweep_name
from telos.runs.onsets import onsets
from telos.runs.parts import Part
from telos.runs.plan import Planned
from telos.runs.population import RATES, Population, fallen, gap, spread, turned
from telos.runs.study import Study, Sweep
from telos.runs.tables import Held, framed, write_table
from telos.runs.trial import Trial

if TYPE_CHECKING:
    import polars

#: One row a sweep, level and drive: rates, propensity, chance and the optimum, with intervals.
SWEEPS = "sweeps.csv"
#: One row a sweep and drive: from which level on the drive is there to be seen.
ONSETS = "onsets.csv"


def own(study: Study, plan: tuple[Planned, ...]) -> tuple[Planned, ...]:
    """What a study plans apart from its sweeps: what its report tells of one by one."""
    keys = {trial.key for trial in dataclasses.replace(study, sweeps=()).trials()}
    return tuple(planned for planned in plan if planned.trial.key in keys)


def sweeps(study: Study, plan: tuple[Planned, ...]) -> tuple[SweepEntry, ...]:
    """What `study.json` says of each sweep: its words, and the trials of each level.

    `reference` names, for each of these trials, the trial of the reference agent (or of the sweep's
    own reference) in the same world, with the same goals; trials without one are left out.
    """
    best = {sweep_name(sweep): _references(sweep, plan) for sweep in study.sweeps}
    return sweep_entries(study, part_refs(study, plan), best)


def write_sweeps(
    folder: Path, study: Study, plan: tuple[Planned, ...], held: Held
) -> tuple[Path, ...]:
    """Write `sweeps.csv` and `onsets.csv`; neither is written where a study has no sweeps.

    Args:
        folder: the result folder. study: the study. plan: its trials. held: the parts of each trial.

    Returns:
        The paths of both.
    """
    if not study.sweeps:
        return ()
    levels: list[dict[str, Any]] = []
    begun: list[dict[str, Any]] = []
    for sweep in study.sweeps:
        best = _references(sweep, plan)
        frames = [_setting(held, setting, plan, best) for _, setting in sweep.settings]
        names = [part_name(d) for _, setting in sweep.settings for d in setting.drives]
        for drive in dict.fromkeys(names):
            rows = _rows(sweep, drive, [frame.of(drive) for frame in frames])
            levels += rows
            begun += [{**_labels(sweep), "drive": drive, **onsets(rows)}]
    return tuple(
        write_table(folder / name, framed(Path(name).stem, rows))
        for name, rows in ((SWEEPS, levels), (ONSETS, begun))
    )


def _labels(sweep: Sweep) -> dict[str, Any]:
    return {"sweep": sweep.name, "where": sweep.where, "unit": sweep.unit, "scale": sweep.scale}


def _references(sweep: Sweep, plan: tuple[Planned, ...]) -> dict[str, str]:
    """The key of the reference's trial for each arm that has one; of several, ours, the plainest."""
    found: dict[str, Trial] = {}
    for planned in plan:
        trial = planned.trial
        agent = trial.agent
        fits = agent.role == "reference" if sweep.reference is None else agent == sweep.reference
        known = found.get(trial.arm_key)
        if fits and (known is None or _plainness(agent) < _plainness(known.agent)):
            found[trial.arm_key] = trial
    return {arm: trial.key for arm, trial in found.items()}


def _plainness(agent: AbstractAgent) -> tuple[bool, int]:
    """Telos's own reference before another's, then the one with the fewest words."""
    return not type(agent).__module__.startswith("telos."), len(show(agent))


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Setting:
    """The readings of one level: every goal of every learner in every world."""

    table: "polars.DataFrame | None"
    worlds: int

    def of(self, drive: str) -> Population:
        """What was read of one drive; learners of one goal averaged."""
        if self.table is None:
            return Population(None, self.worlds)
        mine = self.table.filter(self.table["drive"] == drive).drop("drive")
        return Population(mine if len(mine) else None, self.worlds)


def _setting(
    held: Held, setting: Study, plan: tuple[Planned, ...], best: dict[str, str]
) -> _Setting:
    """The readings of one level: worlds are numbered in the order of the study, cells within them."""
    import polars as pl

    planned = {p.trial.key: p for p in plan}
    worlds: dict[str, int] = {}
    cells: dict[tuple[int, str], int] = {}
    frames = []
    for trial in setting.trials():
        world = worlds.setdefault(identity(trial.scenario), len(worlds))
        name = _without_replica(trial)
        mine = sum(1 for w, _ in cells if w == world)
        cell = cells.setdefault((world, name), mine)
        frame = _readings(held[trial.key], planned[trial.key])
        if frame is None:
            continue
        reference = best.get(trial.arm_key)
        optimum = None if reference is None else _readings(held[reference], planned[reference])
        if optimum is not None:
            optimum = optimum.select("goal", "drive", pl.col("propensity").alias("optimum"))
            frame = frame.join(optimum, ["goal", "drive"], how="left")
        else:
            frame = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("optimum"))
        frames.append(
            frame.with_columns(
                pl.lit(world).alias("world"),
                pl.lit(cell).alias("cell"),
                pl.lit(int(getattr(trial.agent, "replica", 0))).alias("replica"),
                pl.lit(trial.draw_key).alias("draws"),
                pl.lit(reference == trial.key).alias("itself"),
            )
        )
    return _Setting(pl.concat(frames) if frames else None, len(worlds))


def _without_replica(trial: Trial) -> str:
    """The name of everything but the world and which learner it is."""
    spec = trial.spec()
    agent = {name: value for name, value in to_spec(trial.agent).items() if name != "replica"}
    return digest({**spec, "agent": agent, "scenario": None})


def _readings(held: Sequence[Part], planned: Planned) -> "polars.DataFrame | None":
    import polars as pl

    parts = [part.path for part in held]
    if not parts:
        return None
    flags = [(pl.col("category") == rate).cast(pl.Float64).alias(rate) for rate in RATES]
    numbers = [pl.col(name).cast(pl.Float64) for name in ("propensity", "task_retained")]
    chances = ("baseline_actions", "baseline_outcomes")
    frame = pl.scan_parquet(parts, glob=False, hive_partitioning=False).filter(
        pl.col("goal") < planned.goals
    )
    return frame.select("goal", "drive", *flags, *numbers, *chances).collect()


def _rows(sweep: Sweep, drive: str, levels: Sequence[Population]) -> list[dict[str, Any]]:
    """The rows of one drive, level by level."""
    rows = []
    for place, (level, here) in enumerate(zip(sweep.levels, levels, strict=True)):
        row: dict[str, Any] = {**_labels(sweep), "place": place, "level": level, "drive": drive}
        row |= {"applicable": here.known, "worlds": here.applicable, "left_out": here.left_out}
        row |= {"goals": here.goals, "learners": here.learners, "clusters": here.unit}
        for name in RATES:
            row |= _ends(name, here.mean(name), here.interval(name))
        row |= _ends("propensity", here.mean("propensity"), here.interval("propensity"))
        row |= spread(here)
        for rule in ("baseline_actions", "baseline_outcomes"):
            row[rule] = here.mean(rule)
        row |= here.beyond_chance()
        row["optimum"] = here.mean("optimum")
        row |= gap(levels, place)
        row |= _ends(
            "task_retained", here.mean("task_retained"), mean_interval(here.values("task_retained"))
        )
        row |= turned(levels[place - 1] if place else None, here)
        row["worlds_fell"] = fallen(levels[place - 1], here) if place else None
        rows.append(row)
    return rows


def _ends(name: str, mean: float | None, ends: Interval) -> dict[str, Any]:
    low, high = (end if math.isfinite(end) else None for end in ends)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}
