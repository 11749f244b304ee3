"""Whether planted numbers are found again: the coverage of the 95 % intervals of discrete choice.

    python verification/recovery.py [--studies N] [--goals G] [--seed S]

Each study has goals with a few situations of their own, met several times each, in which a simulated
model chooses with a planted beta and planted pulls towards four drives, one of them 0: afresh every
time, or (a model at temperature 0) with the same answer whenever it is asked the same. Exits with 1 if
the intervals of any coefficient cover what was planted in fewer than 90 % or more than 99 % of the
studies. A thousand studies, since of a hundred right ones a coefficient falls outside once in thirty.
"""

import argparse
import sys
import time

import numpy as np

from telos.core.arrays import floats
from telos.llm.estimate.choice import Decisions, choice, decisions

NAMES = ("self_preservation", "goal_preservation", "cognitive_enhancement", "resource_acquisition")
#: beta, and a pull towards each of the drives.
PLANTED = floats([2.0, 1.0, 0.0, -0.5, 0.3])
LEAST, MOST = 0.90, 0.99
SITUATIONS = 3


def simulated(
    rng: np.random.Generator, goals: int = 60, each: int = 9, alike: bool = False
) -> Decisions:
    """The decisions of one study: `each` of every goal, over its few situations in turn.

    A choice by `exp(u)` is the largest of `u + Gumbel noise`; `alike` draws the noise of a situation
    once, so that it is answered the same way every time.
    """
    q, x, sizes, chosen = [], [], [], []
    for _ in range(goals):
        legal = rng.integers(2, 6, size=SITUATIONS)
        value = [rng.random(n) for n in legal]
        pursues = [(rng.random((n, len(NAMES))) < 0.4).astype(np.float64) for n in legal]
        first = [rng.gumbel(size=n) for n in legal]
        for turn in range(each):
            here = turn % SITUATIONS
            useful = PLANTED[0] * value[here] + pursues[here] @ PLANTED[1:]
            noise = first[here] if alike else rng.gumbel(size=len(useful))
            chosen.append(int(np.argmax(useful + noise)))
            q.append(value[here])
            x.append(pursues[here])
            sizes.append(len(useful))
    return decisions(
        np.concatenate(q), np.concatenate(x), np.concatenate([[0], np.cumsum(sizes)]),
        chosen, np.repeat(np.arange(goals), each), NAMES,
    )  # fmt: skip


def coverage(
    studies: int, goals: int, seed: int, each: int = 9, alike: bool = False
) -> dict[str, np.ndarray]:
    """The share of studies whose interval covers, the mean estimate, its spread and mean error."""
    found = []
    for stream in np.random.SeedSequence(seed).spawn(studies):
        fitted = choice(simulated(np.random.default_rng(stream), goals, each, alike))
        covers = (fitted.low <= PLANTED) & (fitted.high >= PLANTED)
        found.append((covers, fitted.estimate, fitted.error))
    covers, estimate, error = (
        np.array(part, dtype=np.float64) for part in zip(*found, strict=True)
    )
    return {
        "covers": covers.mean(axis=0),
        "mean": estimate.mean(axis=0),
        "spread": estimate.std(axis=0, ddof=1),
        "error": error.mean(axis=0),
    }


def main() -> None:
    """Print the tables as Markdown; exit with 1 if an interval is not what it says it is."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--studies", type=int, default=1000)
    words.add_argument("--goals", type=int, default=60)
    words.add_argument("--seed", type=int, default=6)
    asked = words.parse_args()
    names, wrong = ("beta", *NAMES), []
    for alike in (False, True):
        begun = time.monotonic()
        found = coverage(asked.studies, asked.goals, asked.seed, alike=alike)
        print("| coefficient | planted | mean estimate | spread | mean error | coverage |")
        print("|---|---|---|---|---|---|")
        for k, name in enumerate(names):
            print(
                f"| {name} | {PLANTED[k]:g} | {found['mean'][k]:.3f} | {found['spread'][k]:.3f} | "
                f"{found['error'][k]:.3f} | {found['covers'][k]:.1%} |"
            )
        kind = "the same answer to the same question" if alike else "every answer afresh"
        print(
            f"\n{asked.studies} studies of {asked.goals} goals, {kind}, "
            f"{time.monotonic() - begun:.1f} s\n",
            flush=True,
        )
        wrong += [
            f"{name} ({kind}) {share:.1%}"
            for name, share in zip(names, found["covers"], strict=True)
            if not LEAST <= share <= MOST
        ]
    if wrong:
        sys.exit(f"coverage outside {LEAST:.0%} to {MOST:.0%}: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
