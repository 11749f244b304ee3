"""Claim: a number or a verdict that a paper or this project states, and how to measure it anew."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, final

from telos.core.errors import StudyError, TelosError
from telos.studies.bibliography import cited

#: How the measured number must stand to the stated one.
Relation = Literal["=", "<", "<=", ">", ">="]
RELATIONS: tuple[Relation, ...] = ("=", "<", "<=", ">", ">=")

#: Where a claim comes from. ``verbatim``: the number or the verdict is printed in the paper, of its own
#: level or world. ``instance``: a theorem or a statement of the paper, checked on an instance of ours.
#: ``reconstructed``: from an account of the paper, which was not read. ``ours``: this project's own.
Provenance = Literal["verbatim", "instance", "reconstructed", "ours"]
PROVENANCES: tuple[Provenance, ...] = ("verbatim", "instance", "reconstructed", "ours")

#: The paper of what this project states itself; the place then names the works it builds on.
TELOS = "telos"
#: Closed forms against solved values: the solver certifies 1e-9 of the largest value.
EXACT = 1e-8


@final
@dataclass(frozen=True)
class Measured:
    """A number with an interval.

    Args:
        value: the estimate.
        low: lower end of its interval.
        high: upper end of its interval.
        n: how many draws the interval comes from; 0: it is a certified bound on numerical error.
    """

    value: float
    low: float
    high: float
    n: int


#: What a measurement returns: an exact number, one with an interval, or a verdict in words.
Found = float | str | Measured


def certified(value: float, bound: float) -> Measured:
    """A solved number with the solver's certified bound on its error."""
    return Measured(float(value), float(value - bound), float(value + bound), 0)


@final
@dataclass(frozen=True)
class Expected:
    """What a measurement should return: `measured <relation> value`, within a tolerance.

    An exact number may differ by `tolerance`; one with an interval lies on the stated side as a whole,
    or, for ``=``, has `value` inside; words are the same text. A strict relation must be cleared by more
    than `tolerance`.

    Args:
        relation: ``=``, ``<``, ``<=``, ``>`` or ``>=``; words take ``=`` only.
        value: the number, or the words.
        tolerance: >= 0, in the unit of `value`.

    Raises:
        StudyError: naming the field and its value.
    """

    relation: Relation
    value: float | str
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise StudyError(f"relation is {self.relation!r}; take one of {RELATIONS}.")
        if not self.tolerance >= 0:
            raise StudyError(f"tolerance is {self.tolerance}; it must not be negative.")
        if isinstance(self.value, str) and (self.relation != "=" or self.tolerance):
            raise StudyError("words are equal or not; leave relation and tolerance out.")

    def __str__(self) -> str:
        """As it is printed: ``0.75``, ``>= 3``, ``fails``."""
        return f"{'' if self.relation == '=' else f'{self.relation} '}{_text(self.value)}"

    def fits(self, found: Found) -> bool:
        """Whether a measurement is what was expected; nan never is."""
        if isinstance(self.value, str) or isinstance(found, str):
            return found == self.value
        ends = (found.low, found.high) if isinstance(found, Measured) else (found, found)
        low, high = map(float, ends)
        value, slack = self.value, self.tolerance
        return {
            "=": low - slack <= value <= high + slack,
            "<": high < value - slack,
            "<=": high <= value + slack,
            ">": low > value + slack,
            ">=": low >= value - slack,
        }[self.relation]


@final
@dataclass(frozen=True)
class Claim:
    """One row of a paper's table: what it says, and how to measure it.

    Args:
        id: in snake case, unique among all claims.
        paper: a key of the bibliography, or `TELOS`.
        provenance: one of `PROVENANCES`; where in doubt, the weaker.
        place: the theorem, section or figure.
        sentence: what is claimed, in one sentence.
        how: a function without arguments that measures it anew.
        expected: what it should return.
        instead: where what is published does not come out, what does.
        finding: where it does not come out, or not as it stands: why.
        fast: whether it takes a few seconds at most.
        level: the changed level that it is about, where it is not about the published one: then it
            says nothing of the published one, and is not verbatim.

    Raises:
        StudyError: naming the claim and what to write instead.
    """

    id: str
    paper: str
    provenance: Provenance
    place: str
    sentence: str
    how: Callable[[], Found]
    expected: Expected
    instead: Expected | None = None
    finding: str = ""
    fast: bool = True
    level: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", self.id):
            raise StudyError(f"claim {self.id!r}: write the id in snake_case.")
        if self.instead is not None and not self.finding:
            raise StudyError(f"claim {self.id!r}: say in `finding` why it is not reproduced.")
        if self.provenance not in PROVENANCES:
            raise StudyError(
                f"claim {self.id!r}: provenance is {self.provenance!r}; take one of {PROVENANCES}."
            )
        if self.provenance == "verbatim" and self.level:
            raise StudyError(
                f"claim {self.id!r}: {self.level} is a changed level, and what is found there is not "
                "verbatim; take 'instance' or 'ours'."
            )
        if self.paper == TELOS and self.provenance != "ours":
            raise StudyError(f"claim {self.id!r}: of {TELOS!r} it is 'ours'.")
        if self.instead is not None and self.provenance != "verbatim":
            raise StudyError(
                f"claim {self.id!r}: `instead` is for what a paper prints, and this is "
                f"{self.provenance!r} ({self.source}); state what is measured as the claim."
            )
        if self.paper != TELOS:
            cited(self.paper)

    @property
    def group(self) -> str:
        """The paper as it is cited: ``Turner et al. (2021)``."""
        return "Telos, closed forms and findings" if self.paper == TELOS else cited(self.paper)

    @property
    def source(self) -> str:
        """Paper and place: ``Turner et al. (2021), section 6``."""
        head = "Telos" if self.paper == TELOS else self.group
        return f"{head}, {self.place}" if self.place else head

    def status(self, found: Found) -> "ClaimStatus":
        """What a measurement makes of the claim."""
        if self.instead is None:
            return HOLDS[self.provenance] if self.expected.fits(found) else ClaimStatus.FAILS
        as_found = self.instead.fits(found) and not self.expected.fits(found)
        return ClaimStatus.NOT_REPRODUCED if as_found else ClaimStatus.FAILS


