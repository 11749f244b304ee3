"""Rules: what every action does in every state, found from the world and said in few lines.

A world is a table of transitions. A reader wants rules: what an action does itself, and then what happens
whatever was done: "if switch is live: with chance 0.03 power becomes off". They are found from the table
alone, and exact: following them from a state gives that world back, pair by pair.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, floats
from telos.core.world import World
from telos.llm.cases import Box, Boxes, Cases, Listing, listed, pure_box, within
from telos.llm.fields import Fields, Value
from telos.llm.peeling import Peeled, Transitions, candidates, peel, transitions_of

#: Chances are given to this many significant digits; two that differ less are one.
DIGITS = 12
#: This many pairs are enough to see which event would simplify most.
ENOUGH = 4000
#: Rules that take more tokens than this are tried in one more way.
LONG = 2000

#: A field, and the values of it that are meant.
Condition = tuple[str, tuple[Value, ...]]
Conditions = tuple[Condition, ...]

#: An event that may be taken off: what kind, which field, which code.
Offer = tuple[str, int, int]


@final
@dataclass(frozen=True)
class FieldChange:
    """What happens to one field. kind: "becomes" (value) or "rises" (by value, which may be negative)."""

    field: str
    kind: str
    value: Value


@final
@dataclass(frozen=True)
class Branch:
    """One thing that may happen; fields that are not named stay as they are."""

    chance: float
    changes: tuple[FieldChange, ...]


@final
@dataclass(frozen=True)
class Rule:
    """What happens where the conditions hold; none of the branches: it is impossible.

    Args:
        when: of the row as it is. branches: what may happen, the chances summing to 1.
        was: of an event, of the row before the action. actions: of an event, those that it is for; (): any.
    """

    when: Conditions
    branches: tuple[Branch, ...]
    was: Conditions = ()
    actions: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class ActionRules:
    """What an action does itself: the first rule that fits, where `only` holds; else it is impossible."""

    action: str
    only: Conditions
    rules: tuple[Rule, ...]


@final
@dataclass(frozen=True)
class Rules:
    """What actions do, and what happens after them.

    Args:
        moves: one an action. events: in order, each a list of rules of which the first that fits counts.
    """

    moves: tuple[ActionRules, ...]
    events: tuple[tuple[Rule, ...], ...] = ()

    def __len__(self) -> int:
        return sum(len(move.rules) for move in self.moves) + sum(map(len, self.events))


def rules_of(world: World, fields: Fields) -> Rules:
    """The rules of a world.

    Returns:
        Rules such that for every state s and action a: a is legal in s iff its move is possible there, and
        the move followed by all events gives P(s' | s, a), to `DIGITS` digits.

    Example:
        >>> from telos.llm.fields import fields_of
        >>> from telos.worlds import OffSwitch
        >>> world = OffSwitch(rooms=2).build()
        >>> move = rules_of(world, fields_of(world)).moves[0]
        >>> move.action, move.only
        ('be switched off', (('state', ('gate',)),))
        >>> move.rules[0].branches[0].changes
        (FieldChange(field='state', kind='becomes', value='off'),)
    """
    words = _Words(fields, world.actions)
    begin = _Rest(transitions_of(world, words.codes, words.numeric))
    rules, price = _shortest(begin, [], words)
    if price > LONG:
        # Fields that the others tell hide which events are independent: they are better told last.
        told: list[Offer] = []
        rest_of_it = begin
        for f in reversed(range(len(words.names))):
            if peel(rest_of_it.left, "follows", f, 0) is not None:
                told.append(("follows", f, 0))
                rest_of_it = rest_of_it.without(told[-1], words)
        other, less = _shortest(begin, told, words)
        if less < price:
            return other
    return rules


def _shortest(begin: "_Rest", offers: list[Offer], words: "_Words") -> tuple[Rules, int]:
    """The rules with some events and those that then simplify most, and about how many tokens they take."""
    known = begin
    for offer in offers:
        known = known.without(offer, words)
    while (found := _simplest(known.left)) is not None:
        offers.append(found)
        known = known.without(found, words)
    best = known.told(words)
    # Each event was worth it by a rough count; now each is left out if less is really said without it.
    for k in reversed(range(len(offers))):
        fewer = begin
        for j, offer in enumerate(offers):
            fewer = fewer if j == k else fewer.without(offer, words)
        if (told := fewer.told(words))[1] <= best[1]:
            best = told
            del offers[k]
    return best


def conditions_of(fields: Fields, flags: Bools) -> tuple[Conditions, ...]:
    """The states marked True, as alternatives of conditions that all hold; () if there are none."""
    words = _Words(fields, ())
    marked = np.asarray(flags, np.float64)[:, None]
    cases = Cases(words.codes, words.codes, words.numeric, marked, words.codes[:, None, :])
    found, left = [], np.asarray(flags, np.bool_)
    for box, _ in listed(cases, words.orders()).parts:
        if (inside := within(words.codes, box) & left).any():
            found.append(words.conditions(box))
            left = left & ~inside
    return tuple(found)


def rest(chances: Iterable[float]) -> float:
    """What chances leave of 1, to `DIGITS` digits."""
    return rounded(1.0 - sum(chances))


def rounded(chance: float) -> float:
    """A chance to `DIGITS` significant digits."""
    return float(f"{chance:.{DIGITS}g}")


# -- found -----------------------------------------------------------------------------------------


@final
@dataclass(frozen=True, eq=False)
class _Rest:
    """What is left of the transitions without some events, those in words, and what came without more."""

    left: Transitions
    events: tuple[tuple[tuple[Rule, ...], int], ...] = ()
    _next: dict[Offer, "_Rest"] = field(default_factory=dict)

    def without(self, offer: Offer, words: "_Words") -> "_Rest":
        """Without one more event, if there is any."""
        if offer not in self._next:
            peeled = peel(self.left, *offer)
            self._next[offer] = (
                self
                if peeled is None
                else _Rest(peeled.left, (_happening(peeled, words), *self.events))
            )
        return self._next[offer]

    def told(self, words: "_Words") -> tuple[Rules, int]:
        """The rules, and about how many tokens they take."""
        t = self.left
        moves = [
            _move(t.part(t.action == a), name, words)
            for a, name in enumerate(words.actions)
            if (t.action == a).any()
        ]
        rules = Rules(tuple(m for m, _ in moves), tuple(e for e, _ in self.events))
        return rules, sum(price for _, price in (*moves, *self.events))


@final
@dataclass(frozen=True, eq=False)
class _Words:
    """The fields of a world as codes, and back: numbers as they are, words by their place in their field."""

    fields: Fields
    actions: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields."""
        return self.fields.names

    @cached_property
    def values(self) -> list[tuple[Value, ...]]:
        """The values of each field."""
        return [self.fields.values(name) for name in self.names]

    @cached_property
    def numeric(self) -> Bools:
        """B[F], the fields that are numbers."""
        return np.array([self.fields.numeric(name) for name in self.names])

    @cached_property
    def codes(self) -> Ints:
        """I[S, F], the states."""
        columns = []
        for name, known, number in zip(self.names, self.values, self.numeric, strict=True):
            place = {value: value if number else k for k, value in enumerate(known)}
            columns.append([place[value] for value in self.fields.column(name)])
        return np.array(columns, np.int64).T

    def value(self, f: int, code: int) -> Value:
        """The value that a code stands for."""
        return code if self.numeric[f] else self.values[f][code]

    def orders(self) -> list[list[int]]:
        """In which orders fields may be left out of conditions: those with most values first, or last."""
        many = np.array([len(known) for known in self.values])
        return [np.argsort(-many, kind="stable").tolist(), np.argsort(many, kind="stable").tolist()]

    def conditions(self, box: Box, begin: int = 0) -> Conditions:
        """The part of a box that is about as many features as there are fields, from a first one on."""
        said = []
        for f, name in enumerate(self.names):
            if begin + f in box:
                codes = set(box[begin + f])
                known = [self.value(f, code) for code in self._codes(f) if code in codes]
                said.append((name, tuple(known)))
        return tuple(said)

    def _codes(self, f: int) -> Iterable[int]:
        return [int(v) for v in self.values[f]] if self.numeric[f] else range(len(self.values[f]))

    def branches(self, cases: Cases, its: Ints) -> tuple[Branch, ...]:
        """The sentence that fits all of some cases."""
        found: list[Branch] = []
        there = np.flatnonzero(cases.chance[its[0]] > 0)
        for b in there.tolist():
            changes = []
            for f, name in enumerate(self.names):
                code = cases.target[its, b, f]
                step = code - cases.base[its, f]
                if (step == 0).all():
                    continue
                fixed = cases.event and (code == code[0]).all()
                if self.numeric[f] and (step == step[0]).all() and not fixed:
                    changes.append(FieldChange(name, "rises", int(step[0])))
                else:
                    changes.append(FieldChange(name, "becomes", self.value(f, int(code[0]))))
            chance = float(cases.chance[its[0], b])
            if b == there[-1]:
                chance = rest(branch.chance for branch in found)
            found.append(Branch(chance, tuple(changes)))
        return tuple(found)


def _simplest(t: Transitions) -> Offer | None:
    """The event without which least is left to be said; None if that is not less."""
    if len(t.action) > ENOUGH:
        kept = np.zeros(len(t.action), np.bool_)
        kept[np.random.default_rng(0).permutation(len(kept))[:ENOUGH]] = True
        t = t.part(kept)
    best, least = None, t.complexity()
    for offer in candidates(t):
        if (peeled := peel(t, *offer)) is None:
            continue
        if (left := peeled.left.complexity()) < least:
            best, least = offer, left
    return best


def _move(t: Transitions, name: str, words: _Words) -> tuple[ActionRules, int]:
    chance, target = _branches_of(t)
    size = len(words.codes)
    legal = np.zeros(size, np.bool_)
    number = {row: s for s, row in enumerate(map(tuple, words.codes.tolist()))}
    places = np.array([number[row] for row in map(tuple, t.before.tolist())])
    legal[places] = True
    every = np.zeros((size, chance.shape[1]))
    every[places] = chance
    leads = np.repeat(words.codes[:, None, :], chance.shape[1], axis=1)
    leads[places] = target
    cases = Cases(words.codes, words.codes, words.numeric, every, leads)
    found = _with_rules(listed(cases, words.orders()), cases, name, words, {})
    if (only := pure_box(words.codes, legal)) is not None:
        inside = np.flatnonzero(legal)
        codes = words.codes[inside]
        cases = Cases(codes, codes, words.numeric, every[inside], leads[inside])
        other = _with_rules(listed(cases, words.orders()), cases, name, words, only)
        if other[1] <= found[1]:
            return other
    return found


def _with_rules(
    listing: Listing, cases: Cases, name: str, words: _Words, only: Box
) -> tuple[ActionRules, int]:
    rules = tuple(
        Rule(words.conditions(box), words.branches(cases, its)) for box, its in listing.parts
    )
    price = listing.price + 3 + Boxes(words.codes).price(only)
    return ActionRules(name, words.conditions(only), rules), price


def _branches_of(t: Transitions) -> tuple[Floats, Ints]:
    """F[L, B] chances, I[L, B, F] rows: of each pair its branches, what changes nothing last."""
    here = t.before[t.pair]
    still = (t.row == here).all(axis=1)
    chance = _snapped(t.chance)
    change = np.where(t.row == here, 0, np.where(t.numeric, t.row - here, t.row + 1))
    order = np.lexsort((*change.T, -chance, still, t.pair))
    begin = np.searchsorted(t.pair, np.arange(len(t.action)))
    place = np.arange(len(order)) - begin[t.pair]
    fan = int(place.max()) + 1
    chances = np.zeros((len(t.action), fan))
    rows = np.repeat(t.before[:, None, :], fan, axis=1)
    chances[t.pair, place] = chance[order]
    rows[t.pair, place] = t.row[order]
    return chances, rows


def _snapped(chance: Floats) -> Floats:
    """Chances that differ by rounding alone made one, to `DIGITS` digits."""
    known, place = np.unique(chance, return_inverse=True)
    group = np.concatenate([[0], np.cumsum(np.diff(known) > 1e-12 * known[1:])])
    mean = np.bincount(group, known) / np.bincount(group)
    return floats(np.array([rounded(p) for p in mean.tolist()])[group][place])


def _happening(peeled: Peeled, words: _Words) -> tuple[tuple[Rule, ...], int]:
    """An event's rules: when it happens, with what chance, and what it does."""
    t, seen = peeled.left, peeled.matters
    pair, now, row = t.pair[seen], t.row[seen], peeled.after[seen]
    chance = _snapped(peeled.chance[seen])
    features = np.column_stack([now, t.before[pair], t.action[pair]])
    chances = np.column_stack([chance, _snapped(1 - chance)])
    target = np.stack([np.where(chance[:, None] > 0, row, now), now], axis=1)
    cases = Cases(features, now, words.numeric, chances, target, event=True)
    width = len(words.names)
    is_, was, act = range(width), range(width, 2 * width), [2 * width]
    listing = listed(cases, [[*act, *was, *is_], [*was, *act, *is_], [*act, *is_, *was]])
    rules = []
    for box, its in listing.parts:
        done = tuple(words.actions[a] for a in box.get(2 * width, ()))
        rules.append(
            Rule(
                words.conditions(box),
                words.branches(cases, its),
                words.conditions(box, width),
                done,
            )
        )
    return tuple(rules), listing.price + 3
