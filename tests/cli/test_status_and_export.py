"""`telos status` and `telos export`: what a folder holds, said and handed out, whatever state it is in."""

import io
import json
import os
import shutil
import subprocess
import sys
import time

import polars as pl
import pytest

from telos.cli import main
from telos.runs import plan
from telos.runs.lock import HEARTBEAT, heartbeat
from telos.runs.parts import find_parts
from telos.runs.progress import progress_of
from telos.runs.run import run
from telos.studies import off_switch

GOALS = 80
CHUNK = 32


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished study of three chunks a trial; tests copy it before they touch it."""
    folder = tmp_path_factory.mktemp("finished") / "record"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "LARGEST", CHUNK)
        run(off_switch.STUDY.with_(goals=GOALS, controls=0), folder, jobs=1, progress=False)
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture
def stopped(copied):
    """The folder of a run that was killed after it had lost some chunks."""
    for path in sorted((copied / "parts").glob("*.parquet"))[:2]:
        path.unlink()
    _edit(copied, status="running")
    (copied / "summary.csv").unlink()
    return copied


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command as if typed in an empty folder; returns its exit code, output and messages."""
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out, said.err

    return typed


def _edit(folder, **changes):
    path = folder / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


# -- status --------------------------------------------------------------------------------------


def test_the_status_of_a_finished_study_counts_what_the_readings_hold(telos, finished):
    code, out, _ = telos("status", finished)
    now = progress_of(finished)
    readings = pl.read_parquet(finished / "readings.parquet")
    assert code == 0
    assert "Complete" in out
    assert now.goals == now.goals_asked == len(readings.unique(["trial", "goal"]))
    assert f"{now.goals:,} of {now.goals:,} goals (100.0 %)" in out


def test_a_stopped_study_says_how_far_it_is_and_how_to_go_on(telos, stopped):
    now = progress_of(stopped)
    lost = sum(trial.chunks_asked - trial.chunks for trial in now.trials)
    code, out, _ = telos("status", stopped)
    assert code == 0
    assert lost == 2
    assert now.state == "stopped"
    assert now.goals == now.goals_asked - 2 * CHUNK
    assert "No run is at work" in out
    assert f"telos run … --out {stopped}" in out


def test_a_run_at_work_is_seen_and_its_end_too(telos, stopped):
    with heartbeat(stopped) as failures:
        failures.append("goals 0 to 31 of a trial: no idea")
        deadline = time.monotonic() + 10
        while not progress_of(stopped).failures and time.monotonic() < deadline:
            time.sleep(0.05)
        now = progress_of(stopped)
        _, out, _ = telos("status", stopped)
    assert (now.state, now.failures) == ("at work", ("goals 0 to 31 of a trial: no idea",))
    assert "A run is at work on it" in out
    assert "no idea" in out
    assert not (stopped / HEARTBEAT).exists()
    assert progress_of(stopped).state == "stopped"


def test_the_heartbeat_of_a_killed_run_falls_silent(stopped, monkeypatch):
    (stopped / HEARTBEAT).write_text(json.dumps({"begun": 0.0, "failures": []}))
    assert progress_of(stopped).state == "at work"
    monkeypatch.setattr("telos.runs.lock.SILENT_AFTER", 0.0)
    assert progress_of(stopped).state == "stopped"


def test_the_rate_is_that_of_the_parts_written_last(stopped):
    paths = sorted((stopped / "parts").glob("*.parquet"))
    goals = [part.count for parts in find_parts(stopped / "parts").values() for part in parts]
    now = time.time()
    for place, path in enumerate(paths):
        os.utime(path, (now, now - 2.0 * (len(paths) - 1 - place)))
    names = [int(path.name.split("-")[2]) for path in paths]
    recent = [count for place, count in enumerate(names) if 2 * (len(paths) - 1 - place) <= 60]
    assert sorted(goals) == sorted(names)
    (stopped / HEARTBEAT).write_text(json.dumps({"begun": 0.0, "failures": []}))
    found = progress_of(stopped)
    assert found.rate == pytest.approx(sum(recent[1:]) / (2.0 * (len(recent) - 1)), rel=1e-6)


def test_watching_ends_when_no_run_is_at_work(telos, stopped):
    code, out, _ = telos("status", stopped, "--watch")
    assert code == 0
    assert "No run is at work" in out


def test_a_damaged_part_is_found_by_those_who_look(telos, copied):
    path = sorted((copied / "parts").glob("*.parquet"))[0]
    path.write_bytes(path.read_bytes()[:-40])
    assert progress_of(copied).state == "complete"
    code, out, _ = telos("status", copied, "--check")
    assert code == 0
    assert "1 parts are damaged" in out
    assert path.name in out


