"""Lines of somebody's text file, each with its place, so that every complaint says where and why."""

import math
import re
from pathlib import Path
from typing import NamedTuple

from telos.core.errors import WorldError

#: How the usual kinds of packed file begin. Model checkers pack large models.
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
#: Longer state numbers are no state numbers: a list of 10^18 states fits on no machine.
WHOLE = re.compile(r"[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
#: Three hundred digits keep both sides, and so their ratio, below the largest float64.
RATIO = re.compile(r"([0-9]{1,300})/([0-9]{1,300})")


class Line(NamedTuple):
    """One line that says something: the file, its number in the file from 1, and its text."""

    path: str
    number: int
    text: str

    def wrong(self, what: str) -> WorldError:
        """The error of this line: ``file:line: what is wrong; what to do``."""
        return WorldError(f"{self.path}:{self.number}: {what}")


def read_bytes(path: str) -> bytes:
    """What is in the file.

    Raises:
        WorldError: if it cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the path
        reason = getattr(problem, "strerror", None) or problem
        raise WorldError(f"{path}: cannot be read ({reason}). Name a file that is there.") from None


def lines_of(path: str, data: bytes) -> list[Line]:
    """The lines of a text file that are not blank; line breaks may be of either kind.

    Raises:
        WorldError: if the file is packed, is no UTF-8 text, or says nothing.
    """
    packed = next((kind for magic, kind in PACKED.items() if data.startswith(magic)), "")
    if packed:
        raise WorldError(f"{path}:1: a file packed by {packed}; unpack it first.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        number = data.count(b"\n", 0, problem.start) + 1
        raise WorldError(
            f"{path}:{number}: byte 0x{data[problem.start]:02x} is not text; give a text file in "
            "UTF-8."
        ) from None
    stripped = ((number, raw.strip()) for number, raw in enumerate(text.split("\n"), 1))
    lines = [Line(path, number, raw) for number, raw in stripped if raw]
    if not lines:
        raise WorldError(f"{path}:1: an empty file; export the model again.")
    return lines


def without_comments(path: str, lines: list[Line]) -> list[Line]:
    """The lines that do not begin with ``#``.

    Raises:
        WorldError: if there are only comments.
    """
    kept = [line for line in lines if not line.text.startswith("#")]
    if not kept:
        raise WorldError(f"{path}:{lines[-1].number}: only comments; export the model again.")
    return kept


def shown(word: str) -> str:
    """A word as messages show it: quoted, and cut where it is long."""
    return repr(word if len(word) <= 40 else word[:40] + "…")


def whole(line: Line, word: str, what: str, below: int | None = None) -> int:
    """A whole number, 0 or more, and less than `below` where that is given.

    Raises:
        WorldError: naming the line and the word.
    """
    if not WHOLE.fullmatch(word):
        raise line.wrong(f"{what} is {shown(word)}; write a whole number, 0 or more.")
    number = int(word)
    if below is not None and number >= below:
        raise line.wrong(f"{what} is {number}, but the last one is number {below - 1}.")
    return number


def decimal(line: Line, word: str, what: str) -> float:
    """A finite decimal number.

    Raises:
        WorldError: naming the line and the word.
    """
    if DECIMAL.fullmatch(word) and math.isfinite(found := float(word)):
        return found
    raise line.wrong(f"{what} is {shown(word)}; write a finite decimal number, such as 0.25.")


def probability(line: Line, word: str, ratios: bool) -> float:
    """A probability in (0, 1], as a decimal number or, where `ratios` are known, as in 1/3.

    Raises:
        WorldError: naming the line and the word.
    """
    ratio = RATIO.fullmatch(word)
    if ratio and not ratios:
        # measured with Storm 2.0.0: it stops reading at the stroke, and the sum is not checked
        raise line.wrong(
            f"probability {shown(word)}: Storm reads {ratio[1]} and drops the rest of it; write it "
            "as a decimal number."
        )
    if ratio and int(ratio[2]) > 0:
        value = int(ratio[1]) / int(ratio[2])
    elif ratio:
        raise line.wrong(f"probability {shown(word)} divides by zero; write a number in (0, 1].")
    else:
        value = decimal(line, word, "probability")
    # the sum of a choice is held to 1 more closely; here a rounded 1.0000000001 may pass
    if not 0 < value <= 1 + 1e-9:
        raise line.wrong(
            f"probability {shown(word)} is not in (0, 1]; leave impossible successors out."
        )
    return value
