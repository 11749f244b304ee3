"""Tables: the rows of estimates, the parts of the decisions table that they are about, and plain counts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, final

import numpy as np
import polars as pl

from telos.audit.rates import rate
from telos.core.arrays import Bools, Ints, bools, ints
from telos.llm.decisions import DRIVE_NAMES, OUTCOMES
from telos.llm.setup import OF_DRIVE

#: The drives that decisions are read for, in the order of the page.
DRIVES = DRIVE_NAMES
#: What identifies an episode.
EPISODE = ("model", "task", "log", "sample", "epoch")
#: What may be varied between episodes, and what its levels are compared with, where the logs hold it.
BASES = {
    "framing": "neutral", "instruction": "none", "paraphrase": "0", "dynamics": "stated",
    "cue": "none", "arm": "",
}  # fmt: skip
#: Columns that older logs lack, and what all of their rows have.
LATER: dict[str, pl.Expr] = {
    "paraphrase": pl.lit("0"), "dynamics": pl.lit("stated"), "cue": pl.lit("none"), "arm": pl.lit(""),
    "blind": pl.lit(False), "probe": pl.lit(None, pl.Float64),
}  # fmt: skip
#: What is counted about a drive.
EXPOSURE = (
    "episodes", "clusters", "reached", "lost", "exposed", "unanswered", "attempted", "executed",
    "denied", "repeated",
)  # fmt: skip
#: Names that are listed on the page; of more only the number is.
MOST_NAMES = 4
NAN = float("nan")


@final
@dataclass(frozen=True)
class ComparisonRow:
    """One estimate.

    Args:
        model: whose; in a contrast of models, the first.
        group: what kind: choice, split, hierarchy, rate, response, convergence, regret or contrast.
        term: which number of its kind. drive: which drive, or "".
        factor: "", or what is varied: model, probe, or one of `BASES`.
        level, base: of the factor; with a base it is the change from base to level.
        estimate, low, high: the number and its 95 % interval; error: its standard error, or NaN.
        n: how many decisions, episodes, goals or pairs it is from. clusters: of how many goals.
        p, p_holm: of the test that it is 0, the second corrected over drives; NaN if not tested.
        detectable: the smallest bias that four of five such logs would show; NaN if not a bias.
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
    detectable: float = NAN
    status: str = "ok"


def table(found: Iterable[ComparisonRow]) -> pl.DataFrame:
    """The rows as a table; with its columns even if there are none."""
    kinds = {float: pl.Float64, int: pl.Int64, str: pl.String}
    schema = {field.name: kinds[field.type] for field in fields(ComparisonRow)}  # type: ignore[index]
    return pl.DataFrame([asdict(row) for row in found], schema=schema)


# -- parts of the decisions table ------------------------------------------------------------------


def scenes_of(frame: pl.DataFrame) -> pl.Series:
    """The world of each row; of an arm the kind of world alone, for arms are one world with knobs turned.

    They share their goals, so that a goal's rows in two arms are no more independent than in one, and two
    arms are no sample of worlds.
    """
    if "arm" not in frame.columns:
        return frame["world"]
    kind = pl.col("world").str.split("(").list.first()
    return frame.select(pl.when(pl.col("arm") == "").then("world").otherwise(kind)).to_series()


def clusters_of(frame: pl.DataFrame) -> Ints:
    """I[n], the number of each row's cluster: rows of one goal in one world, all its arms, share it."""
    if frame.is_empty():
        return ints([])
    number = pl.struct("world", "goal").rank("dense").cast(pl.Int64) - 1
    own = frame.select("goal", world=scenes_of(frame))
    return ints(own.select(number).to_series().to_numpy())


def completed(frame: pl.DataFrame) -> pl.DataFrame:
    """A table of decisions or episodes with the columns that older logs lack, in their kinds."""
    made = frame.with_columns(**{c: e for c, e in LATER.items() if c not in frame.columns})
    return made.with_columns(pl.col("paraphrase").cast(pl.String))


def first_attempts(decisions: pl.DataFrame) -> pl.DataFrame:
    """The decisions that rates are about: the first attempt in a state, with an action called.

    A *blind* one is left out: called in one turn with others, it did not see what they had done.
    """
    return decisions.filter(pl.col("attempt") == 0, pl.col("chosen") >= 0, ~pl.col("blind"))


def occasions(decisions: pl.DataFrame, drive: str) -> pl.DataFrame:
    """The first attempts, with an action called, at which the drive could be taken or left."""
    exposed, dose = pl.col(f"{drive}_exposed"), pl.col(f"{drive}_dose")
    return first_attempts(decisions).filter(exposed, dose.is_finite())


def first_occasions(some: pl.DataFrame) -> pl.DataFrame:
    """The first occasion of each episode, from its occasions."""
    return some.sort("step", maintain_order=True).unique(EPISODE, keep="first", maintain_order=True)


def actions_of(some: pl.DataFrame, drives: Iterable[str]) -> tuple[Ints, Bools]:
    """The legal actions of decisions, one decision after the other, and what each of them pursues.

    Args:
        some: rows of the decisions table.
        drives: D names.

    Returns:
        I[n + 1], the actions of decision i are `ptr[i] .. ptr[i + 1] - 1`; B[N, D], where nothing
        pursues a drive that the world does not have.
    """
    names = tuple(drives)
    sizes = some["legal"].list.len().to_numpy().astype(np.int64)
    flags = np.zeros((int(sizes.sum()), len(names)), np.bool_)
    for k, drive in enumerate(names):
        pursues = some[f"{drive}_pursues"]
        own = pursues.list.len().to_numpy() > 0
        flags[np.repeat(own, sizes), k] = pursues.filter(own).explode().drop_nulls().to_numpy()
    return ints(np.concatenate([[0], np.cumsum(sizes)])), bools(flags)


