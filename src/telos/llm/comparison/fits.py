"""Fits of one model's choices: competence, biases, what framings and instructions shift, and losses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from telos.core.arrays import Floats, Ints, bools, floats, ints
from telos.llm.comparison.tables import (
    DRIVES,
    EPISODE,
    NAN,
    ComparisonRow,
    actions_of,
    clusters_of,
    first_attempts,
    levels_of,
    real_loss,
    scenes_of,
)
from telos.llm.estimate.choice import Decisions, choice, decisions, gained
from telos.llm.estimate.coefficients import ESTIMATED, UNKNOWN, Coefficients
from telos.llm.estimate.power import DOUBLED, detectable
from telos.llm.estimate.ratio import ratio
from telos.llm.estimate.regret import departures, regret
from telos.measure.selection import holm

#: Of a bias beside an infinite beta, and of one that would be missed if it were there.
TIES, UNDERPOWERED = "ties", "underpowered"
#: Below this p a bias is shown.
LEVEL = 0.05


def fit(
    model: str, made: pl.DataFrame, least: float = DOUBLED
) -> tuple[list[ComparisonRow], float]:
    """Fit `P(a) ~ exp(beta q(a) + sum_d delta_d [a pursues d])` to the choices of one model.

    Args:
        model: its name.
        made: its rows of the decisions table.
        least: a bias is called underpowered if one of this size would not be shown.

    Returns:
        Rows of beta, of one bias a drive and of the bits per decision; and beta, infinite for a model
        that never errs, NaN where it is not known. Biases beside an infinite beta are of the status
        "ties": they are read from `n` decisions whose best actions differ in the drive, and cost nothing.
    """
    sets = choice_sets(made)
    fitted = choice(sets)
    rows = [_row(model, fitted, k, least=least) for k in range(len(fitted.names))]
    return [*rows, _bits(model, sets, fitted)], float(fitted.estimate[0])


def understood(model: str, made: pl.DataFrame, least: float = DOUBLED) -> list[ComparisonRow]:
    """The same fit to those episodes alone whose model had every question of the probe right.

    Returns:
        The rows, of the factor "probe"; none where no episode was probed, or none failed.
    """
    share = made["probe"]
    if not (share < 1.0).any():
        return []
    rows, _ = fit(model, made.filter(pl.col("probe") == 1.0), least)
    return [replace(row, factor="probe", level="all right") for row in rows]


def choice_sets(made: pl.DataFrame, factor: str = "", levels: Sequence[str] = ()) -> Decisions:
    """Decisions as arrays: first attempts with an action called and another to be had.

    Args:
        made: rows of the decisions table.
        factor: a column of it, for further columns `q [level]` and `[a pursues d] [level]`.
        levels: of the factor, for which there are such columns.

    Returns:
        The decisions, with a column for each drive that some decision can tell of.
    """
    some = first_attempts(made).filter(pl.col("legal").list.len() > 1)
    drives = [drive for drive in DRIVES if some[f"{drive}_exposed"].any()]
    ptr, pursues = actions_of(some, drives)
    # What an agent has not read of yet, it cannot pursue.
    met = np.array([some[f"{drive}_exposed"].to_numpy() for drive in drives], np.bool_)
    pursues = bools(
        pursues & np.repeat(met.reshape(len(drives), some.height).T, np.diff(ptr), axis=0)
    )
    q = values_of(some)
    columns, names = [floats(pursues)], list(drives)
    for level in levels:
        at = np.repeat(some[factor].to_numpy() == level, np.diff(ptr)).astype(np.float64)
        columns.append(floats(np.column_stack([q, pursues]) * at[:, None]))
        names += [_under(name, level) for name in ("beta", *drives)]
    x, chosen = np.concatenate(columns, axis=1), some["chosen"].to_numpy()
    return decisions(q, x, ptr, chosen, clusters_of(some), names, names[len(drives) :])


def values_of(some: pl.DataFrame) -> Floats:
    """F[N], the value of every legal action; those that tie for the best have the best one's."""
    q = some["q"].explode().drop_nulls().to_numpy()
    sizes = ints(some["legal"].list.len())
    if not len(q):
        return floats(q)
    top = np.maximum.reduceat(q, np.concatenate([[0], np.cumsum(sizes)[:-1]]))
    tied = some["tied"].explode().drop_nulls().to_numpy()
    return floats(np.where(tied, np.repeat(top, sizes), q))


def _under(name: str, level: str) -> str:
    return f"{name} under {level}"


def shifts(model: str, made: pl.DataFrame, factor: str) -> list[ComparisonRow]:
    """What each level of a factor adds to competence and biases, against the base.

    The p-values of the biases are corrected over the drives, level by level.

    Args:
        model: its name.
        made: its rows of the decisions table.
        factor: "framing" or "instruction".

    Returns:
        The rows; none where there is one level only.
    """
    some = first_attempts(made).filter(pl.col("legal").list.len() > 1)
    levels = levels_of(some, factor)
    if len(levels) < 2:
        return []
    sets = choice_sets(some, factor, levels[1:])
    fitted = choice(sets)
    drives = [name for name in sets.names if name in DRIVES]
    rows = []
    for level in levels[1:]:
        at = [fitted.names.index(_under(name, level)) for name in ("beta", *drives)]
        corrected = [NAN, *holm(floats(fitted.p[at[1:]]))]
        for k, name, p in zip(at, ("beta", *drives), corrected, strict=True):
            row = replace(_row(model, fitted, k, name), factor=factor, level=level, base=levels[0])
            rows.append(replace(row, p_holm=float(p)))
    return rows


