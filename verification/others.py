"""What is left to somebody else beside an agent: the table of docs/results/others.md.

    python verification/others.py [--agents N] [--others N]

For a factory and an employee on common ground, with the same goals of both parties in each row.
"""

import argparse

import numpy as np

from telos.agents import Optimal
from telos.core.problem import Problem
from telos.core.spec import show
from telos.drives import DRIVES
from telos.families import Uniform
from telos.safeguards import BoundedGoal, CappedStock, Forbid, Quantilizer, ShortHorizon
from telos.theory.others import obstruction
from telos.worlds import DrivenEmployee, PaperclipFactory

DISCOUNT = 0.95
WORLDS = {
    "factory": PaperclipFactory(
        products=("clips", "pins", "stamps"), machines=2, slips=(0.22, 0.1), commons=3, wear=0.1
    ),
    "employee": DrivenEmployee(commons=3),
}
ARMS = (
    (),
    *((Forbid(drive=drive()),) for drive in DRIVES),
    (CappedStock(most=1.0),),
    (BoundedGoal(level=0.5),),
    (Quantilizer(share=0.25),),
    (ShortHorizon(discount=0.7),),
)


def main() -> None:
    """Print the table as Markdown."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--agents", type=int, default=300)
    words.add_argument("--others", type=int, default=300)
    asked = words.parse_args()
    for name, scenario in WORLDS.items():
        world = scenario.build()
        goals = Uniform().sample(world, asked.agents, np.random.default_rng(0))
        problem = Problem(world, goals, DISCOUNT)
        print(f"\n## {name}: {show(scenario)}, {world.size} states\n")
        print(
            "| the agent | POWER of the other | lost by the agent, 95 % | goals obstructed | helped |"
        )
        print("|---|---|---|---|---|")
        off = ""
        for arms in ARMS:
            found = obstruction(
                problem, Optimal(), Uniform(), safeguards=arms, n=asked.others,
                rng=np.random.default_rng(1),
            )  # fmt: skip
            if not off:
                off = f"| off | {found.power_off:.3f} | | 0 % | 0 % |"
                print(off)
            lost, (low, high) = found.power_lost()
            share, (fewest, most) = float(found.obstructed.mean()), found.obstructed_interval()
            print(
                f"| {' + '.join(map(show, arms)) or 'on'} | {found.power.mean():.3f} | "
                f"{lost:.3f} [{low:.3f}, {high:.3f}] | {share:.0%} [{fewest:.0%}, {most:.0%}] | "
                f"{found.helped.mean():.0%} |"
            )


if __name__ == "__main__":
    main()
