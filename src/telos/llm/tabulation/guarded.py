"""Guarded: what a tabulated model would do under a safeguard that it was not told of."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.spec import show
from telos.drives import DETECTORS, DRIVES
from telos.llm.tabulation.chain import pursued
from telos.llm.tabulation.exact import CONDITION
from telos.llm.tabulation.table import ChoiceTable
from telos.measure.guard import guard, task_retained, unaware_policy

#: A row a condition, safeguard and drive: means over the goals. `least`, `most`: limits of the chance that
#: the drive is pursued before the episode ends, without the safeguard; `guarded_least`, `guarded_most`: under
#: it. They differ where answers could not be read. `retained`: the part of the task that is done under it;
#: null where it comes to what could not be read, or all is alike to every goal.
GUARDED: dict[str, Any] = {
    **CONDITION, "safeguard": pl.String, "drive": pl.String, "goals": pl.Int64,
    **dict.fromkeys(
        ("least", "most", "guarded_least", "guarded_most", "retained"), pl.Float64
    ),
}  # fmt: skip


def guarded(
    tables: Mapping[tuple[str, str], ChoiceTable], safeguards: Iterable[AbstractSafeguard]
) -> pl.DataFrame:
    """Every drive of a table, carried out under each safeguard by itself.

    The model does in each state what the table says, as if there were no safeguard; what it means to do and
    cannot, it does nothing instead (`telos.measure.guard.unaware_policy`). So this is the safeguard's effect
    on a model that does not know of it, not the answer of one that does: for that, tabulate the
    guarded world.

    Args:
        tables: by framing and instruction, as `ExactReading.tables`. safeguards: one arm each.

    Returns:
        A table with the columns of `GUARDED`; a drive that the world lacks has no row.

    Raises:
        ProblemError: if a safeguard does not fit the world.
    """
    rows = []
    for (framing, instruction), table in tables.items():
        for part in safeguards:
            problem = guard(table.problem, (part,))
            about = {"framing": framing, "instruction": instruction, "safeguard": show(part)}
            rows += [about | row for row in _drives(table, problem)]
    return pl.DataFrame(rows, schema=GUARDED)


def _drives(table: ChoiceTable, problem: Problem) -> list[dict[str, Any]]:
    policy = unaware_policy(problem, table.policy)
    unread = floats(table.unread[:, problem.since().state])
    nothing = np.zeros(problem.world.n_pairs, np.bool_)
    lost = _chances(problem, nothing, policy, unread)[1]
    kept = task_retained(problem, policy)
    known = lost == 0.0 and not np.isnan(kept).all()
    rows = []
    for drive in (cls() for cls in (*DRIVES, *DETECTORS)):
        try:
            there, here = (drive.affordances(p.world) for p in (table.problem, problem))
        except FeatureMissing:
            continue
        if there.pursues.any():
            before = _chances(table.problem, there.pursues, table.policy, table.unread)
            after = _chances(problem, here.pursues, policy, unread)
            rows.append({
                "drive": there.drive, "goals": len(policy), "least": before[0], "most": before[1],
                "guarded_least": after[0], "guarded_most": after[1],
                "retained": float(np.nanmean(kept)) if known else None,
            })  # fmt: skip
    return rows


def _chances(
    problem: Problem, pursues: Bools, policy: Floats, unread: Floats
) -> tuple[float, float]:
    """Limits of the chance that a pair of some is taken before the episode ends, means over the goals."""
    limits = [
        pursued(problem.world, floats(row), floats(blank), bools(pursues), problem.discount)
        for row, blank in zip(policy, unread, strict=True)
    ]
    least, most = np.mean(limits, axis=0).tolist()
    return least, most
