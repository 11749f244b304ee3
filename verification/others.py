"""What is left to somebody else beside an agent: the table of docs/results/others.md.

    python verification/others.py [--agents N] [--others N]

For a factory and an employee on common ground, with the same goals of both parties in each row; an
arm is held against the agent without one goal by goal.
"""

import argparse

import numpy as np

from telos.agents import Optimal
from telos.core.arrays import Floats, floats
from telos.core.problem import Problem
from telos.core.spec import show
from telos.core.world import World
from telos.drives import DRIVES
from telos.families import Uniform
from telos.safeguards import BoundedGoal, CappedStock, Forbid, Quantilizer, ShortHorizon
from telos.theory.others import Obstruction, obstruction, two_way
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


#: Of the differences in one world together.
LEVEL = 1 - 0.05 / (len(ARMS) - 1)


def used_up(world: World) -> str:
    """The mean fall of the commons by action, and how many of its pairs a ban on a drive forbids."""
    commons, actions = world.feature("commons"), np.asarray(world.pair_action)
    owner = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    after = np.bincount(owner, world.next_prob * commons[world.next_state], world.n_pairs)
    fall = commons[world.pair_state] - after
    banned = {drive.__name__: drive().affordances(world).pursues for drive in DRIVES}
    told = []
    for action, name in enumerate(world.actions):
        mine = (actions == action) & (fall > 1e-9)
        if mine.any():
            by = [
                f"{drive} {(mine & on).sum()}" for drive, on in banned.items() if (mine & on).any()
            ]
            told.append(
                f"{name} {fall[mine].mean():.2f} ({', '.join([f'{mine.sum()} pairs', *by])})"
            )
    return "; ".join(told)


def against(found: Obstruction, plain: Obstruction) -> str:
    """Two cells: POWER given back and goals no longer obstructed, less those beside the plain agent."""
    scale = (1 - plain.discount) / plain.discount
    power = two_way(floats(scale * (found.on - plain.on)), level=LEVEL)
    fewer = floats(_obstructed(found) - _obstructed(plain))
    share = two_way(fewer, level=LEVEL)
    (a, (b, c)), (d, (e, f)) = power, share
    return f"{a:+.3f} [{b:+.3f}, {c:+.3f}] | {100 * d:+.0f} [{100 * e:+.0f}, {100 * f:+.0f}]"


def _obstructed(found: Obstruction) -> Floats:
    return floats(found.on < found.off - found.bound)


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
            f"Units of the commons an action uses up, and which bans forbid it: {used_up(world)}.\n"
        )
        print(
            "| the agent | POWER of the other | lost by the agent | goals obstructed | helped | "
            "POWER given back | obstructed, less on |"
        )
        print("|---|---|---|---|---|---|---|")
        plain: Obstruction | None = None
        for arms in ARMS:
            found = obstruction(
                problem, Optimal(), Uniform(), safeguards=arms, n=asked.others,
                rng=np.random.default_rng(1),
            )  # fmt: skip
            if plain is None:
                plain = found
                print(f"| off | {found.power_off:.3f} | | 0 % | 0 % | | |")
            lost, (low, high) = found.power_lost()
            share, (fewest, most) = float(found.obstructed.mean()), found.obstructed_interval()
            print(
                f"| {' + '.join(map(show, arms)) or 'on'} | {found.power.mean():.3f} | "
                f"{lost:.3f} [{low:.3f}, {high:.3f}] | {100 * share:.0f} % "
                f"[{100 * fewest:.0f}, {100 * most:.0f}] | {100 * found.helped.mean():.0f} % | "
                f"{against(found, plain) if arms else ' |'} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
