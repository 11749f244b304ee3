"""What a result folder says of itself: one typed record, written and read by the same models.

Whoever makes a record and whoever reads one use the classes below. A file is validated whole (types,
ranges, names, sizes) before any of it is believed, and no part is ever recognized by its text: a
`PartRef` says what it is.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self, TypeVar, final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from telos.core.errors import StoreError, StudyError, TelosError
from telos.core.files import read_file
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
    Part,
    Role,
    part_name,
)
from telos.core.spec import show, to_spec

RECORD = "study.json"
#: The version of `study.json`. Version 1 named parts by the text of their `repr`.
SCHEMA = 2
#: Goals of one trial that a study may ask for; the price of a run is another question.
MOST_GOALS = 10**12
MOST_TRIALS = 200_000
#: Bytes of a record: half a million trials.
MOST_RECORD = 512 * 2**20

Kind = Literal["scenario", "family", "agent", "drive", "safeguard"]
KINDS: tuple[tuple[Kind, type], ...] = (
    ("scenario", AbstractScenario),
    ("family", AbstractGoalFamily),
    ("agent", AbstractAgent),
    ("drive", AbstractDrive),
    ("safeguard", AbstractSafeguard),
)

Key = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Name = Annotated[str, Field(pattern=r"^[\w-]{1,100}$")]
Word = Annotated[str, Field(max_length=4_000)]
Words = Annotated[str, Field(max_length=20_000)]
Path_ = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.<>]*$", max_length=400)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Goals_ = Annotated[int, Field(ge=0, le=MOST_GOALS)]
Seed = Annotated[int, Field(ge=0, lt=10**40)]
Discount = Annotated[float, Field(ge=0.0, lt=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=1e12)]


class Model(BaseModel):
    """Base of every model: nothing is guessed, nothing unknown is let through, nothing changes."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True
    )


@final
class PartRef(Model):
    """A part as a record knows it.

    Attributes:
        path: where its class is, ``module:Class``.
        fields: those of its fields that differ from their defaults, as plain data.
        label: what tables and pages call it; unlike that of any other part of the study.
        kind: which of the five abstract parts it is.
        role: what its author says that it is among its like (see `telos.core.parts.Role`).
        version: of the part, as its author counts.
        about: the kind of a safeguard: specification, restriction or oversight; else empty.
    """

    path: Path_
    fields: dict[str, JsonValue] = {}
    label: Word
    kind: Kind
    role: Role = "other"
    version: int = 1
    about: Annotated[str, Field(max_length=100)] = ""

    @property
    def name(self) -> str:
        """The name of the class."""
        return self.path.rpartition(":")[2].rpartition(".")[2]

    @property
    def shipped(self) -> bool:
        """Whether the class is one of Telos's own."""
        return self.path.startswith("telos.")

    def __hash__(self) -> int:
        return hash((self.kind, self.path, self.label))


def refs_of(parts: Mapping[str, Part]) -> dict[str, PartRef]:
    """References to the parts of one study, each with a label of its own.

    A label is what the author would type, ``OffSwitch(rooms=4)``. Where parts of different modules
    would be called alike, those that Telos does not ship are called with their module,
    ``rivals.Optimal()``; where even that is alike, they are numbered.

    Args:
        parts: the parts by a name that tells them apart, such as `identity` gives.

    Returns:
        The reference of each, by the same names.

    Raises:
        StudyError: if a part declares a role that there is not, or two drives have one name.
    """
    plain = {name: _plain_label(part) for name, part in parts.items()}
    alike = _repeated(plain.values())
    for name, part in parts.items():
        if isinstance(part, AbstractDrive) and plain[name] in alike:
            raise StudyError(
                f"{show(part)}: another drive of the study is also called {plain[name]!r}, and readings "
                "go by that name. Rename one of the classes."
            )
    fuller = {
        name: f"{type(part).__module__}.{plain[name]}"
        if plain[name] in alike and not type(part).__module__.startswith("telos.")
        else plain[name]
        for name, part in parts.items()
    }
    again = _repeated(fuller.values())
    counts: dict[str, int] = {}
    found = {}
    for name, part in parts.items():
        label = fuller[name]
        if label in again:
            counts[label] = counts.get(label, 0) + 1
            label = f"{label} #{counts[label]}"
        found[name] = _ref(part, label)
    return found


def identity(part: Part) -> str:
    """A name that tells a part from every other: its spec, as canonical text."""
    return json.dumps(to_spec(part), sort_keys=True, separators=(",", ":"))


def _plain_label(part: Part) -> str:
    return part_name(part) if isinstance(part, AbstractDrive) else show(part)


def _repeated(labels: object) -> set[str]:
    seen: set[str] = set()
    return {label for label in labels if label in seen or seen.add(label)}  # type: ignore[attr-defined,func-returns-value]


def _ref(part: Part, label: str) -> PartRef:
    spec = to_spec(part)
    try:
        return PartRef(
            path=spec.pop("part"),
            version=spec.pop("version", 1),
            fields=spec,
            label=label,
            kind=next(kind for kind, base in KINDS if isinstance(part, base)),
            role=part.role,
            about=part.kind if isinstance(part, AbstractSafeguard) else "",
        )
    except ValidationError as problem:
        raise StudyError(f"{label}: {first_problem(problem)}. Correct the part.") from None


@final
class WorldEntry(Model):
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
class MadeEntry(Model):
    """What made a trial's numbers: digests of the world's arrays, of the author's source, of Telos."""

    world: Word = ""
    source: Word = ""
    telos: Word = ""


