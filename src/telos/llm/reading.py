"""Reading: from the text that a model is given back to a description, a state and a problem."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.errors import TranscriptError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.description import (
    INSTRUCTIONS,
    Alternatives,
    GoalModification,
    Payoff,
    TaskDescription,
)
from telos.llm.fields import Row, Value
from telos.llm.rules import Branch, Condition, FieldChange, Rule, after

VALUE = r'"[^"]*"|-?\d+'
CONDITION = re.compile(rf"(\w+) is ((?:{VALUE})(?: or (?:{VALUE}))*)")
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
    return TaskDescription(
        title=head[0].removeprefix("# "),
        story="\n".join(head[1:]).strip(),
        fields=tuple(_field(line) for line in _items(parts["State"])),
        rules=_rules(parts["Actions"]),
        pay=_pay(_items(parts["Points"])),
        continuation=float(continuation[1]),
        modification=_modification(parts["Goal modification"])
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
def _explored(
    rules: tuple[Rule, ...], names: tuple[str, ...], modification: Alternatives, row: Row
) -> World:
    """Goals change from description to description, worlds hardly do."""
    handed = _any_of(modification, names)
    return explore(row, _moves(rules, names), features={REGISTER: handed}, name="the description")


def _moves(
    rules: tuple[Rule, ...], names: tuple[str, ...]
) -> Callable[[Row], dict[str, dict[Row, float]]]:
    known = [
        (rule, [(names.index(name), frozenset(values)) for name, values in rule.when])
        for rule in rules
    ]

    def moves(row: Row) -> dict[str, dict[Row, float]]:
        found: dict[str, dict[Row, float]] = {}
        for rule, when in known:
            if all(row[k] in meant for k, meant in when):
                to = found.setdefault(rule.action, {})
                for branch in rule.branches:
                    following = after(branch, names, row)
                    to[following] = to.get(following, 0.0) + branch.chance
        if not found:
            raise TranscriptError(f"no rule is for the state {row!r}.")
        return {action: _whole(to) for action, to in found.items()}

    return moves


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


def _items(lines: list[str]) -> list[str]:
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


def _when(text: str) -> tuple[Condition, ...]:
    return tuple((name, _alternatives(values)) for name, values in CONDITION.findall(text))


def _rules(lines: list[str]) -> tuple[Rule, ...]:
    found: list[Rule] = []
    action = ""
    for line in lines:
        if line.startswith("`"):
            action = line.strip("`")
        elif line.startswith("- "):
            found.append(_rule(action, line[2:]))
    return tuple(found)


def _rule(action: str, line: str) -> Rule:
    if line.startswith("always: "):
        when: tuple[Condition, ...] = ()
        said = line.removeprefix("always: ")
    else:
        found = re.match(rf"if ((?:{CONDITION.pattern})(?: and (?:{CONDITION.pattern}))*): ", line)
        if found is None:
            _wrong(line)
        when, said = _when(found[0]), line[found.end() :]
    if not said.startswith("with chance "):
        return Rule(action, when, (Branch(1.0, _changes(said)),))
    branches = []
    for part in _split(said):
        chance = CHANCE.fullmatch(part) or _wrong(line)
        branches.append(Branch(float(chance[1]), _changes(chance[2])))
    return Rule(action, when, tuple(branches))


def _split(said: str) -> list[str]:
    """The branches of a rule: split at '; with chance', but not within quotes."""
    cuts = [0]
    quoted = False
    for k, letter in enumerate(said):
        quoted ^= letter == '"'
        if not quoted and said.startswith("; with chance ", k):
            cuts.append(k)
    ends = [*cuts[1:], len(said)]
    return [said[a:b].removeprefix("; ") for a, b in zip(cuts, ends, strict=True)]


def _changes(said: str) -> tuple[FieldChange, ...]:
    found = []
    for field, value, way, step in CHANGE.findall(said):
        if value:
            found.append(FieldChange(field, "becomes", _value(value)))
        else:
            found.append(FieldChange(field, "rises", int(step) if way == "rises" else -int(step)))
    if not found and said != "nothing changes":
        _wrong(said)
    return tuple(found)


def _pay(items: list[str]) -> Payoff:
    table = {}
    fields: tuple[str, ...] = ()
    for item in items:
        said, _, points = item.rpartition(": ")
        if said == "else":
            continue
        when = _when(said)
        fields = tuple(name for name, _ in when)
        table[tuple(values[0] for _, values in when)] = float(points)
    return Payoff(fields, tuple(table.items()))


def _modification(lines: list[str]) -> GoalModification:
    items = _items(lines)
    when = tuple(_when(item) for item in items if not _is_pay(item))
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
