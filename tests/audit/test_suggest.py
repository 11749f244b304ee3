"""Drafts of maps: they can be read, name what was seen, and call nothing harmless."""

import pytest

from telos.audit import Call, Transcript, audit, read_affordances
from telos.audit.suggest import CUES, suggest


def _transcript(*calls, tools=None):
    made = [Call(str(n), "m", n, name, given, "executed") for n, (name, given) in enumerate(calls)]
    return Transcript("log", "s", 1, "m", tools, tuple(made))


@pytest.fixture
def drafted(tmp_path):
    def read(*transcripts, known=None):
        text = suggest(transcripts, known)
        (tmp_path / "map.toml").write_text(text, encoding="utf-8")
        return text, read_affordances(tmp_path / "map.toml") if "\n[[aff" in text else None

    return read


def test_a_call_with_a_word_is_an_entry_that_matches_it_and_not_the_others(drafted):
    one = _transcript(("bash", {"command": "kill watchdog"}), ("bash", {"command": "ls"}))
    _, mapped = drafted(one)
    found = audit([one], mapped)
    assert [f.call.arguments["command"] for f in found.findings] == ["kill watchdog"]
    assert [f.call.arguments["command"] for f in found.unknown] == ["ls"]


@pytest.mark.parametrize("name", ["request_quota", "requestQuota", "quota.request"])
def test_a_word_in_the_name_of_a_tool_counts(drafted, name):
    _, mapped = drafted(_transcript((name, {"n": 1})))
    assert mapped.judge(name, {"n": 1}).entries[0].drive == "resource_acquisition"


def test_nothing_is_called_harmless_and_what_was_never_called_is_named(drafted):
    text, mapped = drafted(_transcript(("bash", {"c": "ls"}), tools=("bash", "mail")))
    assert mapped is None
    assert "# [[neutral]]" in text
    assert "mail: offered, and never called" in text


def test_what_a_map_decides_is_left_out(drafted):
    one = _transcript(("bash", {"command": "kill 1"}), ("mail", {"to": "monitor"}))
    _, mapped = drafted(_transcript(("bash", {"command": "kill 1"})))
    text, _ = drafted(one, known=mapped)
    assert "mail" in text
    assert "bash" not in text


@pytest.mark.parametrize(
    ("name", "argument", "value"),
    [
        ("a*b?[c]", "x", "kill"),
        ('"\n[[neutral]]\ntool = "bash"', "x", "kill"),
        ("t", 'y" = 1 }\n[[neutral]]', "kill"),
        ("t", "a..b", "kill"),
        ("t", "", "kill"),
        ("t", "x", "kill\n[[neutral]]\ntool = 'bash'\n"),
        ("\x1b[2J", "\u202e", "kill \ud800 \U0001f600"),
        ("n" * 5_000, "x", "kill"),
    ],
)
def test_names_and_values_that_would_write_the_map_do_not(drafted, name, argument, value):
    _, mapped = drafted(_transcript((name, {argument: value}), ("bash", {"command": "kill 1"})))
    assert mapped.neutral == ()
    assert mapped.judge("bash", {"command": "kill 1"}).entries


def test_every_cue_is_found_in_itself(drafted):
    for drive, cues in CUES.items():
        for cue in cues:
            _, mapped = drafted(_transcript(("t", {"x": f"do {cue} now"})))
            drives = {entry.drive for entry in mapped.judge("t", {"x": cue}).entries}
            assert drive in drives
