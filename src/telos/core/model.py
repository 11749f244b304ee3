"""Models: what files from elsewhere must look like, checked whole before anything is believed."""

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from telos.core.errors import StoreError, TelosError
from telos.core.text import printable

#: Goals of one trial that a study may ask for; the price of a run is another question.
MOST_GOALS = 10**12

Kind = Literal["scenario", "family", "agent", "drive", "safeguard"]
Key = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Name = Annotated[str, Field(pattern=r"^[\w-]{1,100}$")]
Word = Annotated[str, Field(max_length=4_000)]
Words = Annotated[str, Field(max_length=20_000)]
PartPath = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_][\w.<>]*$", max_length=400)]
Count = Annotated[int, Field(ge=0, le=2**53)]
GoalCount = Annotated[int, Field(ge=0, le=MOST_GOALS)]
Seed = Annotated[int, Field(ge=0, lt=10**40)]
Discount = Annotated[float, Field(ge=0.0, lt=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=1e12)]


class AbstractModel(BaseModel):
    """Base of every model: nothing is guessed, nothing unknown is let through, nothing changes."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True
    )


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
    # A name that nobody knows is the file's own text: it may be endless, and may steer a terminal.
    place = printable(".".join(f"{step!s:.60}" for step in found["loc"]), keep="")[:200]
    said = re.sub(r"^(Value error, |Assertion failed, )", "", found["msg"])
    said = printable(said, keep="")[:300]
    if found["type"] == "json_invalid":
        return f"it is not whole, or no JSON ({said.removeprefix('Invalid JSON: ')})"
    value = repr(found["input"])
    value = value if len(value) <= 60 else f"{value[:57]}..."
    return f"{place or 'the record'} is {value}: {said[:1].lower()}{said[1:]}"
