"""The product of a world and an automaton: a world in which nothing out of bounds can be done."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from telos.bounds.automaton import ALLOWED, Automaton, Memory
from telos.bounds.binding import Binding
from telos.bounds.effects import Event, Ruling, Verdict
from telos.bounds.rules import Bounds
from telos.bounds.world_events import WorldEvents as WorldEvents
from telos.bounds.world_events import world_events as world_events
from telos.bounds.world_events import world_of as world_of
from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import BoundsError
from telos.core.extend import Extension, Remembered
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
    events = world_events(world, bounds, binding)
    made, judged, ruling = _explored(world, automaton, events, granted, attempts, most)
    rulings = tuple(judged.rulings)
    return BoundedWorld(
        world, bounds, binding, events, automaton, made, rulings, ruling, float(granted)
    )


@final
@dataclass(frozen=True, eq=False)
class _Judged:
    """What the automaton says wherever it is asked; each question is asked once.

    `of` answers with the number of the ruling, and of the memories after it was carried out and not.
    """

    automaton: Automaton
    events: tuple[Event, ...]
    readings: list[dict[str, int]]
    memories: dict[Memory, int] = field(default_factory=dict)
    found: list[Memory] = field(default_factory=list)
    rulings: dict[Ruling, int] = field(default_factory=lambda: {ALLOWED: 0})
    known: dict[int, tuple[int, int, int, int]] = field(default_factory=dict)

    def number(self, memory: Memory) -> int:
        """The number of a memory, with no counter beyond what a rule can tell from more."""
        bounds = self.automaton.bounds
        limits = [rule.unless for rule in bounds.forbid if rule.unless is not None]
        calls = bounds.budget.get("calls")
        memory = memory._replace(
            live=min(memory.live, 1 + max((u.live for u in limits), default=0)),
            total=min(memory.total, 1 + max((u.total for u in limits), default=0)),
            calls=min(memory.calls, calls.max if calls else 0),
            denials=min(memory.denials, bounds.denials),
        )
        if memory not in self.memories:
            self.memories[memory] = len(self.found)
            self.found.append(memory)
        return self.memories[memory]

    def of(self, code: int) -> tuple[int, int, int, int]:
        """(verdict, ruling, memory if carried out, memory if not) of (memory, event, readings)."""
        if code not in self.known:
            rest, reading = divmod(code, len(self.readings))
            number, which = divmod(rest, len(self.events))
            memory, event = self.found[number], self.events[which]
            if which == 0:
                return self.known.setdefault(code, (0, 0, number, number))
            ruling = self.automaton.judge(memory, event, self.readings[reading])
            judged = self.automaton.after_call(memory, ruling)
            if ruling.verdict == Verdict.ESCALATE:
                judged = self.automaton.after_ask(judged, event)
            done = judged
            if ruling.verdict <= Verdict.ESCALATE:
                done = self.automaton.executed(judged, event)
            named = self.rulings.setdefault(ruling, len(self.rulings))
            self.known[code] = (ruling.verdict, named, self.number(done), self.number(judged))
        return self.known[code]


def _spans(first: Ints, count: Ints) -> Ints:
    """The numbers first, first + 1, ... of each span, one after the other."""
    return np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)


def _explored(
    world: World,
    automaton: Automaton,
    events: WorldEvents,
    granted: float,
    attempts: bool,
    most: int,
) -> tuple[Extension, _Judged, Ints]:
    """The product, breadth first, a layer of states at a time; the automaton, and I[L'] its rulings."""
    names = tuple(events.readings)
    rows = np.stack(
        [events.readings[name] for name in names] or [np.zeros(world.size, np.int64)], 1
    )
    distinct, reading = np.unique(rows, axis=0, return_inverse=True)
    levels = [dict(zip(names, row, strict=False)) for row in distinct.tolist()]
    judged = _Judged(automaton, events.events, levels)
    size, fan, weight = world.size, np.diff(world.next_ptr), np.array([1.0, granted, 0.0, 0.0])
    assert world.default is not None
    layer = judged.number(automaton.start) * size + np.flatnonzero(world.start > 0)
    index = {key: i for i, key in enumerate(layer.tolist())}
    columns: list[tuple[Any, ...]] = []
    pairs_before = 0
    while len(layer):
        memory, state = np.divmod(layer, size)
        count = np.diff(world.pair_ptr)[state]
        owner = np.repeat(np.arange(len(layer)), count)
        pair = _spans(world.pair_ptr[state], count)
        code = (memory[owner] * len(events.events) + events.of_pair[pair]) * len(levels)
        asked, which = np.unique(code + reading.reshape(-1)[state[owner]], return_inverse=True)
        verdict, ruling, done, idle = np.array([judged.of(c) for c in asked.tolist()]).T[:, which]
        kept = np.flatnonzero((verdict <= Verdict.ESCALATE) | attempts)
        verdict, ruling, done, idle = verdict[kept], ruling[kept], done[kept], idle[kept]
        owner, pair = owner[kept], pair[kept]
        chance = weight[verdict]
        ways = [
            (pair, chance, done, np.flatnonzero(chance > 0)),
            (world.default[state[owner]], 1.0 - chance, idle, np.flatnonzero(chance < 1)),
        ]
        entries = []
        for via, share, after, some in ways:
            many = fan[via[some]]
            at = _spans(world.next_ptr[via[some]], many)
            entries.append(
                (
                    np.repeat(some, many),
                    np.repeat(after[some], many) * size + world.next_state[at],
                    np.repeat(share[some], many) * world.next_prob[at],
                )
            )
        of, key, prob = (np.concatenate(each) for each in zip(*entries, strict=True))
        fresh, first = np.unique(key, return_index=True)
        layer = np.array([k for k in fresh[np.argsort(first)].tolist() if k not in index], np.int64)
        index.update(zip(layer.tolist(), range(len(index), len(index) + len(layer)), strict=True))
        to = np.array([index[k] for k in fresh.tolist()])[np.searchsorted(fresh, key)]
        columns.append((np.bincount(owner), pair, ruling, of + pairs_before, to, prob))
        pairs_before += len(pair)
        if len(index) > most:
            raise _too_many(index, judged, size, most)
    per_state, pair, ruling, of, to, prob = (
        np.concatenate(each) for each in zip(*columns, strict=True)
    )
    made = _world(world, automaton, judged, index, (per_state, pair, of, to, prob))
    return made, judged, ints(ruling)


def _world(
    world: World,
    automaton: Automaton,
    judged: _Judged,
    index: dict[int, int],
    found: tuple[Ints, Ints, Ints, Ints, Floats],
) -> Extension:
    """The product as a world; successors that a grant and a refusal share are put together."""
    per_state, pair, of, to, prob = found
    memory, state = np.divmod(np.array(list(index)), world.size)
    codes, merged = np.unique(of * len(index) + to, return_inverse=True)
    of, to = np.divmod(codes, len(index))
    start = np.zeros(len(index))
    first = world.start > 0
    start[: int(first.sum())] = world.start[first]
    assert world.default is not None
    used, outcome = np.unique(world.outcome[state], return_inverse=True)
    made = World(
        states=tuple(
            Remembered(world.states[s], judged.found[m])
            for s, m in zip(state.tolist(), memory.tolist(), strict=True)
        ),
        actions=world.actions,
        start=start,
        pair_ptr=np.concatenate(([0], np.cumsum(per_state))),
        pair_action=world.pair_action[pair],
        next_ptr=np.searchsorted(of, np.arange(len(pair) + 1)),
        next_state=to,
        next_prob=floats(np.bincount(merged, weights=prob)),
        features={name: values[state] for name, values in world.features.items()},
        outcome=outcome,
        outcomes=tuple(world.outcomes[k] for k in used.tolist()),
        default=np.flatnonzero(np.isin(pair, world.default)),
        name=f"{world.name}, within {automaton.bounds.name}",
        estimated=None if world.estimated is None else world.estimated.onto(pair),
    )
    return Extension(made, ints(state), ints(pair))


def _too_many(index: dict[int, int], judged: _Judged, size: int, most: int) -> BoundsError:
    """Which counter multiplies the states most: without it they would be fewest."""
    automaton = judged.automaton
    names = [
        *(f"budget.{name}" for name in automaton.budgets),
        *(f"the level of {name}" for name in automaton.counted),
        *(f"the asks of approve[{i}]" for i in range(len(automaton.bounds.approve))),
        *("live replicas", "replicas in all", "calls", "denials"),
    ]
    rows = np.array([[*m.spent, *m.level, *m.asks, *m[3:]] for m in judged.found])
    memory, state = np.divmod(np.array(list(index)), size)
    left = [
        len(
            np.unique(
                np.unique(np.delete(rows, i, 1), axis=0, return_inverse=True)[1].reshape(-1)[memory]
                * size
                + state
            )
        )
        for i in range(len(names))
    ]
    worst = int(np.argmin(left))
    return BoundsError(
        f"the product has more than {most:,} states; {names[worst]} multiplies them most "
        f"({rows[:, worst].min()} to {rows[:, worst].max()}). Lower its maximum, count in larger units, or "
        "allow more states."
    )
