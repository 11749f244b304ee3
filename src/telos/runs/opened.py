"""Results: the folder of a study, finished or running, and its tables as frames."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from telos.core.files import plain_path
from telos.core.notebook import cards, charts
from telos.core.tables import read_csv
from telos.runs.export import AGAIN, export
from telos.runs.progress import Progress, progress_of
from telos.runs.tables import (
    DISPLACEMENT,
    ONSETS,
    READINGS,
    SAFEGUARDS,
    SUMMARY,
    SWEEPS,
    csv,
)

if TYPE_CHECKING:
    import polars


@final
@dataclass(frozen=True)
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
        missing: chunks that are not there yet, as of a study that still runs.
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

    @property
    def complete(self) -> bool:
        """Whether every chunk of the study is there."""
        return not self.failures and not self.missing

    def progress(self) -> Progress:
        """How far the study is now, whoever may be at work on it."""
        return progress_of(self.folder)

    def frame(self, table: str = SUMMARY) -> "polars.DataFrame":
        """One table of the study; while it runs, the readings and the summary are of what is there.

        Args:
            table: `readings`, `summary`, `displacement`, `safeguards`, `removal_incentives`,
                `corrigibility`, `sweeps` or `onsets`.

        Returns:
            The table; its columns are those of `telos.core.tables`.

        Raises:
            UnknownName: if there is no such table.
            StoreError: if the study has nothing of it (yet), or its file is not as it was written.
        """
        return export(self.folder, table).lazy.collect()

    def summary(self) -> "polars.DataFrame":
        """One row a trial and drive: rates with their intervals, shares and baselines."""
        return read_csv(self.folder / csv(SUMMARY), SUMMARY, AGAIN)

    def displacement(self) -> "polars.DataFrame | None":
        """One row a guarded trial and drive: what moved; None if the study has no safeguards."""
        return self._table(DISPLACEMENT)

    def prices(self) -> "polars.DataFrame | None":
        """One row a guarded trial: the task retained and what goals would pay; None without any."""
        return self._table(SAFEGUARDS)

    def sweeps(self) -> "polars.DataFrame | None":
        """One row a sweep, level and drive: rates and propensities; None if the study has no sweeps."""
        return self._table(SWEEPS)

    def onsets(self) -> "polars.DataFrame | None":
        """One row a sweep and drive: where it begins; None if the study has no sweeps."""
        return self._table(ONSETS)

    def readings(self) -> "polars.LazyFrame":
        """One row a trial, goal and drive, read when collected."""
        import polars as pl

        return pl.scan_parquet(self.folder / READINGS, glob=False, hive_partitioning=False)

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
    now = progress_of(plain_path(folder))
    there = sum(trial.chunks for trial in now.trials)
    return Results(
        folder=plain_path(folder),
        kept=there,
        failures=now.failures,
        seconds=now.seconds,
        missing=sum(trial.chunks_asked for trial in now.trials) - there,
    )


#: Its name in the public API, `telos.open`.
open = open_results  # noqa: A001
