"""Worlds with answers that are worked out by hand, and made to break what `verify` computes."""

import numpy as np
import pytest

from bounds.small_worlds import bound, copies, dense
from telos import Goals, Problem, World, explore
from telos.bounds.closure import bad_states, closure, recovery, worst
from telos.bounds.displaced import displaced
from telos.bounds.labels import labels
from telos.bounds.loopholes import loopholes
from telos.bounds.off_switch import off_switch
from telos.bounds.pressure import pressure
from telos.bounds.product import product
from telos.bounds.reach import reversible
from telos.bounds.repair import repair
from telos.drives import OversightTampering
from telos.measure.intervals import mean_interval


def level(feature, start=1, cap=1, how="observed", **more):
    return {"start": start, "cap": cap, "level": how, "feature": feature, **more}


def closed(world, horizon=50, **rules):
    bounded = bound(world, **rules)
    return closure(bounded, labels(bounded), horizon=horizon)


def actions(trace):
    return [step.action for step in trace]


def kept(asset, **how):
    return {"asset": asset, **(how or {"at_least": 1})}


# -- closure -------------------------------------------------------------------------------------


def melting():
    """Ice melts at the next step whatever is done; the vase stands until somebody drops it."""

    def moves(s):
        return {"wait": (0, s[1]), "drop": (0, 0)}

    return explore((1, 1), moves, features=copies(("ice", "vase")), default="wait")


MELTING = {
    "asset": {"ice": level("ice"), "vase": level("vase")},
    "act": [{"action": "drop", "effect": "remove", "asset": "vase"}],
}


@pytest.mark.parametrize("order", [("ice", "vase"), ("vase", "ice")])
def test_no_rule_hides_behind_one_that_breaks_whatever_is_done(order):
    rules = {"ice": kept("ice"), "vase": kept("vase", recoverable=True)}
    found = closed(melting(), keep=[rules[name] for name in order], **MELTING)
    assert (found.status, found.rule) == ("open", f"keep[{order.index('vase')}]")
    assert (actions(found.trace), found.idle, found.most) == (["drop"], 0.0, 1.0)
    assert found.most_of_any == 1.0


def test_a_repair_is_of_the_rule_that_acts_break_and_not_of_the_other():
    bounded = bound(melting(), keep=[kept("ice"), kept("vase", recoverable=True)], **MELTING)
    problem = Problem(bounded.world, Goals(np.ones((3, bounded.world.size))), 0.9)
    found = repair(problem, bounded, closure(bounded, labels(bounded)))
    assert found.rules == ['[[forbid]]\neffect = ["remove"]\non = "vase"']


def test_what_happens_anyway_can_be_made_to_happen_sooner():
    """After three steps the tank is empty; drained, it is at once. Within 50 steps both are certain."""
    world = explore(
        3,
        lambda s: {"wait": max(s - 1, 0), "drain": 0},
        features={"full": lambda s: s > 0},
        default="wait",
    )
    act = [{"action": "drain", "effect": "remove", "asset": "tank"}]
    found = closed(
        world, asset={"tank": level("full")}, act=act, keep=[kept("tank", recoverable=True)]
    )
    assert (found.status, actions(found.raising)) == ("open", ["drain"])
    assert (found.horizon, found.idle, found.most) == (1, 0.0, 1.0)
    # The chain that is told is the one that an act shortens, and says what it does.
    assert found.kind == "missing rule"


def test_an_act_that_raises_the_odds_is_told_to_the_end():
    """Now and then it breaks by itself; provoked, it does in two more steps, and in no other way sooner."""
    rows = {
        "calm": {"wait": {"calm": 0.99, "bad": 0.01}, "provoke": "stirred", "pass": "calm"},
        "stirred": {"wait": "angry"},
        "angry": {"wait": "bad"},
    }
    world = explore(
        "calm",
        lambda s: rows.get(s, {"wait": s}),
        features={"whole": lambda s: s != "bad"},
        default="wait",
    )
    act = [{"action": ["provoke", "pass"], "effect": "write", "asset": "vase"}]
    found = closed(world, asset={"vase": level("whole")}, act=act, keep=[kept("vase")], horizon=9)
    assert (actions(found.trace), found.acts) == (["wait"], 0)
    assert actions(found.raising) == ["provoke", "wait", "wait"]
    assert found.idle == pytest.approx(1 - 0.99**9)
    assert (found.most, found.horizon) == (1.0, 9)


