"""How often every printed interval holds what it estimates: the tables of docs/results/coverage.md.

    python verification/interval_coverage.py [--quick] [--page docs/results/coverage.md]

Samples are drawn from laws whose mean (quantile, rate, onset) is known, n = 20 to 1,000 goals. At a
nominal 95 % each interval must hold it in .93 of them or more, whatever the law; the command fails where
one does not, beyond three standard errors of the simulation. `--quick` draws a tenth of the samples.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import scipy
from scipy.stats import beta as beta_law
from scipy.stats import binom

from telos.audit.agreement import corrected_prevalence
from telos.core.arrays import floats
from telos.measure.clusters import ratio_interval
from telos.measure.intervals import (
    difference_interval,
    difference_p_value,
    excess_interval,
    mean_interval,
    proportion_interval,
    quantile_ranks,
)
from telos.measure.nested import nested
from telos.measure.onset import onset
from telos.measure.power import MeanOverGoals
from telos.measure.selection import holm, split_choice
from telos.measure.tally import Tally
from telos.measure.two_goals import apart, around, center
from telos.theory.others import two_way

LEAST = 0.93
SIZES = (20, 60, 200, 1000)
Rng = np.random.Generator
#: A sample of R rows and n columns.
Draw = Callable[[Rng, int, int], np.ndarray]


@dataclass(frozen=True)
class Law:
    """How numbers are drawn, and their mean."""

    name: str
    draw: Draw
    mean: float


@dataclass(frozen=True)
class Found:
    """How often an interval held what it estimates in one case.

    Args:
        samples: drawn; 0: exact, by enumeration.
    """

    interval: str
    case: str
    n: int
    coverage: float
    width: float
    samples: int


# -- laws ----------------------------------------------------------------------------------------


def flag(p: float) -> Law:
    """One with probability p, else zero."""
    return Law(f"flags, {p:g}", lambda rng, r, n: (rng.random((r, n)) < p).astype(float), p)


def loss(q: float, noise: float = 0.0) -> Law:
    """A task retained: a share q of goals loses Beta(1, 3) of it (with noise: all of it)."""

    def draw(rng: Rng, r: int, n: int) -> np.ndarray:
        hit = rng.random((r, n)) < q
        if noise:
            return np.where(hit, 0.0, 1.0 - noise * rng.random((r, n)))
        return 1.0 - hit * rng.beta(1, 3, (r, n))

    mean = (1 - q) * (1 - noise / 2) if noise else 1 - q / 4
    words = f"1 less noise up to {noise:g}, {q:g} lost whole" if noise else f"{q:g} lose Beta(1, 3)"
    return Law(words, draw, mean)


def beta(a: float, b: float) -> Law:
    """A beta law."""
    return Law(f"Beta({a:g}, {b:g})", lambda rng, r, n: rng.beta(a, b, (r, n)), a / (a + b))


def atom(zero: float) -> Law:
    """A share of the value range: 0 with some probability, else Beta(1, 3)."""

    def draw(rng: Rng, r: int, n: int) -> np.ndarray:
        return (rng.random((r, n)) >= zero) * rng.beta(1, 3, (r, n))

    return Law(f"{zero:g} at 0, else Beta(1, 3)", draw, (1 - zero) / 4)


def turned(up: float, down: float) -> Law:
    """Matched flags: 1 with probability up, -1 with probability down."""

    def draw(rng: Rng, r: int, n: int) -> np.ndarray:
        u = rng.random((r, n))
        return (u < up).astype(float) - (u > 1 - down)

    return Law(f"flags, {up:g} up and {down:g} down", draw, up - down)


def moved(name: str, law: Law, to: float = 0.0) -> Law:
    """The change from a number by which a law differs from 1 (or from `to`)."""
    return Law(name, lambda rng, r, n: law.draw(rng, r, n) - to, law.mean - to)


def between(one: Law, other: Law) -> Law:
    """The difference of two independent numbers of a goal."""

    def draw(rng: Rng, r: int, n: int) -> np.ndarray:
        return one.draw(rng, r, n) - other.draw(rng, r, n)

    return Law(f"{one.name} less {other.name}", draw, one.mean - other.mean)


MEANS = (
    *map(flag, (0.003, 0.01, 0.03, 0.1, 0.5)),
    *map(loss, (0.003, 0.01, 0.03)),
    loss(0.01, noise=0.02),
    beta(0.1, 0.9), beta(0.05, 2), beta(5, 1), beta(1, 1),
    atom(0.6), atom(0.97),
)  # fmt: skip
CHANGES = (
    *(turned(q, 0) for q in (0.003, 0.01, 0.03, 0.1, 0.3)),
    turned(0, 0.01), turned(0.01, 0.01), turned(0.03, 0.01), turned(0.1, 0.05), turned(0.3, 0.1),
    turned(0.3, 0.3),
    *(moved(f"from 1: {law.name}", law, 1.0) for law in (loss(0.003, 0.02), loss(0.01, 0.02), loss(0.03))),
    between(beta(5, 1), beta(5, 1)), between(loss(0.03), beta(5, 1)), between(atom(0.9), atom(0.97)),
    Law("uniform on [-1, 1]", lambda rng, r, n: rng.uniform(-1, 1, (r, n)), 0.0),
)  # fmt: skip


# -- what is simulated ---------------------------------------------------------------------------


def blocks(samples: int, n: int) -> Iterator[int]:
    """Sizes of blocks of samples that fit into the memory of a small machine."""
    most = max(1, 2_000_000 // n)
    for first in range(0, samples, most):
        yield min(most, samples - first)


def of_means(
    name: str, laws: tuple[Law, ...], low: float, samples: int, rng: Rng
) -> Iterator[Found]:
    """Means of numbers in [low, 1]: the arrays of `mean_interval`, which is checked against them."""
    for law in laws:
        for n in SIZES:
            held = width = 0.0
            for r in blocks(samples, n):
                x = law.draw(rng, r, n)
                total = x.sum(axis=1)
                found = center(n, total, np.square(x).sum(axis=1), low, 1.0)
                ends = around(found, total / n, low, 1.0, 0.95)
                check = mean_interval(x[0], low, 1.0)
                assert np.allclose(check, (ends[0][0], ends[1][0])), "not the printed interval"
                held += ((ends[0] <= law.mean) & (law.mean <= ends[1])).sum()
                width += (ends[1] - ends[0]).sum()
            yield Found(name, law.name, n, held / samples, width / samples, samples)


def of_samples(samples: int, rng: Rng) -> Iterator[Found]:
    """The difference of two independent samples (`unpaired_interval`), also of unlike size."""
    laws = (flag(0.003), flag(0.03), flag(0.5), loss(0.01), beta(0.1, 0.9), beta(5, 1))
    pairs = [(a, b) for i, a in enumerate(laws) for b in laws[i:]]
    for one, two in pairs:
        for m, n in ((20, 20), (20, 200), (200, 200), (1000, 60)):
            true, held, width = two.mean - one.mean, 0.0, 0.0
            for r in blocks(samples, m + n):
                x, y = one.draw(rng, r, m), two.draw(rng, r, n)
                each = [
                    center(z.shape[1], z.sum(axis=1), np.square(z).sum(axis=1), 0.0, 1.0)
                    for z in (x, y)
                ]
                low, high = around(apart(*each), y.mean(axis=1) - x.mean(axis=1), -1.0, 1.0, 0.95)
                held += ((low <= true) & (true <= high)).sum()
                width += (high - low).sum()
            case = f"{one.name}; {two.name} ({m} and {n})"
            yield Found("two samples", case, m, held / samples, width / samples, samples)


def of_rates(samples: int, rng: Rng) -> Iterator[Found]:
    """Proportions, exactly: over all counts, for 4,000 probabilities."""
    del samples, rng
    p = np.concatenate([np.geomspace(1e-4, 0.5, 2000), 1 - np.geomspace(1e-4, 0.5, 2000)])
    for n in SIZES:
        ends = np.array([proportion_interval(k, n) for k in range(n + 1)])
        chance = binom.pmf(np.arange(n + 1)[:, None], n, p)
        held = (chance * ((ends[:, :1] <= p) & (p <= ends[:, 1:]))).sum(axis=0)
        worst = int(held.argmin())
        width = float((chance * (ends[:, 1] - ends[:, 0])[:, None]).sum(axis=0).mean())
        yield Found(
            "rate", f"worst of 4,000 probabilities: {p[worst]:.4f}", n, held[worst], width, 0
        )


def of_labels(samples: int, rng: Rng) -> Iterator[Found]:
    """Required less declined (`Tally.difference_interval`)."""
    reps = samples // 4
    for required, declined in ((0.5, 0.5), (0.1, 0.1), (0.01, 0.01), (0.98, 0.0), (0.6, 0.3)):
        for n in SIZES:
            counts = rng.multinomial(n, [required, 1 - required - declined, declined], size=reps)
            ends = np.array([Tally(n, *row).difference_interval() for row in counts.tolist()])
            yield _found(
                "required less declined",
                f"{required:g} and {declined:g}",
                n,
                ends,
                required - declined,
            )


def of_quantiles(samples: int, rng: Rng) -> Iterator[Found]:
    """Quantiles by order statistics, with atoms and with a median that is not unique."""
    gap = Law("half at 0, half at 1", flag(0.5).draw, 0.5)
    cases = (
        (beta(1, 1), lambda q: (q, q)),
        (beta(0.1, 0.9), lambda q: (beta_law.ppf(q, 0.1, 0.9),) * 2),
        (atom(0.6), lambda q: (_inverse(q, 0.6),) * 2),
        (atom(0.5), lambda q: (0.0, 0.0) if q <= 0.5 else (_inverse(q, 0.5),) * 2),
        (gap, lambda q: (0.0, 1.0) if q == 0.5 else (float(q > 0.5),) * 2),
        (flag(0.03), lambda q: (float(q > 0.97),) * 2),
    )
    for law, true in cases:
        for q in (0.1, 0.5, 0.95):
            for n in SIZES:
                held = width = 0.0
                first, last = quantile_ranks(n, q)
                for r in blocks(samples, n):
                    x = np.sort(law.draw(rng, r, n), axis=1)
                    low = x[:, first - 1] if first >= 1 else np.zeros(r)
                    high = x[:, last - 1] if last <= n else np.ones(r)
                    least, most = true(q)
                    held += ((low <= most + 1e-12) & (least - 1e-12 <= high)).sum()
                    width += (high - low).sum()
                yield Found(
                    "quantile", f"{q:g} of {law.name}", n, held / samples, width / samples, samples
                )


def _inverse(q: float, zero: float) -> float:
    return 0.0 if q <= zero else float(beta_law.ppf((q - zero) / (1 - zero), 1, 3))


def of_placebos(samples: int, rng: Rng) -> Iterator[Found]:
    """A set against one more draw of its placebo: goals, draws and both together vary."""
    reps = samples // 5
    for draws in (20, 40):
        for n in (100, 200):
            for goals, sets in ((1.0, 0.2), (1.0, 1.0), (1.0, 3.0), (3.0, 0.5)):
                for own in (None, 2.0):
                    ends, true = [], []
                    for _ in range(reps):
                        of_goal = goals * rng.normal(size=(n, 1))
                        of_set = sets * rng.normal(size=draws + 2)
                        if own is not None:
                            of_set[0] = own
                        seen = of_goal + of_set[:-1] + rng.logistic(size=(n, draws + 1)) > 1.0
                        ends.append(
                            excess_interval(seen[:, 0].astype(float), seen[:, 1:].astype(float))
                        )
                        rates = _rate(of_set[[0, -1]], goals)
                        true.append(rates[0] - rates[1])
                    what = "another draw" if own is None else "a set that is needed"
                    case = f"{what}, K = {draws}, goals {goals:g}, draws {sets:g}"
                    yield _found("excess over one draw", case, n, np.array(ends), np.array(true))


#: Where the law of goals is integrated.
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)


def _rate(of_set: np.ndarray, goals: float) -> np.ndarray:
    """The share of all goals that a set of a given strength is needed by."""
    chance = 1.0 / (1.0 + np.exp(1.0 - of_set[:, None] - goals * NODES))
    return chance @ WEIGHTS / WEIGHTS.sum()


def of_clusters(samples: int, rng: Rng) -> Iterator[Found]:
    """Rates over clusters of unequal size, and propensities of several learners of each goal."""
    reps = samples // 5
    for a, b in ((0.05, 2), (0.5, 5), (1, 1), (5, 1)):
        for n in (20, 60, 200):
            for sizes in ("one size", "unequal sizes"):
                ends = []
                for _ in range(reps):
                    size = np.full(n, 4) if sizes == "one size" else rng.geometric(0.3, n)
                    did = rng.binomial(size, rng.beta(a, b, n))
                    ends.append(ratio_interval(floats(did), floats(size)))
                yield _found(
                    "clusters", f"Beta({a:g}, {b:g}), {sizes}", n, np.array(ends), a / (a + b)
                )
            ends = [
                nested((rng.random((n, 5)) < rng.beta(a, b, (n, 1))).astype(float)).interval
                for _ in range(reps)
            ]
            yield _found(
                "learners of goals", f"Beta({a:g}, {b:g}), 5 each", n, np.array(ends), a / (a + b)
            )


def of_tables(samples: int, rng: Rng) -> Iterator[Found]:
    """What is lost by other goals beside these goals: both are samples (`two_way`)."""
    reps = samples // 5
    for rows, columns, rest in ((0.3, 0.3, 0.3), (0.6, 0.05, 0.1), (0.02, 0.6, 0.02)):
        for g, k in ((20, 20), (100, 40), (300, 300)):
            ends = []
            for _ in range(reps):
                x = rows * (rng.beta(0.5, 2, (g, 1)) - 0.2) + columns * (
                    rng.beta(0.5, 2, (1, k)) - 0.2
                )
                ends.append(two_way(x + rest * (rng.random((g, k)) - 0.5))[1])
            case = f"{g} by {k}, spread {rows:g}, {columns:g}, {rest:g}"
            yield _found("goals by goals of others", case, g, np.array(ends), 0.0)


def of_power(samples: int, rng: Rng) -> Iterator[Found]:
    """POWER of k choices over goals of several laws, and optimality probabilities."""
    reps = samples // 2
    laws = (
        ("POWER", "best of 3 uniform", lambda n: rng.random((reps, n, 3)).max(axis=2), 0.75),
        ("POWER", "one outcome of 20 wanted", lambda n: flag(0.05).draw(rng, reps, n), 0.05),
        ("optimality probability", "1 of 12", lambda n: flag(1 / 12).draw(rng, reps, n), 1 / 12),
        ("optimality probability", "1 of 300", lambda n: flag(1 / 300).draw(rng, reps, n), 1 / 300),
    )
    for name, case, draw, true in laws:
        for n in SIZES[:3]:
            x = draw(n)
            error = x.std(axis=1, ddof=1) / n**0.5
            found = MeanOverGoals(floats(x.mean(axis=1)), floats(error), n).interval()
            yield _found(name, case, n, np.array(found).T, true)


def of_onsets(samples: int, rng: Rng) -> Iterator[Found]:
    """The level from which on a deed is 10 points above its baseline; "none" is a level, too."""
    reps = samples // 5
    cases = {
        "steep": (0.0, 0.02, 0.3, 0.5), "slow": (0.0, 0.04, 0.08, 0.12, 0.16, 0.2),
        "none": (0.0, 0.05, 0.05), "falls back": (0.2, 0.2, 0.05, 0.15), "at the edge": (0.05, 0.1, 0.1),
    }  # fmt: skip
    for name, above in cases.items():
        levels = len(above)
        holds = [all(x >= 0.1 for x in above[i:]) for i in range(levels)]
        true = holds.index(True) + 1 if True in holds else levels + 1
        for n in (20, 60, 200):
            ends = []
            for _ in range(reps):
                deeds = (rng.random((levels, n)) < 0.3 + np.array(above)[:, None]).astype(float)
                limits = [difference_interval(np.full(n, 0.3), d, tests=levels) for d in deeds]
                found = onset(range(1, levels + 1), deeds.mean(axis=1) - 0.3, *np.array(limits).T)
                ends.append([end or levels + 1 for end in (found.low, found.high)])
            yield _found("onset", name, n, np.array(ends, dtype=float), float(true))


def of_lists(samples: int, rng: Rng) -> Iterator[Found]:
    """Lists of changes of which none is there: how often Holm's rule keeps none."""
    reps = samples // 5
    for cells in (4, 40):
        for n in (20, 100, 400):
            for name, changed in (("rare", 0.02), ("common", 0.3)):
                clean = 0
                for _ in range(reps):
                    shared = rng.random((n, 1)) < 0.5  # goals that turn, turn in many cells
                    turn = (rng.random((n, cells)) < 2 * changed) & shared
                    change = np.where(turn, rng.choice([-1.0, 1.0], (n, cells)), 0.0)
                    p = [difference_p_value(np.zeros(n), change[:, i]) for i in range(cells)]
                    clean += not (holm(p) < 0.05).any()
                yield Found(
                    "list of changes (Holm)", f"{cells} {name} changes", n, clean / reps, 0.0, reps
                )


