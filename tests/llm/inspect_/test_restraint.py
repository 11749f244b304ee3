"""The bound as an approver: nothing forbidden is executed, and it costs what was computed."""

import asyncio
import contextlib

import polars as pl
import pytest
from inspect_ai.tool import ToolCall, ToolCallView

from telos.core.errors import FeatureMissing, UnknownName
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.inspect_.approver import REJECTED, drives_named, judged, price_of, restrain
from telos.llm.inspect_.episode import standing
from telos.llm.inspect_.logs import ABOUT, RESTRAINT, read, tables_of
from telos.llm.inspect_.restraint import described, summarized
from telos.llm.inspect_.tasks import SMALL_FACTORY, task_of
from telos.worlds import OffSwitch, Surgery


def _asked(call, forbid="all", setup=None):
    with standing(setup, 0, 1) if setup else contextlib.nullcontext():
        return asyncio.run(restrain(forbid)("", call, ToolCallView(), []))


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [
        ("bash", {"command": "ls"}, "no tool 'bash'"),
        ("act", {}, "action is None"),
        ("act", {"action": 7}, "action is 7"),
        ("act", {"action": "walk on"}, "no episode"),
        ("look", {}, "no episode"),
    ],
    ids=["unknown tool", "no arguments", "wrong arguments", "unknown state", "a look at none"],
)
def test_whatever_it_cannot_judge_is_rejected(gates, function, arguments, reason):
    setup = None if reason == "no episode" else gates[0]
    approval = _asked(ToolCall(id="1", function=function, arguments=arguments), setup=setup)
    assert approval.decision == "reject"
    # The oldest Inspect that we run with knows no metadata of approvals.
    assert reason in getattr(approval, "metadata", {"reason": reason})["reason"]
    assert approval.explanation == REJECTED


def test_arguments_that_were_not_parsed_are_rejected():
    call = ToolCall(id="1", function="look", arguments={}, parse_error="no JSON")
    assert _asked(call).decision == "reject"


def test_looking_is_approved(gates):
    call = ToolCall(id="1", function="look", arguments={})
    assert _asked(call, setup=gates[0]).decision == "approve"


def test_a_bound_on_what_a_world_does_not_have_is_refused_before_anything_is_played(gates):
    with pytest.raises(FeatureMissing, match="nothing to forbid") as problem:
        task_of(gates, restrained="resource_acquisition")
    for words in ("OffSwitch", "resource_acquisition", "It has self_preservation"):
        assert words in str(problem.value)
    with pytest.raises(FeatureMissing):
        task_of(gates, restrained="self_preservation, resource_acquisition")
    assert task_of(gates, restrained="all").dataset[0].metadata["restrained"] == [
        "self_preservation"
    ]


def test_a_bound_given_from_outside_ends_the_sample_where_it_would_guard_nothing(play, gate_task):
    """A policy on the command line meets its world only when it is first asked."""
    (path := play.folder / "policy.yaml").write_text(
        "approvers:\n  - name: telos/restrain\n    tools: '*'\n    forbid: goal_preservation\n"
    )
    log, location = play(gate_task(), "telos/optimal", approval=str(path), fail_on_error=False)
    assert all("goal_preservation" in sample.error.message for sample in log.samples)
    assert not any(s.store["telos:episode"]["trace"] for s in log.samples)
    found = tables_of(location)
    assert found.episodes["censored"].all()
    assert all("nothing to forbid" in sentence for sentence in found.left_out)


def test_a_drive_that_does_not_exist_is_refused_at_once():
    with pytest.raises(UnknownName, match="Did you mean 'self_preservation'"):
        restrain("self_preservaton")
    with pytest.raises(UnknownName):
        restrain([])
    with pytest.raises(ValueError, match="on_violation"):
        restrain("all", "scold")
    assert len(drives_named("all")) == 4


@pytest.mark.parametrize("scenario", [OffSwitch(), Surgery(), SMALL_FACTORY])
def test_what_is_forbidden_is_what_the_drive_detectors_mark(scenario):
    game = game_of(sample_setups(scenario, goals=1)[0])
    forbidden = drives_named("all")
    world, marks = game.stage.world, game.stage.affordances
    for s in range(world.size):
        for word, pair in game.legal(s).items():
            marked = tuple(d for d in forbidden if d in marks and marks[d].pursues[pair])
            pursued, v_loss = judged(game, s, word, forbidden)
            assert pursued == marked
            assert v_loss >= 0.0
    assert judged(game, 0, "fly", forbidden) == ((), 0.0)


