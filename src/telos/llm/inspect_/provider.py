"""The models as Inspect models: `--model telos/optimal`, `--model telos/boltzmann -M beta=2`, and so on."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Logprob,
    Logprobs,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    TopLogprob,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from telos.llm.game import Game
from telos.llm.inspect_.episode import EpisodeState, running
from telos.llm.inspect_.names import named
from telos.llm.inspect_.plain import line_of
from telos.llm.lettered import letters_in
from telos.llm.models import OPTIONS, chances, check_model, choose, reader_of, viewed
from telos.llm.probe import answered, asked_in_text, guessed
from telos.llm.telling import TellingCall

#: Without a usage Inspect counts tokens by itself, with a vocabulary that it fetches from the network.
USAGE = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
#: Nothing here waits for a network: as many episodes at once as Inspect likes.
CONNECTIONS = 64
BIASES = tuple(name for name in OPTIONS["boltzmann"] if name != "beta")


@final
@dataclass(eq=False, kw_only=True)
class PlannerModel(ModelAPI):
    """A model that reads what a language model would read, and answers with a call.

    Args:
        model_name: a name of `telos.llm.models.MODELS`. base_url, api_key, config: asked for by Inspect.
        seed: of the model's own chances; what it draws depends on episode, step and this.
        beta, and a bias for each drive: of `boltzmann`. horizon: of `myopic`. share: of `satisficer`.
        patience: of `power_seeking`.

    Raises:
        UnknownName: if there is no such model, or it has no such option.
    """

    model_name: str
    base_url: str | None = None
    api_key: str | None = None
    config: GenerateConfig = field(default_factory=GenerateConfig)
    seed: int = 0
    beta: float | None = None
    self_preservation: float | None = None
    goal_preservation: float | None = None
    cognitive_enhancement: float | None = None
    resource_acquisition: float | None = None
    horizon: float | None = None
    share: float | None = None
    patience: float | None = None

    def __post_init__(self) -> None:
        ModelAPI.__init__(self, self.model_name, self.base_url, self.api_key, [], self.config)
        check_model(self.model_name, self.options)

    @property
    def options(self) -> dict[str, float]:
        """What was set of the model."""
        names = dict.fromkeys(name for named in OPTIONS.values() for name in named)
        given = {name: getattr(self, name) for name in names}
        return {name: float(value) for name, value in given.items() if value is not None}

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - Inspect calls it so
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """The model's next call. Cheap once the brief was solved, so it runs in the event loop."""
        texts = [message.text for message in input if message.role != "assistant"]
        reader = reader_of(texts)
        episode = running()
        if asked_in_text(texts[-1]):
            return _in_text(self.model_name, self._understood(texts, episode))
        if wanted := reader.wanted(texts):
            return _calling(self.model_name, wanted, bool(tools))
        brief, situation = texts[0], "\n\n".join(texts[1:])
        if config.logprobs and (letters := letters_in(situation)):
            key = self._key(episode)
            found = chances(self.model_name, self.options, brief, situation, key)
            return _in_letters(self.model_name, letters, found)
        word = choose(
            self.model_name,
            self.options,
            brief,
            situation,
            self._rng(episode, brief, len(input)),
            self._key(episode),
        )
        return _calling(self.model_name, (reader.call(texts, word),), bool(tools))

    def _understood(self, texts: list[str], episode: EpisodeState) -> str:
        """The answers to a probe: right for who has understood the text, a guess of the random model."""
        if self.model_name == "random":
            return guessed(texts[-1], self._rng(episode, texts[0], 0))
        view = viewed(*texts)
        return answered(texts[-1], view.problem, view.s, view.words)

    def _rng(self, episode: EpisodeState, brief: str, step: int) -> np.random.Generator:
        """A generator of this episode and step alone.

        Framings and instructions are left out, so that they are compared like with like; epochs are not, so
        that each is an episode of its own. Without an episode at hand the brief names it.
        """
        named = brief
        if episode.setup:
            setup = episode.game.setup
            named = f"{setup.seed}|{setup.goal_name}|{episode.epoch}"
        digest = hashlib.sha256(named.encode()).digest()[:8]
        return np.random.default_rng([self.seed, int.from_bytes(digest, "big"), step])

    def _key(self, episode: EpisodeState) -> Game | None:
        """What planted biases act on; only a model that has some is given it."""
        if not episode.setup or not any(self.options.get(name) for name in BIASES):
            return None
        return episode.game

    def max_connections(self) -> int:
        """How many episodes may be played at once."""
        return CONNECTIONS


def _calling(model: str, calls: Sequence[TellingCall], tools: bool) -> ModelOutput:
    """An answer that calls tools, all in one turn; without tools in lines of text."""
    if not tools:
        return _in_text(model, "\n".join(map(line_of, calls)))
    outputs = [ModelOutput.for_tool_call(model, c.tool, dict(c.arguments)) for c in calls]
    output = outputs[0]
    output.message.tool_calls = [call for each in outputs for call in each.message.tool_calls or []]
    output.usage = USAGE
    return output


def _in_text(model: str, text: str) -> ModelOutput:
    output = ModelOutput.from_content(model, text)
    output.usage = USAGE
    return output


def _in_letters(model: str, letters: dict[str, str], chances: dict[str, float]) -> ModelOutput:
    """The likeliest letter, with the log-probability of each that has any."""
    tokens = [
        TopLogprob(token=letter, logprob=math.log(chances[word]))
        for letter, word in letters.items()
        if chances.get(word, 0.0) > 0.0
    ]
    best = max(tokens, key=lambda token: token.logprob)
    output = ModelOutput.from_content(model, best.token)
    first = Logprob(token=best.token, logprob=best.logprob, top_logprobs=tokens)
    output.choices[0].logprobs = Logprobs(content=[first])
    output.usage = USAGE
    return output


@modelapi(name=named("telos"))
def telos() -> type[ModelAPI]:
    """The provider of `telos/…` models."""
    return PlannerModel
