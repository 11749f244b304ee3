"""Exact: what a tabulated model does about each drive, what it loses and where, without an episode played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import polars as pl

from telos.core.arrays import Bools, Floats, floats
from telos.core.reading import Category, Reading
from telos.core.world import World
from telos.llm.game import Game
from telos.llm.tabulation.chain import pursued
from telos.llm.tabulation.ledger import Place
from telos.llm.tabulation.record import Reply
from telos.llm.tabulation.spread import Spread, spreads
from telos.llm.tabulation.table import ChoiceTable, conditions, tabulated
from telos.measure.measure import measure_all
from telos.solve.ahead import ahead, earned
from telos.solve.foresight import solve_as
from telos.solve.plan import plan
from telos.solve.policies import evaluate, time_spent
from telos.solve.value_range import value_range

#: What is kept of the name of a state.
MOST_LETTERS = 200

CONDITION: dict[str, Any] = {"framing": pl.String, "instruction": pl.String}
#: A row a condition and drive: means over the goals. `chance`: that the drive is pursued before the episode
#: ends; `low`, `high`: what a finite number of draws leaves open of it; `least`, `most`: what answers that
#: could not be read, or were not given, leave open; `planner`, `random`: the same of theirs. Null where the
#: model comes to a state of which nothing is known. `propensity`: that it is ever pursued in play without
#: an end, as everywhere in Telos; `worth`: the instrumental value, as a share of the value range.
SUMMARY: dict[str, Any] = {
    **CONDITION, "drive": pl.String, "goals": pl.Int64,
    **dict.fromkeys(
        ("chance", "low", "high", "least", "most", "planner", "random", "propensity", "worth"),
        pl.Float64,
    ),
}  # fmt: skip
#: The same for each goal.
PROPENSITIES: dict[str, Any] = {
    **CONDITION, "goal": pl.String, "stratum": pl.String, "drive": pl.String, "category": pl.String,
    **dict.fromkeys(
        (
            "chance", "low", "high", "least", "most", "planner", "random", "propensity", "worth",
            "fork_share",
        ),
        pl.Float64,
    ),
}  # fmt: skip
#: A row a condition and goal. `regret`: V* - V of the table, as a share of the value range. Of the states
#: `reached`, nothing could be read in `open`, and nothing was asked in `missing`; where any is open, value
#: and regret are null: what is not known is not guessed.
VALUES: dict[str, Any] = {
    **CONDITION, "goal": pl.String, "stratum": pl.String,
    **dict.fromkeys(("optimum", "value", "range", "regret"), pl.Float64),
    **dict.fromkeys(("reached", "open", "missing"), pl.Int64),
}  # fmt: skip
#: The regret map: a row a condition, goal and state with a choice. `time`: share of discounted time spent
#: there. `loss`: of one choice there, `regret`: their product over the horizon; both as shares of the value
#: range, so that the regrets of a goal sum to that of `VALUES`.
STATES: dict[str, Any] = {
    **CONDITION, "goal": pl.String, "state": pl.String, "row": pl.Int64, "column": pl.Int64,
    "chosen": pl.String, "best": pl.String, "answers": pl.Float64,
    **dict.fromkeys(("unread", "time", "loss", "regret"), pl.Float64),
}  # fmt: skip


#: The same as means over all goals of a condition, the worst state first.
REGRET_MAP: dict[str, Any] = {
    **CONDITION, "state": pl.String, "row": pl.Int64, "column": pl.Int64, "goals": pl.Int64,
    **dict.fromkeys(("unread", "time", "loss", "regret"), pl.Float64),
}  # fmt: skip


@final
@dataclass(frozen=True, eq=False, repr=False)
class ExactReading:
    """What a table says, as plain tables.

    Args:
        summary, propensities, values, states, regret_map: columns as in the constants of this file.
        tables: the policies behind them, by framing and instruction.
    """

    summary: pl.DataFrame
    propensities: pl.DataFrame
    values: pl.DataFrame
    states: pl.DataFrame
    regret_map: pl.DataFrame
    tables: dict[tuple[str, str], ChoiceTable]

    def frames(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        names = ("summary", "propensities", "values", "states", "regret_map")
        return {name: getattr(self, name) for name in names}


def read_exactly(
    games: Sequence[Game],
    draws: int,
    replies: Mapping[Place, Reply],
    exact: bool = False,
) -> ExactReading:
    """Measure the behavior that answers tell, with the instrument of every agent.

    Propensities are of a model that meets each situation for the first time: what an episode's history
    adds is `telos.llm.tabulation.history`.

    Args:
        games: of the setups, all of one world. draws: answers wanted in each state.
        replies: what was answered.
        exact: whether the answers are the chances themselves, so that no interval is needed.

    Returns:
        The tables; where answers are missing they say what could be at least and at most.
    """
    rows: dict[str, list[dict[str, Any]]] = {n: [] for n in ("summary", "each", "values", "states")}
    tables = {}
    for (framing, instruction), numbers in conditions(games).items():
        mine = [games[i] for i in numbers]
        table = tabulated(mine, numbers, draws, replies)
        tables[framing, instruction] = table
        about = {"framing": framing, "instruction": instruction}
        summary, each = _drives(table, mine[0], exact)
        values, states = _regret(table, mine)
        for name, found in zip(rows, (summary, each, values, states), strict=True):
            rows[name] += [about | row for row in found]
    lost, where = (
        pl.DataFrame(rows[name], schema=schema)
        for name, schema in (("values", VALUES), ("states", STATES))
    )
    return ExactReading(
        pl.DataFrame(rows["summary"], schema=SUMMARY),
        pl.DataFrame(rows["each"], schema=PROPENSITIES),
        lost,
        where,
        _regret_map(where, lost),
        tables,
    )


def _regret_map(states: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """States with their means over the goals of a condition, those left out of which something is open.

    A goal that was not asked there, since it never comes there, counts as 0.
    """
    goals = values.filter(open=0).group_by(*CONDITION).agg(goals=pl.len().cast(pl.Int64))
    known = states.join(values.filter(open=0).select(*CONDITION, "goal"), on=[*CONDITION, "goal"])
    sums = known.group_by(*CONDITION, "state", "row", "column", maintain_order=True).agg(
        pl.col("unread", "time", "loss", "regret").sum()
    )
    means = sums.join(goals, on=list(CONDITION), maintain_order="left").with_columns(
        pl.col("unread", "time", "loss", "regret") / pl.col("goals")
    )
    worst = means.sort("regret", descending=True, maintain_order=True)
    return worst.sort(*CONDITION, maintain_order=True).select(*REGRET_MAP)


Rows = list[dict[str, Any]]


def _drives(table: ChoiceTable, game: Game, exact: bool) -> tuple[Rows, Rows]:
    """What is done about each drive: means, and goal by goal."""
    affordances = list(game.stage.affordances.values())
    if not affordances:
        return [], []
    readings = measure_all(table.problem, table.behavior, affordances)
    best = plan(table.problem)
    found = spreads(table, [a.pursues for a in affordances], exact)
    summary, each = [], []
    for reading, affordance, spread in zip(readings, affordances, found, strict=True):
        rows = [
            _row(table, reading, spread, g, affordance.pursues, best[g])
            for g in range(len(table.names))
        ]
        each += rows
        summary.append(_mean(rows, reading.drive, spread))
    return summary, each


def _row(
    table: ChoiceTable, reading: Reading, spread: Spread, g: int, pursues: Bools, best: Floats
) -> dict[str, Any]:
    world, discount, nothing = (
        table.problem.world,
        table.problem.discount,
        np.zeros_like(table.unread[g]),
    )
    least, most = pursued(world, table.policy[g], table.unread[g], pursues, discount)
    value, _ = pursued(world, table.policy[g], floats(nothing), pursues, discount)
    uniform = floats((1.0 / np.diff(world.pair_ptr))[world.pair_state])
    known = not table.open(g).any()
    low, high = spread.around(value, g) if known else (None, None)
    return {
        "goal": table.names[g], "stratum": table.strata[g], "drive": reading.drive,
        "category": Category(int(reading.category[g])).name.lower(),
        "chance": value if known else None, "low": low, "high": high, "least": least, "most": most,
        "planner": pursued(world, best, floats(nothing), pursues, discount)[0],
        "random": pursued(world, uniform, floats(nothing), pursues, discount)[0],
        "propensity": float(reading.propensity[g]) if known else None,
        "worth": float(reading.share[g]),
        "fork_share": float(reading.fork_share[g]) if known else None,
    }  # fmt: skip


def _mean(rows: Rows, drive: str, spread: Spread) -> dict[str, Any]:
    found: dict[str, Any] = {"drive": drive, "goals": len(rows), "low": None, "high": None}
    for name in ("chance", "least", "most", "planner", "random", "propensity", "worth"):
        each = [row[name] for row in rows]
        found[name] = None if None in each else float(np.mean(each))
    if found["chance"] is not None:
        found["low"], found["high"] = spread.around(found["chance"], None)
    return found


def _regret(table: ChoiceTable, games: Sequence[Game]) -> tuple[Rows, Rows]:
    """What each goal loses at the start, and in which states."""
    problem = table.problem
    world = problem.world
    tied = solve_as(problem, "realistic").tied
    scale = value_range(problem)
    time = time_spent(problem, table.policy)
    # Both values come from one evaluation: the planner, tabulated, then loses nothing to the last digit.
    best = evaluate(problem, plan(problem))
    after = ahead(world, best)
    short = best[:, world.pair_state] - (earned(problem) + problem.discount * after)
    loss = np.add.reduceat(table.policy * np.where(tied, 0.0, short), world.pair_ptr[:-1], axis=1)
    optimum, value = best @ world.start, evaluate(problem, table.policy) @ world.start
    asks = np.flatnonzero(np.diff(world.pair_ptr) > 1)
    values, states = [], []
    for g, game in enumerate(games):
        wide = float(scale[g])
        met, gone = table.met(g), table.open(g)
        known = not gone.any()
        values.append({
            "goal": table.names[g], "stratum": table.strata[g], "optimum": float(optimum[g]),
            "range": wide, "value": float(value[g]) if known else None,
            "regret": _share(optimum[g] - value[g], wide) if known else None,
            "reached": int(met.sum()), "open": int(gone.sum()),
            "missing": int((gone & ~table.asked[g]).sum()),
        })  # fmt: skip
        for s in asks.tolist():
            if not (table.asked[g, s] or table.unread[g, s] > 0.0):
                continue
            states.append(_state(table, game, g, s, tied[g]) | {
                "time": float(time[g, s] * (1.0 - problem.discount)) if known else None,
                "loss": _share(loss[g, s], wide) if table.unread[g, s] < 1.0 else None,
                "regret": _share(time[g, s] * loss[g, s], wide) if known else None,
            })  # fmt: skip
    return values, states


def _share(lost: Any, wide: float) -> float:
    """A loss in parts of the value range; 0 where the goal has nothing to prefer."""
    return float(lost) / wide if wide > 0 else 0.0


def _state(table: ChoiceTable, game: Game, g: int, s: int, tied: Any) -> dict[str, Any]:
    world = table.problem.world
    pairs = np.arange(world.pair_ptr[s], world.pair_ptr[s + 1])
    names = [str(world.actions[a]) for a in world.pair_action[pairs]]
    most = table.policy[g, pairs] >= table.policy[g, pairs].max()
    read = table.unread[g, s] < 1.0
    row, column = cell(world, s)
    return {
        "goal": table.names[g], "state": str(world.states[s])[:MOST_LETTERS], "row": row,
        "column": column, "chosen": _listed(names, most) if read else "",
        "best": _listed(names, tied[pairs]), "answers": float(table.weight[g, pairs].sum()),
        "unread": float(table.unread[g, s]),
    }  # fmt: skip


def cell(world: World, s: int) -> tuple[int | None, int | None]:
    """The row and the column of a state of a world on a grid; None of each elsewhere."""
    if not {"row", "column"} <= set(world.features):
        return None, None
    return int(world.features["row"][s]), int(world.features["column"][s])


def _listed(names: Sequence[str], some: Any) -> str:
    return ", ".join(name for name, flag in zip(names, some, strict=True) if flag)
