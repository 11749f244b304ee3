"""Check: the name of a promise, whether a part keeps it, and what was seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import final

from telos.core.errors import CheckFailed


class Verdict(StrEnum):
    """How a check went; `NOTED` is something to know that breaks no promise."""

    PASSED = "passed"
    NOTED = "noted"
    FAILED = "failed"


@final
@dataclass(frozen=True)
class Check:
    """One promise of a part's contract.

    Args:
        name: the promise, as a short sentence.
        verdict: whether it was kept.
        detail: what was seen; where it failed, the place, the value and the remedy.
    """

    name: str
    verdict: Verdict
    detail: str = ""

    @property
    def failed(self) -> bool:
        """Whether the promise was broken."""
        return self.verdict is Verdict.FAILED


@final
@dataclass(frozen=True)
class Note:
    """What a check returns that has something to tell but nothing to blame."""

    text: str


Promise = tuple[str, Callable[[], str | Note]]


def keep(promises: Iterable[Promise]) -> tuple[Check, ...]:
    """Try each promise: a function that returns what it saw, or raises CheckFailed.

    Any other error is a failed check too: the part was used as its contract allows.
    """
    checks = []
    for name, promise in promises:
        try:
            seen = promise()
        except CheckFailed as broken:
            checks.append(Check(name, Verdict.FAILED, str(broken)))
        except Exception as error:  # noqa: BLE001 - a stranger's part may raise anything
            text = f"{type(error).__name__}: {error}"
            checks.append(Check(name, Verdict.FAILED, text))
        else:
            noted = isinstance(seen, Note)
            verdict = Verdict.NOTED if noted else Verdict.PASSED
            checks.append(Check(name, verdict, seen.text if isinstance(seen, Note) else seen))
    return tuple(checks)
