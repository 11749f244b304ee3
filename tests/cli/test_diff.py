"""telos diff: two studies on one terminal; and tables in which no number is cut."""

import sys
from dataclasses import replace

import pytest

from telos.agents import Boltzmann
from telos.cli import main
from telos.cli.say import print_table
from telos.runs.run import run
from telos.studies import off_switch


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A small study, and the same with a bounded agent."""
    place = tmp_path_factory.mktemp("two")
    study = replace(off_switch.STUDY, agents=off_switch.STUDY.agents[:1]).with_(goals=12)
    run(study, place / "one", jobs=1, progress=False)
    run(replace(study, agents=(Boltzmann(beta=0.5),)), place / "other", jobs=1, progress=False)
    return place


@pytest.fixture
def typed(monkeypatch, capsys):
    """Runs a command; returns its exit code, its output and its messages."""

    def run_it(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return run_it


def test_what_differs_stands_above_what_it_changes(typed, folders):
    code, said, _ = typed("diff", folders / "one", folders / "other")
    assert code == 0
    assert "Boltzmann(beta=0.5)" in said.splitlines()[0]
    assert {"self", "preservation"} <= set(said.split())
    assert said.count("change") >= 2


def test_a_study_does_not_differ_from_itself(typed, folders):
    code, said, _ = typed("diff", folders / "one", folders / "one")
    assert code == 0
    assert said.startswith("The parts are the same.")


def test_a_folder_that_holds_no_study_is_named(typed, folders, tmp_path):
    code, said, problems = typed("diff", folders / "one", tmp_path)
    assert (code, said) == (2, "")
    assert problems.startswith("error: ")


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_no_number_is_cut_however_narrow_the_terminal_is(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", columns)
    numbers = [f"{n}.{n}{n} [-{n}, +{n}]" for n in range(100, 112)]
    print_table(["a rather long name", *numbers], [["some words", *numbers]])
    said = capsys.readouterr().out
    assert all(said.count(number) == 2 for number in numbers)


def test_no_change_is_a_negative_nothing():
    from telos.cli.diff import _points
    from telos.cli.say import percent

    assert (_points(-0.0001), _points(-0.2)) == ("+0.0", "-20.0")
    assert percent(-0.001) == "0"
