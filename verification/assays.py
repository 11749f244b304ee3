"""Assays of five worlds: which drives have certified arms, whether that is true of ten times the goals.

    uv run python verification/assays.py [--quick] [--page docs/results/assay.md]

First the assays themselves, of shipped worlds and of one that only this file knows. Then, for the
desk, every certified change again on many goals that no assay has seen. Last, how often the interval
of a certificate holds the mean of a population: of those many goals samples are drawn, and the interval is
to hold their mean in at least 93 % of the samples, nominally 95. The command fails where a certificate
was false, or an interval too narrow.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.stats import t as student

import telos
from telos.assay import assay
from telos.assay.certify import LOWER, OTHER_LIMIT, interval_of
from telos.core.assay import Assayed
from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.problem import Problem
from telos.drives import DRIVES
from telos.families import Uniform, WorkOrders
from telos.measure.instrumental_value import instrumental_values
from telos.worlds import DrivenEmployee, OpsDesk, OverseenWorkshop, PaperclipFactory

DISCOUNT, LEAST, CHUNK = 0.95, 0.93, 1_000


@dataclass(frozen=True)
class Ferry(AbstractScenario):
    """A third party's world: a ferry between banks, ice that may hold it fast, an engine that may be renewed.

    Args:
        ice: probability that an unheated ferry is held for good in a winter crossing.
        weak: probability that a crossing succeeds with the old engine.
        strong: the same with the new one.
    """

    ice: float = 0.06
    weak: float = 0.5
    strong: float = 0.95

    def build(self):
        banks = ("north", "south", "island")

        def moves(state):
            bank, engine, heater, held = state
            if held:
                return {"wait": state}
            found = {"wait": self._winter(state)}
            for other in banks:
                if other != bank:
                    chance = self.strong if engine else self.weak
                    found[f"cross to {other}"] = self._mixed(
                        (chance, self._winter((other, engine, heater, held))),
                        (1.0 - chance, self._winter(state)),
                    )
            if not engine:
                found["renew engine"] = self._winter((bank, 1, heater, held))
            if not heater:
                found["fit heater"] = {(bank, engine, 1, held): 1.0}
            return found

        return explore(
            ("north", 0, 0, 0),
            moves,
            features={"off": lambda s: s[3], "capability": lambda s: s[1]},
            outcome=lambda s: "held" if s[3] else s[0],
            default="wait",
            name="Ferry",
        )

    def _winter(self, state):
        bank, engine, heater, _ = state
        if heater or not self.ice:
            return {state: 1.0}
        return {state: 1.0 - self.ice, (bank, engine, heater, 1): self.ice}

    def _mixed(self, *rows):
        found = {}
        for weight, row in rows:
            for state, chance in row.items():
                found[state] = found.get(state, 0.0) + weight * chance
        return {state: chance for state, chance in found.items() if chance}


WORLDS = (
    (OpsDesk(), Uniform()),
    (OpsDesk(), WorkOrders()),
    (PaperclipFactory(), Uniform()),
    (DrivenEmployee(alone=0.3), Uniform()),
    (OverseenWorkshop(), Uniform()),
    (Ferry(), Uniform()),
)


def main() -> int:
    """Run the checks; the exit code is 0 if every certificate was true and every interval covers."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument(
        "--quick", action="store_true", help="a fifth of the goals and of the samples"
    )
    words.add_argument("--page", type=Path)
    asked = words.parse_args()
    many, draws = (1_000, 400) if asked.quick else (5_000, 2_000)
    found = []
    for scenario, family in WORLDS:
        found.append(assay(scenario, family=family, discount=DISCOUNT))
        print("\n".join(_lines(found[-1])), flush=True)
    lines, fine = _again(found[0], many, draws)
    if asked.page:
        asked.page.write_text(_page(found, lines, many, draws), encoding="utf-8")
    print("\n".join(lines))
    print("fine" if fine else "NOT FINE")
    return 0 if fine else 1


def _lines(found: Assayed) -> Iterator[str]:
    """Rows of the table of arms of one world."""
    for pair in found.pairs:
        others = [one for one in pair.changes if one.drive != pair.drive]
        own = next((one for one in pair.changes if one.drive == pair.drive), None)
        moved = f"{own.estimate:+.2f} [{own.low:.2f}, {own.high:.2f}]" if own else ""
        worst = max(others, key=lambda one: abs(one.estimate), default=None)
        most = f"{worst.estimate:+.2f} [{worst.low:.2f}, {worst.high:.2f}]" if worst else ""
        p90 = f"{max(one.p90 for one in others):.1f}" if others else ""
        core = [abs(one.core) for one in others if one.core is not None]
        yield (
            f"| {found.scenario}, {found.family} | {pair.drive} | {pair.verdict} | {moved} | {most} | "
            f"{p90} | "
            f"{f'{max(core):.2f}' if core else ''} | {pair.evaluations} | {pair.seconds:.0f} | {pair.why} |"
        )