def test_chunks_that_failed_are_told_of(telos, copied):
    for path in sorted((copied / "parts").glob("*.parquet"))[:1]:
        path.unlink()
    _edit(copied, status="incomplete", failures=["goals 0 to 31 of a trial: no idea"])
    code, out, _ = telos("status", copied)
    assert code == 0
    assert "1 chunk could not be computed" in out
    assert "no idea" in out


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shutil.rmtree, "does not exist"),
        (lambda folder: [shutil.rmtree(folder), folder.mkdir()], "not a result folder"),
        (lambda folder: (folder / "study.json").write_text('{"tri'), "not whole"),
        (lambda folder: (folder / "study.json").write_text("[]"), "should be an object"),
        (lambda folder: (folder / "study.json").unlink(), "every finished chunk is kept"),
    ],
    ids=["none", "empty", "half-written", "foreign", "lost record"],
)
@pytest.mark.parametrize("words", [("status",), ("export", "--format", "csv")])
def test_a_folder_that_is_no_record_says_why_and_what_to_do(telos, copied, spoil, message, words):
    spoil(copied)
    code, _, err = telos(*words, copied)
    assert code == 2
    assert message in err
    assert str(copied) in err


# -- export --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_exported_readings_are_those_of_the_record(telos, finished, tmp_path, kind):
    target = tmp_path / f"mine.{kind}"
    code, out, err = telos("export", finished, "--format", kind, "--out", target)
    assert (code, err) == (0, "")
    assert out.strip() == str(target)
    expected = pl.read_parquet(finished / "readings.parquet")
    found = pl.read_parquet(target) if kind == "parquet" else _read(target, expected.schema)
    if kind == "csv":  # an empty text and none look alike there
        expected = expected.with_columns(pl.col(pl.String).replace("", None))
        found = found.with_columns(pl.col(pl.String).replace("", None))
    assert found.equals(expected)


def test_what_is_printed_is_what_is_written(telos, finished, tmp_path):
    telos("export", finished, "--format", "csv", "--out", tmp_path / "mine.csv")
    code, out, _ = telos("export", finished, "--format", "csv", "--out", "-")
    assert code == 0
    assert out == (tmp_path / "mine.csv").read_text(encoding="utf-8")


def test_an_unfinished_study_hands_out_what_is_there_and_says_so(telos, stopped):
    code, out, err = telos("export", stopped, "--format", "csv", "--out", "-")
    now = progress_of(stopped)
    assert code == 0
    assert f"{now.goals:,} of {now.goals_asked:,} goals are there" in err
    table = pl.read_csv(io.StringIO(out), infer_schema_length=None)
    assert len(table.unique(["trial", "goal"])) == now.goals


def test_the_summary_of_an_unfinished_study_is_made_from_what_is_there(telos, stopped):
    code, out, err = telos("export", stopped, "--format", "csv", "--table", "summary", "--out", "-")
    now = progress_of(stopped)
    table = pl.read_csv(io.StringIO(out), infer_schema_length=None)
    counted = table.filter("applicable").group_by("trial").agg(pl.col("n").first())
    assert code == 0
    assert counted["n"].sum() == now.goals
    assert "not all of the study" in err
    assert not (stopped / "summary.csv").exists()


def test_a_damaged_part_is_left_out_and_named(telos, copied):
    path = sorted((copied / "parts").glob("*.parquet"))[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    code, out, err = telos("export", copied, "--format", "csv", "--out", "-")
    assert code == 0
    assert path.name in err
    table = pl.read_csv(io.StringIO(out), infer_schema_length=None)
    assert len(table.unique(["trial", "goal"])) == progress_of(copied, check=True).goals


def test_a_finished_summary_is_handed_out_as_it_stands(telos, finished):
    code, out, err = telos(
        "export", finished, "--format", "csv", "--table", "summary", "--out", "-"
    )
    assert (code, err) == (0, "")
    expected = pl.read_csv(finished / "summary.csv", infer_schema_length=None)
    assert pl.read_csv(io.StringIO(out), infer_schema_length=None).equals(expected)


def test_without_a_file_the_export_is_named_after_the_study_and_the_table(
    telos, finished, tmp_path
):
    code, out, _ = telos("export", finished, "--format", "parquet", "--table", "summary")
    assert code == 0
    assert out.strip() == "off_switch-summary.parquet"
    assert len(pl.read_parquet(tmp_path / "off_switch-summary.parquet"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "xlsx"), "no format 'xlsx'"),
        (("--format", "csv", "--table", "reading"), "readings"),
        (("--format", "parquet", "--out", "-"), "only CSV can be printed"),
        (("--format", "csv", "--out", "nowhere/mine.csv"), "no folder nowhere"),
        (("--format", "csv", "--out", "{folder}/readings.csv"), "lies in the record itself"),
        (("--format", "csv", "--table", "sweeps"), "holds no sweeps.csv"),
    ],
)
def test_what_cannot_be_exported_says_why(telos, finished, words, message):
    code, _, err = telos("export", finished, *(word.format(folder=finished) for word in words))
    assert code == 2
    assert message in err


def test_who_reads_the_first_lines_alone_is_no_error(finished):
    line = [sys.executable, "-m", "telos", "export", str(finished), "--format", "csv", "--out", "-"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"scenario,")
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


def _read(path, schema):
    return pl.read_csv(path, schema=schema)
