"""Everything that can go wrong, as one tree; each message names part, place, value and remedy.

TelosError
├── WorldError        a world that cannot exist: a probability, a successor, a state without an action
├── GoalsError        rewards of the wrong shape, or not finite
├── ProblemError      a discount outside [0, 1), a bonus of the wrong shape
├── FeatureMissing    a drive or safeguard asks a world for a feature it does not carry
├── UnknownName       no such world, family, agent, drive or study (with the nearest name)
├── StudyError        a study or a part that cannot be read, written down or imported
├── StoreError        a result folder that is unreadable, half-written or of another study
├── TranscriptError   a text or a log of an episode that cannot be read
├── BoundsError       a bounds file, a binding or a monitor's log that cannot be believed
└── CheckFailed       a part broke a public contract check
"""

import difflib
import errno
import re
from collections.abc import Iterable

from telos.core.text import printable


class TelosError(Exception):
    """Base of every error that Telos raises on purpose; its message says what to do about it.

    Example:
        >>> from telos import worlds
        >>> try:
        ...     worlds.OffSwitch(rooms=-1)
        ... except TelosError as problem:
        ...     print(type(problem).__name__)
        WorldError
    """


class WorldError(TelosError, ValueError):
    """A world that cannot exist."""


class GoalsError(TelosError, ValueError):
    """Goals that cannot be pursued in the world they were given."""


class ProblemError(TelosError, ValueError):
    """A problem that is not well posed."""


class FeatureMissing(TelosError, LookupError):
    """A part asked a world for a feature that the world does not carry."""


class UnknownName(TelosError, LookupError):
    """A name that no catalog has."""


class StudyError(TelosError, ValueError):
    """A study, or a part named in one, that cannot be read, written or imported."""


class StoreError(TelosError, OSError):
    """A result folder that cannot be used."""


class TranscriptError(TelosError, ValueError):
    """A text that a player is given, or a log of what it did, that cannot be read."""


class BoundsError(TelosError, ValueError):
    """A bounds file, a binding or a log of a monitor that cannot be believed."""


class CallDenied(TelosError, PermissionError):
    """A call of a tool that the bounds do not permit; it was not made."""


class CheckFailed(TelosError, AssertionError):
    """A part broke a public contract check."""


def install(extra: str) -> str:
    """The sentence that says how to install what an extra of Telos brings.

    Pip takes the Telos that is installed, wherever it came from, and adds what the extra names.

    Example:
        >>> install("llm")
        'Install it: pip install "telos-lab[llm]"'
    """
    return f'Install it: pip install "telos-lab[{extra}]"'


#: A message that lists more names than this is not read.
MOST_LISTED = 40
#: Nor one with more letters of them.
MOST_SHOWN = 1_200
#: What is compared at most: a wrong name among a million is answered at once, not after a minute.
MOST_COMPARED, MOST_LETTERS = 2000, 100


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest of the `known` names, and lists them (the first of many).

    Example:
        >>> did_you_mean("papercllp", ["paperclip", "employee"])
        "Did you mean 'paperclip'? Known: employee, paperclip."
    """
    names = sorted(known)
    near = difflib.get_close_matches(name[:MOST_LETTERS], names[:MOST_COMPARED], n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    shown: list[str] = []
    for each in names[:MOST_LISTED]:
        shown.append(printable(each[:MOST_LETTERS], keep=""))
        if sum(map(len, shown)) > MOST_SHOWN:
            break
    more = f", … ({len(names) - len(shown)} more)" if len(names) > len(shown) else ""
    return f"{hint}Known: {', '.join(shown) or 'none'}{more}."


#: What to do about what the system refuses.
_REMEDIES = {
    errno.ENOSPC: "The disk is full. What is finished is kept: free some space, then go on.",
    errno.EDQUOT: "Your share of the disk is used up. What is finished is kept: free some, then go on.",
    errno.EFBIG: "A file may not be so large here (see ulimit -f). What is finished is kept.",
    errno.EROFS: "That place can only be read. Name another one.",
    errno.EACCES: "Check its rights, or name another place.",
    errno.EPERM: "Check its rights, or name another place.",
    errno.ENOENT: "It is not there, or somebody removed it meanwhile. What is left is kept: go on by "
    "the same command.",
    errno.ENOTDIR: "A part of that path is a file, not a folder. Name another place.",
    errno.EISDIR: "A folder is there. Name a file.",
    errno.EEXIST: "Something else is there. Name another place.",
    errno.ELOOP: "It is a link that leads nowhere, or where Telos follows none. Name the place itself.",
    errno.ENAMETOOLONG: "Its name is too long for the file system. Choose a shorter one.",
    errno.EMFILE: "Too many files are open (see ulimit -n). Close some, or use fewer processes.",
    errno.ENOMEM: "Memory is used up. Use fewer processes (--jobs) or a smaller world.",
    errno.EIO: "The disk did not obey. What was finished is kept; see whether the disk is well.",
    errno.ESTALE: "The file server forgot the place. What is finished is kept: go on when it is back.",
    errno.EPIPE: "The reader of the output is gone.",
}
_NUMBER = re.compile(r"os error (\d+)")


def explained(problem: BaseException) -> str:
    """What the system refused and what to do about it, as sentences.

    Args:
        problem: an `OSError`, or the error of a library that quotes one (``os error 28``).

    Example:
        >>> import errno
        >>> explained(OSError(errno.EROFS, "Read-only file system", "results"))
        'results: Read-only file system. That place can only be read. Name another one.'
    """
    number = getattr(problem, "errno", None)
    quoted = _NUMBER.search(str(problem))
    if number is None and quoted:
        number = int(quoted[1])
    what = getattr(problem, "strerror", None) or " ".join(str(problem).split())[:300]
    place = getattr(problem, "filename", None)
    where = f"{place!s:.200}: " if place is not None and not isinstance(place, int) else ""
    remedy = _REMEDIES.get(number, "What is finished is kept.") if number else ""
    said = what or type(problem).__name__
    return f"{where}{said.rstrip('.')}. {remedy}".rstrip()


class Interrupted(BaseException):
    """A person or the system asked the command to end: Ctrl-C, or SIGTERM.

    No `Exception`, so that nothing that goes on after errors goes on after this; and no
    `KeyboardInterrupt`, which other people's code may raise itself.

    Args:
        by: the number of the signal.
    """

    def __init__(self, by: int = 2) -> None:
        self.by = by
