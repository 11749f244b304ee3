"""The example files: each can be read, fits its rules, and comes out as its comment says."""

import json
from pathlib import Path

import numpy as np
import pytest

from telos.bounds.binding import check_fit
from telos.bounds.calls import label, schema_digest
from telos.bounds.closure import bad_states, closure
from telos.bounds.files import bindings_beside, load_binding, load_bounds
from telos.bounds.labels import labels
from telos.bounds.product import product, world_of
from telos.bounds.safeguard import Within
from telos.bounds.smallest import smallest_world
from telos.core.problem import Problem
from telos.drives import Replication, SelfPreservation
from telos.families import Uniform
from telos.measure.guard import guard
from telos.measure.instrumental_value import instrumental_values
from telos.safeguards import Forbid

FOLDER = Path(__file__).parents[2] / "examples" / "bounds"
FILES = {path.stem: path for path in FOLDER.rglob("*.toml") if "-" not in path.stem}
FILES |= {
    path.stem: path for path in (FOLDER / "breaks").glob("*.toml") if "world" not in path.stem
}
#: Bounds -> what the closure says of them in their world: status, kind, how many acts.
SAID = {
    "ops": ("open", "missing rule", 3),
    "factory": ("open", "accident", 5),
    "desk": ("closed", "", 0),
    "employee": ("nothing to check", "", 0),
    "workshop": ("closed but for the environment", "accident", 0),
    "missing-rule": ("open", "missing rule", 2),
    "wrong-label": ("open", "wrong label", 2),
    "accident": ("open", "accident", 1),
}


def bounded(name, *, granted=1.0):
    """The bounds of a name in the one world that lies beside them."""
    bounds = load_bounds(FILES[name])
    (binding,) = [
        each for each in map(load_binding, bindings_beside(FILES[name], bounds)) if each.world
    ]
    return product(world_of(binding), bounds, binding, granted=granted)


def test_there_are_the_examples_that_are_spoken_of():
    assert FILES.keys() == SAID.keys()
    bound = {path.name for path in bindings_beside(FILES["ops"], load_bounds(FILES["ops"]))}
    assert bound == {"ops-world.toml", "ops-inspect.toml", "ops-mcp.toml"}


@pytest.mark.parametrize("name", SAID)
def test_every_binding_fits_its_bounds(name):
    bounds = load_bounds(FILES[name])
    bound = bindings_beside(FILES[name], bounds)
    assert bound
    for path in bound:
        check_fit(bounds, load_binding(path))


@pytest.mark.parametrize("name", SAID)
def test_the_closure_says_of_each_what_it_was_written_for(name):
    within = bounded(name)
    result = labels(within)
    found = closure(within, result)
    assert (found.status, found.kind, found.acts) == SAID[name]
    assert result.status == ("incomplete" if name == "wrong-label" else "complete")
    assert not result.not_enforced


def test_the_three_steps_of_the_farm_are_each_declared_reversible_and_no_rule_names_the_key():
    within = bounded("ops")
    found = closure(within, labels(within))
    done = [step.action for step in found.trace if step.who == "agent"]
    assert sorted(done) == ["clear the archive", "empty the vault", "rotate the key"]
    declared = {
        act.action: act.action_class for act in within.binding.act if isinstance(act.action, str)
    }
    assert {declared[action] for action in done} == {"reversible"}
    assert "key" not in within.bounds.assets()
    assert found.idle == 0.0
    assert found.most > 0.9
    # Nothing restorable: no copy can be read, and there is nothing to copy.
    world, bad = within.made.world, bad_states(within)
    np.testing.assert_array_equal(
        bad, (world.features["backup"] == 0) & (world.features["archive"] == 0)
    )


def test_with_the_true_label_the_wrong_one_would_have_held():
    bounds = load_bounds(FILES["wrong-label"])
    binding = load_binding(FOLDER / "breaks" / "wrong-label-world.toml")
    (i,) = [i for i, act in enumerate(binding.act) if act.action == "empty the vault"]
    acts = list(binding.act)
    acts[i] = acts[i].model_copy(update={"effect": "delete", "asset": "key"})
    true = product(world_of(binding), bounds, binding.model_copy(update={"act": acts}))
    assert not bad_states(true).any()


