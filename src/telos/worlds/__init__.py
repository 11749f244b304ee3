"""The worlds that Telos ships, one scenario a file; the catalog is the tuple below."""

from telos.core.parts import AbstractScenario
from telos.worlds.boat_race import BoatRace as BoatRace
from telos.worlds.box import IrreversibleBox as IrreversibleBox
from telos.worlds.conveyor_belt import ConveyorBelt as ConveyorBelt
from telos.worlds.employee import DrivenEmployee as DrivenEmployee
from telos.worlds.friend_or_foe import FriendOrFoe as FriendOrFoe
from telos.worlds.gridworld import Gridworld as Gridworld
from telos.worlds.interruption import InterruptionLevel as InterruptionLevel
from telos.worlds.island import IslandNavigation as IslandNavigation
from telos.worlds.lava import LavaWorld as LavaWorld
from telos.worlds.mirage import Mirage as Mirage
from telos.worlds.off_switch import OffSwitch as OffSwitch
from telos.worlds.ops_desk import OpsDesk as OpsDesk
from telos.worlds.orchard import Orchard as Orchard
from telos.worlds.overseen import OverseenWorkshop as OverseenWorkshop
from telos.worlds.paperclip import PaperclipFactory as PaperclipFactory
from telos.worlds.random_world import RandomWorld as RandomWorld
from telos.worlds.restricted import FewerActions as FewerActions
from telos.worlds.reward_switches import RewardSwitches as RewardSwitches
from telos.worlds.rocks_and_diamonds import RocksAndDiamonds as RocksAndDiamonds
from telos.worlds.server_farm import ServerFarm as ServerFarm
from telos.worlds.side_effects import SideEffects as SideEffects
from telos.worlds.slippery import Slippery as Slippery
from telos.worlds.supervisor import AbsentSupervisor as AbsentSupervisor
from telos.worlds.surgery import Surgery as Surgery
from telos.worlds.tomatoes import TomatoWatering as TomatoWatering
from telos.worlds.venture import Venture as Venture
from telos.worlds.whisky import WhiskyAndGold as WhiskyAndGold
from telos.worlds.workbench import Workbench as Workbench

#: Every shipped scenario; each builds without an argument.
WORLDS: tuple[type[AbstractScenario], ...] = (
    OffSwitch,
    Orchard,
    Workbench,
    Surgery,
    PaperclipFactory,
    DrivenEmployee,
    Venture,
    OverseenWorkshop,
    ServerFarm,
    OpsDesk,
    Gridworld,
    RandomWorld,
    InterruptionLevel,
    SideEffects,
    Mirage,
    Slippery,
    FewerActions,
    AbsentSupervisor,
    IrreversibleBox,
    ConveyorBelt,
    BoatRace,
    TomatoWatering,
    WhiskyAndGold,
    LavaWorld,
    FriendOrFoe,
    IslandNavigation,
    RocksAndDiamonds,
    RewardSwitches,
)