def real_loss() -> pl.Expr:
    """The loss of a decision; exactly 0 for an optimal action, whose loss is a rounding at most."""
    optimal = pl.col("tied").list.get(pl.col("chosen").clip(lower_bound=0))
    return pl.when((pl.col("chosen") >= 0) & optimal).then(pl.lit(0.0)).otherwise("loss")


def levels_of(decisions: pl.DataFrame, factor: str) -> list[str]:
    """The levels of a factor, the base first (or else the level that most decisions are of)."""
    if factor == "arm":  # arms of an assay are compared in pairs, see `comparison.arms`
        decisions = decisions.filter(~pl.col("arm").str.contains(OF_DRIVE, literal=True))
    counted = dict(decisions[factor].value_counts().rows())
    levels = sorted(counted)
    if len(levels) < 2:
        return levels
    base = BASES[factor]
    first = base if base in levels else max(levels, key=lambda level: counted[level])
    return [first, *(level for level in levels if level != first)]


def models_of(decisions: pl.DataFrame, episodes: pl.DataFrame) -> list[str]:
    """The models, in the order in which the tables name them."""
    return list(dict.fromkeys([*episodes["model"].to_list(), *decisions["model"].to_list()]))


def drives_of(decisions: pl.DataFrame) -> list[str]:
    """The drives that some world of the decisions has: some legal action is flagged, or not."""
    return [d for d in DRIVES if bool((decisions[f"{d}_pursues"].list.len() > 0).any())]


# -- counts ----------------------------------------------------------------------------------------


def counts(decisions: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """One row a model: what it was asked, and what became of its decisions."""
    rows = []
    for model in models_of(decisions, episodes):
        mine, told = decisions.filter(model=model), episodes.filter(model=model)
        both = told if told.height else mine
        rows.append(
            {
                "model": model,
                "worlds": _names(both["world"]),
                "goals": str(len(np.unique(clusters_of(both)))),
                "framings": _names(both["framing"]),
                "instructions": _names(both["instruction"]),
                "seeds": str(both["seed"].n_unique()),
                "episodes": told.height,
                "censored": int(told["censored"].sum()),
                "decisions": mine.height,
                "first": int((mine["attempt"] == 0).sum()),
                "retries": int((mine["attempt"] > 0).sum()),
                "blind": int(mine["blind"].sum()),
                **{name: int((mine["outcome"] == name).sum()) for name in OUTCOMES},
            }
        )
    text = ("model", "worlds", "goals", "framings", "instructions", "seeds")
    numbers = ("episodes", "censored", "decisions", "first", "retries", "blind", *OUTCOMES)
    return pl.DataFrame(rows, schema=_schema(text, numbers))


def endings(episodes: pl.DataFrame) -> pl.DataFrame:
    """How many episodes of each model ended in each way."""
    ended = episodes.group_by("model", "ended").agg(episodes=pl.len().cast(pl.Int64))
    return ended.sort("model", "ended")


def exposures(decisions: pl.DataFrame, episodes: pl.DataFrame) -> pl.DataFrame:
    """One row a model and drive: how many episodes gave an occasion, and what came of those.

    An occasion is a first attempt at which the drive can be taken or left. It is *unanswered* where
    no legal action was called. *Lost*: episodes cut short before any occasion. *Repeated*: further
    attempts of the drive in the same state, after one that came to nothing.
    """
    rows = [
        _exposure(model, drive, decisions.filter(model=model), episodes.filter(model=model))
        for drive in drives_of(decisions)
        for model in models_of(decisions, episodes)
    ]
    numbers = ("reach", "reach_low", "reach_high")
    schema = _schema(("model", "drive"), EXPOSURE, numbers)
    return pl.DataFrame(rows, schema=schema)


def _exposure(model: str, drive: str, mine: pl.DataFrame, told: pl.DataFrame) -> dict[str, Any]:
    exposed = mine.filter(pl.col(f"{drive}_exposed") & ~pl.col("blind"))
    first = exposed.filter(attempt=0)
    answered = first.filter(pl.col("chosen") >= 0)
    tried = pl.col(f"{drive}_attempted")
    met = exposed.select(EPISODE).unique().with_columns(met=pl.lit(True))
    each = told.join(met, on=EPISODE, how="left", maintain_order="left")
    each = each.with_columns(pl.col("met").fill_null(False))
    reach = rate(each["met"], clusters_of(each))
    return {
        "model": model,
        "drive": drive,
        "episodes": reach.n,
        "clusters": reach.clusters,
        "reached": reach.count,
        "reach": reach.rate,
        "reach_low": reach.low,
        "reach_high": reach.high,
        "lost": each.filter(pl.col("censored") & ~pl.col("met")).height,
        "exposed": answered.height,
        "unanswered": first.height - answered.height,
        "attempted": answered.filter(tried).height,
        "executed": answered.filter(pl.col(f"{drive}_executed")).height,
        "denied": answered.filter(tried & (pl.col("outcome") == "denied")).height,
        "repeated": exposed.filter((pl.col("attempt") > 0) & tried).height,
    }


def _schema(
    text: Iterable[str], whole: Iterable[str], numbers: Iterable[str] = ()
) -> dict[str, Any]:
    return (
        dict.fromkeys(text, pl.String)
        | dict.fromkeys(whole, pl.Int64)
        | dict.fromkeys(numbers, pl.Float64)
    )


def _names(column: pl.Series) -> str:
    names = column.unique(maintain_order=True).to_list()
    return "; ".join(names) if len(names) <= MOST_NAMES else f"{len(names)}"
