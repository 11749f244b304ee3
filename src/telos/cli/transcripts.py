"""The transcripts that a command is to read, of whatever format; Inspect is needed for its own logs only."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from telos.cli.arguments import needs_inspect

if TYPE_CHECKING:
    from telos.audit.formats.reading import JoinedReading, SomeReading


def reading_of(command: str, logs: Sequence[Path], roles: Sequence[str]) -> "JoinedReading":
    """A reading of the files and folders that were named.

    Args:
        command: as the user typed it. logs: what was named. roles: whose calls are judged.

    Raises:
        TranscriptError: if nothing there can be a transcript. StudyError: if Inspect is missing.
    """
    import os

    from telos.audit.formats.files import FoundFiles
    from telos.audit.formats.reading import FileReading, JoinedReading

    found = FoundFiles(list(logs))
    parts: list[SomeReading] = []
    if found.own:
        parts.append(FileReading(found.own, tuple(roles), found.skipped))
    if found.inspect:
        with needs_inspect(command):
            from telos.audit.inspect_.reading import LogReading

            besides = [os.path.realpath(path) for path in found.own]
            parts.append(LogReading.of(found.inspect, roles, besides))
    return JoinedReading(parts, tuple(roles))
