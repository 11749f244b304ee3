"""World cache: the large worlds of a study lie in its result folder, so that workers need not build them."""

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from telos.core.errors import StoreError, StudyError
from telos.core.parts import AbstractScenario
from telos.core.spec import digest, modules_of, to_spec
from telos.core.world import World
from telos.runs.files import is_folder
from telos.runs.made import known_fingerprint
from telos.runs.stages import notice
from telos.runs.world_file import read_manifest, remove_world
from telos.runs.worlds import load_world, save_world

CACHE = "worlds"
#: Pairs from which on a world is worth a file: a smaller one is built sooner than it is looked for.
LARGE = 100_000

#: The result folders whose worlds this process may take; the last counts.
_lent: list[Path] = []


def cache_worlds(
    folder: Path,
    scenarios: Iterable[AbstractScenario],
    built: Callable[[AbstractScenario], World],
) -> None:
    """Write the large worlds of a study where its workers find them, in place of any that lie there.

    Where something lies in the way that Telos did not make, workers build their worlds themselves.

    Args:
        folder: the result folder. scenarios: those that will be worked in.
        built: makes a scenario's world; asked for one after the other.

    """
    kept = set()
    for scenario in dict.fromkeys(scenarios):
        world = built(scenario)
        if world.n_pairs < LARGE:
            continue
        place = _place(folder, scenario)
        try:
            for path in (folder / CACHE, place):
                if path.is_symlink():
                    raise StoreError(f"{path} is a link, through which Telos writes nothing.")
            save_world(world, place)
            kept.add(place)
        except StoreError as problem:
            notice(f"{problem} Workers build {world.name} themselves.")
    clear_cache(folder, kept)


@contextlib.contextmanager
def lent(folder: Path) -> Iterator[None]:
    """Meanwhile, this process looks for worlds in a result folder before it builds them."""
    _lent.append(folder)
    try:
        yield
    finally:
        _lent.pop()


def cached_world(scenario: AbstractScenario) -> World | None:
    """The scenario's world from the cache that was lent; None if it is not there, or damaged."""
    for folder in _lent[-1:]:
        place = _place(folder, scenario)
        if is_folder(folder / CACHE) and is_folder(place):
            try:
                names = modules_of(to_spec(scenario))
                trust = {name.partition(".")[0] for name in names} - {"telos"}
                world = load_world(place, anew=scenario.build, trust=trust)
                known_fingerprint(world, read_manifest(place).fingerprint)
            except (StoreError, StudyError):
                return None
            return world
    return None


def clear_cache(folder: Path, kept: Collection[Path] = ()) -> None:
    """Remove the worlds that we put into a result folder, and nothing else, nor anything behind a link.

    A process that works in one of them keeps its arrays, and builds its names.
    """
    if not is_folder(folder / CACHE):
        return
    for place in sorted((folder / CACHE).iterdir()):
        if place not in kept and re.fullmatch("[0-9a-f]{16}", place.name):
            with contextlib.suppress(OSError):
                remove_world(place)
    with contextlib.suppress(OSError):
        (folder / CACHE).rmdir()  # unless somebody's things are left in it


def _place(folder: Path, scenario: AbstractScenario) -> Path:
    return folder / CACHE / digest(to_spec(scenario))
