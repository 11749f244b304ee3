"""Errors for an environment that does not behave like a function of its key: key, copy or chance."""

from dataclasses import dataclass
from typing import final

from telos.core.errors import WorldError
from telos.core.shown import shown
from telos.interop._generators import Draw
from telos.interop._reader import ActionPath, EnvReader, EnvReading, EnvState


@final
@dataclass(frozen=True)
class KeyConflict:
    """Two paths that lead to one key, and what differs there.

    Args:
        first, second: the paths.
        one, two: what is seen at the end of each; of equal place.
        action: the action after which they differ, or None: they differ there and then.
        draw: the draw of that action; None: as it comes.
        to, too: where the action leads after each.
    """

    first: ActionPath
    second: ActionPath
    one: EnvReading
    two: EnvReading
    action: int | None = None
    draw: Draw = None
    to: EnvState | None = None
    too: EnvState | None = None


def key_error(reader: EnvReader, difference: KeyConflict) -> WorldError:
    """The error for two paths that part, after a look at what the environment does without copies.

    Both paths are taken again in the environment itself, twice. If one does not repeat, chance is the
    cause; if it leads elsewhere than it did in copies, the copies are; else the key is.
    """
    paths = [(difference.first, difference.one.place), (difference.second, difference.two.place)]
    if difference.action is not None:
        after = zip(paths, (difference.to, difference.too), strict=True)
        paths += [
            (path.then(difference.action, difference.draw), place)
            for (path, _), place in after
            if place is not None
        ]
    for path, place in paths:
        try:
            one, two = (reader.replay(path) for _ in range(2))
        except WorldError:
            raise
        except Exception:  # noqa: BLE001 - off its own path an environment may raise anything
            return _copy_error(reader, path, place)
        if one != two:
            return random_error(reader, path, one, two)
        if one.place != place:
            return _copy_error(reader, path, place)
    return WorldError(
        f"{reader.name}: key is not a state. Two action sequences lead to "
        f"{shown(difference.one.place.key)}:\n"
        f"  1. {reader.shown(difference.first)}\n"
        f"  2. {reader.shown(difference.second)}\n"
        f"but {_parting(reader, difference)} Let key hold what distinguishes them, or, if it should "
        "not matter (a counter of steps, say), set it back with prepare=; if it is a generator, say with "
        "reseed= how it is seeded."
    )


def random_error(
    reader: EnvReader, path: ActionPath, one: EnvReading, two: EnvReading
) -> WorldError:
    """The error for a path that does not always lead to the same place."""
    return WorldError(
        f"{reader.name}: the same action sequence does not always lead to the same place.\n"
        f"  {reader.shown(path)}\n"
        f"leads to {_named(one.place)} and to {_named(two.place)}"
        f"{'' if one.place != two.place else ', where ' + _seen(reader, one, two)}. It draws from a "
        "generator that was not set; say with reseed= how to seed it."
    )


def _copy_error(reader: EnvReader, path: ActionPath, place: EnvState) -> WorldError:
    return WorldError(
        f"{reader.name}: copies of the environment are not independent. With copies\n"
        f"  {reader.shown(path)}\n"
        f"leads to {_named(place)}; without, it does not. So a step of one copy changes another, or "
        "the copy leaves something out. Let copy= copy whatever a step changes."
    )


def _parting(reader: EnvReader, difference: KeyConflict) -> str:
    if difference.action is None or difference.to is None or difference.too is None:
        return f"there {_seen(reader, difference.one, difference.two)}."
    return (
        f"then {reader.names[difference.action]!r} leads to {_named(difference.to)} after the first "
        f"and to {_named(difference.too)} after the second."
    )


def _seen(reader: EnvReader, one: EnvReading, two: EnvReading) -> str:
    if one.legal != two.legal:
        first, second = (
            ", ".join(reader.names[action] for action in reader.legal_in(sight))
            for sight in (one, two)
        )
        return f"the legal actions are {first} in one case and {second} in the other"
    if one.outcome != two.outcome:
        return (
            f"the outcome is {shown(one.outcome)} in one case and {shown(two.outcome)} in the other"
        )
    for name, x, y in zip(reader.features, one.features, two.features, strict=True):
        if x != y:
            return f"feature {name!r} is {x:g} in one case and {y:g} in the other"
    return "nothing that was read differs"


def _named(place: EnvState) -> str:
    paid = f", with reward {place.paid:g}" if place.paid else ""
    end = " and the end of the episode" if place.ended else ""
    return f"{shown(place.key)}{paid}{end}{' (off)' if place.off else ''}"
