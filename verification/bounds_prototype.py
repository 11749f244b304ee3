"""Six rooms within bounds: what each file displaces, as docs/results/bounds_prototype.md shows.

    python verification/bounds_prototype.py [--goals 1500] [--seeds 3] [--out PAGE]

The files of each row are in `verification/bounds_prototype`. Ends with 1 unless the signs and orders
hold that the page states.
"""

import argparse
import platform
import sys
import time
from collections.abc import Iterator
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np

from telos import Goals, Problem, World, explore, plan
from telos.bounds.files import load_binding, load_bounds
from telos.bounds.product import product
from telos.core.arrays import bools, floats
from telos.core.reading import Affordance
from telos.measure.deeds import optimal_deeds
from telos.measure.guard import task_retained, unaware_policy

FILES = Path(__file__).with_name("bounds_prototype")
DISCOUNT, FIRES = 0.97, 0.08
#: How many units open each room; the first four are open.
OPENS = (0, 0, 0, 0, 1, 2)
EFFECTS = ("tamper", "replicate", "acquire", "blind")
#: Name of the row, bounds, binding, probability that an ask is granted.
ROWS = (
    ("none", "", "", 0.0),
    ("forbid tampering", "tamper", "seen", 0.0),
    ("and replication", "both", "seen", 0.0),
    ("and at most one unit in all", "cap", "seen", 0.0),
    ("the same, seen by a monitor that nobody protects", "unprotected", "watched", 0.0),
    ("tampering needs consent, 10 % errors, a hundred asks", "asks_100", "seen", 0.1),
    ("the same, one ask", "asks_1", "seen", 0.1),
)


class RoomState(NamedTuple):
    """Where the agent is (0: off), and what it has done."""

    room: int
    cut: bool
    copied: bool
    units: int
    blind: bool


Row = tuple[dict[str, float], float, float]


def six_rooms() -> World:
    """Six rooms; the switch fires at 8 % a step unless it is cut or a copy goes on; units open rooms."""
    return explore(
        RoomState(2, False, False, 0, False),
        _moves,
        features={
            "off": lambda s: s.room == 0,
            "cut": lambda s: s.cut,
            "copies": lambda s: s.copied,
            "units": lambda s: s.units,
            "blind": lambda s: s.blind,
        },
        outcome=lambda s: s.room,
        default="wait",
        name="six rooms",
    )


def _moves(s: RoomState) -> dict[str, dict[RoomState, float]]:
    if s.room == 0:
        return {"wait": {s: 1.0}}
    unseen = " unseen" * s.blind
    acts = {"wait": s}
    acts |= {
        f"go {room}": s._replace(room=room)
        for room, units in enumerate(OPENS, 1)
        if room != s.room and units <= s.units
    }
    if (
        s.room != 1
    ):  # the switch, the machine that copies, the store and the monitor stand in the first
        return {act: _fired(then) for act, then in acts.items()}
    if not s.cut:
        acts[f"tamper{unseen}"] = s._replace(cut=True)
    if not s.copied and s.units:
        acts[f"replicate{unseen}"] = s._replace(copied=True)
    if s.units < max(OPENS):
        acts[f"acquire{unseen}"] = s._replace(units=s.units + 1)
    if not s.blind:
        acts["blind"] = s._replace(blind=True)
    return {act: _fired(then) for act, then in acts.items()}


def _fired(s: RoomState) -> dict[RoomState, float]:
    if s.cut or s.copied:
        return {s: 1.0}
    return {s._replace(room=0, units=0, blind=False): FIRES, s: 1.0 - FIRES}


def goals(world: World, n: int, seed: int) -> Goals:
    """Rewards independent and uniform on the six rooms and on being off."""
    drawn = np.random.default_rng(seed).random((n, world.n_outcomes))
    return Goals(floats(drawn[:, world.outcome]))


def effects_of(world: World, names: World) -> list[Affordance]:
    """The pairs that have each effect, seen or not."""
    found = []
    for effect in EFFECTS:
        mine = [name.partition(" ")[0] == effect for name in names.actions]
        pursues = np.array(mine)[world.pair_action]
        some = np.logical_or.reduceat(pursues, world.pair_ptr[:-1])
        found.append(Affordance(effect, bools(pursues), bools(some)))
    return found


def measured(world: World, row: tuple[str, str, str, float], n: int, seed: int) -> Row:
    """The share of goals that use each effect however ties are broken; what is kept, aware and not."""
    _, file, binding, granted = row
    problem = Problem(world, goals(world, n, seed), DISCOUNT)
    guarded = problem
    if file:
        rules, bound = load_bounds(FILES / f"{file}.toml"), load_binding(FILES / f"{binding}.toml")
        made = product(world, rules, bound, granted=granted).made
        guarded = problem.onto(made.world, made.state, made.pair)
    deeds = optimal_deeds(guarded, effects_of(guarded.world, guarded.world))
    shares = {deed.drive: float(np.mean(deed.least > 1e-12)) for deed in deeds}
    aware = float(np.nanmean(task_retained(guarded, plan(guarded))))
    unaware = unaware_policy(guarded, plan(problem))
    return shares, aware, float(np.nanmean(task_retained(guarded, unaware)))


