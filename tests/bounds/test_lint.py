"""Lint: each kind by hand; on random rules, what is named can go, and what is not named cannot."""

import pytest

from bounds.random_rules import random_bound, ruled, same_traces
from bounds.small_worlds import FARM_ACTS, FARM_ASSETS, bound, farm
from telos.bounds.effects import Verdict
from telos.bounds.lint import lint
from telos.bounds.product import product

BURNT = {**FARM_ACTS[2], "class": "irreversible"}
ACTS = [*FARM_ACTS[:2], BURNT]
PAID = [{**FARM_ACTS[0], "charges": {"money": 3}}, FARM_ACTS[1], BURNT]


def rows(**rules):
    bounded = bound(
        farm(),
        **{
            "asset": FARM_ASSETS,
            "act": PAID if "budget" in rules else ACTS,
            "granted": 1.0,
            **rules,
        },
    )
    return {(row.rule, row.kind): row.why for row in lint(bounded)}


def test_rules_that_do_their_work_have_no_row():
    assert (
        rows(
            forbid=[{"effect": ["remove"], "on": "key"}], keep=[{"asset": "copies", "at_least": 1}]
        )
        == {}
    )


def test_a_rule_about_what_nobody_can_do_or_what_never_goes_too_far_is_dead():
    found = rows(
        forbid=[
            {"effect": ["pay"]},
            {"effect": ["remove"], "on": "copies"},
            {"effect": ["remove"], "on": "key"},
        ],
        keep=[{"asset": "copies", "at_least": 1}],
        approve=[{"effect": ["send"], "asks": 1}],
    )
    assert found.keys() == {("forbid[0]", "dead"), ("approve[0]", "dead"), ("keep[0]", "dead")}
    assert found["keep[0]", "dead"].startswith(
        "it never stops anything; state (2, 1), action 'drop'"
    )
    assert found["forbid[0]", "dead"] == "nothing that can be done in farm is of its kind"


def test_a_rule_about_what_comes_only_after_the_forbidden_is_dead():
    """Copies are made only where some were dropped."""
    forbid = [{"effect": ["remove"], "on": "copies"}, {"effect": ["add"]}]
    found = rows(forbid=forbid)
    assert found == {
        ("forbid[1]", "dead"): "what it is about can be done in states out of reach only"
    }


def test_a_budget_that_nobody_charges_or_that_never_runs_out_is_named():
    budget = {
        "calls": {"max": 1},
        "money": {"max": 9, "unit": "cent"},
        "disk": {"max": 1, "unit": "byte"},
    }
    found = rows(budget=budget, forbid=[{"effect": ["add"]}])
    assert found == {
        ("budget.money", "dead"): "at most 6 of 9 is ever charged",
        ("budget.disk", "uncharged"): "nothing that can be done in farm charges it",
    }


def test_a_charge_above_its_maximum_is_never_allowed():
    found = rows(budget={"money": {"max": 2, "unit": "cent"}})
    assert found == {
        (
            "budget.money",
            "contradictory",
        ): "state (2, 1), action 'drop' charges 3 of 2: never allowed"
    }


@pytest.mark.parametrize(
    "forbid",
    [{"class": "irreversible"}, {"effect": ["remove"], "on": "key"}, {"effect": ["remove"]}],
)
def test_who_is_asked_for_what_is_forbidden_is_asked_for_nothing(forbid):
    found = rows(forbid=[forbid], approve=[{"effect": ["remove"], "on": "key", "asks": 2}])
    why = found.pop(("approve[0]", "contradictory"))
    assert why == "asks for what is always denied: state (2, 1), action 'burn' is, by forbid[0]"
    assert found == {}


def test_a_level_that_is_too_low_at_the_start_is_a_contradiction():
    found = rows(keep=[{"asset": "backup", "at_least": 2}])
    assert found[("keep[0]", "contradictory")] == "backup is 1 at the start, below 2"


def test_of_two_rules_that_cover_each_other_the_later_is_named():
    found = rows(forbid=[{"class": "irreversible"}, {"effect": ["remove"], "on": "key"}])
    assert found == {("forbid[1]", "shadowed"): "all that it stops is stopped by forbid[0] as well"}


