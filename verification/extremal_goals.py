"""The worst goals of worlds that are too large to enumerate: the table of docs/results/extremal.md.

    python verification/extremal_goals.py [--seconds N] [--samples N]

For each world, drive and polytope: the goal to which the drive is worth most, a bound that no goal
beats, the greatest worth among goals drawn, and how rare such goals are.
"""

import argparse
import time

import numpy as np

from telos import drives, families, worlds
from telos.core.spec import show
from telos.families.linear import outcome_features
from telos.theory import extremal_goal

DISCOUNT = 0.9
FACTORY = worlds.PaperclipFactory(products=("clips", "pins"), capacity=2, machines=1, rewriting=0.0)
EMPLOYEE = worlds.DrivenEmployee(
    careers=("medicine", "music"), levels=2, contacts=1, rise=(0.35, 0.8), programme=0.0
)
WORLDS = (
    worlds.OffSwitch(),
    worlds.Orchard(),
    worlds.Workbench(),
    worlds.Surgery(),
    EMPLOYEE,
    FACTORY,
    worlds.DrivenEmployee(programme=0.0),
    worlds.PaperclipFactory(rewriting=0.0),
)
#: Worlds above this many states are asked about boxes only.
SMALL = 600


def main() -> None:
    """Print the table as Markdown."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--samples", type=int, default=1000)
    asked = words.parse_args()
    print(
        "| world (states) | drive | goals | worth | at most | drawn | required | half as dear | s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for scenario in WORLDS:
        world = scenario.build()
        polytopes = [
            families.Uniform(),
            families.Simplex(),
            families.Polytope(basis=outcome_features(world), low=-1.0),
        ]
        for drive in (kind() for kind in drives.DRIVES):
            if not set(drive.needs) <= set(world.features):
                continue
            if not drive.affordances(world).pursues.any():
                continue
            for polytope in polytopes if world.size <= SMALL else polytopes[:1]:
                limits = polytope
                if "goal_register" in world.features:
                    # A goal that wants the reverse: what is last of the outcomes most, the first least.
                    other = np.linspace(0.0, 1.0, world.n_outcomes)
                    limits = families.Revised(polytope, kernel="correction", to=other)
                begun = time.monotonic()
                found = extremal_goal(
                    world, limits, drive, DISCOUNT,
                    samples=asked.samples, time_limit=asked.seconds,
                )  # fmt: skip
                print(
                    f"| {show(scenario)} ({world.size}) | {show(drive)} | {type(polytope).__name__} | "
                    f"{found.iv:.4f} | {'proved' if found.proved else f'{found.bound:.4f}'} | "
                    f"{found.sampled_max:.4f} | {found.required:.1%} | {found.rarity:.1%} "
                    f"[{found.interval.low:.1%}, {found.interval.high:.1%}] | "
                    f"{time.monotonic() - begun:.1f} |",
                    flush=True,
                )
                print(f"  <!-- {found.words(world)} -->", flush=True)


if __name__ == "__main__":
    main()
