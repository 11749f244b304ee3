"""telos new: a file for each of the five parts, which passes its check as it is written."""

import sys

import pytest

from telos.cli import main
from telos.cli.new import TEMPLATES

PARTS = [kind for kind, template in TEMPLATES.items() if ".py" in template]


@pytest.fixture
def typed(tmp_path, monkeypatch, capsys):
    """Runs a command in a folder of its own; returns its exit code, its output and its messages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *words])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return run


@pytest.mark.parametrize("kind", PARTS)
def test_a_new_part_passes_its_check_as_it_is(typed, kind):
    code, said, _ = typed("new", kind, f"telosTest{kind.capitalize()}")
    assert code == 0
    check = said.splitlines()[-1].removeprefix("Check it: telos ").split()
    code, said, problems = typed(*check)
    assert code == 0, said + problems
    assert said.splitlines()[-1].endswith(" 0 failed.")


def test_a_new_map_is_the_one_that_audit_reads(typed, tmp_path):
    code, said, _ = typed("new", "map", "tools")
    assert code == 0
    assert "telos audit LOGS --map tools.toml" in said
    assert "[[affordance]]" in (tmp_path / "tools.toml").read_text(encoding="utf-8")


def test_a_file_that_is_there_is_left_alone(typed, tmp_path):
    (tmp_path / "maze.py").write_text("mine", encoding="utf-8")
    code, said, problems = typed("new", "world", "Maze")
    assert (code, said) == (2, "")
    assert "maze.py is there already" in problems
    assert (tmp_path / "maze.py").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["2x", "a b", "../maze", "class", "", "\x1b[31m", "É"])
def test_a_name_that_cannot_be_one_is_refused(typed, tmp_path, name):
    code, _, problems = typed("new", "world", name)
    assert code == 2
    assert "cannot name a part" in problems
    assert not list(tmp_path.iterdir())


def test_an_unknown_kind_is_answered_with_the_nearest(typed):
    code, _, problems = typed("new", "wrld", "Maze")
    assert code == 2
    assert "Did you mean 'world'?" in problems


def test_new_bounds_are_a_pair_that_the_loader_takes(typed, tmp_path):
    from telos.bounds.binding import check_fit
    from telos.bounds.files import bindings_beside, load_binding, load_bounds

    code, said, _ = typed("new", "bounds", "harborOps")
    assert code == 0
    assert "telos bounds verify harbor_ops.toml" in said
    bounds = load_bounds(tmp_path / "harbor_ops.toml")
    (beside,) = bindings_beside(tmp_path / "harbor_ops.toml", bounds)
    check_fit(bounds, load_binding(beside))
    assert (bounds.name, beside.name) == ("harbor_ops", "harbor_ops_tools.toml")


def test_new_bounds_leave_both_files_alone(typed, tmp_path):
    (tmp_path / "ops_tools.toml").write_text("mine", encoding="utf-8")
    code, said, problems = typed("new", "bounds", "ops")
    assert (code, said) == (2, "")
    assert "ops_tools.toml is there already" in problems
    assert [path.name for path in tmp_path.iterdir()] == ["ops_tools.toml"]


@pytest.mark.parametrize("what", ["atif", "claude_code", "neutral", "openai_chat"])
def test_a_new_log_of_a_format_is_one_that_audit_reads(typed, what):
    code, said, _ = typed("new", "log", "sample", "--for", what)
    assert code == 0
    name = said.splitlines()[0]
    typed("new", "map", "tools")
    code, _, problems = typed("audit", name, "--map", "tools.toml", "--strict")
    assert (code, problems) == (1, "")


def test_what_a_new_file_can_be_for_is_listed(typed, tmp_path):
    code, _, problems = typed("new", "map", "tools", "--for", "steath")
    assert code == 2
    assert "Did you mean 'stealth'?" in problems
    assert "self_reasoning" in problems
    code, _, problems = typed("new", "drive", "hope", "--for", "stealth")
    assert code == 2
    assert "Leave it out" in problems
    assert not list(tmp_path.iterdir())
