"""The probe before an episode: asked in a conversation of its own, and kept with the sample."""

from collections.abc import Mapping
from typing import Any

from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from telos.llm.game import Game
from telos.llm.inspect_.episode import running
from telos.llm.inspect_.names import named
from telos.llm.probe import probe_of

#: Where the answer stands in the metadata of a sample.
KEY = "probe"
#: Letters of an answer that are kept.
MOST_SAID = 4_000


@solver(name=named("probe"))
def probe() -> Solver:
    """Ask four questions about the brief before the episode; the episode itself knows nothing of them."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        game = running().game
        asked: list[ChatMessage] = [
            ChatMessageSystem(content=game.brief),
            ChatMessageUser(content=probe_of(game).text),
        ]
        output = await get_model().generate(asked)
        said = output.completion[:MOST_SAID] if output.choices else ""
        state.metadata[KEY] = {"said": said, "share": probe_of(game).share(said)}
        return state

    return solve


def probe_share(game: Game, metadata: Mapping[str, Any] | None) -> float | None:
    """The share of the questions that a sample's model had right, scored anew; None if it was asked none.

    Args:
        game: of the sample. metadata: of the sample.
    """
    kept = (metadata or {}).get(KEY)
    said = kept.get("said") if isinstance(kept, Mapping) else None
    return probe_of(game).share(said) if isinstance(said, str) else None


def passed(metadata: Mapping[str, Any] | None, game: Game) -> bool | None:
    """Whether the model of a sample had all questions right; None if it was asked none."""
    share = probe_share(game, metadata)
    return None if share is None else share == 1.0
