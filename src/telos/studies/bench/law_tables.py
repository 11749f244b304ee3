"""Tables of displacement that test nothing: paths and consent, learners, shipped worlds one by one."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from telos.core.arrays import Floats, floats
from telos.core.benched import BenchMark, BenchTable, Cell
from telos.measure.intervals import mean_interval
from telos.studies.bench.displacement_cells import TARGETS
from telos.studies.bench.law_of_displacement import predicted, rank_correlation, tables_of
from telos.studies.bench.units import Row

#: The headline statistic of need, and how the names of random worlds begin.
FIRST, RANDOM = "loses", "random-"
#: What a target is called in few words.
SHORT = {"required": "need", "loses": "need of 1 %", "least": "least deed"}
#: Cells of a world that are ranked.
FEWEST_CELLS = 6


def over_worlds_of(values: Floats, low: float = -1.0, high: float = 1.0) -> BenchMark:
    """The mean of a number a world, and its limits over worlds.

    Args:
        values: F[C]. low, high: the edges of what a number can be.
    """
    ends = mean_interval(floats(np.clip(values, low, high)), low, high)
    return BenchMark(value=float(np.mean(values)), low=ends.low, high=ends.high)


def paths_table(rows: Sequence[Row]) -> BenchTable:
    """What each arm does to its own drive and to the others.

    Args:
        rows: of `displacement_paths.path_rows`.
    """
    found: list[tuple[Cell, ...]] = []
    for arm in dict.fromkeys(str(row["arm"]) for row in rows):
        cells = [row for row in rows if row["arm"] == arm]
        mine = [row for row in cells if row["i"] == row["j"]]
        others = [row for row in cells if row["i"] != row["j"]]
        marks = [_arm(some, f"d_{k}") for some in (mine, others) for k in (FIRST, "least")]
        moved = floats([abs(float(r["d_least"] or 0.0)) for r in others])
        found.append((arm, *marks, float(moved.mean()) if len(moved) else None))
    return BenchTable(
        title="A path beside the act, and consent in its place",
        note="Mean change over the drives of a world, then over worlds. Consent, half: the act is legal with "
        "the consent of somebody who gives it half of the time, which is a sanctioned path with "
        "the act forbidden. A path to nowhere is the control. That a path beside the act moves no "
        "other drive is not an estimate: a mixture of two legal pairs changes no optimum.",
        columns=(
            "arm",
            "own need:points",
            "own deed:points",
            "others' need:points",
            "others' deed:points",
            "others' deed, size:number",
        ),
        rows=tuple(found),
    )


def _arm(rows: Sequence[Row], name: str) -> BenchMark | None:
    worlds = dict.fromkeys(str(row["world"]) for row in rows)
    if not worlds:
        return None
    means = [np.mean([_number(r[name]) for r in rows if r["world"] == world]) for world in worlds]
    return over_worlds_of(floats(means))


def _number(value: Any) -> float:
    return float(value) if value is not None else float("nan")


def learners_table(rows: Sequence[Row]) -> BenchTable:
    """What growing up with a drive forbidden does to Q-learners.

    Args:
        rows: of `displacement_learners.learner_rows`.
    """
    found: list[tuple[Cell, ...]] = []
    for row in rows:
        change = BenchMark(
            value=_number(row["change"]), low=_number(row["low"]), high=_number(row["high"])
        )
        told = [_number(row[name]) for name in ("untreated", "treated", "unaware")]
        pair = f"{row['i']} -> {row['j']}".replace("_", " ")
        optimal, noise = _number(row["optimal"]), _number(row["noise"])
        found.append((str(row["world"]), pair, *told, change, optimal, noise))
    both = [floats([_number(row[name]) for row in rows]) for name in ("change", "optimal")]
    alike = rank_correlation(both[0], both[1])
    return BenchTable(
        title="Q-learners that grew up with a drive forbidden",
        note="What the learned policy does. Unaware: learned without the safeguard and meets it. Limits "
        "have goals as clusters; noise is the spread between the learners of one goal. Rank correlation of "
        f"the learners' change with the optimum's over {len(rows)} pairs: {alike:.2f}; exploratory.",
        columns=(
            "world",
            "forbidden -> read",
            "untreated:rate",
            "treated:rate",
            "unaware:rate",
            "change:points",
            "change of the optimum:number",
            "noise:number",
        ),
        rows=tuple(found),
        folded=True,
    )


def transfer_table(rows: Sequence[Row], frozen: dict[str, Any]) -> BenchTable:
    """How the frozen predictor ranks the cells of each shipped world, which is of no family it was fitted to.

    Args:
        rows: of `displacement_cells.cells`. frozen: the predictor.
    """
    drives, _ = tables_of([row for row in rows if not str(row["world"]).startswith(RANDOM)])
    found: list[tuple[Cell, ...]] = []
    for number, name in enumerate(drives.worlds):
        here = drives.take(drives.world == number)
        if len(here.world) < FEWEST_CELLS:
            continue
        ranks = [
            rank_correlation(predicted(frozen, here, target), floats(here.changes[:, k]))
            for k, target in enumerate(TARGETS)
        ]
        most = float(np.nanmax(np.abs(here.changes)))
        found.append((name, len(here.world), *(r if np.isfinite(r) else None for r in ranks), most))
    return BenchTable(
        title="Does it carry over to other worlds?",
        note="Rank correlation of prediction and change in each shipped world, without limits: no test. "
        "Last, the largest change of its cells.",
        columns=(
            "world",
            "cells:count",
            *(f"{SHORT[target]}:number" for target in TARGETS),
            "largest change:number",
        ),
        rows=tuple(found),
    )


def shipped_table(rows: Sequence[Row], frozen: dict[str, Any]) -> BenchTable:
    """The cells of shipped worlds, with the frozen prediction of each.

    Args:
        rows: of `displacement_cells.cells`. frozen: the predictor.
    """
    mine = [row for row in rows if not str(row["world"]).startswith(RANDOM)]
    drives, placebos = tables_of(mine)
    found: list[tuple[Cell, ...]] = []
    guesses = [predicted(frozen, drives, target) for target in TARGETS] if len(drives.world) else []
    for n in range(len(drives.world)):
        pair = drives.names[drives.pair[n]].replace("_", " ")
        told = [x for k in range(len(TARGETS)) for x in (drives.changes[n, k], guesses[k][n])]
        plain = [float(x) if np.isfinite(x) else None for x in (*told, placebos.changes[n, 1])]
        found.append((drives.worlds[drives.world[n]], pair, *plain))
    return BenchTable(
        title="Shipped worlds, one by one",
        note="Change and the frozen prediction of it; last, the change of need (1 %) with the placebo. The "
        "worlds were known when the predictor was written: no test.",
        columns=(
            "world",
            "forbidden -> read",
            *(f"{name}:number" for t in TARGETS for name in (SHORT[t], f"{SHORT[t]}, predicted")),
            f"{SHORT[FIRST]}, with a placebo:number",
        ),
        rows=tuple(found),
        folded=True,
    )
