"""Parameters: the numbers among a scenario's fields, and the coordinates in which they are turned."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, final

from telos.core.parts import AbstractScenario

#: Chances are turned no nearer to 0 and 1 than this: at 0 and 1 states, acts and texts come and go.
EDGE = 0.005
#: Digits after the point that a chance is turned to, as a text will state it.
DIGITS = 4
#: Integers beyond this are no floats, one more or less of which is another number.
MOST_WHOLE = 2**53
#: Significant digits of other numbers.
SIGNIFICANT = 4

Kind = Literal["chance", "number", "whole"]
#: What is turned, and to what; sorted by name, so that equal settings are equal.
Setting = tuple[tuple[str, float], ...]

#: The field that names what is drawn.
SEED = "seed"


@final
@dataclasses.dataclass(frozen=True)
class Parameter:
    """One number of a scenario, in the coordinate in which it is turned.

    The coordinate is `log(p / (1 - p))` for a chance p, `v / |v0|` for a number whose own value is v0
    (v itself if that is 0), v for an integer.

    Args:
        field: of the scenario. place: in the list that the field holds; None if it holds one number.
        kind: a chance is a number in [0, 1] that is written with a point.
        value: the scenario's own.

    Example:
        >>> found = Parameter("slips", 0, "chance", 0.5)
        >>> found.name, found.to(found.at(0.25))
        ('slips[0]', 0.25)
    """

    field: str
    place: int | None
    kind: Kind
    value: float

    @property
    def name(self) -> str:
        """The field, and the place in it."""
        return self.field if self.place is None else f"{self.field}[{self.place}]"

    @property
    def turnable(self) -> bool:
        """Whether it can be turned by little."""
        return self.kind != "whole"

    @property
    def ends(self) -> tuple[float, float]:
        """The coordinates between which it is turned, unless the scenario refuses them."""
        if self.kind == "chance":
            return self.at(0.0), self.at(1.0)
        middle = self.at(self.value)
        return middle - (0.5 if self.kind == "number" else 1.0), middle + 1.0

    def at(self, value: float) -> float:
        """The coordinate of a value."""
        if self.kind == "chance":
            inside = min(max(value, EDGE), 1.0 - EDGE)
            return math.log(inside / (1.0 - inside))
        return value / self._unit

    def to(self, coordinate: float) -> float:
        """The value at a coordinate, rounded as a text states it."""
        if self.kind == "chance":
            return round(1.0 / (1.0 + math.exp(-coordinate)), DIGITS)
        if self.kind == "whole":
            return round(coordinate)
        return float(f"{coordinate * self._unit:.{SIGNIFICANT}g}")

    @property
    def _unit(self) -> float:
        return abs(self.value) or 1.0 if self.kind == "number" else 1.0


def parameters_of(scenario: AbstractScenario, names: Sequence[str] = ()) -> dict[str, Parameter]:
    """The numbers among a scenario's fields, and in lists of numbers, by name.

    Flags are none: they add acts and states, and what then moves is another world's. Nor is a `seed`, unless
    it is named: it has no more and no less.

    Args:
        scenario: a dataclass. names: those wanted, as ``slips`` (all of it) or ``slips[0]``; empty: all.

    Example:
        >>> from telos.worlds import OpsDesk
        >>> list(parameters_of(OpsDesk(), ["slow", "batches"]))
        ['batches[0]', 'batches[1]', 'slow']
    """
    found = {}
    for field in dataclasses.fields(scenario):  # type: ignore[arg-type]  # a dataclass, by `AssayQuestion`
        held = getattr(scenario, field.name)
        places = enumerate(held) if isinstance(held, tuple) else ((None, held),)
        for place, value in places if field.init else ():
            kind = _kind(value)
            if kind is None:
                continue
            one = Parameter(field.name, place, kind, float(value))
            wanted = one.name in names or one.field in names if names else one.field != SEED
            if wanted:
                found[one.name] = one
    return found


def turned(
    scenario: AbstractScenario, parameters: Mapping[str, Parameter], setting: Setting
) -> dict[str, Any]:
    """The fields of a setting, for `dataclasses.replace(scenario, **fields)`.

    Args:
        scenario: as it is. parameters: by name. setting: what is turned, and to what.

    Example:
        >>> from telos.worlds import PaperclipFactory
        >>> mine = PaperclipFactory()
        >>> turned(mine, parameters_of(mine), (("slips[0]", 0.3),))["slips"][0]
        0.3
    """
    fields: dict[str, Any] = {}
    for name, value in setting:
        one = parameters[name]
        number: float = int(value) if one.kind == "whole" else value
        if one.place is None:
            fields[one.field] = number
        else:
            held = list(fields.get(one.field, getattr(scenario, one.field)))
            held[one.place] = number
            fields[one.field] = tuple(held)
    return fields


def setting_of(parameters: Mapping[str, Parameter], values: Mapping[str, float]) -> Setting:
    """What differs from the scenario's own values, sorted by name."""
    return tuple(
        (name, value) for name, value in sorted(values.items()) if value != parameters[name].value
    )


def _kind(value: object) -> Kind | None:
    """What kind of number a value is; None if it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return "whole" if abs(value) < MOST_WHOLE else None
    if not math.isfinite(value):
        return None
    return "chance" if 0.0 <= value <= 1.0 else "number"
