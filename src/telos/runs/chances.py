"""Chances: the random baselines of a record that are estimates, with their limits, by trial and drive."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.record import TrialEntry
from telos.core.tables import CHANCE, Cell, columns, schema
from telos.measure.chance import Chance
from telos.runs.parts import Held, scanned

if TYPE_CHECKING:
    import polars

#: The name of the table.
CHANCES = "chances"


def with_chances(
    table: "polars.DataFrame", chances: Sequence[Chance], count: int
) -> "polars.DataFrame":
    """The rows of a part, with the limits of its random baselines where one of them is an estimate.

    Args:
        table: the rows, goal by goal and drive by drive. chances: of each drive. count: G, goals.
    """
    import polars as pl

    if all(chance.exact for chance in chances):
        return table
    rows = [
        (
            *(end for limits in zip(c.low, c.high, strict=True) for end in limits),
            *(c.outcomes, c.kept, sum(c.walks), sum(c.unfinished)),
        )
        for c in chances
    ]
    kinds = {name: schema(CHANCES)[name] for name in CHANCE}
    mine = pl.DataFrame(rows, schema=kinds, orient="row")
    return table.hstack(mine[np.tile(np.arange(len(chances)), count)])


def chances_table(trials: Sequence[TrialEntry], held: Held) -> "polars.DataFrame":
    """The random baselines that are estimates; without rows where all are exact.

    Args:
        trials: of the record. held: the parts of each trial.
    """
    import polars as pl

    found = [pl.DataFrame(schema=schema(CHANCES))]
    for trial in trials:
        parts = held[trial.key][:1]
        if not parts or not set(CHANCE) <= set(scanned(parts).collect_schema()):
            continue
        labels: Mapping[str, Cell] = trial.labels()
        mine = scanned(parts).unique("drive", keep="first", maintain_order=True)
        named = mine.with_columns(pl.lit(value).alias(name) for name, value in labels.items())
        kinds = schema(CHANCES)
        found.append(named.select(pl.col(n).cast(kinds[n]) for n in columns(CHANCES)).collect())
    return pl.concat(found)
