"""Authors: the modules of other people that a study's parts are defined in, and all that these import."""

import ast
import contextlib
import hashlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, final

import numpy as np

from telos.core.errors import StudyError
from telos.core.files import read_file

#: What lies in such a folder was installed: its version stands for it, and workers have it too.
INSTALLED = ("site-packages", "dist-packages")
#: Words by which a module may import others that cannot be read off its text.
DYNAMIC = (b"import_module", b"__import__", b"run_path", b"spec_from_file_location")


def is_authors(path: Path) -> bool:
    """Whether a file of code is neither Telos's, nor installed, nor Python's own."""
    home, python = Path(__file__).parents[1], Path(ast.__file__).parent
    ours = any(path.is_relative_to(folder) for folder in (home, python))
    return path.suffix == ".py" and path.is_absolute() and not ours and not _installed(path)


def root_of(name: str) -> Path | None:
    """The folder in which Python found an author's loaded module; None if it is not one."""
    origin = getattr(sys.modules.get(name), "__file__", None)
    if not origin or name.partition(".")[0] == "telos":
        return None
    path = Path(origin).resolve()
    return None if _installed(path) else _root(name, path)


def _root(name: str, path: Path) -> Path | None:
    words = name.split(".")
    stem = [*words, "__init__"] if path.stem == "__init__" else words
    depth = len(stem)
    fits = path.suffix == ".py" and [*path.parts[-depth:-1], path.stem] == stem
    return path.parents[depth - 1] if fits else None


#: The bytes of each loaded module as they were when it was first looked at, with the import they belong
#: to: what a process computes with is what it loaded, whatever becomes of the file. One entry a module.
_texts: dict[str, tuple[object, bytes]] = {}


def remember(name: str, data: bytes) -> None:
    """Take these bytes for those of a loaded module: of one that was executed from them."""
    _texts[name] = (getattr(sys.modules.get(name), "__spec__", None), data)


def text_of(name: str, path: Path) -> bytes:
    """The bytes of a module's file; of a loaded one, as they were when it was first looked at.

    Raises:
        StudyError: if the file cannot be read.
    """
    module = sys.modules.get(name)
    made_by = getattr(module, "__spec__", None)
    if name in _texts and module is not None and _texts[name][0] is made_by:
        return _texts[name][1]
    remedy = "Parts are compared by the text of their modules, so it must be there."
    try:
        data = read_file(path, error=StudyError, remedy=remedy)
    except FileNotFoundError:
        raise StudyError(f"{path}, the file of module {name}, is gone. {remedy}") from None
    if module is not None:
        _texts[name] = (made_by, data)
    return data


@final
@dataclass(frozen=True)
class Authored:
    """What other people's code says of a part: a walk over modules, by what they import.

    Args:
        files: the bytes of each file, by its path below the folder that Python found it in.
        packages: the installed packages that the files import.
        modules: names of the modules that were read, those of the parts and what they import.
        unread: names of modules that have no file: a notebook's, or one made by code.
        settings: each variable of the environment that the files name, and its value.
        roots: the folders that Python found the modules in.
        left: modules that are still to be read.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    packages: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=dict)
    roots: dict[Path, None] = field(default_factory=dict)
    left: list[tuple[str, Path]] = field(default_factory=list)

    @property
    def versions(self) -> list[str]:
        """Name and version of each installed package."""
        return sorted(map(_version, self.packages))

    def look_at(self, name: str) -> bool:
        """Note a module; returns whether it is an author's, so that what lies in it may be too."""
        top = name.partition(".")[0]
        if top == "telos" or (top in sys.stdlib_module_names and top != "__main__"):
            return False
        if name in self.modules or name in self.unread:
            return True
        module, path = sys.modules.get(name), self._find(name)
        if path is None:
            if module is not None and not hasattr(module, "__path__"):  # no mere folder
                self.unread.add(name)
            return module is not None
        if _installed(path):
            self.packages.add(top)
            return False
        self.modules.add(name)
        root = _root(name, path)
        if root is not None:
            self.roots.setdefault(root)
        self.left.append((name, path))
        return True

    def read(self, name: str, path: Path) -> None:
        """Keep a module's text, and look at all that it imports."""
        data = text_of(name, path)
        root = next((root for root in self.roots if path.is_relative_to(root)), None)
        where = f"{name}{path.suffix}" if root is None else path.relative_to(root).as_posix()
        self.files[where] = data
        if path.suffix != ".py":
            return
        self.settings.update(settings_in(data))
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        for wanted in imported(data, package):
            words = wanted.split(".")
            for depth in range(1, len(words) + 1):  # a package's own file runs too
                if not self.look_at(".".join(words[:depth])):
                    break
        if any(word in data for word in DYNAMIC):
            for other in sorted(sys.modules):
                if other != "__main__" and root_of(other) in self.roots:
                    self.look_at(other)

    def _find(self, name: str) -> Path | None:
        """The file of a module, loaded or not; nothing is imported for the answer."""
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin:
            return Path(origin).resolve()
        for root in self.roots:
            place = root.joinpath(*name.split("."))
            for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
                if path.is_file():
                    return path.resolve()
        if "." in name or name in sys.modules:
            return None
        with contextlib.suppress(ImportError, ValueError):
            found = importlib.util.find_spec(name)
            if found is not None and found.has_location and found.origin:
                return Path(found.origin).resolve()
        return None


