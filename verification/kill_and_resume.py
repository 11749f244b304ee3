"""Kills a study's workers and its parent at random moments, again and again; no number may change.

    python verification/kill_and_resume.py [STUDY] [--goals N] [--kills K] [--seed S] [--every LOW HIGH]

An undisturbed run is made first. Then the study is started into another folder and, after a random
time, one of its processes is killed with SIGKILL: a worker (the run must go on by itself) or the
parent (it is started again, and no worker may outlive it). After K kills it is left to finish; its
readings and its summary must be those of the undisturbed run, byte for byte.

A kill waits until the run got somewhere. With `--every`, half of them do not, and come LOW to HIGH
seconds after the one before, be the run only starting; the others come so long after its next parts.
A run that ends before its time loses a third of its parts, and is started again.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: A worker notices the death of its parent at once; this is only for a loaded machine.
PATIENCE = 20.0


def main() -> int:
    """Run the check; the exit code is 0 if nothing was lost and nothing changed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", default="gates")
    words.add_argument("--goals", type=int, default=6_000)
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--every", type=float, nargs=2, metavar=("LOW", "HIGH"))
    asked = words.parse_args()
    luck = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as scratch:
        calm, stormy = Path(scratch) / "calm", Path(scratch) / "stormy"
        begun = time.monotonic()
        finish(asked.study, asked.goals, calm)
        usual = time.monotonic() - begun
        print(f"undisturbed: {usual:.1f} s, {len(parts(calm))} parts")
        pause = max(1, 2 * len(parts(calm)) // asked.kills)
        begun = time.monotonic()
        storm(asked, stormy, pause, luck)
        print(f"{asked.kills} kills in {time.monotonic() - begun:.0f} s")
        finish(asked.study, asked.goals, stormy)
        return compare(calm, stormy)


def storm(asked: argparse.Namespace, folder: Path, pause: int, luck: random.Random) -> None:
    """Start the study as often as its parent is killed, until so many processes were killed."""
    parent = start(asked.study, asked.goals, folder)
    killed = {"worker": 0, "parent": 0}
    while sum(killed.values()) < asked.kills:
        if not asked.every or luck.random() < 0.5:
            await_parts(parent, folder, len(parts(folder)) + luck.randint(0, pause))
        time.sleep(luck.uniform(*(asked.every or (0.0, 0.5))))
        who = luck.choice(("worker", "parent"))
        workers = children(parent.pid)
        while who == "worker" and not workers and parent.poll() is None:
            time.sleep(0.01)
            workers = children(parent.pid)
        if parent.poll() is not None:
            # Done before its time: take a third of what it has away, and go on.
            for path in luck.sample(parts(folder), len(parts(folder)) // 3):
                path.unlink()
            parent = start(asked.study, asked.goals, folder)
            continue
        if who == "worker":
            strike(luck.choice(workers))
        else:
            strike(parent.pid)
            parent.wait()
            outlive = [pid for pid in workers if alive(pid)]
            if outlive:
                raise SystemExit(f"workers outlived their parent: {outlive}")
            parent = start(asked.study, asked.goals, folder)
        killed[who] += 1
        print(
            f"kill {sum(killed.values())}: a {who}, with {len(parts(folder))} parts done "
            f"({killed['worker']} workers and {killed['parent']} parents so far)",
            flush=True,
        )
    strike(parent.pid)
    parent.wait()


def await_parts(parent: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until the folder holds so many parts, or the run is over."""
    while parent.poll() is None and len(parts(folder)) < count:
        time.sleep(0.01)


def start(study: str, goals: int, folder: Path) -> subprocess.Popen[bytes]:
    """The study as a process of its own, two workers under it."""
    words = ["run", study, "--goals", str(goals), "--out", str(folder), "--jobs", "2"]
    with log_of(folder).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "telos", *words], stdout=subprocess.DEVNULL, stderr=log
        )


def log_of(folder: Path) -> Path:
    """What the runs into a folder said."""
    return folder.with_suffix(".log")


def finish(study: str, goals: int, folder: Path) -> None:
    """Run the study to its end. Raises SystemExit, with what it said last, if it fails."""
    if start(study, goals, folder).wait() != 0:
        said = log_of(folder).read_text(errors="replace").splitlines()[-30:]
        raise SystemExit("\n".join([*said, f"the run into {folder.name} failed"]))


def children(pid: int) -> list[int]:
    """The processes that a process started, without the helper that multiprocessing keeps."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if parent == pid and "spawn_main" in command:
            found.append(int(entry.name))
    return found


def strike(pid: int) -> None:
    """SIGKILL, which no process can answer."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def alive(pid: int) -> bool:
    """Whether a process is still there after it had time to leave."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state == "Z":
            return False
        time.sleep(0.1)
    return True


def parts(folder: Path) -> list[Path]:
    """The parts a folder holds."""
    return sorted((folder / "parts").glob("*.parquet"))


def compare(calm: Path, stormy: Path) -> int:
    """0 if both folders hold the same parts and tables."""
    same = [path.name for path in parts(calm)] == [path.name for path in parts(stormy)]
    for name in ("readings.parquet", "summary.csv"):
        same = same and (calm / name).read_bytes() == (stormy / name).read_bytes()
    print("the same, byte for byte" if same else "DIFFERENT")
    if not same:
        kept = Path(tempfile.mkdtemp(prefix="telos-"))
        shutil.copytree(stormy, kept / "stormy")
        shutil.copytree(calm, kept / "calm")
        print(f"both folders are kept in {kept}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
