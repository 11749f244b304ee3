"""How many threads a solve may use: the one ambient setting, since it never changes a number."""

import os
from contextvars import ContextVar

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
