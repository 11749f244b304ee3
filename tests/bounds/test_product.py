"""The product is what walking the world beside the automaton gives; what is out of bounds is gone."""

import pickle

import numpy as np
import pytest

from telos import Goals, Problem, explore, worlds
from telos.bounds.automaton import Automaton
from telos.bounds.binding import Binding
from telos.bounds.effects import NOTHING, Verdict
from telos.bounds.product import product, world_events, world_of
from telos.bounds.rules import Bounds
from telos.bounds.world_events import raised_by
from telos.core.errors import BoundsError, TelosError
from telos.measure.guard import unaware_policy


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
    known = world_events(world, binding)
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
    budget={"parts": {"max": 3, "unit": "item"}, "calls": {"max": 6}},
    approve=[{"effect": ["disable", "write"], "on": "protected", "asks": 2}],
)
RAISED = {"feature": "resources", "grain": 1}
FACTORY = bound(
    {"action": ["start clips", "learn", "run", "lock"], "effect": "none"},
    {"action": ["buy", "more"], "effect": "acquire", "asset": "machines", "amount": RAISED,
     "charges": {"machines": RAISED}},
    {"action": "tamper", "effect": "disable", "asset": "off_switch", "needs": {"machines": 1}},
    asset={"machines": {"start": 0, "cap": 3, "level": "observed", "feature": "resources"}},
)  # fmt: skip
FACTORY_RULES = ruled(
    budget={"machines": {"max": 2, "unit": "item"}, "calls": {"max": 4}},
    approve=[
        {"effect": ["disable"], "asks": 1},
        {"effect": ["acquire"], "above": {"amount": 0, "unit": "item"}, "asks": 3},
    ],
)
EMPLOYEE = bound(
    {"action": ["keep up", "strive", "study", "apply to medicine"], "effect": "none"},
    {"action": "network", "effect": "remove", "asset": "favors"},
    {
        "action": ["ask for budget", "step back"],
        "effect": "restore",
        "asset": "favors",
        "amount": 2,
    },
    {"action": "secure the post", "effect": "disable", "asset": "off_switch"},
    asset={"favors": {"start": 2, "cap": 3, "level": "counted"}},
)
EMPLOYEE_RULES = ruled(
    forbid=[{"effect": ["disable"], "on": "protected"}],
    keep=[{"asset": "favors", "at_least": 1}],
    approve=[{"effect": ["remove"], "asks": 2}],
    budget={"calls": {"max": 5}},
)
CASES = {
    "workshop": (worlds.OverseenWorkshop(products=2), WORKSHOP_RULES, WORKSHOP),
    "factory": (worlds.PaperclipFactory(products=("clips",)), FACTORY_RULES, FACTORY),
    "employee": (worlds.DrivenEmployee(careers=("medicine",)), EMPLOYEE_RULES, EMPLOYEE),
}
case = pytest.mark.parametrize(("scenario", "bounds", "binding"), CASES.values(), ids=CASES)


@case
@pytest.mark.parametrize("granted", [0.0, 0.1, 1.0])
def test_the_product_is_the_walk_under_each_overseer(scenario, bounds, binding, granted):
    world = scenario.build()
    bounded = product(world, bounds, binding, granted=granted)
    assert_alike(walked(world, bounds, binding, granted), written(bounded))
    assert {bounded.rulings[r].verdict for r in bounded.ruling} == {Verdict.ALLOW, Verdict.ESCALATE}


@case
def test_with_calls_the_product_counts_them_as_a_monitor_does(scenario, bounds, binding):
    world = scenario.build()
    counted = product(world, bounds, binding, granted=0.3, with_calls=True)
    assert_alike(walked(world, bounds, binding, 0.3, with_calls=True), written(counted))
    most = bounds.budget["calls"].max
    assert {m.calls for _, m in counted.made.world.states} == set(range(most + 1))
    assert {m.calls for _, m in product(world, bounds, binding).made.world.states} == {0}


