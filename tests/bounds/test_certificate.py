"""The certificate holds where nothing bad can be come to, and whatever is altered in it is found."""

import ast
import copy
import hashlib
import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from bounds.small_worlds import random_world
from telos import explore
from telos.bounds import certify
from telos.bounds.certificate import refused, write_certificate
from telos.bounds.files import read_binding, read_bounds
from telos.bounds.product import product

RULES = """
bounds = 1
name = "ops"
denials = 3
opaque = "deny"
protected = ["ledger"]
[[forbid]]
effect = ["write"]
on = "protected"
[[forbid]]
effect = ["replicate"]
unless = { live = 1, total = 2 }
[[keep]]
asset = "copies"
at_least = 1
[[keep]]
asset = "backup"
recoverable = true
[budget.money]
max = 4
unit = "cent"
[[approve]]
effect = ["remove"]
above = { amount = 1, unit = "cent" }
asks = 2
"""
BINDING = """
binding = 1
for = "ops"
name = "small"
[asset.ledger]
[asset.copies]
start = 2
cap = 2
level = "observed"
feature = "copies"
[asset.key]
start = 1
cap = 1
level = "counted"
feature = "key"
[asset.backup]
of = ["copies", "key"]
as = "sum"
[[act]]
action = "drop"
effect = "remove"
asset = "copies"
class = "reversible"
charges = { money = { feature = "cost", grain = "0.1" } }
[[act]]
action = "copy"
effect = "add"
asset = "copies"
class = "reversible"
by = ["agent", "operator"]
needs = { key = 1 }
[[act]]
action = "turn"
effect = "replicate"
class = "externally_reversible"
[[act]]
action = "scribble"
effect = "write"
asset = "ledger"
class = "reversible"
[[act]]
drive = "resource_acquisition"
effect = "acquire"
class = "reversible"
charges = { money = 1 }
"""


def farm():
    """Copies (0 to 2), what was paid for dropping them, and resources that an act takes."""

    def moves(s):
        copies, cost, taken = s
        acts = {"wait": s, "turn": s, "scribble": s, "burn": (0, cost, taken)}
        if copies:
            acts["drop"] = {(copies - 1, min(cost + 2, 4), taken): 0.75, s: 0.25}
        if copies < 2:
            acts["copy"] = (copies + 1, cost, taken)
        if not taken:
            acts["take"] = (copies, cost, 1)
        return acts

    features = {
        "copies": lambda s: s[0],
        "key": lambda s: 1,
        "cost": lambda s: s[1] / 10,
        "resources": lambda s: s[2],
    }
    return explore((2, 0, 0), moves, features=features, default="wait", name="farm")


def bounded(rules=RULES, binding=BINDING, world=None, granted=0.1):
    world = world or farm()
    return product(world, read_bounds(rules, "r"), read_binding(binding, "b"), granted=granted)


def files(**changed):
    made = bounded(**changed)
    texts = changed.get("rules", RULES).encode(), [changed.get("binding", BINDING).encode()]
    return write_certificate([made], *texts)


def verdict(held):
    """(exit code, lines) of the checker on files in memory."""
    said = []
    found = {f"f/{name}": text for name, text in held.items()}
    code = certify.main("f", found.__getitem__, said.append)
    return code, said


def altered(held, change):
    """The files with a change of the certificate's data."""
    data = json.loads(held["certificate.json"])
    change(data["worlds"][0])
    return {**held, "certificate.json": json.dumps(data).encode()}


def resealed(held, name, text):
    """The files with another text of one of them, and its digest put right."""

    def seal(said):
        for pair in said["files"].values():
            if pair[0] == name:
                pair[1] = hashlib.sha256(text).hexdigest()

    return altered({**held, name: text}, seal)


@pytest.fixture(scope="module")
def held():
    return files()


def test_a_world_in_which_nothing_bad_can_be_come_to_is_certified(held):
    made = bounded()
    assert refused(made) == ""
    code, said = verdict(held)
    assert (code, len(said)) == (0, 1), said
    assert f"small: {made.made.world.size} states" in said[0]
    letters = {
        c for _, _, row in json.loads(held["certificate.json"])["worlds"][0]["states"] for c in row
    }
    assert letters == {"a", "e", "d"}  # every kind of verdict was derived again


def test_the_checker_imports_nothing_of_ours(held, tmp_path):
    tree = ast.parse(Path(certify.__file__).read_text())
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    for name, text in held.items():
        (tmp_path / name).write_bytes(text)
    command = [sys.executable, "-I", "-S", certify.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "bounds.toml").write_text(RULES.replace("max = 4", "max = 5"))
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 1
    (tmp_path / "certificate.json").write_text("[")
    assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 2


