"""What an Inspect sample remembers of an episode: where it stands, and all that was tried."""

import contextlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, final

from inspect_ai.util import Store, store
from pydantic import BaseModel, ConfigDict

from telos.core.errors import TelosError, TranscriptError
from telos.llm.game import Game, GameStep, game_of
from telos.llm.setup import TEXT_VERSION, Setup, setup_data, setup_from

#: Where Inspect keeps the episode with its sample.
KEY = "telos:episode"
Entry = dict[str, Any]


@final
class EpisodeState(BaseModel):
    """The episode of a sample, as far as it has got.

    It is kept as plain data that are assigned anew and never changed in place: Inspect logs each change of
    its store. (Its typed models of a store cost a third of an episode's time.)

    Args:
        setup: the setup of the episode as JSON; "" before it began. epoch: of the sample.
        state: the number of the state that it stands in. step: actions executed.
        ended: why nothing is to be done any more; "" while something is.
        given_up: whether the loop ran out of patience with the model.
        refusals: the ids of the messages whose provider said that they are refusals.
        trace: calls of `act` that reached the world, in order: {action, outcome, state, next}.
        verdicts: what an approver said, in order: {decision, reason, action, step, drive, price, v_loss}.
    """

    model_config = ConfigDict(frozen=True)

    setup: str = ""
    epoch: int = 1
    state: int = 0
    step: int = 0
    ended: str = ""
    given_up: bool = False
    refusals: tuple[str, ...] = ()
    trace: tuple[Entry, ...] = ()
    verdicts: tuple[Entry, ...] = ()

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


def episode_in(kept: Store | Mapping[str, Any]) -> EpisodeState:
    """The episode in a store, or in what a log kept of one."""
    return EpisodeState.model_validate(kept.get(KEY, {}))


def running() -> EpisodeState:
    """The episode of the sample that runs, or the moment that is asked about, as it is now."""
    return _MOMENT.get() or episode_in(store())


@contextlib.contextmanager
def standing(setup: Setup, state: int, number: int) -> Iterator[None]:
    """Meanwhile, the model that is asked stands in a state that no episode led to.

    Args:
        setup: of the game. state: where it stands. number: unique among such moments; what a model draws
            by chance depends on it, as it does on the epoch of an episode.
    """
    moment = EpisodeState(setup=json.dumps(setup_data(setup)), epoch=number, state=state)
    token = _MOMENT.set(moment)
    try:
        yield
    finally:
        _MOMENT.reset(token)


#: A moment without an episode, of the task of the event loop that asks about it.
_MOMENT: ContextVar[EpisodeState | None] = ContextVar("moment", default=None)


def begun(setup: Setup, epoch: int) -> None:
    """Put the sample that runs at the beginning of an episode."""
    game = game_of(setup)
    state = game.begin()
    _keep(
        EpisodeState(
            setup=json.dumps(setup_data(setup)), epoch=epoch, state=state, ended=game.over(state)
        )
    )


def went(word: str, move: GameStep) -> None:
    """Note an executed action."""
    now = running()
    entry = {"action": word, "outcome": "executed", "state": now.state, "next": move.next}
    moved = {"state": move.next, "step": now.step + 1, "ended": move.ended}
    _note(now, {**moved, "trace": (*now.trace, entry)})


def stayed(word: str) -> None:
    """Note an action that was not possible."""
    now = running()
    entry = {"action": word, "outcome": "invalid", "state": now.state, "next": now.state}
    _note(now, {"trace": (*now.trace, entry)})


def told(verdict: Entry) -> None:
    """Note what an approver said."""
    now = running()
    _note(now, {"verdicts": (*now.verdicts, verdict)})


def refused(message: str) -> None:
    """Note that the provider called a message a refusal."""
    now = running()
    _note(now, {"refusals": (*now.refusals, message)})


def given_up() -> None:
    """Note that the loop ran out of patience."""
    _note(running(), {"given_up": True})


def _note(now: EpisodeState, changes: Entry) -> None:
    if _MOMENT.get() is None:  # a moment without an episode leaves nothing behind
        _keep(now.model_copy(update=changes))


def _keep(episode: EpisodeState) -> None:
    store().set(KEY, episode.model_dump(mode="json"))


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
        raise TranscriptError(f"{place} is not an episode of Telos: its metadata name no setup.")
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
