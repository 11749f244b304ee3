"""A full disk, a vanished folder, a part that ends the process: what is finished stays, and it is said."""

import errno
import os
import shutil

import polars as pl
import pytest

from telos import Study, agents, drives, families, run, worlds
from telos.core.errors import StoreError, explained
from telos.core.tables import read_csv
from telos.runs import files as telos_files
from telos.runs import jobs, tables
from telos.runs import run as run_module
from telos.runs.executors import LocalPool, Serial
from telos.runs.run import written_to

STUDY = Study(
    name="troubled",
    question="What if the disk is full?",
    scenarios=(worlds.OffSwitch(rooms=3),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(),),
    drives=(drives.SelfPreservation(),),
    discounts=(0.3, 0.5, 0.7, 0.9),
    n_goals=20,
    controls=0,
)
FULL = OSError(errno.ENOSPC, "No space left on device")


def _run(folder):
    return run(STUDY, folder, jobs=1, progress=False)


def _parts(folder):
    return sorted((folder / "parts").glob("*.parquet"))


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    return _run(tmp_path_factory.mktemp("calm") / "out").folder


def _same(one, two):
    names = [[path.name for path in _parts(folder)] for folder in (one, two)]
    readings = [(folder / "readings.parquet").read_bytes() for folder in (one, two)]
    return names[0] == names[1] and readings[0] == readings[1]


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_a_disk_that_is_full_at_any_moment_costs_nothing_that_was_finished(
    tmp_path, calm, monkeypatch, after
):
    real, written = telos_files._flush, []

    def flush(path):
        if path.suffix == ".tmp" and "parquet" in path.name:
            written.append(path)
            if len(written) > after:
                raise FULL
        real(path)

    monkeypatch.setattr(telos_files, "_flush", flush)
    with pytest.raises(StoreError, match=r"The disk is full\. What is finished is kept") as error:
        _run(tmp_path / "out")
    assert str(tmp_path / "out") in str(error.value)
    assert len(_parts(tmp_path / "out")) == min(after, 4)
    assert not list((tmp_path / "out").rglob("*.tmp"))
    monkeypatch.undo()
    assert _run(tmp_path / "out").kept == min(after, 4)
    assert _same(tmp_path / "out", calm)


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_limit_of_the_system_is_said_in_a_sentence(tmp_path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        with pytest.raises(StoreError, match="A file may not be so large here"):
            _run(tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert _run(tmp_path / "out").complete


def test_what_polars_quotes_of_the_system_is_understood(tmp_path):
    problem = pl.exceptions.ComputeError("could not write: No space left on device (os error 28)")
    assert "The disk is full" in explained(problem)
    with pytest.raises(StoreError, match="The disk is full"), written_to(tmp_path):
        raise problem


@pytest.mark.parametrize("what", ["a part", "the parts", "the folder"])
def test_what_vanishes_while_a_run_is_at_work_is_said_and_the_rest_is_kept(
    tmp_path, calm, monkeypatch, what
):
    out = tmp_path / "out"
    real = tables.write_readings

    def vanish(*given):
        if what == "a part":
            _parts(out)[0].unlink()
        else:
            shutil.rmtree(out)
        return real(*given)

    def lose(*given):
        compute(*given)
        shutil.rmtree(out / "parts")

    compute = run_module._compute
    if what == "the parts":
        monkeypatch.setattr(run_module, "_compute", lose)
    else:
        monkeypatch.setattr(run_module, "write_readings", vanish)
    with pytest.raises(StoreError, match=str(out)):
        _run(out)
    monkeypatch.undo()
    assert _run(out).complete
    assert _same(out, calm)


def test_a_part_that_ends_the_process_or_fails_to_read_a_file_fails_its_chunk_alone(
    tmp_path, monkeypatch
):
    real = agents.Optimal.behave

    def behave(self, problem, rng):
        if problem.discount == 0.5:
            raise SystemExit(0)
        if problem.discount == 0.7:
            raise FileNotFoundError(errno.ENOENT, "No such file", "weights.pt")
        return real(self, problem, rng)

    monkeypatch.setattr(agents.Optimal, "behave", behave)
    results = _run(tmp_path / "out")
    assert len(results.failures) == 2
    assert "SystemExit: 0" in results.failures[0]
    assert "weights.pt" in results.failures[1]
    assert len(_parts(results.folder)) == 2


def test_a_pool_hands_on_what_the_disk_said(tmp_path, monkeypatch):
    """The sentence of a worker is the sentence of the run."""
    monkeypatch.setattr(jobs, "write_part", lambda *_: (_ for _ in ()).throw(FULL))
    with pytest.raises(StoreError, match="The disk is full"):
        _run(tmp_path / "out")
    assert {type(each).__name__ for each in (Serial(), LocalPool(2))} == {"Serial", "LocalPool"}


def test_a_folder_that_can_only_be_read_says_so():
    with pytest.raises(StoreError, match="--out: /proc/telos cannot be used"):
        _run("/proc/telos")


@pytest.mark.parametrize(
    "name", ["a[1]", "b=2", "{x}", "*", "?", "~", "~root", "%20", "c#d", "é ü", "-x"]
)
def test_a_folder_may_be_called_anything(tmp_path, calm, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a1").mkdir()
    results = _run(name)
    assert _same(results.folder, calm)
    assert results.summary().equals(read_csv(calm / "summary.csv", "summary", ""))
    assert len(results.readings().collect()) == 80
    assert (tmp_path / name / "readings.parquet").exists()
