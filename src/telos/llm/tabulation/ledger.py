"""Ledger: what was asked and answered, on the disk before the next question is put."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, final

from telos.core.errors import StoreError, explained
from telos.core.files import check_replaceable, read_file
from telos.core.model import checked
from telos.llm.tabulation.record import Heading, Reply
from telos.runs.files import write_atomically
from telos.runs.lock import Unsupported, locked

#: The file in the folder of a tabulation.
FILE = "table.jsonl"
#: Bytes that it may have: a line has some 150, so that this is more than a million answers.
MOST_BYTES = 2**29
REMEDY = "Name another folder, or remove the file to ask everything anew."

Place = tuple[int, int, int]


@final
@dataclass(frozen=True, eq=False)
class Ledger:
    """The answers of one tabulation.

    Args:
        path: of the file. heading: its first line. replies: by setup, state and draw.
        handle: open for appending; None where it is only read.
    """

    path: Path
    heading: Heading
    replies: dict[Place, Reply] = field(default_factory=dict)
    handle: BinaryIO | None = None

    @property
    def calls(self) -> int:
        """Calls of the model so far."""
        return sum(reply.calls for reply in self.replies.values())

    @property
    def tokens(self) -> tuple[int, int]:
        """Tokens read and written so far."""
        replies = self.replies.values()
        return sum(each.read for each in replies), sum(each.written for each in replies)

    def add(self, reply: Reply) -> None:
        """Put an answer on the disk; when this returns, it outlives the process.

        Raises:
            StoreError: if the disk does not take it.
        """
        if self.handle is None:
            raise StoreError(f"{self.path} is open for reading only.")
        try:
            self.handle.write(_line(reply))
            self.handle.flush()
            os.fsync(self.handle.fileno())
        except OSError as problem:
            raise StoreError(f"{self.path}: {explained(problem)}") from None
        self.replies[reply.setup, reply.state, reply.draw] = reply


def read_ledger(path: Path) -> Ledger:
    """The ledger in a file. A last line that a killed run did not finish is passed over.

    Raises:
        StoreError: naming line and place, if it is not one.
    """
    lines = read_file(path, most=MOST_BYTES, remedy=REMEDY).split(b"\n")
    if len(lines) < 2:
        raise StoreError(f"{path} has no heading. {REMEDY}")
    heading = checked(Heading, lines[0], f"{path}, line 1", REMEDY)
    found = Ledger(path, heading)
    for number, line in enumerate(lines[1:-1], 2):
        reply = checked(Reply, line, f"{path}, line {number}", REMEDY)
        place = (reply.setup, reply.state, reply.draw)
        if place in found.replies:
            raise StoreError(f"{path}, line {number}: answers what was answered before. {REMEDY}")
        if reply.setup >= len(heading.setups) or reply.draw >= heading.draws:
            raise StoreError(
                f"{path}, line {number}: answers what the heading does not ask. {REMEDY}"
            )
        found.replies[place] = reply
    return found


def answered(folder: Path, heading: Heading) -> dict[Place, Reply]:
    """What a folder holds of a tabulation, for those who only ask; nothing if it was not begun.

    Raises:
        StoreError: if the folder holds another tabulation, or what is none.
    """
    path = folder / FILE
    if not os.path.lexists(path):
        return {}
    known = read_ledger(path)
    _same(path, known.heading, heading)
    return known.replies


@contextlib.contextmanager
def opened(folder: Path, heading: Heading) -> Iterator[Ledger]:
    """The ledger of a folder, to go on with; begun if there is none. One run at a time has it.

    Raises:
        StoreError: if the folder holds another tabulation, or what is none, or another run works in it.
    """
    path = folder / FILE
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(Unsupported):  # then nobody can be kept out
            stack.enter_context(locked(folder))
        try:
            check_replaceable(path)
            if not path.exists():
                write_atomically(path, lambda draft: draft.write_bytes(_line(heading)))
        except OSError as problem:
            raise StoreError(f"{path}: {explained(problem)}") from None
        known = read_ledger(path)
        _same(path, known.heading, heading)
        handle = stack.enter_context(path.open("r+b"))
        _cut(handle)
        yield Ledger(path, known.heading, known.replies, handle)


def _cut(handle: BinaryIO) -> None:
    """Stand behind the last line that is whole, and drop what a killed run left behind it."""
    text = handle.read()
    end = text.rfind(b"\n") + 1
    if end != len(text):
        handle.seek(end)
        handle.truncate()
    handle.seek(end)


def _same(path: Path, there: Heading, asked: Heading) -> None:
    """Raise StoreError, naming the first thing that differs, unless it is the same tabulation."""
    for name in type(asked).model_fields:
        old, new = getattr(there, name), getattr(asked, name)
        if old == new:
            continue
        what = f"{name} is {old!r:.80}, not {new!r:.80}"
        if isinstance(old, tuple):
            what = f"its {name} are others"
        raise StoreError(
            f"{path} holds another tabulation: {what}. Name another folder with --out."
        )


def _line(model: Heading | Reply) -> bytes:
    return model.model_dump_json().encode() + b"\n"
