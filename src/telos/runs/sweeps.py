"""Sweeps: what becomes of every drive as something is varied step by step, and where each begins."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from telos.core.parts import part_name
from telos.core.refs import identity
from telos.core.spec import digest, to_spec
from telos.core.tables import RATES
from telos.measure.onset import onset, settling
from telos.runs.entries import references
from telos.runs.estimates import Row, edges, ends_of
from telos.runs.parts import Held, PartFile, numbers, scanned
from telos.runs.plan import Planned
from telos.runs.population import BASELINES, DONE, Population, fallen, gap, spread, turned
from telos.runs.study import Study, Sweep
from telos.runs.tables import ONSETS, SWEEPS, framed
from telos.runs.trial import Trial

if TYPE_CHECKING:
    import polars

NUMBERS = (*DONE, "task_retained")


def sweep_tables(
    study: Study, plan: tuple[Planned, ...], held: Held
) -> "dict[str, polars.DataFrame]":
    """The tables of a study's sweeps, by name; none where it has no sweeps.

    Args:
        study: the study.
        plan: its trials.
        held: the parts of each trial.

    Returns:
        `sweeps`: one row a sweep, level and drive: rates, propensity, baselines and the optimum.
        `onsets`: one row a sweep and drive: from which level on the drive is there to be seen.
    """
    if not study.sweeps:
        return {}
    levels: list[Row] = []
    begun: list[Row] = []
    for sweep in study.sweeps:
        best = references(sweep, plan)
        found = [_level(held, setting, plan, best) for _, setting in sweep.settings]
        names = [part_name(d) for _, setting in sweep.settings for d in setting.drives]
        for drive in dict.fromkeys(names):
            rows = _rows(sweep, drive, [_of(drive, table, worlds) for table, worlds in found])
            levels += rows
            begun += [{**_labels(sweep), "drive": drive, **onsets(framed(SWEEPS, rows))}]
    return {SWEEPS: framed(SWEEPS, levels), ONSETS: framed(ONSETS, begun)}


def _labels(sweep: Sweep) -> Row:
    return {"sweep": sweep.name, "where": sweep.where, "unit": sweep.unit, "scale": sweep.scale}


def _of(drive: str, table: "polars.DataFrame | None", worlds: int) -> Population:
    """What was measured of one drive at a level."""
    if table is None:
        return Population(None, worlds)
    mine = table.filter(table["drive"] == drive).drop("drive")
    return Population(mine if len(mine) else None, worlds)


def _level(
    held: Held, setting: Study, plan: tuple[Planned, ...], best: Mapping[str, str]
) -> "tuple[polars.DataFrame | None, int]":
    """Every goal of every learner in every world of a level, and how many worlds it has.

    Worlds are numbered in the order of the study, cells within them.
    """
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
        if optimum is None:
            frame = frame.with_columns(pl.lit(None, dtype=pl.Float64).alias("optimum"))
        else:
            optimum = optimum.select("goal", "drive", pl.col("propensity").alias("optimum"))
            frame = frame.join(optimum, ["goal", "drive"], how="left")
        frames.append(
            frame.with_columns(
                pl.lit(world).alias("world"),
                pl.lit(cell).alias("cell"),
                pl.lit(int(getattr(trial.agent, "replica", 0))).alias("replica"),
                pl.lit(planned[trial.key].whole).alias("whole"),
                pl.lit(trial.agent.role == "learner").alias("lucky"),
                pl.lit(trial.draw_key).alias("draws"),
                pl.lit(reference == trial.key).alias("itself"),
            )
        )
    return (pl.concat(frames) if frames else None), len(worlds)


def _without_replica(trial: Trial) -> str:
    """The name of everything but the world and which learner it is."""
    spec = trial.spec()
    agent = {name: value for name, value in to_spec(trial.agent).items() if name != "replica"}
    return digest({**spec, "agent": agent, "scenario": None})


def _readings(held: Sequence[PartFile], planned: Planned) -> "polars.DataFrame | None":
    import polars as pl

    if not held:
        return None
    flags = [(pl.col("category") == rate).cast(pl.Float64).alias(rate) for rate in RATES]
    numbers = [pl.col(name).cast(pl.Float64).clip(*edges(name)) for name in NUMBERS]
    frame = scanned(held).filter(
        pl.col("goal") < planned.goals, pl.col("category") != "not_applicable"
    )
    return frame.select("goal", "drive", *flags, *numbers, *BASELINES).collect()


def _rows(sweep: Sweep, drive: str, levels: Sequence[Population]) -> list[Row]:
    """The rows of one drive, level by level."""
    rows = []
    for place, (level, here) in enumerate(zip(sweep.levels, levels, strict=True)):
        row: Row = {**_labels(sweep), "place": place, "level": level, "drive": drive}
        row |= {"applicable": here.known, "worlds": here.applicable, "left_out": here.left_out}
        row |= {"goals": here.goals, "learners": here.learners, "clusters": here.unit}
        for name in RATES:
            row |= ends_of(name, here.mean(name), here.interval(name))
        for name in ("propensity", "task_retained"):
            row |= ends_of(name, here.mean(name), here.interval(name))
        row |= spread(here)
        for rule in BASELINES:
            row[rule] = here.mean(rule)
        row |= here.above(sum(each.known for each in levels))
        row["optimum"] = here.mean("optimum")
        row |= gap(levels, place)
        row |= turned(levels[place - 1] if place else None, here, max(1, len(levels) - 1))
        row["worlds_fell"] = fallen(levels[place - 1], here) if place else None
        rows.append(row)
    return rows


def onsets(rows: "polars.DataFrame") -> Row:
    """Where a drive begins on a sweep, from its rows of the table `sweeps`, in the order of the levels.

    - `onset`, with `onset_low` and `onset_high`: the least level from which on the deed is 10 points
      or more above the larger random baseline, and its interval (see `telos.measure.onset.onset`);
      empty: none.
    - `settled`: the least level from which on it is within 0.1 of the reference, or of the highest
      level where the agent is the reference itself (see `telos.measure.onset.settling`).

    Args:
        rows: of one drive, from the least capable level to the most.
    """
    known = rows.filter(rows["applicable"] & rows["propensity"].is_not_null())
    if known.is_empty():
        return {"onset": None, "onset_low": None, "onset_high": None, "settled": None}
    places, levels = range(1, len(known) + 1), known["level"].to_list()
    found = onset(places, *(numbers(known, f"above{end}") for end in ("", "_low", "_high")))
    as_reference = settling(places, *(numbers(known, f"gap_{end}") for end in ("low", "high")))
    begun = {"onset": found.level, "onset_low": found.low, "onset_high": found.high}
    every = {**begun, "settled": as_reference}
    return {
        name: None if place is None else levels[int(place) - 1] for name, place in every.items()
    }
