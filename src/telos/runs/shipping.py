"""Shipping: the author's own modules, carried as text to machines that do not have the files."""

import atexit
import importlib
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from telos.core.errors import StudyError
from telos.core.spec import digest

#: What lies in such a folder was installed, and is expected to be installed on the workers too.
INSTALLED = ("site-packages", "dist-packages")


@final
@dataclass(frozen=True)
class Freight:
    """The modules that define parts of a study, and those that lie beside them and were loaded.

    Args:
        roots: the folders, here, in which Python finds them.
        files: (path below its root, text) of each module.
    """

    roots: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def plain(self) -> dict[str, Any]:
        """As data that JSON can carry."""
        return {"roots": list(self.roots), "files": [list(file) for file in self.files]}


def load(specs: Iterable[Any]) -> Freight:
    """What must be shipped so that the parts in the specs can be built elsewhere.

    Nothing of Telos, and nothing that is installed: workers have that. A module's own folder is
    searched for further modules that were loaded from there, so helpers of a study file come along.

    Args:
        specs: plain data as `to_spec` writes it.

    Raises:
        StudyError: if a part is defined where no other process can import it.
    """
    names = sorted({path.partition(":")[0] for spec in specs for path in part_paths(spec)})
    roots = []
    for name in names:
        if name == "__main__":
            raise StudyError(
                "a part of the study is defined in the script itself (__main__), which other "
                "machines cannot import. Put it into a file of its own, and import it from there."
            )
        root = _root(name)
        if root is not None and root not in roots:
            roots.append(root)
    files = {}
    for name in sorted(sys.modules):
        root = _root(name)
        if root in roots:
            path = Path(str(sys.modules[name].__file__)).resolve()
            files[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    return Freight(tuple(str(root) for root in roots), tuple(files.items()))


def part_paths(spec: Any) -> Iterator[str]:
    """The dotted path of every part in plain data."""
    if isinstance(spec, Mapping):
        if "part" in spec:
            yield spec["part"]
        spec = list(spec.values())
    if isinstance(spec, list | tuple):
        for value in spec:
            yield from part_paths(value)


def _root(name: str) -> Path | None:
    """The folder from which Python imported a module of an author; None if it is not one."""
    origin = getattr(sys.modules.get(name), "__file__", None)
    if not origin or name.partition(".")[0] == "telos":
        return None
    path, words = Path(origin).resolve(), name.split(".")
    stem = [*words, "__init__"] if path.stem == "__init__" else words
    depth = len(stem)
    if path.suffix != ".py" or [*path.parts[-depth:-1], path.stem] != stem:
        return None
    if any(folder in path.parts for folder in INSTALLED):
        return None
    return path.parents[depth - 1]


#: What this process has unpacked: the digest of the files, and the folders where it finds them.
_unpacked: dict[str, list[str]] = {}


def unpack(freight: Mapping[str, Any]) -> None:
    """Let this process import the shipped modules: in place if the same files are here, else a copy.

    Args:
        freight: what `Freight.plain` gave.
    """
    files = [(str(path), str(text)) for path, text in freight["files"]]
    name = digest(files)
    if not files or name in _unpacked:
        return
    if _unpacked:  # a worker that served another version of the study before
        _forget(path for path, _ in files)
    here = [Path(root) for root in freight["roots"]]
    if all(any(_same(root / path, text) for root in here) for path, text in files):
        folders = [str(root) for root in here]
    else:
        # A folder of an unforeseeable name: what lies in it is run.
        copy = Path(tempfile.mkdtemp(prefix="telos-"))
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        for path, text in files:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_text(text, encoding="utf-8")
        folders = [str(copy)]
    old = {place for places in _unpacked.values() for place in places}
    sys.path[:] = [*folders, *(place for place in sys.path if place not in old)]
    _unpacked.clear()
    _unpacked[name] = folders
    importlib.invalidate_caches()


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _forget(paths: Iterable[str]) -> None:
    for path in paths:
        words = Path(path).with_suffix("").parts
        name = ".".join(words[:-1] if words[-1] == "__init__" else words)
        sys.modules.pop(name, None)
