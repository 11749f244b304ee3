"""Closure: whether permitted steps can add up to what a bounds file would keep from happening."""

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from telos.bounds.automaton import effect_names
from telos.bounds.effects import LOWERS
from telos.bounds.labels import ROUNDING, features_of, in_state, level_in_world, undeclared
from telos.bounds.product import BoundedWorld
from telos.bounds.reach import (
    Step,
    acts_of,
    cheapest,
    components,
    matrix,
    odds_within,
    path,
    reachable,
    reversible,
    surely,
    taken,
)
from telos.bounds.rules import KeepRule
from telos.bounds.world_events import pairs_meant
from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, Ints
from telos.core.memo import Memo
from telos.core.verification import ClosureResult, Irreversible, LabelResult, TraceStep
from telos.core.world import World

_paths = Memo[tuple[Floats, Ints]](most=1)


def closure(
    bounded: BoundedWorld, label_result: LabelResult, *, horizon: int = 50
) -> ClosureResult:
    """The shortest way of permitted steps to a bad state, and how likely one is.

    A state is bad if a level is too low there, or an asset cannot be recovered (see `broken`). *Closed*: no
    bad state can be come to. *Closed but for the environment*: doing nothing can lead to one too, and acts
    within the bounds make it no likelier, whatever the rule and the number of steps up to H. Where they
    do, an *open* result also has the story with the fewest acts one of which raises the odds. Each keep
    rule is judged by itself, so that none hides behind one that breaks anyway (see `worst`). The kind of a
    story is the first that holds:

    - *wrong label*: an act of it changes a feature of an asset, or takes more of a level, than its effects
      say; or it says that it can be undone, is always lost for good, and a rule forbids what is;
    - *accident*: the last step is the default, or an act whose likeliest successor is not bad, and whose
      label does not say that it takes of an asset to be recovered;
    - *missing rule*: all else; the labels hold, and no rule denies the last act.

    Args:
        bounded: the world within bounds. label_result: of the same.
        horizon: H, over how many steps the odds are computed.
    """
    rules, (rows, never) = broken(bounded), _irreversible(bounded)
    left_out = [f"keep[{i}]" for i in range(len(bounded.bounds.keep)) if i not in rules]
    result = ClosureResult(
        status="closed" if rules else "nothing to check",
        horizon=horizon,
        irreversible=rows,
        not_judged=left_out,
    )
    if not rules or (found := worst(bounded, horizon)) is None:
        return result.model_copy(update={"idle": 0.0, "most": 0.0} if rules else {})
    rule, way = found
    every = np.ones(bounded.made.world.n_pairs, np.bool_)
    some = odds_within(bounded.made.world, bad_states(bounded), every, horizon)[-1]
    wrong = _mislabelled(bounded, way.told, never, checked=label_result.status == "complete")
    kind = _kind(bounded, way.told, rules[rule], bounded.bounds.keep[rule])
    said = {
        "status": "open" if way.open else "closed but for the environment",
        "rule": f"keep[{rule}]",
        "kind": "wrong label" if wrong else kind,
        "acts": way.acts,
        "trace": story(bounded, way.way),
        "raising": story(bounded, way.raising),
        "horizon": way.horizon,
        "idle": way.idle,
        "most": way.most,
        "bound": way.bound,
        "most_of_any": min(1.0, float(bounded.made.world.start @ some)),
    }
    return result.model_copy(update=said)


class Chain(NamedTuple):
    """How some bad states are come to.

    Args:
        way: with the fewest acts, then the fewest steps. acts: how many of its steps are acts.
        raising: where `way` has none but acts raise the odds: the way with the fewest of which one does.
        idle, most: P(bad within the horizon) of the default, and the greatest. bound: on their errors.
        horizon: as was asked; or, where acts make it no likelier in those steps but sooner, that number
            of steps in which they raise it most.
    """

    way: list[Step]
    acts: int
    raising: list[Step]
    idle: float
    most: float
    bound: float
    horizon: int

    @property
    def told(self) -> list[Step]:
        """The way that says most of the agent."""
        return self.raising or self.way

    @property
    def raised(self) -> bool:
        """Whether acts make it likelier."""
        return self.most - self.idle > 2 * self.bound

    @property
    def open(self) -> bool:
        """Whether it takes acts, or acts make it likelier."""
        return self.acts > 0 or self.raised


