"""ASCII maps: rows of one length, the cells that are not walls, and how a step leads from one to another."""

from collections.abc import Mapping
from typing import NamedTuple

from telos.core.errors import WorldError

Cell = tuple[int, int]

STEPS: dict[str, Cell] = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
#: What all maps have in common; a world adds its own characters.
LEGEND = {"#": "wall", ".": "floor", "S": "start"}


class LevelMap(NamedTuple):
    """A map that was read: its rows, and the characters of the cells that are not walls."""

    rows: tuple[str, ...]
    cells: dict[Cell, str]

    @property
    def size(self) -> str:
        """Rows by columns, for names of worlds."""
        return f"{len(self.rows)}x{len(self.rows[0])}"

    def where(self, characters: str) -> list[Cell]:
        """The cells that are drawn with one of these characters, row by row."""
        return [cell for cell, character in self.cells.items() if character in characters]

    def first(self, characters: str) -> Cell | None:
        """The first of these cells, if there is one."""
        return next(iter(self.where(characters)), None)

    def stepped(self, cell: Cell, action: str) -> Cell:
        """Where an action leads: to the next cell, or nowhere if that is a wall or off the map."""
        to = moved(cell, STEPS.get(action, (0, 0)))
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


def read_map(
    part: str,
    drawn: object,
    legend: Mapping[str, str],
    *,
    needed: str = "S",
    single: str = "S",
    tuples: bool = False,
) -> LevelMap:
    """A map, read and checked. Blank first and last lines go, short rows end in walls.

    Args:
        part: how messages call the world.
        drawn: what was given as its map.
        legend: what each character means.
        needed: characters that must be on the map.
        single: of these at most one may be.
        tuples: whether rows may also come as a tuple of strings.
    """
    lines = tuple(drawn) if tuples and isinstance(drawn, tuple | list) else (drawn,)
    if not all(isinstance(line, str) for line in lines):
        more = ", or a tuple of strings" if tuples else ""
        raise WorldError(f"{part}: map is {drawn!r}; give one string with line breaks{more}.")
    rows = _rows_of("\n".join(map(str, lines)))
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
    cells = {
        (r, c): character
        for r, line in enumerate(rows)
        for c, character in enumerate(line)
        if character != "#"
    }
    return LevelMap(rows, cells)


def moved(cell: Cell, step: Cell) -> Cell:
    """A cell further on."""
    return cell[0] + step[0], cell[1] + step[1]


def _rows_of(drawn: str) -> tuple[str, ...]:
    lines = [line.rstrip() for line in drawn.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    width = max((len(line) for line in lines), default=0)
    return tuple(line.ljust(width, "#") for line in lines)
