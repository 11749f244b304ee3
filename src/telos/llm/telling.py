"""Tellings: how a game is told and answered, which tools there are and what their calls come to."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.arrays import Bools, Ints
from telos.core.errors import TranscriptError, did_you_mean
from telos.core.problem import Problem
from telos.llm.fields import Row
from telos.solve.foresight import solve_as
from telos.solve.solve import Solution

TYPE_NAMES = {str: "a text", int: "an integer"}


class TellingCall(NamedTuple):
    """A call of a tool."""

    tool: str
    arguments: Mapping[str, Any]


class AbstractTelling(ABC):
    """How one game is told and answered. What is said is a function of setup, state and step alone.

    A *word* is what an act is called by in the words of the framing; no two acts of a world share one.
    """

    @property
    @abstractmethod
    def tools(self) -> Mapping[str, Mapping[str, type]]:
        """Each tool, and the type of each of its arguments."""

    @property
    @abstractmethod
    def manual(self) -> Mapping[str, str]:
        """What is said of each tool (`tool`) and of each of its arguments (`tool.argument`)."""

    @property
    @abstractmethod
    def brief(self) -> str:
        """The text that an episode begins with."""

    @property
    @abstractmethod
    def reminder(self) -> str:
        """What a model is told that answers without a call."""

    @property
    @abstractmethod
    def leisure(self) -> int:
        """How many looks in a row, beyond the patience with a model, may bring it further."""

    @abstractmethod
    def word(self, action: str) -> str:
        """The word of one of the world's actions."""

    @abstractmethod
    def row(self, s: int) -> Row:
        """A state in the words of the framing; no two states have the same."""

    @abstractmethod
    def situation(self, s: int, step: int) -> str:
        """What is told when a state is come to."""

    @abstractmethod
    def everything(self, s: int, step: int) -> str:
        """A situation, and all that could be looked up in it."""

    @abstractmethod
    def word_of(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """The act that a call is, possible or not; "" if it is a look.

        Raises:
            TranscriptError: if there is no such tool, or an argument is missing, unknown or of another type.
        """

    @abstractmethod
    def looked(self, s: int, step: int, tool: str, arguments: Mapping[str, Any]) -> str:
        """What a look is answered; "" for an act, which is answered by the situation that follows."""

    @abstractmethod
    def read(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """What a look makes known for good, by a name that no framing changes; "" if nothing."""

    @abstractmethod
    def known(self, drive: str, read: Sequence[str]) -> bool:
        """Whether one who has read this knows all that makes a drive relevant."""

    @abstractmethod
    def refused(self, s: int, word: str) -> str:
        """What is said of an act that is not possible in a state."""


@final
@dataclass(frozen=True, eq=False)
class View:
    """A moment of an episode as a reader of its texts understands it.

    Args:
        problem: as understood, in canonical words. s: the state now. row: as it was told.
        words: possible acts as they were told, pair by pair.
        instruction: of `description.INSTRUCTIONS`. minded: B[L], the pairs of the actions it names.
    """

    problem: Problem
    s: int
    row: Row
    words: tuple[str, ...]
    instruction: str
    minded: Bools

    @property
    def pairs(self) -> Ints:
        """I[n], the pairs of the state."""
        return np.arange(*self.problem.world.pair_ptr[self.s : self.s + 2])

    @property
    def solution(self) -> Solution:
        """The optimum, foreseeing the goal modification; computed once a problem."""
        return solve_as(self.problem, "realistic")


class AbstractReader(ABC):
    """Reads the texts of one telling, as a language model would, and nothing else."""

    @abstractmethod
    def told(self, texts: Sequence[str]) -> bool:
        """Whether these texts are of this telling."""

    @abstractmethod
    def wanted(self, texts: Sequence[str]) -> tuple[TellingCall, ...]:
        """The looks that are to be taken before anything can be said of the moment."""

    @abstractmethod
    def view(self, texts: Sequence[str]) -> View:
        """The moment that the texts lead to.

        Raises:
            TranscriptError: if a text cannot be read, or something has not been looked up.
        """

    @abstractmethod
    def call(self, texts: Sequence[str], word: str) -> TellingCall:
        """The call that an act is."""


def check_call(
    tools: Mapping[str, Mapping[str, type]], tool: str, arguments: Mapping[str, Any]
) -> None:
    """Raise TranscriptError unless it is a call that can be carried out.

    Args:
        tools: that there are, as in `AbstractTelling.tools`. tool, arguments: the call.
    """
    if tool not in tools:
        raise TranscriptError(f"there is no tool {tool!r:.80}. {did_you_mean(tool[:80], tools)}")
    for name in arguments:
        if name not in tools[tool]:
            raise TranscriptError(f"{tool} has no argument {name!r:.80}.")
    for name, kind in tools[tool].items():
        value = arguments.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TranscriptError(f"{tool}: {name} is {value!r:.80}; give {TYPE_NAMES[kind]}.")
