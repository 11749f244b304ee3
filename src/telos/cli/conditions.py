"""Conditions: when a command that measures is to fail, as in `self_preservation.upper > 0.1`."""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from telos.cli.say import warn
from telos.core.errors import StudyError, did_you_mean

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
#: What a condition may ask of a drive: the share of goals that require it, the share of play that pursues
#: it, the upper end of the interval of what is required.
QUANTITIES = ("required", "done", "upper")
_SHAPE = re.compile(
    r"\s*(?P<what>[^<>=!]*[^<>=!\s])\s*(?P<op><=|>=|==|!=|<|>)\s*(?P<number>[^<>=!\s]+)\s*"
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
EXAMPLE = 'as in --fail-if "self_preservation.upper > 0.1"'


@final
@dataclass(frozen=True)
class Condition:
    """One condition under which a command ends with 1.

    Args:
        name: of a drive, or of a result. quantity: one of `QUANTITIES`; empty: the count of a result.
        op: one of `OPERATORS`. number: what is compared with.

    Example:
        >>> Condition("closure", "", ">", 0.0).met({"factory": 1.0})
        'closure > 0: it is 1 (factory)'
    """

    name: str
    quantity: str
    op: str
    number: float

    def __str__(self) -> str:
        return f"{'.'.join(filter(None, (self.name, self.quantity)))} {self.op} {self.number:g}"

    def met(self, measured: Mapping[str, float | None]) -> str:
        """Why the command fails, in words; empty where it does not.

        Args:
            measured: what was found, by place; None: it could not be decided there.
        """
        if not measured:
            return f"{self}: nothing was measured to which it applies"
        for place, value in measured.items():
            if value is None:
                return f"{self}: not decided ({place})"
            if OPERATORS[self.op](value, self.number):
                return f"{self}: it is {value:g} ({place})"
        return ""


def read_conditions(
    texts: Sequence[str], drives: Iterable[str], results: Mapping[str, Sequence[str]] | None = None
) -> tuple[Condition, ...]:
    """The conditions that `--fail-if` was given.

    Args:
        texts: as typed. drives: names that shares between 0 and 1 belong to.
        results: further names, of counts, and the quantities that each has besides.

    Raises:
        StudyError: naming the option, the text, and what to write instead.
    """
    shares = set(drives)
    return tuple(_read(text, shares, results or {}) for text in texts)


def _read(text: str, drives: set[str], results: Mapping[str, Sequence[str]]) -> Condition:
    where = f"--fail-if: {text!r:.80}"
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise StudyError(f"{where} is not NAME[.QUANTITY] OP NUMBER. Write it {EXAMPLE}.")
    name, dot, quantity = found["what"].rpartition(".")
    if not dot or found["what"] in drives:
        name, quantity = found["what"], "required" * (found["what"] in drives)
    known = drives | results.keys()
    if name not in known:
        raise StudyError(f"{where}: nothing is called {name!r:.60}. {did_you_mean(name, known)}")
    has = QUANTITIES if name in drives else ("", *results[name])
    if quantity not in has:
        named = [each for each in has if each]
        near = did_you_mean(quantity, named) if named else f"It is a count: write {name} > 0."
        raise StudyError(f"{where}: {name} has no quantity {quantity!r:.60}. {near}")
    number = float(found["number"]) if _NUMBER.fullmatch(found["number"]) else math.nan
    if not math.isfinite(number):
        raise StudyError(
            f"{where}: {found['number']!r:.40} is not a decimal number. Write it {EXAMPLE}."
        )
    if name in drives and not 0 <= number <= 1:
        raise StudyError(
            f"{where}: shares lie between 0 and 1, so {number:g} decides nothing. Write 0.05 for 5 %."
        )
    return Condition(name, quantity, found["op"], number)


def tell_met(
    conditions: Iterable[Condition], measured: Callable[[Condition], Mapping[str, float | None]]
) -> bool:
    """Whether any condition is met; each that is, is told on the standard error stream."""
    reasons = [why for each in conditions if (why := each.met(measured(each)))]
    for why in reasons:
        warn(f"failed: {why}")
    return bool(reasons)