@final
class TrialEntry(Model):
    """One cell of a study.

    Attributes:
        key: names the trial; tables go by it.
        off: what being off is worth to the family's goals.
        not_applicable: why a drive (by its label) does not apply in this world.
        n_goals: goals that it has; chunk: goals in each part file but the last.
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
    not_applicable: dict[str, Words] = {}
    n_goals: Goals_
    seed: Seed
    chunk: Annotated[int, Field(ge=1, le=10**9)]
    world: WorldEntry
    made: MadeEntry = MadeEntry()
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
class SettingEntry(Model):
    """One level of a sweep: its trials, and for each the trial of the reference agent, where there is one."""

    level: float
    trials: tuple[Key, ...]
    reference: dict[Key, Key]


@final
class SweepEntry(Model):
    """What is varied step by step, in words, and the trials of each level."""

    name: Word
    where: Word
    meaning: Words
    unit: Word
    scale: Literal["linear", "log"]
    towards: PartRef | None
    settings: Annotated[tuple[SettingEntry, ...], Field(min_length=2)]


class SweepSpec(Model):
    """A sweep of a study as data."""

    part: Literal["telos.runs.study:Dial"]
    name: Word
    meaning: Words
    unit: Word
    settings: Annotated[tuple[tuple[float, "StudySpec"], ...], Field(min_length=2)]
    scale: Literal["linear", "log"] = "linear"
    where: Word = ""
    reference: "PartSpec | None" = None


class PartSpec(BaseModel):
    """A part as data: the path of its class, its version, and its fields."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    part: Path_
    version: int = 1


class StudySpec(Model):
    """A study as data, which `telos.core.spec.from_spec` builds where it is asked to."""

    part: Literal["telos.runs.study:Study"]
    name: Name
    question: Words
    scenarios: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    families: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    agents: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    drives: Annotated[tuple[PartSpec, ...], Field(min_length=1)]
    discounts: Annotated[tuple[Discount, ...], Field(min_length=1)]
    safeguards: Annotated[tuple[tuple[PartSpec, ...], ...], Field(min_length=1)] = ((),)
    n_goals: Annotated[int, Field(ge=1, le=MOST_GOALS)] = 1000
    seed: Seed = 0
    also: tuple["StudySpec", ...] = ()
    references: tuple[Word, ...] = ()
    dials: tuple[SweepSpec, ...] = ()

    def plain(self) -> dict[str, JsonValue]:
        """The spec as plain data, for `from_spec`."""
        data: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        return data


@final
class StudyEntry(Model):
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
class Commit(Model):
    """The commit that Telos was run from."""

    id: Word
    dirty: bool


@final
class Machine(Model):
    """What a run was started on."""

    system: Word
    processor: Word
    cores: Count
    memory_gib: float | None


@final
class Provenance(Model):
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
class Record(Model):
    """`study.json`: what was asked, the trials, what they were made with, and how far the run came.

    Attributes:
        status: ``running`` until its end is written; ``incomplete`` where chunks failed.
        failures: a sentence about each chunk that could not be computed.
        seconds: what the runs into the folder took, all together.
    """

    schema_: Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)] = SCHEMA
    study: StudyEntry
    trials: Annotated[tuple[TrialEntry, ...], Field(min_length=1, max_length=MOST_TRIALS)]
    sweeps: tuple[SweepEntry, ...] = ()
    provenance: Provenance
    status: Literal["running", "incomplete", "complete"]
    failures: Annotated[tuple[Words, ...], Field(max_length=10**6)] = ()
    seconds: Seconds = 0.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        keys = {trial.key for trial in self.trials}
        if len(keys) != len(self.trials):
            raise ValueError("trials lists a key twice")
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


M = TypeVar("M", bound=BaseModel)


def checked(
    model: type[M],
    data: bytes | str,
    path: Path | str,
    remedy: str,
    *,
    error: type[TelosError] = StoreError,
) -> M:
    """JSON as a model, or one sentence about the first thing that is wrong with it.

    Args:
        model: what the text must be.
        data: the text; nesting is bounded (200 deep), as are the sizes of what the model has.
        path: where it comes from, for the message. remedy: how the message ends.
        error: what is raised.

    Raises:
        error: naming the path, the place in the data, the value and the remedy.
    """
    try:
        return model.model_validate_json(data)
    except ValidationError as problem:
        raise error(f"{path}: {first_problem(problem)}. {remedy}") from None


def first_problem(problem: ValidationError) -> str:
    """The first thing that is wrong, with its place and what was found."""
    found = problem.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in found["loc"])
    said = re.sub(r"^(Value error, |Assertion failed, )", "", found["msg"])
    if found["type"] == "json_invalid":
        return f"it is not whole, or no JSON ({said.removeprefix('Invalid JSON: ')})"
    value = repr(found["input"])
    value = value if len(value) <= 60 else f"{value[:57]}..."
    return f"{place or 'the record'} is {value}: {said[:1].lower()}{said[1:]}"


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


class Named(NamedTuple):
    """What every version of `study.json` says: its schema, and the name and the seed of the study."""

    schema: int
    name: str
    seed: int


def read_name(folder: Path) -> Named:
    """The schema, name and seed of a result folder's record, of whatever version.

    Raises:
        StoreError: as `read_record`.
    """
    path = folder / RECORD
    again = (
        "Name another folder with --out, or delete that file: finished chunks that fit are kept."
    )
    found = _named(_bytes(folder, again), path, again)
    return Named(found.schema_, found.study.name, found.study.seed)


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


class _Lenient(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class _NamedStudy(_Lenient):
    name: Name
    seed: Seed


class _Named(_Lenient):
    schema_: Annotated[int, Field(alias="schema")]
    study: _NamedStudy


def _named(data: bytes, path: Path, remedy: str) -> _Named:
    return checked(_Named, data, path, remedy)
