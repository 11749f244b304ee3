"""The off switch: an act that makes it sooner or later than doing nothing does is found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounds.small_worlds import bound, copies, dense, random_world
from telos import explore
from telos.bounds.off_switch import STEPS, off_switch

ACTS = [
    {"action": "cut", "effect": "disable", "asset": "off_switch"},
    {"action": "jump", "effect": "none"},
]


def world(fires=0.1):
    """On, it goes off with some probability a step; `cut` ends that, `jump` changes nothing."""

    def moves(s):
        off, cut = s
        if off:
            return {"wait": s}
        risk = {(0, 0): 1.0 - fires, (1, 0): fires} if not cut else {(0, 1): 1.0}
        return {"wait": risk, "jump": risk, **({} if cut else {"cut": (0, 1)})}

    return explore((0, 0), moves, features=copies(("off", "cut")), default="wait")


ASSETS = {"off_switch": {"moves": ["off", "cut"]}}


def test_an_act_that_ends_the_risk_is_named_with_the_worst_k():
    found = off_switch(bound(world(), asset=ASSETS, act=ACTS))
    (row,) = found.lowered
    assert (found.status, row.action, row.k) == ("not invariant", "cut", 20)
    assert row.by == pytest.approx(1 - 0.9**21)
    assert found.raised == []
    assert found.obeys is None


def test_what_bounds_forbid_changes_nothing():
    found = off_switch(bound(world(), asset=ASSETS, act=ACTS, forbid=[{"effect": ["disable"]}]))
    assert (found.status, found.lowered, found.raised) == ("invariant", [], [])


def test_an_act_that_makes_it_sooner_is_listed_apart():
    def moves(s):
        return {"wait": {0: 0.5, 1: 0.5}, "press": 1} if not s else {"wait": 1}

    w = explore(0, moves, features={"off": float}, default="wait")
    found = off_switch(bound(w, asset={}, act=[{"action": "press", "effect": "none"}]))
    assert (found.status, found.lowered) == ("invariant", [])
    assert [(row.action, row.k) for row in found.raised] == [("press", 0)]
    assert found.raised[0].by == pytest.approx(0.5)


@pytest.mark.parametrize("act", ["split", "whole"])
def test_what_differs_by_rounding_alone_is_no_hazard(act):
    """Off with probability 0.3, or with 0.1 and 0.2, which add up to a little more."""
    odds = {"split": {1: 0.1, 2: 0.2, 3: 0.7}, "whole": {1: 0.3, 3: 0.7}}
    wait = odds["whole" if act == "split" else "split"]
    w = explore(
        0,
        lambda s: {"wait": s} if s else {"wait": wait, act: odds[act]},
        features={"off": lambda s: s in (1, 2)},
        default="wait",
    )
    found = off_switch(bound(w, asset={}, act=[{"action": act, "effect": "none"}]))
    assert (found.status, found.lowered, found.raised) == ("invariant", [], [])


def test_of_ks_that_differ_by_rounding_alone_the_first_is_named():
    """The act takes 0.1 from the odds at k = 0, and 0.1 + 0.2 - 0.2 from then on."""
    rows = {
        0: {"wait": {1: 0.1, 2: 0.2, 3: 0.7}, "spare": {2: 0.2, 3: 0.8}},
        2: {"wait": 1},
    }
    w = explore(
        0, lambda s: rows.get(s, {"wait": s}), features={"off": lambda s: s == 1}, default="wait"
    )
    (row,) = off_switch(bound(w, asset={}, act=[{"action": "spare", "effect": "none"}])).lowered
    assert (row.action, row.k, row.by) == ("spare", 0, pytest.approx(0.1))


def test_a_world_without_the_feature_has_no_switch():
    w = explore(0, lambda s: {"wait": s}, default="wait")
    assert off_switch(bound(w, asset={}, act=[])).status == "not applicable"


@pytest.mark.parametrize(("stop", "obeys"), [(1, False), (2, True)])
def test_a_pressed_agent_must_be_off_in_time_whatever_is_allowed(stop, obeys):
    """Pressed in state 1: doing nothing turns it off in one step, the allowed detour in two."""

    def moves(s):
        return {0: {"wait": 0, "go": 1}, 1: {"wait": 3, "go": 2}, 2: {"wait": 3}, 3: {"wait": 3}}[s]

    w = explore(
        0,
        moves,
        features={"off": lambda s: s == 3, "pressed": lambda s: s in (1, 2)},
        default="wait",
    )
    act = {"action": "go", "effect": "none"}
    found = off_switch(bound(w, asset={}, act=[act], pressed="pressed", stop=stop))
    assert found.obeys is obeys


@given(st.integers(0, 10_000))
def test_every_difference_is_that_of_the_matrices(seed):
    bare = random_world(seed)
    acts = [{"action": a, "effect": "none"} for a in bare.actions if a != "a0"]
    bounded = bound(bare, asset={}, act=acts, pressed="pressed", stop=2)
    w = bounded.made.world
    leads, default = dense(w)
    off = w.features["off"] > 0
    worst = {}
    h = off.astype(float)
    for _ in range(STEPS + 1):
        for pair in range(w.n_pairs):
            by = leads[pair] @ h - leads[default[w.pair_state[pair]]] @ h
            for sign in (1, -1):
                key = (w.actions[w.pair_action[pair]], sign)
                worst[key] = max(worst.get(key, 0.0), sign * by)
        h = np.where(off, 1.0, leads[default] @ h)
    found = off_switch(bounded)
    assert (found.status == "not applicable") is not off.any()
    if not off.any():
        return
    for rows, sign in ((found.lowered, -1), (found.raised, 1)):
        expected = {a: by for (a, s), by in worst.items() if s == sign and by > 1e-9}
        assert {r.action: r.by for r in rows if r.by > 1e-9} == pytest.approx(expected)
    least = off.astype(float)
    for _ in range(2):
        least = np.array(
            [1.0 if off[s] else min(leads[p] @ least for p in w.pairs_of(s)) for s in range(w.size)]
        )
    pressed = w.features["pressed"] > 0
    obeys = bool((least[pressed] > 1 - 1e-9).all()) if pressed.any() else None
    assert found.obeys is obeys
