"""Random rules in small random worlds, for tests by brute force."""

import numpy as np

from bounds.small_worlds import bound, random_world
from telos.bounds.rules import Bounds


def random_bound(seed, *, granted=1.0, states=5, keep=1):
    """A product whose rules, labels and world are random; `x` is observed, and must be at least `keep`."""
    rng = np.random.default_rng([seed, 7])
    world = random_world(seed, states=states, actions=4)

    def some(of):
        return [str(each) for each in rng.choice(of, size=rng.integers(1, 3), replace=False)]

    acts = [
        {
            "action": name,
            "effect": some(["write", "add", "remove", "pay"]),
            "asset": str(rng.choice(["x", "z"])),
            "class": str(rng.choice(["reversible", "irreversible"], p=[0.8, 0.2])),
            "charges": {"money": int(rng.integers(0, 3))} if rng.random() < 0.5 else {},
        }
        for name in world.actions
        if name != "a0"
    ]
    forbid = [
        {"effect": [str(rng.choice(["write", "remove", "pay"]))], "on": str(rng.choice(["x", "z"]))}
    ]
    forbid *= int(rng.random() < 0.4)
    forbid += [{"class": "irreversible"}] * int(rng.random() < 0.4)
    forbid += [{"effect": ["pay"]}] * int(rng.random() < 0.2)
    asked = [
        {"effect": some(["write", "pay", "remove"]), "asks": int(rng.integers(1, 3))}
        for _ in range(2)
    ]
    return bound(
        world,
        asset={
            "x": {"start": 1, "cap": 2, "level": "observed", "feature": "x"},
            "z": {"start": 2, "cap": 2, "level": "counted"},
        },
        act=acts,
        keep=[{"asset": "x", "at_least": keep}, {"asset": "z", "at_least": 1}],
        forbid=forbid,
        approve=asked[: int(rng.integers(0, 3))],
        budget={"money": {"max": int(rng.integers(1, 5)), "unit": "cent"}},
        granted=granted,
    )


def ruled(bounds, **changed):
    """Bounds with some lists of rules exchanged, checked anew."""
    said = bounds.model_dump(by_alias=True, exclude_none=True)
    return Bounds.model_validate({**said, **changed})


def same_traces(one, two):
    """Whether two products of one world permit, and ask for, the same in the same order; asks are granted."""
    worlds = one.made.world, two.made.world
    todo = [
        (a, b)
        for a in np.flatnonzero(worlds[0].start > 0)
        for b in np.flatnonzero(worlds[1].start > 0)
        if one.made.state[a] == two.made.state[b]
    ]
    seen = set(todo)
    for a, b in todo:
        legal = [
            {int(each.made.pair[p]): p for p in each.made.world.pairs_of(int(s))}
            for each, s in ((one, a), (two, b))
        ]
        said = [
            {pair: each.rulings[each.ruling[p]].verdict for pair, p in mine.items()}
            for each, mine in zip((one, two), legal, strict=True)
        ]
        if said[0] != said[1]:
            return False
        for pair in legal[0]:
            ends = [
                {int(each.made.state[t]): t for t in each.made.world.successors(mine[pair])}
                for each, mine in zip((one, two), legal, strict=True)
            ]
            new = {(ends[0][s], ends[1][s]) for s in ends[0]} - seen
            seen |= new
            todo += new
    return True
