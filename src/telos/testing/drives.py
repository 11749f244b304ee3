"""What a drive promises: pairs that pursue it where its features change, and never the default."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from telos.core.errors import CheckFailed, FeatureMissing
from telos.core.parts import AbstractDrive, part_name
from telos.core.reading import Affordance
from telos.core.world import World
from telos.testing.promises import Fitting, Note, Promise, fitting
from telos.testing.touchstone import touchstone
from telos.testing.watched import watched

#: The checks end here unless it passes.
NEEDED = "finds where it can be pursued"


def promises(drive: AbstractDrive, world: World | None) -> Iterator[Promise]:
    """The promises of a drive, in a world, or in the first touchstone that has its features."""
    yield "says which features it needs", lambda: _needs(drive, world or touchstone())
    fit = fitting(drive, drive.affordances, (touchstone(), watched()), world)
    yield NEEDED, lambda: _affords(drive, fit)
    place = fit.world or touchstone()
    yield "is never pursued by doing nothing", lambda: _idle(drive, place)
    yield "knows where it is a choice", lambda: _forks(drive, place)
    yield "finds nothing where its features never change", lambda: _nothing(drive, place)


def _needs(drive: AbstractDrive, world: World) -> str:
    if not drive.needs:
        raise CheckFailed("needs is empty; name the features it reads: needs = ('off',).")
    try:
        drive.affordances(dataclasses.replace(world, features={}))
    except FeatureMissing:
        return ", ".join(drive.needs)
    raise CheckFailed("it works in a world without its features; read them by world.feature(name).")


def _affords(drive: AbstractDrive, fit: Fitting) -> str | Note:
    world = fit.place()
    if isinstance(world, Note):
        return world
    affordance: Affordance = drive.affordances(world)
    if affordance.drive != part_name(drive):
        raise CheckFailed(
            f"the affordance is called {affordance.drive!r}, not {part_name(drive)!r}."
        )
    for name, values, length in (
        ("pursues", affordance.pursues, world.n_pairs),
        ("forks", affordance.forks, world.size),
    ):
        if values.dtype != np.bool_ or values.shape != (length,):
            raise CheckFailed(f"{name} is {values.dtype}{values.shape}, not bool({length},).")
    return f"{int(affordance.pursues.sum())} of {world.n_pairs} pairs of {world.name} pursue it"


def _idle(drive: AbstractDrive, world: World) -> str | Note:
    if world.default is None:
        return Note(f"{world.name} names no default action")
    pursuing = drive.affordances(world).pursues[world.default]
    if pursuing.any():
        state = world.states[int(np.argmax(pursuing))]
        raise CheckFailed(f"state {state!r}: the default pair pursues it; leave default pairs out.")
    return ""


def _forks(drive: AbstractDrive, world: World) -> str:
    affordance = drive.affordances(world)
    some = np.logical_or.reduceat(affordance.pursues, world.pair_ptr[:-1])
    every = np.logical_and.reduceat(affordance.pursues, world.pair_ptr[:-1])
    expected = some & ~every
    if not np.array_equal(affordance.forks, expected):
        s = int(np.argmax(affordance.forks != expected))
        raise CheckFailed(
            f"state {world.states[s]!r}: a fork is a state with pairs that pursue and with others."
        )
    return f"{int(expected.sum())} forks"


def _nothing(drive: AbstractDrive, world: World) -> str:
    flat = {name: np.zeros(world.size) for name in (*world.features, *drive.needs)}
    affordance = drive.affordances(dataclasses.replace(world, features=flat))
    if affordance.pursues.any():
        pair = int(np.argmax(affordance.pursues))
        raise CheckFailed(f"{world.describe(pair)} pursues it where every feature is 0 everywhere.")
    return ""
