"""A study as data: what `study.json` holds of it, and what `from_spec` builds where it is asked to."""

from typing import Annotated, Literal, final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from telos.core.model import (
    MOST_GOALS,
    AbstractModel,
    Discount,
    Name,
    PartPath,
    Seed,
    Word,
    Words,
)

#: Goals of each arm's controls unless a study says otherwise (a placebo wants at least 100).
CONTROLS = 100


@final
class SweepSpec(AbstractModel):
    """A sweep of a study as data."""

    part: Literal["telos.runs.study:Sweep"]
    name: Word
    meaning: Words
    unit: Word
    settings: Annotated[tuple[tuple[float, "StudySpec"], ...], Field(min_length=2)]
    scale: Literal["linear", "log"] = "linear"
    where: Word = ""
    reference: "PartSpec | None" = None


@final
class PartSpec(BaseModel):
    """A part as data: the path of its class, its version, and its fields."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)
    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    part: PartPath
    version: int = 1


@final
class StudySpec(AbstractModel):
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
    sweeps: tuple[SweepSpec, ...] = ()
    controls: Annotated[int, Field(ge=0, le=MOST_GOALS)] = CONTROLS

    def plain(self) -> dict[str, JsonValue]:
        """The spec as plain data, for `from_spec`."""
        data: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        return data