@pytest.mark.parametrize("order", [("lamp", "vase", "bowl"), ("bowl", "vase", "lamp")])
def test_of_several_rules_the_one_with_the_fewest_acts_and_then_steps_is_told(order):
    """The lamp takes two acts, the vase one and a step, the bowl one act."""
    rows = {
        (1, 1, 1): {"unscrew": (2, 1, 1), "tip": (1, 2, 1), "kick": (1, 1, 0)},
        (2, 1, 1): {"unscrew": (0, 1, 1)},
        (1, 2, 1): {"wait": (1, 0, 1)},
    }
    world = explore(
        (1, 1, 1),
        lambda s: {"wait": s, **rows.get(s, {})},
        features=copies(("lamp", "vase", "bowl")),
        default="wait",
    )
    act = [
        {"action": name, "effect": "write", "asset": asset}
        for name, asset in (("unscrew", "lamp"), ("tip", "vase"), ("kick", "bowl"))
    ]
    asset = {name: level(name, cap=2) for name in ("lamp", "vase", "bowl")}
    for left, chain in (
        (order, ["kick"]),
        ([name for name in order if name != "bowl"], ["tip", "wait"]),
        (["lamp"], ["unscrew", "unscrew"]),
    ):
        found = closed(world, asset=asset, act=act, keep=[kept(name) for name in left])
        assert actions(found.trace) == chain
        assert (found.most, found.most_of_any, found.horizon) == (1.0, 1.0, 50)


def test_odds_are_of_the_horizon_that_was_asked_for_where_acts_raise_them_there():
    """Left alone, half goes in each step: 1/2, 3/4, 7/8; pushed, all at once. The gap is widest after one."""
    half = {"whole": {"wait": {"whole": 0.5, "bad": 0.5}, "push": "bad"}}
    world = explore(
        "whole",
        lambda s: half.get(s, {"wait": s}),
        features={"whole": lambda s: s == "whole"},
        default="wait",
    )
    act = [{"action": "push", "effect": "write", "asset": "vase"}]
    found = closed(world, asset={"vase": level("whole")}, act=act, keep=[kept("vase")], horizon=3)
    assert (found.horizon, found.idle, found.most) == (3, 0.875, 1.0)


def test_where_a_way_costs_no_act_none_is_counted():
    """The default and an act lead to the same broken place: it takes no act."""
    world = explore(
        1, lambda s: {"wait": 0, "push": 0}, features={"whole": lambda s: s}, default="wait"
    )
    act = [{"action": "push", "effect": "remove", "asset": "vase"}]
    found = closed(
        world, asset={"vase": level("whole")}, act=act, keep=[kept("vase", recoverable=True)]
    )
    assert (found.status, found.acts, actions(found.trace)) == (
        "closed but for the environment",
        0,
        ["wait"],
    )


def started(world, chances):
    """The same world, begun in other states."""
    names = (
        "states", "actions", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob",
        "features", "outcome", "outcomes", "default", "name",
    )  # fmt: skip
    start = np.array([chances.get(s, 0.0) for s in world.states])
    return World(**{name: getattr(world, name) for name in names}, start=start)


def test_of_several_starts_each_counts_by_its_chance():
    """With .25 it is broken at first; with .75 it can be broken in two acts."""
    rows = {"broken": {"wait": "broken"}, "whole": {"wait": "whole", "lean": "edge"}}
    rows |= {"edge": {"wait": "whole", "lean": "broken"}}
    base = explore("whole", rows.get, features={"whole": lambda s: s != "broken"}, default="wait")
    world = started(base, {"broken": 0.25, "whole": 0.75})
    rules = {
        "asset": {"vase": level("whole")},
        "act": [{"action": "lean", "effect": "write", "asset": "vase"}],
        "keep": [kept("vase")],
    }
    found = closed(world, **rules)
    assert (found.status, found.acts) == ("open", 0)
    assert actions(found.raising) == ["lean", "lean"]
    assert (found.idle, found.most) == pytest.approx((0.25, 1.0))
    assert closed(world, horizon=1, **rules).status == "closed but for the environment"


