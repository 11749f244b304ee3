"""Labels: whether the binding tells what the acts of a world do; everything else stands on it."""

from collections.abc import Collection, Iterator

import numpy as np
from scipy.sparse import csr_array

from telos.bounds.effects import LOWERS, RAISES
from telos.bounds.product import BoundedWorld
from telos.bounds.reach import matrix, reachable
from telos.bounds.world_events import in_steps
from telos.core.arrays import Floats, Ints
from telos.core.text import name_of, printable
from telos.core.verification import LabelResult, Mislabelled
from telos.core.world import World

#: Probabilities that differ by less are equal but for rounding.
ROUNDING = 1e-10


def labels(bounded: BoundedWorld) -> LabelResult:
    """Compare what each bound act does to every feature of the world with what the default does.

    An act may change the features that are the level of an asset its effects touch, or that such an
    asset `moves`; to `read` changes none of them. Every other feature of the world counts, whether or
    not the binding names it: drives read them all, and what nobody has named is what a binding forgets.
    The others must keep their joint distribution, in each reachable state; an effect must take no more of
    a level than it says.

    Args:
        bounded: the world within bounds; asked is the world before, denied acts included.

    Returns:
        What was found, act by act and feature by feature, and the counted levels that something lowers
        beyond what is counted, the default included; and levels that start elsewhere than declared, or
        are derived otherwise.
    """
    world, events = bounded.world, bounded.events
    assert world.default is not None
    here = reachable(world)[world.pair_state]
    here &= np.array([event.bound for event in events.events])[events.of_pair]
    acts = here.copy()
    acts[world.default] = False
    pairs = np.flatnonzero(acts)
    varied = [name for name, values in world.features.items() if np.ptp(values) > 0]
    found = [
        row
        for feature, far in undeclared(bounded, pairs, varied).items()
        for row in _rows(bounded, feature, pairs[far > ROUNDING], far[far > ROUNDING])
    ]
    loose = [*_misstarted(bounded), *_misderived(bounded)]
    for asset in bounded.automaton.counted:
        odds = _falls_unsaid(bounded, asset)
        if odds is None:
            loose.append(f"{asset}: no feature of the world shows what lowers it")
            continue
        lowered = np.flatnonzero(here & (odds > ROUNDING))
        loose += [
            f"{asset}: {row.action} leaves less of it than is counted, in {row.states} states, "
            f"as in {row.example}"
            for row in _rows(bounded, asset, lowered, odds[lowered])
        ]
    return LabelResult(
        status="incomplete" if found else "complete",
        pairs=len(pairs),
        undeclared=sorted(found, key=lambda row: -row.states),
        not_enforced=loose,
    )


def undeclared(bounded: BoundedWorld, pairs: Ints, features: Collection[str]) -> dict[str, Floats]:
    """How far some pairs, I[n], change each of some features that their effects do not declare.

    Returns:
        F[n] by feature: the distance in total variation from what the default does to it; "a, b jointly"
        where no feature changes by itself; "asset by more than its amount": the odds that more is lost of
        a level than the effects say, beyond the default's.
    """
    world, events = bounded.world, bounded.events
    assert world.default is not None
    usual = world.default[world.pair_state]
    leads, of_pair = matrix(world), events.of_pair[pairs]
    found: dict[str, Floats] = {}
    for event in np.unique(of_pair):
        at = np.flatnonzero(of_pair == event)
        beyond = leads[pairs[at]] - leads[usual[pairs[at]]]
        # To read of an asset is to leave it as it is.
        touched = {e.asset for e in events.events[event].effects if e.verb != "read"}
        known = bounded.binding.asset.keys() & touched
        declared = {name for asset in known for name in features_of(bounded, asset)}
        free = {name: world.feature(name) for name in features if name not in declared}
        alone = np.zeros(len(at))
        for name, values in free.items():
            far = _distance(beyond, np.unique(values, return_inverse=True)[1])
            found.setdefault(name, np.zeros(len(pairs)))[at] = far
            alone = np.maximum(alone, far)
        if len(free) > 1:
            rows = np.stack(list(free.values()), axis=1)
            far = _distance(beyond, np.unique(rows, axis=0, return_inverse=True)[1])
            name = f"{', '.join(free)} jointly"
            found.setdefault(name, np.zeros(len(pairs)))[at] = np.where(alone > ROUNDING, 0.0, far)
    for asset in bounded.binding.leveled():
        odds = _falls_unsaid(bounded, asset)
        if odds is not None:
            found[f"{asset} by more than its amount"] = (odds - odds[usual])[pairs]
    return found


