"""Goals per second of Telos beside other solvers of finite Markov decision processes, in one run.

    uv run python benchmarks/peers.py --page docs/results/speed.md        # all of it: about 40 minutes
    uv run python benchmarks/peers.py --quick --worlds slippery random    # a look: a few minutes

Same machine, same worlds, same goals, same accuracy: every value within 1e-6 of Telos's values at a
certified 1e-8. Telos is timed by whole calls of the public `solve` (all threads, bounds and tied sets
included); a peer by a process for every core, one thread each, every one with a model built before the
clock starts. All variants of a peer are tried and the fastest one is timed. Telos and the peer take
turns, best of three turns each, so that a busy machine slows both: quote the ratio, not the seconds.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from peer_environments import PEERS, Environment, environment
from peer_page import machine, table, write_page
from peer_plot import bandwidth, sweep
from peer_session import Cut, Session
from peer_worlds import Case, cases, draw

TOLERANCE = 1e-6
CHECKED = 4
#: Goals that peers are given, shared out to the processes.
SHARED = 64
#: A variant this many times slower than another of the same peer is not tried any longer.
HOPELESS = 5.0
CORES = len(os.sched_getaffinity(0))


@dataclass
class PeerResult:
    """What became of one peer on one world."""

    peer: str
    variant: str = ""
    rate: float = 0.0
    alone: float = 0.0
    megabytes: float = 0.0
    difference: float = 0.0
    telos: float = 0.0
    remarks: list[str] = field(default_factory=list)


@dataclass
class CaseResult:
    """One world at one discount: Telos, and every peer. `alone`: per second of one processor's time."""

    world: str
    states: int
    pairs: int
    discount: float
    goals: int
    telos_alone: float = 0.0
    telos_megabytes: float = 0.0
    telos_difference: float = 0.0
    peers: list[PeerResult] = field(default_factory=list)


class Effort(NamedTuple):
    """How long things may take."""

    repeats: int
    turn: float
    limit: float