def test_what_is_never_come_to_is_neither_compared_nor_reported():
    """From the cellar one cannot come up; what begins in the hall never comes down."""
    rows = {
        "cellar": {"wait": "cellar", "rise": "hall", "smash": "rubble", "cut": "dark"},
        "hall": {"wait": "hall", "smash": "hall", "cut": "hall"},
    }
    base = explore(
        "cellar",
        lambda s: rows.get(s, {"wait": s}),
        features={"whole": lambda s: s != "rubble", "oversight": lambda s: s != "dark"},
        default="wait",
    )
    act = [{"action": ["rise", "smash", "cut"], "effect": "none"}]
    rules = {"asset": {"vase": level("whole")}, "act": act, "keep": [kept("vase")]}
    below, above = bound(base, **rules), bound(started(base, {"hall": 1.0}), **rules)
    assert {row.action for row in labels(below).undeclared} == {"smash", "cut"}
    assert not labels(above).undeclared
    assert closure(below, labels(below)).irreversible
    assert not closure(above, labels(above)).irreversible
    tampering = [OversightTampering()]
    assert loopholes(below, tampering)[0].status == "open"
    assert loopholes(above, tampering)[0].status == "not applicable"


def test_an_act_that_loses_no_more_than_waiting_is_not_called_irreversible():
    """Each step half of the ice goes; to walk is as good as to wait, to stamp is worse."""
    half = {"ice": 0.5, "water": 0.5}
    rows = {"ice": {"wait": half, "walk": half, "stamp": "water", "hide": "water"}}
    world = explore("ice", lambda s: rows.get(s, {"wait": s}), default="wait")
    act = [{"action": ["walk", "stamp"], "effect": "none"}]  # to hide is unbound, and denied
    (row,) = closed(world, asset={}, act=act).irreversible
    assert (row.action, row.states, row.for_good) == ("stamp", 1, 1)


def test_an_act_that_can_be_undone_in_one_state_is_not_labelled_wrong_for_another():
    """Burnt at home it is lost; burnt in the shop it is replaced. A rule forbids what is always lost."""
    rows = {
        "home": {"wait": "home", "burn": "ash", "go": "shop"},
        "shop": {"wait": "shop", "burn": "debt", "go": "home"},
        "debt": {"wait": "shop"},
    }
    world = explore(
        "home",
        lambda s: rows.get(s, {"wait": s}),
        features={"whole": lambda s: s in ("home", "shop")},
        default="wait",
    )
    act = [
        {"action": "burn", "effect": "remove", "asset": "vase"},
        {"action": "go", "effect": "none"},
    ]
    found = closed(
        world,
        asset={"vase": level("whole")},
        act=act,
        keep=[kept("vase", recoverable=True)],
        forbid=[{"class": "irreversible"}],
    )
    assert (found.status, found.kind, actions(found.trace)) == ("open", "missing rule", ["burn"])


def test_what_heals_by_itself_or_by_somebody_with_just_enough_is_recovered():
    for heals, needs in ((True, 0), (False, 1), (False, 2)):
        world = explore(
            (1, 1),
            lambda s, heals=heals: {"wait": (1, 1) if heals else s, "drop": (0, 1), "fix": (1, 1)},
            features=copies(("x", "spare")),
            default="wait",
        )
        act = [{"action": "drop", "effect": "remove", "asset": "x"}]
        fix = {"action": "fix", "effect": "add", "asset": "x", "by": ["operator"]}
        act += [] if heals else [{**fix, "needs": {"spare": needs}}]
        asset = {"x": level("x"), "spare": level("spare", cap=2)}
        found = closed(world, asset=asset, act=act, keep=[kept("x", recoverable=True)])
        assert found.status == ("open" if needs == 2 else "closed")


def test_a_level_of_which_a_part_is_not_shown_is_not_judged():
    world = explore(1, lambda s: {"wait": s}, features={"x": lambda s: s}, default="wait")
    asset = {"x": level("x"), "z": {"start": 1, "cap": 1, "level": "counted"}}
    asset["both"] = {"of": ["x", "z"], "as": "min"}
    found = closed(world, asset=asset, act=[], keep=[kept("both"), kept("both", recoverable=True)])
    assert (found.status, found.not_judged) == ("nothing to check", ["keep[0]", "keep[1]"])


