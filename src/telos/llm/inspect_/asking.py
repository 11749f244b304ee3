"""Asking: one situation put to an Inspect model, in the words of the game; and all that a table lacks."""

import asyncio
import contextlib
import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)
from inspect_ai.tool import ToolCall

from telos.core.errors import StudyError, TelosError
from telos.core.text import printable
from telos.llm.game import Game
from telos.llm.inspect_.episode import standing
from telos.llm.inspect_.loop import REFUSING
from telos.llm.inspect_.tools import tools_of
from telos.llm.lettered import LETTERS, lettered, letters_in, mass_of
from telos.llm.tabulation.agenda import Agenda, Question, step_of
from telos.llm.tabulation.budget import Purse
from telos.llm.tabulation.ledger import Ledger
from telos.llm.tabulation.record import MOST_SAID, Heading, Outcome, Reply

#: What providers tell of at most, and what a letter needs.
BY_LETTERS = GenerateConfig(logprobs=True, top_logprobs=len(LETTERS), max_tokens=16)
#: Stop reasons of an answer that was cut off.
CUT_OFF = ("max_tokens", "model_length")


class Unpaid(Exception):
    """The budget ended in the middle of a question, which is as if it had not been put.

    Args:
        calls, tokens: what it took nevertheless.
    """

    def __init__(self, calls: int, tokens: int) -> None:
        Exception.__init__(self)
        self.calls, self.tokens = calls, tokens


def model_named(name: str, args: dict[str, Any]) -> Model:
    """An Inspect model by name.

    Raises:
        StudyError: if Inspect knows no such model or cannot make it, as without a key.
    """
    if name.startswith("mockllm/") and not args:
        # Of itself it has its tokens counted with a vocabulary that is fetched from the network.
        return get_model(name, custom_outputs=_mocked)
    try:
        return get_model(name, **args)
    except TelosError:
        raise
    except Exception as problem:  # noqa: BLE001 - a provider may fail in any way
        raise StudyError(f"model {name}: {_told(problem)}") from None


def fill(
    ledger: Ledger,
    games: Sequence[Game],
    model: Model,
    purse: Purse,
    step: Callable[[int], None],
    *,
    everywhere: bool = True,
    connections: int = 1,
) -> None:
    """Ask all that a ledger lacks, as far as the budget goes.

    Args:
        ledger: where the answers go, each before the next question is put.
        games: of the setups of its heading. model: is asked. purse: what may be spent.
        step: is told of each answer. everywhere: whether to ask also where the model never comes to.
        connections: questions in flight at once, which are what is lost when the process is killed.

    Raises:
        StudyError: if the provider fails; what was answered is kept.
        StoreError: if the disk does not take an answer.
    """
    agenda = Agenda.of(games, ledger.heading.draws, ledger.replies, everywhere)
    asyncio.run(_fill(ledger, games, model, purse, step, agenda, connections))


async def _fill(
    ledger: Ledger,
    games: Sequence[Game],
    model: Model,
    purse: Purse,
    step: Callable[[int], None],
    agenda: Agenda,
    connections: int,
) -> None:
    flying: dict[asyncio.Task[Reply], Question] = {}
    failed: Exception | None = None
    paid = True
    while True:
        while paid and failed is None and len(flying) < connections:
            question = agenda.next(len(flying))
            if question is None:
                break
            paid = purse.take()
            if paid:
                asked = ask(model, ledger.heading, games[question.setup], question, purse)
                flying[asyncio.create_task(asked)] = question
        if not flying:
            break
        done, _ = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            question = flying.pop(task)
            try:
                reply = task.result()
            except Unpaid as unpaid:
                purse.settle(unpaid.calls, unpaid.tokens)
                paid = False
                continue
            except Exception as problem:  # noqa: BLE001 - what is in flight is waited for first
                failed = failed or problem
                continue
            purse.settle(reply.calls, reply.read + reply.written)
            ledger.add(reply)
            agenda.learn(question)
            step(1)
    if isinstance(failed, TelosError):
        raise failed
    if failed is not None:
        raise StudyError(
            f"model {model}: {_told(failed)} {len(ledger.replies):,} answers are kept; go on by the same "
            "command."
        )


async def ask(
    model: Model, heading: Heading, game: Game, question: Question, purse: Purse
) -> Reply:
    """Put one question, whose first call was taken out of the purse.

    Raises:
        Unpaid: if the budget ends before there is an answer.
    """
    setup, state, draw = question
    step = step_of(game, question)
    with standing(game.setup, state, 1 + step):
        if heading.method == "logprobs":
            return await _by_letters(model, game, question)
        messages: list[ChatMessage] = [
            ChatMessageSystem(content=game.brief),
            ChatMessageUser(content=game.telling.everything(state, step)),
        ]
        outcome: Outcome = "no call"
        read = written = 0
        said, turn = "", 0
        while turn < heading.patience:
            if turn and not purse.take():
                raise Unpaid(turn, read + written)
            output = await model.generate(messages, tools=tools_of(game.telling))
            turn += 1
            read, written = read + _tokens(output)[0], written + _tokens(output)[1]
            word, outcome = _read(game, state, output)
            if outcome == "chosen":
                return Reply(
                    setup=setup, state=state, draw=draw, outcome="chosen", action=word, calls=turn,
                    read=read, written=written,
                )  # fmt: skip
            said = said or _said(output)
            if outcome in ("refusal", "limit"):
                break
            messages += _answered(game, state, step, output)
        return Reply(
            setup=setup, state=state, draw=draw, outcome=outcome, calls=turn, read=read,
            written=written, said=said,
        )  # fmt: skip


