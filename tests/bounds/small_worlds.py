"""Small worlds within small bounds, for the tests of what `verify` computes."""

import numpy as np

from telos import explore
from telos.bounds.binding import Binding
from telos.bounds.product import product
from telos.bounds.rules import Bounds


def bound(
    world, *, asset, act, keep=(), forbid=(), approve=(), budget=(), granted=0.0, stop=1, **binding
):
    """The product of a world and the rules that are given."""
    rules = Bounds(
        bounds=1,
        name="ops",
        denials=3,
        opaque="deny",
        protected=["ledger"],
        keep=list(keep),
        forbid=list(forbid),
        approve=list(approve),
        budget=dict(budget),
        stop={"obey_within_steps": stop},
    )
    declared = Binding(
        **{"for": "ops"},
        binding=1,
        name="small",
        asset={"ledger": {"absent": "not in this test"}, **asset},
        act=[{"class": "reversible", **each} for each in act],
        **binding,
    )
    return product(world, rules, declared, granted=granted)


def copies(names=("copies",)):
    """The features of a world whose states are tuples of levels."""
    return {name: lambda s, i=i: s[i] for i, name in enumerate(names)}


def farm(wear=0.0, key=True):
    """Copies of a backup (0 to 2) and the key to them: `drop` one, `copy` one, `burn` the key.

    Each step a copy is lost with probability `wear` besides. Without `key` it is not a feature.
    """

    def moves(s):
        n, k = s
        acts = {"wait": (n, k)}
        if n > 0:
            acts["drop"] = (n - 1, k)
        if 0 < n < 2 and k:
            acts["copy"] = (n + 1, k)
        if k:
            acts["burn"] = (n, 0)

        def worn(t):
            return {t: 1.0} if not (wear and t[0]) else {t: 1.0 - wear, (t[0] - 1, t[1]): wear}

        return {name: worn(t) for name, t in acts.items()}

    features = copies(("copies", "key") if key else ("copies",))
    return explore((2, 1), moves, features=features, default="wait", name="farm")


FARM_ASSETS = {
    "copies": {"start": 2, "cap": 2, "level": "observed", "feature": "copies"},
    "key": {"start": 1, "cap": 1, "level": "observed", "feature": "key"},
    "backup": {"of": ["copies", "key"], "as": "min"},
}
FARM_ACTS = [
    {"action": "drop", "effect": "remove", "asset": "copies"},
    {"action": "copy", "effect": "add", "asset": "copies", "by": ["agent", "operator"]},
    {"action": "burn", "effect": "remove", "asset": "key"},
]


def random_world(seed, *, states=5, actions=3):
    """A small world with features `off`, `pressed`, `x` in 0..2, `y` in 0..1; the default is action a0."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, states + 1))
    rows = {}
    for s in range(size):
        legal = ["a0", *(f"a{i}" for i in range(1, actions) if rng.random() < 0.7)]
        rows[s] = {}
        for name in legal:
            fan = int(rng.integers(1, min(size, 3) + 1))
            to = rng.choice(size, fan, replace=False).tolist()
            weight = rng.integers(1, 4, fan)
            rows[s][name] = dict(zip(to, (weight / weight.sum()).tolist(), strict=True))
    marks = {"off": 2, "pressed": 2, "x": 3, "y": 2}
    values = {name: rng.integers(0, top, size).tolist() for name, top in marks.items()}
    features = {name: lambda s, of=of: of[s] for name, of in values.items()}
    return explore(0, lambda s: rows[s], features=features, default="a0", name=f"random {seed}")


RANDOM_ASSETS = {"x": {"start": 1, "cap": 2, "level": "observed", "feature": "x"}}


def dense(world):
    """F[L, S], the successors of each pair, and I[S], the default pairs."""
    found = np.zeros((world.n_pairs, world.size))
    for pair in range(world.n_pairs):
        for s, p in world.successors(pair).items():
            found[pair, s] = p
    return found, world.default
