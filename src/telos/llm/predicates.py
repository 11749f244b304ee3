"""Predicates: typed questions about the arguments of a tool call, answered yes, no or cannot tell."""

import math
import re
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, NamedTuple, final

from telos.core.errors import StudyError

#: What a table may ask of an argument; every one that is given must hold.
QUESTIONS = ("equals", "one_of", "matches", "contains", "above", "below", "present")
#: Longer patterns are programs, and nobody reads them.
LONGEST_PATTERN = 500
#: Texts are searched up to here; of what is longer, a search that found nothing cannot tell.
MOST_SEARCHED = 50_000
#: Seconds for one search. An honest pattern takes milliseconds on the longest text.
PATIENCE = 0.5
#: Steps that a search may take without a clock, about a hundredth of a second; and where no clock can
#: be set (outside the main thread, on Windows), about a second.
STEPS = 10**6
STEPS_UNTIMED = 10**8
#: A repeat of at most this often is one choice among few; above, it is like one without a limit.
FEW = 10
#: The choices that a pattern offers besides its long repeats, in bits: each doubles the time at worst.
MOST_BITS = 16.0


class Cost(NamedTuple):
    """What a search can cost: `length ** (repeats + 1) * 2 ** bits` steps."""

    repeats: int
    bits: float

    def steps(self, length: int) -> float:
        """The steps of a search in a text of that length."""
        return float((length + 1.0) ** (self.repeats + 1) * 2.0**self.bits)

    def longest(self, steps: float) -> int:
        """The longest text that is searched in so many steps."""
        return int((steps / 2.0**self.bits) ** (1 / (self.repeats + 1)))


@final
@dataclass(frozen=True)
class Pattern:
    """A regular expression that was found harmless enough to be run on a stranger's text.

    Args:
        text: the expression. compiled: the same, compiled. cost: what a search can cost.
    """

    text: str
    compiled: "re.Pattern[str]"
    cost: Cost

    def found_in(self, text: str) -> bool | None:
        """Whether the expression occurs in the text; None if it took too long or the text is too long."""
        part = text[:MOST_SEARCHED]
        if self.cost.steps(len(part)) <= STEPS:
            hit: bool | None = self.compiled.search(part) is not None
        else:
            hit = _timed(self, part)
        return None if hit is False and len(text) > MOST_SEARCHED else hit


@final
@dataclass(frozen=True)
class Predicate:
    """One question about one argument.

    Args:
        path: the names that lead to the argument, from the outside in.
        question: one of `QUESTIONS`. answer: what the argument is compared with.
    """

    path: tuple[str, ...]
    question: str
    answer: Any

    def holds(self, arguments: Mapping[str, Any]) -> bool | None:
        """Whether the arguments answer the question with yes; None if that cannot be told."""
        value, there = _argument(arguments, self.path)
        if self.question == "present":
            return there is self.answer
        if not there:
            return False
        return _ANSWERS[self.question](value, self.answer)


def hold(predicates: Sequence[Predicate], arguments: Mapping[str, Any]) -> bool | None:
    """Whether all predicates hold: no if one does not, else None if one cannot be told."""
    undecided = False
    for predicate in predicates:
        answer = predicate.holds(arguments)
        if answer is False:
            return False
        undecided = undecided or answer is None
    return None if undecided else True


def pattern(text: Any) -> Pattern:
    """A regular expression whose search ends soon on any text.

    Refused are repeats in repeats, alternatives in repeats, back-references and tests on groups:
    with them the time can double with every character.

    Args:
        text: the expression, in the syntax of Python's `re`.

    Raises:
        StudyError: saying what is wrong with it, without a place.
    """
    if not isinstance(text, str) or not text:
        raise StudyError("a pattern is a text of at least one character")
    if len(text) > LONGEST_PATTERN:
        raise StudyError(f"a pattern has at most {LONGEST_PATTERN} characters; split the entry")
    try:
        compiled = re.compile(text)
        tree = re._parser.parse(text)  # type: ignore[attr-defined]
    except (re.error, OverflowError, RecursionError, RuntimeWarning) as problem:
        raise StudyError(f"is no regular expression ({problem}); mend it") from None
    cost = _cost(tree, 1)
    if cost.bits > MOST_BITS:
        raise StudyError("offers too many choices, which can take forever; split the entry")
    return Pattern(text, compiled, cost)


def _cost(tree: Any, times: int) -> Cost:
    """The cost of a parsed expression that lies in repeats of `times` altogether.

    Raises:
        StudyError: for what can take exponential time.
    """
    repeats, bits = 0, 0.0
    for operation, given in tree:
        name = str(operation)
        if name in ("GROUPREF", "GROUPREF_EXISTS", "GROUPREF_IGNORE"):
            raise StudyError("refers back to a group, which can take forever; write it out")
        if name == "BRANCH":
            if times > FEW:
                raise StudyError(
                    "has alternatives in a repeat, which can take forever; write them as entries of "
                    "their own, or as a set such as [ab]"
                )
            bits += times * math.log2(len(given[1]))
        inner = times
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most = int(given[0]), int(given[1])
            if least != most and (times > FEW or (times > 1 and most > FEW)):
                raise StudyError(
                    "has a repeat in a repeat, which can take forever; write it with one repeat"
                )
            if least != most:
                repeats += int(most > FEW)
                bits += times * math.log2(most - least + 1) if most <= FEW else 0.0
            inner = min(times * max(most, 1), FEW + 1)
        for part in _parts(name, given):
            cost = _cost(part, inner)
            repeats, bits = repeats + cost.repeats, bits + cost.bits
    return Cost(repeats, bits)


