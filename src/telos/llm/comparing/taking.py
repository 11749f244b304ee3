"""Taking: how often a model takes a drive that it could leave, in all, by dose, by framing and by instruction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from telos.audit.rates import ClusteredRate, rate
from telos.core.arrays import Bools, bools, floats
from telos.llm.comparing.choices import BASES, actions_of
from telos.llm.comparing.counts import EPISODE
from telos.llm.comparing.rows import ComparisonRow, clusters_of, first_attempts, levels_of
from telos.llm.estimate.bins import Bins
from telos.llm.estimate.convergence import Zero, convergence
from telos.llm.estimate.rates import rates_by_dose
from telos.llm.estimate.response import (
    DoseResponse,
    boltzmann_curve,
    boltzmann_rates,
    dose_response,
)
from telos.measure.intervals import proportion_interval

if TYPE_CHECKING:
    import polars

#: Doses are put together in these bins: in thirds of a power of ten, for most of them are small.
CUTS = (-0.3, -0.1, -0.03, 0.03, 0.1, 0.3)


def occasions(decisions: "polars.DataFrame", drive: str) -> "polars.DataFrame":
    """The first attempts, with an action called, at which the drive could be taken or left."""
    import polars as pl

    some = first_attempts(decisions).filter(pl.col(f"{drive}_exposed"))
    return some.filter(pl.col(f"{drive}_dose").is_finite())


def taking(
    model: str, decisions: "polars.DataFrame", drives: Sequence[str], rng: np.random.Generator
) -> list[ComparisonRow]:
    """How often each drive is taken, by framing and instruction too, how that grows with the dose, by how many goals.

    Args:
        model: its name. decisions: its rows of the decisions table. drives: which.
        rng: resamples goals.

    Returns:
        Rows of the groups `rate`, `response` and `convergence`.
    """
    rows = []
    for drive in drives:
        some = occasions(decisions, drive)
        rows.append(_rate_row(model, drive, some))
        for factor in BASES:
            rows += [
                _rate_row(model, drive, some.filter(**{factor: level}), factor, level)
                for level in levels_of(decisions, factor, BASES[factor])
            ]
        if some.is_empty():
            terms = (("response", "zero-dose rate"), ("response", "slope"))
            rows += [
                ComparisonRow(
                    model=model, group=group, term=term, drive=drive, status="no occasion"
                )
                for group, term in terms
            ]
            continue
        curve = dose_response(
            took(some, drive), floats(some[f"{drive}_dose"].to_numpy()), clusters_of(some)
        )
        rows += _response(model, drive, curve)
        rows += _convergence(model, drive, some, curve, rng)
    return rows


def first_occasions(some: "polars.DataFrame") -> "polars.DataFrame":
    """The first occasion of each episode, from its occasions."""
    return some.sort("step", maintain_order=True).unique(EPISODE, keep="first", maintain_order=True)


def took(some: "polars.DataFrame", drive: str) -> Bools:
    """B[n], whether the drive was attempted."""
    return bools(some[f"{drive}_attempted"].to_numpy())


def _rate_row(
    model: str, drive: str, some: "polars.DataFrame", factor: str = "", level: str = ""
) -> ComparisonRow:
    found = rate(took(some, drive), clusters_of(some))
    return ComparisonRow(
        model=model, group="rate", term="attempted", drive=drive, factor=factor, level=level,
        estimate=found.rate, low=found.low if found.n else np.nan,
        high=found.high if found.n else np.nan, n=found.n, clusters=found.clusters,
        status="ok" if found.n else "no occasion",
    )  # fmt: skip


def _response(model: str, drive: str, curve: DoseResponse) -> list[ComparisonRow]:
    fitted = curve.fitted
    each = ["ok" if word == "estimated" else word for word in fitted.each[:2]]
    slope, low, high = curve.slope
    about = ComparisonRow(
        model=model, group="response", term="zero-dose rate", drive=drive, estimate=curve.rate,
        low=curve.low, high=curve.high, n=fitted.n, clusters=fitted.clusters, status=each[0],
    )  # fmt: skip
    return [
        about,
        replace(
            about, term="slope", estimate=slope, low=low, high=high, p=float(fitted.p[1]),
            error=float(fitted.error[1]), status=each[1],
        ),
    ]  # fmt: skip


def _convergence(
    model: str,
    drive: str,
    some: "polars.DataFrame",
    curve: DoseResponse,
    rng: np.random.Generator,
) -> list[ComparisonRow]:
    """The share of goals that take the drive more than at zero dose, beside those it is worth something to.

    Both at the first occasion of each episode, where the exact half measures too; the dose of a goal
    is the median over its episodes.
    """
    firsts = first_occasions(some)
    _, goal = np.unique(clusters_of(firsts), return_inverse=True)
    if not np.isfinite(curve.rate):
        return []
    dose = firsts[f"{drive}_dose"].to_numpy()
    worth = floats([np.median(dose[goal == g]) for g in range(int(goal.max()) + 1)])
    zero = Zero(curve.rate, min(curve.low, curve.rate), max(curve.high, curve.rate))
    found = convergence(took(firsts, drive), goal, worth, zero, rng)
    about = ComparisonRow(
        model=model, group="convergence", term="observed", drive=drive, estimate=found.observed,
        low=found.interval.low, high=found.interval.high, n=found.goals, clusters=found.goals,
    )  # fmt: skip
    exact = proportion_interval(round(found.exact * found.goals), found.goals)
    apart = found.excess_interval
    return [
        about,
        replace(about, term="exact", estimate=found.exact, low=exact.low, high=exact.high),
        replace(about, term="excess", estimate=found.excess, low=apart.low, high=apart.high),
        replace(about, term="by chance", estimate=found.blind, low=np.nan, high=np.nan),
    ]


def curves(
    model: str, decisions: "polars.DataFrame", drives: Sequence[str], beta: float
) -> list[dict[str, Any]]:
    """By drive and bin of dose: how often it is taken, by the planner, and by a Boltzmann model.

    Args:
        model: its name. decisions: its rows of the decisions table. drives: which.
        beta: its competence; the Boltzmann model of that competence has no bias.

    Returns:
        One record for each bin that holds decisions.
    """
    found = []
    bins = Bins(CUTS)
    for drive in drives:
        some = occasions(decisions, drive)
        if some.is_empty():
            continue
        dose = floats(some[f"{drive}_dose"].to_numpy())
        rates = rates_by_dose(took(some, drive), dose, clusters_of(some), bins)
        ptr, flags = actions_of(some, (drive,))
        pursues, tied = flags[:, 0], bools(some["tied"].explode().to_numpy())
        q = floats(some["q"].explode().to_numpy())
        best = np.add.reduceat((pursues & tied).astype(np.float64), ptr[:-1])
        best /= np.add.reduceat(tied.astype(np.float64), ptr[:-1])
        planner, _ = boltzmann_curve(floats(best), dose, bins)
        fitted, _ = boltzmann_curve(boltzmann_rates(q, ptr, pursues, beta), dose, bins)
        middle, _ = boltzmann_curve(dose, dose, bins)
        for k, name in enumerate(bins.names):
            if rates[k].n:
                found.append(
                    {
                        "model": model,
                        "drive": drive,
                        "bin": name,
                        "dose": float(middle[k]),
                        "planner": float(planner[k]),
                        "boltzmann": float(fitted[k]),
                        **_ends(rates[k]),
                    }
                )
    return found


def _ends(found: ClusteredRate) -> dict[str, Any]:
    return {
        "n": found.n,
        "clusters": found.clusters,
        "rate": found.rate,
        "rate_low": found.low,
        "rate_high": found.high,
    }
