"""Predicates: typed questions about the arguments of a tool call, answered yes, no or cannot tell."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import re2

from telos.audit.transcript import Unnamed
from telos.core.errors import StudyError
from telos.core.text import printable

#: What a table may ask of an argument; every one that is given must hold.
QUESTIONS = (
    "equals", "one_of", "matches", "words", "contains", "above", "below", "present", "self", "not",
)  # fmt: skip
#: Words of a list, and how many of them are searched at once.
MOST_WORDS, AT_ONCE = 1_000, 50
#: What is before and behind a word: no letter, digit or underscore.
EDGES = r"(?i)(?:^|[^\pL\p{Nd}_])(?:%s)(?:$|[^\pL\p{Nd}_])"
#: Longer patterns are programs, and nobody reads them.
LONGEST_PATTERN = 500
#: Texts are searched up to here; of what is longer, a search that found nothing cannot tell.
MOST_SEARCHED = 100_000
#: Bytes that a compiled pattern and its search may take. Of the patterns tried, the slowest that still fits
#: takes half a second for 50,000 letters; a pattern that needs more is refused when the map is read.
MOST_MEMORY = 1 << 20
#: What Python's `re` knows and RE2 does not, by how its complaint begins, with the remedy.
UNSUPPORTED = {
    "invalid perl operator: (?=": "lookahead; ask a second question of the argument instead",
    "invalid perl operator: (?!": "lookahead; write what may follow as a set such as [^x]",
    "invalid perl operator: (?<": "lookbehind; write what comes before into the pattern",
    "invalid perl operator: (?P": "a reference back to a group; write it out",
    "invalid perl operator: (?(": "a test on a group; write two entries",
    "invalid perl operator: (?>": "an atomic group; an ordinary one takes linear time here",
    "invalid perl operator: (?x": "the flag x; write the pattern without blanks",
    r"invalid escape sequence: \Z": r"\Z; write \z",
    "bad repetition operator": "a possessive repeat; an ordinary one takes linear time here",
    "pattern too large": "too many states; split the entry",
}


@final
@dataclass(frozen=True)
class Pattern:
    """A regular expression of RE2, whose search takes time linear in the text, and bounded memory.

    Args:
        text: the expression. compiled: the same, compiled.
    """

    text: str
    compiled: Any

    def found_in(self, text: str) -> bool | None:
        """Whether the expression occurs in the text; None if the text is too long to say no.

        As in Python, `$` also matches before a line break that ends the text.
        """
        part = text[:MOST_SEARCHED].encode("utf-8", "replace").decode("utf-8")
        hit = self.compiled.search(part) is not None
        if not hit and part.endswith("\n"):
            hit = self.compiled.search(part[:-1]) is not None
        return None if not hit and len(text) > MOST_SEARCHED else hit


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

    def holds(self, arguments: Mapping[str, Any], names: Sequence[str] = ()) -> bool | None:
        """Whether the arguments answer the question with yes; None if that cannot be told.

        Args:
            arguments: of a call. names: the agent's own; none are known if there are none.
        """
        value, there = _argument(arguments, self.path)
        if not there and isinstance(arguments, Unnamed):
            return None
        if self.question == "present":
            return there is self.answer
        if not there:
            return False
        if self.question == "not":
            inner = hold(self.answer, arguments, names)
            return None if inner is None else not inner
        if self.question == "self":
            named = _names_one(value, names)
            return None if named is None else named is self.answer
        return _ANSWERS[self.question](value, self.answer)


def hold(
    predicates: Sequence[Predicate], arguments: Mapping[str, Any], names: Sequence[str] = ()
) -> bool | None:
    """Whether all predicates hold: no if one does not, else None if one cannot be told."""
    undecided = False
    for predicate in predicates:
        answer = predicate.holds(arguments, names)
        if answer is False:
            return False
        undecided = undecided or answer is None
    return None if undecided else True


def pattern(text: Any) -> Pattern:
    r"""A regular expression whose search ends soon on any text.

    The syntax is RE2's, which is Python's without look-around, references back and possessive repeats.
    Letters are compared by Unicode's simple case folding under `(?i)`; `\d`, `\w`, `\s` and `\b` know
    ASCII alone (`\pL` is any letter, `\p{Nd}` any digit). `.` stops at a line break unless under `(?s)`.

    Args:
        text: the expression.

    Raises:
        StudyError: saying what is wrong with it, without a place.
    """
    if not isinstance(text, str) or not text:
        raise StudyError("a pattern is a text of at least one character")
    if len(text) > LONGEST_PATTERN:
        raise StudyError(f"a pattern has at most {LONGEST_PATTERN} characters; split the entry")
    return _compiled(text)


def words(given: Any) -> tuple[Pattern, ...]:
    """Patterns of which one occurs in a text iff one of some words does, in letters of any case.

    Args:
        given: a list of words, or of several words in a row.

    Raises:
        StudyError: saying what is wrong with it, without a place.
    """
    listed = isinstance(given, list) and 0 < len(given) <= MOST_WORDS
    if not listed or not all(isinstance(word, str) and 0 < len(word) <= 100 for word in given):
        raise StudyError(
            f"write a list of at most {MOST_WORDS:,} words, or the name of a list of [words]"
        )
    parts = [given[start : start + AT_ONCE] for start in range(0, len(given), AT_ONCE)]
    return tuple(_compiled(EDGES % "|".join(map(re2.escape, part))) for part in parts)


def any_found(patterns: Sequence[Pattern], text: str) -> bool | None:
    """Whether one of some patterns occurs in a text; None if that cannot be told."""
    answers = [each.found_in(text) for each in patterns]
    return True if True in answers else (None if None in answers else False)


def _compiled(text: str) -> Pattern:
    options = re2.Options()
    options.max_mem, options.log_errors = MOST_MEMORY, False
    try:
        return Pattern(text, re2.compile(text, options))
    except UnicodeEncodeError:
        raise StudyError("is not text that UTF-8 can hold; write other characters") from None
    except re2.error as problem:
        given = problem.args[0] if problem.args else ""
        said = given.decode("utf-8", "replace") if isinstance(given, bytes) else str(given)
    for begin, what in UNSUPPORTED.items():
        if said.startswith(begin):
            raise StudyError(f"needs what RE2 does not have: {what}")
    if said.startswith("invalid escape sequence") and said[-1:].isdigit():
        raise StudyError("needs what RE2 does not have: a reference back to a group; write it out")
    shown = printable(said, keep="")
    raise StudyError(f"is not a regular expression of RE2 ({shown}); correct it")


def _argument(arguments: Mapping[str, Any], path: tuple[str, ...]) -> tuple[Any, bool]:
    """The argument at a path and whether there is one; integers index lists.

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


