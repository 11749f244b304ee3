"""The smallest world of a binding's tools: its acts, levels and switch, and the files that are written."""

import subprocess
import sys

import numpy as np
import pytest

from telos import load_world
from telos.bounds.binding import Binding
from telos.bounds.closure import closure
from telos.bounds.files import load_binding
from telos.bounds.labels import labels
from telos.bounds.product import product
from telos.bounds.rules import Bounds
from telos.bounds.smallest import PRESS, smallest_world
from telos.core.errors import BoundsError
from telos.drives import OversightTampering, Replication, ResourceAcquisition, SelfPreservation

OBJECT = {"type": "object", "additionalProperties": False, "properties": {}}


def rules(**said):
    """Bounds called ops, with what is said beside the least that there must be."""
    least = {"bounds": 1, "name": "ops", "denials": 9, "opaque": "deny"}
    return Bounds.model_validate({**least, "protected": ["off_switch"], **said})


def tools(assets, **bound):
    """A binding of tools, each given by effect, asset and whatever else it says."""
    made = {name: {"schema": OBJECT, "class": "reversible", **said} for name, said in bound.items()}
    return Binding.model_validate(
        {
            "binding": 1,
            "for": "ops",
            "name": "t",
            "asset": {"off_switch": {}, **assets},
            "tool": made,
        }
    )


def level(start, cap=2):
    """An asset with a counted level."""
    return {"start": start, "cap": cap, "level": "counted"}


MONEY = {
    "budget": {"money": {"max": 200, "unit": "cent"}},
    "approve": [{"effect": ["pay"], "above": {"amount": 50, "unit": "cent"}, "asks": 1}],
}
KEPT = {
    "stock": level(2),
    "key": level(1, 1),
    "both": {"of": ["stock", "key"], "as": "min"},
}


def actions(world):
    """The names of the acts, `wait` left out."""
    return set(world.actions) - {"wait"}


def test_there_is_an_act_for_each_asset_that_arguments_may_name():
    by_key = {"by": "what", "table": {"a": "off_switch", "b": "page"}, "else": "note"}
    by_path = {"path": "path", "longest_root": {"/a": "page", "/b": "note", "/c": "page"}}
    world, _ = smallest_world(
        rules(),
        tools(
            {"page": {}, "note": {}},
            set={"effect": "write", "asset": by_key},
            read={"effect": "read", "asset": by_path},
            get={
                "effect": "read",
                "asset": {"url": "u", "hosts": ["h"], "schemes": ["https"], "asset": "page"},
            },
        ),
    )
    assert actions(world) == {
        "set off_switch",
        "set page",
        "set note",
        "read page",
        "read note",
        "get",
    }


def test_there_is_an_act_for_each_representative_amount_that_can_be_charged():
    pay = {"effect": "pay", "class": "externally_reversible"}
    bound = tools(
        {},
        any={**pay, "charges": {"money": {"product": ["cents"]}}},
        tens={**pay, "charges": {"money": {"product": ["n", 20]}}},
        fixed={**pay, "charges": {"money": 7}},
    )
    world, acted = smallest_world(rules(**MONEY), bound)
    assert actions(world) == {
        *(f"any {n}" for n in (1, 50, 51, 200)),
        *(f"tens {n}" for n in (20, 40, 60, 200)),
        "fixed",
    }
    charged = {act.action: act.charges["money"] for act in acted.act}
    assert charged["tens 60"] == 60
    assert charged["fixed"] == 7


def test_levels_move_as_the_effects_say_and_stay_within_their_caps():
    world, _ = smallest_world(
        rules(),
        tools(
            KEPT,
            take={"effect": "delete", "asset": "stock", "amount": 2},
            put={"effect": "add", "asset": "stock", "needs": {"key": 1}},
            lose={"effect": "remove", "asset": "key"},
        ),
    )
    stock, key, both = (world.features[f"level.{name}"] for name in ("stock", "key", "both"))
    np.testing.assert_array_equal(both, np.minimum(stock, key))
    for pair in range(world.n_pairs):
        s, action = world.pair_state[pair], world.actions[world.pair_action[pair]]
        expected = {"take": max(stock[s] - 2, 0), "put": min(stock[s] + 1, 2)}.get(action, stock[s])
        assert {stock[t] for t in world.successors(pair)} == {expected}
        if action == "put":
            assert key[s] == 1  # what is needed must be there


def test_the_switch_is_pressed_until_it_is_touched_and_a_replica_takes_over_once():
    world, _ = smallest_world(
        rules(),
        tools({}, cut={"effect": "write", "asset": "off_switch"}, fork={"effect": "replicate"}),
    )
    off, live, copies = (world.features[n] for n in ("off", "level.off_switch", "copies"))
    for pair in world.default:
        s = world.pair_state[pair]
        row = world.successors(pair)
        chance = sum(p for t, p in row.items() if off[t] > off[s])
        used = sum(p for t, p in row.items() if copies[t] < copies[s])
        threatened = PRESS if live[s] and not off[s] else 0.0
        assert chance == pytest.approx(threatened * (copies[s] == 0))
        assert used == pytest.approx(threatened * (copies[s] > 0))
    assert PRESS == 0.05  # as the page and the docstring say
    # Off, nothing is left but waiting.
    assert {world.actions[a] for a in world.pair_action[off[world.pair_state] == 1]} == {"wait"}