def authored(names: Iterable[str]) -> Authored:
    """The modules of these names that are neither Telos's nor installed, and what they import.

    Imports are read off the text, wherever in it they stand, so the answer does not depend on what
    happens to be loaded. Where a text imports by name at run time, what was loaded from the same folder
    is added.

    Args:
        names: of modules; those of Telos are passed over.
    """
    found = Authored()
    for name in sorted(set(names)):
        found.look_at(name)
    while found.left:
        found.read(*found.left.pop())
    return found


def settings_in(data: bytes) -> dict[str, str]:
    """The variables of the environment that a module's text names, and their values now.

    They may be read whenever a part computes, and no constant holds them. Values that name a place differ
    from machine to machine and are left out, as in `plain_values`.
    """
    if not any(word in data for word in (b"environ", b"getenv")):
        return {}
    texts = {node.value for node in _syntax(data) if isinstance(node, ast.Constant)}
    held = {
        name: os.environ[name] for name in texts if isinstance(name, str) and name in os.environ
    }
    return {name: value for name, value in held.items() if is_plain(value)}


def imported(data: bytes, package: str) -> Iterator[str]:
    """The dotted names that a module's text imports; none if it is not Python that can be read.

    Args:
        data: the text. package: the package that a relative import starts from.
    """
    for node in _syntax(data):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            if start:
                yield start
                yield from (f"{start}.{alias.name}" for alias in node.names)


def _syntax(data: bytes) -> list[ast.AST]:
    """Every piece of a module's text; none if it is not Python that can be read."""
    try:
        return list(ast.walk(ast.parse(data)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _installed(path: Path) -> bool:
    return any(folder in path.parts for folder in INSTALLED)


def _version(top: str) -> str:
    """Name and version of the package that brings a module."""
    try:
        return f"{top} {metadata.version(top)}"
    except metadata.PackageNotFoundError:  # it is called otherwise than its module
        names = sorted(set(_distributions().get(top, ())))
        return " ".join([top, *(f"{name} {metadata.version(name)}" for name in names)])


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def plain_values(names: Iterable[str]) -> dict[str, Any]:
    """The constants of loaded modules that plain data can hold: what they read when they were loaded.

    A number from the environment or from a file does not stand in the text, and yet decides. Texts
    that name a place differ from machine to machine and are left out, as are Python's own names (`__x__`)
    and private tables that can change (`_x = {}`), which are what a module remembers.
    """
    found: dict[str, Any] = {}
    for name in names:
        for word, value in sorted(vars(sys.modules[name]).items() if name in sys.modules else ()):
            changing = isinstance(value, list | dict | set)
            private = word.startswith("_") and (word.endswith("__") or changing)
            if not private and is_plain(value):
                found[f"{name}.{word}"] = written(value)
    return found


def written(value: Any) -> Any:
    """A plain value as data whose text tells it from every other one; an array by its digest."""
    if isinstance(value, np.ndarray):
        summed = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return ("array", value.dtype.str, value.shape, summed)
    if isinstance(value, dict):
        return [(written(key), written(each)) for key, each in value.items()]
    if isinstance(value, tuple | list):
        return [written(each) for each in value]
    return sorted(map(repr, value)) if isinstance(value, set | frozenset) else repr(value)


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether a value is a number, a text that names no place, an array of numbers, or a table of such."""
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "biufcSU" and value.nbytes < 2**28
    if isinstance(value, set | frozenset):
        value = list(value)
    if isinstance(value, str):
        return "/" not in value and "\\" not in value
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, tuple | list):
        return depth < 4 and len(value) < 10_000 and all(is_plain(v, depth + 1) for v in value)
    return value is None or type(value) in (bool, int, float)


def code_in(name: str) -> Iterator[bytes]:
    """The compiled code of what a module without a file defines, in the order of its names."""
    module = sys.modules.get(name)
    for word, value in sorted(vars(module).items() if module is not None else ()):
        if getattr(value, "__module__", None) != name:
            continue
        for part in (value, *(vars(value).values() if isinstance(value, type) else ())):
            if isinstance(part, FunctionType):
                yield word.encode()
                yield from _code(part.__code__)


def _code(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        else:
            yield repr(constant).encode()