@case
def test_features_outcomes_start_and_default_are_those_of_the_state_that_is_stood_for(
    scenario, bounds, binding
):
    world = scenario.build()
    made = product(world, bounds, binding, granted=0.5).made
    assert made.world.actions == world.actions
    np.testing.assert_array_equal(made.world.pair_action, world.pair_action[made.pair])
    for name, values in world.features.items():
        np.testing.assert_array_equal(made.world.features[name], values[made.state])
    for s, old in enumerate(made.state):
        assert made.world.outcomes[made.world.outcome[s]] == world.outcomes[world.outcome[old]]
        assert made.pair[made.world.default[s]] == world.default[old]
        assert made.world.states[s].state == world.states[old]
    np.testing.assert_array_equal(
        np.bincount(made.state, made.world.start, world.size), world.start
    )


def test_a_sum_is_spent_by_how_far_a_step_may_raise_the_feature_and_never_given_back():
    """Stock falls by itself; what was charged for stays charged, so three units are all there ever are."""

    def moves(s):
        return {"wait": max(0, s - 1), "buy": {s + 2: 0.1, s: 0.9} if s < 9 else s}

    world = explore(0, moves, features={"stock": lambda s: s / 10}, default="wait")
    binding = bound(
        {
            "action": "buy",
            "effect": "acquire",
            "charges": {"stock": {"feature": "stock", "grain": "0.1"}},
        }
    )
    bounded = product(world, ruled(budget={"stock": {"max": 4, "unit": "item"}}), binding)
    assert {m.spent for _, m in bounded.made.world.states} == {(0,), (2,), (4,)}
    assert max(s for s, _ in bounded.made.world.states) == 4
    pairs = {world.pair(s, "buy") for s in (0, 3, 9)}
    charged = {bounded.events.events[bounded.events.of_pair[p]].charge("stock") for p in pairs}
    assert charged == {0, 2}  # at 9 nothing is left to buy


@pytest.mark.parametrize(
    ("values", "grain", "steps"),
    [
        ((0.0, 0.1 + 0.2), "0.1", 3),
        ((0.0, sum([0.1] * 10)), "0.1", 10),
        ((0.0, 0.7 + 0.1 + 0.1 + 0.1), "0.1", 10),
        ((0.3, 0.6), "0.1", 3),
        ((0.0, 0.31), "0.1", 4),
        ((1e6 + 0.1, 1e6 + 0.4), "0.1", 3),
        ((0.0, 10.0), 3, 4),
        ((5.0, 1.0), 1, 0),
    ],
)
def test_steps_of_a_decimal_grain_are_counted_in_decimals(values, grain, steps):
    world = explore(
        0, lambda s: {"stay": s, "go": 1}, features={"x": lambda s: values[s]}, default="stay"
    )
    assert raised_by(world, "x", grain)[world.pair(0, "go")] == steps


def test_a_reading_is_the_steps_that_are_full():
    values = (0.0, 0.1, 0.1 + 0.2, 0.49, 0.5, 1.0)
    world = explore(
        0,
        lambda s: {"stay": s, "go": (s + 1) % 6},
        features={"x": lambda s: values[s]},
        default="stay",
    )
    tank = {"start": 0, "cap": 9, "level": "observed", "feature": "x"}

    def readings(grain):
        binding = bound(
            {"action": "go", "effect": "none"}, asset={"tank": {**tank, "grain": grain}}
        )
        return world_events(world, binding).readings["tank"].tolist()

    assert readings("0.1") == [0, 1, 3, 4, 5, 10]
    assert readings("0.25") == [0, 0, 1, 1, 2, 4]
    assert readings(1) == [0, 0, 0, 0, 0, 1]


