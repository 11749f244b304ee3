"""telos bounds init: a skeleton on the terminal or in a file, and one sentence about what cannot be read."""

import json

import pytest

from telos.bounds.files import load_binding
from telos.cli import main

TOOLS = json.dumps({"tools": [{"name": "pay", "description": "Pays."}]})


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Runs the command in a folder of its own; returns its exit code, its output and its messages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tools.json").write_text(TOOLS, encoding="utf-8")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["telos", "bounds", "init", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return run


def test_the_skeleton_is_written_and_is_a_binding(typed, tmp_path):
    code, said, _ = typed("--mcp", "tools.json", "-o", "mcp.toml")
    assert code == 0
    assert "leave its `opaque` out" in said
    assert load_binding(tmp_path / "mcp.toml").tool["pay"].opaque
    code, _, problems = typed("--mcp", "tools.json", "-o", "mcp.toml")
    assert (code, "is there already" in problems) == (2, True)


def test_the_skeleton_is_shown_unless_a_file_is_named(typed):
    code, said, _ = typed("--mcp", "tools.json")
    assert code == 0
    assert '[tool.pay]\nschema = { type = "object", additionalProperties = false }' in said


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--mcp", "absent.json"), "absent.json is not there"),
        (("--mcp", "."), "is a folder, not a file"),
        (("--mcp", "bad.json"), "bad.json: no answer to tools/list is there"),
        (("--mcp", "latin.json"), "latin.json is not UTF-8"),
        (("--mcp", "tools.json", "--bounds", "absent.toml"), "absent.toml is not there"),
        (("--mcp", "tools.json", "-o", "absent/mcp.toml"), "--out"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_sentence(typed, tmp_path, words, problem):
    (tmp_path / "bad.json").write_text('{"tools": 3}', encoding="utf-8")
    (tmp_path / "latin.json").write_bytes(b'"\xff"')
    code, said, problems = typed(*words)
    assert (code, said) == (2, "")
    assert problem in problems
    assert "Traceback" not in problems
