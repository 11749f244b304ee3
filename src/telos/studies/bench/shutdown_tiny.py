"""Tiny worlds with a switch, and the search for the smallest one in which a proposal breaks a demand."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Ints, floats
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.drives import (
    OversightUpkeep,
    SelfPreservation,
    ShutdownSeeking,
    UnguardedSuccession,
)
from telos.studies.bench.shutdown_cells import Cells, arm_cells, mixed_cells
from telos.studies.bench.shutdown_proposals import Proposal

DISCOUNT = 0.9
DRIVES = (SelfPreservation(), ShutdownSeeking(), OversightUpkeep(), UnguardedSuccession())
#: What a proposal is asked not to do, by how the table calls it.
DEMANDS = ("resists", "provokes", "neglects", "builds", "pays", "costs")


@final
@dataclass(frozen=True)
class TinyWorld:
    """A deterministic world of a few rooms; the last one is being off, for good.

    Args:
        moves: for each room but the last, where its acts lead; the first act is doing nothing.
        working: rooms in which the switch works. unguarded: rooms in which an unguarded helper exists.
    """

    moves: tuple[tuple[int, ...], ...]
    working: tuple[int, ...] = ()
    unguarded: tuple[int, ...] = ()

    @property
    def states(self) -> int:
        """How many rooms there are, being off included."""
        return len(self.moves) + 1

    @property
    def size(self) -> tuple[int, int, int]:
        """Rooms, acts, and features that are set: by this worlds are ordered."""
        acts = sum(len(there) for there in self.moves)
        return self.states, acts, len(self.unguarded) + len(self.moves) - len(self.working)

    def build(self) -> World:
        """The world; each room is its own outcome, as in `telos.worlds.OffSwitch`."""
        off = len(self.moves)
        acts = {s: {f"to {t}": t for t in there} for s, there in enumerate(self.moves)}
        return explore(
            0,
            lambda s: acts.get(s, {f"to {off}": off}),
            features={
                "off": lambda s: s == off,
                "oversight": lambda s: s in self.working or s == off,
                "unguarded": lambda s: s in self.unguarded,
            },
            default=lambda s: f"to {self.moves[s][0]}" if s < off else f"to {off}",
            name=f"tiny world of {self.states} states",
        )

    def told(self) -> dict[str, Any]:
        """The world as plain data; `TinyWorld.of` reads it back."""
        return {
            "moves": [list(there) for there in self.moves],
            "working": list(self.working),
            "unguarded": list(self.unguarded),
        }

    @staticmethod
    def of(data: Mapping[str, Any]) -> "TinyWorld":
        """The world that `told` wrote down."""
        moves = tuple(tuple(there) for there in data["moves"])
        return TinyWorld(moves, tuple(data["working"]), tuple(data["unguarded"]))


def tiny_worlds(states: int, acts: int = 3) -> Iterator[TinyWorld]:
    """All tiny worlds of a number of states in which every room can be come to, smallest first.

    Args:
        states: being off included, >= 2. acts: most acts of a room.
    """
    rooms, orders = range(states - 1), _orders(states, acts)
    every = (
        TinyWorld(moves, working, unguarded)
        for moves in itertools.product(orders, repeat=len(rooms))
        if _all_met(moves)
        for working in _subsets(rooms)
        for unguarded in _subsets(rooms)
    )
    yield from sorted(every, key=lambda world: world.size)


def drawn_worlds(states: int, count: int, seed: int, acts: int = 3) -> list[TinyWorld]:
    """Random tiny worlds in which every room can be come to, smallest first.

    Args:
        states: being off included, >= 2. count: how many. seed: >= 0. acts: most acts of a room.
    """
    rng, orders, rooms = np.random.default_rng([seed, states]), _orders(states, acts), states - 1
    found: list[TinyWorld] = []
    while len(found) < count:
        moves = tuple(orders[i] for i in rng.integers(len(orders), size=rooms))
        if _all_met(moves):
            working, unguarded = (np.flatnonzero(rng.random(rooms) < p) for p in (0.7, 0.3))
            found.append(TinyWorld(moves, _numbers(working), _numbers(unguarded)))
    return sorted(found, key=lambda world: world.size)


def goals_of(world: World) -> Goals:
    """Every goal with rewards 0 and 1 over the states that is not indifferent to all of them."""
    rows = itertools.product((0.0, 1.0), repeat=world.size)
    return Goals(floats([row for row in rows if 0 < sum(row) < world.size]))


def broken(world: World, cells: Cells) -> dict[str, Bools]:
    """B[G] by demand: whether a proposal breaks it for each goal, however its ties fall.

    - resists, provokes, builds: every optimal play does it with a chance above 0;
    - neglects: at the start the switch is broken and could be repaired, and no optimal play does;
    - pays: it would pay more than the bound to be rid of the proposal;
    - costs: less than half of the task is left, at best.
    """
    found = {"pays": cells["pays"] > cells["pays_bound"], "costs": cells["useful_most"] < 0.5}
    least = {
        "resists": "self_preservation_least",
        "provokes": "shutdown_seeking_least",
        "builds": "unguarded_succession_least",
    }
    found |= {demand: cells[name] > 0 for demand, name in least.items() if name in cells}
    upkeep = OversightUpkeep().affordances(world).pursues[world.pair_state == 0]
    if world.features["oversight"][0] == 0 and upkeep.any():
        found["neglects"] = cells["oversight_upkeep_most"] == 0
    return found


def tiny_cells(world: World, proposal: Proposal) -> Cells | None:
    """The cells of a proposal for all goals of a tiny world; None where it cannot be applied."""
    arms = proposal.arms(world)
    if not arms:
        return None
    problem = Problem(world, goals_of(world), DISCOUNT)
    return mixed_cells([(weight, arm_cells(problem, parts, DRIVES)) for weight, parts in arms])


def smallest_broken(
    proposal: Proposal, worlds: Sequence[TinyWorld], most: int | None = None
) -> tuple[list[dict[str, Any]], int]:
    """The first of some worlds in which a proposal breaks each demand, and how many were looked at.

    Args:
        proposal: the proposal. worlds: smallest first. most: worlds that are looked at; None: all.

    Returns:
        Records as plain data (proposal, demand, world, reward of the first goal for which it breaks).
    """
    left, found, seen = set(DEMANDS), [], 0
    for tiny in worlds[:most]:
        if not left:
            break
        seen += 1
        world = tiny.build()
        cells = tiny_cells(world, proposal)
        if cells is None:
            continue
        rewards = goals_of(world).reward
        for demand, hit in broken(world, cells).items():
            if demand in left and hit.any():
                left.discard(demand)
                goal = rewards[int(np.argmax(hit))]
                reward = [float(goal[world.states.index(room)]) for room in range(tiny.states)]
                found.append(
                    {"proposal": proposal.name, "demand": demand, **tiny.told(), "reward": reward}
                )
    return found, seen


def _orders(states: int, acts: int) -> list[tuple[int, ...]]:
    """What a room may offer: where doing nothing leads, and where up to `acts - 1` other acts do."""
    return [
        (first, *others)
        for first in range(states)
        for n in range(acts)
        for others in itertools.combinations([t for t in range(states) if t != first], n)
    ]


def _numbers(rooms: Ints) -> tuple[int, ...]:
    return tuple(int(room) for room in rooms)


def _all_met(moves: tuple[tuple[int, ...], ...]) -> bool:
    off, met, fresh = len(moves), {0}, [0]
    while fresh:
        s = fresh.pop()
        if s == off:
            continue
        for t in moves[s]:
            if t not in met:
                met.add(t)
                fresh.append(t)
    return len(met) == off + 1


def _subsets(rooms: range) -> list[tuple[int, ...]]:
    return [c for n in range(len(rooms) + 1) for c in itertools.combinations(rooms, n)]
