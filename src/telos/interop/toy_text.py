"""Gymnasium's tabular environments as worlds: FrozenLake, CliffWalking, Taxi and their like."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import WorldError
from telos.core.parts import AbstractScenario
from telos.core.spec import paths_in, show
from telos.core.world import World

OptionValue = bool | int | float | str | tuple[str, ...] | None


@final
@dataclass(frozen=True)
class GymnasiumWorld(AbstractScenario):
    """Any Gymnasium environment with a tabular `P`, made by its id.

    Rewards are dropped; a terminated transition leads to a state that loops (`World.from_gymnasium`
    says how). Every state is its own outcome. Features: `off`, 1 in the states named by `off`; and
    `row` and `column` if the environment is a grid with one state a cell (a map `desc` or a `shape`
    of as many cells as there are states).

    Args:
        id: the environment's id, as for `gymnasium.make`.
        options: pairs (name, value) handed to `gymnasium.make`, such as `(("map_name", "8x8"),)`.
        off: the states that count as being switched off: their numbers, or letters of the map.
        actions: names of the actions; numbers unless given.
        default: the action of doing nothing (its number or its name), if there is one.

    Raises:
        WorldError: if the environment cannot be made, has no table, or lacks a state or a letter.

    Example:
        >>> GymnasiumWorld(id="CliffWalking-v1", actions=("up", "right", "down", "left")).build()
        <World CliffWalking-v1: 48 states, 192 pairs, 48 outcomes>

    References:
        Towers et al. (2024), Gymnasium: A Standard Interface for Reinforcement Learning Environments.
    """

    outside: ClassVar[bool] = True

    id: str = "FrozenLake-v1"
    options: tuple[tuple[str, OptionValue], ...] = ()
    off: tuple[int | str, ...] = ()
    actions: tuple[str, ...] = ()
    default: int | str | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        try:
            put(self, "options", tuple((str(name), value) for name, value in self.options))
        except (TypeError, ValueError):
            raise WorldError(
                f"{type(self).__name__}: options is {self.options!r}; give pairs (name, value), "
                'such as (("map_name", "8x8"),).'
            ) from None
        put(self, "off", tuple(self.off))
        put(self, "actions", tuple(self.actions))

    def names(self) -> tuple[str, ...]:
        """What is imported to make it: the module of an id such as ``my_lab.envs:Maze-v0``."""
        return paths_in(self.id, [value for _, value in self.options])

    def build(self) -> World:
        """The environment, made and read."""
        env = self._made()
        base = env.unwrapped
        size = len(getattr(base, "P", None) or ())
        features: dict[str, Any] = {}
        letters = None
        if size:  # without a table from_gymnasium says what is missing
            shape, letters = _grid(base, size)
            if shape is not None:
                features["row"], features["column"] = (
                    axis.ravel().astype(np.float64) for axis in np.indices(shape)
                )
            features["off"] = self._off(size, letters)
        name = show(self) if self.options else self.id
        return World.from_gymnasium(
            env, features=features, actions=self.actions, default=self.default, name=name
        )

    def _made(self) -> Any:
        import gymnasium

        options: dict[str, Any] = dict(self.options)
        try:
            return gymnasium.make(self.id, **options)
        except (gymnasium.error.Error, ImportError, TypeError, KeyError) as problem:
            raise WorldError(
                f"{show(self)}: Gymnasium cannot make it ({problem}). Check the id and the options; "
                "gymnasium.pprint_registry() lists what is installed."
            ) from None

    def _off(self, size: int, letters: Any) -> Floats:
        """F[S]: 1 in the states that `off` names by number or letter."""
        marked = np.zeros(size)
        for name in self.off:
            if isinstance(name, str):
                here = letters == name if letters is not None else np.zeros(size, dtype=np.bool_)
                if not here.any():
                    drawn = "has no map"
                    if letters is not None:
                        drawn = f"draws only {', '.join(sorted(set(letters.tolist())))}"
                    raise WorldError(
                        f"{show(self)}: off names {name!r}, but the environment {drawn}."
                    )
                marked[here] = 1.0
            elif 0 <= name < size:
                marked[name] = 1.0
            else:
                raise WorldError(
                    f"{show(self)}: off names state {name}, but states are numbered 0 to {size - 1}."
                )
        return marked


@final
@dataclass(frozen=True)
class FrozenLake(AbstractScenario):
    """Gymnasium's FrozenLake, where falling through a hole is being switched off.

    Off and end states (holes and the far shore) loop. Features: `row`, `column`, `off` (holes).
    There is no action of doing nothing, so drives compare with a uniform choice.

    Args:
        size: ``4x4`` or ``8x8``, Gymnasium's own maps.
        slippery: whether a step goes astray with probability 2/3.
        map: a map of one's own, rows of the letters S (start), F (ice), H (hole), G (shore).
            Empty: Gymnasium's map of that size.

    Raises:
        WorldError: if there is no such map.

    Example:
        >>> FrozenLake(size="8x8").build().features["off"].sum().item()
        10.0
    """

    size: str = "4x4"
    slippery: bool = True
    map: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "map", tuple(self.map))
        if not self.map and self.size not in ("4x4", "8x8"):
            raise WorldError(
                f"FrozenLake: size is {self.size!r}; choose '4x4' or '8x8', or draw a map."
            )
        for r, line in enumerate(self.map):
            if len(line) != len(self.map[0]) or set(line) - set("SFHG"):
                raise WorldError(
                    f"FrozenLake: row {r} of the map is {line!r}; write rows of one length with S "
                    "(start), F (ice), H (hole) and G (shore)."
                )

    def build(self) -> World:
        """The lake, as Gymnasium makes it."""
        drawn: tuple[tuple[str, OptionValue], ...]
        drawn = (("desc", self.map),) if self.map else (("map_name", self.size),)
        letters = "".join(self.map)
        world = GymnasiumWorld(
            id="FrozenLake-v1",
            options=(*drawn, ("is_slippery", self.slippery)),
            off=("H",) if not self.map or "H" in letters else (),
            actions=("left", "down", "right", "up"),
        ).build()
        return replace(world, name=show(self))


def _grid(base: Any, size: int) -> tuple[tuple[int, int] | None, Any]:
    """Rows and columns of a grid with one state a cell, and its letters; None where there are none."""
    desc = getattr(base, "desc", None)
    if desc is not None and np.size(desc) == size and np.ndim(desc) == 2:
        rows, columns = np.shape(desc)
        return (rows, columns), np.asarray(desc).astype("U1").ravel()
    shape = getattr(base, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and shape[0] * shape[1] == size:
        return (int(shape[0]), int(shape[1])), None
    return None, None
