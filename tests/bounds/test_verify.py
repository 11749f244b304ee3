"""A verification: what is found in each world, kind by kind, and that the repair it names is one."""

import re
from pathlib import Path

import pytest

from telos.bounds.files import read_bounds
from telos.bounds.verification import VerifyOptions, verified, verify
from telos.core.errors import BoundsError
from telos.core.verification import Verification
from telos.worlds import OffSwitch

BREAKS = Path(__file__).parents[2] / "examples" / "bounds" / "breaks"
RULES = """
bounds = 1
name = "ops"
denials = 3
opaque = "deny"
protected = ["off_switch"]
[[forbid]]
effect = ["disable"]
on = "protected"
[[keep]]
asset = "lamp"
at_least = 1
[budget.money]
max = 2
unit = "cent"
[budget.calls]
max = 3
"""
BINDING = """
binding = 1
for = "ops"
name = "rooms"
[world]
part = "OffSwitch"
fields = { rooms = 4 }
[asset.off_switch]
moves = ["off"]
[asset.lamp]
start = 1
cap = 1
level = "counted"
[[act]]
action = "walk on"
effect = "pay"
class = "reversible"
charges = { money = 1 }
"""
TOOLS = """
binding = 1
for = "ops"
name = "desk"
[asset.off_switch]
absent = "no tool reaches it"
[asset.lamp]
start = 1
cap = 1
level = "counted"
[tool.dim]
schema = { type = "object", additionalProperties = false }
effect = "remove"
asset = "lamp"
class = "reversible"
"""


@pytest.fixture
def ops(tmp_path):
    (tmp_path / "ops.toml").write_text(RULES)
    (tmp_path / "ops-rooms.toml").write_text(BINDING)
    return tmp_path / "ops.toml"


@pytest.mark.parametrize("kind", ["missing-rule", "wrong-label", "accident"])
def test_each_way_of_breaking_is_named_and_its_repair_leaves_no_chain(kind, tmp_path):
    for name in (f"{kind}.toml", f"{kind}-world.toml"):
        (tmp_path / name).write_text((BREAKS / name).read_text())
    file = tmp_path / f"{kind}.toml"
    found, files = verified(file, (), VerifyOptions(goals=2))
    world = found.worlds[0]
    assert (world.closure.status, world.closure.kind) == ("open", kind.replace("-", " "))
    assert not files
    assert not world.certificate
    assert "bad" in world.certificate_why
    assert world.repair.status == "repaired"
    added = [rule for rule in world.repair.rules if rule.startswith("[[")]
    assert added == world.repair.rules
    file.write_text(file.read_text() + "\n" + "\n".join(added) + "\n")
    repaired, files = verified(file, (), VerifyOptions(goals=2))
    assert repaired.worlds[0].closure.status != "open"
    assert repaired.worlds[0].closure.acts == 0
    if repaired.worlds[0].closure.status == "closed":
        assert "certificate.json" in files


def test_what_is_found_can_be_stored_and_names_what_it_rests_on(ops):
    found = verify(ops, (), VerifyOptions(goals=3, errs=0.2, discount=0.9))
    assert Verification.model_validate_json(found.model_dump_json()) == found
    assert found.digest == read_bounds(RULES, "here").digest
    (world,) = found.worlds
    assert (world.binding, world.goals, world.discount, world.overseer_errs) == (
        "rooms",
        3,
        0.9,
        0.2,
    )
    assert re.fullmatch("sha256:[0-9a-f]{64}", world.world_digest)
    assert found.automaton_states == 2  # one step leads out of these rooms: 0 or 1 cent is spent
    assert {"calls", "denials", "budget.calls"} <= set(world.not_modelled)
    assert world.labels.status in ("complete", "incomplete")
    assert "safe" not in found.model_dump_json().lower()


def test_calls_are_counted_if_asked_for(ops):
    ops.write_text(RULES.replace("max = 3", "max = 0"))
    plain = verified(ops, (), VerifyOptions(goals=2))[0].worlds[0]
    counted = verified(ops, (), VerifyOptions(goals=2, with_calls=True))[0].worlds[0]
    assert "calls" not in counted.not_modelled
    assert counted.pairs < plain.pairs


def test_another_world_takes_the_place_of_the_one_that_is_named(ops):
    found = verify(ops, (), VerifyOptions(OffSwitch(rooms=9).build(), goals=2))
    assert (
        found.worlds[0].world_states
        > verify(ops, (), VerifyOptions(goals=2)).worlds[0].world_states
    )


def test_each_step_is_said_while_it_is_at_work(ops):
    said = []

    class During:
        def __init__(self, what):
            said.append(what)

        def __enter__(self):
            return None

        def __exit__(self, *problem):
            return None

    verify(ops, (), VerifyOptions(goals=2, during=During))
    steps = [what for what in said if "step" in what]
    assert [f"step {n} of 9" in what for n, what in enumerate(steps, 1)] == [True] * 9
    assert "labels" in steps[1]  # first of what is found


def test_without_a_binding_there_is_nothing_to_verify(tmp_path):
    (tmp_path / "ops.toml").write_text(RULES)
    with pytest.raises(BoundsError, match="no binding is beside it"):
        verify(tmp_path / "ops.toml")


def test_an_act_to_keep_that_the_world_does_not_have_is_refused_at_once(ops):
    with pytest.raises(BoundsError, match=r"has no action 'walk of'. Did you mean 'walk on'"):
        verify(ops, (), VerifyOptions(goals=2, keep=("walk of",)))


def test_tools_without_a_world_are_verified_in_the_smallest_that_they_span(tmp_path):
    (tmp_path / "ops.toml").write_text(RULES)
    (tmp_path / "tools.toml").write_text(TOOLS)
    found, files = verified(tmp_path / "ops.toml", (), VerifyOptions(goals=4))
    (result,) = found.worlds
    assert result.world == "smallest world of desk"
    assert result.closure.status == "closed"
    assert "telos bounds world" in result.certificate_why
    assert not files


def test_tools_beside_a_world_are_named_and_not_run(ops):
    (ops.parent / "tools.toml").write_text(TOOLS)
    found = verify(ops, (), VerifyOptions(goals=4))
    assert [result.binding for result in found.worlds] == ["rooms"]
    assert found.tools == ["desk: 1 tool, 0 opaque"]


def test_one_binding_may_be_named_as_one(tmp_path):
    for name, text in (("ops.toml", RULES), ("rooms.toml", BINDING)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    tmp_path.chmod(0o700)
    asked = VerifyOptions(goals=2)
    path = tmp_path / "rooms.toml"
    one, several = (verify(tmp_path / "ops.toml", named, asked) for named in (str(path), [path]))
    assert one == several
