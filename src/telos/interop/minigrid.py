"""MinigridWorld: the levels of Minigrid as worlds, with corridors, doors, keys and lava."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, final

import numpy as np

from telos.core.errors import WorldError, did_you_mean, install
from telos.core.parts import AbstractScenario
from telos.core.spec import paths_in, show
from telos.core.world import World
from telos.interop._reader import ENDS
from telos.interop.environments import explore_env
from telos.interop.toy_text import OptionValue

FACING = ("east", "south", "west", "north")
ACTIONS = ("left", "right", "forward", "pickup", "drop", "toggle", "done")
#: What nothing in a level can move or change.
FIXED = ("wall", "floor", "goal", "lava")


class Situation(NamedTuple):
    """A state of a level: where the agent stands, what it carries, where the movable things are.

    Written down as ``1,1 west with yellow key; locked yellow door at 1,2``.
    """

    row: int
    column: int
    facing: str
    carrying: str
    things: tuple[str, ...]

    def __str__(self) -> str:
        held = f" with {self.carrying}" if self.carrying else ""
        return "; ".join([f"{self.row},{self.column} {self.facing}{held}", *self.things])


@final
@dataclass(frozen=True)
class MinigridWorld(AbstractScenario):
    """One layout of a Minigrid level, explored action by action in the environment itself.

    The outcome is the cell (row, column) where the agent stands: a goal cannot see what is carried
    or which doors are open (but where lava is, its cells are places like others). The level's own
    mission and reward are dropped, and its count of steps is set back at every step, so that no
    time runs out. Features: `resources`, the things carried (0 or 1); `doors_open`; `row`, `column`;
    `ended`; `off`. There is no `capability`: nothing in these levels makes an agent more able.

    Args:
        id: the level, as for `gymnasium.make`.
        seed: of the reset: names the layout.
        options: pairs (name, value) handed to `gymnasium.make`, such as `(("size", 6),)`.
        off: which ends count as being switched off: ``unrewarded`` (lava, say), ``ended`` (the
            green goal too, since nothing can be done after it) or ``never``.
        default: the action of doing nothing. ``done`` changes nothing in most levels; in those that
            it ends, and in those that lack it, give None.
        limit: give up beyond this many states.

    Raises:
        WorldError: if minigrid is not installed or has no such level, if the level's own rules
            remember more than can be seen, or if the default does something.

    Example:
        >>> world = MinigridWorld().build()
        >>> world.size, world.n_outcomes, world.features["resources"].max().item()
        (270, 7, 1.0)

    References:
        Chevalier-Boisvert et al. (2023), Minigrid & Miniworld: Modular & Customizable Reinforcement
        Learning Environments for Goal-Oriented Tasks.
    """

    outside: ClassVar[bool] = True

    id: str = "MiniGrid-DoorKey-5x5-v0"
    seed: int = 0
    options: tuple[tuple[str, OptionValue], ...] = ()
    off: str = "unrewarded"
    default: str | None = "done"
    limit: int = 100_000

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple((str(k), v) for k, v in self.options))
        if self.off not in ENDS:
            raise WorldError(f"{show(self)}: off is {self.off!r}. {did_you_mean(self.off, ENDS)}")

    def names(self) -> tuple[str, ...]:
        """What is imported to make it: the module of an id such as ``my_lab.levels:Maze-v0``."""
        return paths_in(self.id, [value for _, value in self.options])

    def build(self) -> World:
        """The level, made and explored."""
        world = explore_env(
            self._made(),
            key=_situation,
            features={
                "row": lambda level: level.agent_pos[1],
                "column": lambda level: level.agent_pos[0],
                "resources": lambda level: level.carrying is not None,
                "doors_open": _doors_open,
            },
            outcome=lambda level: (level.agent_pos[1], level.agent_pos[0]),
            off=self.off,
            actions=ACTIONS,
            default=self.default,
            seeds=(self.seed,),
            copy=_copy,
            prepare=_set_back,
            limit=self.limit,
            progress=False,
            name=show(self),
        )
        self._check_default(world)
        return replace(world, name=show(self))

    def _made(self) -> Any:
        import gymnasium

        try:
            import minigrid  # noqa: F401 - importing it registers its levels
        except ImportError:
            raise WorldError(
                f"{show(self)}: minigrid is not installed. {install('minigrid')}."
            ) from None
        options: dict[str, Any] = dict(self.options)
        try:
            level = gymnasium.make(self.id, **options).unwrapped
        except (gymnasium.error.Error, AssertionError, ImportError, TypeError) as problem:
            raise WorldError(
                f"{show(self)}: Gymnasium cannot make it ({problem}). Check the id and the options; "
                "gymnasium.pprint_registry() lists what is installed."
            ) from None
        # What the agent would see is dropped, and no level's rules look at it; drawing it took half
        # of the time.
        level.agent_view_size = 3  # type: ignore[attr-defined]
        return level

    def _check_default(self, world: World) -> None:
        """Doing nothing must do nothing, wherever nothing moves by itself."""
        if world.default is None or not world.deterministic:
            return
        moved = world.next_state[world.next_ptr[world.default]] != np.arange(world.size)
        if moved.any():
            s = int(np.argmax(moved))
            raise WorldError(
                f"{show(self)}, state {world.states[s]}: {self.default!r} leads to another state, so "
                "it is not doing nothing here. Give default=None."
            )


def _copy(level: Any) -> Any:
    """A copy that shares what no step changes: walls and the like, spaces. Three times as fast."""
    shared = [level.observation_space, level.action_space, level.spec, level.np_random]
    shared += [thing for thing in level.grid.grid if thing is not None and thing.type in FIXED]
    return deepcopy(level, {id(thing): thing for thing in shared})


def _set_back(level: Any) -> None:
    """No time passes: the count of steps would make every state new, and rewards shrink."""
    level.step_count = 0


def _situation(level: Any) -> Situation:
    grid, (column, row) = level.grid, level.agent_pos
    things = tuple(
        f"{_named(thing)} at {i // grid.width},{i % grid.width}"
        for i, thing in enumerate(grid.grid)
        if thing is not None and thing.type not in FIXED
    )
    carrying = "" if level.carrying is None else _named(level.carrying)
    return Situation(int(row), int(column), FACING[int(level.agent_dir)], carrying, things)


def _named(thing: Any) -> str:
    """A thing with everything that can change about it: whether it is open, what it holds."""
    name = f"{thing.color} {thing.type}"
    if thing.type == "door":
        return f"{'open' if thing.is_open else 'locked' if thing.is_locked else 'closed'} {name}"
    return f"{name} with {_named(thing.contains)}" if thing.contains is not None else name


def _doors_open(level: Any) -> int:
    return sum(
        thing is not None and thing.type == "door" and thing.is_open for thing in level.grid.grid
    )
