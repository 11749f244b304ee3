"""Shelf: the large worlds of a study lie in its result folder, so that workers need not build them."""

import contextlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from telos.core.errors import StoreError, StudyError
from telos.core.parts import AbstractScenario
from telos.core.spec import digest, to_spec
from telos.core.world import World
from telos.runs.worlds import open_world, write_world

SHELF = "worlds"
#: Pairs from which on a world is worth a file: a smaller one is built sooner than it is looked for.
LARGE = 100_000

#: The result folders whose worlds this process may take; the last counts.
_lent: list[Path] = []


def put_on_shelf(
    folder: Path,
    scenarios: Iterable[AbstractScenario],
    built: Callable[[AbstractScenario], World],
) -> None:
    """Write the large worlds of a study where its workers find them, in place of any that lie there.

    Args:
        folder: the result folder. scenarios: those that will be worked in.
        built: makes a scenario's world; asked for one after the other.

    Raises:
        StoreError: if they cannot be written.
    """
    kept = set()
    for scenario in dict.fromkeys(scenarios):
        world = built(scenario)
        if world.n_pairs >= LARGE:
            kept.add(_place(folder, scenario))
            write_world(world, _place(folder, scenario))
    _remove(folder, kept)


@contextlib.contextmanager
def lent(folder: Path) -> Iterator[None]:
    """Meanwhile, this process looks for worlds in a result folder before it builds them."""
    _lent.append(folder)
    try:
        yield
    finally:
        _lent.pop()


def on_shelf(scenario: AbstractScenario) -> World | None:
    """The scenario's world from the shelf that was lent; None if it is not there, or damaged."""
    for folder in _lent[-1:]:
        place = _place(folder, scenario)
        if place.is_dir():
            try:
                return open_world(place, anew=partial(_built, scenario))
            except (StoreError, StudyError):
                return None
    return None


def clear_shelf(folder: Path) -> None:
    """Remove the worlds from a result folder; who works in one keeps its arrays, and builds its names."""
    _remove(folder, set())


def _remove(folder: Path, kept: set[Path]) -> None:
    """Remove worlds that we put there, and nothing else that may lie beside them."""
    for place in (folder / SHELF).glob("*"):
        if place not in kept and re.fullmatch("[0-9a-f]{16}", place.name):
            shutil.rmtree(place, ignore_errors=True)
    with contextlib.suppress(OSError):
        (folder / SHELF).rmdir()  # unless somebody's things are left in it


def _place(folder: Path, scenario: AbstractScenario) -> Path:
    return folder / SHELF / digest(to_spec(scenario))


def _built(scenario: AbstractScenario) -> World:
    return scenario.build()
