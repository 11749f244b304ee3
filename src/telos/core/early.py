"""Early: Ctrl-C in the seconds in which the command is still being loaded ends it in one sentence."""

import itertools
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

#: What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 130


def is_the_command() -> bool:
    """Whether this process was started as `telos` or `python -m telos`, not by somebody who imports it."""
    words = sys.orig_argv[1:]
    named = any(pair == ("-m", "telos") for pair in itertools.pairwise(words))
    return named or Path(sys.argv[0] if sys.argv else "").name in ("telos", "telos.exe")


def heed() -> None:
    """From now on, until the command has handlers of its own, Ctrl-C ends the process without a traceback.

    Nothing can be lost, for nothing was begun; libraries that are half loaded could not be unwound.
    """
    alone = threading.current_thread() is threading.main_thread()
    if alone and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def _end(by: int, frame: FrameType | None) -> None:
    if sys.stderr is not None:
        os.write(2, b"\nstopped; nothing was begun.\n")
    os._exit(INTERRUPTED)
