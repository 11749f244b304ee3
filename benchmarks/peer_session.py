"""A solver in a process of its own: given orders, waited for only so long, its answers read back."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path
from typing import Any

RUNNERS = Path(__file__).parent / "peer_runners"
#: Every process of a peer computes on one thread; Telos is told its threads order by order.
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMBA")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in LIBRARIES}


class Cut(Exception):
    """The solver was not done in time, or died."""


class Session:
    """One running solver on one world.

    Args:
        python: the interpreter of the solver's environment.
        runner: the file in `peer_runners` that drives it.
        folder: where `model.npz` and `rewards.npy` of the world are.
        single: whether it is held to one thread.
        patience: seconds that loading the world may take.
    """

    def __init__(
        self, python: Path, runner: str, folder: Path, single: bool = True, patience: float = 120.0
    ) -> None:
        self.process = subprocess.Popen(
            [python, RUNNERS / runner, folder / "model.npz", folder / "rewards.npy"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=os.environ | {"JAX_PLATFORMS": "cpu"} | (ONE_THREAD if single else {}),
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._overhear, daemon=True).start()
        self.variants: list[str] = self.answer(patience)["variants"]

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def _overhear(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said = [*self.said[-20:], line.strip()]

    def ask(
        self,
        variant: str,
        tolerance: float,
        goals: list[int],
        seconds: float,
        values: Path | None = None,
    ) -> None:
        """Send one order; `answer` waits for what comes of it."""
        assert self.process.stdin is not None
        order = {"variant": variant, "tolerance": tolerance, "goals": goals, "seconds": seconds}
        if values is not None:
            order["values"] = str(values)
        try:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # `answer` says what happened

    def answer(self, patience: float) -> dict[str, Any]:
        """What the solver says next. Raises Cut, and ends the solver, after `patience` seconds."""
        try:
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            self.end()
            raise Cut(f"no answer in {patience:.0f} s") from None
        if not line:
            self.process.wait()
            last = next((s for s in reversed(self.said) if s), "no message")
            raise Cut(f"ended: {last[:160]}")
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """Stop the process."""
        self.process.kill()
        self.process.wait()
