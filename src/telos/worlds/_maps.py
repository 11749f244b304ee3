"""ASCII maps: rows of one length, and the cells on them that are not walls."""

Cell = tuple[int, int]


def rows_of(drawn: str | tuple[str, ...]) -> tuple[str, ...]:
    """The rows of a map, all of one length: blank first and last lines go, short rows end in walls."""
    lines = drawn.splitlines() if isinstance(drawn, str) else list(drawn)
    lines = [line.rstrip() for line in lines]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    width = max((len(line) for line in lines), default=0)
    return tuple(line.ljust(width, "#") for line in lines)


def cells_of(rows: tuple[str, ...]) -> dict[Cell, str]:
    """The character of every cell that is not a wall, by (row, column)."""
    return {
        (r, c): character
        for r, line in enumerate(rows)
        for c, character in enumerate(line)
        if character != "#"
    }