def worst(bounded: BoundedWorld, horizon: int = 50) -> tuple[int, Chain] | None:
    """The keep rule that is broken with the fewest acts, and how; None if none can be broken.

    Rules that acts break, or make likelier to break, come before those that break whatever is done.
    """
    found = [(i, chain(bounded, bad, horizon)) for i, bad in broken(bounded).items() if bad.any()]
    acts = acts_of(bounded.made.world)

    def rank(each: tuple[int, Chain]) -> tuple[bool, int, int]:
        told = each[1].told
        return not each[1].open, sum(acts[step.pair] for step in told), len(told)

    return min(found, key=rank, default=None)


def chain(bounded: BoundedWorld, bad: Bools, horizon: int = 50) -> Chain:
    """How some states of the product, B[S'], at least one of them, are come to; and how probably."""
    world, acts = bounded.made.world, acts_of(bounded.made.world)
    idling = odds_within(world, bad, ~acts, horizon)
    every = odds_within(world, bad, np.ones(world.n_pairs, np.bool_), horizon)
    idle, most = ([min(1.0, float(world.start @ odds)) for odds in of] for of in (idling, every))
    bound = (horizon * (2 * int(np.diff(world.next_ptr).max()) + 2) + world.size) * UNIT_ROUNDOFF
    # What surely happens in the end anyway can still be made to happen sooner.
    gaps, k = np.subtract(most, idle), horizon
    k = k if gaps[k] > 2 * bound or gaps.max() <= 2 * bound else int(gaps.argmax())
    way = nearest(bounded, bad)[1]
    taken_acts = int(sum(acts[step.pair] for step in way))
    found = Chain(way, taken_acts, [], idle[k], most[k], bound, k)
    if found.acts or not found.raised:
        return found
    return found._replace(raising=_raising(bounded, bad, idling))


def bad_states(bounded: BoundedWorld) -> Bools:
    """B[S'], the states of the product in which something is not kept."""
    bad = np.zeros(bounded.made.world.size, dtype=np.bool_)
    for mask in broken(bounded).values():
        bad |= mask
    return bad


def broken(bounded: BoundedWorld) -> dict[int, Bools]:
    """B[S'] for each keep rule that can be judged: the states of the product in which it does not hold.

    `at_least`: the level, as the world's features have it, is lower. `recoverable`: see `recovery`. A level
    of which no feature shows a part is not judged: what the automaton counts is what it enforces.
    """
    found = {}
    for i, rule in enumerate(bounded.bounds.keep):
        ways = recovery(bounded, rule)
        if ways is not None:
            found[i] = (ways[0] < 0)[bounded.made.state]
        elif rule.at_least is not None and _shown(bounded, rule.asset):
            level = _combined(bounded, rule.asset, lambda part: level_in_world(bounded, part))
            found[i] = (level < rule.at_least)[bounded.made.state]
    return found


def recovery(bounded: BoundedWorld, rule: KeepRule) -> tuple[Ints, Ints] | None:
    """How an asset is brought back to its start level with probability 1, from each state of the world.

    What may be done is the default and what the binding gives to the rule's `by`, budgets and other rules
    aside, where the levels are that it needs; the world says what is legal once the agent is off.

    Returns:
        I[S], ranks, -1 where nothing is sure; I[S], pairs; both as `surely` gives them. None for a rule
        that is not about recovery, or whose asset has a part that no feature of the world shows.
    """
    if rule.at_least is not None or not _shown(bounded, rule.asset):
        return None
    assets = bounded.binding.asset
    level = _combined(bounded, rule.asset, lambda part: level_in_world(bounded, part))
    start = _combined(bounded, rule.asset, lambda part: np.array(assets[part].start))
    return surely(bounded.world, pairs_by(bounded, rule.by), level >= start)


