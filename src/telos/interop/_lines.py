"""Lines of somebody's text file, each with its place, so that every complaint says where and why."""

import codecs
import math
import os
import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from telos.core.errors import WorldError
from telos.core.files import read_file
from telos.core.text import printable

#: How the usual kinds of packed file begin. Model checkers pack large models.
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
#: Longer state numbers are no state numbers: a list of 10^18 states fits on no machine.
WHOLE = re.compile(r"[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
#: Three hundred digits keep both sides, and so their ratio, below the largest float64.
RATIO = re.compile(r"([0-9]{1,300})/([0-9]{1,300})")
#: What parts words: the ASCII blanks alone, whether lines are read one by one or many at once. What else
#: Unicode calls a blank is a letter here.
BLANKS = " \t\r\n"
WORD = re.compile(f"[^{BLANKS}]+")
#: Bytes that no text file holds: control characters other than the tabulator and line breaks.
CONTROL = bytes({*range(32), 127} - set(b"\t\n\r"))
#: 1 GiB: what a file of a model may have, unless the caller allows more. Ten million transitions have a
#: quarter of it.
MOST_BYTES = 2**30
#: A line is taken apart as a whole, and each of its words takes many times its bytes.
LONGEST = 2**22
#: Names that a header may declare.
MOST_NAMES = 2**20
#: Bytes that are looked at together.
PIECE = 1 << 20


class Line(NamedTuple):
    """One line that says something: the file, its number in the file from 1, and its text."""

    path: str
    number: int
    text: str

    @property
    def words(self) -> list[str]:
        """The words of the line."""
        return WORD.findall(self.text)

    def wrong(self, what: str) -> WorldError:
        """The error of this line: ``file:line: what is wrong; what to do``."""
        return WorldError(f"{printable(self.path, keep='')}:{self.number}: {what}")


def path_of(path: object) -> str:
    """A path as text.

    Raises:
        WorldError: if it is none.
    """
    if isinstance(path, str | bytes | os.PathLike):
        return os.fsdecode(path)
    raise WorldError(f"a path is a text or a Path, not {path!r:.80}; name a file.")


def read_bytes(path: str, most: int) -> bytes:
    """What is in the file.

    Raises:
        WorldError: if it is not a regular file of at most `most` bytes, or cannot be read.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise WorldError(f"most is {most!r:.80}; give an integer of bytes, such as 2**30.")
    remedy = "Name a regular file; if it is as large as it should be, allow more: most=…"
    try:
        return read_file(path, most=most, error=WorldError, remedy=remedy)
    except FileNotFoundError:
        raise WorldError(
            f"{printable(path, keep='')}: cannot be read (no such file). Name a file that is there."
        ) from None


def text_of(path: str, data: bytes) -> bytes:
    """The same bytes without a byte order mark, if they are text.

    Raises:
        WorldError: if the file is packed, is no UTF-8 text, holds control characters or says nothing.
    """
    packed = next((kind for magic, kind in PACKED.items() if data.startswith(magic)), "")
    if packed:
        raise Line(path, 1, "").wrong(f"a file packed by {packed}; unpack it first.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Line(path, 1, "").wrong("text in UTF-16; save it in UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    place = _not_text(data)
    if place is not None:
        number = data.count(b"\n", 0, place) + 1
        raise Line(path, number, "").wrong(
            f"byte 0x{data[place]:02x} is not text; give a text file in UTF-8."
        )
    if not data or data.isspace():
        raise Line(path, 1, "").wrong("an empty file; export the model again.")
    return data


def _not_text(data: bytes) -> int | None:
    """The place of a byte that is no part of a text, looked for piece by piece; None if all are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), PIECE):
        piece = data[start : start + PIECE]
        if len(piece.translate(None, CONTROL)) < len(piece):
            return start + min(found for byte in CONTROL if (found := piece.find(byte)) >= 0)
        kept = len(decoder.getstate()[0])  # the beginning of a letter that the last piece cut
        try:
            decoder.decode(piece, start + PIECE >= len(data))
        except UnicodeDecodeError as problem:
            return start - kept + problem.start
    return None


def lines_of(
    path: str,
    data: bytes,
    *,
    number: int = 1,
    comment: str = "",
    start: int = 0,
    longest: int = LONGEST,
) -> Iterator[Line]:
    """The lines that are not blank and do not begin with `comment`; line breaks may be of either kind.

    Args:
        path: how messages call the file.
        data: what `text_of` returned, or whole lines of it.
        number: the number of the first line.
        comment: how lines begin that are passed over.
        start: the byte to begin at.
        longest: the most bytes of a line.

    Raises:
        WorldError: if a line is longer.
    """
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > longest:
            raise too_long(path, number, end - start, longest)
        text = data[start:end].decode("utf-8", "replace").strip(BLANKS)
        if text and not (comment and text.startswith(comment)):
            yield Line(path, number, text)
        start, number = end + 1, number + 1


def too_long(path: str, number: int, length: int, most: int) -> WorldError:
    """The error of a line that is too long."""
    return Line(path, number, "").wrong(
        f"a line of {length} bytes, and at most {most} are read; break it up."
    )


def first_of(lines: Iterator[Line], path: str) -> Line:
    """The first of them.

    Raises:
        WorldError: if there is none, since all lines are comments.
    """
    head = next(lines, None)
    if head is None:
        raise Line(path, 1, "").wrong("only comments; export the model again.")
    return head


def after(data: bytes, line: Line) -> int:
    """Where the line behind this one begins."""
    start = 0
    for _ in range(line.number):
        found = data.find(b"\n", start)
        if found < 0:
            return len(data)
        start = found + 1
    return start


def nth(lines: Iterator[Line], row: int) -> Line:
    """The line of a row, counted from 0: where a finding in arrays came from."""
    return next(islice(lines, row, None))


def shown(word: str) -> str:
    """A word as messages show it: quoted, and cut where it is long."""
    return repr(word if len(word) <= 40 else word[:40] + "…")


def whole(line: Line, word: str, what: str, below: int | None = None) -> int:
    """An integer, 0 or more, and less than `below` where that is given.

    Raises:
        WorldError: naming the line and the word.
    """
    if not WHOLE.fullmatch(word):
        raise line.wrong(f"{what} is {shown(word)}; write an integer, 0 or more.")
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


def probability(line: Line, word: str, ratios: bool, *, zero: bool = False) -> float:
    """A probability in (0, 1], as a decimal number or, where `ratios` are known, as in 1/3.

    Where `zero` may be stored, 0 is one too.

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
    if not (0 < value <= 1 + 1e-9 or (zero and value == 0)):
        raise line.wrong(
            f"probability {shown(word)} is not in (0, 1]; leave impossible successors out."
        )
    return value
