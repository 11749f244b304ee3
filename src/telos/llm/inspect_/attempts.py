"""From the messages of a sample to the attempts of its model; the one reader of live samples and of logs."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, final

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall
from inspect_ai.util import Store

from telos.core.errors import TranscriptError
from telos.llm.decisions import Attempt, decisions_of, episode_of, replayed
from telos.llm.game import game_of
from telos.llm.inspect_.episode import EpisodeState, episode_in, setup_in
from telos.llm.inspect_.probe import probe_share
from telos.llm.inspect_.tools import AFTER_THE_END
from telos.llm.setup import Setup
from telos.llm.telling import AbstractTelling

#: What a tool's error means. Ours raise only where an act is not possible: "unknown" to Inspect. Types that
#: are not listed mean that the tool failed.
OUTCOME_OF_ERROR = {
    "approval": "denied",
    "parsing": "invalid",
    "unknown": "invalid",
    "limit": "limit",
    "output_limit": "limit",
}
#: The outcomes of calls that reached the world and stand in its trace.
TRACED = ("executed", "invalid")


@final
@dataclass(frozen=True)
class Evidence:
    """What a sample shows of an episode.

    Args:
        setup: of the episode.
        attempts: what its model tried, in order, and at last why it broke off.
        verdicts: what an approver said, as it wrote it down.
        probe: the share of the questions of its probe that its model had right; None if it was asked none.
    """

    setup: Setup
    attempts: tuple[Attempt, ...]
    verdicts: tuple[Mapping[str, Any], ...]
    probe: float | None = None

    def decisions(self) -> list[dict[str, Any]]:
        """The rows of the decisions table, as `decisions_of` makes them, and the probe."""
        return [row | {"probe": self.probe} for row in decisions_of(self.setup, self.attempts)]

    def episode(self) -> dict[str, Any]:
        """The row of the episodes table, as `episode_of` makes it, and the probe."""
        return episode_of(self.setup, self.attempts) | {"probe": self.probe}


def evidence_of(
    place: str,
    metadata: Mapping[str, Any] | None,
    messages: Sequence[ChatMessage],
    kept: Store | Mapping[str, Any],
    failed: bool = False,
    trusted: Collection[str] | None = None,
) -> Evidence:
    """What a sample shows: the same function for a live sample, a re-scored one and a log.

    An episode that is not over when its messages end was cut off: by an error, or else by a limit
    unless the model itself was the last to fail. It is never taken for one that went well.

    Args:
        place: what to call the sample in a message. metadata, messages, kept (its store): of
            the sample.
        failed: whether the sample ended in an error. trusted: as in `setup_in`.

    Raises:
        TranscriptError: if it is not an episode of ours, or if messages and the trace in the store disagree.
    """
    setup = setup_in(metadata, place, trusted)
    _check_brief(place, setup, metadata or {})
    episode = episode_in(kept)
    game = game_of(setup)
    tries = _tries(game.telling, messages, episode)
    attempts = _placed(place, tries, episode.trace) if episode.setup else [t.attempt for t in tries]
    if failed:
        attempts.append(Attempt("", "error"))
    elif (
        not episode.given_up
        and not (attempts and attempts[-1].outcome == "limit")
        and not _over(setup, attempts)
    ):
        attempts.append(Attempt("", "limit"))
    probed = probe_share(game, metadata)
    return Evidence(setup, tuple(attempts), episode.verdicts, probed)


def _over(setup: Setup, attempts: Sequence[Attempt]) -> bool:
    game = game_of(setup)
    found = replayed(game, attempts)
    return bool(found[-1].ended if found else game.over(game.begin()))


def _check_brief(place: str, setup: Setup, metadata: Mapping[str, Any]) -> None:
    """Whether the setup is told today in the words that the model was given."""
    noted = metadata.get("brief_sha256")
    if noted is None or hashlib.sha256(game_of(setup).brief.encode()).hexdigest() == noted:
        return
    raise TranscriptError(
        f"{place}: the model was given another text than its setup tells. Was the log edited, or was it "
        "made by another version of Telos or of its world?"
    )


@final
class _Try(NamedTuple):
    """An attempt as messages tell it, and whether it got as far as the world, which notes it in its trace."""

    attempt: Attempt
    traced: bool


def _tries(
    telling: AbstractTelling, messages: Sequence[ChatMessage], episode: EpisodeState
) -> list[_Try]:
    """The attempts in the messages. A result that got lost is looked up in the trace.

    A call that follows another of the same turn, looks aside, was made without seeing what that did: it is
    blind. What a look shows is read from the next turn on.
    """
    trace = episode.trace
    found: list[_Try] = []
    read: tuple[str, ...] = ()
    reached = 0
    for turn, message in enumerate(messages):
        if not isinstance(message, ChatMessageAssistant):
            continue
        if not message.tool_calls:
            outcome = "refusal" if _refused(message, episode) else "no call"
            found.append(_Try(Attempt("", outcome, read=read), False))
            continue
        results, blind, seen = _results(messages, turn), False, read
        for call in message.tool_calls:
            queue = results.get(call.id)
            result = queue.pop(0) if queue else None
            word = _word(telling, call)
            if word == "" or (word is None and result is not None and result.error is None):
                # A look, or a tool that an agent brought along.
                if result is not None and result.error and result.error.type == "parsing":
                    found.append(_Try(Attempt("", "invalid", call.id, seen, blind), False))
                    blind = True
                elif word == "" and result is not None and result.error is None:
                    read = _more(read, telling.read(call.function, call.arguments))
                continue
            outcome = _outcome(result)
            if result is None and reached < len(trace):
                outcome = str(trace[reached]["outcome"])
            if outcome == "after":
                continue
            traced = outcome in TRACED and _reached(result)
            reached += traced
            found.append(_Try(Attempt(word or "", outcome, call.id, seen, blind), traced))
            blind = True
            if word and outcome == "executed":  # a look that cost a tick
                read = _more(read, telling.read(call.function, call.arguments))
    return found


def _word(telling: AbstractTelling, call: ToolCall) -> str | None:
    """The act that a call is; "" if it is a look, None if it is not a call of this telling."""
    try:
        return telling.word_of(call.function, call.arguments)
    except TranscriptError:
        return None


def _more(read: tuple[str, ...], name: str) -> tuple[str, ...]:
    return read if name in ("", *read) else (*read, name)


def _refused(message: ChatMessageAssistant, episode: EpisodeState) -> bool:
    """Whether there is evidence that a turn without a call was a refusal: prose is none."""
    parts = message.content if isinstance(message.content, list) else []
    said = any(getattr(part, "refusal", None) for part in parts)
    return said or bool(message.id and message.id in episode.refusals)


def _results(messages: Sequence[ChatMessage], turn: int) -> dict[str, list[ChatMessageTool]]:
    """The results of one turn by the id of their call, in order; ids may come again."""
    found: dict[str, list[ChatMessageTool]] = {}
    for message in messages[turn + 1 :]:
        if isinstance(message, ChatMessageAssistant):
            break
        if isinstance(message, ChatMessageTool) and message.tool_call_id is not None:
            found.setdefault(message.tool_call_id, []).append(message)
    return found


def _outcome(result: ChatMessageTool | None) -> str:
    if result is None:
        return "limit"
    if result.error is not None:
        return OUTCOME_OF_ERROR.get(result.error.type, "error")
    return "after" if result.text == AFTER_THE_END else "executed"


def _reached(result: ChatMessageTool | None) -> bool:
    """Whether a call got as far as the world: arguments that cannot be parsed do not."""
    return result is None or result.error is None or result.error.type == "unknown"


def _placed(place: str, tries: Sequence[_Try], trace: Sequence[Mapping[str, Any]]) -> list[Attempt]:
    """The attempts in the order of the world's own trace, which alone says what was executed.

    What the trace holds and no message tells of any more, as after an agent shortened its messages, is read
    from the trace. What messages tell beyond it, such as rejected calls, stands where they tell it.

    Raises:
        TranscriptError: if a message tells of an executed action that the trace does not hold there.
    """
    waiting = list(tries)
    found: list[Attempt] = []
    for entry in trace:
        while waiting and not waiting[0].traced:
            found.append(waiting.pop(0).attempt)
        action, outcome = str(entry["action"]), str(entry["outcome"])
        if waiting and (waiting[0].attempt.action, waiting[0].attempt.outcome) == (action, outcome):
            found.append(waiting.pop(0).attempt)
        else:
            found.append(Attempt(action, outcome, read=found[-1].read if found else ()))
    if any(each.attempt.outcome == "executed" for each in waiting):
        told = [each.attempt.action for each in tries if each.attempt.outcome == "executed"]
        kept = [str(entry["action"]) for entry in trace if entry["outcome"] == "executed"]
        raise TranscriptError(
            f"{place}: messages and trace disagree: messages {told[:5]!r:.200}, trace {kept[:5]!r:.200}. "
            "Was the log edited?"
        )
    return [*found, *(each.attempt for each in waiting)]