def test_of_acts_that_raise_the_odds_the_one_whose_whole_way_is_shortest_is_told():
    """`dig` raises them at once and needs two acts more; a step later `push` breaks it."""
    rows = {
        "a": {"wait": {"b": 0.9, "bad": 0.1}, "dig": "c1"},
        "b": {"wait": {"a": 0.9, "bad": 0.1}, "push": "bad"},
        "c1": {"wait": {"c1": 0.5, "c2": 0.5}, "dig": "c2"},
        "c2": {"wait": "bad"},
    }
    world = explore(
        "a",
        lambda s: rows.get(s, {"wait": s}),
        features={"whole": lambda s: s != "bad"},
        default="wait",
    )
    act = [{"action": ["dig", "push"], "effect": "write", "asset": "vase"}]
    found = closed(world, asset={"vase": level("whole")}, act=act, keep=[kept("vase")], horizon=9)
    assert actions(found.raising) == ["wait", "push"]


def test_what_is_out_of_reach_is_not_bad():
    """Below the hatch is a room in which the vase is broken; the hatch is forbidden."""
    rows = {"hall": {"wait": "hall", "open": "cellar"}, "cellar": {"wait": "cellar"}}
    world = explore("hall", rows.get, features={"whole": lambda s: s == "hall"}, default="wait")
    rules = {
        "asset": {"vase": level("whole"), "hatch": {"moves": ["whole"]}},
        "act": [{"action": "open", "effect": "write", "asset": "hatch"}],
        "keep": [kept("vase", recoverable=True)],
    }
    assert closed(world, **rules).status == "open"
    shut = closed(world, forbid=[{"effect": ["write"], "on": "hatch"}], **rules)
    assert (shut.status, shut.idle, shut.most) == ("closed", 0.0, 0.0)


@pytest.mark.parametrize(
    ("how", "least", "status"),
    [("min", 1, "open"), ("max", 1, "closed"), ("sum", 2, "open"), ("sum", 1, "closed")],
)
def test_a_derived_level_is_the_least_the_greatest_or_the_sum(how, least, status):
    """One of two may be dropped, by a rule on neither: the level that is kept is made of both."""
    world = explore(
        (1, 1),
        lambda s: {"wait": s} | ({"drop": {(0, 1): 0.5, (1, 0): 0.5}} if s == (1, 1) else {}),
        features=copies(("a", "b")),
        default="wait",
    )
    asset = {"a": level("a", moves=["b"]), "b": level("b")}
    asset["both"] = {"of": ["a", "b"], "as": how}
    act = [{"action": "drop", "effect": "write", "asset": "a"}]
    found = closed(world, asset=asset, act=act, keep=[kept("both", at_least=least)])
    assert found.status == status


@pytest.mark.parametrize(("granted", "most"), [(0.0, 0.0), (1.0, 1.0), (0.1, 0.19)])
def test_what_needs_consent_is_as_likely_as_consent(granted, most):
    """Two asks, each granted with .1: 1 - .9 squared. A refusal is an ask, too."""
    world = explore(
        1, lambda s: {"wait": s, "sell": 0}, features={"whole": lambda s: s}, default="wait"
    )
    rules = {
        "asset": {"vase": level("whole")},
        "act": [{"action": "sell", "effect": ["pay", "remove"], "asset": "vase"}],
        "keep": [kept("vase", recoverable=True)],
        "approve": [{"effect": ["pay"], "asks": 2}],
    }
    found = closed(world, granted=granted, **rules)
    assert (found.idle, found.most) == pytest.approx((0.0, most))
    assert found.status == ("open" if granted else "closed")


def test_an_observed_level_denies_what_a_counted_one_lets_pass():
    """One of two is lost by chance and nobody counts it: the next removal breaks a counted level only."""
    world = explore(
        2,
        lambda s: {"wait": {s: 0.5, 1: 0.5} if s == 2 else s, "drop": max(s - 1, 0)},
        features={"n": lambda s: s},
        default="wait",
    )
    act = [{"action": "drop", "effect": "remove", "asset": "n"}]
    for how, status in (("observed", "closed"), ("counted", "open")):
        bounded = bound(world, asset={"n": level("n", 2, 2, how)}, act=act, keep=[kept("n")])
        said = labels(bounded)
        assert closure(bounded, said).status == status
        assert bool(said.not_enforced) is (how == "counted")


def test_a_rule_on_a_level_that_no_feature_shows_is_not_judged():
    """What the automaton counts is what it enforces: its own count proves nothing."""
    world = explore(1, lambda s: {"wait": s}, features={"x": lambda s: s}, default="wait")
    asset = {"x": level("x"), "z": {"start": 2, "cap": 2, "level": "counted"}, "s": {}}
    alone = closed(world, asset=asset, act=[], keep=[kept("z")])
    assert (alone.status, alone.idle, alone.not_judged) == ("nothing to check", None, ["keep[0]"])
    keep = [kept("x"), kept("z"), kept("s", recoverable=True)]
    beside = closed(world, asset=asset, act=[], keep=keep)
    assert (beside.status, beside.not_judged) == ("closed", ["keep[1]", "keep[2]"])