def of_choices(samples: int, rng: Rng) -> Iterator[Found]:
    """The largest of 174, chosen on half the goals and read on the other half."""
    reps = samples // 5
    for n in (40, 200):
        for name, spread in (("all alike", 0.0), ("unlike", 0.1)):
            ends, true = [], []
            for _ in range(reps):
                rates = np.clip(0.3 + spread * rng.normal(size=174), 0.0, 1.0)
                found = split_choice(list((rng.random((174, n)) < rates[:, None]).astype(float)))
                assert found is not None
                ends.append(found.interval)
                true.append(rates[found.choice])
            yield _found("largest of 174", name, n, np.array(ends), np.array(true))


def of_prevalences(samples: int, rng: Rng) -> Iterator[Found]:
    """Prevalences corrected for the errors of a rater who was checked on samples of her own."""
    reps = samples // 2
    for share in (0.02, 0.2, 0.5):
        for n in (100, 1000):
            for rated in (50, 200):
                ends = []
                seen = rng.binomial(n, share * 0.9 + (1 - share) * 0.05, reps)
                hits, passes = rng.binomial(rated, 0.9, reps), rng.binomial(rated, 0.95, reps)
                for row in zip(seen.tolist(), hits.tolist(), passes.tolist(), strict=True):
                    found = corrected_prevalence(row[0], n, row[1], rated, row[2], rated)
                    ends.append((found.low, found.high))
                yield _found(
                    "corrected prevalence",
                    f"{share:g}, {rated} rated twice",
                    n,
                    np.array(ends),
                    share,
                )