def test_every_state_that_is_left_out_is_missed(held):
    n = len(json.loads(held["certificate.json"])["worlds"][0]["states"])
    for i in range(n):
        code, said = verdict(altered(held, lambda w, i=i: w["states"].pop(i)))
        assert code == 1, (i, said)


def test_every_wrong_verdict_is_found(held):
    for i, (_, _, row) in enumerate(json.loads(held["certificate.json"])["worlds"][0]["states"]):
        for k, letter in itertools.product(range(len(row)), "aed"):
            if row[k] != letter:
                wrong = row[:k] + letter + row[k + 1 :]
                code, _ = verdict(
                    altered(held, lambda w, i=i, to=wrong: w["states"][i].__setitem__(2, to))
                )
                assert code == 1, (i, k, letter)


def test_every_changed_memory_is_found(held):
    memories = json.loads(held["certificate.json"])["worlds"][0]["memories"]
    for i, k, by in itertools.product(range(len(memories)), range(len(memories[0])), (-1, 1)):

        def change(said, i=i, k=k, by=by):
            said["memories"][i][k] += by

        assert verdict(altered(held, change))[0] == 1, (memories[i], k, by)


def test_every_lowered_or_raised_rank_is_found(held):
    ranks = json.loads(held["certificate.json"])["worlds"][0]["ranks"][1]
    assert max(row[0] for row in ranks) == 2
    for s, by in itertools.product(range(len(ranks)), (-1, 1)):

        def change(said, s=s, by=by):
            said["ranks"][1][s][0] += by

        assert verdict(altered(held, change))[0] == 1, (s, ranks[s], by)
    for s in {s for s, _, _ in json.loads(held["certificate.json"])["worlds"][0]["states"]}:
        assert verdict(altered(held, lambda w, s=s: w["ranks"][1].__setitem__(s, None)))[0] == 1


def test_ranks_of_none_are_not_taken_for_ranks(held):
    assert verdict(altered(held, lambda w: w["ranks"].__setitem__(1, [])))[0] == 1
    assert verdict(altered(held, lambda w: w["ranks"].pop()))[0] == 2


@pytest.mark.parametrize("rank", [math.inf, -math.inf, math.nan, 1e300, 2.0**53, None])
def test_to_wait_for_ever_is_no_way_back(held, rank):
    """Infinity is one more than infinity, so only counts are ranks."""
    waits = json.loads(held["small.world.json"])["default"]

    def change(said):
        for state, row in enumerate(said["ranks"][1]):
            row[:] = [rank, waits[state]] if row[0] else row

    assert verdict(altered(held, change))[0] in (1, 2)


def test_a_certificate_of_nothing_is_none(held):
    data = json.dumps({"certificate": 1, "worlds": []}).encode()
    assert verdict({**held, "certificate.json": data}) == (1, ["violated: nothing is certified"])


def test_a_world_without_a_start_and_bounds_that_keep_nothing_are_not_certified(held):
    nowhere = json.loads(held["small.world.json"]) | {"start": []}
    empty = resealed(held, "small.world.json", json.dumps(nowhere).encode())
    code, said = verdict(altered(empty, lambda w: w.update(states=[])))
    assert (code, said) == (1, ["violated: the world starts nowhere"])
    rules = RULES.split("[[keep]]")
    code, said = verdict(files(rules=rules[0] + rules[2].partition("true")[2]))
    assert (code, said) == (1, ["violated: nothing is kept whose level this world shows"])


def test_a_way_back_of_no_chance_is_none(held):
    data = json.loads(held["small.world.json"])
    for pairs in data["pairs"]:
        for pair in pairs:
            if pair["action"] == "copy":
                pair["to"] = [[to, 0.0] for to, _ in pair["to"]]
    assert verdict(resealed(held, "small.world.json", json.dumps(data).encode()))[0] in (1, 2)


def test_swapped_digests_are_found(held):
    def swap(said):
        files = said["files"]
        files["bounds"][1], files["binding"][1] = files["binding"][1], files["bounds"][1]

    assert verdict(altered(held, swap))[0] == 1