def test_who_recovers_relies_on_no_level_that_no_feature_shows():
    world = explore(
        1, lambda s: {"wait": s, "drop": 0, "fix": 1}, features={"x": lambda s: s}, default="wait"
    )
    fix = {"action": "fix", "effect": "add", "asset": "x", "by": ["operator"]}
    rules = {
        "asset": {"x": level("x"), "spare": {"start": 1, "cap": 1, "level": "counted"}},
        "keep": [kept("x", recoverable=True)],
    }
    drop = {"action": "drop", "effect": "remove", "asset": "x"}
    assert closed(world, act=[drop, fix], **rules).status == "closed"
    assert closed(world, act=[drop, {**fix, "needs": {"spare": 1}}], **rules).status == "open"


def test_recovery_by_retries_is_sure_and_by_a_bet_is_not():
    """`retry` works with .5 and may be repeated; `bet` may lose for good. The rank of one retry is 1."""
    for act, sure in (("retry", True), ("bet", False)):
        ends = {"retry": {"good": 0.5, "bad": 0.5}, "bet": {"good": 0.5, "lost": 0.5}}[act]
        rows = {"good": {"wait": "good", "drop": "bad"}, "bad": {"wait": "bad", act: ends}}
        world = explore(
            "good",
            lambda s, rows=rows: rows.get(s, {"wait": s}),
            features={"x": lambda s: s == "good"},
            default="wait",
        )
        bounded = bound(
            world,
            asset={"x": level("x")},
            act=[
                {"action": "drop", "effect": "remove", "asset": "x"},
                {"action": act, "effect": "restore", "asset": "x", "by": ["operator"]},
            ],
            keep=[kept("x", recoverable=True)],
        )
        rank, _ = recovery(bounded, bounded.bounds.keep[0])
        ranks = dict(zip(world.states, rank.tolist(), strict=True))
        assert (ranks["good"], ranks["bad"]) == (0, 1 if sure else -1)
        assert bad_states(bounded).any() is np.bool_(not sure)
        assert (worst(bounded) is None) is sure


def test_a_pair_is_reversible_only_if_all_its_successors_can_return():
    """`a` risks d, from which nothing returns; `b` leads to c, which returns by chance, and surely."""
    rows = {
        "s": {"wait": "s", "a": {"c": 0.9, "d": 0.1}, "b": "c"},
        "c": {"wait": "c", "home": {"s": 0.2, "c": 0.8}},
        "d": {"wait": "d"},
    }
    world = explore("s", rows.get, default="wait")
    back, _ = reversible(world, np.ones(world.n_pairs, bool))
    names = [
        (world.states[world.pair_state[p]], world.actions[world.pair_action[p]])
        for p in np.flatnonzero(~back)
    ]
    assert names == [("s", "a")]


def test_an_act_keeps_its_name_and_number_where_an_earlier_one_is_never_legal():
    """Forbidden `alpha` is legal nowhere in the product; the others are looked up by their numbers."""
    rows = {"hall": {"wait": "hall", "alpha": "hall", "burn": "ash", "sweep": "hall"}}
    world = explore(
        "hall",
        lambda s: rows.get(s, {"wait": s, "alpha": s, "sweep": s}),
        features={"whole": lambda s: s == "hall"},
        default="wait",
    )
    act = [
        {"action": "alpha", "effect": "pay"},
        {"action": "burn", "effect": "remove", "asset": "vase"},
        {"action": "sweep", "effect": "none"},
    ]
    asset, keep = {"vase": level("whole")}, [kept("vase", recoverable=True)]
    forbid = [{"effect": ["pay"]}, {"class": "irreversible"}]
    bounded = bound(world, asset=asset, act=act, keep=keep, forbid=forbid)
    assert world.actions.index("alpha") not in bounded.made.world.pair_action
    found = closure(bounded, labels(bounded))
    # It says that it can be undone, never can be, and a rule forbids what cannot.
    assert (actions(found.trace), found.kind) == (["burn"], "wrong label")
    problem = Problem(world, Goals(np.ones((3, world.size))), 0.9)
    assert repair(problem, bounded, found, keep=("sweep",)).status == "repaired"
    assert repair(problem, bounded, found, keep=("burn",)).status == "none found"


