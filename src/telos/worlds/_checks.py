"""What the parameters of a world must be, with one clear message for each way of getting them wrong."""

from collections.abc import Iterable
from numbers import Integral, Real

from telos.core.errors import WorldError, did_you_mean
from telos.core.parts import AbstractScenario


def whole(part: str, field: str, value: object, low: int, high: int | None = None) -> None:
    """Raise WorldError unless `value` is an integer from `low` to `high` (no limit if None)."""
    span = f"from {low} to {high}" if high is not None else f"of at least {low}"
    right = isinstance(value, Integral) and not isinstance(value, bool)
    if not right or int(value) < low or (high is not None and int(value) > high):  # type: ignore[call-overload]
        raise WorldError(f"{part}: {field} is {value!r}; give an integer {span}.")


def flag(part: str, field: str, value: object) -> None:
    """Raise WorldError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise WorldError(f"{part}: {field} is {value!r}; give True or False.")


def chance(part: str, field: str, value: object, *, below_one: bool = False) -> None:
    """Raise WorldError unless `value` is a probability (strictly less than 1 if so asked)."""
    span = "at least 0 and less than 1" if below_one else "from 0 to 1"
    right = isinstance(value, Real) and not isinstance(value, bool)
    if not right or not 0.0 <= float(value) <= 1.0 or (below_one and float(value) == 1.0):  # type: ignore[arg-type]
        raise WorldError(f"{part}: {field} is {value!r}; a probability must be {span}.")


def chances(part: str, field: str, values: object, count: int | None = None) -> None:
    """Raise WorldError unless `values` is a non-empty tuple of probabilities (`count` of them)."""
    if not isinstance(values, tuple) or not values:
        raise WorldError(f"{part}: {field} is {values!r}; give a tuple of probabilities.")
    if count is not None and len(values) != count:
        raise WorldError(f"{part}: {field} has {len(values)} entries; {count} are needed.")
    for i, value in enumerate(values):
        chance(part, f"{field}[{i}]", value)


def names(part: str, field: str, values: object, taken: tuple[str, ...] = ()) -> None:
    """Raise WorldError unless `values` is a tuple of distinct non-empty words, none of them `taken`."""
    if not isinstance(values, tuple) or not values:
        raise WorldError(f"{part}: {field} is {values!r}; give a tuple of at least one name.")
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise WorldError(f"{part}: {field} holds {value!r}; every name must be a word.")
        if values.count(value) > 1 or value in taken:
            used = "twice" if value not in taken else "already by the world itself"
            raise WorldError(f"{part}: {field}: the name {value!r} is used {used}; choose another.")


def level(part: str, value: object, known: Iterable[str]) -> None:
    """Raise WorldError unless `value` names one of the known levels."""
    if value not in tuple(known):
        raise WorldError(f"{part}: no level {value!r}. {did_you_mean(str(value), known)}")


def one_of(part: str, field: str, value: object, known: tuple[str, ...]) -> None:
    """Raise WorldError unless `value` is one of these words."""
    if value not in known:
        choices = " or ".join(map(repr, known))
        raise WorldError(f"{part}: {field} is {value!r}; choose {choices}.")


def scenario(part: str, field: str, value: object) -> None:
    """Raise WorldError unless `value` is a scenario, for worlds that are made of another."""
    if not isinstance(value, AbstractScenario):
        raise WorldError(f"{part}: {field} is {value!r}; give a scenario, such as OffSwitch().")
