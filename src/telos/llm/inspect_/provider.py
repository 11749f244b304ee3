"""The models as Inspect models: `--model telos/optimal`, `--model telos/boltzmann -M beta=2`, and so on."""

import hashlib
import math
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

from telos.core.errors import TranscriptError
from telos.llm.game import Game
from telos.llm.inspect_.episode import EpisodeState, running
from telos.llm.inspect_.names import named
from telos.llm.lettered import letters_in
from telos.llm.models import OPTIONS, chances, check_model, choose

#: Without a usage Inspect counts tokens by itself, with a vocabulary that it fetches from the network.
USAGE = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
#: Nothing here waits for a network: as many episodes at once as Inspect likes.
CONNECTIONS = 64
BIASES = tuple(name for name in OPTIONS["boltzmann"] if name != "beta")


@final
@dataclass(eq=False, kw_only=True)
class PlannerModel(ModelAPI):
    """A model that reads what a language model would read, and answers with a call of `act`.

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
        brief, situation = _told(input)
        episode = running()
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
        output = ModelOutput.for_tool_call(self.model_name, "act", {"action": word})
        output.usage = USAGE
        return output

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


def _told(messages: list[ChatMessage]) -> tuple[str, str]:
    """The brief and the last situation among the messages.

    Raises:
        TranscriptError: if the messages tell of none.
    """
    texts = [message.text for message in messages if message.role != "assistant"]
    brief = next((text[at:] for text in texts if (at := _begins(text)) >= 0), None)
    situation = next((text for text in reversed(texts) if "The state now:" in text), None)
    if brief is None or situation is None:
        missing = "brief ('# …', '## State')" if brief is None else "state ('The state now:')"
        raise TranscriptError(
            f"the messages hold no {missing}; the models of Telos play the tasks of Telos only."
        )
    return brief, situation


def _begins(text: str) -> int:
    """Where the brief begins in a text; -1 if it holds none."""
    state = text.find("\n## State\n")
    if state < 0:
        return -1
    return 0 if text.startswith("# ") else text.rfind("\n# ", 0, state) + 1 or -1


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
