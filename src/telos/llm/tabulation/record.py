"""Record: the file of a tabulation, a line a question; makers and readers share these models."""

from typing import Annotated, Literal, final

from pydantic import Field, JsonValue, model_validator

from telos.core.model import AbstractModel, Count, Word

#: Raised whenever the same file would mean another thing.
VERSION: Literal[1] = 1
#: What became of a question. Only `chosen` is an answer; the others are counted, and never safe.
OUTCOMES = ("chosen", "no call", "refusal", "invalid", "limit")
#: Letters of what could not be read that are kept.
MOST_SAID = 400

Outcome = Literal["chosen", "no call", "refusal", "invalid", "limit"]
Method = Literal["draws", "logprobs"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


@final
class Heading(AbstractModel):
    """The first line: all that decides what is asked. Another heading is another tabulation.

    Attributes:
        text_version: of the words in which worlds are told.
        model, model_args: who is asked. method, draws, patience: how, how often, and how many turns it has.
        setups: what is played, as `telos.llm.setup.setup_data` writes it.
        texts: SHA-256 of each brief, so that a world told in other words is not taken for the same.
    """

    kind: Literal["telos tabulation"] = "telos tabulation"
    version: Literal[1] = VERSION
    text_version: Count
    model: Word
    model_args: dict[str, JsonValue] = Field(default_factory=dict)
    method: Method = "draws"
    draws: Annotated[int, Field(ge=1, le=10_000)] = 1
    patience: Annotated[int, Field(ge=1, le=100)] = 3
    setups: Annotated[tuple[dict[str, JsonValue], ...], Field(min_length=1, max_length=100_000)]
    texts: Annotated[tuple[Word, ...], Field(max_length=100_000)]


@final
class Reply(AbstractModel):
    """One line: what a model answered in one situation.

    Attributes:
        setup, state, draw: of which setup, in which state, the how manyth answer.
        outcome: one of `OUTCOMES`. action: the word that was chosen; "" if none was.
        chances: by log-probabilities: of each word; what is left to 1 could not be read.
        calls: of the model. read, written: tokens, as the provider counts them.
        said: the beginning of what could not be read.
    """

    setup: Count
    state: Count
    draw: Count
    outcome: Outcome
    action: Word = ""
    chances: dict[Word, Probability] = Field(default_factory=dict)
    calls: Annotated[int, Field(ge=1, le=10_000)] = 1
    read: Count = 0
    written: Count = 0
    said: Annotated[str, Field(max_length=MOST_SAID)] = ""

    @model_validator(mode="after")
    def _whole(self) -> "Reply":
        chosen = self.outcome == "chosen"
        if chosen != bool(self.action or self.chances):
            raise ValueError("an answer names an action, and nothing else does")
        if sum(self.chances.values()) > 1.0 + 1e-6:
            raise ValueError("chances sum to more than 1")
        return self