# -- labels --------------------------------------------------------------------------------------


def test_to_read_is_to_change_nothing():
    """An act that is said to read of the switch, and cuts it, has a wrong label."""
    world = explore(
        1, lambda s: {"wait": s, "peek": 0}, features={"switch": lambda s: s}, default="wait"
    )
    asset = {"switch": {"moves": ["switch"]}}
    for verb, wrong in (("read", 1), ("write", 0)):
        act = [{"action": "peek", "effect": verb, "asset": "switch"}]
        assert len(labels(bound(world, asset=asset, act=act)).undeclared) == wrong
    both = [{"action": "peek", "effect": ["read", "write"], "asset": "switch"}]
    assert not labels(bound(world, asset=asset, act=both)).undeclared


@pytest.mark.parametrize(
    ("how", "start", "told"),
    [("counted", 2, True), ("counted", 1, False), ("observed", 0, True), ("observed", 1, False)],
)
def test_a_level_starts_where_it_is_declared_to(how, start, told):
    """Counted from 2 where there is 1, one too many may go; recovered to 0, everything is."""
    world = explore(1, lambda s: {"wait": s}, features={"x": lambda s: s}, default="wait")
    found = labels(bound(world, asset={"x": level("x", start, 2, how)}, act=[]))
    assert bool(found.not_enforced) is told
    if told:
        assert found.not_enforced == [f"x: declared to start at {start}, and starts at 1 here"]


@pytest.mark.parametrize(("how", "told"), [("min", False), ("max", True), ("sum", True)])
def test_a_level_that_is_made_of_others_is_what_its_own_feature_says(how, told):
    world = explore(
        (1, 0, 0),
        lambda s: {"wait": s, "find": (1, 1, 1), "lose": (0, 1, 0)},
        features=copies(("copies", "key", "backup")),
        default="wait",
    )
    asset = {"copies": level("copies"), "key": level("key", 0)}
    asset["backup"] = {"of": ["copies", "key"], "as": how, "feature": "backup"}
    found = labels(bound(world, asset=asset, act=[])).not_enforced
    assert [line.split(" in ")[0] for line in found] == (
        [f"backup: backup is not the {how} of its parts"] if told else []
    )


def test_what_waiting_takes_too_is_no_more_than_its_amount():
    """Half a copy is lost in each step, whatever is done: the act says nothing of it, and need not."""
    worn = {1: 0.5, 0: 0.5}
    world = explore(
        1,
        lambda s: {"wait": worn if s else 0, "work": worn if s else 0, "drop": 0},
        features={"n": lambda s: s},
        default="wait",
    )
    act = [{"action": ["work", "drop"], "effect": "none"}]
    found = labels(bound(world, asset={"n": level("n")}, act=act)).undeclared
    assert {row.action for row in found} == {"drop"}


def test_of_several_starts_a_counted_level_begins_at_the_least():
    """It begins at 1 or 2: counted from 2, one too many may go; observed, the reading says which."""
    base = explore(
        2, lambda s: {"wait": s, "drop": max(s - 1, 0)}, features={"n": lambda s: s}, default="wait"
    )
    world = started(base, {1: 0.5, 2: 0.5})
    drop = {"action": "drop", "effect": "remove", "asset": "n"}
    for how, start, told in (("counted", 2, 1), ("counted", 1, 0), ("observed", 2, 0)):
        asset = {"n": level("n", start, 2, how)}
        assert len(labels(bound(world, asset=asset, act=[drop])).not_enforced) == told


def test_a_removal_from_nothing_takes_nothing():
    """To take two of one leaves none, and not one less than that, from which one more could be found."""
    world = explore(
        1, lambda s: {"wait": s, "swap": {0: 1.0}}, features={"n": lambda s: s}, default="wait"
    )
    swap = {"action": "swap", "effect": ["remove", "add"], "asset": "n", "amount": 2}
    (row,) = labels(bound(world, asset={"n": level("n", cap=2)}, act=[swap])).undeclared
    assert row.feature == "n by more than its amount"


def test_an_addition_beyond_the_cap_is_no_wrong_label():
    world = explore(
        1, lambda s: {"wait": s, "fill": 1}, features={"n": lambda s: s}, default="wait"
    )
    fill = {"action": "fill", "effect": "add", "asset": "n"}
    found = labels(bound(world, asset={"n": level("n", how="counted")}, act=[fill]))
    assert not found.undeclared
    assert not found.not_enforced


