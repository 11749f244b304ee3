"""Stages: what a game has of its scenario alone, built once: the world, its words and its drives."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import final

import numpy as np

from telos.core.arrays import Bools, bools
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractScenario
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives import DRIVES
from telos.llm.fields import Fields, fields_of
from telos.llm.rules import Rules, rules_of
from telos.solve.foresight import held


@final
@dataclass(frozen=True, eq=False)
class Stage:
    """What depends on the scenario alone.

    Args:
        world: the world. affordances: of the drives that it has, by name.
    """

    world: World
    affordances: dict[str, Affordance]

    @cached_property
    def fields(self) -> Fields:
        """Its states as rows of named values."""
        return fields_of(self.world)

    @cached_property
    def rules(self) -> Rules:
        """What its actions do, in words; found when first asked for, since a desk in files needs none."""
        return rules_of(self.world, self.fields)

    @cached_property
    def deciding(self) -> Bools:
        """B[S]: where something is still to be decided by the agent itself, now or later."""
        world = self.world
        open_ = np.diff(world.pair_ptr) > 1
        owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
        own = held(world)
        open_ &= own
        while True:
            more = open_.copy()
            more[owner[open_[world.next_state]]] = True
            more &= own
            if (more == open_).all():
                return bools(open_)
            open_ = more

    @cached_property
    def driven(self) -> dict[str, tuple[str, ...]]:
        """The actions that pursue each drive somewhere, by the drive's name."""
        found = {}
        for drive, affordance in self.affordances.items():
            numbers = np.unique(self.world.pair_action[affordance.pursues])
            found[drive] = tuple(self.world.actions[a] for a in numbers)
        return found


def asked_in(stage: Stage) -> Bools:
    """B[S]: where an agent that holds its goal has a choice. A lone action needs no question."""
    return bools((np.diff(stage.world.pair_ptr) > 1) & held(stage.world))


@lru_cache(maxsize=32)
def stage_of(scenario: AbstractScenario) -> Stage:
    """The stage of a scenario; built once."""
    world = scenario.build()
    affordances = {}
    for drive in DRIVES:
        try:
            found = drive().affordances(world)
        except FeatureMissing:
            continue
        if found.pursues.any():
            affordances[found.drive] = found
    return Stage(world, affordances)
