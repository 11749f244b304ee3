"""Ctrl-C: it says how to go on, and going on computes only what is missing."""

import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

SLOW = '''
"""A study whose agent takes its time."""

import time
from dataclasses import dataclass

from telos import AbstractAgent, Study, agents, drives, families, worlds


@dataclass(frozen=True)
class Slow(AbstractAgent):
    """Optimal, in the end."""

    def behave(self, problem, rng):
        time.sleep(0.3)
        return agents.Optimal().behave(problem, rng)


STUDY = Study(
    name="slow",
    question="When will it be done?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(Slow(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    n_goals=16,
)
'''
LINES = 8


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_says_how_to_go_on_and_going_on_ends_well(tmp_path, jobs):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    words = ["run", "slow.py", "--goals", "16", "--out", "my results", "--jobs", str(jobs)]
    first = subprocess.Popen(
        [sys.executable, "-m", "telos", *words],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    parts = tmp_path / "my results" / "parts"
    deadline = time.monotonic() + 60
    while len(list(parts.glob("*.parquet"))) < 2:
        assert time.monotonic() < deadline, "no part was written"
        assert first.poll() is None, first.communicate()
        time.sleep(0.02)
    os.killpg(first.pid, signal.SIGINT)  # a terminal sends it to every process
    _, said = first.communicate(timeout=30)
    assert first.returncode == 130
    assert "Traceback" not in said
    assert f"telos run slow.py --goals 16 --out 'my results' --jobs {jobs}" in said
    kept = len(list(parts.glob("*.parquet")))
    assert 2 <= kept < LINES

    second = subprocess.run(
        [sys.executable, "-m", "telos", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 0, second.stderr
    assert f"{LINES} chunks, {kept} of them were there already" in second.stdout
    assert len(pl.read_parquet(tmp_path / "my results" / "readings.parquet")) == LINES * 16