def _number(value: Any) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, str):
        return isinstance(wanted, str) and wanted in value
    return isinstance(value, list) and any(_same(item, wanted) for item in value)


def _texts(value: Any) -> list[str]:
    """A text, or the texts of a list and all of them in a row, as in a split command line."""
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        return [*texts, " ".join(texts)]
    return [value] if isinstance(value, str) else []


def _matches(value: Any, wanted: Pattern) -> bool | None:
    return _has_word(value, (wanted,))


def _has_word(value: Any, wanted: Sequence[Pattern]) -> bool | None:
    answers = [any_found(wanted, text) for text in _texts(value)]
    return True if True in answers else (None if None in answers else False)


def _names_one(value: Any, names: Sequence[str]) -> bool | None:
    """Whether an argument holds one of the agent's names as a word; None without a name."""
    texts = _texts(value)
    whole = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in names]
    if any(re.search(each, t[:MOST_SEARCHED], re.IGNORECASE) for each in whole for t in texts):
        return True
    return None if not names or any(len(text) > MOST_SEARCHED for text in texts) else False


def _above(value: Any, wanted: Any) -> bool | None:
    number = _number(value)
    # of NaN nobody can say whether it is above
    return None if number != number else number is not None and number > wanted


def _below(value: Any, wanted: Any) -> bool | None:
    number = _number(value)
    return None if number != number else number is not None and number < wanted


_ANSWERS: dict[str, Callable[[Any, Any], bool | None]] = {
    "equals": _same,
    "one_of": lambda value, wanted: any(_same(value, one) for one in wanted),
    "matches": _matches,
    "words": _has_word,
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
            f"when = {_shown(when)} is not a table; write it as when = {{ argument = value }}"
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
            found += [_asked(where, inner, key, asked[key]) for key in questions]
        else:
            strange = next(key for key in asked if key not in QUESTIONS)
            raise StudyError(
                f"{where}: {_shown(strange)} is not a question; ask {', '.join(QUESTIONS)}, or write "
                f'the inner argument with a dot, as in "{".".join(inner)}.{strange}" = …'
            )
    return tuple(found)


def _asked(where: str, path: tuple[str, ...], question: str, given: Any) -> Predicate:
    if question != "not":
        return Predicate(path, question, _answer(where, question, given))
    if not isinstance(given, Mapping) or not given or any(key not in QUESTIONS for key in given):
        raise StudyError(f"{where}: not = {_shown(given)}: write a table of questions")
    return Predicate(path, "not", tuple(_asked(where, path, key, given[key]) for key in given))


def _answer(where: str, question: str, given: Any) -> Any:
    """What an argument is compared with, of the type that the question needs."""
    if question == "words":
        try:
            return words(given)
        except StudyError as problem:
            raise StudyError(f"{where}: words = {_shown(given)}: {problem}") from None
    if question == "matches":
        try:
            return pattern(given)
        except StudyError as problem:
            raise StudyError(f"{where}: matches = {_shown(given)} {problem}") from None
    wrong = f"{where}: {question} = {_shown(given)}"
    if question in ("present", "self"):
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
