"""Checked: what other people wrote, validated against a model, and each mistake said in one sentence."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.text import printable

Model = TypeVar("Model", bound=BaseModel)


def one_of(words: Sequence[str]) -> AfterValidator:
    """A check that a text is one of some words; `checked` then offers the nearest.

    Args:
        words: all that are known.
    """

    def check(text: str) -> str:
        if text not in words:
            raise PydanticCustomError("unknown_word", "no such word", {"known": list(words)})
        return text

    return AfterValidator(check)


def checked(
    model: type[Model], data: object, place: str, examples: Mapping[str, str] | None = None
) -> Model:
    """Data as a model, strictly: no value is turned into another type, no key is passed over.

    Args:
        model: a pydantic model that is strict and forbids keys it does not know.
        data: what was read. place: where it stood, to begin the message with.
        examples: for some keys, how to write them.

    Raises:
        UnknownName: for a key or a word that is not known, with the nearest one.
        StudyError: for whatever else is wrong, naming key, value and what is expected.
    """
    try:
        return model.model_validate(data)
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
    path = [str(step) for step in first["loc"]]
    key = printable(".".join(path), keep="")[:200] or "the entry"
    value = repr(first.get("input"))[:60]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields(model, path[:-1])
        raise UnknownName(f"{place}: no key {key[:60]!r}. {did_you_mean(path[-1][:60], known)}")
    if kind == "missing":
        raise StudyError(f"{place}: {key} is missing. Write {(examples or {}).get(key, key)}.")
    if kind in ("literal_error", "union_tag_invalid"):
        words = [word.strip("' ") for word in _listed(str(context.get("expected", "")))]
        near = did_you_mean(str(first.get("input"))[:60], words)
        raise UnknownName(f"{place}: {key} = {value}. {near}")
    if kind == "unknown_word":
        near = did_you_mean(str(first.get("input"))[:60], context["known"])
        raise UnknownName(f"{place}: {key} = {value}. {near}")
    said = str(context["error"]) if "error" in context else first["msg"]
    example = f" Write {examples[key]}." if examples and key in examples else ""
    raise StudyError(f"{place}: {key} = {value}: {said.rstrip('.')}.{example}")


def _listed(expected: str) -> list[str]:
    """The words of pydantic's list: 'a', 'b' or 'c'."""
    return expected.replace(" or ", ", ").split(", ")


def _fields(model: type[BaseModel], path: list[str]) -> list[str]:
    """The keys of a model, or of the model inside it that the path leads to."""
    here: type[BaseModel] = model
    for step in path:
        field = here.model_fields.get(step)
        inner = field.annotation if field is not None else None
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            return []
        here = inner
    return list(here.model_fields)
