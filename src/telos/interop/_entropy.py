"""Listening for the system's entropy while somebody else's code runs: it has no state to compare."""

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

Result = TypeVar("Result")

#: What draws from the system without leaving a trace, as the interpreter calls it.
SOURCES = tuple(getattr(os, name) for name in ("urandom", "getrandom") if hasattr(os, name))
#: Where NumPy and Python put a pickled or copied generator together: it gets its state afterwards.
COPYING = ("numpy/random/_pickle.py", "numpy\\random\\_pickle.py")


def listened(call: Callable[[], Result]) -> tuple[Result, tuple[str, ...]]:
    """What a call returns, and which sources of entropy it used, each as a part of a sentence.

    Heard are `os.urandom` and all that is made of it (`secrets`, `uuid4`, `random.SystemRandom`,
    NumPy's generators without a seed), and `random.Random()` without a seed. A generator that is copied
    is none. Under another profiler nothing is heard. The clock is not listened for: it is read by many
    who do not decide by it.

    Example:
        >>> listened(lambda: len(os.urandom(3)))
        (3, ('os.urandom',))
        >>> import random
        >>> listened(lambda: random.Random(5).random())[1]
        ()
    """
    if sys.getprofile() is not None:
        return call(), ()
    # Looked up, not imported: nothing of ours may draw from it. NumPy has loaded it.
    python = getattr(sys.modules.get("random"), "Random", None)
    seeds, states = (
        getattr(getattr(python, name, None), "__code__", None) for name in ("seed", "setstate")
    )
    heard: dict[str, None] = {}
    unseeded: set[int] = set()

    def hear(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            if any(function is source for source in SOURCES) and not _copied(frame):
                heard[_named(frame)] = None
        elif event == "call" and frame.f_code is seeds:
            if frame.f_locals.get("a") is None:
                unseeded.add(id(frame.f_locals.get("self")))
        elif event == "call" and frame.f_code is states:
            unseeded.discard(id(frame.f_locals.get("self")))

    sys.setprofile(hear)
    try:
        result = call()
    finally:
        sys.setprofile(None)
    if unseeded:
        heard["random.Random() without a seed"] = None
    return result, tuple(heard)


def _copied(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.endswith(COPYING):
            return True
        frame = frame.f_back
    return False


def _named(frame: FrameType | None) -> str:
    """What was called, by the outermost of the modules that pass on the system's entropy."""
    name = "os.urandom"
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module not in ("random", "secrets", "uuid"):
            break
        name = f"{module}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    # NumPy calls secrets.randbits itself, from compiled code that has no frame.
    bits = "a generator made without a seed, or secrets.randbits"
    return bits if name == "random.SystemRandom.getrandbits" else name
