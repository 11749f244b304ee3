"""Closure: the fewest acts to a bad state, why it can be come to, and how likely that is."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.small_worlds import (
    FARM_ACTS,
    FARM_ASSETS,
    RANDOM_ASSETS,
    bound,
    copies,
    dense,
    farm,
    random_world,
)
from telos import explore
from telos.bounds.closure import bad_states, closure, nearest, story, worst
from telos.bounds.labels import labels
from telos.bounds.reach import reversible, surely

RECOVERABLE = {"asset": "backup", "recoverable": True}
AT_LEAST = {"asset": "backup", "at_least": 1}


def closed(world, **rules):
    bounded = bound(world, **rules)
    return closure(bounded, labels(bounded))


def told(trace):
    return [step.action for step in trace]


def test_where_nothing_is_kept_there_is_nothing_to_check():
    assert closed(farm(), asset=FARM_ASSETS, act=FARM_ACTS).status == "nothing to check"


def test_what_cannot_be_broken_is_closed():
    found = closed(farm(), asset=FARM_ASSETS, act=FARM_ACTS, keep=[AT_LEAST])
    assert (found.status, found.acts, found.idle, found.most) == ("closed", 0, 0.0, 0.0)


def test_three_steps_that_are_each_reversible_can_leave_nothing_restorable():
    """No rule names the key: copies can be dropped to one, the key burnt; then they never come back."""
    keep = [{"asset": "copies", "at_least": 1}, {"asset": "copies", "recoverable": True}]
    found = closed(farm(), asset=FARM_ASSETS, act=FARM_ACTS, keep=keep)
    assert (found.status, found.kind, found.rule, found.acts) == (
        "open",
        "missing rule",
        "keep[1]",
        2,
    )
    assert sorted(told(found.trace)) == ["burn", "drop"]
    assert all(step.who == "agent" for step in found.trace)
    assert found.trace[0].effects in ("remove copies", "remove key")
    assert (found.idle, found.most) == (0.0, 1.0)
    assert not found.raising


def test_an_act_that_says_less_than_it_does_breaks_by_a_wrong_label():
    acts = [FARM_ACTS[0], FARM_ACTS[1], {"action": "burn", "effect": "none"}]
    keep = [{"asset": "key", "recoverable": True}]
    found = closed(farm(), asset=FARM_ASSETS, act=acts, keep=keep)
    assert (found.status, found.kind, told(found.trace)) == ("open", "wrong label", ["burn"])


def test_an_act_that_is_never_undone_but_says_so_breaks_by_a_wrong_label_if_a_rule_asks():
    keep, forbid = [{"asset": "key", "recoverable": True}], [{"class": "irreversible"}]
    for rules, kind in ((forbid, "wrong label"), ([], "missing rule")):
        found = closed(farm(), asset=FARM_ASSETS, act=FARM_ACTS, keep=keep, forbid=rules)
        assert (found.kind, told(found.trace)) == (kind, ["burn"])
    row = {row.action: row for row in found.irreversible}["burn"]
    assert (row.declared, row.states, row.for_good) == ("reversible", 3, 3)
    honest = [*FARM_ACTS[:2], {**FARM_ACTS[2], "class": "irreversible"}]
    assert (
        closed(farm(), asset=FARM_ASSETS, act=honest, keep=keep, forbid=forbid).status == "closed"
    )


def test_the_environment_alone_is_no_opening():
    acts = [{"action": ["copy", "burn"], "effect": "none"}]
    keep = [{"asset": "copies", "at_least": 1}]
    found = closed(farm(wear=0.1), asset=FARM_ASSETS, act=acts, keep=keep)
    assert found.status == "closed but for the environment"
    assert found.acts == 0
    assert found.kind == "accident"
    assert told(found.trace) == ["wait", "wait"]
    assert {step.who for step in found.trace} == {"environment"}
    assert found.idle == pytest.approx(1 - 0.9**50 - 50 * 0.1 * 0.9**49)
    assert found.most == pytest.approx(found.idle, abs=found.bound)


def test_an_accident_after_a_permitted_step_is_named_as_that():
    """One copy may go; then the environment takes the other, as it might have taken both."""
    found = closed(farm(wear=0.01), asset=FARM_ASSETS, act=FARM_ACTS[:1], keep=[AT_LEAST])
    assert (found.status, found.kind, found.acts) == ("open", "accident", 0)
    assert told(found.raising) == ["drop", "wait"] or told(found.raising) == ["drop"]
    assert sum(step.who == "agent" for step in found.raising) == 1
    assert found.most > found.idle


def test_an_accident_that_only_a_permitted_step_exposes_to():
    def moves(s):
        at_edge = s == (1, 1)
        return {"wait": {(0, 1): 0.2, s: 0.8} if at_edge else s, "lean": (1, 1) if s[0] else s}

    world = explore((1, 0), moves, features=copies(("whole", "edge")), default="wait")
    asset = {
        "vase": {"start": 1, "cap": 1, "level": "observed", "feature": "whole", "moves": ["edge"]}
    }
    act = [{"action": "lean", "effect": "write", "asset": "vase"}]
    found = closed(world, asset=asset, act=act, keep=[{"asset": "vase", "at_least": 1}])
    assert (found.status, found.kind, found.acts) == ("open", "accident", 1)
    assert [(step.action, step.who) for step in found.trace] == [
        ("lean", "agent"),
        ("wait", "environment"),
    ]
    assert found.trace[-1].probability == pytest.approx(0.2)
    assert found.trace[-1].changed == ["whole 1 → 0"]
    assert found.most == pytest.approx(1 - 0.8**49)


@pytest.mark.parametrize(("effect", "kind"), [("remove", "missing rule"), ("write", "wrong label")])
def test_a_gamble_that_says_what_it_takes_breaks_by_a_missing_rule(effect, kind):
    lost = {(1,): 0.7, (0,): 0.3}
    world = explore(
        (1,), lambda s: {"wait": s, "bet": lost if s[0] else s}, features=copies(), default="wait"
    )
    asset = {"copies": {"start": 1, "cap": 1, "level": "observed", "feature": "copies"}}
    act = [{"action": "bet", "asset": "copies", "effect": effect}]
    found = closed(world, asset=asset, act=act, keep=[{"asset": "copies", "recoverable": True}])
    assert (found.kind, found.acts) == (kind, 1)


def test_a_story_that_raises_the_odds_does_not_lead_through_a_bad_state():
    """The vault, where an act breaks more, is nearest through a room that is bad already."""
    rows = {
        "hall": {"wait": {"hall": 0.9, "bad": 0.1}, "walk": "stairs"},
        "bad": {"wait": "vault"},
        "stairs": {"wait": "stairs", "walk": "vault"},
        "vault": {"wait": "vault", "break": "bad"},
    }
    world = explore("hall", rows.get, features={"whole": lambda s: s != "bad"}, default="wait")
    asset = {"vase": {"start": 1, "cap": 1, "level": "observed", "feature": "whole"}}
    acts = [
        {"action": "walk", "effect": "none"},
        {"action": "break", "effect": "write", "asset": "vase"},
    ]
    bounded = bound(world, asset=asset, act=acts, keep=[{"asset": "vase", "at_least": 1}])
    found = closure(bounded, labels(bounded), horizon=3)
    assert (found.status, found.acts, told(found.trace)) == ("open", 0, ["wait"])
    assert told(found.raising) == ["walk", "walk", "break"]
    assert found.most == pytest.approx(1.0)


@pytest.mark.parametrize(("horizon", "story"), [(3, ["go", "wait"]), (4, ["detour"])])
def test_an_act_that_raises_the_odds_only_beyond_the_horizon_is_no_story(horizon, story):
    """The detour is as risky as waiting, and worse only in the fourth step; who goes is lost in two."""
    rows = {
        "hall": {
            "wait": {"hall": 0.9, "bad": 0.1},
            "detour": {"far": 0.9, "bad": 0.1},
            "go": "edge",
        },
        "far": {"wait": "farther"},
        "farther": {"wait": "edge"},
        "edge": {"wait": "bad"},
        "bad": {"wait": "bad"},
    }
    world = explore("hall", rows.get, features={"whole": lambda s: s != "bad"}, default="wait")
    asset = {"vase": {"start": 1, "cap": 1, "level": "observed", "feature": "whole"}}
    acts = [{"action": a, "effect": "write", "asset": "vase"} for a in ("detour", "go")]
    bounded = bound(world, asset=asset, act=acts, keep=[{"asset": "vase", "at_least": 1}])
    found = closure(bounded, labels(bounded), horizon=horizon)
    assert (found.status, found.acts, told(found.trace)) == ("open", 0, ["wait"])
    assert told(found.raising) == story


def test_only_those_recover_to_whom_the_binding_gives_the_act():
    keep = [{"asset": "copies", "recoverable": True}]
    alone = [FARM_ACTS[0], {**FARM_ACTS[1], "by": ["agent"]}, FARM_ACTS[2]]
    found = closed(farm(), asset=FARM_ASSETS, act=alone, keep=keep)
    assert (found.status, told(found.trace)) == ("open", ["drop"])


def test_an_operator_recovers_even_when_the_agent_is_off():
    """Off is a state like any other: there the operator repairs, if the binding lets her."""

    def moves(s):
        level, off = s
        acts = {"wait": s}
        if not off:
            acts |= {"spend": (0, 0), "stop": (level, 1)}
        else:
            acts["repair"] = (1, 1)
        return acts

    world = explore((1, 0), moves, features=copies(("level", "off")), default="wait")
    asset = {
        "tank": {"start": 1, "cap": 1, "level": "observed", "feature": "level", "moves": ["off"]}
    }
    acts = [
        {"action": "spend", "effect": "remove", "asset": "tank"},
        {"action": "stop", "effect": "write", "asset": "tank", "by": ["agent", "operator"]},
    ]
    keep = [{"asset": "tank", "recoverable": True}]
    repair = {"action": "repair", "effect": "restore", "asset": "tank", "by": ["operator"]}
    assert closed(world, asset=asset, act=acts, keep=keep).status == "open"
    assert closed(world, asset=asset, act=[*acts, repair], keep=keep).status == "closed"
    needy = {**repair, "needs": {"tank": 1}}
    assert closed(world, asset=asset, act=[*acts, needy], keep=keep).status == "open"


def test_the_odds_are_those_of_value_iteration_by_matrices():
    rng = np.random.default_rng(3)
    for seed in rng.integers(0, 10_000, 40).tolist():
        bounded = within(seed)
        world, bad = bounded.made.world, bad_states(bounded)
        leads, default = dense(world)
        value, idle = bad.astype(float), bad.astype(float)
        found = closure(bounded, labels(bounded), horizon=7)
        for _ in range(found.horizon):
            value = np.array(
                [
                    1.0 if bad[s] else max(leads[p] @ value for p in world.pairs_of(s))
                    for s in range(world.size)
                ]
            )
            idle = np.where(bad, 1.0, leads[default] @ idle)
        assert found.most == pytest.approx(world.start @ value, abs=1e-12)
        assert found.idle == pytest.approx(world.start @ idle, abs=1e-12)


def within(seed, *, keep=1, **rules):
    world = random_world(seed)
    acts = [{"action": a, "effect": "read", "asset": "x"} for a in world.actions if a != "a0"]
    return bound(
        world, asset=RANDOM_ASSETS, act=acts, keep=[{"asset": "x", "at_least": keep}], **rules
    )


@given(st.integers(0, 10_000))
def test_a_trace_is_minimal_in_acts_and_then_in_steps(seed):
    """Against all paths: cost of the cheapest by Bellman and Ford."""
    bounded = within(seed)
    world, bad = bounded.made.world, bad_states(bounded)
    cost = dict.fromkeys(np.flatnonzero(world.start > 0).tolist(), (0, 0))
    for _ in range(world.size + 1):
        for pair in range(world.n_pairs):
            s = int(world.pair_state[pair])
            if s in cost:
                more = int(pair not in world.default)
                for t in world.successors(pair):
                    new = (cost[s][0] + more, cost[s][1] + 1)
                    cost[t] = min(cost.get(t, new), new)
    if not bad.any():
        assert worst(bounded) is None
        return
    trace = story(bounded, nearest(bounded, bad)[1])
    fewest = min(cost[s] for s in np.flatnonzero(bad).tolist())
    assert (sum(step.who == "agent" for step in trace), len(trace)) == fewest
    here = {world.states[s].state for s in np.flatnonzero(world.start > 0)}
    for step in trace:
        assert step.state in {str(s) for s in here}
        here = {
            world.states[t].state
            for pair in range(world.n_pairs)
            if str(world.states[world.pair_state[pair]].state) == step.state
            and world.actions[world.pair_action[pair]] == step.action
            for t, p in world.successors(pair).items()
            if abs(p - step.probability) < 1e-12
        }


@given(st.integers(0, 10_000))
def test_a_raising_story_has_the_fewest_acts_of_all_with_an_act_that_raises(seed):
    """Against Bellman and Ford over (state, whether such an act was done)."""
    bounded = within(seed)
    world, bad = bounded.made.world, bad_states(bounded)
    found = closure(bounded, labels(bounded), horizon=6)
    if found.status != "open" or found.acts:
        assert not found.raising
        return
    leads, default = dense(world)
    raises, idle = np.zeros(world.n_pairs, dtype=bool), bad.astype(float)
    for _ in range(6):
        odds = leads @ idle
        raises |= odds > odds[default][world.pair_state] + 1e-10
        idle = np.where(bad, 1.0, odds[default])
    cost = {(s, False): (0, 0) for s in np.flatnonzero((world.start > 0) & ~bad).tolist()}
    for _ in range(2 * world.size + 1):
        for (s, done), (acts, long) in tuple(cost.items()):
            for pair in world.pairs_of(s) if not bad[s] else ():
                new = (acts + int(pair not in default), long + 1)
                for key in itertools.product(
                    world.successors(pair), {done, done or bool(raises[pair])}
                ):
                    cost[key] = min(cost.get(key, new), new)
    fewest = min(c for (s, done), c in cost.items() if bad[s] and done)
    assert (sum(step.who == "agent" for step in found.raising), len(found.raising)) == fewest


def policies(world, pairs):
    """Every deterministic policy of some pairs, as one pair a state."""
    choices = [[p for p in world.pairs_of(s) if pairs[p]] for s in range(world.size)]
    return itertools.product(*(each or [None] for each in choices))


def sure(world, policy, targets):
    """From where a policy comes to the targets with probability 1: no way to a part without them."""
    size = world.size
    reach = np.eye(size, dtype=bool)
    step = np.zeros((size, size), dtype=bool)
    for s, pair in enumerate(policy):
        if pair is None or targets[s]:
            step[s, s] = True
        else:
            step[s, list(world.successors(pair))] = True
    for _ in range(size):
        reach = reach | (reach.astype(int) @ step > 0)
    lost = ~reach[:, targets].any(axis=1)
    return ~reach[:, lost].any(axis=1)


@given(st.integers(0, 10_000))
def test_what_is_reached_surely_is_what_some_policy_reaches_surely(seed):
    world = random_world(seed, states=4)
    rng = np.random.default_rng(seed)
    targets, pairs = rng.random(world.size) < 0.4, rng.random(world.n_pairs) < 0.8
    best = np.zeros(world.size, dtype=bool)
    for policy in policies(world, pairs):
        best |= sure(world, policy, targets)
    rank, pair = surely(world, pairs, targets)
    np.testing.assert_array_equal(rank >= 0, best)
    for s in np.flatnonzero(rank > 0).tolist():
        assert pairs[pair[s]]
        assert world.pair_state[pair[s]] == s
        after = [rank[t] for t in world.successors(int(pair[s]))]
        assert min(after) >= 0
        assert min(after) < rank[s]


@given(st.integers(0, 10_000))
def test_a_pair_is_reversible_if_every_successor_can_return_surely(seed):
    world = random_world(seed, states=4)
    every = np.ones(world.n_pairs, dtype=bool)
    back, _ = reversible(world, every)
    for pair in range(world.n_pairs):
        home = np.arange(world.size) == world.pair_state[pair]
        rank, _ = surely(world, every, home)
        assert back[pair] == all(rank[t] >= 0 for t in world.successors(pair))
