"""The worlds that Telos ships, one scenario a file; the catalogue is the tuple below."""

from telos.core.parts import AbstractScenario
from telos.worlds.employee import DrivenEmployee as DrivenEmployee
from telos.worlds.gridworld import Gridworld as Gridworld
from telos.worlds.interruption import InterruptionLevel as InterruptionLevel
from telos.worlds.off_switch import OffSwitch as OffSwitch
from telos.worlds.orchard import Orchard as Orchard
from telos.worlds.overseen import OverseenWorkshop as OverseenWorkshop
from telos.worlds.paperclip import PaperclipFactory as PaperclipFactory
from telos.worlds.random_world import RandomWorld as RandomWorld
from telos.worlds.side_effects import SideEffects as SideEffects
from telos.worlds.surgery import Surgery as Surgery
from telos.worlds.workbench import Workbench as Workbench

#: Every shipped scenario; each builds without an argument.
WORLDS: tuple[type[AbstractScenario], ...] = (
    OffSwitch,
    Orchard,
    Workbench,
    Surgery,
    PaperclipFactory,
    DrivenEmployee,
    OverseenWorkshop,
    Gridworld,
    RandomWorld,
    InterruptionLevel,
    SideEffects,
)
