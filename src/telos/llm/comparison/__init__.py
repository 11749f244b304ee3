"""Models beside the planner that played the same text: from decisions to the tables of `telos compare`."""

from telos.llm.comparison.compare import Comparison, compare

__all__ = ["Comparison", "compare"]