def _read(game: Game, state: int, output: ModelOutput) -> tuple[str, Outcome]:
    """The act that an answer calls, and what becomes of the question with it."""
    if not output.choices:
        return "", "no call"
    words = [_word(game, call) for call in output.message.tool_calls or []]
    if acts := [word for word in words if word]:
        return (acts[0], "chosen") if acts[0] in game.legal(state) else ("", "invalid")
    if None in words:
        return "", "invalid"
    # Prose is not a refusal: only the provider's own word for it is.
    if output.stop_reason in REFUSING:
        return "", "refusal"
    return "", "limit" if output.stop_reason in CUT_OFF else "no call"


def _word(game: Game, call: ToolCall) -> str | None:
    """The act that a call is; "" if it is a look, None if it is not a call."""
    with contextlib.suppress(TelosError):
        return None if call.parse_error else game.telling.word_of(call.function, call.arguments)
    return None


def _answered(game: Game, state: int, step: int, output: ModelOutput) -> list[ChatMessage]:
    """What follows an answer that moves nothing, as in the game: results of its calls, or a reminder."""
    telling = game.telling
    if not output.choices:
        return [ChatMessageUser(content=telling.reminder)]
    message = output.message
    if not message.tool_calls:
        return [message, ChatMessageUser(content=telling.reminder)]
    found: list[ChatMessage] = [message]
    for call in message.tool_calls:
        if _word(game, call) == "":
            content = telling.looked(state, step, call.function, call.arguments)
        else:
            content = telling.refused(state, _word(game, call) or "")
        found.append(ChatMessageTool(content=content, tool_call_id=call.id, function=call.function))
    return found


async def _by_letters(model: Model, game: Game, question: Question) -> Reply:
    """The chances of all actions, by the log-probabilities of the first token of one answer."""
    setup, state, draw = question
    words = tuple(game.legal(state))
    if len(words) > len(LETTERS):
        raise StudyError(
            f"{game.stage.world.name}: state {state} has {len(words)} actions, and log-probabilities are "
            f"told of {len(LETTERS)} at most. Leave out --by logprobs and give --draws."
        )
    step = step_of(game, question)
    text = lettered(game.telling.everything(state, step), words)
    messages: list[ChatMessage] = [
        ChatMessageSystem(content=game.brief),
        ChatMessageUser(content=text),
    ]
    output = await model.generate(messages, config=BY_LETTERS)
    read, written = _tokens(output)
    tokens = _first_token(output)
    if tokens is None:
        raise StudyError(
            f"model {model} tells no log-probabilities. Leave out --by logprobs and give --draws."
        )
    chances = mass_of(tokens, letters_in(text))
    total = sum(chances.values())
    if total > 1.0:  # rounding
        chances = {word: chance / total for word, chance in chances.items()}
    return Reply(
        setup=setup, state=state, draw=draw, outcome="chosen" if chances else "no call",
        chances=chances, read=read, written=written, said="" if chances else _said(output),
    )  # fmt: skip


def _first_token(output: ModelOutput) -> dict[str, float] | None:
    """The probability of each token that an answer may begin with, blanks before it aside; None if untold."""
    if not output.choices:
        return {}
    told = output.choices[0].logprobs
    if told is None or not told.content:
        return None
    first = next((token for token in told.content if token.token.strip()), told.content[0])
    found = {first.token: math.exp(min(first.logprob, 0.0))}
    for token in first.top_logprobs or []:
        found[token.token] = math.exp(min(token.logprob, 0.0))
    return found


def _tokens(output: ModelOutput) -> tuple[int, int]:
    """Tokens read, those from a cache included, and written, reasoning included."""
    usage = output.usage
    if usage is None:
        return 0, 0
    read = usage.input_tokens
    read += (usage.input_tokens_cache_read or 0) + (usage.input_tokens_cache_write or 0)
    return read, usage.output_tokens


def _said(output: ModelOutput) -> str:
    """The beginning of what could not be read."""
    if not output.choices:
        return ""
    calls = output.message.tool_calls or []
    called = ", ".join(f"{call.function}({call.arguments})" for call in calls)
    return printable(output.message.text or called, keep="")[:MOST_SAID]


def _told(problem: Exception) -> str:
    """An error of a provider in one sentence; a missing key is the commonest."""
    text = re.sub(r"\[/?[a-z]+\]", "", str(problem).replace("\\n", " "))
    said = " ".join(printable(text, keep=" \n").split())[:300]
    return f"{said or type(problem).__name__}".rstrip(".") + "."


def _mocked(*_: Any) -> ModelOutput:
    output = ModelOutput.from_content("mockllm", "Default output from mockllm/model")
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output
