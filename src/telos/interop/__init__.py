"""Worlds that others have built, read as ours; the catalogue is the tuple below."""

from telos.core.parts import AbstractScenario
from telos.interop.toy_text import FrozenLake as FrozenLake
from telos.interop.toy_text import GymnasiumWorld as GymnasiumWorld

#: Every shipped scenario that reads somebody else's environment.
INTEROP: tuple[type[AbstractScenario], ...] = (FrozenLake, GymnasiumWorld)