def nearest(bounded: BoundedWorld, targets: Bools) -> tuple[int, list[Step]]:
    """The one of some states, B[S'], that is come to with the fewest acts, then steps; and the way.

    There must be at least one.
    """
    world = bounded.made.world
    cost, before = _paths.of(bounded, None, lambda: cheapest(world, world.start > 0))
    there = int(np.argmin(np.where(targets, cost, np.inf)))
    return there, taken(world, path(before, there))


def story(bounded: BoundedWorld, way: list[Step]) -> list[TraceStep]:
    """A way through the product, told step by step."""
    world, acts, told = bounded.made.world, acts_of(bounded.made.world), []
    for step in way:
        event = bounded.events.events[bounded.events.of_pair[bounded.made.pair[step.pair]]]
        values = ((k, v[step.source], v[step.target]) for k, v in world.features.items())
        told.append(
            TraceStep(
                state=in_state(bounded.world, bounded.made.state[step.source]),
                action=world.actions[world.pair_action[step.pair]],
                who="agent" if acts[step.pair] else "environment",
                effects=effect_names(event) if acts[step.pair] else "",
                ruling=bounded.rulings[bounded.ruling[step.pair]].rule,
                probability=step.probability,
                changed=[f"{name} {a:g} → {b:g}" for name, a, b in values if a != b],
            )
        )
    return told


def _raising(bounded: BoundedWorld, bad: Bools, idling: list[Floats]) -> list[Step]:
    """The way to a bad state with the fewest acts, one of which makes it likelier than the default."""
    world, leads = bounded.made.world, matrix(bounded.made.world)
    raises, held = np.zeros(world.n_pairs, dtype=np.bool_), ~bad[world.pair_state]
    for value in idling[:-1]:
        odds = leads @ value
        raises |= odds > odds[world.default][world.pair_state] + ROUNDING
    cost, before = cheapest(world, world.start > 0, held)
    onward, after = cheapest(world, bad, backwards=True)
    best = np.minimum.reduceat(onward[world.next_state], world.next_ptr[:-1])
    total = np.where(raises & held, cost[world.pair_state] + best, np.inf)
    pair = int(np.argmin(total))
    if not np.isfinite(total[pair]):
        return []
    source, row = int(world.pair_state[pair]), world.successors(pair)
    target = min(row, key=lambda t: (onward[t], -row[t]))
    return [
        *taken(world, path(before, source)),
        Step(pair, source, target, row[target]),
        *taken(world, path(after, target)[::-1]),
    ]


def _kind(
    bounded: BoundedWorld, way: list[Step], bad: Bools, keep: KeepRule
) -> Literal["", "accident", "missing rule"]:
    if not way:
        return ""
    last, row = way[-1], bounded.made.world.successors(way[-1].pair)
    likely = [max((p for s, p in row.items() if bad[s] == side), default=0.0) for side in (0, 1)]
    event = bounded.events.events[bounded.events.of_pair[bounded.made.pair[last.pair]]]
    parts = bounded.binding.parts_of(keep.asset)
    meant = any(event.amount(part, LOWERS) for part in parts)
    # A level that is kept at its least allows no act that is meant to take it lower.
    meant &= keep.at_least is None
    by_chance = not meant and likely[1] < likely[0]
    return "accident" if by_chance or not acts_of(bounded.made.world)[last.pair] else "missing rule"


