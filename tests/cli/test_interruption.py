"""Ctrl-C and SIGTERM: it says how to go on, and going on computes only what is missing."""

import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

# The agent announces each chunk, and waits for leave to finish any but the first two: the test strikes
# when it knows where the run is, and no clock decides.
SLOW = '''
"""A study whose agent waits for leave."""

import time
from dataclasses import dataclass
from pathlib import Path

from telos import AbstractAgent, Study, agents, drives, families, worlds

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Slow(AbstractAgent):
    """Optimal, in the end."""

    def behave(self, problem, rng):
        if problem.discount > 0.25:
            (HERE / f"waiting-{problem.discount}").touch()
            while not (HERE / "go on").exists():
                time.sleep(0.02)
        return agents.Optimal().behave(problem, rng)


STUDY = Study(
    name="slow",
    question="When will it be done?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(Slow(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.1, 0.2, 0.3, 0.4),
    n_goals=16,
    controls=0,
)
'''
CHUNKS = 4
#: Seconds after which a test gives up: no run of this size takes so long on the slowest machine.
AT_LAST = 900


@pytest.fixture
def started(tmp_path):
    """Starts a command in the folder of the slow study; what is left of it is ended with the test."""
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    begun = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", "telos", *map(str, words)],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _await(what, process):
    """Wait until something is so, or the process has ended."""
    deadline = time.monotonic() + AT_LAST
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize(
    ("jobs", "by"),
    [
        pytest.param(1, signal.SIGINT, marks=pytest.mark.long),
        (2, signal.SIGINT),
        pytest.param(2, signal.SIGTERM, marks=pytest.mark.long),
    ],
)
def test_a_signal_ends_a_run_with_the_way_to_go_on_and_going_on_ends_well(
    started, tmp_path, jobs, by
):
    words = ["run", "slow.py", "--goals", "16", "--out", "my results", "--jobs", str(jobs)]
    first = started(*words)
    parts = tmp_path / "my results" / "parts"
    _await(lambda: len(list(parts.glob("*.parquet"))) == 2 and list(tmp_path.glob("wait*")), first)
    if by == signal.SIGINT:
        os.killpg(first.pid, by)  # a terminal sends it to every process
        os.killpg(first.pid, by)  # and people press twice
    else:
        os.kill(first.pid, by)
    _, said = first.communicate(timeout=AT_LAST)
    assert first.returncode == 128 + by
    assert "Traceback" not in said
    assert f"telos run slow.py --goals 16 --out 'my results' --jobs {jobs}" in said
    assert len(list(parts.glob("*.parquet"))) == 2
    left = {path.name for path in (tmp_path / "my results").iterdir()}
    assert left == {"parts", "study.json"}

    (tmp_path / "go on").touch()
    second = started(*words)
    out, err = second.communicate(timeout=AT_LAST)
    assert second.returncode == 0, err
    assert f"{CHUNKS} chunks, 2 of them were there already" in out
    assert len(pl.read_parquet(tmp_path / "my results" / "readings.parquet")) == CHUNKS * 16


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_run_that_is_only_stopped_keeps_its_folder_and_a_killed_one_does_not(started, tmp_path):
    words = ["run", "slow.py", "--out", "out", "--jobs", "1"]
    first = started(*words)
    _await(lambda: list(tmp_path.glob("waiting-*")), first)
    os.kill(first.pid, signal.SIGSTOP)
    second = started(*words)
    _, said = second.communicate(timeout=AT_LAST)
    assert second.returncode == 2
    assert f"process {first.pid} on " in said
    assert "telos run slow.py --out out --jobs 1" in said.replace("__main__.py", "telos")
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    (tmp_path / "go on").touch()
    third = started(*words)
    out, err = third.communicate(timeout=AT_LAST)
    assert third.returncode == 0, err
    assert f"{CHUNKS} chunks, 2 of them were there already" in out
