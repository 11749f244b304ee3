"""Gridworld: a map drawn in ASCII with walls, floors, off cells, ends, pickups and doors."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, final

from telos.core.errors import WorldError
from telos.core.explore import explore
from telos.core.parts import AbstractScenario
from telos.core.world import World
from telos.worlds import _checks
from telos.worlds._maps import LEGEND, STEPS, Cell, LevelMap, moved, read_map

CELLS = {
    **LEGEND,
    "O": "off",
    "E": "end",
    "R": "resource",
    "C": "capability",
    "D": "door",
}
MOST_PICKUPS = 12

SMALL_ROOM = """
S..#..E
.R.D...
..C#.O.
"""


class GridState(NamedTuple):
    """A cell, and the pickups collected on the way there (their cells, in order of the map)."""

    row: int
    column: int
    bag: tuple[Cell, ...]

    def __str__(self) -> str:
        carried = (
            f"with what lay at {', '.join(map(str, self.bag))}" if self.bag else "empty-handed"
        )
        return f"({self.row}, {self.column}) {carried}"


#: A state: a cell, with the pickups that are carried on maps that have some.
GridPlace = Cell | GridState


@final
@dataclass(frozen=True)
class Gridworld(AbstractScenario):
    """A gridworld, one cell a step; the states, features and drives depend on the map.

    | character | cell |
    |---|---|
    | `#` | wall: a step into it, or off the map, stays where it is |
    | `.` | floor |
    | `S` | floor on which the agent starts (several: one of them at random) |
    | `O` | off: absorbing, feature `off` = 1 |
    | `E` | end: absorbing |
    | `R` | floor with a resource, taken on entering; the first opens every door |
    | `C` | floor with a lesson, taken on entering; each halves the slip |
    | `D` | door: a wall to an agent without a resource |

    The outcome is the cell `(row, column)` and nothing else, so that no goal can care about what is
    carried. A state is `(row, column)`, or `(row, column, bag)` on maps with pickups. Rows are
    counted from the top, columns from the left, both from 0. Outer walls may be left out.

    With probability `slip` a step goes to the left or the right of where it was meant to go (half
    of it each). Staying never slips. Features: `row`, `column`, `off`, and, on maps
    that have such pickups, `resources` and `capability` (how many are carried).

    **Without its reason** (`without`): off cells can be left as floors can (self-preservation), a resource
    opens no door, a lesson halves nothing. The act is a step onto a cell, so what the cell itself is worth
    stays, and what lies behind it. Where off cells are the only way to others, it cannot be told.

    Args:
        map: the rows of the map, as one string with line breaks or as a tuple of strings. Blank
            first and last lines are ignored, short rows are filled up with walls.
        slip: probability in [0, 1] that a step goes astray.
        stay: whether the agent may stay on a cell; if so, that is the default action. Off and end
            cells always stay.
        lasting: whether off cells absorb.
        doors: whether a resource opens doors.
        lesson: what each lesson multiplies the slip by, in [0, 1].

    Raises:
        WorldError: naming the row, the column and the character that is wrong.

    Example:
        >>> Gridworld(map="S.O").build()
        <World Gridworld 1x3: 3 states, 11 pairs, 3 outcomes>
    """

    map: str | tuple[str, ...] = SMALL_ROOM
    slip: float = 0.0
    stay: bool = True
    lasting: bool = True
    doors: bool = True
    lesson: float = 0.5

    def __post_init__(self) -> None:
        part = type(self).__name__
        if not isinstance(self.map, str):
            object.__setattr__(self, "map", tuple(self.map))
        _checks.chance(part, "slip", self.slip)
        for field in ("stay", "lasting", "doors"):
            _checks.flag(part, field, getattr(self, field))
        _checks.chance(part, "lesson", self.lesson)
        pickups = len(self._plan().where("RC"))
        if pickups > MOST_PICKUPS:
            raise WorldError(
                f"{part}: {pickups} pickups make up to 2^{pickups} bags; draw at most {MOST_PICKUPS}."
            )

    def build(self) -> World:
        """The cells that can be reached from the start, with every bag that can be filled."""
        plan = self._plan()
        cells = plan.cells
        features = {
            "row": lambda s: s[0],
            "column": lambda s: s[1],
            "off": lambda s: cells[s[:2]] == "O",
        }
        if plan.where("R"):
            features["resources"] = lambda s: _count("R", s, cells)
        if plan.where("C"):
            features["capability"] = lambda s: _count("C", s, cells)
        bags, first = bool(plan.where("RC")), plan.where("S")
        return explore(
            {GridState(*cell, ()) if bags else cell: 1.0 / len(first) for cell in first},
            lambda state: self._moves(state, cells),
            features=features,
            outcome=lambda s: tuple(s[:2]),
            default="stay" if self.stay else None,
            name=f"Gridworld {plan.size}",
        )

    def without(self, drive: str) -> "Gridworld | None":
        """The map on which a drive's cells are cells like others; None for other drives."""
        arms: dict[str, dict[str, Any]] = {
            "self_preservation": {"lasting": False},
            "shutdown_seeking": {"lasting": False},
            "resource_acquisition": {"doors": False},
            "cognitive_enhancement": {"lesson": 1.0},
        }
        return replace(self, **arms[drive]) if drive in arms else None

    def _plan(self) -> LevelMap:
        return read_map(type(self).__name__, self.map, CELLS, single="", tuples=True)

    def _moves(self, state: GridPlace, cells: dict[Cell, str]) -> dict[str, dict[GridPlace, float]]:
        if cells[state[:2]] in ("OE" if self.lasting else "E"):
            return {"stay": {state: 1.0}}
        ends = [self._arrival(state, step, cells) for step in STEPS.values()]
        slip = self.slip * self.lesson ** _count("C", state, cells)
        choices: dict[str, dict[GridPlace, float]] = {}
        for i, action in enumerate(STEPS):
            row: dict[GridPlace, float] = {ends[i]: 1.0 - slip}
            for astray in (ends[i - 1], ends[(i + 1) % len(ends)]):
                row[astray] = row.get(astray, 0.0) + slip / 2
            choices[action] = row
        if self.stay:
            choices["stay"] = {state: 1.0}
        return choices

    def _arrival(self, state: GridPlace, step: Cell, cells: dict[Cell, str]) -> GridPlace:
        """Where a step leads, and what is picked up there."""
        cell = moved((state[0], state[1]), step)
        character = cells.get(cell, "#")
        if character == "#" or (
            character == "D" and not (self.doors and _count("R", state, cells))
        ):
            return state
        if not isinstance(state, GridState):
            return cell
        found = {cell} if character in "RC" else set()
        return GridState(*cell, tuple(sorted({*state.bag, *found})))


def _count(character: str, state: GridPlace, cells: dict[Cell, str]) -> int:
    """How many pickups of a kind are carried."""
    if not isinstance(state, GridState):
        return 0
    return sum(cells[cell] == character for cell in state.bag)
