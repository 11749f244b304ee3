"""Worlds that others have built, read as ours; the catalogue is the tuple below."""

from telos.core.parts import AbstractScenario
from telos.interop.cloned_world import ClonedWorld as ClonedWorld
from telos.interop.cloning import explore_env as explore_env
from telos.interop.cloning import observed_reward as observed_reward
from telos.interop.explicit import ExplicitWorld as ExplicitWorld
from telos.interop.explicit import read_explicit as read_explicit
from telos.interop.explicit import write_explicit as write_explicit
from telos.interop.minigrid import MinigridWorld as MinigridWorld
from telos.interop.toy_text import FrozenLake as FrozenLake
from telos.interop.toy_text import GymnasiumWorld as GymnasiumWorld

#: Every shipped scenario that reads somebody else's environment.
INTEROP: tuple[type[AbstractScenario], ...] = (
    FrozenLake,
    GymnasiumWorld,
    ClonedWorld,
    MinigridWorld,
)