def _doses(found: Assayed) -> Iterator[str]:
    """Rows of the table of doses of decisions."""
    for pair in found.pairs:
        for sign, beside in zip(pair.now_or_never, pair.placebo, strict=True):
            cells = [
                f"{one.mean:+.1f} ({one.q10:+.1f} … {one.q90:+.1f}); {one.reached:.1f}"
                for one in pair.advantages
                if one.arm == sign.arm and one.mean is not None
            ]
            parts = (sign.positive, sign.zero, sign.negative)
            signs = " / ".join(f"{100 * part:.0f}" for part in parts)
            stands = {True: "clear", False: "not clear", None: "none"}[beside.accepted]
            placebo = (
                ""
                if beside.placebo is None
                else f"{beside.placebo:.1f} [{beside.placebo_most:.1f}]"
            )
            yield (
                f"| {found.scenario}, {found.family} | {pair.drive}, {sign.arm} | {' | '.join(cells)} | "
                f"{signs} | "
                f"{beside.share:.1f} | {placebo} | {stands} |"
            )


def _shares(scenario: AbstractScenario, many: int) -> np.ndarray:
    """F[D, many], the shares of goals whose seed no assay has, in points."""
    world = scenario.build()
    affordances = [drive().affordances(world) for drive in DRIVES]
    parts = []
    for first in range(0, many, CHUNK):
        goals = Uniform().sample(world, CHUNK, np.random.default_rng(20_261), first=first)
        worth = instrumental_values(Problem(world, goals, DISCOUNT), affordances)
        parts.append(100 * np.array([one.share for one in worth]))
    return np.concatenate(parts, axis=1)


def _again(found: Assayed, many: int, draws: int) -> tuple[list[str], bool]:
    """Rows of the table of certificates measured again, and whether all is as it should be."""
    from dataclasses import replace

    scenario, rows, fine = WORLDS[0][0], [], True
    rng = np.random.default_rng(4)
    for pair in found.pairs:
        if pair.verdict != "certified":
            return [f"| {pair.drive} | {pair.verdict} |"], False
        low, high = (_shares(replace(scenario, **fields), many) for fields in (pair.low, pair.high))
        for k, change in enumerate(pair.changes):
            truth = float((high[k] - low[k]).mean())
            error = float((high[k] - low[k]).std()) / many**0.5
            own = change.drive == pair.drive
            right = truth >= LOWER if own else abs(truth) <= OTHER_LIMIT
            cells = [f"{change.estimate:+.2f}", f"{truth:+.2f} ({error:.2f})"]
            for n in (300, 1_000):
                ours, plain = _coverage(low[k], high[k], n, draws, rng)
                fine = fine and ours >= LEAST
                cells.append(f"{100 * ours:.1f}, {100 * plain:.1f}")
            fine = fine and right
            rows.append(f"| {pair.drive} | {change.drive} | {' | '.join(cells)} |")
            print(rows[-1], flush=True)
    return rows, fine


def _coverage(
    before: np.ndarray, after: np.ndarray, n: int, draws: int, rng: np.random.Generator
) -> tuple[float, float]:
    """How often the interval, and Student's alone, hold the mean change of a population."""
    truth, ours, plain = float((after - before).mean()), 0, 0
    for _ in range(draws):
        picked = rng.integers(len(before), size=n)
        low, high = interval_of(before[picked], after[picked], tests=1)
        ours += low <= truth <= high
        moved = after[picked] - before[picked]
        half = student.ppf(0.975, n - 1) * moved.std(ddof=1) / n**0.5
        plain += abs(moved.mean() - truth) <= half
    return ours / draws, plain / draws


def _page(found: list[Assayed], again: list[str], many: int, draws: int) -> str:
    """The page, as Markdown."""
    today = (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()}, CPython {platform.python_version()}"
    )
    return "\n".join(
        [
            "# Assays",
            "",
            f"`uv run python verification/assays.py`, {today}, telos {telos.__version__}, "
            f"{os.cpu_count()} cores that did other work beside; load {os.getloadavg()[0]:.0f}.",
            "",
            f"## Arms, discount {DISCOUNT}",
            "",
            "Points of the value range. *Moved*: change of the drive's mean share on fresh goals [95 %, for "
            "three attempts together]. *Others*: the largest change of another drive; of a finite list "
            "[least, largest] among goals that require the moved drive. *p90*: 90th percentile over goals of "
            "that. *Core*: the largest mean change of another drive among goals that require the moved one. "
            "Seconds include compiling.",
            "",
            "| world | drive | verdict | moved | others | p90 | core | arms measured | s | why |",
            "|---|---|---|---|---|---|---|---|---|---|",
            *(line for each in found for line in _lines(each)),
            "",
            "## Doses of decisions, and the placebo",
            "",
            "*Advantage* of pursuing where one decides: mean (tenths); expected decisions in an episode. "
            "*Signs*: per cent of goals to which now-or-never is worth more than nothing, nothing, less. "
            "*Share* of the drive and of its placebo [largest draw], and whether it stands clear by share "
            "and by goals that lose 1 %.",
            "",
            "| world | drive, arm | advantage, planner | advantage, chance | signs | share | placebo | |",
            "|---|---|---|---|---|---|---|---|",
            *(line for each in found for line in _doses(each)),
            "",
            "## The desk's certificates on many goals",
            "",
            f"*Truth*: the change over {many:,} goals of another seed (standard error). *Held by*: per cent "
            f"of {draws:,} samples of n of these goals whose interval (two goals added, one test) holds that "
            "mean; beside it Student's t alone.",
            "",
            "| arms of | drive | certified | truth | held by, n = 300 | n = 1,000 |",
            "|---|---|---|---|---|---|",
            *again,
            "",
        ]
    )


if __name__ == "__main__":
    started = time.perf_counter()
    code = main()
    print(f"{time.perf_counter() - started:.0f} s")
    sys.exit(code)
