"""Source: a study file, loaded by its path so that its own worlds and agents can be named."""

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from telos.core.errors import StudyError, TelosError
from telos.runs.study import Study


def load_source(path: Path) -> ModuleType:
    """Load a Python file as the module of its own name, once a process.

    Its folder joins the module search path, as when Python runs a file; so the parts it defines
    have the dotted path ``my_world:Maze`` here, in every worker and when they are read back.

    Raises:
        StudyError: if the file cannot be loaded, naming the line that went wrong.
    """
    file = path.resolve()
    name = file.stem
    known = sys.modules.get(name)
    if known is not None:
        if Path(getattr(known, "__file__", None) or ".").resolve() == file:
            return known
        raise StudyError(f"{path}: Python already has a module {name!r}. Rename the file.")
    if not name.isidentifier():
        raise StudyError(f"{path}: {name!r} cannot name a module. Use letters, digits and '_'.")
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise StudyError(f"{path} is not a Python file that can be read. Check the path.")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except TelosError:
        del sys.modules[name]
        raise
    except Exception as problem:  # noqa: BLE001 - a study file may raise anything
        del sys.modules[name]
        raise StudyError(
            f"{path}{_line(problem, file)}: {type(problem).__name__}: {problem}"
        ) from None
    return module


def load_study(path: Path) -> Study:
    """The study of a study file: the one it calls `STUDY`.

    Raises:
        StudyError: if the file cannot be loaded or has no `STUDY`.
    """
    study = getattr(load_source(path), "STUDY", None)
    if not isinstance(study, Study):
        raise StudyError(
            f"{path} has no study. Put one in it under the name STUDY: STUDY = Study(...)."
        )
    return study


def _line(problem: Exception, file: Path) -> str:
    if isinstance(problem, SyntaxError):
        return f", line {problem.lineno}"
    frames = traceback.extract_tb(problem.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == file]
    return f", line {lines[-1]}" if lines else ""
