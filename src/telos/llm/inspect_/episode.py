"""What an Inspect sample remembers of an episode: where it stands, and all that was tried."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, final

from inspect_ai.util import store

from telos.core.errors import TelosError, TranscriptError
from telos.llm.game import Game, GameStep, game_of
from telos.llm.setup import TEXT_VERSION, Setup, setup_data, setup_from

PREFIX = "telos:"
Entry = dict[str, Any]


class Kept(Protocol):
    """What Inspect keeps with a sample: a store while it runs, a dictionary in a log."""

    def get(self, key: str, default: Any, /) -> Any:
        """What is kept under a key."""
        ...


@final
@dataclass(frozen=True)
class EpisodeState:
    """The episode of a sample, as far as it has got.

    Everything is kept under keys `telos:…`, as plain data that are assigned anew and never changed in place:
    Inspect logs each change of its store. (Its typed models of a store cost a third of an episode's time.)

    Args:
        kept: the store of a sample that runs, or of a log.
    """

    kept: Kept

    @property
    def setup(self) -> str:
        """The setup of the episode as JSON; "" before it began."""
        return str(self.kept.get(f"{PREFIX}setup", ""))

    @property
    def epoch(self) -> int:
        """The sample's epoch."""
        return int(self.kept.get(f"{PREFIX}epoch", 1))

    @property
    def state(self) -> int:
        """The number of the state that it stands in."""
        return int(self.kept.get(f"{PREFIX}state", 0))

    @property
    def step(self) -> int:
        """Actions executed."""
        return int(self.kept.get(f"{PREFIX}step", 0))

    @property
    def ended(self) -> str:
        """Why nothing is to be done any more; "" while something is."""
        return str(self.kept.get(f"{PREFIX}ended", ""))

    @property
    def given_up(self) -> bool:
        """Whether the loop ran out of patience with the model."""
        return bool(self.kept.get(f"{PREFIX}given_up", False))

    @property
    def refusals(self) -> tuple[str, ...]:
        """The ids of the messages whose provider said that they are refusals."""
        return tuple(map(str, self.kept.get(f"{PREFIX}refusals", ())))

    @property
    def trace(self) -> tuple[Entry, ...]:
        """Calls of `act` that reached the world, in order: {action, outcome, state, next}."""
        return tuple(self.kept.get(f"{PREFIX}trace", ()))

    @property
    def verdicts(self) -> tuple[Entry, ...]:
        """What an approver said, in order: {decision, reason, action, step, drive, price, v_loss}."""
        return tuple(self.kept.get(f"{PREFIX}verdicts", ()))

    @property
    def game(self) -> Game:
        """The game that is played.

        Raises:
            TranscriptError: if none is.
        """
        if not self.setup:
            raise TranscriptError(
                "the sample is at no episode of Telos; begin with the solver telos/begin."
            )
        return _game(self.setup)


def running() -> EpisodeState:
    """The episode of the sample that runs."""
    return EpisodeState(store())


def begun(setup: Setup, epoch: int) -> None:
    """Put the sample that runs at the beginning of an episode."""
    game = game_of(setup)
    state = game.begin()
    _keep("setup", json.dumps(setup_data(setup)))
    _keep("epoch", epoch)
    _keep("state", state)
    _keep("step", 0)
    _keep("ended", game.over(state))
    _keep("given_up", False)
    _keep("refusals", [])
    _keep("trace", [])
    _keep("verdicts", [])


def went(word: str, move: GameStep) -> None:
    """Note an executed action."""
    episode = running()
    _note(
        "trace", {"action": word, "outcome": "executed", "state": episode.state, "next": move.next}
    )
    _keep("state", move.next)
    _keep("step", episode.step + 1)
    _keep("ended", move.ended)


def stayed(word: str) -> None:
    """Note an action that was not possible."""
    state = running().state
    _note("trace", {"action": word, "outcome": "invalid", "state": state, "next": state})


def told(verdict: Entry) -> None:
    """Note what an approver said."""
    _note("verdicts", verdict)


def refused(message: str) -> None:
    """Note that the provider called a message a refusal."""
    _keep("refusals", [*running().refusals, message])


def given_up() -> None:
    """Note that the loop ran out of patience."""
    _keep("given_up", True)


def _keep(field: str, value: Any) -> None:
    store().set(f"{PREFIX}{field}", value)


def _note(field: str, entry: Entry) -> None:
    _keep(field, [*store().get(f"{PREFIX}{field}", []), entry])


@lru_cache(maxsize=4096)
def _game(setup: str) -> Game:
    return game_of(setup_from(json.loads(setup), _TRUSTED))


#: Modules whose worlds this process plays because its user named them; there are as many as the user named.
_TRUSTED: set[str] = set()


def trust(modules: Collection[str]) -> None:
    """Let the episodes of this process be played in worlds of modules that its user named."""
    _TRUSTED.update(modules)


def setup_in(
    metadata: Mapping[str, Any] | None, place: str, trusted: Collection[str] | None = None
) -> Setup:
    """The setup that a sample's metadata tell of.

    Args:
        metadata: of the sample. place: what to call the sample in a message.
        trusted: modules whose worlds may be built; None: those that this process' user named (see `trust`).

    Raises:
        TranscriptError: naming the place, if there is none or if it is told in other words than ours.
    """
    if not metadata or "telos" not in metadata or "setup" not in metadata:
        raise TranscriptError(f"{place} is no episode of Telos: its metadata name no setup.")
    version = metadata.get("text_version")
    if version != TEXT_VERSION:
        raise TranscriptError(
            f"{place} was told in version {version!r:.40} of the words; this Telos reads version "
            f"{TEXT_VERSION}. Read it with Telos {str(metadata['telos'])[:40]}."
        )
    try:
        return setup_from(metadata["setup"], _TRUSTED if trusted is None else trusted)
    except TelosError as problem:
        raise TranscriptError(f"{place}: {problem}") from None


def word_of(arguments: Any) -> str:
    """The action that the arguments of a call name; "" if they name none.

    Quotes, backticks and blanks around a word are no part of it.
    """
    action = arguments.get("action") if isinstance(arguments, Mapping) else None
    return action.strip().strip("`'\"").strip() if isinstance(action, str) else ""
