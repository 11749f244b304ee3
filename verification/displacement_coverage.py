"""How often the limits of the displacement study hold the truth: rank correlations over clustered cells.

Cells come in worlds of 6 to 30; prediction and change share a part that is the world's and one that is the
cell's, and most changes are exactly 0, as in the study. `python verification/displacement_coverage.py`
prints, for each population, how many of 400 samples have limits around the value in one of 20,000 worlds.
It should be .95 (and at least .925 with the error of 400 samples); the lower limit, by which a law is
found, should be above the truth in .025. Measured with 150 samples of 30 worlds: .933 to .987, and .000 to
.040 (pooled .018, .012 and .020).
"""

import argparse

import numpy as np

from telos.core.arrays import bools, floats, ints
from telos.studies.bench.law_of_displacement import over_worlds, rank_correlation, within_pairs

PAIRS, MANY = 20, 20_000
#: (what, weight of the world's part, of the pair's, of what is shared, part of the changes that are 0).
POPULATIONS = (
    ("no relation, worlds alike within", 1.0, 0.0, 0.0, 0.6),
    ("no relation but that of the pairs", 0.3, 1.0, 0.0, 0.6),
    ("a weak relation", 0.7, 0.3, 0.5, 0.6),
    ("a strong relation, most changes 0", 0.7, 0.3, 1.5, 0.85),
    ("a strong relation, no ties", 0.3, 0.3, 1.5, 0.0),
)


def cells(
    rng: np.random.Generator, worlds: int, population: tuple[str, float, float, float, float]
):
    """World, pair, prediction and change of the cells of some worlds."""
    _, mine, paired, common, still = population
    sizes = rng.choice([6, 12, 20, 30], size=worlds)
    world = np.repeat(np.arange(worlds), sizes)
    pair = np.concatenate([rng.choice(PAIRS, n, replace=n > PAIRS) for n in sizes])
    of_pair = np.random.default_rng(1).normal(size=(2, PAIRS))
    of_world, shared = rng.normal(size=(2, worlds)), rng.normal(size=len(world))
    x, y = (
        mine * of_world[k][world]
        + paired * of_pair[0][pair]
        + common * shared
        + rng.normal(size=len(world))
        for k in range(2)
    )
    middle = np.quantile(np.abs(y), still)
    return ints(world), ints(pair), floats(x), floats(np.where(np.abs(y) < middle, 0.0, y))


def covered(population: tuple[str, float, float, float, float], worlds: int, samples: int) -> str:
    """The coverage of one population, of both correlations, and of a difference with a second sample."""
    rng = np.random.default_rng(0)
    _, pair, x, y = cells(rng, MANY, population)
    truth = rank_correlation(x, y), within_pairs(x, y, pair)
    hits, above = np.zeros(3), np.zeros(3)
    for _ in range(samples):
        world, pair, x, y = cells(rng, worlds, population)
        world2, _, x2, y2 = cells(rng, worlds, population)

        def ranked(rows, x=x, y=y):
            return rank_correlation(x[rows], y[rows])

        def inside(rows, x=x, y=y, pair=pair):
            return within_pairs(x[rows], y[rows], pair[rows])

        def apart(rows, x2=x2, y2=y2, world=world, world2=world2, ranked=ranked):
            kept = bools(np.isin(world2, world[rows]))
            return ranked(rows) - rank_correlation(x2[kept], y2[kept])

        for k, (statistic, correlation, true) in enumerate(
            ((ranked, True, truth[0]), (inside, True, truth[1]), (apart, False, 0.0))
        ):
            _, (low, high) = over_worlds(statistic, world, correlation=correlation)
            hits[k] += low <= true <= high
            above[k] += low > true
    told = [
        f"{h:.3f} (too high {a:.3f})" for h, a in zip(hits / samples, above / samples, strict=True)
    ]
    return f"truth {truth[0]:.2f}: overall {told[0]}, within pairs {told[1]}, difference {told[2]}"


def main() -> None:
    """Print the coverage of each population."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--samples", type=int, default=400)
    asked.add_argument("--worlds", type=int, default=50)
    given = asked.parse_args()
    for population in POPULATIONS:
        print(f"{population[0]}: {covered(population, given.worlds, given.samples)}", flush=True)


if __name__ == "__main__":
    main()
