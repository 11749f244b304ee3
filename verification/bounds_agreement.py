"""The product and the monitor, led through the same events: docs/results/bounds_agreement.md.

    python verification/bounds_agreement.py [--depth 6] [--steps 1000000] [--out PAGE]

In the three worlds of `tests/bounds/agreeing.py`: every sequence of events, readings and answers of an
approver to the depth, and random ones. Ends with 1 at the first difference, which it prints.
"""

import argparse
import platform
import sys
import time
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from bounds.agreeing import CASES, exhaust, wander
from telos.core.spec import show


def counted(found: Iterator[tuple[str, int]], what: str) -> int:
    """How many steps were compared; exits at a difference, and says every few seconds how far it is."""
    steps, said = 0, time.monotonic()
    for wrong, more in found:
        steps += more
        if wrong:
            sys.exit(f"{what}, step {steps:,}: {wrong}.")
        if time.monotonic() - said > 2:
            print(f"{what}: {steps:,} steps", file=sys.stderr, flush=True)
            said = time.monotonic()
    return steps


def main() -> None:
    """Compare, and write the page."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--depth", type=int, default=6)
    asked.add_argument("--steps", type=int, default=1_000_000)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    began, rows = time.monotonic(), []
    for name, case in CASES.items():
        every = counted(exhaust(case, given.depth), f"{name}, every sequence")
        some = counted(wander(case, given.steps, seed=11), f"{name}, random")
        size = case.bounded.made.world.size
        rows.append(f"| {show(case.scenario)} | {size:,} | {every:,} | {some:,} | 0 |")
        print(rows[-1], flush=True)
    text = [
        "# The product and the monitor rule alike",
        "",
        f"`python verification/bounds_agreement.py`, {date.today()}, {platform.system()} "
        f"{platform.machine()}, CPython {platform.python_version()}, numpy {metadata.version('numpy')}; "
        f"{time.monotonic() - began:.0f} s.",
        "",
        "Product and monitor are led through the same events, with the answers of an approver and the",
        "readings of observed levels: both must rule alike, by the same rule, and remember the same. Asks,",
        "budgets by amounts, counted, derived and observed levels, replicas, calls, denials and the end of",
        f"a lineage are among them. Sequences: all of up to {given.depth} events, readings and answers",
        "(those after which the monitor is the same but for the numbers of its steps are led on together).",
        "",
        "| world | states of the product | sequences | random events | differences |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]
    print("\n".join(text))
    if given.out:
        given.out.write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