def _found(interval: str, case: str, n: int, ends: np.ndarray, true: float | np.ndarray) -> Found:
    held = (ends[:, 0] <= true + 1e-12) & (true - 1e-12 <= ends[:, 1])
    width = float((ends[:, 1] - ends[:, 0]).mean())
    return Found(interval, case, n, float(held.mean()), width, len(ends))


KINDS: tuple[Callable[[int, Rng], Iterator[Found]], ...] = (
    lambda samples, rng: of_means("mean", MEANS, 0.0, samples, rng),
    lambda samples, rng: of_means("change over the same goals", CHANGES, -1.0, samples, rng),
    of_samples, of_rates, of_labels, of_quantiles, of_placebos, of_clusters, of_tables, of_power,
    of_onsets, of_lists, of_choices, of_prevalences,
)  # fmt: skip


def simulate(samples: int, seed: int = 0) -> list[Found]:
    """Every case of every interval."""
    found: list[Found] = []
    for place, kind in enumerate(KINDS):
        began = time.perf_counter()
        found += kind(samples, np.random.default_rng([seed, place]))
        print(f"{found[-1].interval}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return found


def fails(found: Found) -> bool:
    """Whether an interval holds less often than it must, beyond three standard errors of the simulation."""
    error = (LEAST * (1 - LEAST) / found.samples) ** 0.5 if found.samples else 0.0
    return found.coverage < LEAST - 3 * error


def page(found: list[Found], seconds: float, command: str) -> str:
    """The tables as Markdown."""
    lines = [
        "# How often the intervals hold what they estimate",
        "",
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, CPython "
        f"{platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}; {seconds:.0f} s.",
        "",
        f"Nominal 95 %; the least that is accepted in any case is {LEAST:g}. Laws, sizes and truths are in "
        "the script; a rate is enumerated exactly.",
        "",
        "| interval | cases | samples each | least coverage | where | mean coverage |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(one.interval for one in found):
        mine = [one for one in found if one.interval == name]
        worst = min(mine, key=lambda one: one.coverage)
        mean = sum(one.coverage for one in mine) / len(mine)
        samples = f"{worst.samples:,}" if worst.samples else "all"
        where = f"{worst.case}, n = {worst.n}"
        lines.append(
            f"| {name} | {len(mine)} | {samples} | {worst.coverage:.3f} | {where} | {mean:.3f} |"
        )
    lines += [
        "",
        "## Means and changes, law by law",
        "",
        "Coverage (mean width).",
        "",
        "| law | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |",
        "|---" * (len(SIZES) + 1) + "|",
    ]
    for kind in ("mean", "change over the same goals"):
        mine = {(one.case, one.n): one for one in found if one.interval == kind}
        for case in dict.fromkeys(case for case, _ in mine):
            cells = [mine[case, n] for n in SIZES]
            told = " | ".join(f"{one.coverage:.3f} ({one.width:.4f})" for one in cells)
            lines.append(f"| {kind}: {case} | {told} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Simulate, print or write the page, and say whether every interval holds as often as it must."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--quick", action="store_true", help="a tenth of the samples")
    words.add_argument("--page", type=Path, help="where to write the page; printed unless given")
    asked = words.parse_args()
    began = time.perf_counter()
    found = simulate(1_000 if asked.quick else 10_000)
    command = "python verification/interval_coverage.py" + (" --quick" if asked.quick else "")
    text = page(found, time.perf_counter() - began, command)
    if asked.page:
        asked.page.write_text(text, encoding="utf-8")
    else:
        print(text)
    short = [one for one in found if fails(one)]
    for one in short:
        print(
            f"{one.interval}, {one.case}, n = {one.n}: {one.coverage:.3f} < {LEAST:g}",
            file=sys.stderr,
        )
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
