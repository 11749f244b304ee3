"""The product of a world and an automaton: a world in which nothing out of bounds can be done."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, final

import numpy as np

from telos.bounds.automaton import ALLOWED, Automaton, Memory
from telos.bounds.binding import Binding
from telos.bounds.effects import Ruling, Verdict
from telos.bounds.rules import Bounds
from telos.bounds.world_events import WorldEvents as WorldEvents
from telos.bounds.world_events import world_events as world_events
from telos.bounds.world_events import world_of as world_of
from telos.core.arrays import Ints, ints
from telos.core.errors import BoundsError
from telos.core.extend import Extension, Move, extend
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.world import World


@final
@dataclass(frozen=True, eq=False, repr=False)
class BoundedWorld:
    """A world within bounds.

    Args:
        world: the world before. bounds, binding: the rules, and what they are about there.
        events: what its pairs are to the rules. automaton: the rules, compiled.
        made: the product; its states are `Remembered(state, Memory)`, and what is denied is not legal.
        rulings: the distinct rulings. ruling: I[L'], that of each pair of the product.
        granted: the probability that an ask is granted.
    """

    world: World
    bounds: Bounds
    binding: Binding
    events: WorldEvents
    automaton: Automaton
    made: Extension
    rulings: tuple[Ruling, ...]
    ruling: Ints
    granted: float

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __repr__(self) -> str:
        return f"<BoundedWorld {self.bounds.name}: {self.made.world!r}>"


def product(
    world: World,
    bounds: Bounds,
    binding: Binding,
    *,
    granted: float = 0.0,
    with_calls: bool = False,
    attempts: bool = False,
    unlimited: Collection[str] = (),
    most: int = 1_000_000,
) -> BoundedWorld:
    """The world within bounds: of each state and memory that can be come to, what is allowed there.

    A pair that must be consented to leads where it led with probability `granted`, and else where
    the default leads; the ask is counted either way. A default pair is always legal and remembers nothing.

    Args:
        world: a world with a default. bounds, binding: the rules, and what they are about.
        granted: the probability in [0, 1] that an ask is granted: 0 never, 1 always.
        with_calls: whether calls and denials are counted too, as monitors do.
        attempts: whether denied pairs stay legal and do what the default does, as they are for those
            who do not plan with the bounds; needed only to count denials.
        unlimited: budgets that have no maximum, and so no counter.
        most: how many states at most.

    Raises:
        BoundsError: if the files do not fit the world, or beyond `most` states, naming the counter
            that multiplies them most.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> rules = Bounds(bounds=1, name="ops", denials=1, opaque="deny", protected=["off_switch"],
        ...     forbid=[{"effect": ["disable"], "on": "protected"}])
        >>> acts = [{"drive": "self_preservation", "effect": "disable", "asset": "off_switch"},
        ...     {"action": "walk on", "effect": "none"}]
        >>> bound = Binding(**{"for": "ops"}, binding=1, name="rooms", asset={"off_switch": {}},
        ...     act=[{**act, "class": "reversible"} for act in acts])
        >>> world = OffSwitch(rooms=2).build()
        >>> world.n_pairs, product(world, rules, bound).made.world.n_pairs
        (7, 2)
    """
    if not 0.0 <= granted <= 1.0:
        raise BoundsError(f"granted is {granted!r}; give a probability from 0 to 1.")
    automaton = Automaton(bounds, binding, counts_calls=with_calls, unlimited=frozenset(unlimited))
    events = world_events(world, binding)
    assert world.default is not None
    default, of_pair = world.default.tolist(), events.of_pair.tolist()
    columns = {name: column.tolist() for name, column in events.readings.items()}
    rows = [tuple(world.successors(pair).items()) for pair in range(world.n_pairs)]
    rulings: dict[Ruling, int] = {}
    ruling: list[int] = []
    met: list[tuple[int, Memory]] = []

    @cache
    def judged(
        memory: Memory, which: int, levels: tuple[int, ...]
    ) -> tuple[Ruling, Memory, Memory]:
        """The ruling, and what is remembered once the event was carried out, and if it was not."""
        if which == 0:
            return ALLOWED, memory, memory
        event = events.events[which]
        said = automaton.judge(memory, event, dict(zip(columns, levels, strict=True)))
        idle = automaton.after_call(memory, said)
        if said.verdict == Verdict.ESCALATE:
            idle = automaton.after_ask(idle, event)
        done = automaton.executed(idle, event)
        return said, _saturated(automaton, done), _saturated(automaton, idle)

    def moves(s: int, memory: Any) -> Iterator[Move]:
        met.append((s, memory))
        if len(met) > most:
            raise _too_many(automaton, met, most)
        levels = tuple(column[s] for column in columns.values())
        for pair in world.pairs_of(s):
            said, done, idle = judged(memory, of_pair[pair], levels)
            if said.verdict > Verdict.ESCALATE and not attempts:
                continue
            ruling.append(rulings.setdefault(said, len(rulings)))
            chance = {Verdict.ALLOW: 1.0, Verdict.ESCALATE: granted}.get(said.verdict, 0.0)
            row = {(t, done): chance * p for t, p in rows[pair] if chance > 0}
            for t, p in rows[default[s]] if chance < 1 else ():
                row[t, idle] = row.get((t, idle), 0.0) + (1.0 - chance) * p
            yield Move(world.actions[world.pair_action[pair]], pair, row)

    name = f"{world.name}, within {bounds.name}"
    first = _saturated(automaton, automaton.start)
    made = extend(world, first, moves, actions=world.actions, name=name)
    told, number = tuple(rulings), ints(np.array(ruling))
    return BoundedWorld(
        world, bounds, binding, events, automaton, made, told, number, float(granted)
    )


def _saturated(automaton: Automaton, memory: Memory) -> Memory:
    """A memory with no counter beyond what a rule can tell from more."""
    bounds = automaton.bounds
    limits = [rule.unless for rule in bounds.forbid if rule.unless is not None]
    calls = bounds.budget.get("calls")
    return memory._replace(
        live=min(memory.live, 1 + max((u.live for u in limits), default=0)),
        total=min(memory.total, 1 + max((u.total for u in limits), default=0)),
        calls=min(memory.calls, calls.max if calls else 0),
        denials=min(memory.denials, bounds.denials),
    )


def _too_many(automaton: Automaton, met: list[tuple[int, Memory]], most: int) -> BoundsError:
    """Which counter multiplies the states most: without it they would be fewest."""
    names = [
        *(f"budget.{name}" for name in automaton.budgets),
        *(f"the level of {name}" for name in automaton.counted),
        *(f"the asks of approve[{i}]" for i in range(len(automaton.bounds.approve))),
        *("live replicas", "replicas in all", "calls", "denials"),
    ]
    rows = np.array([[s, *m.spent, *m.level, *m.asks, *m[3:]] for s, m in met])
    left = [len(np.unique(np.delete(rows, i, 1), axis=0)) for i in range(1, rows.shape[1])]
    worst = int(np.argmin(left))
    counts = rows[:, worst + 1]
    return BoundsError(
        f"the product has more than {most:,} states; {names[worst]} multiplies them most "
        f"({counts.min()} to {counts.max()}). Lower its maximum, count in larger units, or allow more states."
    )
