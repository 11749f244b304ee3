"""How many threads a solve may use: the one ambient setting, since it never changes a number."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import numpy as np

from telos.core.arrays import Ints, sealed

_threads: ContextVar[int | None] = ContextVar("telos_threads", default=None)


def set_threads(count: int | None) -> None:
    """Let solves of this context use `count` threads; None: one for each processor at hand."""
    if count is not None and count < 1:
        raise ValueError(f"threads must be at least 1, not {count}.")
    _threads.set(count)


def get_threads() -> int:
    """How many threads a solve of this context uses."""
    count = _threads.get()
    return (
        count
        if count is not None
        else len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def share_out(count: int, grain: int, work: Callable[[Ints], None]) -> None:
    """Have goals 0 to count - 1 worked on, each by one thread, a multiple of `grain` a thread.

    Args:
        count: how many goals. grain: goals that are worked on together.
        work: called with I[n], the numbers of some goals.
    """
    goals, blocks = np.arange(count), -(-count // grain)
    share = -(-blocks // max(1, min(get_threads(), blocks))) * grain
    parts = [sealed(goals[i : i + share]) for i in range(0, count, share)]
    if len(parts) == 1:
        work(parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        list(pool.map(work, parts))
