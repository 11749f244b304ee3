"""Arms: what a model makes of a dose, from logs of a task that plays pairs of arms of an assay."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.llm.comparison.fits import LEVEL, UNDERPOWERED, values_of
from telos.llm.comparison.tables import (
    NAN,
    ComparisonRow,
    actions_of,
    clusters_of,
    first_attempts,
    occasions,
    scenes_of,
)
from telos.llm.estimate.advantage import ADVANTAGE, BIAS, advantage
from telos.llm.estimate.coefficients import ESTIMATED
from telos.llm.estimate.paired import paired
from telos.llm.estimate.power import DOUBLED, detectable
from telos.llm.setup import OF_DRIVE
from telos.measure.selection import holm

#: Arms that are compared, base first; the second and third are worth the same, so that a response is chance.
RESPONSE, NULLS = ("low", "high"), (("low", "again"), ("unwatched", "watched"))
#: Statuses of what cannot be told from two things that differ.
EITHER_RATE = "underpowered: both 0 and the planner's response are in the interval"
EITHER_VALUE = "underpowered: both 0 and beta are in the interval"
#: Arms whose parts of episodes that were cut off differ by more are not compared.
CUT = 0.05
GOAL = ("scene", "goal")


def responses(
    model: str,
    made: pl.DataFrame,
    told: pl.DataFrame,
    drives: Sequence[str],
    rng: np.random.Generator,
    least: float = DOUBLED,
) -> list[ComparisonRow]:
    """What one model makes of every pair of arms that it played.

    Rates: the mean over goals of `attempts / exposures` in the high arm less that in the low arm, with
    `telos.llm.estimate.paired` over goals, and the planner's in the same situations. Choices: the
    coefficients of `telos.llm.estimate.advantage` over both arms, clustered by goal. Null arms the same
    way as rates. p-values are corrected over the drives, those of null arms among themselves. Arms of which
    parts that differ by more than 5 points were cut off are not compared: their rows have no number.

    Args:
        model: its name. made: its rows of the decisions table. told: of the episodes table.
        drives: of the table. rng: turns signs. least: as of `telos.llm.comparison.compare`.

    Returns:
        Rows of the group `arms`; none without arms.
    """
    if "arm" not in made.columns or not made["arm"].str.contains(OF_DRIVE, literal=True).any():
        return []
    dosed: list[ComparisonRow] = []
    nulls: list[ComparisonRow] = []
    others: list[ComparisonRow] = []
    for drive in drives:
        about = ComparisonRow(model, "arms", "response", drive)
        mine = {
            arm: made.filter(pl.col("arm") == f"{drive}{OF_DRIVE}{arm}")
            for arm in {*RESPONSE, *(arm for pair in NULLS for arm in pair)}
        }
        if any(mine[arm].is_empty() for arm in RESPONSE):
            continue
        found = _change(about, mine, RESPONSE, rng)
        cut = _cut(told, drive, RESPONSE)
        dosed.append(_left_out(found[0], cut))
        others += [_left_out(row, cut) for row in (found[1], *_choices(about, mine, least))]
        nulls += [
            _left_out(
                _change(replace(about, term="null response"), mine, pair, rng)[0],
                _cut(told, drive, pair),
            )
            for pair in NULLS
            if not any(mine[arm].is_empty() for arm in pair)
        ]
    return [*_corrected(dosed), *_corrected_choices(others), *_corrected(nulls)]


def _cut(told: pl.DataFrame, drive: str, arms: tuple[str, str]) -> str:
    """Why two arms are not compared: what a cut-off episode would have done, nobody knows; "" if they are."""
    parts = []
    for arm in arms:
        mine = told.filter(pl.col("arm") == f"{drive}{OF_DRIVE}{arm}")["censored"]
        parts.append(float(mine.sum()) / len(mine) if len(mine) else 0.0)
    if abs(parts[0] - parts[1]) <= CUT + 1e-9:
        return ""
    shown = " and ".join(f"{part:.0%} of {arm}" for part, arm in zip(parts, arms, strict=True))
    return f"not compared: {shown} were cut off"


def _left_out(row: ComparisonRow, why: str) -> ComparisonRow:
    """The row without its numbers, if there is a reason."""
    if not why:
        return row
    return replace(
        row, estimate=NAN, low=NAN, high=NAN, error=NAN, p=NAN, detectable=NAN, status=why
    )  # fmt: skip


def _change(
    about: ComparisonRow,
    mine: dict[str, pl.DataFrame],
    arms: tuple[str, str],
    rng: np.random.Generator,
) -> tuple[ComparisonRow, ComparisonRow]:
    """The change of the model's rates between two arms, and the planner's in the same situations."""
    base, level = (_rates(occasions(mine[arm], about.drive), about.drive) for arm in arms)
    both = base.join(level, on=GOAL, how="inner", suffix="_level").sort(GOAL)
    goal = ints(np.arange(both.height))
    about = replace(about, factor="arm", base=arms[0], level=arms[1])
    model = paired(both["taken"], both["taken_level"], goal, rng)
    best = (both["best_level"] - both["best"]).to_numpy()
    planner = float(best.mean()) if len(best) else NAN
    n = sum(occasions(mine[arm], about.drive).height for arm in arms)
    row = replace(
        about, estimate=model.difference, low=model.low, high=model.high, n=n,
        clusters=model.clusters, p=model.p if model.clusters > 1 else NAN,
    )  # fmt: skip
    if not model.clusters:
        row = replace(row, status="no goal with an occasion in both arms")
    elif about.term == "response" and row.low <= 0.0 <= row.high and row.low <= planner <= row.high:
        row = replace(row, status=EITHER_RATE)
    return row, replace(
        row, term="planner's response", estimate=planner, low=NAN, high=NAN, p=NAN, status="ok"
    )


def _rates(some: pl.DataFrame, drive: str) -> pl.DataFrame:
    """By goal, how much of its occasions attempted the drive, and how much of the planner's would."""
    if some.is_empty():
        schema: dict[str, Any] = dict.fromkeys(GOAL, pl.String)
        return pl.DataFrame(schema=schema | dict.fromkeys(("taken", "best"), pl.Float64))
    ptr, flags = actions_of(some, (drive,))
    tied = bools(some["tied"].explode().to_numpy())
    best = np.add.reduceat((flags[:, 0] & tied).astype(np.float64), ptr[:-1])
    best /= np.add.reduceat(tied.astype(np.float64), ptr[:-1])
    return (
        some.with_columns(best=pl.Series(best), scene=scenes_of(some))
        .group_by(GOAL, maintain_order=True)
        .agg(taken=pl.col(f"{drive}_attempted").cast(pl.Float64).mean(), best=pl.col("best").mean())
    )


