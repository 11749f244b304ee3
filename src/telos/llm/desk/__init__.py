"""The operations desk as files and tools: facts in sentences, calls as acts, and a planner that reads."""

from telos.llm.desk.files import DeskTask, files_of, opening
from telos.llm.desk.reading import DeskFacts, told_by
from telos.llm.desk.tools import action_of, answer

__all__ = [
    "DeskFacts",
    "DeskTask",
    "action_of",
    "answer",
    "files_of",
    "opening",
    "told_by",
]
