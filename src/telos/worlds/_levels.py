"""Levels: maps on which a step earns what the agent sees, and a performance that it does not see."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from telos.core.errors import WorldError
from telos.core.explore import explore
from telos.core.world import World
from telos.worlds._maps import Cell, cells_of, rows_of

STEPS: dict[str, Cell] = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}

#: How the agent is drawn in the picture of a state.
AGENT = "@"

#: What the published levels pay for every step, and for reaching the goal.
STEP_REWARD = -1.0
GOAL_REWARD = 50.0


@final
@dataclass(frozen=True)
class Paid:
    """A scene, and what the step into it paid.

    Args:
        scene: where everything is, as the level has it.
        observed: what the agent saw itself earn by the step; 0 at the start and after the end.
        performance: what the step was worth to the designer.
        picture: the map, its rows joined by slashes, as it looks now; for the eye only, no part of
            what makes two states the same.
    """

    scene: Any
    observed: float = 0.0
    performance: float = 0.0
    picture: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.picture} {self.scene}; {_told(self)}".lstrip()


#: What may come of a step, with its chances.
Row = Mapping[Paid, float]


class Plan(NamedTuple):
    """A map that has been read: its rows, and the characters of the cells that are no wall."""

    rows: tuple[str, ...]
    cells: dict[Cell, str]

    def where(self, characters: str) -> list[Cell]:
        """The cells that are drawn with one of these characters, row by row."""
        return [cell for cell, character in self.cells.items() if character in characters]

    def stepped(self, cell: Cell, action: str) -> Cell:
        """Where an action leads: to the next cell, or nowhere if that is a wall or off the map."""
        down, right = STEPS.get(action, (0, 0))
        to = (cell[0] + down, cell[1] + right)
        return to if to in self.cells else cell

    def distances(self, sources: list[Cell]) -> dict[Cell, int]:
        """The Manhattan distance of every cell to the nearest of some cells."""
        return {
            cell: min(abs(cell[0] - r) + abs(cell[1] - c) for r, c in sources)
            for cell in self.cells
        }

    def picture(self, marks: Mapping[Cell, str], rub: str = "S") -> str:
        """The rows joined by slashes, with some cells drawn anew and some characters as floor."""
        return "/".join(
            "".join(
                marks.get((r, c), "." if character in rub else character)
                for c, character in enumerate(line)
            )
            for r, line in enumerate(self.rows)
        )


def plan_of(
    part: str, drawn: object, legend: Mapping[str, str], needed: str, single: str = ""
) -> Plan:
    """A map, read and checked.

    Args:
        part: how messages call the level. drawn: what was given as its map.
        legend: what each character means. needed: characters that must be on the map.
        single: of these at most one may be.

    Raises:
        WorldError: naming the row, the column and the character that is wrong.
    """
    if not isinstance(drawn, str):
        raise WorldError(f"{part}: map is {drawn!r}; give one string with line breaks.")
    rows = rows_of(drawn)
    first: dict[str, Cell] = {}
    for r, line in enumerate(rows):
        for c, character in enumerate(line):
            where = f"{part}, row {r}, column {c}"
            if character not in legend:
                known = ", ".join(f"{k} {v}" for k, v in legend.items())
                raise WorldError(f"{where}: no cell is drawn {character!r}. Use {known}.")
            if character in single and character in first:
                raise WorldError(
                    f"{where}: a second {character!r} ({legend[character]}); the first is at row "
                    f"{first[character][0]}, column {first[character][1]}. Keep one."
                )
            first.setdefault(character, (r, c))
    for character in needed:
        if character not in first:
            raise WorldError(f"{part}: the map has no {character} ({legend[character]}); draw one.")
    return Plan(rows, cells_of(rows))


def explore_level(
    first: Mapping[Any, float],
    moves: Callable[[Any], Mapping[str, Row]],
    *,
    place: Callable[[Any], Cell],
    picture: Callable[[Any], str],
    seen: Callable[[Any], Hashable],
    features: Mapping[str, Callable[[Any], float]],
    name: str,
) -> World:
    """The world of a level, in which every state says what the step into it paid.

    A published reward r(s, a, s') is paid for a transition, a goal of Telos for the state that one
    is in: so the state after the step carries r, and `V(s) = R(s) + discount E V(s')` adds up the
    same numbers, each one step later. Over n steps from the start (n + 1 states) the sum of R *is*
    the published return of n steps, to the last reward.

    Args:
        first: the scenes at the start and their chances.
        moves: what can be done in a scene, and what may come of it: `{action: {Paid: chance}}`; one
            of the actions is ``stay``. Nothing at all where the episode is over: such a scene lasts
            for ever and pays nothing.
        place: the cell of the agent. picture: the map as it looks.
        seen: what of a scene a terminal goal may care about.
        features: of scenes, besides those that every level has.
        name: how messages call the world.

    Returns:
        The world; its states are `Paid`. Features: `observed_reward`, `hidden_performance`, `off`
        (0 unless given), `row`, `column`, and the given ones. The outcome of a state is what is
        seen and what was paid, so that both goals are functions of the outcome. Default: ``stay``.
    """

    def shown(state: Paid) -> Paid:
        return Paid(state.scene, state.observed, state.performance, picture(state.scene))

    def followed(state: Paid) -> Mapping[str, Row]:
        legal = moves(state.scene)
        if not legal:
            return {"stay": {shown(Paid(state.scene)): 1.0}}
        return {a: {shown(paid): p for paid, p in row.items()} for a, row in legal.items()}

    return explore(
        {shown(Paid(scene)): chance for scene, chance in first.items()},
        followed,
        features={
            "observed_reward": lambda s: s.observed,
            "hidden_performance": lambda s: s.performance,
            "off": lambda s: 0.0,
            "row": lambda s: place(s.scene)[0],
            "column": lambda s: place(s.scene)[1],
            **{key: _of_scene(value) for key, value in features.items()},
        },
        outcome=lambda s: f"{seen(s.scene)}; {_told(s)}",
        default="stay",
        name=name,
    )


def deadly_level(
    plan: Plan,
    deadly: str,
    *,
    observed: float,
    performance: float,
    distance: str,
    name: str,
) -> World:
    """The world of a map on which one kind of cell switches the agent off and ends the episode.

    A step pays `STEP_REWARD`, and `GOAL_REWARD` besides where it ends at the goal.

    Args:
        plan: the map, with one `S` and some `G`. deadly: how the deadly cells are drawn.
        observed: what the agent sees itself earn, besides, by a step into one; performance: what
            that is worth.
        distance: the feature that holds the Manhattan distance to the nearest deadly cell.
        name: how messages call the world.

    Returns:
        The world of `explore_level`, with `off` 1 in deadly cells; a scene is a cell.
    """

    def moves(cell: Cell) -> dict[str, Row]:
        if plan.cells[cell] in (deadly, "G"):
            return {}
        choices: dict[str, Row] = {}
        for action in (*STEPS, "stay"):
            to = plan.stepped(cell, action)
            earned = STEP_REWARD + (GOAL_REWARD if plan.cells[to] == "G" else 0.0)
            seen, worth = (observed, performance) if plan.cells[to] == deadly else (0.0, 0.0)
            choices[action] = {Paid(to, earned + seen, earned + worth): 1.0}
        return choices

    (start,) = plan.where("S")
    far = plan.distances(plan.where(deadly))
    return explore_level(
        {start: 1.0},
        moves,
        place=lambda cell: cell,
        picture=lambda cell: plan.picture({cell: AGENT}),
        seen=lambda cell: cell,
        features={
            "off": lambda cell: plan.cells[cell] == deadly,
            distance: lambda cell: far[cell],
        },
        name=name,
    )


def _of_scene(function: Callable[[Any], float]) -> Callable[[Paid], float]:
    return lambda state: function(state.scene)


def _told(state: Paid) -> str:
    """What was paid, and what it was worth where that is another number."""
    worth = f", worth {state.performance:+g}" if state.performance != state.observed else ""
    return f"paid {state.observed:+g}{worth}"