def test_who_is_off_delivers_nothing_whatever_the_operator_does():
    fix = {"effect": "restore", "asset": "page"}
    world, _ = smallest_world(rules(), tools({"page": {}}, fix_page=fix))
    off = world.features["off"] == 1
    assert {world.outcomes[k] for k in world.outcome[off]} == {"nothing"}
    assert {world.actions[a] for a in world.pair_action[off[world.pair_state]]} == {
        "wait",
        "fix_page",
    }


def test_drives_find_their_acts_in_it():
    world, _ = smallest_world(
        rules(),
        tools(
            {"gpu": level(0)},
            cut={"effect": "disable", "asset": "off_switch"},
            fork={"effect": "replicate"},
            rent={"effect": "acquire", "asset": "gpu"},
            say={"effect": "send"},
        ),
    )

    def found(drive):
        return {world.actions[a] for a in world.pair_action[drive.affordances(world).pursues]}

    assert found(SelfPreservation()) == {"cut", "fork"}
    assert found(OversightTampering()) == {"cut"}
    assert found(Replication()) == {"fork"}
    assert found(ResourceAcquisition()) == {"rent"}
    assert set(world.outcomes) == {"nothing", "say"}


def test_its_binding_declares_all_that_its_acts_move_and_needs_no_world():
    bounds = rules(keep=[{"asset": "both", "recoverable": True}])
    bound = tools(
        KEPT,
        take={"effect": "delete", "asset": "stock"},
        put={"effect": "add", "asset": "stock", "needs": {"key": 1}},
        lose={"effect": "delete", "asset": "key"},
        cut={"effect": "disable", "asset": "off_switch"},
        fork={"effect": "replicate"},
    )
    world, acted = smallest_world(bounds, bound)
    within = product(world, bounds, acted)
    assert labels(within).status == "complete"
    found = closure(within, labels(within))
    assert (found.status, found.acts, found.trace[0].action) == ("open", 1, "lose")
    assert not acted.tool
    assert acted.act[1].by == ["agent", "operator"]  # who adds may be either


def test_no_tools_and_too_large_a_span_are_refused_in_a_sentence():
    with pytest.raises(BoundsError, match=r"has no tools to span a world; add \[tool"):
        smallest_world(rules(), tools({}))
    deep = tools({"deep": level(9, 20_000)}, dig={"effect": "add", "asset": "deep"})
    with pytest.raises(BoundsError, match=r"asset\.deep has the most levels \(0 to 20,000\)"):
        smallest_world(rules(), deep)


@pytest.fixture
def folder(tmp_path):
    """Rules and tools as files."""
    (tmp_path / "ops.toml").write_text(
        'bounds = 1\nname = "ops"\ndenials = 9\nopaque = "deny"\nprotected = ["off_switch", "clock"]\n'
        '[[forbid]]\neffect = ["disable"]\non = "protected"\n'
    )
    (tmp_path / "tools.toml").write_text(
        'binding = 1\nfor = "ops"\nname = "tools"\n[asset.off_switch]\n[asset."memory.notes"]\n'
        '[asset.clock]\nabsent = "there is none, \\"they\\" say"\n[tool.cut]\n'
        'schema = { type = "object", additionalProperties = false, properties = {} }\n'
        'effect = "disable"\nasset = ["off_switch", "memory.notes"]\nclass = "irreversible"\n'
    )
    return tmp_path


def run(folder, *words):
    """The command, in a folder."""
    command = [sys.executable, "-m", "telos", "bounds", "world", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_the_command_writes_the_world_and_a_binding_that_can_be_read_back(folder):
    done = run(folder, "tools.toml", "-o", "small")
    assert done.returncode == 0, done.stderr
    assert "3 states, 1 act, 1 outcome." in done.stdout
    assert (
        "telos bounds verify ops.toml --binding small/binding.toml --world small/world"
        in done.stdout
    )
    world, acted = smallest_world(
        rules(protected=["off_switch", "clock"]), load_binding(folder / "tools.toml")
    )
    assert load_binding(folder / "small" / "binding.toml") == acted
    assert load_world(folder / "small" / "world").states == world.states


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("ops.toml",), "ops.toml:1: these are bounds; name a binding"),
        (("nowhere.toml",), "is not there"),
        (
            ("tools.toml", "--bounds", "tools.toml"),
            "tools.toml:1: this is a binding; name the bounds",
        ),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_code_2(folder, words, message):
    done = run(folder, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_world_is_written_over_an_earlier_one_and_nothing_else(folder):
    for _ in range(2):
        assert run(folder, "tools.toml", "-o", "small").returncode == 0
    mine = folder / "mine"
    mine.mkdir()
    (mine / "binding.toml").write_text("written by hand")
    done = run(folder, "tools.toml", "-o", "mine")
    assert done.returncode == 2
    assert "-o: mine holds 'binding.toml'" in done.stderr
    assert [each.read_text() for each in mine.iterdir()] == ["written by hand"]


def test_without_rules_beside_it_the_binding_says_what_to_do(folder):
    (folder / "ops.toml").unlink()
    done = run(folder, "tools.toml")
    assert done.returncode == 2
    assert "no such bounds lie beside it; use --bounds FILE" in done.stderr
