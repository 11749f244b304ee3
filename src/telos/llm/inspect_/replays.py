"""Replays from logs: some episodes found again by name, each beside what the planner would have done."""

from collections.abc import Mapping, Sequence
from typing import Any

from telos.llm.inspect_.attempts import Evidence
from telos.llm.inspect_.logs import Key
from telos.llm.replay import joint_world


def tell(evidence: Mapping[Key, Evidence], keys: Sequence[Key]) -> dict[Key, list[dict[str, Any]]]:
    """The steps of some episodes beside the planner's.

    Args:
        evidence: of the episodes that were read. keys: the log, sample and epoch of each episode wanted.

    Returns:
        For each episode that was found, the rows of `telos.llm.replay.beside`.
    """
    return {
        key: joint_world(evidence[key].setup, evidence[key].attempts)
        for key in keys
        if key in evidence
    }
