"""What a result folder says of itself: one typed record, written and read by the same models.

A file is validated whole (types, ranges, names, sizes) before any of it is believed, and no part is ever
recognized by its text: a `PartRef` says what it is.
"""

from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self, final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.model import (
    MOST_GOALS,
    AbstractModel,
    Count,
    Discount,
    GoalCount,
    Key,
    Name,
    Seconds,
    Seed,
    Word,
    Words,
    checked,
)
from telos.core.refs import PartRef
from telos.core.spec import digest
from telos.core.study_spec import StudySpec

RECORD = "study.json"
#: The version of `study.json`. Version 1 named parts by the text of their `repr`.
SCHEMA = 2
MOST_TRIALS = 200_000
#: Bytes of a record: half a million trials.
MOST_RECORD = 512 * 2**20


@final
class WorldEntry(AbstractModel):
    """What a record says of a trial's world."""

    name: Word
    states: Count
    pairs: Count
    successors: Count
    outcomes: Count
    deterministic: bool
    features: tuple[Word, ...]
    estimated: Words = ""


@final
class Made(AbstractModel):
    """What made a trial's numbers, as digests; what is lacking is empty, and equals nothing that was made.

    Attributes:
        world: of the built world: its arrays, its features, the names of its actions and outcomes.
        source: of the authors' modules behind the trial's parts, of what these import, and of the
            constants that they hold.
        telos: of Telos's own code and version, of the libraries that it computes with, and of the
            device.
    """

    world: Word = ""
    source: Word = ""
    telos: Word = ""

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits: same digits, same numbers."""
        return digest(self.model_dump())

    def differs_from(self, other: "Made") -> tuple[str, ...]:
        """What is not the same in the two, in words; empty if all is.

        Example:
            >>> Made(world="a", source="b").differs_from(Made(world="a", source="d"))
            ("the author's source, a package that it imports, or a constant that it reads",)
        """
        words = {
            "world": "the world that the scenario builds",
            "source": "the author's source, a package that it imports, or a constant that it reads",
            "telos": "Telos, a library that it computes with, or the device",
        }
        return tuple(
            said for name, said in words.items() if getattr(self, name) != getattr(other, name)
        )


@final
class TrialEntry(AbstractModel):
    """One cell of a study.

    Attributes:
        key: names the trial; tables go by it.
        off: what being off is worth to the family's goals.
        not_applicable: why a drive (by its label) does not apply in this world.
        n_goals: goals that it has; chunk: goals in each part file but the last.
        whole: whether these are all goals of the family: they are counted, and nothing is estimated.
        of_a_sweep: whether the trial is there for a sweep alone.
    """

    key: Key
    scenario: PartRef
    family: PartRef
    agent: PartRef
    discount: Discount
    off: Word = ""
    safeguards: tuple[PartRef, ...] = ()
    drives: Annotated[tuple[PartRef, ...], Field(min_length=1)]
    not_applicable: dict[str, Words] = Field(default_factory=dict)
    n_goals: GoalCount
    whole: bool = False
    seed: Seed
    chunk: Annotated[int, Field(ge=1, le=10**9)]
    world: WorldEntry
    made: Made = Made()
    of_a_sweep: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for field, kind in (("scenario", "scenario"), ("family", "family"), ("agent", "agent")):
            if getattr(self, field).kind != kind:
                raise ValueError(f"{field} is a part of the kind {getattr(self, field).kind!r}")
        for field, kind in (("safeguards", "safeguard"), ("drives", "drive")):
            if any(ref.kind != kind for ref in getattr(self, field)):
                raise ValueError(f"{field} holds a part of another kind")
        names = [drive.label for drive in self.drives]
        if len(set(names)) != len(names):
            raise ValueError("drives lists a name twice")
        if set(self.not_applicable) - set(names):
            raise ValueError("not_applicable names a drive that the trial does not have")
        return self

    @property
    def drive_names(self) -> tuple[str, ...]:
        """The names of the drives, in the order in which they are read."""
        return tuple(drive.label for drive in self.drives)

    @property
    def guarded(self) -> str:
        """The safeguards in one text; empty where there are none."""
        return " + ".join(ref.label for ref in self.safeguards)

    @property
    def corrects(self) -> bool:
        """Whether a rewriting writes the goal that was meant, instead of any other."""
        brief = any(p.role == "misspecified" and p.fields.get("corrected") for p in self.safeguards)
        return brief or self.family.fields.get("kernel") == "correction"

    @property
    def lucky(self) -> bool:
        """Whether what is done depends on luck: on which of a goal's learners this is."""
        return self.agent.role == "learner"

    def labels(self) -> dict[str, str | float]:
        """What the tables call this trial."""
        return {
            "trial": self.key,
            "scenario": self.scenario.label,
            "family": self.family.label,
            "agent": self.agent.label,
            "discount": self.discount,
            "off": self.off,
            "safeguards": self.guarded,
        }


@final
class ControlEntry(AbstractModel):
    """The controls of one arm: of the trials that share all but the agent.

    Attributes:
        key: names its part file.
        trial: the trial whose agent's self-model the controls judge by; their rows go by it.
        trials: all of the arm.
        n_goals: how many goals, the first of the trial. draws: sets of each placebo.
        made: what its numbers are made with.
    """

    key: Key
    trial: Key
    trials: Annotated[tuple[Key, ...], Field(min_length=1)]
    n_goals: Annotated[int, Field(ge=1, le=MOST_GOALS)]
    draws: Annotated[int, Field(ge=1, le=10_000)]
    made: Made = Made()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.trial not in self.trials:
            raise ValueError("trials does not hold the trial that the rows go by")
        return self


