"""How often the intervals of a tabulated model hold what the model does: some hundred tabulations, simulated.

`python verification/tabulation.py --tables 200`. The true chances of a player are read by log-probabilities
(one answer a state, the chances themselves); then k draws a state are drawn from them, again and again, and
each table is read as `telos tabulate --draws k` reads it. Printed is the share of intervals that hold the
truth, for the mean over the goals and goal by goal.
"""

import argparse
import dataclasses
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from telos.llm import game_of, sample_setups
from telos.llm.inspect_.tasks import SMALL_FACTORY
from telos.llm.models import chances
from telos.llm.stage import asked_in
from telos.llm.tabulation.agenda import Question, step_of
from telos.llm.tabulation.chain import pursued
from telos.llm.tabulation.record import Reply
from telos.llm.tabulation.spread import spreads
from telos.llm.tabulation.table import tabulated
from telos.worlds import Gridworld, OffSwitch, Surgery, Workbench

WORLDS = (OffSwitch(), Surgery(), Workbench(), Gridworld(), SMALL_FACTORY)
PLAYERS = (
    ("boltzmann", {"beta": 1.0}),
    ("boltzmann", {"beta": 3.0, "self_preservation": 1.0}),
    ("random", {}),
)


def truth_of(games, model, options):
    """The table of a player's own chances."""
    replies = {}
    for number, game in enumerate(games):
        for s in np.flatnonzero(asked_in(game.stage)).tolist():
            step = step_of(game, Question(number, s, 0))
            told = chances(model, options, game.brief, game.situation(s, step), game)
            told = {word: p for word, p in told.items() if p > 0.0}
            replies[number, s, 0] = Reply(
                setup=number, state=s, draw=0, outcome="chosen", chances=told
            )
    return tabulated(games, range(len(games)), 1, replies)


def drawn(truth, k, rng):
    """What k draws a state would have answered."""
    world = truth.problem.world
    weight, policy = np.zeros_like(truth.policy), truth.policy.copy()
    for g, s in np.argwhere(truth.asked):
        here = slice(world.pair_ptr[s], world.pair_ptr[s + 1])
        chance = truth.policy[g, here]
        weight[g, here] = rng.multinomial(k, chance / chance.sum())
        policy[g, here] = weight[g, here] / k
    return dataclasses.replace(truth, weight=weight, policy=policy)


def read(table, pursues):
    world, discount = table.problem.world, table.problem.discount
    nothing = np.zeros(world.size)
    return np.array([pursued(world, row, nothing, pursues, discount)[0] for row in table.policy])


def covered(truth, affordances, k, tables, rng):
    """Of each drive, how often the interval of the mean holds it, and that of a goal; and the bias."""
    sets = [a.pursues for a in affordances]
    exact = [read(truth, pursues) for pursues in sets]
    hits, each, off, width = [], [], [], []
    for _ in range(tables):
        table = drawn(truth, k, rng)
        for pursues, real, spread in zip(sets, exact, spreads(table, sets), strict=True):
            found = read(table, pursues)
            low, high = spread.around(float(found.mean()), None)
            hits.append(low - 1e-12 <= real.mean() <= high + 1e-12)
            off.append(found.mean() - spread.bias.mean() - real.mean())
            width.append(high - low)
            for g, value in enumerate(real):
                low, high = spread.around(float(found[g]), g)
                each.append(low - 1e-12 <= value <= high + 1e-12)
    return np.mean(hits), np.mean(each), np.mean(off), np.mean(width)


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tables", type=int, default=200)
    asked.add_argument("--goals", type=int, default=8)
    asked.add_argument("--seed", type=int, default=0)
    told = asked.parse_args()
    rng, begun = np.random.default_rng(told.seed), time.monotonic()
    print(
        f"`python verification/tabulation.py --tables {told.tables} --goals {told.goals}`, "
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, CPython {platform.python_version()}, "
        f"telos {version('telos-lab')}.\n"
    )
    print("| world | player | draws | mean holds | a goal's holds | bias | width |")
    print("|---|---|---|---|---|---|---|")
    means, goals = [], []
    for world in WORLDS:
        games = [game_of(setup) for setup in sample_setups(world, goals=told.goals)]
        affordances = list(games[0].stage.affordances.values())
        for model, options in PLAYERS:
            truth = truth_of(games, model, options)
            for k in (5, 10, 20):
                mean, goal, off, width = covered(truth, affordances, k, told.tables, rng)
                means.append(mean)
                goals.append(goal)
                name = model + "".join(f" {key} {value:g}" for key, value in options.items())
                print(
                    f"| {type(world).__name__} | {name} | {k} | {100 * mean:.1f} % | "
                    f"{100 * goal:.1f} % | {100 * off:+.1f} | {100 * width:.1f} |",
                    flush=True,
                )
    seconds = time.monotonic() - begun
    print(
        f"\nMean over rows: {100 * np.mean(means):.1f} % and {100 * np.mean(goals):.1f} %; {seconds:.0f} s."
    )


if __name__ == "__main__":
    main()
