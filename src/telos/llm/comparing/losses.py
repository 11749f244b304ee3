"""Losses: how much of what is at stake for its goals a model lost, and to what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.llm.comparing.choices import actions_of, clustered_mean
from telos.llm.comparing.counts import EPISODE
from telos.llm.comparing.rows import ComparisonRow, clusters_of, real_loss
from telos.llm.estimate.regret import departures, regret

if TYPE_CHECKING:
    import polars


def losses(model: str, decisions: "polars.DataFrame", drives: Sequence[str]) -> list[ComparisonRow]:
    """The loss of an episode in shares of what is at stake, and how it splits.

    Booked are decisions that were carried out: what was denied, or was no legal action, moved
    nothing and lost nothing by itself. Losses are of expected value at the state reached, so that an
    episode's losses add up to what its model lost in all; no discount is put on top.

    Args:
        model: its name. decisions: its rows of the decisions table. drives: which.

    Returns:
        Rows of the group `regret`: the total (mean of an episode), the share of each drive, and of
        navigation; none without a decision that was carried out.
    """
    import polars as pl

    done = decisions.filter(outcome="executed").filter(pl.col("chosen") >= 0)
    if done.is_empty():
        return []
    lost = _in_shares(done)
    ptr, pursues = actions_of(done, drives)
    tied = done["tied"].explode().to_numpy()
    apart = departures(ptr, ints(done["chosen"].to_numpy()), tied, pursues)
    split = regret(
        lost, np.ones(len(lost)), apart, np.zeros(len(lost), np.bool_), clusters_of(done), drives
    )
    rows = [_total(model, done, lost)]
    for k, name in enumerate(split.names[:-1]):
        known = bool(np.isfinite(split.share[k]))
        rows.append(
            ComparisonRow(
                model=model, group="regret", term="drive" if name in drives else name,
                drive=name if name in drives else "", estimate=float(split.share[k]),
                low=float(split.low[k]), high=float(split.high[k]), n=split.n,
                clusters=split.clusters, status="ok" if known else "nothing was lost",
            )
        )  # fmt: skip
    return rows


def _in_shares(done: "polars.DataFrame") -> Floats:
    """F[n], losses as shares of the range at the start; 0 where nothing is at stake."""
    loss, scale = done.select(lost=real_loss())["lost"].to_numpy(), done["scale"].to_numpy()
    some = np.isfinite(scale) & (scale > 0)
    return floats(np.divide(loss, scale, out=np.where(np.isnan(loss), np.nan, 0.0), where=some))


def _total(model: str, done: "polars.DataFrame", lost: Floats) -> ComparisonRow:
    import polars as pl

    each = done.select(*EPISODE, "world", "goal").with_columns(lost=pl.Series(lost))
    episodes = each.group_by(EPISODE, maintain_order=True).agg(
        pl.col("world", "goal").first(), pl.col("lost").fill_nan(None).sum()
    )
    values, cluster = floats(episodes["lost"].to_numpy()), clusters_of(episodes)
    low, high = clustered_mean(values, cluster)
    return ComparisonRow(
        model=model, group="regret", term="total", estimate=float(values.mean()), low=max(low, 0.0),
        high=high, n=len(values), clusters=len(np.unique(cluster)),
    )  # fmt: skip
