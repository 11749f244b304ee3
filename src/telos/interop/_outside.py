"""Chance from outside an environment: other generators, and the system's entropy."""

import ctypes
import gc
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar, final

import numpy as np

from telos.core.errors import WorldError
from telos.interop import _generators

#: Bytes of the state of the Mersenne twister: 624 words and the place among them.
TWISTER = 625 * 4
#: Generators looked at after each step at most: a microsecond for NumPy's, twenty for Python's.
MOST_OUTSIDE = 200


Result = TypeVar("Result")

#: What draws from the system without leaving a trace, as the interpreter calls it.
SOURCES = tuple(getattr(os, name) for name in ("urandom", "getrandom") if hasattr(os, name))
#: Where NumPy and Python put a pickled or copied generator together: it gets its state afterwards.
COPYING = ("numpy/random/_pickle.py", "numpy\\random\\_pickle.py")


@final
@dataclass(frozen=True)
class OutsideGenerators:
    """The states of the generators outside an environment when they were last looked at.

    What draws from them is not a function of the environment, however it is copied or seeded. They are
    NumPy's, Python's and PyTorch's global ones, and every generator of the three that lived when the
    search began: an object of a module, or what a closure holds. The system's own entropy has no state;
    `listened` hears it.

    Args:
        last: {name: state}. governed: those that the owner's `reseed` sets, which may be drawn from.
        outside: {name: generator} of the others.
    """

    last: dict[str, Any] = field(default_factory=dict)
    governed: set[str] = field(default_factory=set)
    outside: dict[str, Any] = field(default_factory=dict)

    def find(self, inside: Iterable[Any]) -> None:
        """Note every generator that lives now, other than those of the environment itself."""
        torch = getattr(sys.modules.get("torch"), "random", None)
        named = (
            getattr(sys.modules.get("random"), "_inst", None),
            getattr(torch, "default_generator", None),
            np.random.mtrand._rand,
        )
        own = {id(generator) for generator in (*inside, *named)}
        kinds = _generators.kinds()
        for thing in gc.get_objects():
            if type(thing) in kinds and id(thing) not in own and len(self.outside) < MOST_OUTSIDE:
                self.outside[f"a generator outside the environment ({id(thing):x})"] = thing
        self.look()

    def look(self, quick: bool = False) -> list[str]:
        """The names of those that were drawn from since the last look, other than governed ones.

        Args:
            quick: look only at NumPy's, which takes a microsecond; Python's takes twenty, others two each.
        """
        now = self._states(quick)
        moved = [name for name, state in now.items() if self.last.get(name, state) != state]
        self.last.update(now)
        return [name for name in moved if name not in self.governed]

    def error(self, moved: list[str], where: str) -> WorldError:
        """The error for a call that drew from some.

        Args:
            moved: what `look` returned.
            where: the call, as the subject of a sentence: ``Trap, state 0, action 'on': the step``.
        """
        named = " and ".join(
            name if name not in self.outside else self._named(name) for name in moved
        )
        return WorldError(
            f"{where} draws from {named}, so nothing of the environment says what "
            "happens. Draw from self.np_random instead (Gymnasium's rule), or say with reseed= how "
            "that generator is seeded."
        )

    def govern(self, reseed: Callable[[int], object]) -> None:
        """Note which ones `reseed` sets: equal after equal seeds, different after different ones."""
        states = []
        for seed in (1, 2, 1):
            reseed(seed)
            states.append(self._states())
        one, two, again = states
        self.governed.update(
            name for name in one if one[name] == again[name] and one[name] != two[name]
        )
        self.look()

    def _states(self, quick: bool = False) -> dict[str, Any]:
        found = {"numpy's global generator": _numpys()}
        if quick:
            return found
        for name, generator in self.outside.items():
            found[name] = _generators.plain(_generators.states([generator]))
        python = sys.modules.get("random")
        if python is not None:
            found["the random module's global generator"] = python.getstate()
        torch = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "get_rng_state"):
            found["torch's global generator"] = torch.get_rng_state().numpy().tobytes()
        return found

    def _named(self, name: str) -> str:
        """A generator outside by the module or class that holds it, if one does."""
        for module in list(sys.modules.values()):
            for key, value in list(getattr(module, "__dict__", {}).items()):
                if value is self.outside[name]:
                    return f"{module.__name__}.{key}, a generator outside the environment"
                inner = vars(value) if isinstance(value, type) else {}
                for attribute, held in list(inner.items()):
                    if held is self.outside[name]:
                        return f"{value.__name__}.{attribute}, a generator outside the environment"
        return "a generator to which no attribute of the environment leads"


def _numpys() -> Any:
    """The state of NumPy's global generator; read where it lies, which is a hundred times as fast."""
    bits = np.random.mtrand._rand._bit_generator
    if isinstance(bits, np.random.MT19937):
        return ctypes.string_at(bits.ctypes.state_address, TWISTER)
    return repr(bits.state)


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