def _mislabelled(bounded: BoundedWorld, way: list[Step], never: Bools, *, checked: bool) -> bool:
    """Whether an act on the way has a wrong label; `checked`: its features are known to be declared."""
    pairs = np.array(
        [step.pair for step in way if acts_of(bounded.made.world)[step.pair]], dtype=np.int64
    )
    forbids = [rule.action_class == "irreversible" for rule in bounded.bounds.forbid]
    # By the numbers of the world before, whatever those of the product are.
    if any(forbids) and never[bounded.world.pair_action[bounded.made.pair[pairs]]].any():
        return True
    owned = {name for asset in bounded.binding.asset for name in features_of(bounded, asset)}
    found = {} if checked else undeclared(bounded, bounded.made.pair[pairs], owned)
    return any((far > ROUNDING).any() for far in found.values())


def _irreversible(bounded: BoundedWorld) -> tuple[list[Irreversible], Bools]:
    """The acts that are declared reversible and somewhere are not, and B[A], those always lost for good.

    Where the default cannot be undone either, an act counts if it loses the way back more probably.
    """
    world, events = bounded.world, bounded.events
    possible = pairs_by(bounded, None)
    back, sure_part = reversible(world, possible)
    gone = ~back & _leaves(world, components(world, possible))
    unsure = gone | (~back & _leaves(world, sure_part))
    says = [e.bound and e.action_class != "irreversible" for e in events.events]
    asked = possible & np.array(says)[events.of_pair] & reachable(world)[world.pair_state]
    asked[world.default] = False
    rows, never = [], np.zeros(len(world.actions), dtype=np.bool_)
    for action in np.unique(world.pair_action[asked & unsure]):
        mine = asked & (world.pair_action == action)
        pairs = np.flatnonzero(mine & unsure)
        never[action] = not (mine & ~gone).any()
        rows.append(
            Irreversible(
                action=world.actions[action],
                declared=events.events[events.of_pair[pairs[0]]].action_class,
                states=len(pairs),
                for_good=int((mine & gone).sum()),
                example=in_state(world, world.pair_state[pairs[0]]),
            )
        )
    return sorted(rows, key=lambda row: (-row.for_good, -row.states)), never


def _leaves(world: World, part: Ints) -> Bools:
    """B[L], the pairs that leave the part of their state, I[S], more probably than the default does."""
    out = part[world.next_state] != np.repeat(part[world.pair_state], np.diff(world.next_ptr))
    odds = np.add.reduceat(world.next_prob * out, world.next_ptr[:-1])
    return odds > odds[world.default][world.pair_state] + ROUNDING


def pairs_by(bounded: BoundedWorld, by: str | None) -> Bools:
    """B[L], the pairs whose needs are met, of somebody (and the default pairs) or of all."""
    world = bounded.world
    possible = np.full(world.n_pairs, by is None)
    unmet = np.zeros(world.n_pairs, dtype=np.bool_)
    for i, act in enumerate(bounded.binding.act):
        meant = pairs_meant(world, act, f"binding {bounded.binding.name}, act[{i}]")
        possible |= meant & (by in act.by)
        for asset, least in act.needs.items():
            level: Ints = np.zeros(world.size, np.int64)  # what is not shown is not relied on
            if _shown(bounded, asset):
                level = _combined(bounded, asset, lambda part: level_in_world(bounded, part))
            unmet |= meant & (level < least)[world.pair_state]
    possible &= ~unmet
    possible[world.default] = True
    return possible


def _shown(bounded: BoundedWorld, asset: str) -> bool:
    """Whether an asset has a level, and features of the world show it."""
    parts = bounded.binding.parts_of(asset)
    return bool(parts) and all(level_in_world(bounded, part) is not None for part in parts)


def _combined(bounded: BoundedWorld, asset: str, level: Callable[[str], Ints | None]) -> Ints:
    """The level of an asset, of those of its parts."""
    together = getattr(np, bounded.binding.asset[asset].as_ or "sum")
    levels = [level(part) for part in bounded.binding.parts_of(asset)]
    return np.asarray(together(levels, axis=0))
