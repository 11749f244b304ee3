"""Do the intervals of explored chances cover, and how often is a rare trap missed?

    python verification/explored_chances.py

Three tables, in about two minutes: (1) how often the interval of an estimate holds the true probability,
for the doubling rule of `explore_env`; (2) how often the walks reject probabilities that
are true; (3) how often a world with a rare trap comes out right, within its interval, refused, or wrong,
by how the environment draws.
"""

import copy
import time
from typing import Any

import gymnasium
import numpy as np

from telos.core.evidence import against, threshold
from telos.errors import WorldError
from telos.interop import explore_env
from telos.interop._odds import OddsFinder, half_widths
from telos.interop._reader import EnvReading, EnvState, TriedStep

ROWS = ((0.5, 0.5), (0.2, 0.8), (0.05, 0.95), (0.01, 0.99), (0.002, 0.998), (0.1,) * 10)
TRIALS = 400
TRAPS = (1e-1, 1e-2, 1e-3, 1e-4)
WORLDS = 12


class Coins:
    """Stands in for an environment's reader: each draw leads to a place with given probabilities."""

    name, reseed = "coins", True

    def __init__(self, row: tuple[float, ...], trial: int) -> None:
        size = 1 << 15
        self.drawn = np.random.default_rng(trial).choice(len(row), p=row, size=size)

    def attempt(
        self, env: Any, action: int, draw: int, at: EnvState, quick: bool = True
    ) -> TriedStep:
        """One draw."""
        place = EnvState(int(self.drawn[draw % len(self.drawn)]), False, False, 0.0)
        return TriedStep(draw, EnvReading(place, (True,), None, ()), None, True, 0)

    def where(self, at: EnvState, action: int) -> str:
        """For messages."""
        return "coins"


def coverage(tolerance: float) -> None:
    """How often intervals hold, by true row."""
    print(f"\n1. Intervals of the doubling rule, tolerance={tolerance}, {TRIALS} trials a row\n")
    print(f"{'row':>24} {'mean draws':>12} {'half-width':>11} {'each holds':>11} {'all hold':>9}")
    for row in ROWS:
        each, all_, draws, width = [], [], [], []
        for trial in range(TRIALS):
            reader: Any = Coins(row, trial)
            try:
                odds = OddsFinder(reader, tolerance).estimate(None, 0, EnvState(0, False, False, 0))
            except WorldError:
                continue
            found = [odds.chance.get(EnvState(k, False, False, 0.0), 0.0) for k in range(len(row))]
            holds = [abs(f - p) <= odds.half_width for f, p in zip(found, row, strict=True)]
            each += holds
            all_.append(all(holds))
            draws.append(odds.counts.total())
            width.append(odds.half_width)
        shown = "10 x 0.1" if len(row) == 10 else str(row)
        print(
            f"{shown:>24} {np.mean(draws):12,.0f} {np.mean(width):11.4f} {np.mean(each):11.3f} "
            f"{np.mean(all_):9.3f}"
        )


def false_alarms() -> None:
    """How often evidence against true probabilities ever exceeds its threshold while one counts."""
    print("\n2. True probabilities rejected at any of 2,000 looks, 4,000 trials a row\n")
    print(f"{'row':>24} {'error 0.05':>11} {'error 0.001':>12} {'error 1e-6':>11}")
    for row in ((0.5, 0.5), (0.01, 0.99), (1 / 3, 1 / 3, 1 / 3)):
        worst = np.full(4000, -np.inf)
        for trial in range(4000):
            drawn = np.random.default_rng(trial).choice(len(row), p=row, size=2000)
            counts = np.array([(drawn == k).cumsum() for k in range(len(row))])
            for look in range(9, 2000, 50):
                seen = {k: int(counts[k, look]) for k in range(len(row))}
                worst[trial] = max(worst[trial], against(seen, dict(enumerate(row))))
        rates = [(worst > threshold(1, error)).mean() for error in (0.05, 1e-3, 1e-6)]
        print(
            f"{tuple(round(p, 3) for p in row)!s:>24} {rates[0]:11.4f} {rates[1]:12.4f} {rates[2]:11.4f}"
        )


class Ring(gymnasium.Env):
    """Five rooms in a ring; going on may fall into a trap."""

    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, way: str, p: float, trial: int) -> None:
        self.way, self.p, self.at = way, p, trial

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        """Room 0."""
        gymnasium.Env.reset(self, seed=seed)
        self.s = 0
        return 0, {}

    def step(self, action: int) -> Any:
        """Stay, or go on."""
        rng, n = self.np_random, round(1 / self.p)
        if self.way == "random() < p":
            fallen = rng.random() < self.p
        elif self.way == "integers(n) == k":
            fallen = rng.integers(n) == (37 + 11 * self.at) % n
        else:
            fallen = rng.random() < self.p**0.5 and rng.random() < self.p**0.5
        if action == 1:
            self.s = 9 if fallen else (self.s + 1) % 5
        return self.s, 0.0, self.s == 9, False, {}


def traps() -> None:
    """How worlds with a rare trap come out."""
    print(
        f"\n3. A trap of probability p in each of five rooms, {WORLDS} worlds each, shallow copies\n"
    )
    print(
        f"{'draws':>20} {'p':>7} {'exact':>6} {'within':>7} {'refused':>8} {'wrong':>6} {'s each':>7}"
    )
    for way in ("random() < p", "integers(n) == k", "two draws"):
        for p in TRAPS:
            counted = dict.fromkeys(("exact", "within", "refused", "wrong"), 0)
            began = time.perf_counter()
            for trial in range(WORLDS):
                counted[_judged(Ring(way, p, trial), p)] += 1
            took = (time.perf_counter() - began) / WORLDS
            numbers = " ".join(
                f"{counted[k]:>{w}}" for k, w in zip(counted, (6, 7, 8, 6), strict=True)
            )
            print(f"{way:>20} {p:7.0e} {numbers} {took:7.2f}")


def _judged(env: Ring, p: float) -> str:
    try:
        world = explore_env(env, key=lambda e: e.s, copy=copy.copy, progress=False)
    except WorldError:
        return "refused"
    wide = (
        {}
        if world.estimated is None
        else dict(
            zip(world.estimated.pairs.tolist(), world.estimated.half_width.tolist(), strict=True)
        )
    )
    results = []
    for s in range(5):
        pair = world.pair(s, "1")
        found = sum(q for t, q in world.successors(pair).items() if world.states[t] == 9)
        off = abs(found - p)
        results.append(
            "exact" if off < 1e-9 else "within" if off <= wide.get(pair, 0.0) else "wrong"
        )
    return max(results, key=("exact", "within", "wrong").index)


if __name__ == "__main__":
    assert half_widths({"a": 0, "b": 10}, 0.95)
    coverage(0.05)
    false_alarms()
    traps()
