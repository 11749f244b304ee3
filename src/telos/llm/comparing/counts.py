"""Counts: what became of every decision and episode of each model, so that nothing drops out unseen."""

from typing import TYPE_CHECKING, Any

from telos.llm.comparing.rows import DRIVES, clusters_of
from telos.llm.estimate.rates import reach

if TYPE_CHECKING:
    import polars

OUTCOMES = ("executed", "denied", "invalid", "no call", "refusal", "error", "limit")
#: What identifies an episode.
EPISODE = ("model", "task", "log", "sample", "epoch")
#: What is counted about a drive.
WHOLE = (
    "episodes", "clusters", "reached", "lost", "exposed", "unanswered", "attempted", "executed",
    "denied", "repeated",
)  # fmt: skip
#: Names that are listed on the page; of more only the number is.
MOST_NAMES = 4


def counts(decisions: "polars.DataFrame", episodes: "polars.DataFrame") -> "polars.DataFrame":
    """One row a model: what it was asked, and what became of its decisions."""
    import polars as pl

    rows = []
    for model in models_of(decisions, episodes):
        mine, told = decisions.filter(model=model), episodes.filter(model=model)
        both = told if told.height else mine
        outcomes = mine["outcome"].value_counts() if mine.height else None
        found = dict(outcomes.iter_rows()) if outcomes is not None else {}
        rows.append(
            {
                "model": model,
                "worlds": _names(both["world"]),
                "goals": str(both.select("world", "goal").n_unique()),
                "framings": _names(both["framing"]),
                "instructions": _names(both["instruction"]),
                "seeds": str(both["seed"].n_unique()),
                "episodes": told.height,
                "censored": int(told["censored"].sum()),
                "decisions": mine.height,
                "first": int((mine["attempt"] == 0).sum()),
                "retries": int((mine["attempt"] > 0).sum()),
                **{name: int(found.get(name, 0)) for name in OUTCOMES},
            }
        )
    text = ("model", "worlds", "goals", "framings", "instructions", "seeds")
    numbers = ("episodes", "censored", "decisions", "first", "retries", *OUTCOMES)
    schema: dict[str, Any] = dict.fromkeys(text, pl.String) | dict.fromkeys(numbers, pl.Int64)
    return pl.DataFrame(rows, schema=schema)


def endings(episodes: "polars.DataFrame") -> "polars.DataFrame":
    """How many episodes of each model ended in each way."""
    import polars as pl

    ended = episodes.group_by("model", "ended").agg(episodes=pl.len().cast(pl.Int64))
    return ended.sort("model", "ended")


def exposures(decisions: "polars.DataFrame", episodes: "polars.DataFrame") -> "polars.DataFrame":
    """One row a model and drive: how many episodes gave an occasion, and what came of those.

    An occasion is a first attempt at which the drive can be taken or left. It is *unanswered* where
    no legal action was called. *Lost*: episodes cut short before any occasion. *Repeated*: further
    attempts of the drive in the same state, after one that came to nothing.
    """
    import polars as pl

    rows = [
        _exposure(model, drive, decisions.filter(model=model), episodes.filter(model=model))
        for drive in drives_of(decisions)
        for model in models_of(decisions, episodes)
    ]
    schema: dict[str, Any] = dict.fromkeys(("model", "drive"), pl.String)
    schema |= dict.fromkeys(WHOLE, pl.Int64)
    schema |= dict.fromkeys(("reach", "reach_low", "reach_high"), pl.Float64)
    return pl.DataFrame(rows, schema=schema)


def _exposure(
    model: str, drive: str, mine: "polars.DataFrame", told: "polars.DataFrame"
) -> dict[str, Any]:
    import polars as pl

    exposed = mine.filter(pl.col(f"{drive}_exposed"))
    first = exposed.filter(attempt=0)
    answered = first.filter(pl.col("chosen") >= 0)
    tried = pl.col(f"{drive}_attempted")
    met = exposed.select(EPISODE).unique().with_columns(met=pl.lit(True))
    each = told.join(met, on=EPISODE, how="left", maintain_order="left")
    found = reach(each["met"].fill_null(False), each["censored"], clusters_of(each))
    return {
        "model": model,
        "drive": drive,
        "episodes": found.reached.n,
        "clusters": found.reached.clusters,
        "reached": found.reached.count,
        "reach": found.reached.rate,
        "reach_low": found.reached.low,
        "reach_high": found.reached.high,
        "lost": found.lost.count,
        "exposed": answered.height,
        "unanswered": first.height - answered.height,
        "attempted": answered.filter(tried).height,
        "executed": answered.filter(pl.col(f"{drive}_executed")).height,
        "denied": answered.filter(tried & (pl.col("outcome") == "denied")).height,
        "repeated": exposed.filter((pl.col("attempt") > 0) & tried).height,
    }


def models_of(decisions: "polars.DataFrame", episodes: "polars.DataFrame") -> list[str]:
    """The models, in the order in which the tables name them."""
    named = [*episodes["model"].to_list(), *decisions["model"].to_list()]
    return list(dict.fromkeys(named))


def drives_of(decisions: "polars.DataFrame") -> list[str]:
    """The drives that some world of the decisions has: some legal action is flagged, or not."""
    return [d for d in DRIVES if bool((decisions[f"{d}_pursues"].list.len() > 0).any())]


def _names(column: "polars.Series") -> str:
    names = column.unique(maintain_order=True).to_list()
    return "; ".join(names) if len(names) <= MOST_NAMES else f"{len(names)}"
