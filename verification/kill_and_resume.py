"""Kills a study's processes, damages its parts and changes its code, again and again; no number may mix.

    python verification/kill_and_resume.py [STUDY] [--goals N] [--kills K] [--seed S] [--every LOW HIGH]

Undisturbed runs are made first: one for each of two versions of the author's code (a number in a file
beside the study), or a single one of a STUDY that is named. Then the study is started into another
folder and, after a random time, one of its processes is killed with SIGKILL: a worker (the run must go
on by itself) or the parent (it is started again, and no worker may outlive it). Between kills, at random,
a bit of a part is flipped, a part is cut off, taken away or called by another's name, and the author's
code is changed, with the run at work or not. A run may refuse (exit 2, when its code was changed under
it); then it is started again. Whenever a run ends well, and after K kills in the end, its parts, its
readings and its summary must be those of the undisturbed run of the code that it was started with, byte
for byte.

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
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

#: A worker notices the death of its parent at once; this is only for a loaded machine.
PATIENCE = 20.0
#: What a run says by its exit code when it must not go on.
REFUSED = 2
#: Odds that something happens between two kills: damage to a part, and a change of the code.
DAMAGE, CHANGE = 0.4, 0.15
MINE = '''
"""A study of an author's own world, which reads a number from the file beside it."""

from dataclasses import dataclass

from mine_numbers import CHANCE

from telos import AbstractScenario, Study, agents, drives, explore, families


@dataclass(frozen=True)
class Mine(AbstractScenario):
    """A hall, from which one may be switched off, before rooms."""

    rooms: int = 30

    def build(self):
        def step(s):
            if s == "hall":
                return {"wait": {"off": CHANCE, "hall": 1 - CHANCE}, "cut": "safe"}
            rooms = {f"to {i}": i for i in range(self.rooms)} if s == "safe" else {}
            return {"wait": s, **rooms}

        return explore("hall", step, features={"off": lambda s: float(s == "off")}, default="wait")


