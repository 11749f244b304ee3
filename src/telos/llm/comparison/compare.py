"""Comparison: from the decisions of language models to the tables of the page of `telos compare`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import polars as pl

from telos.core.errors import StoreError
from telos.llm.comparison.arms import responses
from telos.llm.comparison.fits import fit, losses, shifts, understood
from telos.llm.comparison.parts import ALL_MODELS, hierarchy, parts
from telos.llm.comparison.rates import curves, pairs, taking
from telos.llm.comparison.tables import (
    BASES,
    DRIVES,
    EPISODE,
    ComparisonRow,
    completed,
    counts,
    drives_of,
    endings,
    exposures,
    models_of,
    real_loss,
    table,
)
from telos.llm.estimate.hierarchical import LEAST_GROUPS
from telos.llm.estimate.power import DOUBLED

#: What the table of decisions must hold, besides four columns and more for each drive.
DECISIONS = (
    *EPISODE, "world", "goal", "stratum", "framing", "instruction", "seed", "step", "attempt", "state",
    "action", "outcome", "chosen", "legal", "q", "tied", "loss", "scale",
)  # fmt: skip
OF_DRIVES = ("pursues", "exposed", "dose", "attempted", "executed")
EPISODES = (*EPISODE, "world", "goal", "framing", "instruction", "seed", "ended", "censored")
#: Log, sample and epoch: what names an episode.
Key = tuple[str, str, int]
#: From the names of episodes to their steps beside the planner's, as `telos.llm.replay.beside` tells them.
Tell = Callable[[Sequence[Key]], Mapping[Key, Sequence[Mapping[str, Any]]]]
#: The columns of a step; those of the side that has ended are null.
STEP = ("step", "state", "action", "outcome", "loss", "planner_state", "planner_action")


@final
@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Models beside the planner, as plain tables.

    Args:
        counts: per model, what it was asked, and what became of its decisions.
        ended: per model, how its episodes ended.
        exposure: per model and drive, how many episodes gave an occasion, and what came of it.
        estimates: every estimate with interval, counts and p-values (see `tables.ComparisonRow`).
        curves: per model, drive and bin of dose, how often the drive is taken, what the planner does,
            and what a Boltzmann model of the same competence and no bias would do.
        replays: for one episode a model, its steps and the planner's.
    """

    counts: pl.DataFrame
    ended: pl.DataFrame
    exposure: pl.DataFrame
    estimates: pl.DataFrame
    curves: pl.DataFrame
    replays: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        names = ("counts", "ended", "exposure", "estimates", "curves", "replays")
        return {name: getattr(self, name) for name in names}


def compare(
    decisions: pl.DataFrame,
    episodes: pl.DataFrame,
    tell: Tell | None = None,
    seed: int = 0,
    least: float = DOUBLED,
) -> Comparison:
    """Compare models with the planner, from their decisions.

    Rates, doses and fits are about first attempts in a state at which an action was called, whether
    it was then carried out or denied, and not blindly; what else became of decisions is counted.
    Clusters are the goals of a world.

    Args:
        decisions, episodes: the two tables of the logs, a row a decision and a row an episode.
        tell: tells the steps of episodes beside the planner's; without it none is told.
        seed: of the resampling behind some intervals, and of the placebo.
        least: the bias, in log-odds, that a log must be able to show not to be called underpowered.

    Returns:
        The tables; empty ones where there is nothing to say.

    Raises:
        StoreError: if a column is missing.
    """
    _check("decisions", decisions, [*DECISIONS, *(f"{d}_{w}" for d in DRIVES for w in OF_DRIVES)])
    _check("episodes", episodes, EPISODES)
    decisions, episodes = completed(decisions), completed(episodes)
    models, drives = models_of(decisions, episodes), drives_of(decisions)
    rng = np.random.default_rng(seed)
    rows: list[ComparisonRow] = []
    lines: list[dict[str, Any]] = []
    for model in models:
        mine = decisions.filter(model=model)
        fitted, beta = fit(model, mine, least)
        rows += [*fitted, *understood(model, mine, least), *parts(model, mine, rng)]
        rows += hierarchy(model, mine)
        for factor in BASES:
            rows += shifts(model, mine, factor)
        rows += taking(model, mine, drives)
        rows += losses(model, mine, drives)
        rows += responses(model, mine, episodes.filter(model=model), drives, rng, least)
        lines += curves(model, mine, drives, beta)
    if len(models) >= LEAST_GROUPS:
        rows += hierarchy(ALL_MODELS, decisions)
    rows += pairs(decisions, models, drives, rng)
    return Comparison(
        counts=counts(decisions, episodes),
        ended=endings(episodes),
        exposure=exposures(decisions, episodes),
        estimates=table(rows),
        curves=_curves(lines),
        replays=replays(decisions, tell),
    )


def _check(what: str, frame: pl.DataFrame, needed: Iterable[str]) -> None:
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise StoreError(
            f"the table of {what} lacks the columns {', '.join(missing)}. Read it from the logs "
            "again with this version."
        )


def _curves(lines: list[dict[str, Any]]) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(("model", "drive", "bin"), pl.String)
    schema |= dict.fromkeys(("n", "clusters"), pl.Int64)
    numbers = ("dose", "rate", "rate_low", "rate_high", "planner", "boltzmann")
    schema |= dict.fromkeys(numbers, pl.Float64)
    return pl.DataFrame(lines, schema=schema)


def replays(decisions: pl.DataFrame, tell: Tell | None) -> pl.DataFrame:
    """For each model the most telling episode beside the planner's, step by step.

    The most telling episode is the one that lost most by decisions about a drive (taken where it
    costs, or left where it pays); of those alike, the one that lost most at all, then the first.

    Returns:
        A row a step: model, sample, world, goal, framing, instruction, and the columns of `STEP`.
    """
    text = ("model", "sample", "world", "goal", "framing", "instruction")
    schema: dict[str, Any] = dict.fromkeys((*text, *STEP), pl.String)
    schema |= {"step": pl.Int64, "loss": pl.Float64}
    models = dict.fromkeys(decisions["model"].to_list()) if tell else {}
    found = [_most_telling(decisions.filter(model=model)) for model in models]
    keys = [(row["log"], row["sample"], row["epoch"]) for row in found]
    told = tell(keys) if tell and keys else {}
    rows = [
        {name: row[name] for name in text} | {name: step[name] for name in STEP}
        for row, key in zip(found, keys, strict=True)
        for step in told.get(key, ())
    ]
    return pl.DataFrame(rows, schema=schema)


def _most_telling(mine: pl.DataFrame) -> dict[str, Any]:
    """The names of an episode: model, log, sample, epoch, world, goal, framing, instruction."""
    lost = real_loss().fill_nan(0.0)
    about = pl.any_horizontal(
        pl.col(f"{d}_exposed")
        & pl.when(pl.col(f"{d}_attempted"))
        .then(pl.col(f"{d}_dose") < 0)
        .otherwise(pl.col(f"{d}_dose") > 0)
        for d in DRIVES
    )
    each = mine.group_by(
        *EPISODE, "world", "goal", "framing", "instruction", maintain_order=True
    ).agg(by_drive=(lost * about).sum(), lost=lost.sum())
    best = each.sort("by_drive", "lost", descending=True, maintain_order=True)
    return best.row(0, named=True)