def test_two_rules_can_cover_a_third_together():
    forbid = [
        {"effect": ["remove"]},
        {"effect": ["remove"], "on": "key"},
        {"effect": ["remove"], "on": "copies"},
    ]
    found = rows(forbid=forbid)
    assert found.keys() == {("forbid[1]", "shadowed"), ("forbid[2]", "shadowed")}
    found = rows(forbid=[*forbid[1:], forbid[0]])
    assert found == {
        ("forbid[2]", "shadowed"): "all that it stops is stopped by forbid[0] or forbid[1] as well"
    }


def test_asks_are_counted_rule_by_rule():
    one = {"effect": ["remove"], "on": "key", "asks": 2}
    every = {"effect": ["remove"], "asks": 1}
    assert rows(approve=[one, every]).keys() == {("approve[0]", "shadowed")}
    assert rows(approve=[{**one, "asks": 1}, {**every, "asks": 2}]) == {}
    # Two rules of one ask each are no cover of a rule of one ask for both.
    apart = [{"effect": ["remove"], "on": on, "asks": 1} for on in ("key", "copies")]
    assert ("approve[2]", "shadowed") not in rows(approve=[*apart, every])


def without(bounded, names):
    """The product without some rules."""
    said = bounded.bounds.model_dump(by_alias=True, exclude_none=True)
    changed = {
        kind: [rule for i, rule in enumerate(said[kind]) if f"{kind}[{i}]" not in names]
        for kind in ("forbid", "keep", "approve")
    }
    unlimited = {name.removeprefix("budget.") for name in names if name.startswith("budget")}
    return product(
        bounded.world,
        ruled(bounded.bounds, **changed),
        bounded.binding,
        granted=bounded.granted,
        unlimited=unlimited,
    )


def named(bounded):
    bounds = bounded.bounds
    return [
        *(f"forbid[{i}]" for i in range(len(bounds.forbid))),
        *(f"keep[{i}]" for i in range(len(bounds.keep))),
        *(f"approve[{i}]" for i in range(len(bounds.approve))),
        *(f"budget.{name}" for name in bounds.budget),
    ]


@pytest.mark.parametrize("seed", range(60))
def test_what_is_named_can_be_deleted_together_and_nothing_else_can(seed):
    bounded = random_bound(seed, keep=1)
    found = lint(bounded)
    idle = {row.rule for row in found if row.kind in ("dead", "shadowed", "uncharged")}
    never = {
        row.rule for row in found if row.rule.startswith("approve") and row.kind == "contradictory"
    }
    left = without(bounded, idle | never)
    assert same_traces(bounded, left)
    for rule in set(named(bounded)) - {row.rule for row in found}:
        freed = without(bounded, idle | never | {rule})
        # Of rules that ask it is not said that they matter: their asks may never run out.
        assert rule.startswith("approve") or not same_traces(bounded, freed)


def test_every_kind_comes_up():
    kinds = {(row.rule[:4], row.kind) for seed in range(60) for row in lint(random_bound(seed))}
    for each in (("forb", "dead"), ("forb", "shadowed"), ("keep", "dead"), ("keep", "contradictory"),
                 ("budg", "dead"), ("budg", "uncharged"), ("budg", "shadowed"), ("budg", "contradictory"),
                 ("appr", "contradictory"), ("appr", "dead")):  # fmt: skip
        assert each in kinds, each


@pytest.mark.parametrize("seed", range(20))
def test_a_contradiction_is_denied_in_the_state_that_is_named(seed):
    bounded = random_bound(seed)
    world = bounded.world
    denied = {
        world.describe(pair)
        for i, (_, memory) in enumerate(bounded.made.world.states)
        for pair in world.pairs_of(int(bounded.made.state[i]))
        for event in [bounded.events.events[bounded.events.of_pair[pair]]]
        for readings in [
            {k: int(v[bounded.made.state[i]]) for k, v in bounded.events.readings.items()}
        ]
        if bounded.automaton.judge(memory, event, readings).verdict == Verdict.DENY
    }
    for row in lint(bounded):
        if row.kind == "contradictory" and "denied" in row.why:
            assert row.why.split(": ")[1].split(" is, by")[0] in denied
