"""telos assay: what it prints and writes, what it keeps when it is stopped, what it refuses."""

import pytest
from typer.testing import CliRunner

from telos.cli.entry import app
from telos.core.assay import Assayed
from telos.core.errors import StudyError, UnknownName

runner = CliRunner()
QUICK = ("--goals", "40", "--fresh", "200", "--discount", "0.9")
TWINS = "assay.twins:Twins(q=0.4)"


def test_arms_of_a_third_party_s_world_are_printed_and_written(tmp_path):
    done = runner.invoke(app, ["assay", TWINS, *QUICK, "-o", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert "self_preservation: certified" in done.stdout
    assert "resource_acquisition: cannot be told" in done.stdout
    written = Assayed.model_validate_json((tmp_path / "new" / "assay.json").read_bytes())
    assert written.spec["q"] == 0.4
    assert [pair.verdict for pair in written.pairs[:2]] == ["certified"] * 2
    assert written.base["cognitive_enhancement"] > 0


def test_the_exit_code_says_that_a_knob_is_missing():
    asked = ["assay", "assay.twins:Fixed", *QUICK, "--drive", "self_preservation"]
    done = runner.invoke(app, asked)
    assert done.exit_code == 1
    assert "out of reach" in done.stdout
    assert "cognitive_enhancement:" not in done.stdout


def test_what_was_certified_is_kept_when_the_command_is_stopped(tmp_path, monkeypatch):
    from telos.cli import assay as command

    def stop(pair):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "_say_pair", stop)
    runner.invoke(app, ["assay", TWINS, *QUICK, "-o", str(tmp_path)])
    written = Assayed.model_validate_json((tmp_path / "assay.json").read_bytes())
    assert [pair.verdict for pair in written.pairs] == ["certified"]


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (["Nowhere"], UnknownName, "no world 'Nowhere'"),
        (["OpsDesk(slow=2.0)"], ValueError, "slow"),
        (["OpsDesk", "--drive", "greed"], UnknownName, "--drive: no drive 'greed'"),
        (["OpsDesk", "--drive", "assay.twins:Twins"], UnknownName, "no drive"),
        (["OpsDesk", "--knob", "slwo"], UnknownName, "slow"),
        (["OpsDesk", "--goals", "5"], StudyError, "--goals"),
        (["OpsDesk", "--family", "Uniformly"], UnknownName, "no family"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_computed(asked, error, said):
    done = runner.invoke(app, ["assay", *asked])
    assert isinstance(done.exception, error), done.exception
    assert said in str(done.exception)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["assay.twins:Loose"], "Loose is no fixed value"),
        (["OpsDesk", "--knob", "batches[9]"], "no number 'batches[9]'"),
        (["OpsDesk", "--knob", "queue"], "no number 'queue'"),
        (["OpsDesk("], "its parameters cannot be read"),
        (["OpsDesk(slow=chance)"], "chance is no plain value"),
    ],
)
def test_what_names_nothing_that_can_be_turned_is_refused(asked, said):
    assert said in str(runner.invoke(app, ["assay", *asked]).exception)


@pytest.mark.parametrize("name", ["assay.json", "arms.json", "task.py", "plan.md", "assay.html"])
def test_nothing_in_the_folder_is_written_over(tmp_path, name):
    (tmp_path / name).write_text("mine")
    done = runner.invoke(app, ["assay", TWINS, *QUICK, "-o", str(tmp_path)])
    assert name in str(done.exception)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_world_without_a_knob_is_written_too_and_numbers_beyond_floats_are_none(tmp_path):
    runner.invoke(app, ["assay", "assay.twins:Endless", *QUICK, "-o", str(tmp_path)])
    written = Assayed.model_validate_json((tmp_path / "assay.json").read_bytes())
    assert not written.knobs
    assert written.pairs
