"""Whether planted hierarchies, players and placebos are found again; about five minutes on two free cores.

    uv run python verification/hierarchical.py [--studies N] [--players N] [--page FILE]

Exits with 1 unless the 95 % intervals of all coefficients together cover in 93 to 97 % of the studies, at
most 5 % of planted players are mistaken, values dealt anew explain nothing, and the planner has no star.
"""

import argparse
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# Small matrices: threads of one would only wait for those of another.
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from planted import Board, Player, board, planner, played, value_player, word_player

from telos.core.arrays import floats
from telos.llm.comparison.fits import LEVEL
from telos.llm.estimate.choice import BETA, Decisions, choice, decisions, gained, part
from telos.llm.estimate.hierarchical import LEAST_GROUPS, hierarchical
from telos.llm.estimate.split import dealt, split
from telos.llm.inspect_.tasks import SMALL_FACTORY
from telos.worlds import OpsDesk

NAMES = (BETA, "a", "b", "c", "d")
#: The average beta per value range, and the pulls of four drives.
PLANTED = floats([4.0, 1.0, 0.0, -0.5, 0.3])
#: Worlds, goals of each, and the standard deviations of every coefficient over worlds and over goals.
STUDIES = ((6, 12, 0.5, 0.5), (6, 12, 0.0, 0.0), (1, 60, 0.0, 0.5), (6, 12, 1.0, 1.0))
EACH, SITUATIONS = 9, 3
#: Beta, and the standard deviation of how much each name is liked, of players of both.
MIXED = ((10.0, 0.3), (20.0, 1.0))
WORLDS = {"small factory": SMALL_FACTORY, "OpsDesk": OpsDesk()}
LEAST, MOST, WRONG = 0.93, 0.97, 0.05
#: Below this line the page is written by this command.
MARK = "<!-- below: written by verification/hierarchical.py -->"
PLANTED_NUMBERS = ", ".join(f"{value:g}" for value in PLANTED)


def main() -> int:
    """Run all checks; the exit code is 0 if they hold."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--studies", type=int, default=500)
    words.add_argument("--players", type=int, default=200)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    begun, lines, wrong = time.monotonic(), [], []
    with ProcessPoolExecutor(4) as pool:
        running = [
            (told, count, [pool.submit(check, kind, count) for kind in kinds])
            for told, check, kinds, count in (
                (COVERAGE, _coverage, range(len(STUDIES)), asked.studies),
                (
                    APART,
                    _apart,
                    [(w, p) for w in WORLDS for p in ("value", "words")],
                    asked.players,
                ),
                (SHARES, _share, MIXED, asked.players),
                (STARS, _stars, WORLDS, asked.players),
            )
        ]
        for told, count, found in running:
            lines.append(told.format(n=count))
            for line, fine in (one.result() for one in found):
                lines.append(line)
                print(line, flush=True)
                wrong += [] if fine else [line]
            lines.append("")
    lines.append(
        f"One command, {time.monotonic() - begun:.0f} s on a busy machine ({platform.machine()})."
    )
    if asked.page:
        head = (
            asked.page.read_text(encoding="utf-8").partition(MARK)[0] if asked.page.exists() else ""
        )
        asked.page.write_text(f"{head}{MARK}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(["not as it should be:", *wrong]) if wrong else "all hold")
    return 1 if wrong else 0


def simulated(
    rng: np.random.Generator, worlds: int, goals: int, over_worlds: float, over_goals: float
) -> tuple[Decisions, np.ndarray, np.ndarray]:
    """A study, the world of each decision, and the coefficients of one more world."""
    q, x, sizes, chosen = [], [], [], []
    for _ in range(worlds):
        of_world = PLANTED + over_worlds * rng.normal(size=len(PLANTED))
        for _ in range(goals):
            own = of_world + over_goals * rng.normal(size=len(PLANTED))
            legal = rng.integers(2, 6, size=SITUATIONS)
            value = [rng.random(n) for n in legal]
            flags = [(rng.random((n, len(PLANTED) - 1)) < 0.4) * 1.0 for n in legal]
            for turn in range(EACH):
                v, f = value[turn % SITUATIONS], flags[turn % SITUATIONS]
                chosen.append(int(np.argmax(own[0] * v + f @ own[1:] + rng.gumbel(size=len(v)))))
                q.append(v)
                x.append(f)
                sizes.append(len(v))
    cluster = np.repeat(np.arange(worlds * goals), EACH)
    ptr = np.concatenate([[0], np.cumsum(sizes)])
    made = decisions(np.concatenate(q), np.concatenate(x), ptr, chosen, cluster, NAMES[1:])
    return made, cluster // goals, PLANTED + over_worlds * rng.normal(size=len(PLANTED))


COVERAGE = f"""## Coverage

