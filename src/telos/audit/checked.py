"""Checked: what other people wrote, validated against a model, and each mistake said in one sentence."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.text import printable

Model = TypeVar("Model", bound=BaseModel)


def one_of(words: Sequence[str]) -> AfterValidator:
    """A check that a text is one of some words; `checked` then offers the nearest."""

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
    except StudyError as problem:
        raise StudyError(f"{place}: {problem}.") from None
    except RecursionError:
        raise StudyError(f"{place}: is nested too deeply. Use dotted names.") from None
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
    key = printable(".".join(map(str, first["loc"])), keep="")[:200] or "the entry"
    value = repr(first.get("input"))[:60]
    kind, context = first["type"], first.get("ctx", {})
    if kind == "extra_forbidden":
        near = did_you_mean(key[:60], list(model.model_fields))
        raise UnknownName(f"{place}: no key {key[:60]!r}. {near}")
    if kind == "missing":
        raise StudyError(f"{place}: {key} is missing. Write {(examples or {}).get(key, key)}.")
    if kind in ("literal_error", "unknown_word"):
        # pydantic lists the words of a literal: 'a', 'b' or 'c'
        listed = str(context.get("expected", "")).replace(" or ", ", ").split(", ")
        known = context.get("known") or [word.strip("' ") for word in listed]
        near = did_you_mean(str(first.get("input"))[:60], known)
        raise UnknownName(f"{place}: {key} = {value}. {near}")
    said = str(context["error"]) if "error" in context else first["msg"]
    example = f" Write {examples[key]}." if examples and key in examples else ""
    raise StudyError(f"{place}: {key} = {value}: {said.rstrip('.')}.{example}")
