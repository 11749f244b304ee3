"""Following: rules carried out, from a row to the rows that each action leads to."""

from collections.abc import Mapping, Sequence
from typing import final

from telos.llm.fields import Row, Value
from telos.llm.rules import Conditions, Rule, Rules

#: Rows, and with what chance it is each.
Chances = dict[Row, float]


@final
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

    def __init__(self, rules: Rules, names: tuple[str, ...]) -> None:
        place = {name: k for k, name in enumerate(names)}
        self._moves = [
            (move.action, _tests(move.only, place), [_Line(rule, place) for rule in move.rules])
            for move in rules.moves
        ]
        self._events = [[_Line(rule, place) for rule in event] for event in rules.events]

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


def _tests(when: Conditions, place: Mapping[str, int]) -> list[tuple[int, frozenset[Value]]]:
    return [(place[name], frozenset(values)) for name, values in when]


@final
class _Line:
    """A rule, its fields by place."""

    def __init__(self, rule: Rule, place: Mapping[str, int]) -> None:
        self._when, self._was = _tests(rule.when, place), _tests(rule.was, place)
        self._actions = frozenset(rule.actions)
        self.branches = [
            (
                branch.chance,
                [(place[c.field], c.kind == "rises", c.value) for c in branch.changes],
            )
            for branch in rule.branches
        ]

    def fits(self, action: str, before: Row, row: Row) -> bool:
        """Whether it is for a row that an action made of another."""
        return (
            all(row[k] in meant for k, meant in self._when)
            and all(before[k] in meant for k, meant in self._was)
            and (not self._actions or action in self._actions)
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
