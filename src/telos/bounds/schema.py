"""What the arguments of a tool may look like: a closed part of JSON Schema, in which no pattern is run."""

from typing import Annotated, Literal, Self, final

from pydantic import Field, model_validator

from telos.bounds.binding import BytesOf, HostName, ProductOf, ToolBinding
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
    amounts = (tool.amount, *tool.charges.values())
    read = [(name, "string") for a in amounts if isinstance(a, BytesOf) for name in a.bytes_of]
    for each in (a for a in amounts if isinstance(a, ProductOf)):
        read += [(name, "integer") for name in each.product if isinstance(name, str)]
    names = (getattr(tool.asset, field, None) for field in ("by", "path", "url"))
    read += [(name, "string") for name in names if name is not None]
    for name, kind in read:
        known = (schema.properties or {}).get(name)
        if not known or kind != known.type or name not in (schema.required or ()):
            return f"reads {name!r}; require it in its schema, of type {kind}"
    return ""
