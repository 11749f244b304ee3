"""What the parameters of a safeguard must be, with one clear message for each way of getting them wrong."""

from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

from telos.core.arrays import Bools, Ints, bools
from telos.core.errors import ProblemError, did_you_mean
from telos.core.parts import AbstractDrive
from telos.core.world import World


def number(part: str, field: str, value: object, low: float, high: float = np.inf) -> None:
    """Raise ProblemError unless `value` is a finite number from `low` to `high`."""
    right = isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(float(value))
    if not right or not low <= float(value) <= high:  # type: ignore[arg-type]
        span = f"from {low:g} to {high:g}" if high < np.inf else f"of at least {low:g}"
        raise ProblemError(f"{part}: {field} is {value!r}; give a finite number {span}.")


def discount(part: str, value: object, *, optional: bool = False) -> None:
    """Raise ProblemError unless `value` is at least 0 and less than 1 (or None, where that has a meaning)."""
    if optional and value is None:
        return
    right = isinstance(value, Real) and not isinstance(value, bool)
    if not right or not 0.0 <= float(value) < 1.0:  # type: ignore[arg-type]
        more = ", or None for the problem's own" if optional else ""
        raise ProblemError(
            f"{part}: discount is {value!r}; it must be at least 0 and less than 1{more}."
        )


def whole(part: str, field: str, value: object, low: int) -> None:
    """Raise ProblemError unless `value` is an integer of at least `low`."""
    if not isinstance(value, Integral) or isinstance(value, bool) or int(value) < low:
        raise ProblemError(f"{part}: {field} is {value!r}; give an integer of at least {low}.")


def one_of(part: str, field: str, value: object, known: tuple[str, ...]) -> None:
    """Raise ProblemError unless `value` is one of the known words."""
    if value not in known:
        raise ProblemError(f"{part}: {field} is {value!r}. {did_you_mean(str(value), known)}")


def flag(part: str, field: str, value: object) -> None:
    """Raise ProblemError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise ProblemError(f"{part}: {field} is {value!r}; give True or False.")


def feature_name(part: str, field: str, value: object, *, optional: bool = False) -> None:
    """Raise ProblemError unless `value` is a word (or empty, where that means none)."""
    if not isinstance(value, str) or not (value or optional):
        raise ProblemError(f"{part}: {field} is {value!r}; give the name of a feature.")


def named(part: str, field: str, values: object) -> tuple[str, ...]:
    """Several names as a tuple; raises ProblemError for a single word, which would fall into letters."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ProblemError(f"{part}: {field} is {values!r}; give a tuple, as in ('tamper',).")
    return tuple(values)


def aim(part: str, actions: object, drive: object) -> tuple[str, ...]:
    """The actions as a tuple; ProblemError unless exactly one of them and `drive` says what is meant."""
    names = named(part, "actions", actions)
    if not all(isinstance(a, str) and a for a in names):
        raise ProblemError(f"{part}: actions is {names!r}; give a tuple of action names.")
    if drive is not None and not isinstance(drive, AbstractDrive):
        raise ProblemError(f"{part}: drive is {drive!r}; give a drive, SelfPreservation() say.")
    if bool(names) == (drive is not None):
        raise ProblemError(f"{part}: give either actions or a drive, one of them.")
    return names


def aimed_at(
    part: str, world: World, actions: tuple[str, ...], drive: AbstractDrive | None
) -> Bools:
    """B[L]: the pairs that take one of the actions, or that pursue the drive.

    Raises:
        ProblemError: if the world has no such action, or it is what doing nothing means somewhere.
        FeatureMissing: if the world lacks a feature of the drive.
    """
    if drive is not None:
        return drive.affordances(world).pursues
    for action in actions:
        if action not in world.actions:
            known = did_you_mean(action, world.actions)
            raise ProblemError(f"{part}: {world.name} has no action {action!r}. {known}")
    numbers = [world.actions.index(action) for action in actions]
    found = bools(np.isin(world.pair_action, numbers))
    if world.default is not None and found[world.default].any():
        s = int(np.argmax(found[world.default]))
        raise ProblemError(
            f"{part}: {world.describe(int(world.default[s]))} is what doing nothing means there; "
            "it cannot be taken away."
        )
    return found


def default_pairs(part: str, world: World) -> Ints:
    """I[S], the pair of doing nothing; raises ProblemError where a world declares none."""
    if world.default is None:
        raise ProblemError(
            f"{part}: {world.name} does not say what doing nothing is. Build it with a default "
            "action (explore(..., default='wait'))."
        )
    return world.default
