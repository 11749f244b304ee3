"""Assayed: from the arms that an assay certified to a task that runs, its plan and its power."""

from telos.llm.assayed.record import PlayedArms, read_arms, setups_in
from telos.llm.assayed.written import Design, Written, playable_pairs, write

__all__ = ["Design", "PlayedArms", "Written", "playable_pairs", "read_arms", "setups_in", "write"]
