"""Many machines: Ray and SLURM give the numbers of this machine, whichever worker dies on the way.

Ray is a real one, of two nodes on this machine; SLURM is played by submitit's local executor here, and a real
one is set up by `verification/slurm.py`.
"""

import os
import threading
import time
from importlib.util import find_spec

import polars as pl
import pytest

from telos.runs.jobs import STRIKES
from telos.runs.ray_pool import load_ray
from telos.runs.run import run
from telos.runs.source import load_study

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="sends signals"),
    # Ray and submitit leave the processes they start to the system
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

ACCIDENTS = '''
"""A study whose agent dies as often as there are bullets, and takes its time otherwise."""

import os
import signal
import time
from importlib.util import find_spec
from dataclasses import dataclass
from pathlib import Path

from telos import AbstractAgent, Study, agents, drives, families, worlds


@dataclass(frozen=True)
class Mortal(AbstractAgent):
    """Behaves like the optimal agent, if it lives; notes each time that it is asked."""

    folder: str = ""
    seconds: float = 0.0

    def behave(self, problem, rng):
        note = Path(self.folder) / f"asked-{problem.goals.count}-{time.time_ns()}"
        note.touch()
        if problem.goals.count == 44:
            for bullet in Path(self.folder).glob("bullet-*"):
                bullet.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        busy = Path(self.folder) / f"busy-{os.getpid()}"
        busy.touch()
        time.sleep(self.seconds)
        busy.unlink()
        return agents.Optimal().behave(problem, rng)


STUDY = Study(
    name="mortal",
    question="What if a chunk kills its worker?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(Mortal({fields}),),
    drives=(drives.SelfPreservation(),),
    discounts=({discounts},),
    n_goals={goals},
)
'''


def _study(folder, name, *, seconds=0.0, discounts="0.9", goals=300):
    """A study of chunks of 256 goals and one of 44, and the folder that its bullets lie in."""
    text = ACCIDENTS.replace("{fields}", f"folder={str(folder)!r}, seconds={seconds}")
    text = text.replace("{discounts}", discounts).replace("{goals}", str(goals))
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def cluster():
    """A Ray cluster of two nodes, one processor each."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    ray = load_ray()
    from ray.cluster_utils import Cluster

    before = os.environ.get("RAY_ADDRESS")
    node = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    nodes = Cluster(initialize_head=True, head_node_args=node)
    os.environ["RAY_ADDRESS"] = nodes.address
    # A worker that cannot start is tried again for minutes: found out here, within one
    ray.init(nodes.address, log_to_driver=False)
    ray.get(ray.remote(lambda: None).remote(), timeout=60)
    ray.shutdown()
    yield nodes
    nodes.shutdown()
    os.environ.pop("RAY_ADDRESS")
    if before is not None:
        os.environ["RAY_ADDRESS"] = before


@pytest.fixture
def word(request):
    """What is written after --on; for Ray, its cluster is started first."""
    if request.param == "ray":
        request.getfixturevalue("cluster")
    else:
        pytest.importorskip("submitit")
    return request.param


ENGINES = pytest.mark.parametrize("word", ["slurm:cluster=local", "ray"], indirect=True)


@ENGINES
def test_workers_that_die_change_no_bit_of_the_numbers(word, tmp_path):
    study = _study(tmp_path, f"telos_test_survived_{word[:3]}")
    calm = run(study, tmp_path / "calm", jobs=1, progress=False)
    for number in range(STRIKES - 1):
        (tmp_path / f"bullet-{number}").touch()
    stormy = run(study, tmp_path / "stormy", jobs=2, progress=False, on=word)
    assert not list(tmp_path.glob("bullet-*"))
    assert stormy.complete
    assert _bytes(stormy.folder) == _bytes(calm.folder)


@pytest.mark.parametrize(
    "word", ["slurm:cluster=local", pytest.param("ray", marks=pytest.mark.long)], indirect=True
)
def test_a_chunk_that_kills_its_worker_again_and_again_is_given_up_and_named(word, tmp_path):
    study = _study(tmp_path, f"telos_test_given_up_{word[:3]}")
    for number in range(STRIKES):
        (tmp_path / f"bullet-{number}").touch()
    results = run(study, tmp_path / "out", jobs=2, progress=False, on=word)
    assert len(results.failures) == 1
    assert "goals 256 to 299" in results.failures[0]
    assert f"killed {STRIKES} times" in results.failures[0]
    assert results.summary()["n"].to_list() == [256]
    again = run(study, tmp_path / "out", jobs=1, progress=False)
    assert (again.computed, again.kept) == (1, 1)
    assert again.complete


@pytest.mark.long
def test_a_machine_that_dies_changes_no_bit_of_the_numbers(cluster, tmp_path):
    discounts = "0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8"
    study = _study(tmp_path, "telos_test_node", seconds=1.5, discounts=discounts, goals=16)
    node = cluster.add_node(num_cpus=2, object_store_memory=80 * 2**20)

    def strike():
        deadline = time.monotonic() + 120
        # The first node has one processor: where two are busy, the second node computes.
        while len(list(tmp_path.glob("busy-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        cluster.remove_node(node, allow_graceful=False)

    thread = threading.Thread(target=strike)
    thread.start()
    stormy = run(study, tmp_path / "stormy", progress=False, on="ray")
    thread.join()
    asked = len(list(tmp_path.glob("asked-*")))
    assert stormy.complete
    assert asked > 8  # what the machine was at was done again
    calm = run(study, tmp_path / "calm", jobs=1, progress=False)
    assert _bytes(stormy.folder) == _bytes(calm.folder)


def _bytes(folder):
    """Everything of a record that is a number: the parts with their checksums, and the tables."""
    parts = sorted(path.name for path in (folder / "parts").glob("*.parquet"))
    assert pl.read_parquet(folder / "readings.parquet").height > 0
    tables = [(folder / name).read_bytes() for name in ("readings.parquet", "summary.csv")]
    return parts, tables
