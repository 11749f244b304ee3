"""run: compute what a study still lacks, then write its record."""

import dataclasses
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from telos.core.errors import StoreError, StudyError
from telos.core.spec import show, to_spec
from telos.runs.corrigible import write_corrigibility
from telos.runs.dials import DIALS, ONSETS, described, own, write_dials
from telos.runs.displaced import DISPLACEMENT, PRICES, write_displacement
from telos.runs.engines import Engine, engine
from telos.runs.executors import Executor, Job
from telos.runs.files import write_json
from telos.runs.heartbeat import heartbeat
from telos.runs.illustrate import ILLUSTRATIONS, illustrate
from telos.runs.plan import Planned, built, lay_out, tasks
from telos.runs.progress import progress as progress_of
from telos.runs.provenance import provenance, usable_cores
from telos.runs.shelf import clear_shelf, put_on_shelf
from telos.runs.shipping import part_paths
from telos.runs.store import SCHEMA, Store, open_store, read_record
from telos.runs.study import Study
from telos.runs.tables import READINGS, SUMMARY, write_readings, write_summary

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
        failures: a sentence about each chunk that could not be computed; empty if all is well.
        seconds: how long this run took.
    """

    folder: Path
    computed: int = 0
    kept: int = 0
    damaged: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every chunk of the study is there."""
        return not self.failures

    def summary(self) -> "polars.DataFrame":
        """One row a trial and drive: rates with their intervals, shares and baselines."""
        import polars as pl

        return pl.read_csv(self.folder / SUMMARY, infer_schema_length=None)

    def displacement(self) -> "polars.DataFrame | None":
        """One row a guarded trial and drive: what moved; None if the study has no safeguards."""
        import polars as pl

        path = self.folder / DISPLACEMENT
        return pl.read_csv(path, infer_schema_length=None) if path.exists() else None

    def prices(self) -> "polars.DataFrame | None":
        """One row a guarded trial: the task kept and what the agent would pay; None without any."""
        import polars as pl

        path = self.folder / PRICES
        return pl.read_csv(path, infer_schema_length=None) if path.exists() else None

    def dials(self) -> "polars.DataFrame | None":
        """One row a dial, level and drive: rates and propensities; None if the study has no dials."""
        import polars as pl

        path = self.folder / DIALS
        return pl.read_csv(path, infer_schema_length=None) if path.exists() else None

    def onsets(self) -> "polars.DataFrame | None":
        """One row a dial and drive: where it begins; None if the study has no dials."""
        import polars as pl

        path = self.folder / ONSETS
        return pl.read_csv(path, infer_schema_length=None) if path.exists() else None

    def readings(self) -> "polars.LazyFrame":
        """One row a trial, goal and drive, read when collected."""
        import polars as pl

        return pl.scan_parquet(self.folder / READINGS)


def run(
    study: Study,
    out: Path | str,
    *,
    jobs: int | None = None,
    progress: bool = True,
    on: str = "local",
) -> Results:
    """Run a study into a folder; what the folder already holds of it is kept.

    Stopped at any moment, by Ctrl-C or kill -9, it loses the chunks in flight and nothing else:
    run the same study into the same folder again and it goes on.

    Args:
        study: what to run.
        out: the result folder, made if need be.
        jobs: how many processes, at least 1; None: one for each core at hand.
        progress: show progress on the standard error stream.
        on: where to compute: ``local``, ``ray``, ``ray://host:port``, ``slurm`` or
            ``slurm:option=value,…``; the numbers are the same everywhere.

    Returns:
        The results; their folder holds `study.json`, `readings.parquet`, `summary.csv` and
        `illustrations.json`.

    Raises:
        StoreError: if the folder cannot be used, or holds another study.
        StudyError: if the study names parts that cannot be built or written down, or the engine
            cannot be reached.
        UnknownName: if there is no such engine.
        WorldError: if a world cannot exist.

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
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     results = run(study, folder, jobs=1, progress=False)
        ...     results.summary().select("drive", "n", "required").row(0)
        ('self_preservation', 100, 0.66)
    """
    begun = time.perf_counter()
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise StudyError(f"jobs is {jobs!r}; it must be a whole number of at least 1.")
    where = engine(on)
    store = open_store(Path(out), study)
    with heartbeat(store.folder) as failures:
        done = _work(study, store, where, jobs, progress, failures)
    return dataclasses.replace(done, seconds=time.perf_counter() - begun)


