"""Reading: the transcripts in files of several formats, as one, and an account of what was left out."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, final

from telos.audit.audit import Audit
from telos.audit.formats.files import told_in_file
from telos.audit.roles import check_roles
from telos.audit.transcript import Transcript
from telos.core.errors import TranscriptError


class SomeReading(Protocol):
    """What readings of every kind of file have in common."""

    @property
    def met(self) -> set[str]:
        """The roles on record."""

    @property
    def superseded(self) -> list[Transcript]:
        """Samples that a later file ran again."""

    @property
    def samples(self) -> Counter[str]:
        """How many were read of each file."""

    def __iter__(self) -> Iterator[Transcript]: ...

    def broken(self) -> bool:
        """Whether something could not be read."""

    def nothing(self) -> str:
        """What to say where no sample was found."""

    def logs(self) -> list[dict[str, Any]]:
        """One row a file."""

    def left(self, superseded: Audit) -> dict[str, Any]:
        """What was left out."""


@final
@dataclass(frozen=True, eq=False)
class FileReading:
    """The transcripts of some files that are no logs of Inspect, one after the other.

    Args:
        paths: the files. roles: whose calls are judged; empty: agents.
        skipped: files in the same folders that nobody reads, and why.
        met: the roles on record. samples: how many were read of each file.
        unread: what was wrong with a file. copies: files with the bytes of another.
    """

    paths: Sequence[Path]
    roles: tuple[str, ...]
    skipped: Sequence[tuple[str, str]] = ()
    met: set[str] = field(default_factory=set)
    samples: Counter[str] = field(default_factory=Counter)
    unread: dict[str, str] = field(default_factory=dict)
    copies: list[str] = field(default_factory=list)
    superseded: list[Transcript] = field(default_factory=list)

    def __iter__(self) -> Iterator[Transcript]:
        digests: set[bytes] = set()
        for path in self.paths:
            known = len(digests)
            try:
                for one in told_in_file(path, self.roles, self.met, digests):
                    self.samples[str(path)] += 1
                    if one.unread:
                        place = f"{one.log}, sample {one.sample}"
                        self.unread.setdefault(str(path), f"{place}: {one.incomplete}")
                    yield one
            except (OSError, TranscriptError) as problem:
                self.unread[str(path)] = str(problem)
                continue
            if len(digests) == known:
                self.copies.append(str(path))

    def broken(self) -> bool:
        """Whether something could not be read."""
        return bool(self.unread)

    def nothing(self) -> str:
        """What to say where no sample was found."""
        return next(iter(self.unread.values()), "no file holds a transcript.")

    def logs(self) -> list[dict[str, Any]]:
        """One row a file: its path, how many samples were read, and what was wrong."""
        return [
            {
                "log": str(path),
                "samples": self.samples[str(path)],
                "error": self.unread.get(str(path), ""),
            }
            for path in self.paths
        ]

    def left(self, superseded: Audit) -> dict[str, Any]:
        """What was left out: copies, and files that nobody reads."""
        skipped = [{"path": path, "why": why} for path, why in self.skipped]
        return {"copies": len(self.copies), "superseded": [], "skipped": skipped}


@final
@dataclass(frozen=True, eq=False)
class JoinedReading:
    """Several readings as one. Raises TranscriptError, at the end, for a role that nobody has.

    Args:
        parts: the readings. roles: whose calls are judged; empty: agents.
    """

    parts: Sequence[SomeReading]
    roles: tuple[str, ...]

    def __iter__(self) -> Iterator[Transcript]:
        for part in self.parts:
            yield from part
        check_roles(self.roles, {role for part in self.parts for role in part.met})

    def all_told(self) -> Iterator[Transcript]:
        """All transcripts, and then the superseded: what was done, and then run again, was done."""
        yield from self
        yield from self.superseded

    @property
    def superseded(self) -> list[Transcript]:
        """Samples that a later log ran again, of what was read so far."""
        return [one for part in self.parts for one in part.superseded]

    def broken(self) -> bool:
        """Whether something could not be read."""
        return any(part.broken() for part in self.parts)

    def nothing(self) -> str:
        """What to say where no sample was found."""
        told = [part.nothing() for part in self.parts]
        return next(
            (said for part, said in zip(self.parts, told, strict=True) if part.broken()), told[0]
        )

    def logs(self) -> list[dict[str, Any]]:
        """One row a file."""
        return [row for part in self.parts for row in part.logs()]

    def left(self, superseded: Audit) -> dict[str, Any]:
        """What was left out; samples that were run again are of the logs of Inspect."""
        left: dict[str, Any] = {"copies": 0, "superseded": [], "skipped": []}
        for part in self.parts:
            if part.superseded or not superseded.samples:
                told = part.left(superseded)
            else:
                told = part.left(Audit((), (), (), (), {}))
            left = {key: value + told[key] for key, value in left.items()}
        return left
