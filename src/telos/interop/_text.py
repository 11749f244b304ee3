"""A third-party text file: its lines, words and numbers, each with its place, and whole columns at once."""

import codecs
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from telos.core.arrays import Bools, Ints
from telos.core.errors import WorldError
from telos.core.files import read_file
from telos.core.text import printable

#: How the usual kinds of packed file begin. Model checkers pack large models.
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
#: Longer state numbers are no state numbers: a list of 10^18 states fits on no machine.
INTEGER = re.compile(r"\+?[0-9]{1,18}")
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
#: Three hundred digits keep both sides, and so their ratio, below the largest float64.
RATIO = re.compile(r"([0-9]{1,300})/([0-9]{1,300})")
#: What parts words: the ASCII blanks alone. What else Unicode calls a blank is a letter here.
BLANKS = " \t\r"
WORD = re.compile(f"[^{BLANKS}\n]+")
#: What a piece of a file holds if its words are parted by more than single spaces.
UNTIDY = (b"  ", b"\t", b"\r")
#: Bytes that no text file holds: control characters other than the tabulator and line breaks.
CONTROL = bytes({*range(32), 127} - set(b"\t\n\r"))
#: 1 GiB: what a file of a model may have, unless the caller allows more. Ten million transitions have a
#: quarter of it.
MOST_BYTES = 2**30
#: A line is taken apart as a whole, and each of its words takes many times its bytes.
LONGEST = 2**22
#: Names that a header may declare.
MOST_NAMES = 2**20
#: Bytes that are taken apart together: of 2^16, 2^18 and 2^20, 2^20 took the least time.
PIECE = 1 << 20

#: A column: integers, decimal numbers, or codes of names.
Column = NDArray[Any]


class TextLine(NamedTuple):
    """One line that says something: file, number from 1, text, and the byte at which the next begins."""

    path: str
    number: int
    text: str
    end: int = 0

    @property
    def words(self) -> list[str]:
        """The words of the line."""
        return WORD.findall(self.text)

    def wrong(self, what: str) -> WorldError:
        """The error of this line: ``file:line: what is wrong; what to do``."""
        return WorldError(f"{printable(self.path, keep='')}:{self.number}: {what}")


class LinePiece(NamedTuple):
    """Some consecutive lines that say something: their numbers in the file and their texts."""

    number: Ints
    text: pl.Series


@final
@dataclass(frozen=True)
class TextFile:
    """A file of text that was read whole.

    Args:
        path: how messages call it. data: its bytes, UTF-8 without a byte order mark.
        comment: how lines begin that are passed over.
    """

    path: str
    data: bytes
    comment: str = "#"

    def at(self, number: int) -> TextLine:
        """A place, for messages."""
        return TextLine(self.path, number, "")

    def lines(self, after: TextLine | None = None, *, comments: bool = False) -> Iterator[TextLine]:
        """The lines behind `after` that are not blank; comments only where they are asked for."""
        start, number = (after.end, after.number + 1) if after else (0, 1)
        while start < len(self.data):
            end = self.data.find(b"\n", start) + 1 or len(self.data)
            self._check_length(number, end - start)
            text = self.data[start:end].decode("utf-8", "replace").strip(BLANKS + "\n")
            if text and (comments or not text.startswith(self.comment)):
                yield TextLine(self.path, number, text, end)
            start, number = end, number + 1

    def first(self) -> TextLine:
        """The first line that is not a comment. Raises WorldError if there is none."""
        head = next(self.lines(), None)
        if head is None:
            raise self.at(1).wrong("only comments; export the model again.")
        return head

    def line(self, row: int, after: TextLine | None = None) -> TextLine:
        """The line of a row behind `after`, counted from 0: where a finding in columns came from."""
        return next(islice(self.lines(after), row, None))

    def pieces(self, after: TextLine | None = None, *, tidy: bool = False) -> Iterator[LinePiece]:
        """What `lines` yields, many at once; tidy: with one space between words."""
        start, number = (after.end, after.number + 1) if after else (0, 1)
        while start < len(self.data):
            end = self.data.rfind(b"\n", start, start + PIECE) + 1
            end = end or self.data.find(b"\n", start) + 1 or len(self.data)
            if end - start > PIECE:
                self._check_length(number, end - start)
            raw = self.data[start:end]
            text = pl.Series([raw.decode()]).str.split("\n").explode().str.strip_chars(BLANKS)
            if tidy and any(blank in raw for blank in UNTIDY):
                text = text.str.replace_all(f"[{BLANKS}]+", " ")
            said = (text != "") & ~text.str.starts_with(self.comment)
            found = said.arg_true().to_numpy()
            if len(found):
                yield LinePiece(
                    number + found, text if len(found) == len(text) else text.filter(said)
                )
            start, number = end, number + raw.count(b"\n")

    def _check_length(self, number: int, length: int) -> None:
        if length > LONGEST:
            raise self.at(number).wrong(
                f"a line of {length} bytes, and at most {LONGEST} are read; break it up."
            )