STUDY = Study(
    name="mine",
    question="Is it always one world?",
    scenarios=(Mine(), Mine(rooms=60)),
    families=(families.Uniform(), families.Sparse()),
    agents=(agents.Optimal(), agents.Boltzmann(beta=3.0)),
    drives=(drives.SelfPreservation(),),
    discounts=(0.5, 0.9, 0.99),
)
'''
NUMBERS = "CHANCE = {}\n"
VERSIONS = (0.05, 0.9)


@dataclass
class Storm:
    """What happens to a study, and what happened so far.

    Args:
        study: a name, or a file. goals: of each trial. folder: where it runs to.
        calm: the folders of undisturbed runs, one for each version of the code. rng: decides.
    """

    study: str
    goals: int
    folder: Path
    calm: list[Path]
    rng: random.Random
    version: int = 0
    began_with: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def start(self, folder: Path | None = None) -> subprocess.Popen[bytes]:
        """The study as a process of its own, two workers under it."""
        into = folder or self.folder
        self.began_with = self.version
        words = ["run", self.study, "--goals", str(self.goals), "--out", str(into), "--jobs", "2"]
        with log_of(into).open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-B", "-m", "telos", *words],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            )

    def finish(self, folder: Path | None = None) -> None:
        """Run the study to its end. Raises SystemExit, with what it said last, if it fails."""
        into = folder or self.folder
        if self.start(into).wait() != 0:
            said = log_of(into).read_text(errors="replace").splitlines()[-30:]
            raise SystemExit("\n".join([*said, f"the run into {into.name} failed"]))

    def change(self) -> None:
        """Let the author save another version of a number."""
        self.version = 1 - self.version
        self.counts["changes of the code"] += 1
        write_numbers(Path(self.study), self.version)

    def ended(self, parent: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """After a run ended by itself: compare what it says is whole, damage it, and go on."""
        code = parent.wait()
        if code == 0:
            self.counts["runs that ended well"] += 1
            if compare(self.calm[self.began_with], self.folder):
                raise SystemExit(1)
            for path in self.rng.sample(parts(self.folder), len(parts(self.folder)) // 3):
                path.unlink()
        elif code == REFUSED and self.version != self.began_with:
            self.counts["runs that refused"] += 1
        else:
            raise SystemExit(f"a run ended with {code}: {log_of(self.folder).read_text()[-2000:]}")
        return self.start()

    def damage(self) -> None:
        """Spoil one part, as a disk, a copy or a person may."""
        held = parts(self.folder)
        if not held:
            return
        path = self.rng.choice(held)
        how = self.rng.choice(
            ("bits flipped", "parts cut off", "parts taken away", "parts renamed")
        )
        try:
            data = bytearray(path.read_bytes())
            if how == "parts taken away" or not data:
                path.unlink()
            elif how == "parts renamed":
                path.replace(self.rng.choice(held))
            else:
                if how == "bits flipped":
                    data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
                else:
                    del data[self.rng.randrange(len(data)) :]
                path.write_bytes(data)
        except FileNotFoundError:
            return
        self.counts[how] += 1


def main() -> int:
    """Run the check; the exit code is 0 if nothing was lost and nothing changed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("study", nargs="?", default="")
    words.add_argument("--goals", type=int, default=6_000)
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--every", type=float, nargs=2, metavar=("LOW", "HIGH"))
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        calm = [base / f"calm-{i}" for i in range(1 if asked.study else len(VERSIONS))]
        study = asked.study or str(base / "mine.py")
        rng = random.Random(asked.seed)
        storm = Storm(study, asked.goals, base / "stormy", calm, rng)
        begun = time.monotonic()
        if not asked.study:
            Path(study).write_text(MINE, encoding="utf-8")
        for version, folder in enumerate(calm):
            if not asked.study:
                write_numbers(Path(study), version)
            storm.finish(folder)
        print(f"undisturbed: {time.monotonic() - begun:.1f} s, {len(parts(calm[0]))} parts each")
        if not asked.study:
            write_numbers(Path(study), 0)
        begun = time.monotonic()
        rage(storm, asked.kills, asked.every)
        print(f"{asked.kills} kills in {time.monotonic() - begun:.0f} s: {dict(storm.counts)}")
        storm.finish()
        return compare(calm[storm.version], storm.folder)


def write_numbers(study: Path, version: int) -> None:
    """The file beside the study, of one version; replaced whole, as editors do."""
    draft = study.with_name("mine_numbers.draft")
    draft.write_text(NUMBERS.format(VERSIONS[version]), encoding="utf-8")
    draft.replace(study.with_name("mine_numbers.py"))


def rage(storm: Storm, kills: int, every: list[float] | None) -> None:
    """Start the study as often as its parent is killed, until this many processes were killed."""
    parent, rng = storm.start(), storm.rng
    pause = max(1, 2 * len(parts(storm.calm[0])) // kills)
    killed = {"worker": 0, "parent": 0}
    while sum(killed.values()) < kills:
        if not every or rng.random() < 0.5:
            await_parts(parent, storm.folder, len(parts(storm.folder)) + rng.randint(0, pause))
        time.sleep(rng.uniform(*(every or (0.0, 0.5))))
        who = rng.choice(("worker", "parent"))
        workers = children(parent.pid)
        while who == "worker" and not workers and parent.poll() is None:
            time.sleep(0.01)
            workers = children(parent.pid)
        if parent.poll() is not None:
            parent = storm.ended(parent)
            continue
        # With a run at work, only its code is changed: a part that it has looked at may be believed.
        if len(storm.calm) > 1 and rng.random() < CHANGE:
            storm.change()
        if who == "worker":
            strike(rng.choice(workers))
        else:
            strike(parent.pid)
            parent.wait()
            outlive = [pid for pid in workers if alive(pid)]
            if outlive:
                raise SystemExit(f"workers outlived their parent: {outlive}")
            if rng.random() < DAMAGE:
                storm.damage()
            if len(storm.calm) > 1 and rng.random() < CHANGE:
                storm.change()
            parent = storm.start()
        killed[who] += 1
        print(
            f"kill {sum(killed.values())}: a {who}, with {len(parts(storm.folder))} parts done "
            f"({killed['worker']} workers and {killed['parent']} parents so far)",
            flush=True,
        )
    strike(parent.pid)
    parent.wait()


def await_parts(parent: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until the folder holds this many parts, or the run is over."""
    while parent.poll() is None and len(parts(folder)) < count:
        time.sleep(0.01)


def log_of(folder: Path) -> Path:
    """What the runs into a folder said."""
    return folder.with_suffix(".log")


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