def _work(
    study: Study,
    store: Store,
    where: Engine,
    jobs: int | None,
    progress: bool,
    failures: list[str],
) -> Results:
    """Compute what is missing, then write the record; `failures` grows while it computes."""
    begun = time.perf_counter()
    plan = lay_out(study)
    wanted, damaged = store.missing(plan)
    if damaged and progress:
        print(
            f"{len(damaged)} damaged parts are computed again, {damaged[0]} first.", file=sys.stderr
        )
    todo = [Job(task, store.parts) for task in tasks(wanted)]
    if where.name == "local":
        jobs = min(jobs or usable_cores(), max(1, len(todo)))
    before = _seconds_before(store)
    record = _record(study, plan, where, jobs)
    store.write_record({**record, "status": "running", "seconds": before})
    if where.name == "local" and jobs == 1:
        clear_shelf(store.folder)
    else:
        put_on_shelf(store.folder, (job.task.trials[0].scenario for job in todo), built)
    _compute(todo, where.executor(jobs, _sources(study)), progress, failures)
    if failures and len(failures) == len(todo) and not list(store.parts.glob("*.parquet")):
        raise StudyError(f"nothing could be computed. {failures[0]}")
    store.drop_replaced()
    write_readings(store, plan)
    write_corrigibility(store.folder, write_summary(store, plan))
    write_displacement(store, plan)
    write_dials(store, study, plan)
    write_json(store.folder / ILLUSTRATIONS, illustrate(store, own(study, plan)))
    seconds = time.perf_counter() - begun
    end = {"status": "incomplete" if failures else "complete", "failures": list(failures)}
    store.write_record({**record, **end, "seconds": round(before + seconds, 1)})
    if not failures:
        clear_shelf(store.folder)
    asked = sum(len(list(planned.chunks())) for planned in plan)
    return Results(
        folder=store.folder,
        computed=len(wanted),
        kept=asked - len(wanted),
        damaged=tuple(damaged),
        failures=tuple(failures),
        seconds=seconds,
    )


def _compute(todo: Sequence[Job], executor: Executor, shown: bool, failures: list[str]) -> None:
    """Have every job done; adds a sentence about each that failed."""
    total = sum(job.task.count * len(job.task.trials) for job in todo)
    with progress_of(total, shown) as step:
        receipts = executor.run(todo)
        try:
            for receipt in receipts:
                step(receipt.readings)
                if receipt.failure:
                    failures.append(receipt.failure)
        finally:
            receipts.close()


def _sources(study: Study) -> tuple[Path, ...]:
    """The single files that define parts of the study: workers load them by path."""
    names = {path.partition(":")[0] for path in part_paths(to_spec(study))}
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in sorted(names)}
    return tuple(Path(file) for name, file in files.items() if file and Path(file).stem == name)


def _record(
    study: Study, plan: tuple[Planned, ...], where: Engine, jobs: int | None
) -> dict[str, Any]:
    """What `study.json` says: the study, its trials, its dials, and what it was made with."""
    turned = {"dials": described(study, plan)} if study.dials else {}
    return {
        "schema": SCHEMA,
        "study": {
            "name": study.name,
            "question": study.question,
            "seed": study.seed,
            "n_goals": study.n_goals,
            "references": list(study.references),
            "spec": to_spec(study),
        },
        "trials": _entries(study, plan),
        **turned,
        "provenance": provenance(jobs, where.name),
    }


def _entries(study: Study, plan: tuple[Planned, ...]) -> list[dict[str, Any]]:
    """Each trial; one that is there for a dial alone says so, for a page tells of the others."""
    mine = {planned.trial.key for planned in own(study, plan)}
    marks = [{} if p.trial.key in mine else {"of_a_dial": True} for p in plan]
    return [{**_entry(p), **mark} for p, mark in zip(plan, marks, strict=True)]


def _entry(planned: Planned) -> dict[str, Any]:
    trial = planned.trial
    world = built(trial.scenario)
    return {
        "key": trial.key,
        **{name: value for name, value in trial.labels().items() if name != "trial"},
        "safeguards": [show(safeguard) for safeguard in trial.safeguards],
        "drives": list(trial.drive_names()),
        "not_applicable": dict(planned.reasons),
        "n_goals": planned.goals,
        "seed": trial.seed,
        "chunk": planned.size,
        "world": {
            "name": world.name,
            "states": world.size,
            "pairs": world.n_pairs,
            "successors": len(world.next_state),
            "outcomes": world.n_outcomes,
            "deterministic": world.deterministic,
            "features": list(world.features),
        },
        "spec": trial.spec(),
    }


def _seconds_before(store: Store) -> float:
    """What earlier runs into this folder took, so that the record counts them all."""
    try:
        return float(read_record(store.folder).get("seconds", 0.0))
    except (StoreError, TypeError, ValueError):
        return 0.0
