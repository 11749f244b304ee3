"""Transcripts: what a model was offered, called and was answered, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

#: What became of a call. Only `executed` says that it was done, and none says that it was harmless.
#: `changed`: something else was done in its stead, which is a call of its own.
OUTCOMES = ("executed", "denied", "changed", "invalid", "error", "limit", "missing")


@final
class Unnamed(dict[str, Any]):
    """Arguments that came as one value without names: it stands under `input`, and no other name is known."""


@final
@dataclass(frozen=True)
class Call:
    """One tool call of a transcript.

    Args:
        id: of the call. message: the message that it stands in. turn: the number of that message among
            the model's, from 0. function: the name called.
        arguments: what it was called with; None where that could not be read.
        outcome: one of `OUTCOMES`. result: what the tool answered; empty if nothing is known.
        note: a remark on the outcome, such as who denied it.
    """

    id: str
    message: str
    turn: int
    function: str
    arguments: Mapping[str, Any] | None
    outcome: str
    result: str = ""
    note: str = ""


@final
@dataclass(frozen=True)
class Transcript:
    """One sample of one epoch, as plain data.

    Args:
        log: the file. sample: its name in the log. epoch: from 1. model: who played.
        tools: the names of the tools offered; None where the log does not say.
        calls: in the order in which they were made; of the roles asked for.
        system, user: what those two said, in pieces.
        incomplete: why the transcript does not tell everything (an error, a limit); empty if it does.
        task: the name of the task.
        apart: how many calls there are of other roles, by role, which are not judged.
        unread: whether the log holds a sample that cannot be read.
        superseded: the later log that has the sample again, which is then not counted; empty if none has.
        metadata: what the log notes of the sample.
        unrecorded: of system and user, those whose words the format does not keep.
        user_at: for each of `user`, the turn of the model before which it was said; empty if not told.
    """

    log: str
    sample: str
    epoch: int
    model: str
    tools: tuple[str, ...] | None
    calls: tuple[Call, ...]
    system: tuple[str, ...] = ()
    user: tuple[str, ...] = ()
    incomplete: str = ""
    task: str = ""
    apart: Mapping[str, int] = field(default_factory=dict)
    unread: bool = False
    superseded: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    unrecorded: tuple[str, ...] = ()
    user_at: tuple[int, ...] = ()
