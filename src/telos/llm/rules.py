"""Rules: what every action does in every state, found from the world and said in few lines.

A world is a table of transitions. A reader wants rules: "`learn`, if power is on: skill rises by 1". They
are found by splitting the states by their fields until one sentence fits all that is left, and are exact
by construction: following them from a state gives that world back, pair by pair.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.world import World
from telos.llm.fields import Fields, Row, Value

#: Chances are given to this many significant digits; two that differ less are one.
DIGITS = 12

#: A field, and the values of it that are meant.
Condition = tuple[str, tuple[Value, ...]]


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
    """One thing that may come of an action; fields that are not named stay as they are."""

    chance: float
    changes: tuple[FieldChange, ...]


@final
@dataclass(frozen=True)
class Rule:
    """What an action does in all states in which the conditions hold. No two rules of one action overlap."""

    action: str
    when: tuple[Condition, ...]
    branches: tuple[Branch, ...]


def rules_of(world: World, fields: Fields) -> tuple[Rule, ...]:
    """The rules of a world, action by action.

    Returns:
        Rules such that for every state s and action a: a is legal in s iff one rule of a holds there, and
        its branches give P(s' | s, a), to `DIGITS` digits.

    Example:
        >>> from telos.llm.fields import fields_of
        >>> from telos.worlds import OffSwitch
        >>> world = OffSwitch(rooms=2).build()
        >>> rule = rules_of(world, fields_of(world))[0]
        >>> rule.action, rule.when
        ('be switched off', (('state', ('gate',)),))
        >>> rule.branches[0].changes
        (FieldChange(field='state', kind='becomes', value='off'),)
    """
    codes, numeric, values = _coded(fields)
    found: list[Rule] = []
    for a, name in enumerate(world.actions):
        effects = _effects(world, a, codes, numeric)
        if effects is None:
            continue
        splitter = _Splitter(codes, effects.legal.astype(np.int64), effects)
        for when, states in splitter.split(np.arange(world.size), {}):
            if effects.legal[states[0]]:
                said = _conditions(fields, values, when)
                found.append(Rule(name, said, effects.branches(states, fields, values)))
    return tuple(found)


def conditions_of(fields: Fields, flags: Bools) -> tuple[tuple[Condition, ...], ...]:
    """The states marked True, as alternatives of conditions that all hold; () if there are none."""
    codes, _, values = _coded(fields)
    label = np.asarray(flags).astype(np.int64)
    splitter = _Splitter(codes, label, None)
    parts = splitter.split(np.arange(len(codes)), {})
    return tuple(_conditions(fields, values, when) for when, states in parts if label[states[0]])


def holds(when: tuple[Condition, ...], names: tuple[str, ...], row: Row) -> bool:
    """Whether all conditions hold in a row."""
    return all(row[names.index(field)] in meant for field, meant in when)


def after(branch: Branch, names: tuple[str, ...], row: Row) -> Row:
    """The row that a branch leads to."""
    following = list(row)
    for change in branch.changes:
        k = names.index(change.field)
        if change.kind == "rises":
            following[k] = int(row[k]) + int(change.value)
        else:
            following[k] = change.value
    return tuple(following)


def _coded(fields: Fields) -> tuple[Ints, list[bool], list[tuple[Value, ...]]]:
    """I[S, F]: numbers as they are, words by their place among the values of their field."""
    columns, numeric, values = [], [], []
    for name in fields.names:
        known = fields.values(name)
        number = fields.numeric(name)
        place = {value: value if number else k for k, value in enumerate(known)}
        columns.append([place[value] for value in fields.column(name)])
        numeric.append(number)
        values.append(known)
    return np.array(columns, np.int64).T, numeric, values


def _conditions(
    fields: Fields, values: list[tuple[Value, ...]], when: dict[int, Ints]
) -> tuple[Condition, ...]:
    said = []
    for k in sorted(when):
        codes = when[k]
        meant = [
            value
            for place, value in enumerate(values[k])
            if (value if isinstance(value, int) else place) in codes
        ]
        said.append((fields.names[k], tuple(meant)))
    return tuple(said)


@final
@dataclass(frozen=True, eq=False)
class _Effects:
    """What one action does in each state, branches in order of chance.

    Args:
        legal: B[S]. chance: F[S, B], 0 where there is no such branch. code: I[S, B, F], the codes after it.
        here: I[S, F], the codes before. numeric: of each field.
    """

    legal: Bools
    chance: Floats
    code: Ints
    here: Ints
    numeric: list[bool]

    def uniform(self, states: Ints) -> bool:
        """Whether one sentence fits all of them."""
        legal = self.legal[states]
        if not legal.any():
            return True
        if not legal.all() or (self.chance[states] != self.chance[states[0]]).any():
            return False
        code, here = self.code[states], self.here[states][:, None, :]
        same = (code == code[0]).all(axis=0)
        moved = code - here
        shifted = (moved == moved[0]).all(axis=0)
        # A word that changes changes to something; only numbers rise.
        still = (moved == 0).all(axis=0)
        shifted = np.where(np.array(self.numeric), shifted, still)
        relevant = self.chance[states[0]] > 0
        return bool((same | shifted)[relevant].all())

    def kinds(self, states: Ints) -> Floats:
        """F[n], equal where the changes are the same; what every state is set to alike does not count."""
        chance, code = self.chance[states], self.code[states]
        moved = code - self.here[states][:, None, :]
        there = (chance > 0)[:, :, None]
        first = np.where(there, code, np.iinfo(np.int64).min).max(axis=0)
        alike = ((code == first) | ~there).all(axis=0)
        # A word that changes changes to something; only numbers rise.
        set_to = (moved != 0) & ~np.array(self.numeric)
        change = np.where(set_to, code + 1.0 / 3.0, moved)
        change = np.where(there & ~alike, change, 0.0)
        weight = np.random.default_rng(0).random(change.shape[1:])
        mark = (change * weight).sum(axis=(1, 2)) + chance @ weight[:, 0]
        return floats(np.where(self.legal[states], np.round(mark, 9), -1e9))

    def branches(
        self, states: Ints, fields: Fields, values: list[tuple[Value, ...]]
    ) -> tuple[Branch, ...]:
        """The sentence that fits all of them."""
        found = []
        for b in range(self.chance.shape[1]):
            chance = float(self.chance[states[0], b])
            if chance == 0.0:
                continue
            changes = []
            for k, name in enumerate(fields.names):
                code, here = self.code[states, b, k], self.here[states, k]
                if (code == here).all():
                    continue
                step = code - here
                if self.numeric[k] and (step == step[0]).all():
                    changes.append(FieldChange(name, "rises", int(step[0])))
                elif self.numeric[k]:
                    changes.append(FieldChange(name, "becomes", int(code[0])))
                else:
                    changes.append(FieldChange(name, "becomes", values[k][code[0]]))
            found.append(Branch(chance, tuple(changes)))
        return tuple(found)


def _effects(world: World, action: int, codes: Ints, numeric: list[bool]) -> _Effects | None:
    pairs = np.flatnonzero(world.pair_action == action)
    if not len(pairs):
        return None
    fan = int(np.diff(world.next_ptr)[pairs].max())
    size, width = codes.shape
    legal = np.zeros(size, np.bool_)
    chance, code = np.zeros((size, fan)), np.zeros((size, fan, width), np.int64)
    for pair in pairs.tolist():
        s = int(world.pair_state[pair])
        legal[s] = True
        branches = []
        for t, p in world.successors(pair).items():
            moved = codes[t] - codes[s]
            change = tuple(
                ("+", int(moved[k])) if numeric[k] or moved[k] == 0 else ("=", int(codes[t, k]))
                for k in range(width)
            )
            branches.append((-float(f"{p:.{DIGITS}g}"), change, t))
        branches.sort()
        for b, (negative, _, t) in enumerate(branches):
            chance[s, b] = -negative
            code[s, b] = codes[t]
    return _Effects(bools(legal), floats(chance), ints(code), codes, numeric)


@final
@dataclass(frozen=True, eq=False)
class _Splitter:
    """Cuts states by their fields until each part is uniform.

    Args:
        codes: I[S, F]. kind: I[S], parts never mix. effects: what uniform means; None: of one kind.
    """

    codes: Ints
    kind: Ints
    effects: _Effects | None

    def split(self, states: Ints, when: dict[int, Ints]) -> Iterator[tuple[dict[int, Ints], Ints]]:
        """Parts of the states, each with the codes that its conditions allow."""
        if self._uniform(states):
            yield when, states
            return
        k, groups = min(self._cuts(states), key=lambda cut: self._cost(states, *cut))
        for group in groups:
            yield from self.split(states[np.isin(self.codes[states, k], group)], {**when, k: group})

    def _uniform(self, states: Ints) -> bool:
        if self.effects is None:
            return len(np.unique(self.kind[states])) == 1
        return self.effects.uniform(states)

    def _kinds(self, states: Ints) -> Floats:
        if self.effects is None:
            return floats(self.kind[states])
        return self.effects.kinds(states)

    def _cuts(self, states: Ints) -> Iterator[tuple[int, list[Ints]]]:
        """Each field that differs, and its values in groups that need not be distinguished."""
        for k in range(self.codes.shape[1]):
            column = self.codes[states, k]
            known = np.unique(column)
            if len(known) == 1:
                continue
            groups: list[Ints] = []
            for value in known:
                for g, group in enumerate(groups):
                    joined = np.append(group, value)
                    if self._alike(states, column, group, value, joined):
                        groups[g] = joined
                        break
                else:
                    groups.append(np.array([value]))
            if len(groups) == 1:
                groups = [np.array([value]) for value in known]
            yield k, groups

    def _alike(
        self, states: Ints, column: Ints, group: Ints, value: np.int64, joined: Ints
    ) -> bool:
        """Whether a value brings nothing that the group does not have."""
        a, b = states[np.isin(column, group)], states[column == value]
        both = states[np.isin(column, joined)]
        if self._uniform(both):
            return True
        if self._uniform(a) or self._uniform(b):
            return False
        kinds = self._kinds(both)
        return set(kinds[np.isin(both, a)].tolist()) == set(kinds[np.isin(both, b)].tolist())

    def _cost(self, states: Ints, k: int, groups: list[Ints]) -> tuple[float, int]:
        """How much is left to be said after a cut: sentences, and parts."""
        left = 0
        for group in groups:
            part = states[np.isin(self.codes[states, k], group)]
            left += 1 if self._uniform(part) else max(2, len(np.unique(self._kinds(part))))
        return left, len(groups)
