"""Rates: how often a model takes a drive that it could leave, by dose, and in pairs of episodes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from telos.audit.rates import rate
from telos.core.arrays import Bools, bools, floats
from telos.llm.comparison.tables import (
    BASES,
    NAN,
    ComparisonRow,
    actions_of,
    clusters_of,
    first_occasions,
    levels_of,
    occasions,
)
from telos.llm.estimate.coefficients import ESTIMATED
from telos.llm.estimate.convergence import convergence
from telos.llm.estimate.paired import paired
from telos.llm.estimate.response import (
    Bins,
    DoseResponse,
    bin_means,
    boltzmann_rates,
    dose_response,
)
from telos.measure.intervals import proportion_interval
from telos.measure.selection import holm

#: Doses are put together in these bins: in thirds of a power of ten, for most of them are small.
CUTS = (-0.3, -0.1, -0.03, 0.03, 0.1, 0.3)
#: What is alike in a pair, besides all but one of what is varied; the arms of an experiment are worlds.
ALIKE = ("world", "goal", "seed", "epoch")
#: What is told of even where it was not varied.
ALWAYS = ("framing", "instruction")
VARIED = ("model", *BASES)


def took(some: pl.DataFrame, drive: str) -> Bools:
    """B[n], whether the drive was attempted."""
    return bools(some[f"{drive}_attempted"].to_numpy())


def taking(model: str, made: pl.DataFrame, drives: Sequence[str]) -> list[ComparisonRow]:
    """How often each drive is taken, in all and by level, how that grows with the dose, by how many goals.

    Returns:
        Rows of the groups `rate`, `response` and `convergence`.
    """
    rows = []
    for drive in drives:
        some = occasions(made, drive)
        about = ComparisonRow(model, "rate", "attempted", drive)
        rows.append(_rate(about, some))
        for factor in BASES:
            levels = levels_of(made, factor)
            for level in levels if len(levels) > 1 or factor in ALWAYS else ():
                here = replace(about, factor=factor, level=level)
                rows.append(_rate(here, some.filter(pl.col(factor) == level)))
        if some.is_empty():
            nothing = replace(about, group="response", status="no occasion")
            rows += [replace(nothing, term=term) for term in ("zero-dose rate", "slope")]
            continue
        dose = some[f"{drive}_dose"].to_numpy()
        curve = dose_response(took(some, drive), dose, clusters_of(some))
        rows += _response(about, curve)
        if np.isfinite(curve.rate):
            rows += _convergence(about, first_occasions(some), curve.rate)
    return rows


def _rate(about: ComparisonRow, some: pl.DataFrame) -> ComparisonRow:
    found = rate(took(some, about.drive), clusters_of(some))
    if not found.n:
        return replace(about, status="no occasion")
    return replace(
        about, estimate=found.rate, low=found.low, high=found.high, n=found.n, clusters=found.clusters
    )  # fmt: skip


def _response(about: ComparisonRow, curve: DoseResponse) -> list[ComparisonRow]:
    fitted = curve.fitted
    each = ["ok" if word == ESTIMATED else word for word in fitted.each]
    slope, low, high = curve.slope
    about = replace(
        about, group="response", term="zero-dose rate", estimate=curve.rate, low=curve.low,
        high=curve.high, n=fitted.n, clusters=fitted.clusters, status=each[0],
    )  # fmt: skip
    return [
        about,
        replace(
            about, term="slope", estimate=slope, low=low, high=high, p=float(fitted.p[1]),
            error=float(fitted.error[1]), status=each[1],
        ),
    ]  # fmt: skip


def _convergence(about: ComparisonRow, firsts: pl.DataFrame, zero: float) -> list[ComparisonRow]:
    """The share of goals that take the drive more than at zero dose, beside those it is worth something to.

    Both at the first occasion of each episode, where the exact half measures too; the dose of a goal
    is the median over its episodes.
    """
    drive = about.drive
    _, goal = np.unique(clusters_of(firsts), return_inverse=True)
    dose = firsts[f"{drive}_dose"].to_numpy()
    of_goal = [np.median(dose[goal == g]) for g in range(int(goal.max()) + 1)]
    found = convergence(took(firsts, drive), goal, of_goal, zero)
    exact = proportion_interval(round(found.exact * found.goals), found.goals)
    observed, excess = found.interval, found.excess_interval
    about = replace(about, group="convergence", n=found.goals, clusters=found.goals)
    return [
        replace(about, term=term, estimate=estimate, low=low, high=high)
        for term, estimate, (low, high) in (
            ("observed", found.observed, observed),
            ("exact", found.exact, exact),
            ("excess", found.excess, excess),
            ("by chance", found.by_chance, (NAN, NAN)),
        )
    ]


def curves(
    model: str, made: pl.DataFrame, drives: Sequence[str], beta: float
) -> list[dict[str, Any]]:
    """By drive and bin of dose: how often it is taken, by the planner, and by a Boltzmann model.

    Returns:
        One record for each bin that holds decisions.
    """
    found = []
    bins = Bins(CUTS)
    for drive in drives:
        some = occasions(made, drive)
        if some.is_empty():
            continue
        dose = floats(some[f"{drive}_dose"].to_numpy())
        ptr, flags = actions_of(some, (drive,))
        pursues, tied = flags[:, 0], bools(some["tied"].explode().to_numpy())
        best = np.add.reduceat((pursues & tied).astype(np.float64), ptr[:-1])
        best /= np.add.reduceat(tied.astype(np.float64), ptr[:-1])
        q = floats(some["q"].explode().to_numpy())
        fitted = boltzmann_rates(q, ptr, pursues, beta)
        means = [bin_means(values, dose, bins) for values in (dose, best, fitted)]
        taken, cluster, place = took(some, drive), clusters_of(some), bins.of(dose)
        for k, name in enumerate(bins.names):
            here = place == k
            if here.any():
                seen = rate(taken[here], cluster[here])
                found.append(
                    {
                        "model": model, "drive": drive, "bin": name, "n": seen.n,
                        "clusters": seen.clusters, "dose": float(means[0][k]), "rate": seen.rate,
                        "rate_low": seen.low, "rate_high": seen.high,
                        "planner": float(means[1][k]), "boltzmann": float(means[2][k]),
                    }
                )  # fmt: skip
    return found


def pairs(
    decisions: pl.DataFrame,
    models: Sequence[str],
    drives: Sequence[str],
    rng: np.random.Generator,
) -> list[ComparisonRow]:
    """Paired contrasts of framings and instructions within each model, and of models with one another.

    A pair is two episodes that are alike but for one thing. What is compared is whether the drive is
    taken at the episode's first occasion: later ones are met only by those that came so far. The
    p-values are those of turning the signs of whole goals, corrected over the drives.

    Returns:
        Rows of the group `contrast`, each the change from its base to its level.
    """
    firsts = {drive: _first_taken(decisions, drive) for drive in drives}
    rows: list[ComparisonRow] = []
    for factor in BASES:
        for model in models:
            own = {drive: some.filter(model=model) for drive, some in firsts.items()}
            base, *levels = levels_of(decisions.filter(model=model), factor) or [""]
            for level in levels:
                rows += _contrasts(_contrast(model, factor, level, base), own, rng)
    for base, level in combinations(models, 2):
        rows += _contrasts(_contrast(level, "model", level, base), firsts, rng)
    return rows


def _contrast(model: str, factor: str, level: str, base: str) -> ComparisonRow:
    return ComparisonRow(model, "contrast", "attempted", "", factor, level, base)


def _first_taken(decisions: pl.DataFrame, drive: str) -> pl.DataFrame:
    """Whether the drive was taken at the first occasion of each episode; repeated ones averaged."""
    firsts = first_occasions(occasions(decisions, drive))
    taken = pl.col(f"{drive}_attempted").cast(pl.Float64).mean()
    return firsts.group_by(*ALIKE, *VARIED, maintain_order=True).agg(taken=taken)


def _contrasts(
    about: ComparisonRow, firsts: Mapping[str, pl.DataFrame], rng: np.random.Generator
) -> list[ComparisonRow]:
    rows = []
    for drive, some in firsts.items():
        unlike = (about.factor, "world") if about.factor == "arm" else (about.factor,)
        alike = [name for name in (*ALIKE, *VARIED) if name not in unlike]
        before = some.filter(pl.col(about.factor) == about.base)
        after = some.filter(pl.col(about.factor) == about.level).select(*alike, after="taken")
        both = before.join(after, on=alike, how="inner", maintain_order="left")
        found = paired(both["taken"], both["after"], clusters_of(both), rng)
        rows.append(
            replace(
                about, drive=drive, estimate=found.difference, low=found.low, high=found.high,
                n=found.n, clusters=found.clusters, p=found.p if found.clusters > 1 else NAN,
                status="ok" if found.n else "no pairs",
            )
        )  # fmt: skip
    corrected = holm(floats([row.p for row in rows]))
    return [replace(row, p_holm=float(p)) for row, p in zip(rows, corrected, strict=True)]
