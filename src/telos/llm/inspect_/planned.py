"""Planned: the games of a task that is still to be run."""

import os
from inspect import signature
from typing import Any

from inspect_ai._eval.loader import load_tasks

from telos.core.errors import StudyError, TelosError, UnknownName, did_you_mean
from telos.core.shown import told
from telos.llm.game import Game, game_of
from telos.llm.inspect_ import registry
from telos.llm.inspect_.episode import setup_in
from telos.llm.inspect_.tasks import PLAYED


def games_of(task: str, options: dict[str, Any]) -> tuple[list[Game], int, bool]:
    """The games of a task, how often each is played, and whether a probe comes before.

    Args:
        task: a shipped task (`telos/factory`, `factory`), or a file with one task, which is run as Python;
            `file.py@name` names one of several.
        options: of the task, as behind `-T`.

    Raises:
        UnknownName: if there is no such task. StudyError: if it cannot be made.
        TranscriptError: if an episode in it is not of Telos.
    """
    if not task.partition("@")[0].endswith(".py"):
        task = f"telos/{_known(task.strip().removeprefix('telos/'), options)}"
    else:
        task = os.path.relpath(task)  # Inspect looks for tasks below the folder that it runs in
    try:
        tasks = load_tasks([task], options)
    except TelosError:
        raise
    except Exception as problem:  # noqa: BLE001 - a file may fail in any way
        raise StudyError(f"{task}: its task cannot be made ({told(problem)}).") from None
    if len(tasks) != 1:
        remedy = (
            f"name one of them, as {task}@{tasks[0].name}"
            if tasks
            else "see what Python says of it, and put @task above a function that makes one"
        )
        raise StudyError(f"{task}: {len(tasks)} tasks can be made of it; {remedy}.")
    (made,) = tasks
    found = [
        game_of(setup_in(sample.metadata, f"{task}: sample {sample.id}")) for sample in made.dataset
    ]
    probed = any((sample.metadata or {}).get("probed") for sample in made.dataset)
    return found, int(made.epochs or 1), probed


def _known(name: str, options: dict[str, Any]) -> str:
    """The name of a shipped task that has these options; Inspect itself only warns of others."""
    known = (*PLAYED, "world")
    if name not in known:
        raise UnknownName(f"no task {name!r:.80}. {did_you_mean(name, known)}")
    offered = signature(getattr(registry, name)).parameters
    for option in options:
        if option not in offered:
            raise UnknownName(
                f"-T: telos/{name} has no {option!r:.60}. {did_you_mean(option, offered)}"
            )
    return name
