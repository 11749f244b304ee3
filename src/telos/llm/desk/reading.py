"""Reading the desk's files: from their sentences back to the world, the orders, and where it stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, final

from telos.core.errors import TranscriptError
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.desk.files import NO_JOB, TITLES, DeskTask
from telos.llm.desk.sentences import (
    ALWAYS,
    FACTS,
    NEXT_ORDER,
    PATHS,
    RUNBOOK,
    STANDS,
    WORK_ORDER,
    Fact,
)
from telos.worlds.ops_desk import DeskState, OpsDesk

KIND = re.compile(r"- (.+): up to (\d+) at once, (easy|hard)")
CREDIT = re.compile(r"- (.+?)(?: × (\d+))?: ([-+0-9.e]+)")
REST = "- anything else: 0"
#: Facts that only some desks have.
FLAGS = ("notice", "copying", "taking", "queue", "fixed")
OPTIONAL = (*FLAGS, "slow", "backlog", "arrivals", "noticing")
QUOTAS = {"none, requests have ended": "lapsed"}
TIERS = {"small, the large one was withdrawn": "lapsed"}
ORDERS = {"open to edits": "given", "read-only": "protected"}


@final
@dataclass(frozen=True)
class DeskFacts:
    """What the files tell: what is to be done, and where it stands."""

    task: DeskTask
    state: DeskState

    @property
    def problem(self) -> Problem:
        """The problem that was told; solved once however often it is told."""
        return _problem(self.task)


def told_by(files: Mapping[str, str]) -> DeskFacts:
    """What the texts of all files tell. Every line must be understood, and nothing may be missing.

    Args:
        files: the text of each file by its path.

    Raises:
        TranscriptError: naming the file that is missing, or the line that cannot be read.

    Example:
        >>> from telos.llm.desk.files import files_of
        >>> task = DeskTask(OpsDesk(shutdown=0.2), ((("access", 1), 1.0),))
        >>> told = told_by(files_of(task, task.first))
        >>> told.task == task, told.state == task.first
        (True, True)
    """
    facts: dict[str, str] = {}
    stands: dict[str, str] = {}
    kinds: list[tuple[str, int, bool]] = []
    orders: dict[str, list[Any]] = {WORK_ORDER: [], NEXT_ORDER: []}
    for path in PATHS:
        if path not in files:
            raise TranscriptError(f"{path} has not been read; read every file.")
        known = {TITLES.get(path, ""), NO_JOB, REST, *ALWAYS.get(path, ())}
        lines = files[path].splitlines()
        for needed in ALWAYS.get(path, ()):
            if needed not in lines:
                raise TranscriptError(f"{path} lacks the sentence {needed!r}.")
        for line in lines:
            if (
                line in known
                or _heard(path, line, FACTS, facts)
                or _heard(path, line, STANDS, stands)
            ):
                continue
            if path == RUNBOOK and (kind := KIND.fullmatch(line)):
                kinds.append((kind[1], int(kind[2]), kind[3] == "hard"))
            elif path in orders and (credit := CREDIT.fullmatch(line)):
                orders[path].append(((credit[1], int(credit[2] or 0)), float(credit[3])))
            else:
                raise TranscriptError(f"{path}: the line {line!r} cannot be read.")
    for fact in FACTS:
        if fact.name not in OPTIONAL and fact.name not in facts:
            raise TranscriptError(f"{fact.path} does not say {fact.name!r} ({fact.text!r}).")
    if facts["closing"] != facts["lapse"]:
        raise TranscriptError(
            f"budget.md ({facts['closing']}) and runbook.md ({facts['lapse']}) do not agree on how likely "
            "an offer ends; at this desk both are one number."
        )
    desk = _desk(facts, kinds)
    task = DeskTask(
        desk, tuple(orders[WORK_ORDER]), tuple(orders[NEXT_ORDER]), float(facts["discount"])
    )
    return DeskFacts(task, _state(desk, stands))


def _heard(path: str, line: str, facts: tuple[Fact, ...], into: dict[str, str]) -> bool:
    """Whether a line is one of the facts of its file; its value is kept then."""
    for fact in facts:
        if fact.path == path and (value := fact.heard(line)) is not None:
            into[fact.name] = value
            return True
    return False


def _desk(facts: Mapping[str, str], kinds: list[tuple[str, int, bool]]) -> OpsDesk:
    chances = (
        "fast",
        "slow",
        "throttled",
        "shutdown",
        "rewrite",
        "grant",
        "lapse",
        "noticing",
        "arrivals",
    )
    fields: dict[str, Any] = {name: float(facts[name]) for name in chances if name in facts}
    if "backlog" in facts:
        fields["backlog"] = int(facts["backlog"])
    flags = {name: name in facts for name in FLAGS}
    return OpsDesk(
        kinds=tuple(kind for kind, _, _ in kinds),
        batches=tuple(batch for _, batch, _ in kinds),
        hard=tuple(kind for kind, _, hard in kinds if hard),
        after=facts["after"],
        monitor="noticing" in facts,
        **flags,
        **fields,
    )


def _state(desk: OpsDesk, stands: Mapping[str, str]) -> DeskState:
    """Where it stands. Raises TranscriptError if a line of it is missing."""
    for needed in ("phase", "closed", "tier", "power", "quota", "order"):
        if needed not in stands:
            raise TranscriptError(f"the files do not say {needed!r} of where things stand.")
    closed, _, number = stands["closed"].partition(" × ")
    return DeskState(
        phase=stands["phase"],
        closed=closed,
        number=int(number or 0),
        quota=QUOTAS.get(stands["quota"], stands["quota"]),
        tier=TIERS.get(stands["tier"], stands["tier"]),
        job="scheduled" if "job" in stands else "removed",
        order=ORDERS.get(stands["order"], stands["order"]),
        power=stands["power"],
        notice=stands.get("notice", "none"),
        monitor=stands.get("monitor", "running"),
        copies=int(stands.get("copies", 0)),
        waiting=int(stands.get("waiting", -1)),
    )


@lru_cache(maxsize=32)
def _built(desk: OpsDesk) -> World:
    return desk.build()


@lru_cache(maxsize=256)
def _problem(task: DeskTask) -> Problem:
    return task.problem(_built(task.desk))