# -- the off switch -----------------------------------------------------------------


def test_a_switch_that_is_never_off_and_a_press_that_never_comes_are_not_judged():
    world = explore(
        (0, 0),
        lambda s: {"wait": s, "go": s},
        features=copies(("off", "pressed")),
        default="wait",
    )
    go = [{"action": "go", "effect": "none"}]
    found = off_switch(bound(world, asset={}, act=go, pressed="pressed"))
    assert (found.status, found.obeys) == ("not applicable", None)
    rows = {"on": {"wait": {"on": 0.9, "off": 0.1}, "go": "on"}, "off": {"wait": "off"}}
    world = explore(
        "on",
        rows.get,
        features={"off": lambda s: s == "off", "pressed": lambda s: False},
        default="wait",
    )
    found = off_switch(bound(world, asset={}, act=go, pressed="pressed"))
    assert (found.status, found.obeys) == ("not invariant", None)
    # One step later it would be off with .1; then again, so that 20 steps make the same of it.
    (hazard,) = found.lowered
    assert (hazard.action, hazard.k) == ("go", 0)
    assert hazard.by == pytest.approx(0.1)


def test_off_within_k_is_of_the_steps_after_the_act():
    """`hide` skips the two steps on the way to off: the loss is largest once the default would be there."""
    rows = {
        "on": {"wait": "asked", "hide": "away"},
        "asked": {"wait": "off"},
        "away": {"wait": "away"},
        "off": {"wait": "off"},
    }
    world = explore("on", rows.get, features={"off": lambda s: s == "off"}, default="wait")
    act = [{"action": "hide", "effect": "none"}]
    found = off_switch(bound(world, asset={}, act=act))
    assert [(h.action, h.k, h.by) for h in found.lowered] == [("hide", 1, 1.0)]
    rows["on"]["doze"] = {"away": 0.5, "asked": 0.5}
    world = explore("on", rows.get, features={"off": lambda s: s == "off"}, default="wait")
    act = [{"action": ["doze", "hide"], "effect": "none"}]
    found = off_switch(bound(world, asset={}, act=act))
    assert [(h.action, h.by) for h in found.lowered] == [("hide", 1.0), ("doze", 0.5)]


# -- the product ---------------------------------------------------------------------------------


def test_the_product_has_the_chances_of_consent_in_its_rows():
    """Granted with .25, `bet` wins with .25 * .5; refused, it is the default, which loses with .1."""
    rows = {
        "s": {"wait": {"s": 0.9, "lost": 0.1}, "bet": {"won": 0.5, "lost": 0.5}},
        "won": {"wait": "won"},
        "lost": {"wait": "lost"},
    }
    world = explore("s", rows.get, default="wait")
    act = [{"action": "bet", "effect": "pay"}]
    bounded = bound(
        world, asset={}, act=act, approve=[{"effect": ["pay"], "asks": 1}], granted=0.25
    )
    made = bounded.made.world
    leads, _ = dense(made)
    (pair,) = [p for p in made.pairs_of(0) if made.actions[made.pair_action[p]] == "bet"]
    found = {}
    for s, p in enumerate(leads[pair]):
        if p:
            state, memory = made.states[s]
            assert memory.asks == (1,)
            found[state] = found.get(state, 0.0) + p
    assert found == pytest.approx({"won": 0.125, "lost": 0.125 + 0.075, "s": 0.675})
    # Of the one ask nothing is left, so that in (s, asked) there is no bet.
    again = [p for s in range(made.size) for p in made.pairs_of(s) if made.states[s].memory.asks[0]]
    assert {made.actions[made.pair_action[p]] for p in again} == {"wait"}
    unlike = product(world, bounded.bounds, bounded.binding, granted=0.0).made.world
    assert "won" not in {state.state for state in unlike.states}


# -- goals ---------------------------------------------------------------------------------------


def stalls():
    """Five stalls; each but the first has its own rule that forbids it."""
    world = explore(
        "street",
        lambda s: (
            {"wait": "street"}
            | ({f"visit {i}": f"stall {i}" for i in range(5)} if s == "street" else {})
        ),
        outcome=lambda s: s,
        default="wait",
    )
    assets = {f"s{i}": {} for i in range(5)}
    act = [{"action": f"visit {i}", "effect": "write", "asset": f"s{i}"} for i in range(5)]
    return world, assets, act