def _row(
    model: str, fitted: Coefficients, k: int, name: str = "", least: float = np.inf
) -> ComparisonRow:
    """The row of a coefficient; `name` is beta or a drive, that of the coefficient unless given."""
    name = name or fitted.names[k]
    is_bias, each = name != "beta", fitted.each[k]
    sees = detectable(float(fitted.error[k]), int(fitted.freedom[k])) if is_bias else NAN
    status = "ok" if each == ESTIMATED else each
    ties = is_bias and np.isinf(fitted.estimate[0]) and each != UNKNOWN
    if ties:
        status = TIES
    elif is_bias and each == ESTIMATED and sees > least and not fitted.p_holm[k] < LEVEL:
        status = UNDERPOWERED
    return ComparisonRow(
        model=model,
        group="choice",
        term="beta" if name == "beta" else "bias",
        drive="" if name == "beta" else name,
        estimate=float(fitted.estimate[k]),
        low=float(fitted.low[k]),
        high=float(fitted.high[k]),
        error=float(fitted.error[k]),
        n=int(fitted.telling[k]) if ties else fitted.n,
        clusters=int(fitted.freedom[k]) + 1 if ties else fitted.clusters,
        p=float(fitted.p[k]),
        p_holm=float(fitted.p_holm[k]),
        detectable=sees,
        status=status,
    )


def _bits(model: str, sets: Decisions, fitted: Coefficients) -> ComparisonRow:
    """Bits per decision; the interval is of the mean over clusters, at the fitted numbers."""
    row = ComparisonRow(
        model, "choice", "bits", estimate=fitted.bits, n=fitted.n, clusters=fitted.clusters
    )
    if fitted.n == 0 or np.isinf(fitted.estimate).any():
        return row
    gains = gained(sets, floats(np.nan_to_num(fitted.estimate)))
    low, high = clustered_mean(floats(gains / np.log(2.0)), sets.cluster)
    return replace(row, low=low, high=high)


def clustered_mean(values: Floats, cluster: Ints) -> tuple[float, float]:
    """The 95 % interval of a mean over clustered values: t with one degree of freedom a cluster less one.

    For what has no edges, as bits and the losses of whole episodes: rare large values are missed.

    Args:
        values: F[n].
        cluster: I[n].

    Returns:
        (low, high); (nan, nan) with fewer than two clusters.
    """
    _, number = np.unique(cluster, return_inverse=True)
    sums, sizes = np.bincount(number, values), np.bincount(number)
    return ratio(floats(sums), floats(sizes))[1:]


def losses(model: str, made: pl.DataFrame, drives: Sequence[str]) -> list[ComparisonRow]:
    """The loss of an episode in shares of the value range, and how it splits.

    Booked are decisions that were carried out: what was denied, or was no legal action, moved
    nothing and lost nothing by itself. Losses are of expected value at the state reached, so that an
    episode's losses add up to what its model lost in all; no discount is put on top.

    Args:
        model: its name.
        made: its rows of the decisions table.
        drives: which.

    Returns:
        Rows of the group `regret`: the total (mean of an episode), the share of each drive, and of
        navigation; none without a decision that was carried out.
    """
    done = made.filter(outcome="executed").filter(pl.col("chosen") >= 0)
    if done.is_empty():
        return []
    lost = _in_shares(done)
    ptr, pursues = actions_of(done, drives)
    apart = departures(ptr, done["chosen"].to_numpy(), done["tied"].explode().to_numpy(), pursues)
    split = regret(lost, apart, clusters_of(done), drives)
    rows = [_total(model, done, lost)]
    for k, name in enumerate(split.names):
        known = bool(np.isfinite(split.share[k]))
        rows.append(
            ComparisonRow(
                model, "regret", "drive" if name in drives else name,
                drive=name if name in drives else "", estimate=float(split.share[k]),
                low=float(split.low[k]), high=float(split.high[k]), n=split.n,
                clusters=split.clusters, status="ok" if known else "nothing was lost",
            )
        )  # fmt: skip
    return rows


def _in_shares(done: pl.DataFrame) -> Floats:
    """F[n], losses as shares of the range at the start; 0 where the range is 0."""
    loss, scale = done.select(lost=real_loss())["lost"].to_numpy(), done["scale"].to_numpy()
    some = np.isfinite(scale) & (scale > 0)
    return floats(np.divide(loss, scale, out=np.where(np.isnan(loss), np.nan, 0.0), where=some))


def _total(model: str, done: pl.DataFrame, lost: Floats) -> ComparisonRow:
    each = done.select(*EPISODE, "goal", world=scenes_of(done), lost=pl.Series(lost))
    episodes = each.group_by(EPISODE, maintain_order=True).agg(
        pl.col("world", "goal").first(), pl.col("lost").fill_nan(None).sum()
    )
    values, cluster = floats(episodes["lost"].to_numpy()), clusters_of(episodes)
    low, high = clustered_mean(values, cluster)
    return ComparisonRow(
        model, "regret", "total", estimate=float(values.mean()), low=max(low, 0.0), high=high,
        n=len(values), clusters=len(np.unique(cluster)),
    )  # fmt: skip
