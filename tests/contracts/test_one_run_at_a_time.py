"""One run works in a folder; the second learns who, the dead hold nothing, and readers ask nobody."""

import json
import os
import subprocess
import sys
import time

import pytest

from telos import Study, agents, drives, families, run, worlds
from telos.core.errors import StoreError
from telos.runs import lock
from telos.runs.lock import HEARTBEAT, LOCK, Held, heartbeat, held, listen, locked
from telos.runs.progress import progress_of

STUDY = Study(
    name="one",
    question="Who works here?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=8,
)
TAKES_IT = """
import os, sys
from pathlib import Path
from telos.runs.lock import locked

with locked(Path(sys.argv[1])):
    os._exit(9)
"""


def _run(folder):
    return run(STUDY, folder, jobs=1, progress=False)


def test_the_second_run_learns_which_process_works_where_since_when_and_by_which_command(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    with heartbeat(folder), pytest.raises(StoreError) as error:
        _run(folder)
    for word in (str(folder), f"process {os.getpid()} on ", ", since 20", "pytest", "--out"):
        assert word in str(error.value)
    assert _run(folder).computed == 1


def test_a_finished_run_leaves_no_lock_behind(tmp_path):
    _run(tmp_path / "out")
    assert not {LOCK, HEARTBEAT} & {path.name for path in (tmp_path / "out").iterdir()}


def test_the_lock_of_a_dead_run_is_free(tmp_path):
    done = subprocess.run([sys.executable, "-c", TAKES_IT, str(tmp_path)], check=False)
    assert done.returncode == 9
    assert (tmp_path / LOCK).exists()
    assert held(tmp_path) == (Held.NO, None)
    with locked(tmp_path):
        assert held(tmp_path)[0] is Held.YES
    assert held(tmp_path)[0] is Held.UNKNOWN  # nothing is left to ask


def test_who_holds_a_lock_is_known_without_taking_it(tmp_path):
    with locked(tmp_path):
        for _ in range(3):
            known, who = held(tmp_path)
            assert (known, who.pid) == (Held.YES, os.getpid())


def test_a_lock_that_is_a_link_or_a_pipe_is_refused_and_not_followed(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / LOCK).symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match=LOCK), locked(tmp_path):
        pass
    assert (tmp_path / "precious").read_text() == "mine"
    (tmp_path / LOCK).unlink()
    os.mkfifo(tmp_path / LOCK)
    with pytest.raises(StoreError, match="not a file"), locked(tmp_path):
        pass


def test_readers_need_no_lock(tmp_path):
    _run(tmp_path / "out")
    with heartbeat(tmp_path / "out"):
        while listen(tmp_path / "out") is None:
            time.sleep(0.01)
        assert progress_of(tmp_path / "out").state == "at work"
    assert progress_of(tmp_path / "out").state == "complete"


@pytest.mark.parametrize(("hours", "alive"), [(0, True), (-2, False), (2, False)])
def test_where_there_are_no_locks_a_beat_of_the_past_or_of_the_future_says_nothing(
    tmp_path, hours, alive
):
    path = tmp_path / HEARTBEAT
    path.write_text(json.dumps({"begun": 0.0, "failures": []}))
    when = time.time() + 3600 * hours
    os.utime(path, (when, when))
    assert listen(tmp_path).alive is alive


def test_a_beat_that_nobody_can_read_is_none(tmp_path):
    (tmp_path / HEARTBEAT).write_text("[" * 100_000)
    assert listen(tmp_path) is None
    (tmp_path / HEARTBEAT).unlink()
    os.mkfifo(tmp_path / HEARTBEAT)
    assert listen(tmp_path) is None


@pytest.fixture
def no_locks(monkeypatch):
    """A system that knows no locks, and beats that come quickly."""
    monkeypatch.setattr(lock, "_flock", None)
    monkeypatch.setattr(lock, "EVERY", 0.05)


def test_without_locks_a_live_process_of_this_machine_is_found_by_its_number(no_locks, tmp_path):
    with heartbeat(tmp_path):
        while not (tmp_path / HEARTBEAT).exists():
            time.sleep(0.01)
        with pytest.raises(StoreError, match=f"process {os.getpid()} on"), heartbeat(tmp_path):
            pass


def test_without_locks_another_machine_is_watched_for_some_beats(no_locks, tmp_path, monkeypatch):
    said = {"begun": 0.0, "beat": 1, "failures": [], "pid": 1, "host": "elsewhere"}
    (tmp_path / HEARTBEAT).write_text(json.dumps(said))
    with heartbeat(tmp_path):  # silent: nobody is there
        pass
    (tmp_path / HEARTBEAT).write_text(json.dumps(said))
    monkeypatch.setattr(
        lock.time,
        "sleep",
        lambda _: (tmp_path / HEARTBEAT).write_text(json.dumps(said | {"beat": 2})),
    )
    with pytest.raises(StoreError, match="elsewhere"), heartbeat(tmp_path):
        pass