def read_text(path: object, most: int, comment: str = "#") -> TextFile:
    """The text in a file."""
    where = path_of(path)
    return as_text(where, read_bytes(where, most), comment)


def path_of(path: object) -> str:
    """A path as text. Raises WorldError if it is none."""
    if isinstance(path, str | bytes | os.PathLike):
        return os.fsdecode(path)
    raise WorldError(f"a path is a text or a Path, not {path!r:.80}; name a file.")


def read_bytes(path: str, most: int) -> bytes:
    """What is in the file."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise WorldError(f"most is {most!r:.80}; give an integer of bytes, such as 2**30.")
    remedy = "Name a regular file; if it is as large as it should be, allow more: most=…"
    try:
        return read_file(path, most=most, error=WorldError, remedy=remedy)
    except FileNotFoundError:
        raise WorldError(
            f"{printable(path, keep='')}: cannot be read (no such file). Name a file that is there."
        ) from None


def as_text(path: str, data: bytes, comment: str = "#") -> TextFile:
    """Bytes as text. Raises WorldError, as `read_text`."""
    at = TextLine(path, 1, "")
    packed = next((kind for magic, kind in PACKED.items() if data.startswith(magic)), "")
    if packed:
        raise at.wrong(f"a file packed by {packed}; unpack it first.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise at.wrong("text in UTF-16; save it in UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    place = _not_text(data)
    if place is not None:
        at = at._replace(number=data.count(b"\n", 0, place) + 1)
        raise at.wrong(f"byte 0x{data[place]:02x} is not text; give a text file in UTF-8.")
    if not data or data.isspace():
        raise at.wrong("an empty file; export the model again.")
    return TextFile(path, data, comment)


def _not_text(data: bytes) -> int | None:
    """The place of the first byte that is not text, looked for piece by piece; None if all are."""
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


def shown(word: str) -> str:
    """A word as messages show it: quoted, and cut where it is long."""
    return repr(word if len(word) <= 40 else word[:40] + "…")


def integer(line: TextLine, word: str, what: str, below: int | None = None) -> int:
    """An integer, 0 or more, and less than `below` where that is given."""
    if not INTEGER.fullmatch(word):
        raise line.wrong(f"{what} is {shown(word)}; write an integer, 0 or more.")
    number = int(word)
    if below is not None and number >= below:
        raise line.wrong(f"{what} is {number}, but the last one is number {below - 1}.")
    return number


def decimal(line: TextLine, word: str, what: str) -> float:
    """A finite decimal number. Raises WorldError, naming the line and the word."""
    if DECIMAL.fullmatch(word) and math.isfinite(found := float(word)):
        return found
    raise line.wrong(f"{what} is {shown(word)}; write a finite decimal number, such as 0.25.")


def probability(line: TextLine, word: str, ratios: bool, *, zero: bool = False) -> float:
    """A probability in (0, 1], as a decimal number or, where `ratios` are known, as in 1/3.

    Where `zero` may be stored, 0 is one too.
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


