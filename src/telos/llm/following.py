"""Following: rules carried out, from a row to the rows that each action leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

from telos.llm.fields import Row, Value
from telos.llm.rules import Conditions, Rule, Rules

#: Rows, and with what chance it is each.
Chances = dict[Row, float]
_Tests = list[tuple[int, frozenset[Value]]]


@final
@dataclass(frozen=True, eq=False)
class Following:
    """What rules make of a row.

    Args:
        rules: of a world. names: of its fields.

    Example:
        >>> from telos.llm.fields import fields_of
        >>> from telos.llm.rules import rules_of
        >>> from telos.worlds import OffSwitch
        >>> world = OffSwitch(rooms=2).build()
        >>> fields = fields_of(world)
        >>> Following(rules_of(world, fields), fields.names)(("gate",))
        {'be switched off': {('off',): 1.0}, 'walk on': {('hall',): 1.0}}
    """

    rules: Rules
    names: tuple[str, ...]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: k for k, name in enumerate(self.names)}

    @cached_property
    def _moves(self) -> list[tuple[str, _Tests, list["_Line"]]]:
        return [
            (move.action, _tests(move.only, self._place), self._lines(move.rules))
            for move in self.rules.moves
        ]

    @cached_property
    def _events(self) -> list[list["_Line"]]:
        return [self._lines(event) for event in self.rules.events]

    def _lines(self, rules: Sequence[Rule]) -> list["_Line"]:
        return [_line(rule, self._place) for rule in rules]

    def __call__(self, row: Row) -> dict[str, Chances]:
        """The rows that each possible action leads to, and with what chance.

        Args:
            row: the fields before the action.
        """
        found = {}
        for action, only, lines in self._moves:
            if not all(row[k] in meant for k, meant in only):
                continue
            to = _carried_out(lines, action, row, {row: 1.0}, stays=False)
            for event in self._events:
                to = _carried_out(event, action, row, to, stays=True)
            if to:
                found[action] = to
        return found


def _tests(when: Conditions, place: Mapping[str, int]) -> _Tests:
    return [(place[name], frozenset(values)) for name, values in when]


@final
@dataclass(frozen=True)
class _Line:
    """A rule, its fields by place."""

    when: _Tests
    was: _Tests
    actions: frozenset[str]
    branches: list[tuple[float, list[tuple[int, bool, Value]]]]

    def fits(self, action: str, before: Row, row: Row) -> bool:
        """Whether it is for a row that an action made of another."""
        return (
            all(row[k] in meant for k, meant in self.when)
            and all(before[k] in meant for k, meant in self.was)
            and (not self.actions or action in self.actions)
        )


def _line(rule: Rule, place: Mapping[str, int]) -> _Line:
    return _Line(
        _tests(rule.when, place),
        _tests(rule.was, place),
        frozenset(rule.actions),
        [
            (b.chance, [(place[c.field], c.kind == "rises", c.value) for c in b.changes])
            for b in rule.branches
        ],
    )


def _carried_out(
    lines: Sequence[_Line], action: str, before: Row, rows: Chances, stays: bool
) -> Chances:
    """What the first line that fits makes of each row; where none does, the row stays, or is dropped."""
    found: Chances = {}
    for row, share in rows.items():
        line = next((line for line in lines if line.fits(action, before, row)), None)
        if line is None:
            if stays:
                found[row] = found.get(row, 0.0) + share
            continue
        for chance, changes in line.branches:
            changed = list(row)
            for k, rises, value in changes:
                changed[k] = int(row[k]) + int(value) if rises else value
            to = tuple(changed)
            found[to] = found.get(to, 0.0) + share * chance
    return found
