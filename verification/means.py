"""Measures which of four kinds of means unrelated goals agree on: docs/results/means.md.

    uv run python verification/means.py [--goals 1000]

Three ventures: money buys the other kinds; nothing does; energy does. Prints the table of the page.
"""

import argparse

import numpy as np

from telos import Problem
from telos.core.arrays import Floats, floats
from telos.drives import ResourceAcquisition
from telos.families import Uniform
from telos.measure.cause import cause_removed
from telos.measure.instrumental_value import instrumental_values, loses
from telos.measure.intervals import Interval, difference_interval, mean_interval
from telos.measure.placebo import placebo
from telos.worlds import Venture
from telos.worlds.venture import KINDS

DISCOUNT = 0.95
PLACEBO_GOALS = 100


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--goals", type=int, default=1000)
    goals = asked.parse_args().goals
    print("| currency | kind | c | mean share | placebo c | excess over one draw | cause removed |")
    print("|---|---|---|---|---|---|---|")
    for currency in ("money", "", "energy"):
        for row in rows(Venture(currency=currency), goals):
            print("| " + " | ".join((currency or "none", *row)) + " |")
    print(compared(goals))


def compared(n: int) -> str:
    """How much of c of money goes when money buys nothing, over the same goals."""
    with_it, without = (needing(Venture(currency=each), n) for each in ("money", ""))
    money = percent(
        float((with_it - without)[0].mean()), difference_interval(without[0], with_it[0])
    )
    other = percent(float((with_it[0] - with_it[1]).mean()), difference_interval(*with_it[1::-1]))
    return f"money, less where it buys nothing: {money}; less energy: {other}"


def needing(venture: Venture, n: int) -> Floats:
    """F[4, n]: whether each goal loses at least 1 % of its range without each kind."""
    world = venture.build()
    goals = Uniform().sample(world, n, np.random.default_rng(0))
    own = [ResourceAcquisition(kind=kind).affordances(world) for kind in KINDS]
    worth = instrumental_values(Problem(world, goals, DISCOUNT), own)
    return floats([loses(each.share_low, each.share_high) == 1 for each in worth])


def rows(venture: Venture, n: int) -> list[tuple[str, ...]]:
    """A row a kind: c and mean share, the same of random sets of its size, and what is left of it."""
    world = venture.build()
    drawn = Uniform().sample(world, n, np.random.default_rng(0))
    problem = Problem(world, drawn, DISCOUNT)
    few = Problem(world, drawn.take(np.arange(min(n, PLACEBO_GOALS))), DISCOUNT)
    drives = [ResourceAcquisition(kind=kind) for kind in KINDS]
    found = []
    for drive in drives:
        own = drive.affordances(world)
        (worth,) = instrumental_values(problem, [own])
        needs = (loses(worth.share_low, worth.share_high) == 1).astype(float)
        chance = placebo(few, own, rng=np.random.default_rng(1))
        told = cause_removed(venture, problem, drive, value=worth)
        found.append(
            (
                str(drive.kind),
                percent(float(needs.mean()), mean_interval(needs)),
                percent(float(worth.share.mean()), mean_interval(worth.share)),
                "{:.0f} ({:.0f} to {:.0f})".format(
                    *(100 * f(chance.rates) for f in (np.mean, np.min, np.max))
                ),
                percent(chance.excess, Interval(*chance.interval)),
                told.verdict,
            )
        )
    return found


def percent(value: float, limits: Interval) -> str:
    """A number and its interval in per cent."""
    return f"{100 * value:.0f} [{100 * limits.low:.0f}, {100 * limits.high:.0f}]"


if __name__ == "__main__":
    main()
