"""What the arguments of a tool may look like: a closed part of JSON Schema, in which no pattern is run."""

from typing import Annotated, Literal, Self, final

from pydantic import Field, model_validator

from telos.bounds.binding import (
    ByKey,
    ByPath,
    BytesOf,
    ByUrl,
    HostName,
    ProductOf,
    ToolBinding,
)
from telos.core.model import AbstractModel

Scalar = str | int | bool
Size = Annotated[int, Field(ge=0, le=2**31)]
#: Keywords that speak of some types only; the others speak of all.
SPEAKS_OF = {
    "properties": ("object",),
    "required": ("object",),
    "additionalProperties": ("object",),
    "items": ("array",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "minLength": ("string",),
    "maxLength": ("string",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
}
TYPES = {"string": str, "integer": int, "number": int, "boolean": bool}


@final
class ArgumentSchema(AbstractModel):
    """A JSON Schema (2020-12) of these keywords, and of no others.

    Attributes:
        type: one type.
        closed: ``additionalProperties``, false on every object.
        least_items, most_items, shortest, longest: ``minItems``, ``maxItems``, ``minLength``, ``maxLength``.
        properties, required, items, minimum, maximum, enum, const, title, description, default: as in
            the standard; values are texts, integers and booleans.
    """

    type: Literal["object", "array", "string", "integer", "number", "boolean"]
    properties: dict[HostName, "ArgumentSchema"] | None = Field(None, max_length=100)
    required: list[HostName] | None = Field(None, max_length=100)
    closed: bool | None = Field(None, alias="additionalProperties")
    items: "ArgumentSchema | None" = None
    least_items: Size | None = Field(None, alias="minItems")
    most_items: Size | None = Field(None, alias="maxItems")
    shortest: Size | None = Field(None, alias="minLength")
    longest: Size | None = Field(None, alias="maxLength")
    minimum: int | None = None
    maximum: int | None = None
    enum: Annotated[list[Scalar], Field(min_length=1, max_length=500)] | None = None
    const: Scalar | None = None
    title: str | None = None
    description: str | None = None
    default: Scalar | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        said = self.model_dump(by_alias=True, exclude_none=True)
        for keyword, types in SPEAKS_OF.items():
            if keyword in said and self.type not in types:
                raise ValueError(f"{keyword} says nothing of type {self.type}; leave it out")
        if self.type == "object" and self.closed is not False:
            raise ValueError(
                "write additionalProperties = false, so that no unknown argument passes"
            )
        if self.type == "array" and self.items is None:
            raise ValueError("say what the items are")
        values = (*(self.enum or ()), *(v for v in (self.const, self.default) if v is not None))
        if any(type(value) is not TYPES.get(self.type) for value in values):
            raise ValueError(f"enum, const and default must be of type {self.type}")
        if unknown := set(self.required or ()) - set(self.properties or ()):
            raise ValueError(f"required names {min(unknown)!r}, which is not among the properties")
        return self


def check_arguments(schema: ArgumentSchema, tool: ToolBinding) -> str:
    """What is wrong with the arguments that asset, amount and charges are read off; empty if nothing.

    An argument that may be left out, or be of another type, would leave an effect without a label.
    """
    if schema.type != "object":
        return "has a schema that is not of an object; arguments are one"
    texts, integers = list[str](), list[str]()
    for charge in (tool.amount, *tool.charges.values()):
        if isinstance(charge, ProductOf):
            integers += [name for name in charge.product if isinstance(name, str)]
        elif isinstance(charge, BytesOf):
            texts += charge.bytes_of
    if isinstance(tool.asset, ByKey | ByPath | ByUrl):
        asset = tool.asset
        texts.append(
            asset.by
            if isinstance(asset, ByKey)
            else asset.path
            if isinstance(asset, ByPath)
            else asset.url
        )
    for kind, names in (("string", texts), ("integer", integers)):
        for name in names:
            known = (schema.properties or {}).get(name)
            if known is None or known.type != kind or name not in (schema.required or ()):
                return f"reads {name!r}; make it a required {kind} of its schema"
    return ""
