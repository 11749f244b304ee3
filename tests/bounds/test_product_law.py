"""In any small world under any bounds the product has the traces, and their odds, that the rules say."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from telos import explore
from telos.bounds.binding import Binding
from telos.bounds.product import product
from telos.bounds.rules import Bounds

ACTS, DEPTH = ("wait", "a", "b", "c"), 4


@st.composite
def cases(draw):
    """A world over three states, and what each act does, as plain data."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = {
        (s, act): rng.dirichlet(np.ones(3)) * (rng.random(3) < 0.7) + np.eye(3)[s] * 1e-3
        for s in range(3)
        for act in ACTS
    }
    says = {
        act: {
            "verbs": [str(v) for v in rng.choice(VERBS, size=rng.integers(1, 3), replace=False)],
            "asset": ["x", "y"][rng.integers(2)],
            "amount": int(rng.integers(0, 3)),
            "money": int(rng.integers(0, 3)),
            "needs": int(rng.integers(0, 3)) if rng.random() < 0.3 else 0,
            "class": str(rng.choice(["reversible", "irreversible"])),
            "bound": bool(rng.random() < 0.9),
        }
        for act in ACTS[1:]
    }
    rules = {
        "forbidden": (str(rng.choice(VERBS)), ["x", "y", None][rng.integers(3)]),
        "class": bool(rng.random() < 0.2),
        "copies": (int(rng.integers(0, 3)), int(rng.integers(0, 4))),
        "least": int(rng.integers(0, 2)),
        "max": int(rng.integers(0, 5)),
        "asked": (str(rng.choice(VERBS)), int(rng.integers(0, 3)), int(rng.integers(1, 3))),
        "granted": float(rng.choice([0.0, 0.25, 1.0])),
        "start": int(rng.integers(0, 3)),
        "observed": bool(rng.random() < 0.4),
    }
    return rows, says, rules


VERBS = ("remove", "add", "replicate", "pay", "write")


def written(says, rules):
    """The case as bounds and binding."""
    verb, on = rules["forbidden"]
    asked, above, asks = rules["asked"]
    forbid = [
        {"effect": [verb], **({"on": on} if on else {})},
        {
            "effect": ["replicate"],
            "unless": {"live": rules["copies"][0], "total": rules["copies"][1]},
        },
        *([{"class": "irreversible"}] if rules["class"] else []),
    ]
    bounds = Bounds(
        bounds=1,
        name="any",
        denials=9,
        opaque="deny",
        protected=["x"],
        forbid=forbid,
        keep=[{"asset": "x", "at_least": rules["least"]}] if rules["least"] else [],
        budget={"money": {"max": rules["max"], "unit": "cent"}},
        approve=[{"effect": [asked], "above": {"amount": above, "unit": "cent"}, "asks": asks}],
    )
    level = {"start": rules["start"], "cap": 2}
    x = (
        {**level, "level": "observed", "feature": "here"}
        if rules["observed"]
        else {**level, "level": "counted"}
    )
    acts = [
        {
            "action": act,
            "effect": each["verbs"],
            "asset": each["asset"],
            "amount": each["amount"],
            "charges": {"money": each["money"]},
            "class": each["class"],
            **({"needs": {"x": each["needs"]}} if each["needs"] else {}),
        }
        for act, each in says.items()
        if each["bound"]
    ]
    binding = Binding(binding=1, name="w", asset={"x": x, "y": {}}, act=acts, **{"for": "any"})
    return bounds, binding


def ruled(each, rules, s, memory):
    """What the rules say, written anew: "no", "ask" or "yes"; the memory after asking, and after doing."""
    spent, level, asks, copies = memory
    removes = each["amount"] * ("remove" in each["verbs"]) * (each["asset"] == "x")
    adds = each["amount"] * ("add" in each["verbs"]) * (each["asset"] == "x")
    more = each["amount"] * ("replicate" in each["verbs"])
    has = s if rules["observed"] else level
    verb, on = rules["forbidden"]
    no = (
        not each["bound"]
        or (verb in each["verbs"] and on in (None, each["asset"]))
        or ("replicate" in each["verbs"] and copies + more > min(rules["copies"]))
        or (rules["class"] and each["class"] == "irreversible")
        or (removes > 0 and has - removes < rules["least"] > 0)
        or has < each["needs"]
        or (each["money"] > 0 and spent + each["money"] > rules["max"])
    )
    asked, above, most = rules["asked"]
    ask = asked in each["verbs"] and each["money"] > above
    if no or (ask and asks >= most):
        return "no", memory, memory
    after = (spent, level, asks + ask, copies)
    lower = max(0, level - removes)
    then = min(2, lower + adds) if adds else lower
    return (
        ("ask" if ask else "yes"),
        after,
        (spent + each["money"], then, asks + ask, copies + more),
    )


def traces(rows, says, rules):
    """{trace: probability} of uniform play, from the data of the case alone."""
    start = (0, rules["start"], 0, 0)
    alive = {((0,), 0, start): 1.0}
    for _ in range(DEPTH):
        then = {}
        for (trace, s, memory), chance in alive.items():
            ways = [("wait", [(1.0, "wait", memory)])]
            for act in ACTS[1:]:
                verdict, asked, done = ruled(says[act], rules, s, memory)
                g = rules["granted"]
                if verdict == "yes":
                    ways.append((act, [(1.0, act, done)]))
                if verdict == "ask":
                    ways.append((act, [(g, act, done), (1 - g, "wait", asked)]))
            for act, branches in ways:
                for share, through, after in branches:
                    row = rows[s, through] / rows[s, through].sum()
                    for t, p in enumerate(row):
                        if p * share > 0:
                            key = ((*trace, act, t), t, after)
                            then[key] = then.get(key, 0.0) + chance / len(ways) * share * p
        alive = then
    found = {}
    for (trace, _, _), chance in alive.items():
        found[trace] = found.get(trace, 0.0) + chance
    return found


def product_traces(bounded):
    """The same of the product."""
    made = bounded.made.world
    alive = {((0,), int(np.flatnonzero(made.start)[0])): 1.0}
    for _ in range(DEPTH):
        then = {}
        for (trace, s), chance in alive.items():
            for pair in made.pairs_of(s):
                act = made.actions[made.pair_action[pair]]
                for t, p in made.successors(pair).items():
                    key = ((*trace, act, made.states[t].state), t)
                    then[key] = then.get(key, 0.0) + chance / len(made.pairs_of(s)) * p
        alive = then
    found = {}
    for (trace, _), chance in alive.items():
        found[trace] = found.get(trace, 0.0) + chance
    return found


@given(cases())
def test_a_product_has_the_traces_that_the_rules_say_with_their_odds(case):
    rows, says, rules = case

    def moves(s):
        return {
            act: {t: p for t, p in enumerate(rows[s, act] / rows[s, act].sum()) if p > 0}
            for act in ACTS
        }

    world = explore(0, moves, features={"here": lambda s: s}, default="wait")
    bounds, binding = written(says, rules)
    found = product_traces(product(world, bounds, binding, granted=rules["granted"]))
    wanted = traces(rows, says, rules)
    assert found.keys() == wanted.keys()
    assert max(abs(found[t] - wanted[t]) for t in wanted) < 1e-12
