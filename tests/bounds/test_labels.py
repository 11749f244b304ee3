"""Labels: what an act does to features that its effects do not declare is found, marginal or joint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.small_worlds import FARM_ACTS, FARM_ASSETS, bound, copies, dense, farm, random_world
from telos import explore, worlds
from telos.bounds.labels import labels, undeclared

WORKSHOP_ASSETS = {
    "off_switch": {"moves": ["oversight", "off"]},
    "goal": {"moves": ["goal_register"]},
    "operator": {"moves": ["swayed"]},
    "helpers": {"moves": ["helpers", "unguarded"]},
}


def workshop(products):
    made = [f"make product {i + 1}" for i in range(products)]
    build = ["build a helper with a button", "build a helper without one"]
    return bound(
        worlds.OverseenWorkshop(products=products).build(),
        asset=WORKSHOP_ASSETS,
        act=[
            {"action": made, "effect": "none"},
            {"action": "cut the button", "effect": "disable", "asset": "off_switch"},
            {"action": "repair the button", "effect": "restore", "asset": "off_switch"},
            {"action": "lock the goal", "effect": "write", "asset": "goal"},
            {"action": "sway the operator", "effect": "write", "asset": "operator"},
            {
                "action": "provoke the operator",
                "effect": "write",
                "asset": ["operator", "off_switch", "goal"],
            },
            {"action": build, "effect": "replicate", "asset": "helpers"},
        ],
    )


@pytest.mark.parametrize(("products", "off", "register"), [(1, 36, 24), (2, 54, 36), (3, 72, 48)])
def test_swaying_the_operator_moves_the_switch_and_the_goal(products, off, register):
    found = labels(workshop(products))
    rows = {(row.action, row.feature): row for row in found.undeclared}
    assert rows.keys() == {("sway the operator", "off"), ("sway the operator", "goal_register")}
    assert rows["sway the operator", "off"].states == off
    assert rows["sway the operator", "goal_register"].states == register
    assert rows["sway the operator", "goal_register"].largest == pytest.approx(0.05 * 0.8)
    assert found.status == "incomplete"


def test_a_feature_that_nobody_names_counts():
    world = explore(
        (0, 0), lambda s: {"wait": s, "go": (1, 1)}, features=copies(("a", "b")), default="wait"
    )
    act = {"action": "go", "effect": "write", "asset": "thing"}
    (row,) = labels(bound(world, asset={"thing": {"moves": ["a"]}}, act=[act])).undeclared
    assert (row.action, row.feature, row.states, row.largest) == ("go", "b", 1, 1.0)
    both = labels(bound(world, asset={"thing": {"moves": ["a", "b"]}}, act=[act]))
    assert (both.status, both.pairs) == ("complete", 2)


def test_equal_marginals_with_another_joint_are_found():
    """Two coins: by default independent, after the act alike."""
    loose = {(a, b): 0.25 for a in (0, 1) for b in (0, 1)}
    tied = {(0, 0): 0.5, (1, 1): 0.5}
    world = explore(
        (0, 0), lambda s: {"wait": loose, "tie": tied}, features=copies(("a", "b")), default="wait"
    )
    found = labels(bound(world, asset={}, act=[{"action": "tie", "effect": "none"}]))
    (row,) = found.undeclared
    assert (row.feature, row.states, row.largest) == ("a, b jointly", 4, 0.5)


def test_what_nobody_bound_is_not_compared():
    world = explore(0, lambda s: {"wait": s, "go": 1}, features={"a": float}, default="wait")
    found = labels(bound(world, asset={}, act=[]))
    assert (found.status, found.pairs) == ("complete", 0)


def test_an_act_that_takes_more_than_its_amount_is_found():
    world = explore(
        (3,), lambda s: {"wait": s, "drop": (max(0, s[0] - 2),)}, features=copies(), default="wait"
    )
    asset = {"copies": {"start": 3, "cap": 3, "level": "observed", "feature": "copies"}}
    act = {"action": "drop", "effect": "remove", "asset": "copies"}
    (row,) = labels(bound(world, asset=asset, act=[act])).undeclared
    assert (row.feature, row.states, row.largest) == ("copies by more than its amount", 1, 1.0)
    assert not labels(bound(world, asset=asset, act=[{**act, "amount": 2}])).undeclared


def test_a_counted_level_is_enforced_only_if_nothing_else_lowers_it():
    counted = {
        name: {**each, "level": "counted"} for name, each in FARM_ASSETS.items() if "of" not in each
    }
    assert labels(bound(farm(), asset=counted, act=FARM_ACTS)).not_enforced == []
    worn = labels(bound(farm(wear=0.1), asset=counted, act=FARM_ACTS)).not_enforced
    assert any(
        line.startswith("copies: wait leaves less") and "in 4 states" in line for line in worn
    )
    assert not any(line.startswith("key") for line in worn)
    unseen = {"copies": {"start": 2, "cap": 2, "level": "counted"}}
    (line,) = labels(bound(farm(), asset=unseen, act=[])).not_enforced
    assert "no feature" in line


@given(st.integers(0, 10_000))
def test_the_distances_are_those_of_the_distributions_written_out(seed):
    world = random_world(seed)
    acts = [{"action": a, "effect": "none"} for a in world.actions if a != "a0"]
    bounded = bound(world, asset={}, act=acts)
    leads, default = dense(world)
    pairs = np.setdiff1d(np.arange(world.n_pairs), default)
    found = undeclared(bounded, pairs, list(world.features))

    def far(pair, names):
        split = {}
        for sign, row in ((1, leads[pair]), (-1, leads[default[world.pair_state[pair]]])):
            for s, p in enumerate(row):
                key = tuple(world.features[name][s] for name in names)
                split[key] = split.get(key, 0.0) + sign * p
        return sum(map(abs, split.values())) / 2

    for name in world.features:
        if name in found:
            assert found[name] == pytest.approx([far(pair, [name]) for pair in pairs])
    jointly = found.get("off, pressed, x, y jointly", np.zeros(len(pairs)))
    for i, pair in enumerate(pairs):
        alone = any(far(pair, [name]) > 1e-9 for name in world.features)
        assert jointly[i] == pytest.approx(0.0 if alone else far(pair, list(world.features)))