def _parts(name: str, given: Any) -> list[Any]:
    """The expressions inside an operation of a parsed expression."""
    if name == "BRANCH":
        return list(given[1])
    if name in ("SUBPATTERN", "MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return [given[-1]]
    if name in ("ASSERT", "ASSERT_NOT"):
        return [given[1]]
    return [given] if name == "ATOMIC_GROUP" else []


class _TooLongError(Exception):
    """The alarm that ends a search."""


def _timed(pattern: Pattern, text: str) -> bool | None:
    """A search that an alarm ends after `PATIENCE` seconds; None if it did."""
    compiled = pattern.compiled
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        part = text[: pattern.cost.longest(STEPS_UNTIMED)]
        return True if compiled.search(part) else (None if len(part) < len(text) else False)

    def ring(number: int, frame: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        return compiled.search(text) is not None
    except _TooLongError:
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _argument(arguments: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Any, bool]:
    """The argument at a path and whether there is one; whole numbers index lists.

    A name that itself has dots is found too, where its pieces lead nowhere.
    """
    value: Any = arguments
    for name in path:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit():
            place = int(name[:9])
            if place >= len(value):
                return None, False
            value = value[place]
        else:
            whole = ".".join(path)
            return (arguments[whole], True) if whole in arguments else (None, False)
    return value, True


def _same(value: Any, wanted: Any) -> bool:
    """Equal and of one kind: 1 is 1.0, but neither is true, and "1" is none of them."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return value == wanted
    if isinstance(value, list) and isinstance(wanted, list):
        return len(value) == len(wanted) and all(map(_same, value, wanted))
    return isinstance(value, type(wanted)) and bool(value == wanted)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list) and any(_same(item, wanted) for item in value)


def _matches(value: Any, wanted: Pattern) -> bool | None:
    """A text that matches, or a list of texts of which one does, as in a split command line."""
    if isinstance(value, list):
        answers = [wanted.found_in(item) for item in value if isinstance(item, str)]
        return True if True in answers else (None if None in answers else False)
    return wanted.found_in(value) if isinstance(value, str) else False


def _above(value: Any, wanted: Any) -> bool:
    number = _number(value)
    return number is not None and number > wanted


def _below(value: Any, wanted: Any) -> bool:
    number = _number(value)
    return number is not None and number < wanted


_ANSWERS: dict[str, Callable[[Any, Any], bool | None]] = {
    "equals": _same,
    "one_of": lambda value, wanted: any(_same(value, one) for one in wanted),
    "matches": _matches,
    "contains": _contains,
    "above": _above,
    "below": _below,
}


def predicates(when: Any, path: tuple[str, ...] = ()) -> tuple[Predicate, ...]:
    """The predicates of a table: argument -> value, or -> a table of questions, or -> a table within.

    Args:
        when: what TOML gave for `when`. path: the argument that the table is about, inside of others.

    Raises:
        StudyError: naming the argument, the value and what to write, without file and entry.
    """
    if not isinstance(when, Mapping):
        raise StudyError(
            f"when = {_shown(when)} is no table; write it as when = {{ argument = value }}"
        )
    found: list[Predicate] = []
    for name, asked in when.items():
        inner = (*path, *name.split("."))
        where = f"when, argument {'.'.join(inner)!r}"
        if "" in inner:
            raise StudyError(f"{where}: a name is empty; write names parted by single dots")
        if not isinstance(asked, Mapping):
            found.append(Predicate(inner, "equals", _answer(where, "equals", asked)))
            continue
        if not asked:
            raise StudyError(f"{where}: an empty table asks nothing; write {{ present = true }}")
        questions = [key for key in asked if key in QUESTIONS]
        if not questions and any(isinstance(value, Mapping) for value in asked.values()):
            found += predicates(asked, inner)
        elif len(questions) == len(asked):
            found += [Predicate(inner, key, _answer(where, key, asked[key])) for key in questions]
        else:
            strange = next(key for key in asked if key not in QUESTIONS)
            raise StudyError(
                f"{where}: {_shown(strange)} is no question; ask {', '.join(QUESTIONS)}, or write "
                f'the inner argument with a dot, as in "{".".join(inner)}.{strange}" = …'
            )
    return tuple(found)


def _answer(where: str, question: str, given: Any) -> Any:
    """What an argument is compared with, of the type that the question needs."""
    if question == "matches":
        try:
            return pattern(given)
        except StudyError as problem:
            raise StudyError(f"{where}: matches = {_shown(given)} {problem}") from None
    wrong = f"{where}: {question} = {_shown(given)}"
    if question == "present":
        if not isinstance(given, bool):
            raise StudyError(f"{wrong}: write true or false")
    elif question in ("above", "below"):
        number = _number(given)
        if number is None or not math.isfinite(number):
            raise StudyError(f"{wrong}: write a finite number")
    elif question == "one_of":
        if not isinstance(given, list) or not given or not all(map(_plain, given)):
            raise StudyError(f"{wrong}: write a list of texts, numbers or true and false")
    elif question == "contains":
        if not _plain(given) or given == "":
            raise StudyError(f"{wrong}: write a text, a number, or true or false")
    elif not (_plain(given) or (isinstance(given, list) and all(map(_plain, given)))):
        raise StudyError(f"{wrong}: write a text, a number, true or false, or a list of these")
    return given


def _plain(value: Any) -> bool:
    return isinstance(value, str | bool | int | float) and value == value


def _shown(value: Any) -> str:
    """A value as messages show it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