{{n}} studies of each kind, {EACH} decisions a goal; planted averages {PLANTED_NUMBERS} and normal effects.
Bias in standard errors. *Plain*: `choice`, no effects, clustered by world where there are several.

| worlds x goals | spread over worlds, goals | covers, by coefficient | all | new world | bias | plain |
|---|---|---|---|---|---|---|"""


def _coverage(kind: int, studies: int) -> tuple[str, bool]:
    worlds, goals, over_worlds, over_goals = STUDIES[kind]
    found = []
    for seed in np.random.SeedSequence(kind).spawn(studies):
        rng = np.random.default_rng(seed)
        made, world, new = simulated(rng, worlds, goals, over_worlds, over_goals)
        fitted = hierarchical(made, world)
        average = fitted.average
        several = worlds >= LEAST_GROUPS
        plain = choice(_by_world(made, world) if several else made)
        found.append(
            (
                (average.low <= PLANTED) & (average.high >= PLANTED),
                (fitted.low <= new) & (new <= fitted.high),
                average.estimate - PLANTED, average.error,
                (plain.low <= PLANTED) & (plain.high >= PLANTED),
            )
        )  # fmt: skip
    covers, ahead, off, error, plainly = (
        np.array(each, np.float64) for each in zip(*found, strict=True)
    )
    bias = off.mean(axis=0) / error.mean(axis=0)
    cells = (
        f"{worlds} x {goals}", f"{over_worlds:g}, {over_goals:g}",
        " ".join(f"{share:.1%}" for share in covers.mean(axis=0)), f"{covers.mean():.1%}",
        f"{ahead.mean():.1%}" if worlds >= LEAST_GROUPS else "",
        " ".join(f"{b:+.2f}" for b in bias), f"{plainly.mean():.1%}",
    )  # fmt: skip
    return _row(cells), LEAST <= covers.mean() <= MOST


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _by_world(made: Decisions, world: np.ndarray) -> Decisions:
    """The same decisions with worlds as clusters."""
    return decisions(made.q, made.x, made.ptr, made.chosen, world, made.names)


APART = """## Players distinguished

{n} logs of each: 60 goals of 300, 5 episodes each, two framings in turn, drawn from the chain. A player of
value has beta 10 per value range; one of words likes every name under every framing by a normal number.
*Mistaken*: the interval of the strategic share is on the wrong side of 1/2. *Open*: it holds 1/2, or nothing
is explained. *Dealt anew*: bits that value explains, and how often its share is surely above 5 %.

