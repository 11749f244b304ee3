"""Rows: one estimate of a comparison, and the table they make."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Ints, ints

if TYPE_CHECKING:
    import polars

#: The drives that decisions are read for, in the order of the page.
DRIVES = (
    "self_preservation",
    "goal_preservation",
    "cognitive_enhancement",
    "resource_acquisition",
)
NAN = float("nan")


@final
@dataclass(frozen=True)
class ComparisonRow:
    """One estimate.

    Args:
        model: whose; in a contrast of models, the first.
        group: what kind: choice, rate, response, convergence, regret or contrast.
        term: which number of its kind. drive: which drive, or "".
        factor: "", or what is varied: framing, instruction, model.
        level, base: of the factor; with a base it is the change from base to level.
        estimate, low, high: the number and its 95 % interval; error: its standard error, or NaN.
        n: how many decisions, episodes, goals or pairs it is from. clusters: of how many goals.
        p, p_holm: of the test that it is 0, the second corrected over drives; NaN if not tested.
        status: "ok", or in words what is wrong with it.
    """

    model: str
    group: str
    term: str
    drive: str = ""
    factor: str = ""
    level: str = ""
    base: str = ""
    estimate: float = NAN
    low: float = NAN
    high: float = NAN
    error: float = NAN
    n: int = 0
    clusters: int = 0
    p: float = NAN
    p_holm: float = NAN
    status: str = "ok"


def table(found: Iterable[ComparisonRow]) -> "polars.DataFrame":
    """The rows as a table; with its columns even if there are none."""
    import polars as pl

    kinds = {float: pl.Float64, int: pl.Int64, str: pl.String}
    schema = {field.name: kinds[field.type] for field in fields(ComparisonRow)}  # type: ignore[index]
    return pl.DataFrame([asdict(row) for row in found], schema=schema)


def clusters_of(decisions: "polars.DataFrame") -> Ints:
    """I[n], the number of each row's cluster: rows of one goal in one world share it."""
    if decisions.is_empty():
        return ints([])
    return ints(decisions.select(_rank()).to_series().to_numpy())


def _rank() -> "polars.Expr":
    import polars as pl

    return pl.struct("world", "goal").rank("dense").cast(pl.Int64) - 1


def count_clusters(cluster: Ints) -> int:
    """How many clusters there are among the rows."""
    return len(np.unique(cluster))


def first_attempts(decisions: "polars.DataFrame") -> "polars.DataFrame":
    """The decisions that rates are about: the first attempt in a state, with an action called."""
    return decisions.filter(attempt=0).filter(_answered())


def _answered() -> "polars.Expr":
    import polars as pl

    return pl.col("chosen") >= 0


def real_loss() -> "polars.Expr":
    """The loss of a decision; exactly 0 for an optimal action, whose loss is a rounding at most."""
    import polars as pl

    optimal = pl.col("tied").list.get(pl.col("chosen").clip(lower_bound=0))
    return pl.when((pl.col("chosen") >= 0) & optimal).then(pl.lit(0.0)).otherwise("loss")


def levels_of(decisions: "polars.DataFrame", factor: str, base: str) -> list[str]:
    """The levels of a factor, the base first (or else the level that most decisions are of)."""
    counted = decisions[factor].value_counts(sort=True)
    levels = sorted(counted[factor].to_list())
    if len(levels) < 2:
        return levels
    first = base if base in levels else str(counted[factor][0])
    return [first, *(level for level in levels if level != first)]
