"""Sets up a SLURM cluster of one machine, runs a study on it while things are killed, and compares.

    apt-get install slurm-wlm munge
    python verification/slurm.py [STUDY] [--goals N] [--seed S]

As root. munged, slurmctld and slurmd run from a temporary folder, beside any cluster that is there.
The study is run on this machine first. On the cluster, elements of the array are then killed (by
SIGKILL, and by scancel) and the run itself is killed and started again; parts, readings and summary
must be the same, byte for byte.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SETTINGS = """\
ClusterName=telos
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={next_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MailProg=/bin/true
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=short Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
WORD = "slurm:partition=short,time=30"


def main() -> int:
    """Run the check; the exit code is 0 if nothing was lost and nothing changed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", default="gates")
    words.add_argument("--goals", type=int, default=600)
    words.add_argument("--seed", type=int, default=0)
    asked = words.parse_args()
    luck = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as scratch, cluster(Path(scratch)):
        calm, stormy = Path(scratch) / "calm", Path(scratch) / "stormy"
        if start(asked, calm, "local").wait() != 0:
            raise SystemExit("the undisturbed run failed")
        print(f"undisturbed: {len(parts(calm))} parts", flush=True)
        storm(asked, stormy, luck)
        same = [p.name for p in parts(calm)] == [p.name for p in parts(stormy)]
        for name in ("readings.parquet", "summary.csv"):
            same = same and (calm / name).read_bytes() == (stormy / name).read_bytes()
        print("the same, byte for byte" if same else "DIFFERENT")
        return 0 if same else 1


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """A SLURM cluster of this machine, for as long as the block runs."""
    for program in ("munged", "slurmctld", "slurmd", "sbatch"):
        if shutil.which(program) is None:
            raise SystemExit(f"there is no {program}: apt-get install slurm-wlm munge")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    host = socket.gethostname().partition(".")[0]
    (folder / "state").mkdir()
    (folder / "spool").mkdir()
    folder.chmod(0o755)
    text = SETTINGS.format(host=host, port=port, next_port=port + 1, folder=folder)
    (folder / "slurm.conf").write_text(text)
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o400)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    munge = ["munged", "--foreground", "--force"]
    for option, name in (("key", "key"), ("socket", "socket"), ("pid", "pid"), ("log", "log")):
        word = option if option == "socket" else f"{option}-file"
        munge.append(f"--{word}={folder}/munge.{name}")
    daemons = []
    try:
        for command in (
            [*munge, f"--seed-file={folder}/munge.seed"],
            ["slurmctld", "-D", "-i"],
            ["slurmd", "-D"],
        ):
            with (folder / f"{command[0]}.out").open("w") as log:
                daemons.append(subprocess.Popen(command, stdout=log, stderr=log))
            time.sleep(2)
        deadline = time.monotonic() + 60
        while "idle" not in said("sinfo", "--noheader", "--format=%T"):
            if time.monotonic() > deadline:
                raise SystemExit((folder / "slurmd.log").read_text()[-2000:])
            time.sleep(1)
        print(said("sinfo", "--version").strip(), flush=True)
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait()


def storm(asked: argparse.Namespace, folder: Path, luck: random.Random) -> None:
    """Run the study on the cluster, and kill an element twice, cancel one, and kill the run itself."""
    run = start(asked, folder, WORD)
    for blow in (
        "SIGKILL to an element",
        "scancel of an element",
        "SIGKILL to the run",
        "SIGKILL to an element",
    ):
        count = len(parts(folder))
        while len(parts(folder)) <= count + 2 and run.poll() is None:
            time.sleep(0.1)
        time.sleep(luck.uniform(0.0, 1.0))
        if run.poll() is not None:
            raise SystemExit(f"the run ended before the blow: {blow}. Ask for more --goals.")
        if blow == "SIGKILL to the run":
            run.kill()
            run.wait()
            run = start(asked, folder, WORD)
        elif blow == "scancel of an element":
            element = luck.choice(said("squeue", "--noheader", "--array", "--format=%i").split())
            subprocess.run(["scancel", element], check=True)
        else:
            computing = elements()
            while not computing:
                time.sleep(0.1)
                computing = elements()
            os.kill(luck.choice(computing), signal.SIGKILL)
        print(f"{blow}, with {len(parts(folder))} parts done", flush=True)
    if run.wait() != 0:
        raise SystemExit("the run on the cluster failed")


def start(asked: argparse.Namespace, folder: Path, word: str) -> subprocess.Popen[bytes]:
    """The study as a process of its own."""
    words = ["run", asked.study, "--goals", str(asked.goals), "--out", str(folder), "--jobs", "2"]
    return subprocess.Popen(
        [sys.executable, "-m", "telos", *words, "--on", word], stdout=subprocess.DEVNULL
    )


def elements() -> list[int]:
    """The processes that compute elements of an array."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            inside = b"SLURM_ARRAY_TASK_ID=" in (entry / "environ").read_bytes()
            python = b"python" in words[0].rpartition(b"/")[2]
            if python and inside and b"submitit.core._submit" in words:
                found.append(int(entry.name))
    return found


def said(*words: str) -> str:
    """What a command prints."""
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def parts(folder: Path) -> list[Path]:
    """The parts a folder holds."""
    return sorted((folder / "parts").glob("*.parquet"))


if __name__ == "__main__":
    sys.exit(main())
