"""Reading: the transcripts of some logs, and an account of what was read, left out and broken."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, final

from telos.audit.audit import Audit
from telos.audit.inspect_.folders import History
from telos.audit.inspect_.transcripts import told_in
from telos.audit.transcript import Transcript


@final
@dataclass(frozen=True, eq=False)
class LogReading:
    """The transcripts of some logs, read once, one after the other; what cannot be read is kept account of.

    Args:
        history: the logs. roles: whose calls are judged; empty: agents. met: the roles on record.
        samples: how many were read of each log. unread: what was wrong with a log, by its path.
        superseded: samples that a later log ran again.
    """

    history: History
    roles: tuple[str, ...]
    met: set[str] = field(default_factory=set)
    samples: Counter[str] = field(default_factory=Counter)
    unread: dict[str, str] = field(default_factory=dict)
    superseded: list[Transcript] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        names: Sequence[str | Path],
        roles: Sequence[str] = (),
        besides: Collection[str] = (),
    ) -> Self:
        """The reading of some logs and folders; `besides`: files in these that others read."""
        return cls(History(list(names), frozenset(besides)), tuple(roles))

    def __iter__(self) -> Iterator[Transcript]:
        for one in told_in(self.history, self.roles, self.met):
            if one.superseded:
                self.superseded.append(one)
                continue
            self.samples[one.log] += 1
            if one.unread:
                place = f"{one.log}, sample {one.sample}, epoch {one.epoch}"
                self.unread.setdefault(one.log, f"{place}: {one.incomplete}")
            yield one

    def broken(self) -> bool:
        """Whether something could not be read."""
        return bool(self.unread) or any(each.broken for each in self.history.skipped)

    def nothing(self) -> str:
        """What to say where no sample was found."""
        broken = [each.why for each in self.history.skipped if each.broken]
        named = next((log.path for log in self.history.logs), "the folder")
        return broken[0] if broken else f"{named}: holds no sample. Name the log of a finished run."

    def logs(self) -> list[dict[str, Any]]:
        """One row a log: its path, how many samples were read, and what was wrong."""
        broken = {each.path: each.why for each in self.history.skipped if each.broken}
        names = dict.fromkeys((*(str(log.path) for log in self.history.logs), *broken))
        return [
            {
                "log": name,
                "samples": self.samples[name],
                "error": broken.get(name) or self.unread.get(name, ""),
            }
            for name in names
        ]

    def left(self, superseded: Audit) -> dict[str, Any]:
        """What was left out: copies, files, and samples that a later log ran again."""
        rows = [
            {
                "log": sample.log,
                "sample": sample.sample,
                "epoch": sample.epoch,
                "by": one.superseded,
                "attempted": [d for d, said in sample.verdicts.items() if said == "attempted"],
            }
            for sample, one in zip(superseded.samples, self.superseded, strict=True)
        ]
        skipped = [
            {"path": each.path, "why": each.why} for each in self.history.skipped if not each.broken
        ]
        return {"copies": len(self.history.copies), "superseded": rows, "skipped": skipped}