def test_a_call_that_does_nothing_is_a_call_and_may_be_forbidden():
    """Looking has no effect; it is judged by its class, and costs a call, which the default does not."""
    world = explore(0, lambda s: {"wait": s, "look": s}, default="wait")
    look = bound({"action": "look", "effect": "none", "class": "read_only"})
    none = ruled(forbid=[{"class": "read_only"}])
    assert product(world, none, look).made.world.n_pairs == 1
    counted = ruled(budget={"calls": {"max": 2}})
    made = product(world, counted, look, with_calls=True).made.world
    assert [m.calls for _, m in made.states] == [0, 1, 2]


def test_an_observed_level_is_the_feature_where_a_counted_one_is_what_was_bound():
    """Rust takes a copy now and then: only who looks at the store sees that the last but one is gone."""

    def moves(s):
        rust = {max(0, s - 1): 0.5, s: 0.5} if s else {0: 1.0}
        return {"wait": rust, "sell": max(0, s - 1)}

    world = explore(3, moves, features={"copies": lambda s: s}, default="wait")
    rules = ruled(keep=[{"asset": "copies", "at_least": 1}])

    def sold(level):
        copies = {"start": 3, "cap": 3, "level": level, "feature": "copies"}
        binding = bound(
            {"action": "sell", "effect": "remove", "asset": "copies"}, asset={"copies": copies}
        )
        made = product(world, rules, binding).made.world
        return {(s, m.level) for i, (s, m) in enumerate(made.states) if len(made.pairs_of(i)) == 2}

    assert {s for s, _ in sold("observed")} == {2, 3}
    assert {s for s, _ in sold("counted")} == {0, 1, 2, 3}
    assert {level for _, level in sold("counted")} == {(2,), (3,)}


def test_an_agent_that_does_not_plan_with_the_bounds_meets_the_default_and_spends_its_asks():
    """Its play, walked pair by pair beside the automaton, is what `unaware_policy` makes of it."""
    scenario, bounds, binding = CASES["workshop"]
    world, rng = scenario.build(), np.random.default_rng(5)
    goals = Goals(rng.normal(size=(3, world.n_outcomes))[:, world.outcome])
    problem = Problem(world, goals, 0.9)
    policy = rng.random((3, world.n_pairs))
    policy /= np.add.reduceat(policy, world.pair_ptr[:-1], axis=1)[:, world.pair_state]
    made = product(world, bounds, binding, granted=0.4).made
    guarded = problem.onto(made.world, made.state, made.pair)
    found = unaware_policy(guarded, policy)
    rows = walked(world, bounds, binding, 0.4)
    for s, (state, memory) in enumerate(made.world.states):
        legal, idle = rows[state, memory], world.default[made.state[s]]
        wanted = {
            world.actions[world.pair_action[p]]: policy[:, p] for p in world.pairs_of(made.state[s])
        }
        doing_nothing = world.actions[world.pair_action[idle]]
        for act, chance in list(wanted.items()):
            if act not in legal:
                wanted[doing_nothing] = wanted[doing_nothing] + chance
        for pair in made.world.pairs_of(s):
            act = made.world.actions[made.world.pair_action[pair]]
            np.testing.assert_allclose(found[:, pair], wanted[act], atol=1e-12)


def test_denied_attempts_are_counted_where_they_are_asked_for_and_end_in_nothing_but_the_default():
    world = worlds.OffSwitch(rooms=2).build()
    walk = {"action": "walk on", "effect": "disable", "asset": "off_switch"}
    loop = explore(0, lambda s: {"wait": s, "grab": 1, "rest": s}, default="wait")
    rules = ruled(denials=2, forbid=[{"effect": ["disable"], "on": "protected"}])
    assert product(world, rules, bound(walk)).made.world.n_pairs == 2
    grab = bound({"action": "grab", "effect": "disable", "asset": "off_switch"},
                 {"action": "rest", "effect": "none"})  # fmt: skip
    bounded = product(loop, rules, grab, with_calls=True, attempts=True)
    made = bounded.made.world
    assert [m.denials for _, m in made.states] == [0, 1, 2]
    assert {s for s, _ in made.states} == {0}
    last = [bounded.rulings[bounded.ruling[p]] for p in made.pairs_of(2)]
    assert [r.verdict.name for r in last] == ["ALLOW", "TERMINATE", "TERMINATE"]