@final
@dataclass(frozen=True)
class Paper:
    """The paper of a table of claims; a row is
    `claim(id, provenance, place, relation, value)(sentence, how)`.

    Args:
        key: of the bibliography, or `TELOS`.
        level: the changed level that its claims are about, if they are not about the published one.
        fast: whether its claims take a few seconds at most.
    """

    key: str
    level: str = ""
    fast: bool = True

    def claim(
        self,
        id: str,  # noqa: A002 - the field's name
        provenance: Provenance,
        place: str,
        relation: Relation,
        value: float | str,
        tolerance: float = 0.0,
        *,
        instead: Expected | None = None,
        finding: str = "",
    ) -> Callable[[str, Callable[[], Found]], Claim]:
        """A row that lacks its sentence and its measurement."""
        expected = Expected(relation, value, tolerance)

        def row(sentence: str, how: Callable[[], Found]) -> Claim:
            return Claim(
                id,
                self.key,
                provenance,
                place,
                sentence,
                how,
                expected,
                instead,
                finding,
                self.fast,
                self.level,
            )

        return row


class ClaimStatus(StrEnum):
    """What became of a claim; a published one that is known not to come out does not fail.

    `REPRODUCED`: a paper prints it, and it comes out. `NOT_REPRODUCED`: a paper prints it, and it does
    not. `INSTANCE`: what a paper states or proves holds on an instance of ours. `RECONSTRUCTED`: it
    holds of what was built from an account of a paper. `OURS`: it is this project's own, and it holds.
    """

    REPRODUCED = "published and reproduced"
    NOT_REPRODUCED = "published and not reproduced"
    INSTANCE = "holds on an instance of ours"
    RECONSTRUCTED = "holds as reconstructed"
    OURS = "ours"
    FAILS = "FAILS"
    NOT_RUN = "not run"


#: What a claim is called that comes out, by where it comes from.
HOLDS: dict[Provenance, ClaimStatus] = {
    "verbatim": ClaimStatus.REPRODUCED,
    "instance": ClaimStatus.INSTANCE,
    "reconstructed": ClaimStatus.RECONSTRUCTED,
    "ours": ClaimStatus.OURS,
}


@final
@dataclass(frozen=True)
class Checked:
    """A claim and what became of it.

    Args:
        claim: the claim.
        status: whether it holds.
        measured: what was found, as text; empty if nothing was.
        seconds: how long it took.
        reason: why nothing was found.
    """

    claim: Claim
    status: ClaimStatus = ClaimStatus.NOT_RUN
    measured: str = ""
    seconds: float = 0.0
    reason: str = ""


def verify(claim: Claim) -> Checked:
    """Measure a claim anew. A measurement that raises fails, with the reason.

    Args:
        claim: the claim.

    Returns:
        Its status and what was measured.

    Example:
        >>> row = Paper("turner2021").claim("half", "instance", "", "=", 1.0)
        >>> half = row("Half of two is one.", lambda: 2 / 2)
        >>> verify(half).status, verify(half).measured
        (<ClaimStatus.INSTANCE: 'holds on an instance of ours'>, '1')
    """
    begun = time.monotonic()
    status, measured, reason = ClaimStatus.FAILS, "", ""
    try:
        found = claim.how()
        status, measured = claim.status(found), _text(found)
    except Exception as problem:  # noqa: BLE001 - whatever went wrong, the other claims go on
        kind = "" if isinstance(problem, TelosError) else f"{type(problem).__name__}: "
        reason = f"{kind}{problem}"
    return Checked(claim, status, measured, time.monotonic() - begun, reason)


def farthest(found: list[float], value: float) -> float:
    """Of several numbers that should all be `value`, the one that is farthest from it (or nan)."""
    return max(found, key=lambda x: abs(x - value) if x == x else float("inf"))


def _text(found: Found) -> str:
    if isinstance(found, str):
        return found
    if not isinstance(found, Measured):
        # What rounding leaves of a zero says nothing: -2e-17 is printed as 0.
        return f"{0.0 if abs(found) < 1e-14 else found:.7g}"
    if not found.n:
        return f"{found.value:.7g} ± {found.high - found.value:.1g}"
    return f"{found.value:.4g} [{found.low:.4g}, {found.high:.4g}], n = {found.n:,}"
