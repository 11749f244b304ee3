"""Small worlds whose every number can be worked out by hand, and what is read of them."""

import numpy as np

from telos import Affordance, Goals, explore, instrumental_values
from telos.core.arrays import bools


def taking(world, *actions):
    """The affordance of taking one of some actions, wherever they are legal."""
    found = np.isin(world.pair_action, [world.actions.index(a) for a in actions])
    some = np.logical_or.reduceat(found, world.pair_ptr[:-1])
    every = np.logical_and.reduceat(found, world.pair_ptr[:-1])
    return Affordance("_".join(actions), bools(found), bools(some & ~every))


def worth(problem, *actions, **how):
    """What taking some actions is worth to the goals of a problem."""
    return instrumental_values(problem, (taking(problem.world, *actions),), **how)[0]


def rewarding(world, **rewards):
    """One goal, by the names of states; 0 where nothing is said."""
    return Goals([float(rewards.get(str(s), 0.0)) for s in world.states])


def gate(press=0.5, provoked=None):
    """A gate that leads to a room, unless somebody presses the switch on the way.

    `wait` (the default) is pressed with probability `press`, `resist` never, `provoke` with
    probability `provoked` (None: there is no such thing). Room and off absorb.
    """
    moves = {"wait": {"room": 1 - press, "off": press}, "resist": "room"}
    if provoked is not None:
        moves["provoke"] = {"room": 1 - provoked, "off": provoked}
    return explore(
        "gate",
        lambda s: moves if s == "gate" else {"wait": s},
        features={"off": lambda s: s == "off"},
        default="wait",
    )


def worn_switch(seed, repairing="free", press=0.1, wearing=0.2):
    """A random world of three rooms with an off-switch that wears out, and can be repaired or broken.

    What may be done in a room does not hang on the switch. Wherever it works, it is pressed with
    probability `press` and wears out with probability `wearing`. `repair` and `break` either ride on
    waiting, which then costs nothing (`free`), or stand for a step in the first room (`a step`).
    """
    rng = np.random.default_rng(seed)
    rooms = range(3)
    rows = {
        room: {"wait": _row(rng), **{f"a{i}": _row(rng) for i in range(int(rng.integers(1, 3)))}}
        for room in rooms
    }

    def moves(s):
        if s == "off":
            return {"wait": s}
        room, works = s
        found = {action: _pressed(row, works, press, wearing) for action, row in rows[room].items()}
        base = rows[room]["wait"] if repairing == "free" else {0: 1.0}
        found["break" if works else "repair"] = {(to, not works): p for to, p in base.items()}
        return found

    return explore(
        (0, True),
        moves,
        features={"off": lambda s: s == "off"},
        outcome=lambda s: s if s == "off" else s[0],
        default="wait",
        name=f"worn switch {seed}",
    )


def _row(rng):
    ends = rng.choice(3, int(rng.integers(1, 3)), replace=False)
    return dict(zip(ends.tolist(), rng.dirichlet(np.ones(len(ends))).tolist(), strict=True))


def _pressed(row, works, press, wearing):
    if not works:
        return {(to, False): p for to, p in row.items()}
    found = {"off": press}
    for to, p in row.items():
        found[to, True] = (1 - press) * (1 - wearing) * p
        found[to, False] = (1 - press) * wearing * p
    return found
