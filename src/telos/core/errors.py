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
└── CheckFailed       a part broke a public contract check
"""

import difflib
from collections.abc import Iterable

from telos.core.text import printable


class TelosError(Exception):
    """Base of every error that Telos raises on purpose."""


class WorldError(TelosError, ValueError):
    """A world that cannot exist."""


class GoalsError(TelosError, ValueError):
    """Goals that cannot be pursued in the world they were given."""


class ProblemError(TelosError, ValueError):
    """A problem that is not well posed."""


class FeatureMissing(TelosError, LookupError):
    """A part asked a world for a feature that the world does not carry."""


class UnknownName(TelosError, LookupError):
    """A name that no catalogue has."""


class StudyError(TelosError, ValueError):
    """A study, or a part named in one, that cannot be read, written or imported."""


class StoreError(TelosError, OSError):
    """A result folder that cannot be used."""


class TranscriptError(TelosError, ValueError):
    """A text that a player is given, or a log of what it did, that cannot be read."""


class CheckFailed(TelosError, AssertionError):
    """A part broke a public contract check."""


#: A message that lists more names than this is not read.
MOST_LISTED = 40
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
    more = f", … ({len(names) - MOST_LISTED} more)" if len(names) > MOST_LISTED else ""
    listed = ", ".join(printable(known[:MOST_LETTERS], keep="") for known in names[:MOST_LISTED])
    return f"{hint}Known: {listed or 'none'}{more}."
