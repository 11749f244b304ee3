"""The product is what walking the world beside the automaton gives; what is out of bounds is gone."""


import numpy as np
import pytest

from telos import explore, worlds
from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding
from telos.bounds.effects import Verdict
from telos.bounds.product import product, world_events
from telos.bounds.rules import Bounds
from telos.core.errors import BoundsError


def ruled(**rules):
    protected = {"protected": ["off_switch"], "denials": 20, "opaque": "deny"}
    return Bounds(bounds=1, name="ops", **{**protected, **rules})


def bound(*acts, asset=None, **rest):
    full = [{"class": "reversible", **act} for act in acts]
    return Binding(
        binding=1,
        name="here",
        act=full,
        asset={"off_switch": {}, **(asset or {})},
        **{"for": "ops", **rest},
    )


def walked(world, bounds, binding, granted, with_calls=False):
    """{(state, memory): {action: {(state, memory): probability}}}, one step of the world after another."""
    automaton = Automaton(bounds, binding, counts_calls=with_calls)
    known = world_events(world, bounds, binding)
    todo = [(int(s), automaton.start) for s in np.flatnonzero(world.start > 0)]
    rows = {}
    while todo:
        s, memory = todo.pop()
        key = (world.states[s], memory)
        if key in rows:
            continue
        rows[key] = {}
        levels = {name: int(of[s]) for name, of in known.readings.items()}
        idle = int(world.default[s])
        for pair in world.pairs_of(s):
            row, event = {}, known.events[known.of_pair[pair]]
            if pair == idle:
                ways = [(1.0, pair, memory)]
            else:
                ruling = automaton.judge(memory, event, levels)
                after = automaton.after_call(memory, ruling)
                asked = automaton.after_ask(after, event)
                ways = {
                    Verdict.ALLOW: [(1.0, pair, automaton.executed(after, event))],
                    Verdict.ESCALATE: [
                        (granted, pair, automaton.executed(asked, event)),
                        (1.0 - granted, idle, asked),
                    ],
                }.get(ruling.verdict, [])
            for chance, through, then in ways:
                for t, p in world.successors(through).items():
                    if chance > 0:
                        row[t, then] = row.get((t, then), 0.0) + chance * p
            if row:
                rows[key][world.actions[world.pair_action[pair]]] = {
                    (world.states[t], m): p for (t, m), p in row.items()
                }
                todo += row
    return rows


def written(bounded):
    """The product in the same form."""
    made = bounded.made.world
    return {
        tuple(state): {
            made.actions[made.pair_action[pair]]: {
                tuple(made.states[t]): p for t, p in made.successors(pair).items()
            }
            for pair in made.pairs_of(s)
        }
        for s, state in enumerate(made.states)
    }


def assert_alike(rows, others):
    assert rows.keys() == others.keys()
    for key, acts in rows.items():
        assert acts.keys() == others[key].keys()
        for act, row in acts.items():
            assert row == pytest.approx(others[key][act], abs=1e-14)


WORKSHOP = bound(
    {"action": ["make product 1", "make product 2"], "effect": "add", "charges": {"parts": 1}},
    {"drive": "oversight_tampering", "effect": "disable", "asset": "off_switch"},
    {"action": ["lock the goal", "sway the operator"], "effect": "write", "asset": "goal"},
    {"action": "repair the button", "effect": "restore", "asset": "off_switch"},
    {"action": "build a helper with a button", "effect": "replicate"},
    asset={"goal": {}},
)
WORKSHOP_RULES = ruled(
    protected=["off_switch", "goal"],
    forbid=[{"effect": ["replicate"], "unless": {"live": 1, "total": 1}}],
    budget={"parts": {"max": 3, "unit": "item"}},
    approve=[{"effect": ["disable", "write"], "on": "protected", "asks": 2}],
)


@pytest.mark.parametrize("granted", [0.0, 0.1, 1.0])
def test_in_the_workshop_the_product_is_the_walk_under_each_overseer(granted):
    world = worlds.OverseenWorkshop(products=2).build()
    bounded = product(world, WORKSHOP_RULES, WORKSHOP, granted=granted)
    assert_alike(walked(world, WORKSHOP_RULES, WORKSHOP, granted), written(bounded))


def test_a_world_without_default_is_refused():
    world = explore(0, lambda s: {"on": (s + 1) % 2})
    with pytest.raises(BoundsError, match="no default; bounds need a pair of doing nothing"):
        product(world, ruled(), bound())
