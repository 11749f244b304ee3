"""Storm builds programs in a process of its own: whatever a program does to Storm, the caller goes on."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from telos.core.errors import WorldError
from telos.core.text import printable

#: What the other process runs; it finds the modules where this one does.
COMMAND = "from telos.interop._storm_apart import answer; answer()"


def apart(where: str, ask: Callable[..., Any], words: tuple[Any, ...], seconds: float) -> Any:
    """What `ask(*words)` returns in another process. What it prints is dropped.

    Args:
        where: how messages call the file.
        ask: a function of a module, which raises WorldError if it cannot answer.
        words: what it is given. seconds: how long it may take.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        raise WorldError(f"{where}: seconds={seconds!r:.80}; give a number above 0.")
    try:
        asked = pickle.dumps((ask, words))
    except Exception as problem:  # noqa: BLE001 - pickling runs whatever code the constants have
        raise WorldError(
            f"{where}: the constants cannot be handed on ({problem}); give numbers."
        ) from None
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    try:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND],
            input=asked,
            capture_output=True,
            env=environment,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WorldError(
            f"{where}: Storm has not built it within {seconds:g} seconds. It may have very many states, or "
            "formulas that grow; allow more time by seconds=…, or make it smaller."
        ) from None
    if done.returncode:
        raise WorldError(
            f"{where}: Storm's process ended {_how(done.returncode, done.stderr)}. Formulas are nested too "
            "deeply, or there is too little memory for its states; make it smaller."
        )
    answered, found = pickle.loads(done.stdout)
    if not answered:
        raise WorldError(found)
    return found


def _how(code: int, said: bytes) -> str:
    if code < 0:
        names = {int(each): each.name for each in signal.Signals}
        return f"by the signal {names.get(-code, -code)}"
    last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"with the status {code} ({printable(last, keep='')[:200]})"


def answer() -> None:
    """Answers what `apart` asks of this process; Storm's own remarks do not get in between."""
    out = os.dup(1)
    os.dup2(2, 1)
    ask, words = pickle.load(sys.stdin.buffer)
    try:
        answered = True, ask(*words)
    except WorldError as problem:
        answered = False, str(problem)
    with os.fdopen(out, "wb") as pipe:
        pickle.dump(answered, pipe)
