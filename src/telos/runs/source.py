"""Source: a study file, loaded by its path so that its own worlds and agents can be named."""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from telos.core.errors import Interrupted, StudyError, TelosError, UnknownName, did_you_mean
from telos.core.files import read_file
from telos.core.shown import told
from telos.core.spec import resolve
from telos.runs.authors import is_authors, remember
from telos.runs.study import Study

#: Bytes that a study file may have. Python reads a megabyte of it in seconds.
MOST = 2**20

Found = TypeVar("Found")


def load_source(path: Path) -> ModuleType:
    """Load a Python file as the module of its own name, once a process.

    Its folder joins the module search path, as when Python runs a file; so the parts it defines
    have the dotted path ``my_world:Maze`` here, in every worker and when they are read back.

    Raises:
        StudyError: if the file cannot be loaded, naming the line that went wrong.
    """
    try:
        file = path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a NUL
        raise StudyError(f"{path} is not a Python file that can be read. Check the path.") from None
    name = file.stem
    known = sys.modules.get(name)
    if known is not None:
        if Path(getattr(known, "__file__", None) or ".").resolve() == file:
            return known
        raise StudyError(f"{path}: Python already has a module {name!r}. Rename the file.")
    try:
        data = read_file(
            file,
            most=MOST,
            error=StudyError,
            remedy="Name a Python file of a size that people write.",
        )
    except FileNotFoundError:
        raise StudyError(
            f"{path} is not a Python file that can be read: it is not there. Check the path."
        ) from None
    if not name.isidentifier():
        raise StudyError(f"{path}: {name!r} cannot name a module. Use letters, digits and '_'.")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise StudyError(f"{path} is not a Python file that can be read. Its name must end in .py.")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # These bytes are run and no others: Python's own loader may take an older file for this one.
        called(lambda: exec(compile(data, str(file), "exec"), module.__dict__), path, file)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    remember(name, data)
    return module


def load_study(path: Path) -> Study:
    """The study of a study file: the one it calls `STUDY`.

    Raises:
        StudyError: if the file cannot be loaded or has no `STUDY`.
    """
    module = load_source(path)
    study = called(lambda: getattr(module, "STUDY", None), path, path.resolve())
    if not isinstance(study, Study):
        raise StudyError(
            f"{path} has no study. Put one in it under the name STUDY: STUDY = Study(...)."
        )
    return study


def load_named(path: str) -> object:
    """What a person named: ``my_lab.worlds:Maze``, or ``maze.py:Maze`` in a file.

    Raises:
        StudyError: if it cannot be loaded, naming the line that went wrong.
        UnknownName: if the file defines nothing of that name.
    """
    place, _, name = path.rpartition(":")
    if not place.endswith(".py"):
        return called(lambda: resolve(path), path, None)
    found: object = load_source(Path(place))
    for word in name.split("."):
        if not hasattr(found, word):
            known = [each for each in dir(found) if _is_own(found, each)]
            raise UnknownName(f"{place} defines no {name!r}. {did_you_mean(word, known)}")
        found = getattr(found, word)
    return found


def _is_own(holder: object, name: str) -> bool:
    """Whether a person may have meant a name: not what their file took from elsewhere."""
    if name.startswith("_"):
        return False
    if not isinstance(holder, ModuleType):
        return True
    home = getattr(getattr(holder, name), "__module__", holder.__name__)
    return bool(home == holder.__name__)


def called(code: Callable[[], Found], place: object, file: Path | None) -> Found:
    """What other people's code returns; whatever it raises instead becomes one sentence.

    Args:
        code: calls it. place: what the sentence calls it. file: whose lines are meant, if one.

    Raises:
        StudyError: with the line. Errors of Telos, and a person's Ctrl-C, pass.
    """
    try:
        return code()
    except (TelosError, Interrupted):
        raise
    except BaseException as problem:
        if is_pressed(problem):
            raise
        raise StudyError(f"{place}{_line(problem, file)}: {told(problem)}") from None


def is_pressed(problem: BaseException) -> bool:
    """Whether a person pressed Ctrl-C; other people's code may raise `KeyboardInterrupt` itself."""
    frames = traceback.extract_tb(problem.__traceback__)
    raised = bool(frames) and (frames[-1].line or "").lstrip().startswith("raise")
    return isinstance(problem, KeyboardInterrupt) and not raised


def authors_line(problem: BaseException) -> str:
    """File and line of the innermost code of an author that an error went through; empty if of none.

    An author's code is what a command or a run calls; what calls the commands is nobody's part.
    """
    frames = traceback.extract_tb(problem.__traceback__)
    home = Path(__file__).parents[1]
    files = [Path(frame.filename) for frame in frames]
    inside = [file.is_relative_to(home) and file != home / "cli" / "entry.py" for file in files]
    first = inside.index(True) if any(inside) else len(frames)
    own = [frame for frame in frames[first:] if is_authors(Path(frame.filename))]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def _line(problem: BaseException, file: Path | None) -> str:
    if isinstance(problem, SyntaxError):
        return f", line {problem.lineno}" if problem.lineno else ""
    frames = traceback.extract_tb(problem.__traceback__)
    if file is None:
        line = authors_line(problem)
        return f" ({line})" if line else ""
    lines = [frame.lineno for frame in frames if Path(frame.filename) == file]
    return f", line {lines[-1]}" if lines else ""
