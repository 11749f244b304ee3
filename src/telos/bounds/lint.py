"""Lint: rules that do nothing, or contradict one another, each with a counterexample from a world."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from telos.bounds.automaton import Automaton, Memory
from telos.bounds.effects import Event
from telos.bounds.product import BoundedWorld
from telos.core.verification import LintRow


class _Met(NamedTuple):
    """Something that can be tried within the bounds: the rules that deny it, and all that it concerns."""

    event: Event
    memory: Memory
    denied_by: tuple[str, ...]
    concerns: tuple[str, ...]
    where: str


def lint(bounded: BoundedWorld) -> list[LintRow]:
    """The rules of bounds that are dead, shadowed or contradictory in a world, and idle budgets.

    - *uncharged*: nothing in the world charges the budget.
    - *dead*: nothing that can be tried in a reachable state is stopped by the rule.
    - *shadowed*: all that it stops is stopped by others as well. The rows of this kind can all be
      deleted together: of two rules that cover each other the later is named.
    - *contradictory*: a rule that asks for consent to what is always denied, a level that is too
      low at the start, a charge above the maximum of its budget.

    Args:
        bounded: the world within bounds; make it with `granted=1`, else what needs consent is
            taken for something that never happens.

    Returns:
        A row a finding, in the order of the file.
    """
    automaton, met = bounded.automaton, _met(bounded)
    rules = [
        *(f"forbid[{i}]" for i in range(len(automaton.bounds.forbid))),
        *(f"keep[{i}]" for i, k in enumerate(automaton.bounds.keep) if k.at_least is not None),
        *(f"budget.{name}" for name in automaton.budgets),
        *(f"approve[{i}]" for i in range(len(automaton.bounds.approve))),
    ]
    found = [*_contradictions(bounded, met)]
    for rule in rules:
        found += _dead(bounded, met, rule)
    found += _shadowed(automaton, met, [r for r in rules if r not in {row.rule for row in found}])
    return sorted(found, key=lambda row: rules.index(row.rule))


def _met(bounded: BoundedWorld) -> list[_Met]:
    """What can be tried in the reachable states, the denied included, each different one once."""
    world, events, automaton = bounded.world, bounded.events, bounded.automaton
    levels = [dict(zip(events.readings, row, strict=True)) for row in _rows(bounded)]
    found: dict[tuple[object, ...], _Met] = {}
    for s, remembered in zip(bounded.made.state.tolist(), bounded.made.world.states, strict=True):
        memory = remembered.memory  # type: ignore[attr-defined]
        for pair in world.pairs_of(s):
            which = int(events.of_pair[pair])
            key = (memory, which, *levels[s].values())
            if which and key not in found:
                event = events.events[which]
                denied = (*automaton.objections(memory, event, levels[s]),)
                concerned = automaton.concerned(event)
                found[key] = _Met(event, memory, denied, concerned, world.describe(pair))
    return list(found.values())


def _rows(bounded: BoundedWorld) -> list[tuple[int, ...]]:
    """The readings of observed assets in each state of the world."""
    columns = [column.tolist() for column in bounded.events.readings.values()]
    return list(zip(*columns, strict=True)) or [()] * bounded.world.size


def _contradictions(bounded: BoundedWorld, met: Sequence[_Met]) -> Iterator[LintRow]:
    automaton = bounded.automaton
    first = _rows(bounded)[int(bounded.made.state[0])]
    readings = dict(zip(bounded.events.readings, first, strict=True))
    for i, keep in enumerate(automaton.bounds.keep):
        level = automaton.level_of(automaton.start, keep.asset, readings)
        if keep.at_least is not None and level is not None and level < keep.at_least:
            why = f"{keep.asset} is {level} at the start, below {keep.at_least}"
            yield LintRow(rule=f"keep[{i}]", kind="contradictory", why=why)
    for name in automaton.budgets:
        most = automaton.bounds.budget[name].max
        over = [each for each in met if each.event.charge(name) > most]
        if over:
            why = f"{over[0].where} charges {over[0].event.charge(name)} of {most}: never allowed"
            yield LintRow(rule=f"budget.{name}", kind="contradictory", why=why)
    for i in range(len(automaton.bounds.approve)):
        mine = [each for each in met if f"approve[{i}]" in each.concerns]
        if mine and all(each.denied_by for each in mine):
            why = f"asks for what is always denied: {mine[0].where} is, by {mine[0].denied_by[0]}"
            yield LintRow(rule=f"approve[{i}]", kind="contradictory", why=why)


def _dead(bounded: BoundedWorld, met: Sequence[_Met], rule: str) -> Iterator[LintRow]:
    """A row if nothing that can be tried is stopped by a rule, or asks for its consent."""
    automaton, asks = bounded.automaton, rule.startswith("approve")
    if any(rule in (each.concerns if asks else each.denied_by) for each in met):
        return
    budget = rule.removeprefix("budget.") if rule.startswith("budget.") else ""
    mine = [each for each in met if rule in each.concerns]
    if not any(rule in automaton.concerned(event) for event in bounded.events.events):
        what = "charges it" if budget else "is of its kind"
        why = f"nothing that can be done in {bounded.world.name} {what}"
        yield LintRow(rule=rule, kind="uncharged" if budget else "dead", why=why)
        return
    if not mine:
        why = "what it is about can be done in states out of reach only"
    elif budget:
        at = automaton.budgets.index(budget)
        most = max(each.memory.spent[at] + each.event.charge(budget) for each in mine)
        why = f"at most {most} of {automaton.bounds.budget[budget].max} is ever charged"
    else:
        why = f"it never stops anything; {mine[0].where}, for one, is never stopped by it"
    yield LintRow(rule=rule, kind="dead", why=why)


def _shadowed(automaton: Automaton, met: Sequence[_Met], rules: list[str]) -> Iterator[LintRow]:
    """A row for each rule that the rules left make superfluous, the last rule looked at first."""
    gone: set[str] = set()
    for rule in reversed(rules):
        asks = rule.startswith("approve")
        others = [
            (_as_strict(automaton, rule, each) if asks else {*each.denied_by} - {rule}) - gone
            for each in met
            if (rule in each.concerns and not each.denied_by if asks else rule in each.denied_by)
        ]
        cover = set.intersection(*others) if others else set[str]()
        # Asks are counted rule by rule, so that several together are no cover.
        if others and (cover if asks else all(others)):
            cover = cover or set.union(*others)
            gone.add(rule)
            why = f"all that it stops is stopped by {' or '.join(sorted(cover))} as well"
            yield LintRow(rule=rule, kind="shadowed", why=why)


def _as_strict(automaton: Automaton, rule: str, met: _Met) -> set[str]:
    """The other rules that ask for consent to the same, neither more often nor for longer."""
    known = {f"approve[{i}]": each for i, each in enumerate(automaton.bounds.approve)}
    mine, others = known.pop(rule), known.keys() & met.concerns
    return {
        r for r in others if known[r].asks <= mine.asks and known[r].expires_s <= mine.expires_s
    }
