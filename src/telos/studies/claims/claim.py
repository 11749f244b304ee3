"""Claim: a number or a verdict that the project prints, with the measurement that must bear it out."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

from telos.core.errors import StudyError, TelosError

#: How what is measured must stand to what is claimed.
Relation = Literal["=", "<", "<=", ">", ">="]

RELATIONS: tuple[Relation, ...] = ("=", "<", "<=", ">", ">=")


@final
@dataclass(frozen=True)
class Measured:
    """A number that was sampled, with its interval.

    Args:
        value: the estimate. low, high: its interval. n: how many draws it rests on.
    """

    value: float
    low: float
    high: float
    n: int


#: What a measurement may come back with: an exact number, a sampled one, or a verdict in words.
Found = float | str | Measured


@final
@dataclass(frozen=True)
class Claim:
    """One claim, and how to check it again.

    It holds iff `measured <relation> claimed`: an exact number within `tolerance`; a sampled one with
    its whole interval on the side claimed, or, for ``=``, with `claimed` inside the interval; a
    verdict in words if it is the same text. A strict relation must be cleared by more than `tolerance`.

    Args:
        name: in snake case, unique among all claims.
        statement: one sentence.
        claimed: the number, or the verdict.
        measure: a function without arguments that measures it anew.
        source: "Surname et al. (year), theorem or figure".
        tolerance: >= 0, in the unit of `claimed`.
        relation: ``=``, ``<``, ``<=``, ``>`` or ``>=``; words take ``=`` only.
        fast: whether it takes a few seconds at most.
        finding: where what is published does not come out, or not as it stands: what does, and why.

    Raises:
        StudyError: naming the field, its value and what to write instead.
    """

    name: str
    statement: str
    claimed: float | str
    measure: Callable[[], Found]
    source: str
    tolerance: float = 0.0
    relation: Relation = "="
    fast: bool = True
    finding: str = ""

    def __post_init__(self) -> None:
        where = f"claim {self.name!r}"
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", self.name):
            raise StudyError(f"{where}: the name is no snake_case; write a_name_like_this.")
        if self.relation not in RELATIONS:
            raise StudyError(f"{where}: relation is {self.relation!r}; take one of {RELATIONS}.")
        if not self.tolerance >= 0:
            raise StudyError(f"{where}: tolerance is {self.tolerance}; it must not be negative.")
        if isinstance(self.claimed, str) and (self.relation != "=" or self.tolerance):
            raise StudyError(f"{where}: words are equal or not; leave relation and tolerance out.")

    def claimed_text(self) -> str:
        """What is claimed, as it is printed: ``0.75``, ``>= 3``, ``fails``."""
        sign = "" if self.relation == "=" else f"{self.relation} "
        return sign + _text(self.claimed)

    def holds(self, found: Found) -> bool:
        """Whether what was measured bears the claim out."""
        if isinstance(self.claimed, str) or isinstance(found, str):
            return isinstance(found, str) and found == self.claimed
        low, high = (
            (found.low, found.high)
            if isinstance(found, Measured)
            else (float(found), float(found))  # a comparison with nan is False: nan never holds
        )
        claimed, slack = self.claimed, self.tolerance
        match self.relation:
            case "=":
                return low - slack <= claimed <= high + slack
            case "<":
                return high < claimed - slack
            case "<=":
                return high <= claimed + slack
            case ">":
                return low > claimed + slack
            case ">=":
                return low >= claimed - slack


@final
@dataclass(frozen=True)
class Verdict:
    """What became of one claim when it was checked.

    Args:
        claim: the claim. measured: what was found, as text; empty if nothing was.
        ok: whether it holds. seconds: how long it took.
        reason: why nothing was found, where that is so.
    """

    claim: Claim
    measured: str
    ok: bool
    seconds: float
    reason: str = ""


def verify(claim: Claim) -> Verdict:
    """Measure a claim anew. One that breaks is one that fails, and says why.

    Args:
        claim: the claim.

    Returns:
        The verdict.

    Example:
        >>> half = Claim("half", "Half of two is one.", 1.0, lambda: 2 / 2, "Euclid (300)")
        >>> verify(half).ok, verify(half).measured
        (True, '1')
    """
    begun = time.monotonic()
    try:
        found = claim.measure()
        ok, measured, reason = claim.holds(found), _text(found), ""
    except Exception as problem:  # noqa: BLE001 - whatever went wrong, the other claims go on
        kind = "" if isinstance(problem, TelosError) else f"{type(problem).__name__}: "
        ok, measured, reason = False, "", f"{kind}{problem}"
    return Verdict(claim, measured, ok, time.monotonic() - begun, reason)


def farthest(found: list[float], claimed: float) -> float:
    """Of several numbers that should all be the same, the one that is farthest from it (or nan)."""
    return max(found, key=lambda value: abs(value - claimed) if value == value else float("inf"))


def _text(found: Found) -> str:
    if isinstance(found, str):
        return found
    if isinstance(found, Measured):
        return f"{found.value:.4g} [{found.low:.4g}, {found.high:.4g}], n = {found.n:,}"
    # What rounding leaves of a zero says nothing: -2e-17 is printed as 0.
    return f"{0.0 if abs(found) < 1e-14 else found:.7g}"
