"""A peer at work: load one world, then solve goals on demand and say how long it took.

Runs inside the peer's own environment, with NumPy and the standard library only. Orders come in as
JSON, one a line; answers go out the same way (`peers.py` is at the other end).
"""

import json
import os
import resource
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np


class Model(NamedTuple):
    """A world at a discount, as arrays: the fields of `telos.World`."""

    pair_ptr: np.ndarray
    pair_action: np.ndarray
    next_ptr: np.ndarray
    next_state: np.ndarray
    next_prob: np.ndarray
    outcome: np.ndarray
    discount: float

    @property
    def size(self) -> int:
        """S, the number of states."""
        return len(self.pair_ptr) - 1

    @property
    def pair_state(self) -> np.ndarray:
        """I[L], the state each pair belongs to."""
        return np.repeat(np.arange(self.size), np.diff(self.pair_ptr))

    def rectangle(self) -> np.ndarray:
        """I[S, A], a pair for every action: where an action is not legal, the state's first pair.

        Solvers that want every action in every state get a copy of a legal one, which changes no
        optimal value.
        """
        actions = int(self.pair_action.max()) + 1
        pairs = np.repeat(self.pair_ptr[:-1, None], actions, axis=1)
        pairs[self.pair_state, self.pair_action] = np.arange(len(self.pair_action))
        return pairs

    def successors(self, pair: int) -> slice:
        """Where the successors of a pair stand."""
        return slice(int(self.next_ptr[pair]), int(self.next_ptr[pair + 1]))


class Peer(ABC):
    """A solver: built once on a model, then asked for one goal after another."""

    #: Its ways of solving, by name.
    variants: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        """Build the model; `rewards` is F[G, S]. Not timed."""

    @abstractmethod
    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        """Whatever the interface allows to do before the first goal of a turn. Not timed."""

    @abstractmethod
    def solve(self, goal: int) -> Sequence[float]:
        """F[S], the values of one goal. Timed."""


def peak_megabytes() -> float:
    """The most memory this process has held; of this program alone where the system tells it."""
    try:
        with open("/proc/self/status") as lines:
            peak = next(line for line in lines if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    except OSError:  # getrusage also counts what the parent held before this program began
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(make: type[Peer]) -> None:
    """Answer orders until there are no more.

    The command line names a file of arrays (the model) and one of rewards. An order has `variant`,
    `tolerance`, `goals` (their numbers, solved in turn and again from the start), `seconds` (no goal
    is begun after so long) and perhaps `values`, a file to keep the values of `goals` in.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a solver prints must not mix with the answers
    with np.load(sys.argv[1]) as arrays:
        model = Model(
            **{name: arrays[name] for name in Model._fields[:-1]},
            discount=float(arrays["discount"]),
        )
    peer = make(model, np.load(sys.argv[2], mmap_mode="r"))

    def answer(**fields: Any) -> None:
        fields["megabytes"] = peak_megabytes()
        print(json.dumps(fields), file=answers, flush=True)

    answer(variants=list(peer.variants))
    for line in sys.stdin:
        order = json.loads(line)
        goals = order["goals"]
        peer.prepare(order["variant"], order["tolerance"], goals)
        found: dict[int, Sequence[float]] = {}
        count, passed = 0, 0.0
        begin, processor = time.perf_counter(), time.process_time()
        while passed < order["seconds"] or (order.get("values") and count < len(goals)):
            goal = goals[count % len(goals)]
            found[goal] = peer.solve(goal)
            count += 1
            passed = time.perf_counter() - begin
        processor = time.process_time() - processor  # of all its threads
        if order.get("values"):
            np.save(order["values"], np.array([found[goal] for goal in goals], dtype=float))
        answer(count=count, seconds=passed, processor=processor)
