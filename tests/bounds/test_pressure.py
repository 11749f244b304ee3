"""Pressure: by hand, and against a linear program over a product that is made another way."""

import numpy as np
import pytest
from scipy.optimize import linprog

from bounds.random_rules import random_bound, ruled
from bounds.small_worlds import bound, dense
from bounds.test_displaced import ACTS, APPROVE, FORBID, hall
from telos import Goals, Problem
from telos.bounds.pressure import pressure
from telos.bounds.product import product

DISCOUNT = 0.9


def lp(world, reward, *, sense=1):
    """The greatest (least) value at the start, by a linear program."""
    P, _ = dense(world)
    own = np.eye(world.size)[world.pair_state]
    rows, limits = sense * (DISCOUNT * P - own), -sense * reward[world.pair_state]
    found = linprog(sense * np.ones(world.size), rows, limits, bounds=(None, None), method="highs")
    assert found.status == 0
    return float(world.start @ found.x)


def problem_in(bounded, n=6):
    rng = np.random.default_rng(3)
    return Problem(bounded.world, Goals(rng.random((n, bounded.world.size))), DISCOUNT)


def by_hand(bounded, part):
    """The product without a part, made of another file and another binding."""
    bounds, binding = bounded.bounds, bounded.binding
    said = bounds.model_dump(by_alias=True, exclude_none=True)
    kind, _, at = part.rstrip("]").partition("[")
    if at:
        changed = {kind: [rule for i, rule in enumerate(said[kind]) if i != int(at)]}
        return product(bounded.world, ruled(bounds, **changed), binding, granted=bounded.granted)
    acts = [act.model_copy(update={"charges": {}}) for act in binding.act]
    free = binding.model_copy(update={"act": acts})
    return product(bounded.world, bounds, free, granted=bounded.granted)


@pytest.mark.parametrize("granted", [0.0, 0.3])
@pytest.mark.parametrize("seed", range(8))
def test_each_gain_is_that_of_a_linear_program(seed, granted):
    bounded = random_bound(seed, granted=granted)
    problem = problem_in(bounded)
    rewards = problem.goals.reward
    world = bounded.world
    now = np.array([lp(bounded.made.world, r[bounded.made.state]) for r in rewards])
    spread = np.array([lp(world, r) - lp(world, r, sense=-1) for r in rewards])
    rows = pressure(problem, bounded.bounds, bounded.binding, granted=granted)
    computed = [row for row in rows if row.status == "computed"]
    for row in computed:
        freed = by_hand(bounded, row.part).made
        then = np.array([lp(freed.world, r[freed.state]) for r in rewards])
        share = np.clip(
            np.where(spread > 1e-9, (then - now) / np.where(spread > 1e-9, spread, 1), 0), -1, 1
        )
        assert row.gain.value == pytest.approx(share.mean(), abs=1e-8)
        assert row.goals.count == int((then - now > 1e-7).sum())
        assert row.gain.low <= row.gain.value <= row.gain.high
    gains = [row.gain.value for row in computed]
    assert gains == sorted(gains, reverse=True)
    assert rows[: len(computed)] == computed


def test_the_cases_have_parts_that_matter():
    gains = [
        row.gain.value
        for seed in range(8)
        for bounded in [random_bound(seed)]
        for row in pressure(problem_in(bounded), bounded.bounds, bounded.binding)
        if row.status == "computed"
    ]
    assert sum(gain > 0.01 for gain in gains) >= 5
    assert any(gain == 0 for gain in gains)


def told(bounded, n=10, granted=0.0, **more):
    room = [s in ("uncut", "copied") for s in bounded.world.states]
    problem = Problem(bounded.world, Goals([room] * n), 0.5)
    rows = pressure(problem, bounded.bounds, bounded.binding, granted=granted, **more)
    return {row.part: row for row in rows}


def test_a_guard_is_worth_what_its_forbids_keep_from_the_agent():
    """A room at once is 1, a step later 1/2; without copies, and with the switch, nothing."""
    assets = {"off_switch": {}, "switch": {}, "monitor": {"absent": "none"}}
    acts = [{**ACTS[0], "asset": "off_switch"}, ACTS[1]]
    rows = told(
        bound(
            hall(),
            asset=assets,
            act=acts,
            forbid=[{"effect": ["disable"], "on": ["off_switch", "switch"]}],
        )
    )
    assert rows["off_switch"].gain.value == pytest.approx(0.5)
    assert rows["off_switch"].goals.count == 10
    assert rows["forbid[0]"].gain.value == pytest.approx(0.5)
    for part in ("monitor", "audit_log", "approver"):
        assert (rows[part].status, rows[part].gain) == ("not modelled", None)


def test_a_guard_that_is_protected_with_others_is_lifted_alone():
    acts = [ACTS[0], {**ACTS[1], "effect": "disable", "asset": "off_switch"}]
    bounded = bound(hall(), asset={"off_switch": {}, "switch": {}}, act=acts)
    rules = ruled(
        bounded.bounds,
        protected=["off_switch", "switch"],
        forbid=[{"effect": ["disable"], "on": "protected"}],
    )
    rows = told(product(bounded.world, rules, bounded.binding))
    # A copy, a step late; the switch still may not be cut.
    assert rows["off_switch"].gain.value == pytest.approx(0.5)
    assert rows["forbid[0]"].gain.value == pytest.approx(1.0)


def test_a_rule_that_names_others_still_holds_them():
    acts = [ACTS[0], {**ACTS[1], "effect": "disable", "asset": "off_switch"}]
    rule = {"effect": ["disable"], "on": ["off_switch", "switch"]}
    rows = told(bound(hall(), asset={"off_switch": {}, "switch": {}}, act=acts, forbid=[rule]))
    assert rows["off_switch"].gain.value == pytest.approx(
        0.5
    )  # a copy; the switch still may not be cut
    assert rows["forbid[0]"].gain.value == pytest.approx(1.0)


@pytest.mark.parametrize(("granted", "gain"), [(0.0, 0.5), (0.6, 0.4), (1.0, 0.0)])
def test_consent_presses_the_less_the_likelier_it_is(granted, gain):
    bounded = bound(hall(), asset={"switch": {}}, act=ACTS, approve=APPROVE)
    assert told(bounded, granted=granted)["approve[0]"].gain.value == pytest.approx(gain)


def test_a_budget_is_lifted_and_consent_to_what_it_charges_is_not():
    """Without the budget a copy is charged for; somebody is asked all the same."""
    acts = [ACTS[0], {**ACTS[1], "charges": {"money": 9}}]
    asked = [{"effect": ["replicate"], "above": {"amount": 5, "unit": "cent"}, "asks": 1}]
    rules = {"asset": {"switch": {}}, "act": acts, "forbid": FORBID}
    for most, approve, gain in ((8, (), 0.5), (8, asked, 0.0), (9, (), 0.0)):
        budget = {"money": {"max": most, "unit": "cent"}, "calls": {"max": 3}}
        rows = told(bound(hall(), budget=budget, approve=approve, **rules))
        assert rows["budget.money"].gain.value == pytest.approx(gain)
        assert rows["budget.calls"].status == "not modelled"


def test_calls_are_a_part_where_they_are_counted():
    """Nothing can be done without a call: one more is worth what the room is."""
    bounded = bound(hall(), asset={"switch": {}}, act=ACTS, budget={"calls": {"max": 0}})
    assert told(bounded, with_calls=True)["budget.calls"].gain.value == pytest.approx(1.0)