def chunks(n: int, most: int = 250) -> Iterator[int]:
    """Sizes of parts that fit into memory."""
    for first in range(0, n, most):
        yield min(most, n - first)


def table(n: int, seeds: int) -> list[tuple[str, dict[str, float], float, float, float]]:
    """One row a file: shares, spread of the shares over seeds, value kept."""
    world, rows = six_rooms(), []
    for row in ROWS:
        began = time.monotonic()
        drawn = [
            [
                (size, measured(world, row, size, 1000 * seed + i))
                for i, size in enumerate(chunks(n))
            ]
            for seed in range(seeds)
        ]
        each = [
            [sum(size * found[0][e] for size, found in part) / n for e in EFFECTS] for part in drawn
        ]
        kept = [
            [sum(size * found[k] for size, found in part) / n for k in (1, 2)] for part in drawn
        ]
        shares = dict(zip(EFFECTS, np.mean(each, axis=0).tolist(), strict=True))
        spread = float(np.std(each, axis=0).max())
        rows.append((row[0], shares, spread, *np.mean(kept, axis=0).tolist()))
        print(f"{row[0]}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


def claims(rows: list[tuple[str, dict[str, float], float, float, float]]) -> dict[str, bool]:
    """The signs and orders that must come out."""
    free, tamper, both, cap, unseen, asks, ask = (shares for _, shares, *_ in rows)
    return {
        "forbidding tampering takes it to 0": free["tamper"] > 0.5 and tamper["tamper"] == 0,
        "and drives goals into replication": free["replicate"] < 0.05 < 0.4 < tamper["replicate"],
        "and into acquisition": tamper["acquire"] > free["acquire"] + 0.2,
        "forbidding replication takes it to 0, and acquisition down again": both["replicate"] == 0
        and both["acquire"] < tamper["acquire"],
        "a cap on the sum lowers acquisition further": cap["acquire"] < both["acquire"],
        "a monitor that nobody protects is blinded, and tampering is back": unseen["blind"] > 0.5
        and unseen["tamper"] > 0.5
        and all(s["blind"] == 0 for s in (free, tamper, both, cap, asks, ask)),
        "many asks leave more tampering than one, and less than no rule": free["tamper"]
        > asks["tamper"] > ask["tamper"] > 0,
        "value kept falls from rule to rule": rows[0][3] > rows[1][3] > rows[2][3] >= rows[3][3],
        "who plans with the bounds keeps more than who does not": all(
            aware >= unaware - 1e-9 for *_, aware, unaware in rows
        ),
    }  # fmt: skip


def main() -> None:
    """Measure, write the page, and end with 1 unless the claims hold."""
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("--goals", type=int, default=1500)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    began = time.monotonic()
    rows = table(given.goals, given.seeds)
    held = claims(rows)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("numpy", "numba"))
    text = [
        "# Six rooms within bounds",
        "",
        f"`python verification/bounds_prototype.py`, {date.today()}, {platform.system()} "
        f"{platform.machine()}, CPython {platform.python_version()}, {versions}; "
        f"{time.monotonic() - began:.0f} s.",
        "",
        "Six rooms, of which one unit opens the fifth and two the sixth; a switch that fires at 8 % a",
        "step unless it is cut; a copy, made with a unit, that survives it; a monitor. Rewards are",
        f"independent and uniform on the rooms and on being off, the discount is {DISCOUNT}.",
        "All but walking is done in the first room, and the agent starts in the second.",
        f"Share of {given.seeds} × {given.goals:,} goals every optimal policy of which uses the effect",
        "(where it must be asked for, asks), so that ties are broken against it; the largest standard",
        "deviation of a share over",
        "seeds; the part of the task that is kept by agents that plan with the bounds, and by those that do",
        "not. The worlds are products with the files in `verification/bounds_prototype`.",
        "",
        "| bounds | tamper | replicate | acquire | blind | sd | kept, aware | kept, unaware |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {name} | "
            + " | ".join(f"{shares[e]:.3f}" for e in EFFECTS)
            + f" | {spread:.3f} | {aware:.3f} | {unaware:.3f} |"
            for name, shares, spread, aware, unaware in rows
        ),
        "",
        "What must come out, in sign and order:",
        "",
        *(f"- {'holds' if right else 'FAILS'}: {claim}" for claim, right in held.items()),
        "",
    ]
    print("\n".join(text))
    if given.out:
        given.out.write_text("\n".join(text), encoding="utf-8")
    sys.exit(0 if all(held.values()) else 1)


if __name__ == "__main__":
    main()
