"""Whether planted hierarchies, players and placebos are found again; about ten minutes on two cores.

    uv run python verification/hierarchical.py [--studies N] [--page docs/results/hierarchical.md]

Exits with 1 unless the 95 % intervals of every coefficient cover in 93 to 97 % of the studies together, at
most 5 % of planted players are mistaken, values dealt anew explain nothing, and the planner has no star.
"""

import argparse
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from planted import Board, board, planner, played, value_player, word_player

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
STUDIES = (
    (6, 12, 0.5, 0.5),
    (10, 10, 0.5, 0.5),
    (6, 12, 1.0, 1.0),
    (6, 12, 0.0, 0.0),
    (1, 60, 0.0, 0.5),
)
EACH, SITUATIONS = 9, 3
LEAST, MOST, WRONG = 0.93, 0.97, 0.05


def main() -> int:
    """Run all checks; the exit code is 0 if they hold."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--studies", type=int, default=500)
    words.add_argument("--players", type=int, default=200)
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    begun, lines, wrong = time.monotonic(), [], []
    for check in (_coverage, _apart, _shares, _stars):
        count = asked.studies if check is _coverage else asked.players
        told, failed = check(count)
        lines += [*told, ""]
        wrong += failed
        print("\n".join(told), flush=True)
    lines += [
        f"All by one command in {time.monotonic() - begun:.0f} s ({platform.machine()}, shared)."
    ]
    if asked.page:
        text = asked.page.read_text(encoding="utf-8") if asked.page.exists() else MARK
        head = text.partition(MARK)[0]
        asked.page.write_text(f"{head}{MARK}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(wrong) or "all hold")
    return 1 if wrong else 0


#: Below this line the page is written by this command.
MARK = "<!-- below: written by verification/hierarchical.py -->"


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


def _coverage(studies: int) -> tuple[list[str], list[str]]:
    lines = [
        "## Coverage",
        "",
        f"{studies} studies of each kind, {EACH} decisions a goal; planted averages "
        f"{', '.join(f'{v:g}' for v in PLANTED)}. Bias in standard errors; *plain*: `choice`, clustered by world.",
        "",
        "| worlds x goals | spread over worlds, goals | covers, by coefficient | all | new world | bias | "
        "plain covers | seconds a study |",
        "|---|---|---|---|---|---|---|---|",
    ]
    wrong = []
    for k, (worlds, goals, over_worlds, over_goals) in enumerate(STUDIES):
        found, begun = [], time.monotonic()
        for seed in np.random.SeedSequence(k).spawn(studies):
            rng = np.random.default_rng(seed)
            made, world, new = simulated(rng, worlds, goals, over_worlds, over_goals)
            fitted = hierarchical(made, world)
            average = fitted.average
            clustered = made if worlds < LEAST_GROUPS else _by_world(made, world)
            plain = choice(clustered)
            found.append(
                (
                    (average.low <= PLANTED) & (average.high >= PLANTED),
                    (fitted.low <= new) & (new <= fitted.high),
                    average.estimate - PLANTED, average.error,
                    (plain.low <= PLANTED) & (plain.high >= PLANTED),
                )
            )  # fmt: skip
        seconds = (time.monotonic() - begun) / studies
        covers, ahead, off, error, plainly = (
            np.array(each, np.float64) for each in zip(*found, strict=True)
        )
        bias = off.mean(axis=0) / error.mean(axis=0)
        named = " ".join(f"{share:.1%}" for share in covers.mean(axis=0))
        foretold = f"{ahead.mean():.1%}" if worlds >= LEAST_GROUPS else ""
        lines.append(
            f"| {worlds} x {goals} | {over_worlds:g}, {over_goals:g} | {named} | {covers.mean():.1%} | {foretold} | "
            f"{' '.join(f'{b:+.2f}' for b in bias)} | {plainly.mean():.1%} | {seconds:.2f} |"
        )
        print(lines[-1], flush=True)
        if not LEAST <= covers.mean() <= MOST:
            wrong.append(
                f"coverage {covers.mean():.1%} of {worlds} worlds, {over_worlds:g}, {over_goals:g}"
            )
    return lines, wrong


def _by_world(made: Decisions, world: np.ndarray) -> Decisions:
    """The same decisions with worlds as clusters."""
    return decisions(made.q, made.x, made.ptr, made.chosen, world, made.names)


def _apart(studies: int) -> tuple[list[str], list[str]]:
    lines = [
        "## Players told apart",
        "",
        f"{studies} logs of each: 60 goals drawn from 300, 5 episodes each under two framings, drawn from the chain. "
        "A player of value has beta 10 per value range, a player of words likes every name under every framing by a "
        "normal number drawn anew. *Mistaken*: the interval of the strategic share is on the wrong side of 1/2; "
        "*open*: it holds 1/2, or nothing is explained. *Dealt anew*: bits of value and how often its interval is "
        "above 5 %.",
        "",
        "| world | player | strategic share, middle 90 % | mistaken | open | dealt anew: bits | above 5 % |",
        "|---|---|---|---|---|---|---|",
    ]
    wrong = []
    for name, on in (
        ("small factory", board(SMALL_FACTORY, 300)),
        ("OpsDesk", board(OpsDesk(), 300)),
    ):
        for who in ("value", "words"):
            found = []
            for seed in range(studies):
                rng = np.random.default_rng([seed, len(name)])
                player = value_player(10.0) if who == "value" else word_player(on, rng)
                made, parts = played(on, player, rng, 60, 5).as_decisions()
                told, placebo = split(made, parts), split(dealt(made, rng), parts)
                found.append((told.share, told.low, told.high, placebo.bits[0], placebo.low))
            share, low, high, bits, above = np.array(found).T
            mistaken = np.mean(high < 0.5 if who == "value" else low > 0.5)
            open_ = 1 - np.mean((low > 0.5) | (high < 0.5))
            ends = np.nanquantile(share, [0.05, 0.95])
            lines.append(
                f"| {name} | {who} | {ends[0]:.2f} to {ends[1]:.2f} | {mistaken:.1%} | {open_:.1%} | "
                f"{bits.mean():+.4f} ± {bits.std():.4f} | {np.mean(above > 0.05):.1%} |"
            )
            print(lines[-1], flush=True)
            if (
                mistaken + open_ > WRONG
                or abs(bits.mean()) > 0.002
                or np.mean(above > 0.05) > WRONG
            ):
                wrong.append(f"players of {who} in {name}: {lines[-1]}")
    return lines, wrong


def _shares(studies: int) -> tuple[list[str], list[str]]:
    """The interval of the strategic share of players of both, against that of their planted coefficients."""
    on = board(SMALL_FACTORY, 300)
    lines = [
        "## Interval of the strategic share",
        "",
        f"{studies} logs of 60 goals, 2 episodes each, by one player of value and words in the small factory; the "
        "truth is the split of its planted coefficients over 3,000 episodes.",
        "",
        "| beta | strength of words | truth | mean estimate | covers |",
        "|---|---|---|---|---|",
    ]
    wrong = []
    for beta, strength in ((10.0, 0.3), (20.0, 1.0)):
        liking = strength * np.random.default_rng(int(beta)).normal(size=(2, len(on.world.actions)))

        def player(q, tied, framing, beta=beta, liking=liking):  # type: ignore[no-untyped-def]
            return beta * q + liking[framing][on.world.pair_action]

        truth = _truth(on, player, beta, liking)
        found = []
        for seed in range(studies):
            made, parts = played(on, player, np.random.default_rng([seed, 3]), 60, 2).as_decisions()
            told = split(made, parts)
            found.append((told.share, told.low <= truth <= told.high))
        mean, covers = np.mean(found, axis=0)
        lines.append(f"| {beta:g} | {strength:g} | {truth:.3f} | {mean:.3f} | {covers:.1%} |")
        if covers < 0.9:
            wrong.append(f"share: {lines[-1]}")
    return lines, wrong


def _truth(on: Board, player: object, beta: float, liking: np.ndarray) -> float:
    made, _ = played(on, player, np.random.default_rng(0), 300, 10).as_decisions()  # type: ignore[arg-type]
    names = [name.rpartition(" under ") for name in made.names]
    words = [
        liking[int(framing)][on.world.actions.index(action)] if action else 0.0
        for action, _, framing in names
    ]
    some = part(made, np.diff(made.ptr) > 1)
    value, word = floats([beta, *np.zeros(len(words))]), floats([0.0, *words])
    both = gained(some, floats(value + word)).sum()
    return float((gained(some, value).sum() + both - gained(some, word).sum()) / 2 / both)


def _stars(studies: int) -> tuple[list[str], list[str]]:
    """Stars, after Holm, of players without any bias: none of the planner, by rule; 5 % of others, by chance."""
    lines = [
        "## Stars of players without a bias",
        "",
        f"60 goals, one episode each. Ten seeds of the planner, by the rule that ties have no star; {studies} of it "
        "by p alone, and of a player of value of beta 30 per value range.",
        "",
        "| world | planner, ten seeds: infinite beta | ties a drive | planner: p < .05 | player of value: p < .05 |",
        "|---|---|---|---|---|",
    ]
    wrong = []
    for name, on in (
        ("small factory", board(SMALL_FACTORY, 600)),
        ("OpsDesk", board(OpsDesk(), 600)),
    ):
        ps: list[list[bool]] = []
        ties: list[Sequence[int]] = []
        infinite = 0
        for player in (planner(), value_player(30.0)):
            ps.append([])
            for seed in range(studies):
                rng = np.random.default_rng([seed, 5])
                fitted = choice(played(on, player, rng, 60, 1).as_decisions(names=False)[0])
                ps[-1].append(bool((fitted.p_holm < LEVEL).any()))
                if len(ps) == 1 and seed < 10:
                    infinite += bool(np.isposinf(fitted.estimate[0]))
                    ties.append(fitted.telling[1:])
        counted = " ".join(f"{n:.0f}" for n in np.mean(ties, axis=0))
        lines.append(
            f"| {name} | {infinite} of 10 | {counted} | {np.mean(ps[0]):.1%} | {np.mean(ps[1]):.1%} |"
        )
        if infinite < 10 or np.mean(ps[1]) > 0.1:
            wrong.append(f"stars in {name}: {lines[-1]}")
    return lines, wrong


if __name__ == "__main__":
    sys.exit(main())