@final
class SettingEntry(AbstractModel):
    """One level of a sweep: its trials, and for each the trial of the reference agent, where there is one."""

    level: float
    trials: tuple[Key, ...]
    reference: dict[Key, Key]


@final
class SweepEntry(AbstractModel):
    """What is varied step by step, in words, and the trials of each level."""

    name: Word
    where: Word
    meaning: Words
    unit: Word
    scale: Literal["linear", "log"]
    towards: PartRef | None
    settings: Annotated[tuple[SettingEntry, ...], Field(min_length=2)]


@final
class StudyEntry(AbstractModel):
    """What was asked."""

    name: Name
    question: Words
    seed: Seed
    n_goals: Annotated[int, Field(ge=1, le=MOST_GOALS)]
    references: tuple[Word, ...]
    spec: StudySpec

    @model_validator(mode="after")
    def _fits(self) -> Self:
        said = (self.name, self.question, self.seed, self.n_goals, self.references)
        spec = self.spec
        if said != (spec.name, spec.question, spec.seed, spec.n_goals, spec.references):
            raise ValueError("the study and its spec say different things")
        return self


@final
class Commit(AbstractModel):
    """The commit that Telos was run from."""

    id: Word
    dirty: bool


@final
class Machine(AbstractModel):
    """What a run was started on."""

    system: Word
    processor: Word
    cores: Count
    memory_gib: float | None


@final
class Provenance(AbstractModel):
    """Versions, commit and machine, without a path or a host name."""

    made: Word
    python: Word
    versions: dict[str, Word]
    commit: Commit | None
    machine: Machine
    blas: Word
    jobs: Count | None
    engine: Word = "local"
    device: Word = "cpu"


@final
class Record(AbstractModel):
    """`study.json`: what was asked, the trials, what they were made with, and how far the run came.

    Attributes:
        controls: the controls of each arm that has any.
        status: ``running`` until its end is written; ``incomplete`` where chunks failed.
        failures: a sentence about each chunk that could not be computed.
        seconds: what the runs into the folder took, all together.
    """

    schema_: Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)] = SCHEMA
    study: StudyEntry
    trials: Annotated[tuple[TrialEntry, ...], Field(min_length=1, max_length=MOST_TRIALS)]
    sweeps: tuple[SweepEntry, ...] = ()
    controls: Annotated[tuple[ControlEntry, ...], Field(max_length=MOST_TRIALS)] = ()
    provenance: Provenance
    status: Literal["running", "incomplete", "complete"]
    failures: Annotated[tuple[Words, ...], Field(max_length=10**6)] = ()
    seconds: Seconds = 0.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        keys = {trial.key for trial in self.trials}
        if len(keys) != len(self.trials):
            raise ValueError("trials lists a key twice")
        for control in self.controls:
            if not keys.issuperset(control.trials):
                raise ValueError(f"the controls {control.key} name a trial that is not listed")
        named = [control.key for control in self.controls]
        if len(set(named)) != len(named) or keys.intersection(named):
            raise ValueError("controls lists a key twice")
        for sweep in self.sweeps:
            for setting in sweep.settings:
                if not keys.issuperset((*setting.trials, *setting.reference.values())):
                    raise ValueError(f"the sweep {sweep.name!r} names a trial that is not listed")
        return self

    def plain(self) -> dict[str, JsonValue]:
        """The record as plain data, what has its default left out."""
        data: dict[str, JsonValue] = self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True
        )
        return {"schema": SCHEMA, **data}


def read_record(folder: Path) -> Record:
    """The record of a result folder, validated whole before any of it is believed.

    Raises:
        StoreError: if there is none, it cannot be read, or it is not what `telos run` writes.
    """
    path = folder / RECORD
    again = "Run the study again into the same folder: every finished chunk that fits is kept."
    data = _bytes(folder, again)
    named = _named(data, path, again)
    if named.schema_ != SCHEMA:
        raise StoreError(
            f"{path} has schema {named.schema_}; this Telos reads schema {SCHEMA}. Run the study again "
            "into the same folder: what other code made is computed again, nothing is misread."
        )
    return checked(Record, data, path, again)


@final
class RecordName(NamedTuple):
    """What every version of `study.json` says: its schema, and the name and the seed of the study."""

    schema: int
    name: str
    seed: int


def read_name(folder: Path) -> RecordName:
    """The schema, name and seed of a result folder's record, of whatever version.

    Raises:
        StoreError: as `read_record`.
    """
    path = folder / RECORD
    again = (
        "Name another folder with --out, or delete that file: finished chunks that fit are kept."
    )
    found = _named(_bytes(folder, again), path, again)
    return RecordName(found.schema_, found.study.name, found.study.seed)


def _bytes(folder: Path, remedy: str) -> bytes:
    if not folder.is_dir():
        there = "is not a folder" if folder.exists() else "does not exist"
        raise StoreError(f"{folder} {there}. Pass the folder that `telos run` wrote.")
    try:
        return read_file(folder / RECORD, most=MOST_RECORD, remedy=remedy)
    except FileNotFoundError:
        raise StoreError(
            f"{folder} holds no {RECORD}, so it is not a result folder. Pass the folder that "
            "`telos run` wrote."
        ) from None


class _AbstractLenient(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


@final
class _NamedStudy(_AbstractLenient):
    name: Name
    seed: Seed


@final
class _Named(_AbstractLenient):
    schema_: Annotated[int, Field(alias="schema")]
    study: _NamedStudy


def _named(data: bytes, path: Path, remedy: str) -> _Named:
    return checked(_Named, data, path, remedy)