| world | player | strategic share, middle 90 % | mistaken | open | dealt anew | above 5 % |
|---|---|---|---|---|---|---|"""


def _apart(kind: tuple[str, str], studies: int) -> tuple[str, bool]:
    name, who = kind
    on, found = board(WORLDS[name], 300), []
    for seed in range(studies):
        rng = np.random.default_rng([seed, len(name)])
        player = value_player(10.0) if who == "value" else word_player(on, rng)
        made, parts = played(on, player, rng, 60, 5).as_decisions()
        told, placebo = split(made, parts), split(dealt(made, rng), parts)
        found.append((told.share, told.low, told.high, placebo.bits[0], placebo.low))
    share, low, high, bits, above = np.array(found).T
    mistaken = float(np.mean(high < 0.5 if who == "value" else low > 0.5))
    unsure = float(1 - np.mean((low > 0.5) | (high < 0.5)))
    ends, often = np.nanquantile(share, [0.05, 0.95]), float(np.mean(above > 0.05))
    cells = (
        name, who, f"{ends[0]:.2f} to {ends[1]:.2f}", f"{mistaken:.1%}", f"{unsure:.1%}",
        f"{bits.mean():+.4f} ± {bits.std():.4f}", f"{often:.1%}",
    )  # fmt: skip
    return _row(cells), mistaken + unsure <= WRONG and abs(bits.mean()) < 0.002 and often <= WRONG


SHARES = """## Interval of the strategic share

{n} logs of 60 goals, 2 episodes each, by one player of both in the small factory; the truth is the split of
its planted coefficients over 3,000 episodes.

| beta | liking of names | truth | mean estimate | covers |
|---|---|---|---|---|"""


def _share(kind: tuple[float, float], studies: int) -> tuple[str, bool]:
    beta, strength = kind
    on = board(SMALL_FACTORY, 300)
    liking = strength * np.random.default_rng(int(beta)).normal(size=(2, len(on.world.actions)))

    def player(q, tied, framing):  # type: ignore[no-untyped-def]
        return beta * q + liking[framing][on.world.pair_action]

    truth, found = _truth(on, player, beta, liking), []
    for seed in range(studies):
        made, parts = played(on, player, np.random.default_rng([seed, 3]), 60, 2).as_decisions()
        told = split(made, parts)
        found.append((told.share, told.low <= truth <= told.high))
    mean, covers = np.mean(found, axis=0)
    cells = (f"{beta:g}", f"{strength:g}", f"{truth:.3f}", f"{mean:.3f}", f"{covers:.1%}")
    return _row(cells), covers >= 0.9


def _truth(on: Board, player: Player, beta: float, liking: np.ndarray) -> float:
    """The Shapley value of value, of two parts, over the whole."""
    made, _ = played(on, player, np.random.default_rng(0), 300, 10).as_decisions()
    named = [name.rpartition(" under ") for name in made.names]
    words = [
        liking[int(framing)][on.world.actions.index(action)] if action else 0.0
        for action, _, framing in named
    ]
    some = part(made, np.diff(made.ptr) > 1)
    value, word = floats([beta, *np.zeros(len(words))]), floats([0.0, *words])
    both = gained(some, floats(value + word)).sum()
    return float((gained(some, value).sum() + both - gained(some, word).sum()) / 2 / both)


STARS = """## Stars of players without a bias

60 goals, one episode each. The planner has no star by rule, where its beta is infinite: ten seeds. By p alone
(after Holm) it would have some by chance, as a player of value has, of beta 30 per value range: {n} seeds.

| world | ten planners: infinite beta | ties a drive | planner: p < .05 | player of value: p < .05 |
|---|---|---|---|---|"""


def _stars(name: str, studies: int) -> tuple[str, bool]:
    on, chance, ties, infinite = board(WORLDS[name], 600), [], [], 0
    for player in (planner(), value_player(30.0)):
        below = []
        for seed in range(max(studies, 10)):
            rng = np.random.default_rng([seed, 5])
            fitted = choice(played(on, player, rng, 60, 1).as_decisions(names=False)[0])
            below.append(bool((fitted.p_holm < LEVEL).any()))
            if not chance and seed < 10:
                infinite += bool(np.isposinf(fitted.estimate[0]))
                ties.append(fitted.telling[1:])
        chance.append(float(np.mean(below)))
    counted = " ".join(f"{n:.0f}" for n in np.mean(ties, axis=0))
    cells = (name, f"{infinite} of 10", counted, *(f"{share:.1%}" for share in chance))
    return _row(cells), infinite == 10 and chance[1] < 0.1


if __name__ == "__main__":
    sys.exit(main())
