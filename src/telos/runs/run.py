"""run: compute what a study still lacks, then write its record."""

import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from telos.core.errors import StoreError, StudyError, TelosError, explained
from telos.core.files import plain_path
from telos.core.model import first_problem
from telos.core.record import Record, StudyEntry, read_record
from telos.core.spec import modules_of, to_spec
from telos.core.study_spec import StudySpec
from telos.measure.chance import MOST_EXACT, compile_chance
from telos.runs.chances import CHANCES, chances_table
from telos.runs.control_tables import ACTS, CONTROLS, control_tables
from telos.runs.controls import PlannedControl, plan_controls
from telos.runs.engines import Engine, engine
from telos.runs.entries import (
    control_entries,
    entries,
    held_controls,
    held_parts,
    n_chunks,
    own,
    sweep_entries,
)
from telos.runs.files import write_json
from telos.runs.guarded import guarded_tables
from telos.runs.illustrate import ILLUSTRATIONS, illustrate
from telos.runs.jobs import Executor, Job
from telos.runs.lock import heartbeat
from telos.runs.magnitude import magnitude_tables
from telos.runs.opened import Results
from telos.runs.parts import Held, find_parts
from telos.runs.plan import Planned, built, chunks, lay_out
from telos.runs.price import check_plan, check_price
from telos.runs.provenance import provenance, usable_cores
from telos.runs.stages import Stages
from telos.runs.store import Store, open_store, tidy
from telos.runs.study import Study
from telos.runs.sweeps import sweep_tables
from telos.runs.tables import (
    CORRIGIBILITY,
    SUMMARY,
    corrigibility_table,
    csv,
    summary,
    write_readings,
    write_table,
)
from telos.runs.world_cache import cache_worlds, clear_cache
from telos.solve.ready import compile_for

#: Processes, chunks in flight, or elements of an array.
MOST_JOBS = 10_000


def run(
    study: Study,
    out: Path | str,
    *,
    jobs: int | None = None,
    progress: bool | Stages = True,
    on: str = "local",
) -> Results:
    """Run a study into a folder; what the folder already holds of it is kept.

    Stopped at any moment, by Ctrl-C or kill -9, it loses the chunks in flight and nothing else:
    run the same study into the same folder again and it goes on. Kept is what was made with the same
    code in the same worlds (`telos.runs.made`); anything else is computed again.

    Args:
        study: what to run.
        out: the result folder, made if need be.
        jobs: how many processes, at least 1; None: one for each core at hand.
        progress: say on the standard error stream what is done and how far it is.
        on: where to compute: ``local``, ``ray``, ``ray://host:port``, ``slurm`` or
            ``slurm:option=value,…``; the numbers are the same everywhere.

    Returns:
        The results; their folder holds `study.json`, `readings.parquet`, `summary.csv` and
        `illustrations.json`.

    Raises:
        StoreError: if the folder cannot be used, holds another study, another run works in it, or the
            disk takes no more; what is finished is kept.
        StudyError: if the study names parts that cannot be built or written down, or asks for more
            than can be computed, or the engine cannot be reached.
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
        ('self_preservation', 100, 0.75)
    """
    begun = time.perf_counter()
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1):
        raise StudyError(f"jobs is {jobs!r}; it must be an integer of at least 1.")
    if jobs is not None and jobs > MOST_JOBS:
        raise StudyError(f"jobs is {min(jobs, 10**18):,}; it may be at most {MOST_JOBS:,}.")
    check_price(study)
    where, folder = engine(on), plain_path(out)
    open_store(folder, study)
    with written_to(folder), heartbeat(folder) as failures:
        store = open_store(folder, study)  # somebody may have been at work in it meanwhile
        tidy(store)
        stages = progress if isinstance(progress, Stages) else Stages(progress)
        done = _work(study, store, where, jobs, stages, failures)
    return dataclasses.replace(done, seconds=time.perf_counter() - begun)


@contextlib.contextmanager
def written_to(folder: Path) -> Iterator[None]:
    """Meanwhile, what the system or polars refuses is one sentence about a result folder.

    Raises:
        StoreError: with what to do.
    """
    try:
        yield
    except TelosError:
        raise
    except OSError as problem:
        raise StoreError(f"{folder}: {explained(problem)}") from None
    except Exception as problem:
        if not type(problem).__module__.startswith("polars."):
            raise
        what = explained(problem)
        raise StoreError(
            f"{folder}: {what} Every whole chunk is kept: run the study again into the same folder."
        ) from None


