"""The operations desk: what turning one knob moves, and whether its files tell a planner everything.

    uv run python verification/ops_desk.py [--goals 300] [--page docs/results/ops_desk.md]

*Moved* is the change of a drive's mean share of the value range between the two values of a knob, in points,
over the same uniform goals (a goal values an outcome by its name), with the standard error of that
paired difference. *Regret* is the most that a planner loses, in credits, by an act that it may take after
reading the files, in any state in which the first order is held.
"""

import argparse
import platform
import re
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import telos
from telos.core.problem import Problem
from telos.core.spec import show
from telos.core.world import World
from telos.drives import DRIVES
from telos.families import Uniform
from telos.llm.desk import DeskTask, files_of, opening, told_by
from telos.llm.desk.tools import TOOLS
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import held, solve_as
from telos.worlds import OpsDesk

DISCOUNT, SEED, LIMIT, MOST_TOKENS, EPISODES = 0.95, 17, 1e-9, 1500, 600
#: Each drive's knob, from where it gives little to where it gives much.
KNOBS = (
    ("shutdown", 0.06, 0.16),
    ("rewrite", 0.05, 0.16),
    ("slow", 0.8, 0.2),
    ("throttled", 0.95, 0.02),
)
FIDELITY = (
    OpsDesk(),
    *(OpsDesk(**{knob: value}) for knob, *values in KNOBS for value in values),
    OpsDesk(grant=0.0, taking=True),
    OpsDesk(batches=(1, 2), notice=True),
    OpsDesk(batches=(1, 2), monitor=True),
    OpsDesk(batches=(1, 2), copying=True),
    OpsDesk(batches=(1, 2), queue=True, backlog=2),
)


def main() -> int:
    """Run the checks; the exit code is 0 if nothing is lost by reading and the opening is short."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--goals", type=int, default=300)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    arms = [_arm(knob, low, high, asked.goals) for knob, low, high in KNOBS]
    read, fine = [], True
    for desk in FIDELITY:
        regret, looked, begin, total = _read(desk)
        fine = fine and regret < LIMIT and begin <= MOST_TOKENS
        read.append(f"| {show(desk)} | {looked:,} | {regret:.1e} | {begin} | {total} |")
        print(read[-1], flush=True)
    seconds = _episodes()
    print(f"{EPISODES} episodes: {seconds:.0f} s")
    if asked.page:
        asked.page.write_text(_page(arms, read, seconds, asked.goals), encoding="utf-8")
    print("fine" if fine else "NOT FINE")
    return 0 if fine else 1


def _shares(desk: OpsDesk, goals: int) -> np.ndarray:
    """F[drives, goals], the share of each drive, in points."""
    world = desk.build()
    drawn = Uniform().sample(world, goals, np.random.default_rng(SEED))
    affordances = [drive().affordances(world) for drive in DRIVES]
    found = instrumental_values(Problem(world, drawn, DISCOUNT), affordances)
    return 100 * np.array([value.share for value in found])


def _arm(knob: str, low: float, high: float, goals: int) -> str:
    """A line of the table of knobs."""
    moved = _shares(OpsDesk(**{knob: high}), goals) - _shares(OpsDesk(**{knob: low}), goals)
    cells = [f"{m.mean():+.2f} ({m.std(ddof=1) / np.sqrt(goals):.2f})" for m in moved]
    line = f"| {knob} | {low} → {high} | {' | '.join(cells)} |"
    print(line, flush=True)
    return line


def _task(desk: OpsDesk, world: World, seed: int) -> DeskTask:
    """A desk with two orders drawn at random."""
    first = np.unique(world.outcome, return_index=True)[1]
    drawn = Uniform().sample(world, 2, np.random.default_rng(seed)).reward[:, first].round(3)
    orders = [tuple(zip(world.outcomes, map(float, row), strict=True)) for row in drawn]
    return DeskTask(desk, orders[0], orders[1], DISCOUNT)


def _read(desk: OpsDesk) -> tuple[float, int, int, int]:
    """The largest regret, states looked at, tokens of the opening with tools, and of everything read."""
    world = desk.build()
    worst, looked = 0.0, 0
    for seed in range(5):
        task = _task(desk, world, seed)
        q = solve_as(task.problem(world), "realistic").q[0]
        for s in np.flatnonzero(held(world)).tolist():
            pairs = {world.actions[world.pair_action[p]]: p for p in world.pairs_of(s)}
            best = told_by(files_of(task, world.states[s])).best()
            worst = max(worst, q[list(pairs.values())].max() - min(q[pairs[a]] for a in best))
            looked += 1
    begin = _tokens(opening(task, task.first)) + _tokens(
        repr({k: dict(v) for k, v in TOOLS.items()})
    )
    return worst, looked, begin, begin + sum(map(_tokens, files_of(task, task.first).values()))


def _tokens(text: str) -> int:
    """An upper guess: every digit and sign is a token, a word one for each five letters begun."""
    parts = re.findall(r"[^\W\d_]+|\d|[^\w\s]|_|\n", text)
    return sum(-(-len(part) // 5) for part in parts)


def _episodes() -> float:
    """Seconds that the planner takes for all its episodes, reading every file anew at every tick."""
    desk, rng, begun = OpsDesk(), np.random.default_rng(SEED), time.perf_counter()
    world = desk.build()
    for episode in range(EPISODES):
        task, state = _task(desk, world, episode % 60), desk.first
        while state.order != "replaced" and state.power == "on":
            action = told_by(files_of(task, state)).best()[0]
            row = world.successors(world.pair(state, action))
            state = world.states[int(rng.choice(list(row), p=list(row.values())))]
            if rng.random() >= DISCOUNT:
                break
    return time.perf_counter() - begun


def _page(arms: list[str], read: list[str], seconds: float, goals: int) -> str:
    """The page, as Markdown."""
    names = " | ".join(
        drive().affordances(OpsDesk().build()).drive.replace("_", " ") for drive in DRIVES
    )
    today = (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, CPython {platform.python_version()}"
    )
    return "\n".join(
        [
            "# The operations desk",
            "",
            f"`uv run python verification/ops_desk.py --goals {goals}`, {today}, telos {telos.__version__}.",
            "",
            "## One knob at a time",
            "",
            f"How much the mean share of each drive moves, in points of the value range, and its standard "
            f"error, over {goals} uniform goals, the same in both arms, discount {DISCOUNT}. What moves in "
            "other columns moves in goals that avoid a drive, and so live with its knob.",
            "",
            f"| knob | from, to | {names} |",
            "|---|---|---|---|---|---|",
            *arms,
            "",
            "## Read off the files",
            "",
            "Five pairs of orders a desk, every state in which the first order is held. *Regret*: the "
            "largest loss, in credits, of an act that a planner may take after reading every file. "
            "*Opening*: tokens of what is told first, with the tools; *all*: with every file read. Tokens "
            "are an upper guess, no model's own: each digit and sign one, a word one for each five letters "
            "begun.",
            "",
            "| desk | states looked at | regret | opening | all |",
            "|---|---|---|---|---|",
            *read,
            "",
            f"{EPISODES} episodes of the planner, which reads all files anew at every tick: {seconds:.0f} s "
            "on one core of a machine that did other work beside; without a harness.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
