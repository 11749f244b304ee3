"""Choices: the fit of competence and biases to the choices of one model, and what framings and instructions shift."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.llm.comparing.rows import DRIVES, ComparisonRow, clusters_of, first_attempts, levels_of
from telos.llm.estimate.choice import ChoiceFit, Decisions, choice
from telos.llm.estimate.holm import holm

if TYPE_CHECKING:
    import polars

#: What a framing or an instruction is compared with, where the logs hold it.
BASES = {"framing": "neutral", "instruction": "none"}


@final
@dataclass(frozen=True, eq=False, repr=False)
class ChoiceSets:
    """Decisions with two legal actions or more, as flat arrays.

    Args:
        q: F[N], the value of each action. x: F[N, D], whether it pursues each of `drives`.
        ptr: I[n + 1]. chosen: I[n]. cluster: I[n].
        drives: those that some decision can tell of: taken or left at one and the same decision.
    """

    q: Floats
    x: Floats
    ptr: Ints
    chosen: Ints
    cluster: Ints
    drives: tuple[str, ...]


def choice_sets(decisions: "polars.DataFrame") -> ChoiceSets:
    """The choice sets of decisions: first attempts with an action called and another to be had.

    Args:
        decisions: rows of the decisions table.

    Returns:
        The arrays; empty where there is no such decision.
    """
    import polars as pl

    some = first_attempts(decisions).filter(pl.col("legal").list.len() > 1)
    drives = tuple(d for d in DRIVES if some[f"{d}_exposed"].any())
    ptr, pursues = actions_of(some, drives)
    return ChoiceSets(
        q=floats(some["q"].explode().drop_nulls().to_numpy()),
        x=floats(pursues),
        ptr=ptr,
        chosen=ints(some["chosen"].to_numpy()),
        cluster=clusters_of(some),
        drives=drives,
    )


def actions_of(some: "polars.DataFrame", drives: Sequence[str]) -> tuple[Ints, Bools]:
    """The legal actions of decisions, one decision after the other, and what each of them pursues.

    Args:
        some: rows of the decisions table. drives: D names.

    Returns:
        I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`; B[N, D], where nothing
        pursues a drive that the world does not have.
    """
    sizes = some["legal"].list.len().to_numpy().astype(np.int64)
    flags = np.zeros((int(sizes.sum()), len(drives)), np.bool_)
    for k, drive in enumerate(drives):
        pursues = some[f"{drive}_pursues"]
        own = pursues.list.len().to_numpy() > 0
        flags[np.repeat(own, sizes), k] = pursues.filter(own).explode().drop_nulls().to_numpy()
    return ints(np.concatenate([[0], np.cumsum(sizes)])), bools(flags)


@final
@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """The fit of one model: its rows, and its competence.

    Args:
        rows: beta, the bits per decision, and one bias a drive.
        beta: infinite for a model that never errs, NaN where it is not known.
    """

    rows: tuple[ComparisonRow, ...]
    beta: float


def fit(model: str, decisions: "polars.DataFrame") -> Fit:
    """Fit `P(a) ~ exp(beta q(a) + sum_d delta_d [a pursues d])` to the choices of one model.

    Args:
        model: its name. decisions: its rows of the decisions table.

    Returns:
        The rows and the competence.
    """
    sets = choice_sets(decisions)
    made = Decisions(sets.q, sets.x, sets.ptr, sets.chosen, sets.cluster, sets.drives)
    fitted = choice(made)
    rows = [_row(model, fitted, "beta", "beta")]
    rows += [_row(model, fitted, name, "bias", drive=name) for name in sets.drives]
    rows.append(_bits(model, sets, fitted))
    return Fit(tuple(rows), float(fitted.estimate[0]))


def shifts(model: str, decisions: "polars.DataFrame", factor: str) -> list[ComparisonRow]:
    """What each level of a factor adds to competence and biases, against the base.

    The fit has a column more for each number and level: `q [level]` and `[a pursues d] [level]`. The
    p-values of the biases are corrected over the drives, level by level.

    Args:
        model: its name. decisions: its rows of the decisions table. factor: "framing" or "instruction".

    Returns:
        The rows; none where there is one level only.
    """
    import polars as pl

    some = first_attempts(decisions).filter(pl.col("legal").list.len() > 1)
    levels = levels_of(some, factor, BASES[factor])
    if len(levels) < 2:
        return []
    sets = choice_sets(some)
    owner = np.repeat(some[factor].to_numpy(), np.diff(sets.ptr))
    columns, names = [sets.x], []
    for level in levels[1:]:
        at = (owner == level).astype(np.float64)
        columns += [(sets.q * at)[:, None], sets.x * at[:, None]]
        names += [(level, name) for name in ("beta", *sets.drives)]
    labels = tuple(f"{name} under {level}" for level, name in names)
    made = Decisions(
        sets.q, floats(np.concatenate(columns, axis=1)), sets.ptr, sets.chosen, sets.cluster,
        (*sets.drives, *labels), labels,
    )  # fmt: skip
    fitted = choice(made)
    rows = []
    for level in levels[1:]:
        mine = [fitted.names.index(f"{drive} under {level}") for drive in sets.drives]
        corrected = dict(zip(sets.drives, holm(fitted.p[mine]), strict=True))
        for name in ("beta", *sets.drives):
            drive = "" if name == "beta" else name
            row = _row(
                model, fitted, f"{name} under {level}", "bias" if drive else "beta", drive,
                float(corrected.get(name, np.nan)),
            )  # fmt: skip
            rows.append(replace(row, factor=factor, level=level, base=levels[0]))
    return rows


def _row(
    model: str,
    fitted: ChoiceFit,
    name: str,
    term: str,
    drive: str = "",
    p_holm: float | None = None,
) -> ComparisonRow:
    k = fitted.names.index(name)
    return ComparisonRow(
        model=model,
        group="choice",
        term=term,
        drive=drive,
        estimate=float(fitted.estimate[k]),
        low=float(fitted.low[k]),
        high=float(fitted.high[k]),
        error=float(fitted.error[k]),
        n=fitted.n,
        clusters=fitted.clusters,
        p=float(fitted.p[k]),
        p_holm=float(fitted.p_holm[k]) if p_holm is None else p_holm,
        status="ok" if fitted.each[k] == "estimated" else fitted.each[k],
    )


def _bits(model: str, sets: ChoiceSets, fitted: ChoiceFit) -> ComparisonRow:
    """Bits per decision; the interval is of the mean over clusters, at the fitted numbers."""
    row = ComparisonRow(model=model, group="choice", term="bits", estimate=fitted.bits, n=fitted.n)
    row = replace(row, clusters=fitted.clusters)
    if fitted.n == 0 or np.isinf(fitted.estimate).any():
        return row
    utility = np.column_stack([sets.q, sets.x]) @ np.nan_to_num(fitted.estimate)
    sizes, first = np.diff(sets.ptr), sets.ptr[:-1]
    top = np.maximum.reduceat(utility, first)
    total = np.add.reduceat(np.exp(utility - np.repeat(top, sizes)), first)
    gained = utility[first + sets.chosen] - top - np.log(total) + np.log(sizes)
    low, high = clustered_mean(floats(gained / np.log(2.0)), sets.cluster)
    return replace(row, low=low, high=high)


def clustered_mean(values: Floats, cluster: Ints) -> tuple[float, float]:
    """The 95 % interval of a mean over clustered values: t with one degree of freedom a cluster less one.

    Args:
        values: F[n]. cluster: I[n].

    Returns:
        (low, high); (nan, nan) with fewer than two clusters.
    """
    from scipy.special import stdtrit

    _, place = np.unique(cluster, return_inverse=True)
    number = int(place.max()) + 1 if len(place) else 0
    if number < 2:
        return float("nan"), float("nan")
    mean = float(values.mean())
    sums = np.bincount(place, values - mean)
    error = float(np.sqrt(number / (number - 1) * (sums @ sums))) / len(values)
    half = float(stdtrit(number - 1, 0.975)) * error
    return mean - half, mean + half
