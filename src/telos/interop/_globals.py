"""Generators that belong to nobody: NumPy's, Python's and PyTorch's own, looked at after every call."""

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from telos.core.errors import WorldError

#: Bytes of the state of the Mersenne twister: 624 words and the place among them.
TWISTER = 625 * 4


@final
@dataclass(frozen=True)
class Globals:
    """The states of the global generators when they were last looked at.

    What draws from them is not a function of the environment, however it is copied or seeded. The
    system's own entropy (`os.urandom`, `secrets`) leaves no trace and cannot be seen.

    Args:
        last: {name: state}. governed: those that the owner's `reseed` sets, which may be drawn from.
    """

    last: dict[str, Any] = field(default_factory=dict)
    governed: set[str] = field(default_factory=set)

    def look(self, quick: bool = False) -> list[str]:
        """The names of those that were drawn from since the last look, other than governed ones.

        Args:
            quick: look only at NumPy's, which takes a microsecond; Python's takes twenty.
        """
        now = _states(quick)
        moved = [name for name, state in now.items() if self.last.get(name, state) != state]
        self.last.update(now)
        return [name for name in moved if name not in self.governed]

    def error(self, moved: list[str], where: str) -> WorldError:
        """The error for a call that drew from some.

        Args:
            moved: what `look` returned. where: the call, as a subject: ``Trap, state 0, action 'on': the step``.
        """
        return WorldError(
            f"{where} draws from {' and '.join(moved)}, so nothing of the environment says what "
            "happens. Draw from self.np_random instead (Gymnasium's rule), or say with reseed= how "
            "that generator is seeded."
        )

    def govern(self, reseed: Callable[[int], object]) -> None:
        """Note which ones `reseed` sets: equal after equal seeds, different after different ones."""
        states = []
        for seed in (1, 2, 1):
            reseed(seed)
            states.append(_states())
        one, two, again = states
        self.governed.update(
            name for name in one if one[name] == again[name] and one[name] != two[name]
        )
        self.look()


def _states(quick: bool = False) -> dict[str, Any]:
    found = {"numpy's global generator": _numpys()}
    if quick:
        return found
    python = sys.modules.get("random")
    if python is not None:
        found["the random module's global generator"] = python.getstate()
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch's global generator"] = torch.get_rng_state().numpy().tobytes()
    return found


def _numpys() -> Any:
    """The state of NumPy's global generator; read where it lies, which is a hundred times as fast."""
    bits = np.random.mtrand._rand._bit_generator
    if isinstance(bits, np.random.MT19937):
        return ctypes.string_at(bits.ctypes.state_address, TWISTER)
    return repr(bits.state)