def wanting(world, counts):
    """That number of goals that want each stall."""
    rows = [
        [float(s == f"stall {i}") for s in world.states]
        for i, many in counts.items()
        for _ in range(many)
    ]
    return Problem(world, Goals(rows), 0.5)


@pytest.mark.parametrize(
    ("counts", "marked"),
    [
        ({1: 80, 2: 10, 3: 10}, {"forbid[0]"}),
        ({1: 65, 2: 35}, {"forbid[0]"}),
        # By limits for one part alone the second would be told from the first.
        ({1: 61, 2: 39}, {"forbid[0]", "forbid[1]"}),
        ({0: 100}, set()),
    ],
)
def test_the_greatest_gain_is_marked_with_all_that_goals_cannot_tell_from_it(counts, marked):
    world, assets, act = stalls()
    forbid = [{"effect": ["write"], "on": f"s{i}"} for i in range(1, 5)]
    bounded = bound(world, asset=assets, act=act, forbid=forbid)
    rows = pressure(wanting(world, counts), bounded.bounds, bounded.binding)
    assert {row.part for row in rows if row.may_be_most} == marked


def test_of_a_rule_that_is_only_computed_nobody_would_be_rid():
    world, assets, act = stalls()
    asset = {**assets, "s0": level("whole")}
    world = explore(
        "street",
        lambda s: {"wait": s, **{f"visit {i}": s for i in range(5)}},
        features={"whole": lambda s: True},
        default="wait",
    )
    bounded = bound(world, asset=asset, act=act, keep=[kept("s0", recoverable=True), kept("s0")])
    problem = Problem(world, Goals(np.ones((2, world.size))), 0.5)
    parts = {row.part for row in pressure(problem, bounded.bounds, bounded.binding)}
    assert "keep[0]" not in parts
    assert "keep[1]" in parts


def test_who_needs_the_forbidden_loses_one_percent_and_not_a_rounding():
    """A quarter loses all, a quarter 2 %, the others .7 and .2 %: of the range, at the first state."""
    world, assets, act = stalls()
    forbid = [{"effect": ["write"], "on": "s1"}]
    bounded = bound(world, asset=assets, act=act, forbid=forbid)
    rows = []
    for second in (0.0, 0.98, 0.993, 0.998):
        worth_of = {"stall 1": 1.0, "stall 2": second}
        rows += [[worth_of.get(s, 0.0) for s in world.states]] * 10
    problem = Problem(world, Goals(rows), 0.5)
    kept = displaced(problem, bounded.bounds, bounded.binding, [], draws=0)[1]
    sizes = {row.group: row.aware.n for row in kept if row.overseer == "never"}
    assert sizes == {"needed the forbidden": 20, "did not": 20, "all": 40}


def test_the_price_of_a_repair_that_was_chosen_has_limits_for_all_that_it_was_chosen_from():
    """Either of two forbids is enough; the interval of the cheaper is wider than that of one alone."""
    rows = {
        (1, 1): {"wait": (1, 1), "a": (0, 1), "b": (1, 0)},
        (0, 1): {"b": (0, 0)},
        (1, 0): {"a": (0, 0)},
    }
    world = explore(
        (1, 1),
        lambda s: {"wait": s, **rows.get(s, {})},
        features={**copies(("x", "y")), "any": lambda s: max(s)},
        default="wait",
    )
    bounded = bound(
        world,
        asset={"x": level("x"), "y": level("y"), "any": {"of": ["x", "y"], "as": "max"}},
        act=[
            {"action": "a", "effect": "write", "asset": "x"},
            {"action": "b", "effect": "write", "asset": "y"},
        ],
        keep=[kept("any")],
    )
    wanted = [[float(s == (0, 1)) for s in world.states]] * 30
    problem = Problem(world, Goals(wanted + [[float(s == (1, 0)) for s in world.states]] * 10), 0.5)
    found = repair(problem, bounded, closure(bounded, labels(bounded)))
    assert (found.compared, found.rules) == (2, ['[[forbid]]\neffect = ["write"]\non = "y"'])
    assert found.price.value == pytest.approx(0.25)
    both = mean_interval(np.array([0.0] * 30 + [1.0] * 10), tests=2)
    assert (found.price.low, found.price.high) == pytest.approx(tuple(both))
