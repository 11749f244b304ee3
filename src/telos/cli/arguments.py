"""Arguments: what people type, turned into what the library takes, with a remedy for each slip."""

import ast
import contextlib
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telos.core.errors import StudyError, UnknownName, did_you_mean, install

if TYPE_CHECKING:
    from telos.runs.study import Study

#: Digits of a number that fits 64 bits.
MOST_DIGITS = 18
#: What is shipped of each kind, by the paths of the catalogs.
CATALOGS = {
    "worlds": ("telos.worlds:WORLDS", "telos.interop:INTEROP"),
    "families": ("telos.families:FAMILIES",),
    "agents": ("telos.agents:AGENTS", "telos.agents:AGENTS_WITH_EXTRAS"),
    "drives": ("telos.drives:DRIVES", "telos.drives:DETECTORS"),
    "safeguards": ("telos.safeguards:SAFEGUARDS", "telos.bounds.safeguard:BOUNDED"),
    "studies": ("telos.studies:STUDIES",),
}


def whole_number(option: str, text: str | None, least: int) -> int | None:
    """The integer that an option was given; None if it was not given.

    Raises:
        StudyError: naming the option, the text, and what to write instead.
    """
    if text is None:
        return None
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) > MOST_DIGITS:
        raise StudyError(
            f"{option}: {text!r:.40}… has {len(digits):,} digits; at most {MOST_DIGITS} are read. Give a "
            "smaller number."
        )
    if digits.isascii() and digits.isdigit() and int(digits) >= least:
        return int(digits)
    meant = _meant(digits)
    example = max(least, 1000 if option == "--goals" else 2)
    remedy = (
        f"Write {option} {meant}."
        if meant is not None and meant >= least
        else f"Give an integer of at least {least}, as in {option} {example}."
    )
    what = "is too small" if meant is not None and meant < least else "is not an integer"
    raise StudyError(f"{option}: {text!r:.60} {what}. {remedy}")


def share(option: str, text: str | None, default: float, *, below_one: bool = False) -> float:
    """The number from 0 to 1 that an option was given.

    Raises:
        StudyError: naming the option, the text, and what to write instead.
    """
    if text is None:
        return default
    plain = re.fullmatch(r"[0-9]{0,18}\.?[0-9]{0,18}", text.strip(), re.ASCII)
    value = float(text) if plain and any(map(str.isdigit, text)) else -1.0
    if not 0.0 <= value <= 1.0 or (below_one and value == 1.0):
        least = "at least 0 and below 1" if below_one else "from 0 to 1"
        raise StudyError(
            f"{option}: {text!r:.60} is not a number {least}. Write {option} {default:g}."
        )
    return value


def _meant(text: str) -> int | None:
    """The integer that a text like 1e4, 10_000 or 1,000 most likely means."""
    if len(text) > MOST_DIGITS:
        return None
    try:
        value = Decimal(text.replace(",", "").replace("_", ""))
        small = value.is_finite() and abs(value) < 10**12
    except ArithmeticError:  # no number, or one without end
        return None
    return int(value) if small and value == value.to_integral_value() else None


def find_study(name: str) -> "Study":
    """The study that a name, a file or a dotted path means.

    Raises:
        UnknownName: if no shipped study has the name.
        StudyError: if the file or the path holds no study.
    """
    from telos.runs.source import load_named, load_study
    from telos.runs.study import Study

    if name.endswith(".py"):
        return load_study(Path(name))
    if ":" in name:
        look_here()
        study = load_named(name)
        if not isinstance(study, Study):
            raise StudyError(f"{name} is not a Study. Name one, as in my_lab.studies:STUDY.")
        return study
    shipped: dict[str, Study] = {study.name: study for study in catalog("studies")}
    if name not in shipped:
        raise UnknownName(
            f"no study {name!r}. {did_you_mean(name, shipped)} A study file ends in .py."
        )
    return shipped[name]


def catalog(kind: str) -> tuple[Any, ...]:
    """The shipped parts, or studies, of a kind.

    Raises:
        UnknownName: if there is no such kind.
    """
    from telos.core.spec import resolve

    if kind not in CATALOGS:
        raise UnknownName(f"nothing is listed under {kind!r}. {did_you_mean(kind, CATALOGS)}")
    return tuple(entry for path in CATALOGS[kind] for entry in resolve(path))


def named_value(option: str, text: str) -> tuple[str, Any]:
    """One `name=value`; numbers and truth values are read as such, all else is a text.

    Raises:
        StudyError: naming the option, if it is not of this form.

    Example:
        >>> named_value("-M", "beta=2"), named_value("-T", "framings=loaded,opaque")
        (('beta', 2), ('framings', 'loaded,opaque'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise StudyError(
            f"{option}: {text!r:.60} is not name=value. Write it as in {option} seed=2."
        )
    try:
        read = ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name, value
    return name, read if isinstance(read, bool | int | float | str) else value


@contextlib.contextmanager
def needs_inspect(command: str) -> Iterator[None]:
    """Say how Inspect is installed where the block finds it missing. Raises StudyError."""
    try:
        yield
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] != "inspect_ai":
            raise
        raise StudyError(
            f"{command} needs Inspect, which is not installed. {install('llm')}."
        ) from None


def look_here() -> None:
    """Let dotted paths be found in the present folder, as when Python runs a file there."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