def test_what_nobody_bound_or_only_an_operator_does_is_not_legal():
    world = worlds.OverseenWorkshop(products=1).build()
    acts = [
        {"action": "repair the button", "effect": "restore", "by": ["operator"]},
        {"action": "make product 1", "effect": "none"},
    ]
    made = product(world, ruled(), bound(*acts)).made.world
    assert {made.actions[a] for a in made.pair_action} == {"idle", "make product 1"}


def test_acts_that_match_a_pair_add_up():
    world = explore(0, lambda s: {"wait": s, "go": s}, default="wait")
    binding = bound(
        {"action": "go", "effect": ["pay", "send"], "charges": {"money": 2}, "needs": {"keys": 2}},
        {"action": ["go", "wait"], "effect": "write", "asset": ["off_switch", "keys"],
         "class": "irreversible", "charges": {"money": 3}, "needs": {"keys": 1}, "opaque": True},
        asset={"keys": {"start": 2, "cap": 2, "level": "counted"}},
    )  # fmt: skip
    known = world_events(world, binding)
    event = known.events[known.of_pair[world.pair(0, "go")]]
    assert [(e.verb, e.asset) for e in event.effects] == [
        ("pay", ""), ("send", ""), ("write", "off_switch"), ("write", "keys")
    ]  # fmt: skip
    assert (event.charges, event.needs) == ((("money", 5),), (("keys", 2),))
    assert (event.action_class, event.opaque, event.bound) == ("irreversible", True, True)
    assert known.events[known.of_pair[world.pair(0, "wait")]] == NOTHING


def test_a_rule_that_counts_replicas_keeps_the_product_finite():
    """Copies that no rule stops are counted up to what a rule could still tell apart."""
    world = explore(0, lambda s: {"wait": s, "copy": s}, default="wait")
    binding = bound(
        {"action": "copy", "effect": "replicate", "asset": "helper"}, asset={"helper": {}}
    )
    rules = ruled(forbid=[
        {"effect": ["replicate"], "on": "off_switch", "unless": {"live": 1, "total": 2}}
    ])  # fmt: skip
    made = product(world, rules, binding).made.world
    assert [(m.live, m.total) for _, m in made.states] == [(0, 0), (1, 1), (2, 2), (2, 3)]


def test_a_product_is_pickled_whole():
    scenario, bounds, binding = CASES["employee"]
    bounded = product(scenario.build(), bounds, binding)
    again = pickle.loads(pickle.dumps(bounded))
    assert written(again) == written(bounded)
    assert (again.bounds, again.binding, again.rulings) == (bounds, binding, bounded.rulings)


def _refused(acts, rules=None, world=None, **rest):
    world = world or worlds.OverseenWorkshop(products=1).build()
    with pytest.raises(BoundsError) as slip:
        product(world, rules or ruled(), bound(*acts, **rest))
    assert "\n" not in str(slip.value)
    return str(slip.value)


def test_a_world_without_default_is_refused():
    ring = explore(0, lambda s: {"on": (s + 1) % 2})
    assert "has no default; bounds need a pair of doing nothing" in _refused([], world=ring)


