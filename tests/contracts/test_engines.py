"""Engines: words that are understood or refused, and jobs that travel as text."""

import json
import shutil
import socket
import subprocess
import sys

import polars as pl
import pytest

from telos.core.errors import StudyError, UnknownName
from telos.runs import engines
from telos.runs.controls import plan_controls
from telos.runs.engines import Engine, engine
from telos.runs.executors import LocalPool, Serial
from telos.runs.jobs import Job, encode_jobs, shared_folder
from telos.runs.plan import chunks, lay_out
from telos.runs.ray_pool import RayPool
from telos.runs.run import run
from telos.runs.slurm_arrays import SlurmArrays
from telos.runs.source import load_study

HELPER = '''"""What the study file beside it needs."""

SIZE = 3
'''
STUDY = '''"""A study whose agent is its author's own, and needs a file beside it."""

from dataclasses import dataclass

from telos_test_helper import SIZE

from telos import AbstractAgent, Study, agents, drives, families, worlds


@dataclass(frozen=True)
class Mine(AbstractAgent):
    """Optimal under another name."""

    def behave(self, problem, rng):
        return agents.Optimal().behave(problem, rng)


STUDY = Study(
    name="shipped",
    question="Do parts travel?",
    scenarios=(worlds.OffSwitch(rooms=SIZE),),
    families=(families.Uniform(),),
    agents=(Mine(), agents.UniformRandom()),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=20,
)
'''
DELIVER = (
    "import sys; from telos.runs import jobs; jobs.PATIENCE = 0.0; "
    "outcome = jobs.perform_encoded(sys.stdin.read()); "
    "print(outcome.fault, file=sys.stderr); sys.exit(bool(outcome.fault))"
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of an author whose files have vanished since they were loaded."""
    folder = tmp_path_factory.mktemp("author")
    (folder / "telos_test_helper.py").write_text(HELPER, encoding="utf-8")
    (folder / "telos_test_shipped.py").write_text(STUDY, encoding="utf-8")
    loaded = load_study(folder / "telos_test_shipped.py")
    yield loaded, folder
    sys.path.remove(str(folder))


@pytest.fixture
def jobs(study, tmp_path):
    plan = lay_out(study[0])
    wanted = [(planned, first, count) for planned in plan for first, count in planned.chunks()]
    (tmp_path / "parts").mkdir()
    made = {planned.trial.key: planned.made for planned in plan}
    asked = [
        Job(chunk, tmp_path / "parts", tuple(made[trial.key] for trial in chunk.trials))
        for chunk in chunks(wanted)
    ]
    controls = plan_controls(study[0], plan)
    return asked + [Job(each.control, tmp_path / "parts", (each.made,)) for each in controls]


def _delivered(message, folder):
    """What a worker on another machine makes of a message: a process that starts somewhere else."""
    return subprocess.run(
        [sys.executable, "-c", DELIVER], input=message, cwd=folder, capture_output=True, text=True
    )


def test_a_job_is_done_where_the_author_has_no_files_and_gives_the_same_numbers(study, jobs):
    loaded, author = study
    message = encode_jobs(jobs)
    away = shutil.move(author, author.with_name("away"))
    try:
        done = _delivered(message, jobs[0].folder)
    finally:
        shutil.move(away, author)
    assert done.returncode == 0, done.stderr
    here = run(loaded, jobs[0].folder.parent / "here", jobs=1, progress=False)
    names = sorted(path.name for path in jobs[0].folder.glob("*.parquet"))
    assert names == sorted(path.name for path in (here.folder / "parts").glob("*.parquet"))
    assert len(names) == 3  # two agents, and the controls of their arm


def test_only_the_authors_modules_travel_and_the_file_beside_them_too(jobs):
    files = [path for path, _ in json.loads(encode_jobs(jobs))["modules"]["files"]]
    assert {"telos_test_helper.py", "telos_test_shipped.py"} <= set(files)
    assert not any(path.startswith(("telos/", "numpy/")) for path in files)


def test_a_worker_whose_parts_have_other_keys_computes_nothing(jobs):
    message = json.loads(encode_jobs(jobs))
    message["keys"][0][0] = "0" * 16
    done = _delivered(json.dumps(message), jobs[0].folder)
    assert done.returncode == 1
    assert "another version" in done.stderr
    assert not list(jobs[0].folder.glob("*.parquet"))


def test_a_worker_that_does_not_see_the_folder_says_so(jobs):
    with shared_folder(jobs[0].folder) as token:
        assert _delivered(encode_jobs(jobs, token), jobs[0].folder).returncode == 0
    done = _delivered(encode_jobs(jobs, token), jobs[0].folder)  # the token is gone
    assert done.returncode == 1
    assert "a file system that all machines share" in done.stderr


def test_a_part_of_the_script_itself_cannot_travel(monkeypatch, jobs):
    monkeypatch.setattr(type(jobs[0].chunk.trials[0].agent), "__module__", "__main__")
    with pytest.raises(StudyError, match="file of its own"):
        encode_jobs(jobs)


# -- words ---------------------------------------------------------------------------------------


def test_a_word_becomes_the_engine_it_names(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(engines, "at_hand", str)
    monkeypatch.setattr(engines, "answers", lambda address: True)
    monkeypatch.setattr(engines.shutil, "which", lambda program: program)
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda library: library)
    assert engine("local").executor(1, ()) == Serial()
    assert engine("local").executor(3, ()) == LocalPool(3, ())
    assert engine("ray").executor(None, ()) == RayPool()
    assert engine("ray://head:10001").executor(8, ()) == RayPool("ray://head:10001", 8)
    assert engine("slurm").executor(None, ()) == SlurmArrays()
    chosen = engine("slurm:partition=short,time=1:30:00,exclude=n1,n2,n3,cluster=local")
    options = (("partition", "short"), ("time", "1:30:00"), ("exclude", "n1,n2,n3"))
    assert chosen == Engine("slurm", options=options, cluster="local")


@pytest.mark.parametrize(
    ("word", "error", "remedy"),
    [
        ("rya", UnknownName, "Did you mean 'ray'"),
        ("local:4", UnknownName, "Known: local, ray, slurm"),
        ("ray:head", StudyError, "ray://HOST:PORT"),
        ("ray://head", StudyError, "ray://HOST:PORT"),
        ("slurm:short", StudyError, "NAME=VALUE"),
        ("slurm:cluster=locl", StudyError, "Did you mean 'local'"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(monkeypatch, word, error, remedy):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda library: library)
    with pytest.raises(error, match=remedy):
        engine(word)


@pytest.mark.parametrize("name", ["ray", "slurm"])
def test_an_engine_that_is_not_installed_is_named_with_the_extra_that_brings_it(monkeypatch, name):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda library: None)
    with pytest.raises(StudyError, match=rf'pip install "telos-lab\[{name}\]"'):
        engine(name)


def test_a_cluster_that_does_not_answer_is_an_error_before_anything_is_written(
    monkeypatch, study, tmp_path
):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda library: library)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StudyError, match=f"127.0.0.1:{port}"):
        run(study[0], tmp_path / "out", progress=False, on=f"ray://127.0.0.1:{port}")
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
    with pytest.raises(StudyError, match="RAY_ADDRESS"):
        run(study[0], tmp_path / "out", progress=False, on="ray")
    assert not (tmp_path / "out").exists()


def test_without_sbatch_there_is_a_way_to_rehearse(monkeypatch):
    monkeypatch.setattr(engines.importlib.util, "find_spec", lambda library: library)
    monkeypatch.setattr(engines.shutil, "which", lambda program: None)
    with pytest.raises(StudyError, match="cluster=local"):
        engine("slurm:partition=short")


def test_a_study_that_is_there_already_needs_no_cluster(study, tmp_path):
    here = run(study[0], tmp_path / "out", jobs=1, progress=False)
    for executor in (RayPool("ray://nowhere:1"), SlurmArrays()):
        assert not list(executor.run([]))
    assert pl.read_parquet(here.folder / "readings.parquet").height == 40
    assert not (here.folder / "slurm").exists()