def integers(words: pl.Series) -> tuple[Column, Bools]:
    """Words as integers from 0 on, and which of them are."""
    found = words.cast(pl.UInt32, strict=False)
    return found.fill_null(0).cast(pl.Int64).to_numpy(writable=True), found.is_not_null().to_numpy()


def decimals(words: pl.Series) -> tuple[Column, Bools]:
    """Words as decimal numbers, and which of them are finite ones."""
    found = words.cast(pl.Float64, strict=False).fill_null(math.nan).to_numpy(writable=True)
    return found, np.isfinite(found)


def coded(codes: dict[str, int], words: pl.Series, *, new: bool = True) -> Column:
    """The codes of names; `new` ones get the next number, in the order in which they come, others -1."""
    met = words.unique(maintain_order=True).drop_nulls().to_list()
    if new:
        numbers = {name: codes.setdefault(name, len(codes)) for name in met}
    else:
        numbers = {name: codes.get(name, -1) for name in met}
    return words.replace_strict(numbers, default=-1, return_dtype=pl.Int64).to_numpy(writable=True)


def narrow(column: Column) -> Column:
    """Integers in 32 bits, where that does: columns are what most of the memory goes to."""
    if column.dtype == np.int64 and np.max(column, initial=0) < 2**31:
        return column.astype(np.int32)
    return column


def columns(
    text: TextFile,
    after: TextLine | None,
    kinds: str,
    one: Callable[[TextLine], tuple[Any, ...]],
    fine: Callable[[list[Column]], Bools],
) -> tuple[list[Column], list[str]]:
    """The columns of the lines behind `after`, and the names that columns of names count.

    Lines as usual are read at once, the others by `one`.

    Args:
        text: the file. after: the line behind which to begin.
        kinds: a letter a column: ``i`` integer, ``d`` decimal number, ``n`` name; ``N``, at the
            end only, is a name that may be left out, with the code -1.
        one: takes a single line apart, or says what is wrong with it.
        fine: which rows of some columns `one` would let pass, if their words are numbers and names.
    """
    codes: dict[str, int] = {}
    parts: list[list[Column]] = [[] for _ in kinds]
    for piece in text.pieces(after, tidy=True):
        fields = piece.text.str.splitn(" ", len(kinds) + 1).struct
        words = [fields.field(f"field_{n}") for n in range(len(kinds) + 1)]
        good = words.pop().is_null().to_numpy()
        found: list[Column] = []
        for kind, column in zip(kinds, words, strict=True):
            if kind in "nN":
                values = coded(codes, column)
                right = values >= 0 if kind == "n" else np.ones(len(values), np.bool_)
            else:
                values, right = integers(column) if kind == "i" else decimals(column)
            found.append(values)
            good = good & right
        for at in np.flatnonzero(~(good & fine(found))).tolist():
            row = one(TextLine(text.path, int(piece.number[at]), piece.text[at]))
            for kind, values, value in zip(kinds, found, row, strict=True):
                named = kind in "nN"
                values[at] = (
                    (codes.setdefault(value, len(codes)) if value else -1) if named else value
                )
        for part, values in zip(parts, found, strict=True):
            part.append(narrow(values))
    empty = [np.empty(0, np.float64 if kind == "d" else np.int32) for kind in kinds]
    joined = [np.concatenate([none, *part]) for none, part in zip(empty, parts, strict=True)]
    return joined, list(codes)


def repeated(values: Column) -> int | None:
    """The place of the first number that was there before; None if all differ."""
    if (values[1:] > values[:-1]).all():
        return None
    by = np.argsort(values, kind="stable")
    again = by[1:][values[by[1:]] == values[by[:-1]]]
    return int(again.min()) if again.size else None