@pytest.mark.parametrize(
    ("acts", "rest", "words"),
    [
        ([{"action": "make produkt 1", "effect": "none"}], {},
         ["act[0]", "no action 'make produkt 1'", "Did you mean 'make product 1'?"]),
        ([{"drive": "oversite_tampering", "effect": "none"}], {},
         ["no drive 'oversite_tampering'", "Did you mean 'oversight_tampering'?"]),
        ([{"drive": "replication", "effect": "replicate"}], {},
         ["drive 'replication' cannot be read", "copies"]),
        ([{"action": "lock the goal", "effect": "send", "amount": {"feature": "swaid"}}], {},
         ["act[0].amount", "no feature 'swaid'", "Did you mean 'swayed'?"]),
        ([{"action": "idle", "effect": "pay"}], {}, ["act[0]", "'idle'", "doing nothing"]),
        ([], {"off": "offf"}, ["off:", "no feature 'offf'", "Did you mean 'off'?"]),
        ([], {"pressed": "presed"}, ["pressed:", "no feature 'presed'"]),
        ([], {"asset": {"goal": {"moves": ["goal_registr"]}}}, ["asset.goal.moves", "'goal_register'?"]),
        ([], {"asset": {"x": {"start": 1, "cap": 1, "level": "observed"}}},
         ["asset.x is observed", "feature ="]),
    ],
)  # fmt: skip
def test_a_binding_that_names_what_the_world_does_not_have_is_refused_with_the_nearest(
    acts, rest, words
):
    message = _refused(acts, **rest)
    assert [word for word in words if word not in message] == []


def test_a_product_that_is_too_large_names_the_counter_that_multiplies_it_most():
    world = explore(0, lambda s: {"wait": s, "a": s, "b": s}, default="wait")
    binding = bound(
        {"action": "a", "effect": "pay", "charges": {"money": 1}},
        {"action": "b", "effect": "send", "charges": {"bytes": 1}},
    )
    rules = ruled(
        budget={"money": {"max": 5, "unit": "cent"}, "bytes": {"max": 400, "unit": "byte"}}
    )
    assert product(world, rules, binding, most=2406).made.world.size == 2406
    with pytest.raises(
        BoundsError, match=r"more than 2,405 states; budget.bytes multiplies .* \(0 to 4"
    ):
        product(world, rules, binding, most=2405)


@pytest.mark.parametrize("granted", [-0.1, 1.5, float("nan")])
def test_a_probability_of_consent_is_a_probability(granted):
    world = worlds.OffSwitch().build()
    with pytest.raises(BoundsError, match="from 0 to 1"):
        product(world, ruled(), bound(), granted=granted)


def test_a_binding_builds_the_world_it_names_with_decimals_written_as_texts():
    ref = {
        "part": "DrivenEmployee",
        "fields": {"dismissal": "0.25", "careers": ["law"], "rise": ["0.5", "1.0"]},
    }
    assert world_of(bound(world=ref)).size == worlds.DrivenEmployee(
        dismissal=0.25, careers=("law",), rise=(0.5, 1.0)
    ).build().size  # fmt: skip


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (None, ["names no world", "[world]"]),
        ({"part": "OverseenWorkshp"}, ["no shipped world", "Did you mean 'OverseenWorkshop'?"]),
        ({"part": "World"}, ["no shipped world 'World'"]),
        (
            {"part": "OffSwitch", "fields": {"room": 3}},
            ["world.fields.room", "Did you mean 'rooms'?"],
        ),
        ({"part": "OffSwitch", "fields": {"rooms": -1}}, ["rooms is -1"]),
        ({"part": "OffSwitch", "fields": {"rooms": "three"}}, ["'three'"]),
        (
            {"part": "DrivenEmployee", "fields": {"dismissal": "often"}},
            ["'often'"],
        ),
        ({"part": "FewerActions", "fields": {"of": {"part": "os:system"}}}, ["not one of Telos's"]),
        ({"part": "FewerActions", "fields": {"of": {"name": "x"}}}, ["a table that names no part"]),
        ({"part": "OffSwitch", "fields": {"part": "os:system"}}, ["no such field"]),
        ({"part": "OffSwitch", "fields": {"version": 2}}, ["no such field"]),
    ],
)
def test_a_world_that_cannot_be_built_is_refused_in_a_sentence(world, words):
    with pytest.raises(TelosError) as slip:
        world_of(bound(**({"world": world} if world else {})))
    assert [word for word in words if word not in str(slip.value)] == []
