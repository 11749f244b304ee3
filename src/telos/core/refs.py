"""References to parts: what a record, a table and a page know of a part, without building it."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, final

from pydantic import Field, JsonValue, ValidationError

from telos.core.errors import StudyError
from telos.core.model import AbstractModel, Kind, PartPath, Word, first_problem
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

KINDS: tuple[tuple[Kind, type], ...] = (
    ("scenario", AbstractScenario),
    ("family", AbstractGoalFamily),
    ("agent", AbstractAgent),
    ("drive", AbstractDrive),
    ("safeguard", AbstractSafeguard),
)


@final
class PartRef(AbstractModel):
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

    path: PartPath
    fields: dict[str, JsonValue] = Field(default_factory=dict)
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
    def distinction(self) -> tuple[str, str]:
        """What the label adds to the name: the module, and the number, where there is either."""
        module = self.label.partition("(")[0].rpartition(".")[0]
        number = re.search(r"\) (#\d+)$", self.label)
        return module, number[1] if number else ""

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