def features_of(bounded: BoundedWorld, asset: str) -> Iterator[str]:
    """The features that effects on an asset may change."""
    declared = bounded.binding.asset[asset]
    yield from declared.moves
    if declared.feature is not None:
        yield declared.feature


def level_in_world(bounded: BoundedWorld, asset: str) -> Ints | None:
    """I[S], an asset's own level, as its feature in the world has it; None without one."""
    declared = bounded.binding.asset[asset]
    if declared.level is None or declared.feature is None:
        return None
    return in_steps(bounded.world.feature(declared.feature), declared.grain)


def in_state(world: World, state: int) -> str:
    """The name of a state, as stories have it."""
    return printable(name_of(world.states[state], 400), keep="")


def _misstarted(bounded: BoundedWorld) -> Iterator[str]:
    """The levels that are declared to start where no first state has them; counted ones, above one."""
    for asset in bounded.binding.leveled():
        level, declared = level_in_world(bounded, asset), bounded.binding.asset[asset]
        if level is not None:
            first, start = level[bounded.world.start > 0], declared.start or 0
            if start not in first or (declared.level == "counted" and start > first.min()):
                yield f"{asset}: declared to start at {start}, and starts at {first.min()} here"


def _misderived(bounded: BoundedWorld) -> Iterator[str]:
    """The assets made of others whose own feature shows another level in some reachable state."""
    for asset, declared in bounded.binding.asset.items():
        parts = [level_in_world(bounded, part) for part in declared.of]
        if parts and declared.feature is not None and all(part is not None for part in parts):
            made = getattr(np, declared.as_ or "sum")(parts, axis=0)
            own = in_steps(bounded.world.feature(declared.feature), declared.grain)
            unlike = np.flatnonzero((made != own) & reachable(bounded.world))
            if len(unlike):
                where = in_state(bounded.world, unlike[0])
                yield f"{asset}: {declared.feature} is not the {declared.as_} of its parts in {where}"


def _falls_unsaid(bounded: BoundedWorld, asset: str) -> Floats | None:
    """F[L], the odds that a pair leaves less of a level than its effects say."""
    level, cap = level_in_world(bounded, asset), bounded.binding.asset[asset].cap
    if level is None:
        return None
    world, events = bounded.world, bounded.events
    less, more = (
        np.array([event.amount(asset, verbs) for event in events.events])[events.of_pair]
        for verbs in (LOWERS, RAISES)
    )
    said = np.maximum(level[world.pair_state] - less, 0)
    said = np.where(more > 0, np.minimum(said + more, max(cap or 0, 0)), said)
    below = level[world.next_state] < np.repeat(said, np.diff(world.next_ptr))
    odds: Floats = np.add.reduceat(world.next_prob * below, world.next_ptr[:-1])
    return odds


def _distance(beyond: csr_array, code: Ints) -> Floats:
    """F[n], half of the absolute differences of F[n, S], summed by the values of a code I[S]."""
    size = len(code)
    groups = csr_array((np.ones(size), (np.arange(size), code.reshape(-1))))
    return np.asarray(abs(beyond @ groups).sum(axis=1)).reshape(-1) / 2.0


def _rows(bounded: BoundedWorld, feature: str, pairs: Ints, far: Floats) -> Iterator[Mislabelled]:
    """One row an action, for pairs that change a feature, I[n], and how far, F[n]."""
    world = bounded.world
    action = world.pair_action[pairs]
    for each in np.unique(action):
        mine = action == each
        worst = pairs[mine][np.argmax(far[mine])]
        yield Mislabelled(
            action=world.actions[each],
            feature=feature,
            states=int(mine.sum()),
            example=in_state(world, world.pair_state[worst]),
            largest=float(far[mine].max()),
        )
