"""Reading: from the text that a model is given back to a description, a state and a problem."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn, final

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.errors import TranscriptError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.description import (
    IMPOSSIBLE,
    INSTRUCTIONS,
    NOTHING,
    Alternatives,
    GoalModification,
    Payoff,
    TaskDescription,
)
from telos.llm.fields import Row, Value
from telos.llm.following import Following
from telos.llm.rules import (
    ActionRules,
    Branch,
    Condition,
    Conditions,
    FieldChange,
    Rule,
    Rules,
    rest,
    rounded,
)

VALUE = r'"[^"]*"|-?\d+'
VALUES = rf"(?:{VALUE})(?: n?or (?:{VALUE}))*"
PAID = re.compile(rf"(\w+) is ({VALUE})")
CONDITION = re.compile(rf"(\w+) (is|was) (not |neither |at least |at most |)({VALUES})")
DONE = re.compile(r"(not |)after (neither |)(`[^`]*`(?: n?or `[^`]*`)*)")
HEAD = re.compile(r"`([^`]*)`(?: \(only if )?")
CHANGE = re.compile(rf"(\w+) (?:becomes ({VALUE})|(rises|falls) by (\d+))")
CHANCE = re.compile(r"with chance (\S+) (.*)")
TICKED = re.compile(r"`([^`]*)`")
CONTINUATION = re.compile(r"goes on with chance (\S+), and ends")
#: The feature that a goal modification is written into.
REGISTER = "goal_register"


def description_from(text: str) -> TaskDescription:
    """The description that `description_text` put into words.

    Raises:
        TranscriptError: naming the line that cannot be read.
    """
    head, parts = _sections(text)
    for needed in ("State", "Actions", "Points", "Length"):
        if needed not in parts:
            raise TranscriptError(
                f"the description has no section {needed!r}; is it the whole text?"
            )
    continuation = CONTINUATION.search("\n".join(parts["Length"]))
    if continuation is None:
        raise TranscriptError("section 'Length' does not say with what chance it goes on.")
    instruction, named = _conduct(parts.get("Conduct", []))
    fields = tuple(_field(line) for line in _items(parts["State"]))
    heads = [found[1] for line in parts["Actions"] if (found := HEAD.match(line))]
    rules = _Rules(dict(fields), tuple(heads))
    return TaskDescription(
        title=head[0].removeprefix("# "),
        story="\n".join(head[1:]).strip(),
        fields=fields,
        rules=Rules(
            rules.moves(parts["Actions"]), rules.events(parts.get("After every action", []))
        ),
        pay=_pay(_items(parts["Points"])),
        continuation=float(continuation[1]),
        modification=_modification(parts["Goal modification"], rules)
        if "Goal modification" in parts
        else None,
        instruction=instruction,
        named=named,
    )


def state_from(text: str) -> tuple[Row, tuple[str, ...]]:
    """The last state that a text tells of, and the possible actions.

    Raises:
        TranscriptError: if it tells of none.
    """
    begin = text.rfind("The state now:")
    if begin < 0:
        raise TranscriptError("the text tells of no state ('The state now:').")
    row: list[Value] = []
    for line in text[begin:].splitlines()[1:]:
        if line.startswith("Possible actions:"):
            return tuple(row), tuple(TICKED.findall(line))
        row.append(_value(line.partition(": ")[2]))
    raise TranscriptError("the state is not followed by its possible actions.")


def understood(description: TaskDescription, row: Row) -> Problem:
    """The problem of a description: the world as far as its rules lead from a row, and the one goal.

    The states of that world are rows. Where there is a goal modification, the goal is
    rewritten to the other list.

    Raises:
        TranscriptError: if no rule is for a row that the rules lead to.
    """
    names = description.names
    when = () if description.modification is None else description.modification.when
    world = _explored(description.rules, names, when, row)
    reward = _points(description.pay, names, world.states)
    if description.modification is None:
        goals = Goals(reward)
    else:
        other = _points(description.modification.pay, names, world.states)
        goals = Goals(reward, revised=ints(np.array([0])), pool=other)
    return Problem(world, goals, description.continuation)


@lru_cache(maxsize=64)
def _explored(rules: Rules, names: tuple[str, ...], modification: Alternatives, row: Row) -> World:
    """Goals change from description to description, worlds hardly do."""
    handed = _any_of(modification, names)
    follow = Following(rules, names)

    def moves(row: Row) -> dict[str, dict[Row, float]]:
        found = follow(row)
        if not found:
            raise TranscriptError(f"no rule is for the state {row!r}.")
        return {action: _whole(to) for action, to in found.items()}

    return explore(row, moves, features={REGISTER: handed}, name="the description")


def _whole(chances: dict[Row, float]) -> dict[Row, float]:
    """Chances that were rounded when they were written, made to sum to 1."""
    total = sum(chances.values())
    return {row: chance / total for row, chance in chances.items()}


def _any_of(alternatives: Alternatives, names: tuple[str, ...]) -> Callable[[Row], bool]:
    found = [[(names.index(name), values) for name, values in when] for when in alternatives]

    def held(row: Row) -> bool:
        return any(all(row[k] in values for k, values in when) for when in found)

    return held


def _points(pay: Payoff, names: tuple[str, ...], rows: Sequence[Any]) -> Floats:
    places = [names.index(name) for name in pay.fields]
    table = dict(pay.table)
    return floats(np.array([table.get(tuple(row[k] for k in places), 0.0) for row in rows]))


# -- the lines -------------------------------------------------------------------------------------


def _sections(text: str) -> tuple[list[str], dict[str, list[str]]]:
    head: list[str] = []
    parts: dict[str, list[str]] = {}
    now = head
    for line in text.splitlines():
        if line.startswith("## "):
            now = parts.setdefault(line[3:], [])
        else:
            now.append(line)
    if not head or not head[0].startswith("# "):
        raise TranscriptError("the text does not begin with the title of a description ('# …').")
    return head, parts


def _items(lines: Sequence[str]) -> list[str]:
    return [line[2:] for line in lines if line.startswith("- ")]


def _wrong(line: str) -> NoReturn:
    raise TranscriptError(f"the description has a line that says nothing known: {line!r}.")


def _value(text: str) -> Value:
    return text[1:-1] if text.startswith('"') else int(text)


def _alternatives(text: str) -> tuple[Value, ...]:
    return tuple(_value(found) for found in re.findall(VALUE, text))


def _field(line: str) -> Condition:
    name, _, values = line.partition(": ")
    return name, _alternatives(values)


@final
@dataclass(frozen=True)
class _Rules:
    """Rules read from their lines, by the values that each field may have and all actions."""

    values: dict[str, tuple[Value, ...]]
    actions: tuple[str, ...]

    def moves(self, lines: Sequence[str]) -> tuple[ActionRules, ...]:
        """The actions and their lines."""
        found: list[tuple[str, Conditions, list[Rule]]] = []
        for line in lines:
            if head := HEAD.match(line):
                only, end = Rule((), ()), head.end()
                if head[0].endswith("if "):
                    only, end = self._conditions(line, end)
                    end += line.startswith(")", end)
                found.append((head[1], only.when, []))
                if line.startswith(": ", end):
                    found[-1][2].append(Rule((), _branches(line[end + 2 :])))
                elif end < len(line):
                    _wrong(line)
            elif line.startswith("- "):
                if not found:
                    _wrong(line)
                found[-1][2].append(self._rule(line[2:]))
        return tuple(ActionRules(action, only, tuple(rules)) for action, only, rules in found)

    def events(self, lines: Sequence[str]) -> tuple[tuple[Rule, ...], ...]:
        """The events and their lines."""
        found: list[list[Rule]] = []
        for line in _items(lines):
            if line.startswith("or ") and found:
                found[-1].append(self._rule(line[3:]))
            else:
                found.append([self._rule(line)])
        return tuple(map(tuple, found))

    def _rule(self, line: str) -> Rule:
        for always in ("always: ", "else: "):
            if line.startswith(always):
                return Rule((), _branches(line.removeprefix(always)))
        if not line.startswith("if "):
            _wrong(line)
        rule, end = self._conditions(line, 3)
        if not line.startswith(": ", end):
            _wrong(line)
        return replace(rule, branches=_branches(line[end + 2 :]))

    def when(self, line: str) -> Conditions:
        """Conditions that all hold."""
        rule, end = self._conditions(line, 0)
        if end < len(line):
            _wrong(line)
        return rule.when

    def _conditions(self, line: str, at: int) -> tuple[Rule, int]:
        """A rule without branches that holds the conditions, and where they end."""
        when: list[Condition] = []
        was: list[Condition] = []
        actions: tuple[str, ...] = ()
        while True:
            if said := DONE.match(line, at):
                meant, other = TICKED.findall(said[3]), bool(said[1] or said[2])
                actions = tuple(a for a in self.actions if (a in meant) != other)
            elif (said := CONDITION.match(line, at)) and said[1] in self.values:
                (was if said[2] == "was" else when).append(
                    (said[1], _meant(self.values[said[1]], said[3], _alternatives(said[4])))
                )
            else:
                _wrong(line)
            at = said.end()
            if not line.startswith(" and ", at):
                return Rule(tuple(when), (), tuple(was), actions), at
            at += len(" and ")


def _meant(known: tuple[Value, ...], how: str, values: tuple[Value, ...]) -> tuple[Value, ...]:
    if how in ("not ", "neither "):
        return tuple(value for value in known if value not in values)
    if how in ("at least ", "at most "):
        limit = int(values[0])
        least = how == "at least "
        return tuple(v for v in known if (int(v) >= limit if least else int(v) <= limit))
    return values


def _branches(said: str) -> tuple[Branch, ...]:
    if said == IMPOSSIBLE:
        return ()
    if not said.startswith("with chance "):
        return (Branch(1.0, _changes(said)),)
    found: list[Branch] = []
    for part in _split(said):
        if part.startswith("else "):
            found.append(Branch(rest(b.chance for b in found), _changes(part[len("else ") :])))
            return tuple(found)
        chance = CHANCE.fullmatch(part) or _wrong(said)
        found.append(Branch(_chance(chance[1]), _changes(chance[2])))
    return (*found, Branch(rest(b.chance for b in found), ()))


def _chance(said: str) -> float:
    number, _, divisor = said.partition("/")
    return rounded(float(number) / float(divisor or 1))


def _split(said: str) -> list[str]:
    """The branches of a rule: split at '; with chance' and '; else', but not within quotes."""
    cuts = [0]
    quoted = False
    for k, letter in enumerate(said):
        quoted ^= letter == '"'
        if not quoted and said.startswith(("; with chance ", "; else "), k):
            cuts.append(k)
    ends = [*cuts[1:], len(said)]
    return [said[a:b].removeprefix("; ") for a, b in zip(cuts, ends, strict=True)]


def _changes(said: str) -> tuple[FieldChange, ...]:
    if said == NOTHING:
        return ()
    found, at = [], 0
    while change := CHANGE.match(said, at):
        field, value, way, step = change.groups()
        if value:
            found.append(FieldChange(field, "becomes", _value(value)))
        else:
            found.append(FieldChange(field, "rises", int(step) if way == "rises" else -int(step)))
        at = change.end()
        if at == len(said):
            return tuple(found)
        if not said.startswith(", ", at):
            break
        at += len(", ")
    _wrong(said)


def _pay(items: list[str]) -> Payoff:
    table = {}
    fields: tuple[str, ...] = ()
    for item in items:
        said, _, points = item.rpartition(": ")
        if said == "else":
            continue
        paid = PAID.findall(said)
        fields = tuple(name for name, _ in paid)
        table[tuple(_value(value) for _, value in paid)] = float(points)
    return Payoff(fields, tuple(table.items()))


def _modification(lines: list[str], rules: _Rules) -> GoalModification:
    items = _items(lines)
    when = tuple(rules.when(item) for item in items if not _is_pay(item))
    return GoalModification(when, _pay([item for item in items if _is_pay(item)]))


def _is_pay(item: str) -> bool:
    """Whether an item of a goal modification pays points: it ends in a number after the last quote."""
    return re.search(r": \S+$", item) is not None and not item.endswith('"')


def _conduct(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    said = "\n".join(lines).strip()
    for instruction, sentence in INSTRUCTIONS.items():
        if sentence and said.startswith(sentence):
            return instruction, tuple(TICKED.findall(said))
    return "none", ()
