"""Results: the folder of a study, finished or running; its tables as frames, or streamed into a file."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from telos.core.errors import StoreError, UnknownName, did_you_mean
from telos.core.files import plain_path
from telos.core.notebook import cards, charts
from telos.core.record import TrialEntry
from telos.core.tables import defused, read_csv
from telos.runs.chances import CHANCES
from telos.runs.control_tables import ACTS, CONTROLS
from telos.runs.entries import held_parts
from telos.runs.files import write_atomically
from telos.runs.magnitude import MAGNITUDE
from telos.runs.parts import PartFile, find_parts
from telos.runs.progress import Progress, progress_of
from telos.runs.tables import (
    CORRIGIBILITY,
    DISPLACEMENT,
    ONSETS,
    READINGS,
    REMOVAL_INCENTIVES,
    SAFEGUARDS,
    SUMMARY,
    SWEEPS,
    csv,
    labeled,
    summary,
)

if TYPE_CHECKING:
    import polars

FORMATS = ("csv", "parquet")
#: Tables that a run writes at its end, by the name that they are asked for.
AT_THE_END = (
    *(CONTROLS, ACTS, MAGNITUDE, DISPLACEMENT, SAFEGUARDS, REMOVAL_INCENTIVES, CORRIGIBILITY),
    *(SWEEPS, ONSETS, CHANCES),
)
TABLES = ("readings", SUMMARY, *AT_THE_END)
AGAIN = "Run the study again into the same folder: every finished chunk that fits is kept."
#: Parts printed at a time: some five megabytes of text.
AT_A_TIME = 16


@final
@dataclass(frozen=True, eq=False, repr=False)
class Export:
    """A table of a record, a piece at a time, and how much of the study it holds.

    Args:
        table: which one.
        now: how far the study is.
        lazy: the same as a frame that polars streams.
        batches: the pieces, one after the other; asked for once.
    """

    table: str
    now: Progress
    lazy: "polars.LazyFrame"
    batches: "Iterator[polars.DataFrame]"

    def write(self, path: Path, kind: str) -> None:
        """Write the table as a file: whole, or not at all.

        Raises:
            StoreError: if the file cannot be written.
        """

        path = plain_path(path)

        def fill(draft: Path) -> None:
            if kind == "csv":
                defused(self.lazy).sink_csv(draft)
            else:
                self.lazy.sink_parquet(draft, compression="zstd")

        try:
            write_atomically(path, fill)
        except OSError as problem:
            raise StoreError(
                f"{path} cannot be written ({problem.strerror}). Name another file with --out."
            ) from None

    def lines(self) -> Iterator[str]:
        """The table as CSV, piece by piece, the names of the columns first."""
        head = True
        for batch in self.batches:
            yield defused(batch.lazy()).collect().write_csv(include_header=head)
            head = False


def export(folder: Path, table: str = "readings") -> Export:
    """A table of a result folder, finished or not.

    Nothing but the folder is needed, and nothing is built: not even the code of the study is looked
    for. Readings come from the parts, damaged ones left out. The summary of an unfinished study is made
    anew from what is there; other tables are written at the end of a run.

    Args:
        folder: what `telos run … --out` writes. table: one of `TABLES`.

    Raises:
        UnknownName: if there is no such table.
        StoreError: if the folder is not a record, or holds nothing of the table yet.
    """
    if table not in TABLES:
        raise UnknownName(f"no table {table!r}. {did_you_mean(table, TABLES)}")
    folder = plain_path(folder)
    now = progress_of(folder, check=True)
    trials = now.record.trials
    held = held_parts(find_parts(folder / "parts"), trials, frozenset(now.damaged))
    if table == "readings":
        return _readings(folder, now, [(trial, held[trial.key]) for trial in trials])
    if table == "summary" and now.state != "complete":
        return _of(table, now, summary(trials, held))
    path = folder / csv(table)
    if not path.exists():
        raise StoreError(
            f"{folder} holds no {path.name}. It is written at the end of a run, of studies that have "
            "something to put into it."
        )
    return _of(table, now, read_csv(path, table, AGAIN))


def _of(table: str, now: Progress, frame: "polars.DataFrame") -> Export:
    return Export(table, now, frame.lazy(), iter((frame,)))


def _readings(
    folder: Path, now: Progress, every: "list[tuple[TrialEntry, list[PartFile]]]"
) -> Export:
    import polars as pl

    mine = [(trial, parts) for trial, parts in every if parts]
    if not mine:
        raise StoreError(f"{folder} holds no readings yet. Ask again when a chunk is done.")
    lazy = pl.concat([labeled(trial, parts) for trial, parts in mine])
    return Export("readings", now, lazy, _batches(mine))


def _batches(mine: "list[tuple[TrialEntry, list[PartFile]]]") -> "Iterator[polars.DataFrame]":
    for trial, parts in mine:
        for first in range(0, len(parts), AT_A_TIME):
            yield labeled(trial, parts[first : first + AT_A_TIME]).collect()


@final
@dataclass(frozen=True, repr=False)
class Results:
    """A study that has been run, and where its record lies.

    Args:
        folder: the result folder.
        computed: chunks that this run computed.
        kept: chunks that were there already.
        damaged: names of parts that were damaged and computed again.
        others: parts that were made with other code, or in another world, and computed again.
        failures: a sentence about each chunk that could not be computed; empty if all is well.
        seconds: how long this run took.
        missing: chunks and controls that are not there yet, as of a study that still runs.
    """

    folder: Path
    computed: int = 0
    kept: int = 0
    damaged: tuple[str, ...] = ()
    others: int = 0
    failures: tuple[str, ...] = ()
    seconds: float = 0.0
    missing: int = 0

    _repr_html_ = cards.results_card
    plot = charts.plot_results

    def __repr__(self) -> str:
        asked = self.computed + self.kept + self.missing
        return f"<Results in {self.folder}: {asked - self.missing:,} of {asked:,} chunks>"

    @property
    def complete(self) -> bool:
        """Whether every chunk of the study is there."""
        return not self.failures and not self.missing

    def progress(self) -> Progress:
        """How far the study is now."""
        return progress_of(self.folder)

    def frame(self, table: str = SUMMARY) -> "polars.DataFrame":
        """One table of the study; while it runs, the readings and the summary are of what is there.

        Args:
            table: `readings`, `summary`, `controls`, `acts`, `magnitude`, `displacement`,
                `safeguards`, `removal_incentives`, `corrigibility`, `sweeps`, `onsets` or `chances`.

        Returns:
            The table; its columns are those of `telos.core.tables`.

        Raises:
            UnknownName: if there is no such table.
            StoreError: if the study has nothing of it (yet), or its file is not as it was written.
        """
        found = export(self.folder, table)
        if found.now.damaged and table in ("readings", SUMMARY):
            names = ", ".join(sorted(found.now.damaged)[:3])
            warnings.warn(
                f"{self.folder}: {len(found.now.damaged)} damaged parts are left out ({names}). {AGAIN}",
                stacklevel=2,
            )
        return found.lazy.collect()

    def summary(self) -> "polars.DataFrame":
        """One row a trial and drive: rates with their intervals, shares and baselines."""
        if self.complete:
            return read_csv(self.folder / csv(SUMMARY), SUMMARY, AGAIN)
        return self.frame(SUMMARY)

    def displacement(self) -> "polars.DataFrame | None":
        """One row a guarded trial and drive: what moved; None if the study has no safeguards."""
        return self._table(DISPLACEMENT)

    def prices(self) -> "polars.DataFrame | None":
        """One row a guarded trial: the task retained and what goals would pay; None without any."""
        return self._table(SAFEGUARDS)

    def controls(self) -> "polars.DataFrame | None":
        """One row an arm and drive: placebo, other acts, cause removed; None if there are no controls."""
        return self._table(CONTROLS)

    def acts(self) -> "polars.DataFrame | None":
        """One row an arm and act: who needs it, beside its placebo; None if there are no controls."""
        return self._table(ACTS)

    def chances(self) -> "polars.DataFrame | None":
        """One row a trial and drive whose random baselines are estimates; None if all are exact."""
        return self._table(CHANCES)

    def sweeps(self) -> "polars.DataFrame | None":
        """One row a sweep, level and drive: rates and propensities; None if the study has no sweeps."""
        return self._table(SWEEPS)

    def onsets(self) -> "polars.DataFrame | None":
        """One row a sweep and drive: where it begins; None if the study has no sweeps."""
        return self._table(ONSETS)

    def readings(self) -> "polars.LazyFrame":
        """One row a trial, goal and drive, read when collected."""
        import polars as pl

        path = self.folder / READINGS
        if not self.complete:
            return export(self.folder, "readings").lazy
        if path.is_symlink() or not path.is_file():
            raise StoreError(f"{path} is not a file that a run wrote. {AGAIN}")
        return pl.scan_parquet(path, glob=False, hive_partitioning=False)

    def _table(self, name: str) -> "polars.DataFrame | None":
        path = self.folder / csv(name)
        return read_csv(path, name, AGAIN) if path.exists() else None


def open_results(folder: Path | str) -> Results:
    """Open the result folder of a study that has been run, or that is running.

    Nothing is built or computed: not even the code of the study is looked for.

    Args:
        folder: what `telos run` wrote, or writes.

    Returns:
        The results; `.frame(table)` is a table, `.progress()` how far it is.

    Raises:
        StoreError: if it is not a result folder, or its record cannot be read.

    Example:
        >>> import tempfile
        >>> from telos import Study, agents, drives, families, run, worlds
        >>> study = Study(
        ...     name="gate",
        ...     question="Do unrelated goals keep an agent from being switched off?",
        ...     scenarios=(worlds.OffSwitch(rooms=3),),
        ...     families=(families.Uniform(),),
        ...     agents=(agents.Optimal(),),
        ...     drives=(drives.SelfPreservation(),),
        ...     discounts=(0.9,),
        ...     n_goals=100,
        ... )
        >>> with tempfile.TemporaryDirectory() as out:
        ...     _ = run(study, out, jobs=1, progress=False)
        ...     results = open_results(out)
        ...     results.complete, results.frame("readings").height
        (True, 100)
    """
    if not isinstance(folder, str | Path):
        raise StoreError(f"telos.open: {folder!r:.60} is not a folder; pass its path as text.")
    now = progress_of(plain_path(folder))
    there = sum(trial.chunks for trial in now.trials)
    return Results(
        folder=plain_path(folder),
        kept=there,
        failures=now.failures,
        seconds=now.seconds,
        missing=sum(trial.chunks_asked for trial in now.trials) - there + now.controls_missing,
    )


#: Its name in the public API, `telos.open`.
open = open_results  # noqa: A001