class Bench:
    """One world with Telos at work on it, and peers that come and go."""

    def __init__(self, case: Case, effort: Effort, folder: Path) -> None:
        self.case, self.effort, self.folder = case, effort, folder
        world = case.world
        names = ("pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome")
        np.savez(
            folder / "model.npz", discount=case.discount, **{n: getattr(world, n) for n in names}
        )
        np.save(folder / "rewards.npy", draw(world, max(case.goals, SHARED)))
        self.telos = Session(Path(sys.executable), "telos_whole.py", folder, single=False)
        self.result = CaseResult(case.name, world.size, world.n_pairs, case.discount, case.goals)
        self.certified = self.ours(TOLERANCE / 100, CHECKED, kept=True)[1]
        ours = self.ours(TOLERANCE, CHECKED, kept=True)[1]
        self.result.telos_difference = float(np.abs(ours - self.certified).max())
        for _ in range(effort.repeats):
            self.telos.ask("1", TOLERANCE, [case.goals], effort.turn)
            told = self.telos.answer(3600.0)
            alone = case.goals * told["count"] / told["processor"]
            self.result.telos_alone = max(self.result.telos_alone, alone)

    def ours(self, tolerance: float, goals: int, kept: bool = False) -> tuple[float, np.ndarray]:
        """Telos's goals per second in one turn, and its values if they are kept."""
        values = self.folder / "telos.npy" if kept else None
        self.telos.ask(str(CORES), tolerance, [goals], 0.0 if kept else self.effort.turn, values)
        told = self.telos.answer(3600.0)
        self.result.telos_megabytes = told["megabytes"]
        found = np.load(values)[0] if values else np.empty(0)
        return goals * told["count"] / told["seconds"], found

    def trial(
        self, session: Session, found: PeerResult, variant: str, fastest: float
    ) -> tuple[float, float, float] | None:
        """Goals per second, tolerance and difference of a variant.

        None if it is not accurate, or far slower than the `fastest` rate so far.
        """
        values = self.folder / "peer.npy"
        goals = list(range(CHECKED))
        for tolerance in (TOLERANCE, TOLERANCE / 10, TOLERANCE / 100):
            for _ in range(2):  # the first goal may compile; one that takes too long is cut
                session.ask(variant, tolerance, goals[:1], 0.0, values)
                seconds = session.answer(self.effort.limit)["seconds"]
                if seconds < 0.5:
                    break
            if seconds >= 0.5 and seconds * fastest > HOPELESS:
                return None
            session.ask(variant, tolerance, goals, self.effort.turn / 4, values)
            told = session.answer(self.effort.limit * CHECKED)
            difference = float(np.abs(np.load(values) - self.certified).max())
            if difference <= TOLERANCE:
                return told["count"] / told["seconds"], tolerance, difference
        found.remarks.append(f"{variant}: off by {difference:.1e}")
        return None

    def best_variant(
        self, name: str, peer: Environment, found: PeerResult
    ) -> tuple[Session, float] | None:
        """A session of the peer with its fastest variant noted in `found`, and its tolerance."""
        runner, session, tolerance, fastest = PEERS[name].runner, None, TOLERANCE, 0.0
        variants: list[str] | None = None
        while variants is None or variants:
            try:
                if session is None:
                    session = Session(peer.python, runner, self.folder)
                    variants = session.variants if variants is None else variants
                    continue
                variant = variants.pop(0)
                tried = self.trial(session, found, variant, fastest)
                if tried is not None and tried[0] > fastest:
                    fastest, tolerance, found.difference = tried
                    found.variant = variant
            except Cut as cut:
                if variants is None:
                    found.remarks.append(f"does not start: {cut}")
                    return None
                found.remarks.append(f"{variant}: {cut}")
                session = None
        if session is None:
            session = Session(peer.python, runner, self.folder)
        if not found.variant:
            session.end()
            return None
        return session, tolerance

    def peer(self, name: str, peer: Environment) -> PeerResult:
        """Try the variants of a peer, then let it and Telos take turns."""
        found = PeerResult(name)
        if peer.absent:
            found.remarks.append(peer.absent)
            return found
        ready = self.best_variant(name, peer, found)
        if ready is None:
            return found
        sessions = [ready[0]]
        sessions += [
            Session(peer.python, PEERS[name].runner, self.folder) for _ in range(CORES - 1)
        ]
        turns = [(sessions[:1], [list(range(SHARED // CORES))])] * 2
        parts = [list(range(part, SHARED, CORES)) for part in range(CORES)]
        turns += [(sessions, parts)] * (self.effort.repeats + 1)  # the first of them warms up
        try:
            for number, (together, goals) in enumerate(turns):
                if number > 2:
                    found.telos = max(found.telos, self.ours(TOLERANCE, self.case.goals)[0])
                rate, alone, megabytes = self._turn(together, found.variant, ready[1], goals)
                if number < 2:
                    found.alone = max(found.alone, alone)
                elif number > 2:
                    found.rate, found.megabytes = max(found.rate, rate), megabytes
        except Cut as cut:
            found.remarks.append(f"{found.variant}, {CORES} processes: {cut}")
        for session in sessions:
            session.end()
        return found

    def _turn(
        self, sessions: list[Session], variant: str, tolerance: float, goals: list[list[int]]
    ) -> tuple[float, float, float]:
        """Goals per second, goals per second of one processor's time, and megabytes, all summed."""
        for session, some in zip(sessions, goals, strict=True):
            session.ask(variant, tolerance, some, self.effort.turn)
        told = [session.answer(self.effort.limit * 4 + self.effort.turn) for session in sessions]
        rate = sum(t["count"] / t["seconds"] for t in told)
        alone = sum(t["count"] for t in told) / sum(t["processor"] for t in told)
        return rate, alone, sum(t["megabytes"] for t in told)


def measure(case: Case, peers: dict[str, Environment], effort: Effort) -> CaseResult:
    """All peers on one world."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(case, effort, Path(folder))
        try:
            for name, peer in peers.items():
                found = bench.peer(name, peer)
                bench.result.peers.append(found)
                print(
                    f"  {name:13} {found.rate:10,.2f} goals/s  Telos {found.telos:12,.0f}  "
                    f"{found.variant}  {found.difference:.0e}  {'; '.join(found.remarks)}",
                    file=sys.stderr,
                    flush=True,
                )
        finally:
            bench.telos.end()
    return bench.result


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--worlds", nargs="*", default=[], help="keys of worlds; all unless given")
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--quick", action="store_true", help="few goals, one short turn each")
    parser.add_argument("--limit", type=float, help="seconds a goal may take (20; quick: 8)")
    parser.add_argument("--no-plot", action="store_true", help="leave the sweep and the plot out")
    parser.add_argument("--page", type=Path, help="write the page, its data and its plot")
    parser.add_argument("--data", type=Path, help="write the page from these data, measure nothing")
    return parser.parse_args()


def main() -> None:
    """Measure, print the table, write the page."""
    asked = arguments()
    if asked.data:
        write_page(asked.page, json.loads(asked.data.read_text()))
        return
    effort = Effort(1, 0.5, 8.0) if asked.quick else Effort(3, 1.5, 20.0)
    if asked.limit:
        effort = effort._replace(limit=asked.limit)
    if asked.page:
        asked.page.parent.mkdir(parents=True, exist_ok=True)
    peers = {name: environment(name) for name in asked.peers}
    data: dict[str, Any] = {
        "machine": machine(),
        "versions": [peer.versions for peer in peers.values() if peer.versions],
        "effort": effort._asdict(),
        "bandwidth": bandwidth(),
        "cases": [],
        "sweep": [],
    }
    for case in cases(asked.worlds, asked.quick):
        print(f"{case.name}, discount {case.discount}", file=sys.stderr, flush=True)
        try:
            data["cases"].append(asdict(measure(case, peers, effort)))
        except Cut as cut:
            print(f"  Telos: {cut}", file=sys.stderr, flush=True)
            continue
        if asked.page:
            asked.page.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
    print(table(data["cases"], data["bandwidth"]))
    if not asked.no_plot:
        data["sweep"] = sweep(asked.quick)
    if asked.page:
        asked.page.with_suffix(".json").write_text(json.dumps(data, indent=1) + "\n")
        write_page(asked.page, data)


if __name__ == "__main__":
    main()
