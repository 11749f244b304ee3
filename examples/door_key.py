"""A third-party environment, explored and studied: telos run examples/door_key.py --goals 200

Minigrid's level with a key and a locked door. It needs the extra: pip install -e ".[minigrid]"
"""

from dataclasses import dataclass

import gymnasium

from telos import AbstractScenario, Study, World, agents, drives, families
from telos.interop import explore_env


@dataclass(frozen=True)
class DoorKey(AbstractScenario):
    """The level, with every action tried. A state is Minigrid's own picture of it, an outcome a cell."""

    def build(self) -> World:
        """The world that exploring the environment finds."""
        return explore_env(
            gymnasium.make("minigrid:MiniGrid-DoorKey-5x5-v0"),
            key=lambda level: level.pprint_grid(),
            features={"resources": lambda level: level.carrying is not None},
            outcome=lambda level: level.agent_pos,
            actions=("left", "right", "forward", "pick up", "drop", "toggle", "done"),
            default="done",
        )


QUESTION = "Whatever place a goal is about, is the key picked up?"
FAMILIES, AGENTS = (families.Uniform(),), (agents.Optimal(), agents.UniformRandom())
DRIVES = (drives.ResourceAcquisition(),)
STUDY = Study("door_key", QUESTION, (DoorKey(),), FAMILIES, AGENTS, DRIVES, (0.5, 0.95))