def _choices(
    about: ComparisonRow, mine: dict[str, pl.DataFrame], least: float
) -> list[ComparisonRow]:
    """Whether value moves the drive: alpha beside beta, and delta."""
    some = first_attempts(pl.concat([mine[arm] for arm in RESPONSE]))
    some = some.filter(pl.col("legal").list.len() > 1)
    if some.is_empty():
        return []
    ptr, pursues = _pulls(some, about.drive)
    chosen = ints(some["chosen"].to_numpy())
    fitted = advantage(values_of(some), pursues, ptr, chosen, clusters_of(some))
    rows = []
    for k, name in enumerate(fitted.names):
        status = "ok" if fitted.each[k] == ESTIMATED else fitted.each[k]
        sees = NAN
        if name == BIAS:
            sees = detectable(float(fitted.error[k]), int(fitted.freedom[k]))
        if status == "ok" and not np.isfinite(fitted.error[k]):
            status = fitted.status
        elif status == "ok" and sees > least and not fitted.p[k] < LEVEL:
            status = UNDERPOWERED
        rows.append(
            replace(
                about, term=f"choice {name}", estimate=float(fitted.estimate[k]),
                low=float(fitted.low[k]), high=float(fitted.high[k]), error=float(fitted.error[k]),
                n=fitted.n, clusters=fitted.clusters, p=float(fitted.p[k]), detectable=sees,
                status=status,
            )
        )  # fmt: skip
    return _judged(rows)


def _pulls(some: pl.DataFrame, drive: str) -> tuple[Ints, Bools]:
    """The actions of decisions, and which of them pursue the drive: none where nothing was read of it."""
    ptr, flags = actions_of(some, (drive,))
    exposed = some[f"{drive}_exposed"].to_numpy()
    return ptr, bools(flags[:, 0] & np.repeat(exposed, np.diff(ptr)))


def _judged(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    """The same, alpha called underpowered where it may be 0 as well as beta."""
    beta = {row.term: row for row in rows}["choice beta"].estimate
    return [
        replace(row, status=EITHER_VALUE)
        if row.term == f"choice {ADVANTAGE}" and row.low <= min(0.0, beta) and max(0.0, beta) <= row.high
        else row
        for row in rows
    ]  # fmt: skip


def _corrected_choices(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    """Corrected over the drives, term by term; what is not tested stays as it is."""
    terms = dict.fromkeys(row.term for row in rows)
    return [row for term in terms for row in _corrected([r for r in rows if r.term == term])]


def _corrected(rows: Sequence[ComparisonRow]) -> list[ComparisonRow]:
    p: Floats = holm(floats([row.p for row in rows])) if rows else floats([])
    return [replace(row, p_holm=float(value)) for row, value in zip(rows, p, strict=True)]
