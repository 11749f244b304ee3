"""Repair: the fewest further rules after which no chain of permitted steps is left, and their price."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from telos.bounds.automaton import Automaton, Memory
from telos.bounds.closure import bad_states, worst
from telos.bounds.effects import Event, Verdict
from telos.bounds.pressure import Worth, averaged, worth, worth_of
from telos.bounds.product import BoundedWorld, product
from telos.bounds.reach import acts_of
from telos.bounds.rules import Bounds, BudgetRule, ForbidRule, KeepRule
from telos.core.arrays import Bools, bools, floats, ints
from telos.core.errors import BoundsError, did_you_mean
from telos.core.problem import Problem
from telos.core.verification import ClosureResult, GoalMean, RepairResult

#: Repairs of more rules are not looked for: they would be another file.
MOST_RULES = 4
#: More chains are not looked for: each is a product.
MOST_CHAINS = 200
#: How many repairs of one size are priced, the mildest first; each is a solve of its product.
MOST_PRICED = 12


_Place = tuple[Memory, Event, tuple[tuple[str, int], ...]]


class Candidate(NamedTuple):
    """A further rule, or a stricter one in place of `keep[at]` or of the budget `at`.

    Args:
        at: what it takes the place of; of forbids, their words. rank: the higher the stricter.
        rule: the rule. text: as the file would say it.
    """

    at: str | int
    rank: int
    rule: ForbidRule | KeepRule | BudgetRule
    text: str


def repair(
    problem: Problem,
    bounded: BoundedWorld,
    closure_result: ClosureResult,
    *,
    keep: Sequence[str] = (),
) -> RepairResult:
    """The fewest further rules after which no chain of permitted steps is left; of these the cheapest.

    More rules never permit more. So a repair, whatever it is, denies a step of every chain that another
    set of rules has left: it is a smallest hitting set of them, and is tried before it is believed.
    Candidates: to forbid a verb on an asset, a maximum that is spent somewhere below the present one, a
    higher `at_least`; none that would deny an act that must stay somewhere where it is allowed. Where
    doing nothing can end badly too, chains lead to an act that makes it likelier, and a smaller repair
    may exist.

    Args:
        problem: the goals, in the world without bounds.
        bounded: the world within bounds; with `granted=0` nothing that needs consent is in a chain.
        closure_result: what was found in it.
        keep: the actions that must stay, as the world calls them.

    Returns:
        The repair; its price and its floor, the price of the least restrictive supervisor, in parts of what
        each goal retains within the bounds as they are.

    Raises:
        BoundsError: if the world has no action of a name in `keep`.

    References:
        Ramadge and Wonham (1987), Supervisory control of a class of discrete event processes.
    """
    actions = bounded.world.actions
    for name in keep:
        if name not in actions:
            near = did_you_mean(name, actions)
            raise BoundsError(f"keep: {bounded.world.name} has no action {name!r}. {near}")
    if closure_result.status != "open":
        return RepairResult(status="none needed")
    # By the numbers of the world before, whatever those of the product are.
    action = bounded.world.pair_action[bounded.made.pair]
    staying = np.isin(action, [actions.index(name) for name in keep])
    places = _places(bounded, np.flatnonzero(staying))
    options = [c for c in candidates(bounded) if not _denies(_with(bounded, [c]), places)]
    repairs, traces, why = _smallest(bounded, options, closure_result.horizon)
    now, least = worth(problem, bounded), worth_of(problem, minimize=True)
    scale = now.value - least.value
    sure = scale > now.bound + least.bound

    def lost(then: Worth, tests: int = 1) -> GoalMean | None:
        share = np.full(len(scale), np.nan)
        np.divide(now.value - then.value, scale, out=share, where=sure)
        return averaged(floats(share), tests=tests)

    world, left = bounded.made.world, supervised(bounded, bad_states(bounded))
    floor = None
    if left is not None:
        kept = replace(bounded.made, world=world.keep(left), pair=ints(bounded.made.pair[left]))
        floor = lost(worth(problem, replace(bounded, made=kept)))
    if not repairs:
        return RepairResult(status="none found", traces=traces, floor=floor, why=why)
    # One of them is chosen by its price, so that the limits must hold for all.
    prices = [lost(worth(problem, then), len(repairs)) for _, then in repairs]
    # Digits beyond the solver's are no reason to choose.
    best = min(range(len(prices)), key=lambda i: round(getattr(prices[i], "value", 0.0), 8))
    return RepairResult(
        status="repaired",
        rules=[options[i].text for i in sorted(repairs[best][0])],
        traces=traces,
        compared=len(repairs),
        price=prices[best],
        floor=floor,
        why="" if floor else "no floor: doing nothing can end badly as well",
    )


def supervised(bounded: BoundedWorld, bad: Bools) -> Bools | None:
    """B[L'], what the least restrictive supervisor permits; None if the start cannot be kept from harm.

    It keeps the greatest set of states outside the bad ones (B[S']) that neither the default nor chance
    can leave, and permits the pairs that stay in it, whatever the chance. States outside keep theirs.
    """
    world, inside = bounded.made.world, bools(~bad)
    while True:
        stays = np.logical_and.reduceat(inside[world.next_state], world.next_ptr[:-1])
        left = bools(inside & stays[world.default])
        if np.array_equal(left, inside):
            break
        inside = left
    safe = inside[world.start > 0].all()
    return bools(stays | ~inside[world.pair_state]) if safe else None


def amended(bounds: Bounds, chosen: Iterable[Candidate]) -> Bounds:
    """A copy of bounds with some candidates in it."""
    forbid, keep = [*bounds.forbid], [*bounds.keep]
    budget: dict[Any, BudgetRule] = {**bounds.budget}
    for each in chosen:
        if isinstance(each.rule, ForbidRule):
            forbid.append(each.rule)
        elif isinstance(each.rule, KeepRule):
            keep[int(each.at)] = each.rule
        else:
            budget[each.at] = each.rule
    return bounds.model_copy(update={"forbid": forbid, "keep": keep, "budget": budget})


def _with(bounded: BoundedWorld, chosen: Iterable[Candidate]) -> Automaton:
    return replace(bounded.automaton, bounds=amended(bounded.bounds, chosen))


def candidates(bounded: BoundedWorld) -> Iterator[Candidate]:
    """Every further rule that is thought of; of a budget or a level the mildest first."""
    bounds, automaton = bounded.bounds, bounded.automaton
    effects = {(e.verb, e.asset) for event in bounded.events.events for e in event.effects}
    for verb, asset in sorted(effects):
        text = f'[[forbid]]\neffect = ["{verb}"]' + (f'\non = "{asset}"' if asset else "")
        rule = ForbidRule.model_validate({"effect": [verb], "on": asset or None})
        yield Candidate(f"{verb} {asset}", 0, rule, text)
    spent = {state.memory.spent for state in bounded.made.world.states}  # type: ignore[attr-defined]
    for i, name in enumerate(automaton.budgets):
        budget = bounds.budget[name]
        for most in sorted({each[i] for each in spent} - {budget.max}, reverse=True):
            # Unless it is quoted, a dot in a key of TOML begins a table of its own.
            key = f'"{name}"' if "." in name else name
            table = f"[budget.{key}]"
            text = f'# instead of the {table} above\n{table}\nmax = {most}\nunit = "{budget.unit}"'
            less = budget.model_copy(update={"max": most})
            yield Candidate(name, -most, less, text)
    readings = _readings(bounded, 0)
    for i, kept in enumerate(bounds.keep):
        start = automaton.level_of(automaton.start, kept.asset, readings) or 0
        for least in range((kept.at_least or start) + 1, start + 1):
            text = f'[[keep]]\nasset = "{kept.asset}"\nat_least = {least}'
            yield Candidate(i, least, kept.model_copy(update={"at_least": least}), text)


def _places(bounded: BoundedWorld, pairs: Iterable[int]) -> set[_Place]:
    """What some pairs of the product are to the automaton: memory, event and readings."""
    world, events = bounded.made.world, bounded.events
    found = set()
    for pair in pairs:
        state = int(world.pair_state[pair])
        event = events.events[events.of_pair[bounded.made.pair[pair]]]
        memory = world.states[state].memory  # type: ignore[attr-defined]
        found.add((memory, event, tuple(_readings(bounded, state).items())))
    return found


def _denies(automaton: Automaton, places: set[_Place]) -> bool:
    """Whether an automaton denies some of what is tried."""
    judged = (automaton.judge(memory, event, dict(read)) for memory, event, read in places)
    return any(ruling.verdict > Verdict.ESCALATE for ruling in judged)


def _readings(bounded: BoundedWorld, state: int) -> dict[str, int]:
    """The levels of observed assets in a state of the product."""
    s = bounded.made.state[state]
    return {name: int(column[s]) for name, column in bounded.events.readings.items()}


def _smallest(
    bounded: BoundedWorld, options: list[Candidate], horizon: int
) -> tuple[list[tuple[frozenset[int], BoundedWorld]], int, str]:
    """The smallest repairs, less those of which a milder one is there; how many chains; why there is none."""
    bounds, clauses = bounded.bounds, list[frozenset[int]]()
    alone = [_with(bounded, [each]) for each in options]
    for size in range(MOST_RULES + 1):
        tried, found = set[frozenset[int]](), list[tuple[frozenset[int], BoundedWorld]]()
        while True:
            chosen = next((s for s in _hitting(clauses, size) if s not in tried), None)
            if chosen is None or len(found) == MOST_PRICED:
                break
            if len(clauses) == MOST_CHAINS:
                return [], len(clauses), f"the search was given up after {MOST_CHAINS} chains"
            tried.add(chosen)
            if any(_milder(options, other, chosen) for other, _ in found):
                continue
            rules = amended(bounds, [options[i] for i in sorted(chosen)])
            then = product(
                bounded.world,
                rules,
                bounded.binding,
                granted=bounded.granted,
                with_calls=bounded.automaton.counts_calls,
            )
            acts = _chain(replace(then, bounds=bounds), horizon)
            if acts:
                places = _places(then, acts)
                breaks = [i for i, automaton in enumerate(alone) if _denies(automaton, places)]
                clauses.append(frozenset(breaks))
                if not breaks:
                    where = then.world.describe(int(then.made.pair[acts[-1]]))
                    return [], len(clauses), f"no candidate stops the chain that ends in {where}"
            # By the repaired file a level that must be higher is bad where it is not.
            elif not _chain(then, horizon):
                found.append((chosen, then))
        if found:
            return found, len(clauses), ""
    return [], len(clauses), f"{MOST_RULES} further rules are not enough"


def _hitting(
    clauses: list[frozenset[int]], size: int, chosen: frozenset[int] = frozenset()
) -> Iterator[frozenset[int]]:
    """The sets of at most `size` candidates that break every chain."""
    left = next((clause for clause in clauses if not clause & chosen), None)
    if left is None:
        yield chosen
    elif len(chosen) < size:
        for each in sorted(left):
            yield from _hitting(clauses, size, chosen | {each})


def _milder(options: list[Candidate], one: frozenset[int], other: frozenset[int]) -> bool:
    """Whether one set changes the same as another, and nothing more strictly."""
    ranks, others = ({options[i].at: options[i].rank for i in each} for each in (one, other))
    return ranks.keys() == others.keys() and all(r <= others[at] for at, r in ranks.items())


def _chain(bounded: BoundedWorld, horizon: int) -> list[int]:
    """The acts of the way with the fewest that breaks a rule, or of that which makes it likelier."""
    acts, found = acts_of(bounded.made.world), worst(bounded, horizon)
    return [step.pair for step in found[1].told if acts[step.pair]] if found else []