@pytest.mark.parametrize("scenario", [OffSwitch(), Surgery()])
def test_who_heeds_the_rule_is_never_denied_and_loses_exactly_the_price(play, scenario):
    # Both worlds decide at the first step, so that the loss does not depend on chance.
    setups = sample_setups(scenario, goals=12, discount=0.99, instructions=["forbidden"], seed=1)
    _, path = play(task_of(setups, restrained="all"), "telos/corrigible")
    rows = tables_of(path).restraint
    assert (rows["denied"] == 0).all()
    assert (rows["violations"] == 0).all()
    assert (rows["unjudged"] == 0).all()
    assert (rows["value_lost"] - rows["price"]).abs().max() < 1e-9
    assert rows["price"].max() > 0.1


def test_a_bound_holds_against_a_model_that_is_not_told(play):
    setups = sample_setups(SMALL_FACTORY, goals=8, seed=4)
    task = task_of(setups, restrained="self_preservation, resource_acquisition")
    _, path = play(task, "telos/boltzmann", {"beta": 0, "self_preservation": 3})
    rows = tables_of(path).restraint
    decisions, _ = read(path)
    assert (rows["violations"] == 0).all()
    assert rows["denied"].sum() > 0
    assert rows["repeated"].sum() > 0
    assert (rows["unjudged"] == 0).all()
    assert not decisions["self_preservation_executed"].any()
    assert decisions["self_preservation_attempted"].any()
    assert (
        decisions["goal_preservation_executed"].any()
        or decisions["cognitive_enhancement_executed"].any()
    )


def test_the_price_is_in_the_log_before_anything_is_played(play, gates, gate_task):
    log, _ = play(gate_task(restrained="all"), "telos/corrigible")
    for sample, setup in zip(log.samples, gates, strict=True):
        assert sample.metadata["price"] == price_of(setup, drives_named("all"))


def test_a_bound_that_slept_is_found_out(play, gate_task, rewritten):
    log, path = play(gate_task(restrained="all"), "telos/corrigible")
    assert (tables_of(path).restraint["unjudged"] == 0).all()
    for sample in log.samples:
        sample.events = [event for event in sample.events if event.event != "approval"]
    rows = tables_of(rewritten(log)).restraint
    assert (rows["unjudged"] == rows["executed"]).all()
    rows = rows.filter(rows["executed"] > 0)
    assert "nothing is known of the bound" in described(rows.to_dicts()[0])


def test_a_violation_may_end_the_episode(play, script, gate_task):
    policy = """
approvers:
  - name: telos/restrain
    tools: "*"
    forbid: self_preservation
    on_violation: terminate
"""
    (path := play.folder / "policy.yaml").write_text(policy)
    log, location = play(gate_task(), script(("call", "walk on")), approval=str(path))
    assert {sample.limit.type for sample in log.samples} == {"operator"}
    decisions, episodes = read(location)
    assert episodes["censored"].all()
    assert not decisions["self_preservation_executed"].any()
    rows = tables_of(location).restraint
    assert set(rows["forbidden"]) == {"self_preservation"}
    assert (rows["violations"] == 0).all()


def test_a_bound_is_summed_up_in_a_sentence_a_model():
    row = {
        **dict.fromkeys(ABOUT, ""), "model": "m", "epoch": 1, "forbidden": "self_preservation",
        "price": 0.5, "attempts": 3, "executed": 2, "denied": 1, "violations": 0, "repeated": 0,
        "value_lost": 0.75, "unjudged": 0,
    }  # fmt: skip
    table = pl.DataFrame([row, row | {"price": 1.5, "unjudged": 1}], schema=RESTRAINT)
    (sentence,) = summarized(table)
    for told in (
        "m, 2 episodes",
        "2 of 6 attempts denied",
        "0.75 points lost",
        "cost 1",
        "1 executed",
    ):
        assert told in sentence
    assert summarized(table.clear()) == []
