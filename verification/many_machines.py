"""Kills workers, machines and drivers of a real Ray cluster on this machine; no number may change.

    python verification/many_machines.py [STUDY] [--goals N] [--kills K] [--seed S]

The study is run by the local pool first. Then a cluster of two machines (`ray.cluster_utils.Cluster`)
computes it while, again and again, one of three things is killed: a worker by SIGKILL, the second
machine as a whole (another one joins), or the driver by SIGKILL (it is started again). In the end the
run is finished through the client, at ray://HOST:PORT. Parts, readings and summary must be those of
the undisturbed run, byte for byte.
"""

import argparse
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from telos.runs.ray_pool import load_ray

NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


def main() -> int:
    """Run the check; the exit code is 0 if nothing was lost and nothing changed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", default="gates")
    words.add_argument("--goals", type=int, default=600)
    words.add_argument("--kills", type=int, default=9)
    words.add_argument("--seed", type=int, default=0)
    asked = words.parse_args()
    load_ray()
    from ray.cluster_utils import Cluster

    with tempfile.TemporaryDirectory() as scratch:
        calm, stormy = Path(scratch) / "calm", Path(scratch) / "stormy"
        finish(asked, calm, "local")
        print(f"undisturbed: {len(parts(calm))} parts", flush=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        head = {**NODE, "ray_client_server_port": port, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        os.environ["RAY_ADDRESS"] = cluster.address
        try:
            storm(asked, stormy, cluster, random.Random(asked.seed))
            before = len(parts(stormy))
            del os.environ["RAY_ADDRESS"]
            finish(asked, stormy, f"ray://127.0.0.1:{port}")
            print(f"finished through the client, {len(parts(stormy)) - before} parts of it")
        finally:
            cluster.shutdown()
        same = [p.name for p in parts(calm)] == [p.name for p in parts(stormy)]
        for name in ("readings.parquet", "summary.csv"):
            same = same and (calm / name).read_bytes() == (stormy / name).read_bytes()
        print("the same, byte for byte" if same else "DIFFERENT")
        return 0 if same else 1


def storm(asked: argparse.Namespace, folder: Path, cluster: Any, luck: random.Random) -> None:
    """Kill a worker, a machine and the driver in turn, each when the run has got somewhere."""
    node = cluster.add_node(**NODE)
    driver = start(asked, folder, "ray")
    for kill in range(asked.kills):
        count = len(parts(folder))
        while len(parts(folder)) < count + 2 and driver.poll() is None:
            time.sleep(0.05)
        time.sleep(luck.uniform(0.0, 0.5))
        if driver.poll() is not None:
            raise SystemExit("the run ended before its time: ask for more --goals or fewer --kills")
        what = ("a worker", "a machine", "the driver")[kill % 3]
        if what == "a worker":
            busy = workers()
            while not busy and driver.poll() is None:
                time.sleep(0.01)
                busy = workers()
            os.kill(luck.choice(busy), signal.SIGKILL)
        elif what == "a machine":
            cluster.remove_node(node, allow_graceful=False)
            node = cluster.add_node(**NODE)
        else:
            driver.kill()
            driver.wait()
            driver = start(asked, folder, "ray")
        print(f"kill {kill + 1}: {what}, with {len(parts(folder))} parts done", flush=True)
    driver.kill()
    driver.wait()


def workers() -> list[int]:
    """The processes in which Ray performs a chunk at this moment; Ray names them so."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cmdline").read_bytes().startswith(b"ray::perform_encoded"):
                found.append(int(entry.name))
    return found


def start(asked: argparse.Namespace, folder: Path, word: str) -> subprocess.Popen[bytes]:
    """The study as a process of its own."""
    words = ["run", asked.study, "--goals", str(asked.goals), "--out", str(folder), "--jobs", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "telos", *words, "--on", word], stdout=subprocess.DEVNULL
    )


def finish(asked: argparse.Namespace, folder: Path, word: str) -> None:
    """Run the study to its end."""
    if start(asked, folder, word).wait() != 0:
        raise SystemExit(f"the run into {folder.name} failed")


def parts(folder: Path) -> list[Path]:
    """The parts a folder holds."""
    return sorted((folder / "parts").glob("*.parquet"))


if __name__ == "__main__":
    sys.exit(main())
