"""Third-party environments and file formats as worlds; the catalog is the tuple below."""

from telos.core.parts import AbstractScenario
from telos.interop.cassandra import read_cassandra as read_cassandra
from telos.interop.cloned_world import ClonedWorld as ClonedWorld
from telos.interop.drn import read_drn as read_drn
from telos.interop.environments import explore_env as explore_env
from telos.interop.environments import observed_reward as observed_reward
from telos.interop.explicit import ExplicitWorld as ExplicitWorld
from telos.interop.explicit import read_explicit as read_explicit
from telos.interop.explicit import read_rewards as read_rewards
from telos.interop.explicit import write_explicit as write_explicit
from telos.interop.minigrid import MinigridWorld as MinigridWorld
from telos.interop.rewards import RewardedModel as RewardedModel
from telos.interop.rewards import with_rewards as with_rewards
from telos.interop.storm import read_jani as read_jani
from telos.interop.storm import read_prism as read_prism
from telos.interop.storm import read_storm as read_storm
from telos.interop.toy_text import FrozenLake as FrozenLake
from telos.interop.toy_text import GymnasiumWorld as GymnasiumWorld

#: Every shipped scenario that reads a third-party environment.
INTEROP: tuple[type[AbstractScenario], ...] = (
    FrozenLake,
    GymnasiumWorld,
    ClonedWorld,
    MinigridWorld,
)