def test_without_loss_the_accident_cannot_happen():
    within = bounded("accident")
    binding = within.binding
    still = binding.world.model_copy(update={"fields": {**binding.world.fields, "loss": "0.0"}})
    calm = binding.model_copy(update={"world": still})
    assert not bad_states(product(world_of(calm), within.bounds, calm)).any()


def test_at_the_desk_who_may_not_remove_the_job_copies_itself_unless_that_is_forbidden_too():
    binding = FOLDER / "desk-world.toml"
    world = world_of(load_binding(binding))
    problem = Problem(world, Uniform().sample(world, 20, np.random.default_rng(0)), 0.95)
    within = guard(problem, (Within(str(FILES["desk"]), str(binding)),))
    tight = guard(within, (Forbid(actions=("copy",)),))
    needed = []
    for each in (problem, within, tight):
        (found,) = instrumental_values(each, (SelfPreservation().affordances(each.world),))
        copied = instrumental_values(each, (Replication().affordances(each.world),))[0]
        needed.append(((found.share >= 0.01).sum(), (copied.share >= 0.01).sum()))
    (switch, none), (left, copies), held = needed
    assert switch >= 10
    assert none == 0
    assert left == copies >= 8
    assert held == (0, 0)


def test_the_product_of_the_farm_is_small():
    assert bounded("ops", granted=0.1).made.world.size <= 5_000


def test_the_mcp_binding_has_every_tool_of_the_list_and_pins_its_schema():
    tools = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))["tools"]
    binding = load_binding(FOLDER / "ops-mcp.toml")
    assert {tool["name"] for tool in tools} == binding.tool.keys()
    for tool in tools:
        bound = binding.tool[tool["name"]]
        assert bound.digest == schema_digest(tool["inputSchema"])
        assert bound.arguments == tool["inputSchema"]


def test_calls_of_both_tool_bindings_are_labelled():
    inspect, mcp = (load_binding(FOLDER / f"ops-{name}.toml") for name in ("inspect", "mcp"))
    stopped = label(inspect, "write_file", {"path": "/run/stop/pid", "text": ""})
    assert [(e.verb, e.asset) for e in stopped.effects] == [("write", "off_switch")]
    assert not label(inspect, "write_file", {"path": "/elsewhere/x", "text": ""}).bound
    assert label(inspect, "bash", {"command": "ls"}).opaque
    pinned = mcp.tool["rent_machine"].digest
    rented = label(mcp, "rent_machine", {"hours": 6}, schema_digest=pinned)
    assert rented.charge("money") == 60
    assert not label(mcp, "rent_machine", {"hours": 6}).bound
    setting = {"setting": "alerts", "value": "off"}
    muted = label(mcp, "set_setting", setting, schema_digest=mcp.tool["set_setting"].digest)
    assert [(e.verb, e.asset) for e in muted.effects] == [("write", "monitor")]


@pytest.mark.parametrize("name", ["inspect", "mcp"])
def test_the_smallest_world_of_the_tools_finds_that_no_rule_names_the_key(name):
    bounds = load_bounds(FILES["ops"])
    world, acts = smallest_world(bounds, load_binding(FOLDER / f"ops-{name}.toml"))
    # Rules that count money make the world a hundred times as large, and change nothing here.
    bounds = bounds.model_copy(update={"approve": []})
    free = [act.model_copy(update={"charges": {}}) for act in acts.act]
    within = product(world, bounds, acts.model_copy(update={"act": free}), granted=1.0)
    result = labels(within)
    found = closure(within, result)
    assert result.status == "complete"
    assert (found.status, found.kind, found.acts) == ("open", "missing rule", 1)
    assert found.trace[0].action in {"empty_vault", "purge_vault"}
