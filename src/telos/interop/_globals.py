"""Generators outside an environment, the global ones among them, looked at after every call."""

import ctypes
import gc
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from telos.core.errors import WorldError
from telos.interop import _chance

#: Bytes of the state of the Mersenne twister: 624 words and the place among them.
TWISTER = 625 * 4
#: Generators looked at after each step at most: a microsecond for NumPy's, twenty for Python's.
MOST_OUTSIDE = 200


@final
@dataclass(frozen=True)
class Globals:
    """The states of the generators outside an environment when they were last looked at.

    What draws from them is not a function of the environment, however it is copied or seeded. They are
    NumPy's, Python's and PyTorch's global ones, and every generator of the three that lived when the
    search began: an object of a module, or what a closure holds. The system's own entropy has no state;
    it is listened for (see `_entropy`).

    Args:
        last: {name: state}. governed: those that the owner's `reseed` sets, which may be drawn from.
        outside: {name: generator} of the others.
    """

    last: dict[str, Any] = field(default_factory=dict)
    governed: set[str] = field(default_factory=set)
    outside: dict[str, Any] = field(default_factory=dict)

    def find(self, inside: Iterable[Any]) -> None:
        """Note every generator that lives now, other than those of the environment itself."""
        own = {id(generator) for generator in inside}
        own.add(
            id(getattr(sys.modules.get("random"), "_inst", None))
        )  # Python's global one, which has a name of its own
        own.add(
            id(
                getattr(
                    getattr(sys.modules.get("torch"), "random", None), "default_generator", None
                )
            )
        )
        kinds = _chance.kinds()
        for thing in gc.get_objects():
            if type(thing) in kinds and id(thing) not in own and len(self.outside) < MOST_OUTSIDE:
                self.outside[f"a generator outside the environment ({id(thing):x})"] = thing
        # NumPy's global RandomState is one of them, and has a name of its own.
        for name, thing in list(self.outside.items()):
            if isinstance(thing, np.random.RandomState) and thing is np.random.mtrand._rand:
                del self.outside[name]
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
            found[name] = _chance.plain(_chance.states([generator]))
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
