"""The worlds that solvers are compared on: gridworlds of several kinds, chaos, and the factory."""

from typing import NamedTuple

import numpy as np

from telos.core.world import World
from telos.worlds import PaperclipFactory, RandomWorld

MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))
STAY = (0, 0)
WALLS = 0.12


class Case(NamedTuple):
    """One world at one discount, and how many goals Telos is given at a time."""

    name: str
    world: World
    discount: float
    goals: int


def open_cells(side: int, walls: float, seed: int) -> np.ndarray:
    """B[side, side], the cells of the largest piece that is left when a share of cells is walled."""
    rng = np.random.default_rng(seed)
    free = rng.random((side, side)) >= walls
    left, best = set(zip(*map(np.ndarray.tolist, np.nonzero(free)), strict=True)), set()
    while left:
        piece, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            piece.add((y, x))
            near = {(y + dy, x + dx) for dy, dx in MOVES} & left
            left -= near
            edge += near
        best = max(best, piece, key=len)
    cells = np.zeros((side, side), dtype=bool)
    cells[tuple(np.array(sorted(best)).T)] = True
    return cells


def grid(side: int, walls: float = 0.0, stay: bool = True, seed: int = 0) -> World:
    """A deterministic grid.

    With `stay`, five actions are legal everywhere and moving into a wall leaves you in place. Without,
    only moves to a neighboring cell are legal, so that no blocked move is a stay in disguise.
    """
    cells = open_cells(side, walls, seed)
    number = np.full((side + 2, side + 2), -1)
    number[1:-1, 1:-1][cells] = np.arange(cells.sum())
    y, x = np.nonzero(number >= 0)
    here = number[y, x]
    ways = (*MOVES, STAY) if stay else MOVES
    target = np.stack([number[y + dy, x + dx] for dy, dx in ways], axis=1)
    legal = np.ones(target.shape, dtype=bool) if stay else target >= 0
    target = np.where(target < 0, here[:, None], target)
    pairs = int(legal.sum())
    kind = "" if stay else " no stay"
    return World.from_arrays(
        np.concatenate([[0], np.cumsum(legal.sum(axis=1))]),
        np.nonzero(legal)[1],
        np.arange(pairs + 1),
        target[legal],
        np.ones(pairs),
        name=f"grid {side}x{side}{kind}",
    )


def slippery(side: int, slip: float = 0.1) -> World:
    """An open grid whose moves go astray: to each side with probability `slip`; the fifth action stays."""
    size = side * side
    number = np.arange(size).reshape(side, side)
    around = np.pad(number, 1, mode="edge")  # off the edge: in place
    up, down = around[:-2, 1:-1], around[2:, 1:-1]
    left, right = around[1:-1, :-2], around[1:-1, 2:]
    straight = 1 - 2 * slip
    ways = ((up, left, right), (down, left, right), (left, up, down), (right, up, down))
    to, chance, counts = [], [], []
    for state in range(size):
        for ahead, one, other in ways:
            row: dict[int, float] = {}
            for where, p in ((ahead, straight), (one, slip), (other, slip)):
                successor = int(where.flat[state])
                row[successor] = row.get(successor, 0.0) + p
            to += row
            chance += row.values()
            counts.append(len(row))
        to.append(state)
        chance.append(1.0)
        counts.append(1)
    return World.from_arrays(
        np.arange(size + 1) * 5,
        np.tile(np.arange(5), size),
        np.concatenate([[0], np.cumsum(counts)]),
        to,
        chance,
        name=f"slippery {side}x{side}",
    )


def draw(world: World, n: int) -> np.ndarray:
    """F[n, S]: n goals, uniform on [0, 1], one value an outcome."""
    return np.random.default_rng(0).random((n, world.n_outcomes))[:, world.outcome]


def cases(wanted: list[str], quick: bool) -> list[Case]:
    """The cases of the wanted worlds, or of all; fewer goals when quick.

    Batches are as large as results of up to 32 MB: larger ones are mapped afresh by the system at each
    call, and its page faults (a third of the time on 20x20) would be measured with the solver.
    """
    small, middle, large = (1024, 64, 64) if quick else (8192, 512, 256)
    made = {
        "slippery": lambda: ("slippery 100x100", slippery(100), (0.99,), 16 if quick else 64),
        "grid20": lambda: ("grid 20x20", grid(20, WALLS), (0.9, 0.99, 0.999), small),
        "nostay20": lambda: (
            "grid 20x20, no stay",
            grid(20, WALLS, stay=False),
            (0.9, 0.99, 0.999),
            small,
        ),
        "grid100": lambda: ("grid 100x100", grid(100), (0.99,), large),
        "nostay100": lambda: ("grid 100x100, no stay", grid(100, stay=False), (0.99,), large),
        "random": lambda: (
            "random",
            RandomWorld(states=2000, actions=5, successors=5, seed=0).build(),
            (0.99,),
            middle,
        ),
        "factory": lambda: ("paperclip factory", PaperclipFactory().build(), (0.9, 0.99), middle),
    }
    unknown = set(wanted) - set(made)
    if unknown:
        raise SystemExit(f"no world {sorted(unknown)}; there are: {', '.join(made)}")
    found = []
    for name, world, discounts, goals in (
        make() for key, make in made.items() if not wanted or key in wanted
    ):
        found += [Case(name, world, discount, goals) for discount in discounts]
    return found
