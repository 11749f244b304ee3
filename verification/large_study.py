"""A grid with a stock: side x side cells, and how much has been mined; a study over it, of any size.

    TELOS_SIDE=100 TELOS_STOCK=100 telos run verification/large_study.py --out FOLDER

`large_worlds.py --steps run` runs it and measures time, memory and silence.
"""

import functools
import os
from dataclasses import dataclass
from typing import final

from telos import AbstractScenario, Legal, Study, World, agents, explore_vectorized, families
from telos.drives import DRIVES

FEATURES = {"resources": lambda s: s[2]}
LABELS = {"default": "wait", "name": "mine"}


def many(side, stock, states):
    """The rules for many states at once: where somebody stands, and how much has been mined."""
    row, col, mined = states
    ore = (mined < stock - 1) & ((row + col) % 2 == 0)
    return {
        "wait": states,
        "north": Legal(row > 0, (row - 1, col, mined)),
        "south": Legal(row < side - 1, (row + 1, col, mined)),
        "west": Legal(col > 0, (row, col - 1, mined)),
        "east": Legal(col < side - 1, (row, col + 1, mined)),
        "mine": Legal(ore, [(0.8, (row, col, mined + 1)), (0.2, states)]),
    }


@final
@dataclass(frozen=True)
class Mine(AbstractScenario):
    """A grid with a stock.

    Args:
        side: cells of a side, >= 1. stock: how much may have been mined, 0 to stock - 1.
    """

    side: int = 100
    stock: int = 100

    def build(self) -> World:
        """The world; 10^6 states and 5.5 million pairs where both are 100."""
        rules = functools.partial(many, self.side, self.stock)
        return explore_vectorized((0, 0, 0), rules, features=FEATURES, **LABELS)


STUDY = Study(
    name="large",
    question="What do a hundred unrelated goals need in a world of a million states?",
    scenarios=(
        Mine(int(os.environ.get("TELOS_SIDE", "100")), int(os.environ.get("TELOS_STOCK", "100"))),
    ),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=tuple(drive() for drive in DRIVES),
    discounts=(0.99,),
    n_goals=100,
)