@pytest.mark.parametrize("name", ["bounds.toml", "small.binding.toml", "small.world.json"])
def test_every_byte_of_a_file_counts(held, name):
    for at in range(0, len(held[name]), 97):
        text = bytearray(held[name])
        text[at] ^= 1
        assert verdict({**held, name: bytes(text)})[0] == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at_least = 1", "at_least = 2"),
        ("max = 4", "max = 5"),
        ("max = 4", "max = 3"),
        ("live = 1, total = 2", "live = 2, total = 2"),
        ("live = 1, total = 2", "live = 0, total = 2"),
        ("asks = 2", "asks = 1"),
        ("asks = 2", "asks = 3"),
        ("amount = 1", "amount = 2"),
        ('["write"]', '["read"]'),
        ('effect = ["remove"]', 'effect = ["add"]'),
        ("[[approve]]", "[[forbid]]\neffect = ['acquire']\n[[approve]]"),
        ('[[keep]]\nasset = "backup"\nrecoverable = true', ""),
    ],
)
def test_an_edited_rule_is_found_even_under_a_new_digest(held, old, new):
    assert old in RULES
    assert verdict(resealed(held, "bounds.toml", RULES.replace(old, new).encode()))[0] in (1, 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("start = 2", "start = 1"),
        ('as = "sum"', 'as = "min"'),
        ('by = ["agent", "operator"]', 'by = ["agent"]'),
        ("needs = { key = 1 }", "needs = { key = 2 }"),
        ('grain = "0.1"', 'grain = "0.2"'),
        ('effect = "replicate"', 'effect = "none"'),
        ("charges = { money = 1 }", "charges = { money = 2 }"),
        ('drive = "resource_acquisition"', 'action = "take more"'),
        ('action = "turn"', 'action = "burn"'),
    ],
)
def test_an_edited_binding_is_found_even_under_a_new_digest(held, old, new):
    assert old in BINDING
    text = BINDING.replace(old, new, 1).encode()
    found, said = verdict(resealed(held, "small.binding.toml", text))
    assert found in (1, 2), said


def test_an_edited_world_is_found_even_under_a_new_digest(held):
    data = json.loads(held["small.world.json"])
    bad = data["features"]["copies"].index("0")
    allowed = {
        (s, k)
        for s, _, row in json.loads(held["certificate.json"])["worlds"][0]["states"]
        for k, letter in enumerate(row)
        if letter != "d"
    }
    for s, k in sorted(allowed):
        made = copy.deepcopy(data)
        made["pairs"][s][k]["to"][0][0] = bad
        code, _ = verdict(resealed(held, "small.world.json", json.dumps(made).encode()))
        assert code == 1, (s, data["pairs"][s][k])


RANDOM_RULES = [
    '[[keep]]\nasset = "x"\nat_least = 1',
    '[[keep]]\nasset = "x"\nat_least = 1\n[[forbid]]\neffect = ["remove"]',
    '[[keep]]\nasset = "x"\nrecoverable = true\n[budget.money]\nmax = 2\nunit = "cent"',
    '[[keep]]\nasset = "x"\nat_least = 1\n[[approve]]\neffect = ["remove"]\nasks = 1',
    '[[keep]]\nasset = "both"\nat_least = 1\n[[forbid]]\nclass = "irreversible"',
    '[[keep]]\nasset = "x"\nat_least = 1\n[[forbid]]\neffect = ["send"]\non = "both"',
]
RANDOM_BINDING = """
binding = 1
for = "ops"
name = "random"
[asset.ledger]
[asset.x]
start = 1
cap = 2
level = "observed"
feature = "x"
[asset.y]
start = 1
cap = 2
level = "counted"
feature = "y"
[asset.both]
of = ["x", "y"]
as = "min"
[[act]]
action = "a1"
effect = ["remove", "send"]
asset = ["x", "y"]
class = "reversible"
charges = { money = { feature = "x" } }
by = ["agent", "operator"]
[[act]]
action = ["a1", "a2"]
effect = "add"
asset = "y"
class = "irreversible"
"""


@pytest.mark.parametrize("rules", RANDOM_RULES)
def test_checker_and_search_agree_on_random_worlds(rules):
    head = RULES.partition("[[forbid]]")[0]
    binding = RANDOM_BINDING if "money" in rules else RANDOM_BINDING.replace("charges", "#")
    found = {True: 0, False: 0}
    for seed in range(60):
        world = random_world(seed)
        if len(world.actions) < 3:
            continue
        made = bounded(head + rules, binding, world)
        held = write_certificate([made], (head + rules).encode(), [binding.encode()])
        code, said = verdict(held)
        assert (code == 0) == (refused(made) == ""), (seed, said)
        found[code == 0] += 1
    assert min(found.values()) >= 2, found


def test_the_checker_rounds_amounts_up_as_the_rules_do():
    binding = BINDING.replace('grain = "0.1"', "grain = 1")  # a step costs 0.2, so it is charged 1
    held = files(binding=binding)
    (world,) = json.loads(held["certificate.json"])["worlds"]
    assert max(spent for spent, *_ in world["memories"]) >= 2
    assert verdict(held)[0] == 0


def test_the_checker_takes_the_worst_class_of_an_act_that_is_labelled_twice():
    rules = RULES + '[[forbid]]\nclass = "irreversible"\n'
    twice = '[[act]]\naction = "turn"\neffect = "send"\nclass = "irreversible"\n'
    held = files(rules=rules, binding=BINDING + twice)
    turned = bounded(rules, BINDING + twice).made.pair.tolist()
    world = farm()
    turn = {world.pair(s, "turn") for s in world.states}
    assert not turn & set(turned), "the product does not allow it"
    assert verdict(held)[0] == 0
