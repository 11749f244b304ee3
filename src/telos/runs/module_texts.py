"""Module texts: the author's own modules, carried as text to machines that do not have the files."""

import atexit
import importlib
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, final

from telos.core.errors import StudyError
from telos.core.model import AbstractModel
from telos.core.spec import digest, modules_of
from telos.runs.authors import authored, root_of, text_of


@final
class ModuleTexts(AbstractModel):
    """The modules that define parts of a study, and those that lie beside them and were loaded.

    Attributes:
        roots: the folders, here, in which Python finds them.
        files: (path below its root, text) of each module.
    """

    roots: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def module_texts(specs: Iterable[Any]) -> ModuleTexts:
    """What must be sent along so that the parts in the specs can be built elsewhere.

    Nothing of Telos, and nothing that is installed: workers have that. A module's own folder is
    searched for further modules that were loaded from there, so helpers of a study file come along.

    Args:
        specs: plain data as `to_spec` writes it.

    Raises:
        StudyError: if a part is defined where no other process can import it.
    """
    names = sorted(frozenset().union(*map(modules_of, specs)))
    if "__main__" in names:
        raise StudyError(
            "a part of the study is defined in the script itself (__main__), which other "
            "machines cannot import. Put it into a file of its own, and import it from there."
        )
    found = authored(names)
    files = dict(found.files)
    for name in sorted(sys.modules):
        root = root_of(name)
        if root in found.roots and name != "__main__":
            path = Path(str(sys.modules[name].__file__)).resolve()
            files.setdefault(path.relative_to(root).as_posix(), text_of(name, path))
    texts = {path: _text(path, data) for path, data in files.items() if path.endswith(".py")}
    return ModuleTexts(roots=tuple(map(str, found.roots)), files=tuple(sorted(texts.items())))


def _text(path: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise StudyError(f"{path} is not UTF-8. Save it so; modules travel as text.") from None


#: What this process has unpacked: the digest of the files, and the folders where it finds them.
_unpacked: dict[str, list[str]] = {}


def unpack(modules: ModuleTexts) -> bool:
    """Let this process import the modules that were sent: in place if the same files are here, else a copy.

    Returns:
        Whether other modules are there now than before.
    """
    files = modules.files
    name = digest(files)
    if not files or name in _unpacked:
        return False
    if _unpacked:  # a worker that served another version of the study before
        _forget(path for path, _ in files)
    here = [Path(root) for root in modules.roots]
    if all(any(_same(root / path, text) for root in here) for path, text in files):
        folders = [str(root) for root in here]
    else:
        # A folder of an unforeseeable name: what lies in it is run.
        copy = Path(tempfile.mkdtemp(prefix="telos-"))
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        for path, text in files:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(text.encode())
        folders = [str(copy)]
    old = {place for places in _unpacked.values() for place in places}
    sys.path[:] = [*folders, *(place for place in sys.path if place not in old)]
    _unpacked.clear()
    _unpacked[name] = folders
    importlib.invalidate_caches()
    return True


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


def _forget(paths: Iterable[str]) -> None:
    for path in paths:
        words = Path(path).with_suffix("").parts
        name = ".".join(words[:-1] if words[-1] == "__init__" else words)
        sys.modules.pop(name, None)