def _work(
    study: Study,
    store: Store,
    where: Engine,
    jobs: int | None,
    stages: Stages,
    failures: list[str],
) -> Results:
    """Compute what is missing, then write the record; `failures` grows while it computes."""
    begun = time.perf_counter()
    with stages.during("building the worlds"):
        plan = lay_out(study)
        check_plan(plan)
        controls = plan_controls(study, plan)
    with stages.during("looking at what is there"):
        lack = store.missing(plan, controls)
    for sentence in lack.sentences():
        stages.say(sentence)
    made = {planned.trial.key: planned.made for planned in plan}
    todo = [Job(each.control, store.parts, (each.made,)) for each in lack.controls]
    todo += [
        Job(chunk, store.parts, tuple(made[trial.key] for trial in chunk.trials))
        for chunk in chunks(lack.wanted)
    ]
    if where.name == "local":
        jobs = min(jobs or usable_cores(), max(1, len(todo)))
    before = _seconds_before(store)
    record = _record(study, plan, controls, where, jobs, before)
    store.write_record(record)
    _prepare(store, where, jobs, lack.wanted, stages)
    _compute(todo, where.executor(jobs, _sources(study)), stages, failures)
    with stages.during("making the tables"):
        found = find_parts(store.parts)
        held = held_parts(found, record.trials)
        controlled = held_controls(found, record.controls)
        _check_held(store, record, held | controlled, todo, failures)
        store.drop_replaced(plan, controls, complete=not failures)
        _write_tables(store.folder, study, plan, record, held | controlled)
    with stages.during("choosing examples, estimating POWER"):
        shown = illustrate(own(study, plan), record.trials, held)
        write_json(store.folder / ILLUSTRATIONS, shown.plain())
    seconds = time.perf_counter() - begun
    end = {
        "status": "incomplete" if failures else "complete",
        "failures": tuple(failures),
        "seconds": round(before + seconds, 1),
    }
    store.write_record(record.model_copy(update=end))
    if not failures:
        clear_cache(store.folder)
    return Results(
        folder=store.folder,
        computed=len(lack.wanted),
        kept=sum(n_chunks(trial) for trial in record.trials) - len(lack.wanted),
        damaged=lack.damaged,
        others=lack.others,
        failures=tuple(failures),
        seconds=seconds,
    )


def _prepare(
    store: Store,
    where: Engine,
    jobs: int | None,
    wanted: Sequence[tuple[Planned, int, int]],
    stages: Stages,
) -> None:
    """Have the worlds and the machine code made that workers need; each would make them for itself."""
    if where.name == "local" and jobs == 1:
        clear_cache(store.folder)
    else:
        with stages.during("storing the large worlds"):
            cache_worlds(store.folder, (planned.trial.scenario for planned, _, _ in wanted), built)
    if where.name == "local":
        with stages.during("compiling, once for this machine"):
            for kind in sorted({planned.kind for planned, _, _ in wanted}):
                compile_for(kind)
            if any(planned.pairs > MOST_EXACT for planned, _, _ in wanted):
                compile_chance()


def _check_held(
    store: Store, record: Record, held: Held, todo: Sequence[Job], failures: Sequence[str]
) -> None:
    """Refuse to make tables where nothing was computed, or where chunks are gone again."""
    if failures and len(failures) == len(todo) and not any(held.values()):
        raise StudyError(f"nothing could be computed. {failures[0]}")
    lost = sum(n_chunks(trial) - len(held[trial.key]) for trial in record.trials)
    lost += sum(not held[control.key] for control in record.controls)
    if lost and not failures:
        raise StoreError(
            f"{store.parts}: {lost:,} chunks were written and are gone: somebody removed them. Run the "
            "study again into the same folder; what is left is kept."
        )


def _compute(todo: Sequence[Job], executor: Executor, stages: Stages, failures: list[str]) -> None:
    """Have every job done; adds a sentence about each that failed."""
    total = sum(job.readings for job in todo)
    with stages.towards(total) as step:
        results = executor.run(todo)
        try:
            for result in results:
                step(result.readings)
                if result.failure:
                    failures.append(result.failure)
        finally:
            results.close()


def _sources(study: Study) -> tuple[Path, ...]:
    """The single files that define parts of the study: workers load them by path."""
    names = sorted(modules_of(to_spec(study)))
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in names}
    return tuple(Path(file) for name, file in files.items() if file and Path(file).stem == name)


def _write_tables(
    folder: Path,
    study: Study,
    plan: tuple[Planned, ...],
    record: Record,
    held: Held,
) -> None:
    """The tables that people read, from the parts that the folder holds."""
    trials = record.trials
    write_readings(folder, trials, held)
    found = summary(trials, held)
    tables = {SUMMARY: found, **guarded_tables(trials, held), **sweep_tables(study, plan, held)}
    tables |= control_tables(record, held) | magnitude_tables(trials, held)
    answers = corrigibility_table(found, trials, tables.get(CONTROLS))
    if len(answers):
        tables[CORRIGIBILITY] = answers
    estimated = chances_table(trials, held)
    if len(estimated):
        tables[CHANCES] = estimated
    for table, frame in tables.items():
        write_table(folder / csv(table), frame)
    for table in (CONTROLS, ACTS, CHANCES):
        if table not in tables:  # of an earlier run that had them
            (folder / csv(table)).unlink(missing_ok=True)


def _record(
    study: Study,
    plan: tuple[Planned, ...],
    controls: Sequence[PlannedControl],
    where: Engine,
    jobs: int | None,
    seconds: float,
) -> Record:
    """What `study.json` says of a run that begins: the study, its trials, and what it is made with."""
    try:
        return Record(
            study=StudyEntry(
                name=study.name,
                question=study.question,
                seed=study.seed,
                n_goals=study.n_goals,
                references=study.references,
                spec=StudySpec.model_validate_json(json.dumps(to_spec(study))),
            ),
            trials=entries(study, plan),
            sweeps=sweep_entries(study, plan),
            controls=control_entries(controls),
            provenance=provenance(jobs, where.name),
            status="running",
            seconds=seconds,
        )
    except ValidationError as problem:
        raise StudyError(
            f"{study.name!r:.100} cannot be recorded: {first_problem(problem)}. Change the study."
        ) from None


def _seconds_before(store: Store) -> float:
    """What earlier runs into this folder took, so that the record counts them all."""
    try:
        return read_record(store.folder).seconds
    except StoreError:
        return 0.0
