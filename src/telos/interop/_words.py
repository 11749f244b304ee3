"""The words of many lines at once: columns of numbers and names, taken from bytes without a loop."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Floats, Ints
from telos.interop._lines import BLANKS, LONGEST, Line, lines_of, too_long

#: Bytes that are taken apart together. The arrays for them fit into a processor's cache: of 2^17, 2^19
#: and 2^21 bytes, 2^17 was the fastest, by a quarter.
CHUNK = 1 << 17
#: The most digits of an integer, as `_lines.WHOLE` has it; and of a word that is read in place.
DIGITS, WIDTH = 18, 64

#: What stands in a decimal number; zero bytes fill up shorter ones.
NUMERIC = np.zeros(256, np.bool_)
NUMERIC[list(b"0123456789.eE+-\0")] = True


class Batch(NamedTuple):
    """Some lines of a file: where their words begin and end, and which words are on one line.

    Args:
        text: the lines, whole; number: the number in the file of the first of them.
        raw: the same as numbers, with a line break before and behind.
        start, end: I[W], where each word begins and ends in `raw`.
        head, words: I[R], the first word of each line that says something, and how many words it has.
    """

    text: bytes
    number: int
    raw: NDArray[np.uint8]
    start: Ints
    end: Ints
    head: Ints
    words: Ints


def batches(path: str, data: bytes, start: int, number: int, comment: bytes) -> Iterator[Batch]:
    """The lines of a file from the byte `start`, which begins line `number`, in batches.

    Lines that begin with `comment` are passed over, and so are blank ones.

    Raises:
        WorldError: if a line is too long.
    """
    while start < len(data):
        end = data.rfind(b"\n", start, start + CHUNK) + 1
        if not end:  # a line that is longer than a batch
            end = data.find(b"\n", start) + 1
        end = end or len(data)
        if end - start > LONGEST:
            raise too_long(path, number, end - start, LONGEST)
        text = data[start:end]
        yield batch_of(text, number, comment)
        start, number = end, number + text.count(b"\n")


def batch_of(text: bytes, number: int, comment: bytes) -> Batch:
    """The words of some whole lines, of which the first is line `number`."""
    raw = np.frombuffer(b"\n" + text + b"\n", np.uint8)
    blank = raw <= 32  # what else is below 32 has been refused
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    start, end = edges[0::2], edges[1::2]
    head = np.searchsorted(start, np.flatnonzero(raw == 10))
    head = head[np.diff(head, append=len(start)) > 0]  # of blank lines, the last stands for all
    count = np.diff(head, append=len(start))
    said = raw[start[head]] != comment[0]
    for n in range(1, len(comment)):
        said |= raw.take(start[head] + n, mode="clip") != comment[n]
    if not said.all():
        head, count = head[said], count[said]
    return Batch(text, number, raw, start, end, head, count)


def integers(batch: Batch, at: Ints) -> Ints | None:
    """I[len(at)], the words of these numbers as integers, 0 or more; None if one is none."""
    start, length = batch.start[at], batch.end[at] - batch.start[at]
    most, least = int(length.max(initial=0)), int(length.min(initial=0 if not at.size else DIGITS))
    if most > DIGITS:
        return None
    values = np.zeros(len(at), np.int64)
    for place in range(most):
        digit = batch.raw.take(start + place, mode="clip") - np.uint8(48)
        if place < least:
            if (digit > 9).any():
                return None
            values *= 10
            values += digit
            continue
        there = length > place
        if (digit[there] > 9).any():
            return None
        values[there] = 10 * values[there] + digit[there]
    return values


def decimals(batch: Batch, at: Ints) -> Floats | None:
    """F[len(at)], the words of these numbers as finite decimal numbers; None if one is none."""
    letters = _letters(batch, at)
    if letters is None or not NUMERIC[letters].all():
        return None
    try:
        values = letters.view(f"S{letters.shape[1]}").ravel().astype(np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def names(batch: Batch, at: Ints) -> list[bytes]:
    """The words of these numbers."""
    letters = _letters(batch, at)
    if letters is not None:
        found: list[bytes] = letters.view(f"S{letters.shape[1]}").ravel().tolist()
        return found
    whole = batch.raw.tobytes()
    places = zip(batch.start[at].tolist(), batch.end[at].tolist(), strict=True)
    return [whole[start:end] for start, end in places]


def _letters(batch: Batch, at: Ints) -> NDArray[np.uint8] | None:
    """The letters of words, one word a row, filled up by zeros; None if one is very long."""
    start, length = batch.start[at], batch.end[at] - batch.start[at]
    width = int(length.max(initial=1))
    if width > WIDTH:
        return None
    places = np.arange(width)
    letters = batch.raw.take(start[:, None] + places, mode="clip")
    letters[places >= length[:, None]] = 0
    return letters


def others(batch: Batch, skip: int) -> tuple[Ints, Ints]:
    """The words behind the first `skip` of each line: the row that each stands in, and its number."""
    left = np.maximum(batch.words - skip, 0)
    owner = np.repeat(np.arange(len(left)), left)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(left) - left, left)
    return owner, batch.head[owner] + skip + within


def lines_at(path: str, batch: Batch, rows: Ints) -> list[Line]:
    """The lines of some rows of a batch, to be read with care."""
    breaks = np.flatnonzero(batch.raw == 10)
    after = np.searchsorted(breaks, batch.start[batch.head[rows]])
    spans = zip(after.tolist(), breaks[after - 1].tolist(), breaks[after].tolist(), strict=True)
    return [
        Line(
            path,
            batch.number + n - 1,
            batch.text[start : end - 1].decode("utf-8", "replace").strip(BLANKS),
        )
        for n, start, end in spans
    ]


def coded(codes: dict[bytes, int], found: list[bytes]) -> Ints:
    """I[len(found)], the numbers of names, in the order in which they are first met."""
    return np.array([codes.setdefault(name, len(codes)) for name in found], dtype=np.int64)


#: A column: integers, decimal numbers, or codes of names.
Column = NDArray[Any]
#: One line, taken apart.
Row = tuple[int | float | bytes, ...]


class Columns(NamedTuple):
    """The columns of a file, and the names that columns of names count; -1 is not a name."""

    values: list[Column]
    names: list[str]


def columns(
    path: str,
    data: bytes,
    place: tuple[int, int],
    kinds: str,
    one: Callable[[Line], Row],
    fine: Callable[[list[Column]], bool],
) -> Columns:
    """The columns of the lines of a file: fast where lines are as usual, with care where they are not.

    Args:
        path: how messages call the file. data: what is in it.
        place: the byte to begin at, and the number of the line that begins there.
        kinds: a letter a column: ``i`` integer, ``d`` decimal number, ``n`` name; ``N``, at the
            end only, is a name that may be left out.
        one: takes a single line apart, or says what is wrong with it;
        fine: whether all rows of some columns are as `one` would let them pass.

    Raises:
        WorldError: what `one` raises for the first line that is wrong.
    """
    codes: dict[bytes, int] = {}
    parts: list[list[Column]] = [[] for _ in kinds]
    for batch in batches(path, data, *place, b"#"):
        if not len(batch.head):  # comments and blank lines fill it
            continue
        found = _fast(batch, kinds, codes)
        if found is None or not fine(found):
            lines = lines_of(path, batch.text, number=batch.number, comment="#")
            found = _slow([one(line) for line in lines], kinds, codes)
        for part, column in zip(parts, found, strict=True):
            part.append(narrow(column))
    joined = []
    for kind, part in zip(kinds, parts, strict=True):
        empty = np.empty(0, np.float64 if kind == "d" else np.int32)
        joined.append(np.concatenate([empty, *part]))
        part.clear()
    return Columns(joined, [name.decode("utf-8") for name in codes])


def narrow(column: Column) -> Column:
    """Whole numbers in 32 bits, where that does: columns are what most of the memory goes to."""
    if column.dtype == np.int64 and np.max(column, initial=0) < 2**31:
        return column.astype(np.int32)
    return column


def _fast(batch: Batch, kinds: str, codes: dict[bytes, int]) -> list[Column] | None:
    """The columns of a batch, of one line at least; None if lines are not all alike, or a number is none."""
    width = int(batch.words[0])
    if (batch.words != width).any() or width not in (len(kinds), len(kinds.rstrip("N"))):
        return None
    found: list[Column] = []
    for column, kind in enumerate(kinds):
        at = batch.head + column
        values: Column | None
        if column == width:
            values = np.full(len(at), -1)
        elif kind in "nN":
            values = coded(codes, names(batch, at))
        else:
            values = integers(batch, at) if kind == "i" else decimals(batch, at)
        if values is None:
            return None
        found.append(values)
    return found


def _slow(rows: list[Row], kinds: str, codes: dict[bytes, int]) -> list[Column]:
    """The columns of rows that were taken apart one by one; an empty name has the code -1."""
    found: list[Column] = []
    for column, kind in enumerate(kinds):
        values = [row[column] for row in rows]
        if kind in "nN":
            values = [codes.setdefault(bytes(v), len(codes)) if v else -1 for v in values]  # type: ignore[arg-type]
        found.append(np.array(values, dtype=np.float64 if kind == "d" else np.int64))
    return found
