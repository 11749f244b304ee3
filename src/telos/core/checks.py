"""Checks: what the fields of a part must be, with one clear message for each way of getting them wrong.

Each check reads a field of a part and raises the error of its kind: `GoalsError` for families,
`WorldError` for scenarios, `ProblemError` for everything else.
"""

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

from telos.core.errors import GoalsError, ProblemError, TelosError, WorldError
from telos.core.parts import AbstractGoalFamily, AbstractScenario
from telos.core.shown import shown


def number(
    part: object,
    field: str,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    above: float = -np.inf,
    below: float = np.inf,
) -> None:
    """Raise unless a field is a finite number: low <= it <= high, and above < it < below."""
    value = getattr(part, field)
    right = isinstance(value, Real) and not isinstance(value, bool) and is_finite(value)
    if not right or not (low <= value <= high and above < value < below):
        ends = (
            f"of at least {low:g}" if low > -np.inf else "",
            f"above {above:g}" if above > -np.inf else "",
            f"at most {high:g}" if high < np.inf else "",
            f"less than {below:g}" if below < np.inf else "",
        )
        span = " and ".join(filter(None, ends))
        if low > -np.inf and high < np.inf:
            span = f"from {low:g} to {high:g}"
        raise refusal(part, field, f"give a finite number {span}".rstrip())


def is_finite(value: Real) -> bool:
    """Whether a number is one as a float; an integer of 400 digits is none."""
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:
        return False


def is_between(value: object, low: float, high: float) -> bool:
    """Whether a value is a number strictly between two; a flag is none."""
    right = isinstance(value, Real) and not isinstance(value, bool)
    return right and is_finite(value) and bool(low < value < high)  # type: ignore[arg-type, operator]


def integer(part: object, field: str, low: int) -> None:
    """Raise unless a field is an integer of at least `low`."""
    value = getattr(part, field)
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < low:
        written = isinstance(value, float) and value.is_integer() and value >= low
        hint = f", written as {int(value)}" if written else ""
        raise refusal(part, field, f"give an integer of at least {low}{hint}")


def one_of(part: object, field: str, known: tuple[str, ...]) -> None:
    """Raise unless a field is one of the known words."""
    value = getattr(part, field)
    if not isinstance(value, str) or value not in known:
        raise refusal(part, field, f"choose one of {', '.join(map(repr, known))}")


def flag(part: object, field: str) -> None:
    """Raise unless a field is True or False."""
    if not isinstance(getattr(part, field), bool):
        raise refusal(part, field, "give True or False")


def feature_name(part: object, field: str, *, optional: bool = False) -> None:
    """Raise unless a field is a word (or empty, where that means none)."""
    value = getattr(part, field)
    if not isinstance(value, str) or not (value or optional):
        raise refusal(part, field, "give the name of a feature")


def names(part: object, field: str) -> tuple[str, ...]:
    """A field of several names as a tuple; a single word is refused, which would fall into letters."""
    value = getattr(part, field)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise refusal(part, field, "give a tuple, as in ('tamper',)")
    return tuple(value)


def refusal(part: object, field: str, remedy: str) -> TelosError:
    """The error to raise about a field of a part."""
    kinds = ((AbstractGoalFamily, GoalsError), (AbstractScenario, WorldError))
    kind = next((error for parent, error in kinds if isinstance(part, parent)), ProblemError)
    return kind(f"{type(part).__name__}: {field} is {shown(getattr(part, field))}; {remedy}.")
