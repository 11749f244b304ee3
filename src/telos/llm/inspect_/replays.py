"""Replays from logs: some episodes found again by name, each beside what the planner would have done."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from telos.llm.inspect_.logs import about_of, evidence_in, logs_in
from telos.llm.replay import beside

#: Log, sample and epoch, as the decisions table names them.
Key = tuple[str, str, int]


def tell(paths: Iterable[str | Path], keys: Sequence[Key]) -> dict[Key, list[dict[str, Any]]]:
    """The steps of some episodes beside the planner's.

    Args:
        paths: the logs, or folders of them. keys: the log, sample and epoch of each episode.

    Returns:
        For each episode that was found, the rows of `telos.llm.replay.beside`.
    """
    told: dict[Key, list[dict[str, Any]]] = {}
    for path, log in logs_in(paths):
        for sample in log.samples or []:
            about = about_of(path, log, sample)
            key = (about["log"], about["sample"], about["epoch"])
            if key in keys and key not in told:
                found = evidence_in(path, sample)
                told[key] = beside(found.setup, found.attempts)
        if len(told) == len(set(keys)):
            break
    return told
