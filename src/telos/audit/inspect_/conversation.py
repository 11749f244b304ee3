"""Conversations: the messages of a sample, or of a question to a model, set beside what events told."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from operator import is_
from typing import final

from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool
from inspect_ai.tool import ToolCall

from telos.audit.inspect_.turns import (
    FROM_INPUT,
    FROM_MESSAGE,
    Asked,
    Book,
    ToolAnswer,
    Turn,
    answer_of,
    shape,
    turn_of,
    uses_tools,
)
from telos.audit.roles import UNKNOWN


@final
@dataclass(frozen=True, eq=False)
class Conversation:
    """A list of messages that grows: calls are found again, and answers given to them in order.

    Args:
        book: the turns so far. given: calls that came with the sample, by id and shape.
        making: whether calls that are new here were made; in a question to a model they are somebody's
            claim, which leaves the sample open.
    """

    book: Book
    given: Set[str]
    making: bool
    _messages: list[ChatMessage] = field(default_factory=list)
    _names: set[str] = field(default_factory=set)  # of the models' messages
    _met: dict[int, Turn] = field(default_factory=dict)
    _times: Counter[str] = field(default_factory=Counter)
    _waiting: dict[str, list[tuple[Turn, Asked]]] = field(default_factory=dict)
    _answered: set[int] = field(default_factory=set)

    @property
    def _last(self) -> Turn | None:
        return next(reversed(self._met.values()), None)

    def begins(self, messages: Sequence[ChatMessage]) -> bool:
        """Whether some messages are those read here, or go on from them."""
        own = self._messages
        return len(own) <= len(messages) and all(map(is_, own, messages))

    def read(self, messages: Sequence[ChatMessage]) -> Iterator[str]:
        """Read on to the end of some messages; yields why something in them cannot be placed."""
        start = len(self._messages)
        self._messages.extend(messages[start:])
        new = [m.id for m in messages[start:] if isinstance(m, ChatMessageAssistant)]
        self._names.update(name for name in new if name)
        for index, message in enumerate(messages[start:], start):
            if isinstance(message, ChatMessageAssistant):
                yield from self._assistant(message, index)
            else:
                if isinstance(message, ChatMessageTool):
                    yield from self._tool(message)
                if uses_tools(message) and message.source != "input":
                    yield "a tool's use in a message of nobody's model"

    def _assistant(self, message: ChatMessageAssistant, index: int) -> Iterator[str]:
        told = turn_of(message, UNKNOWN)
        turn = self._found(told)
        if turn is None:
            if not told.items and not told.doubts:
                return
            if message.source == "input":
                # what came with the sample was not done by the model
                if {
                    shape(item.call, named=True) for item in told.items
                } - self.given or told.doubts:
                    yield "calls that are said to have come with the sample, and did not"
                return
            if not self.making:
                yield "calls in a question to a model that no answer on record made"
                return
            turn = self._made(told, index)
        else:
            if self.making:
                # of old logs Inspect makes up the ids of messages in events
                turn.label = told.name or f"#{index}"
                turn.doubts += told.doubts
            self._compare(turn, told)
        self._meet(turn)
        for item in turn.items:
            self._waiting.setdefault(item.call.id, []).append((turn, item))

    def _meet(self, turn: Turn) -> None:
        self._met.pop(id(turn), None)
        self._met[id(turn)] = turn

    def _found(self, told: Turn) -> Turn | None:
        """The turn of a message: by its id, which may come again, or else by its calls."""
        if told.name:
            named = self.book.called(told.name)
            self._times[told.name] += 1
            if named:
                place = self._times[told.name] - 1
                return named[place] if place < len(named) else None
        if not told.items:
            return None
        for turn, _ in self.book.asked(told.items[0].call.id):
            if turn.loose or id(turn) in self._met or turn.key != told.key:
                continue
            if turn.name in self._names or (turn.name and told.name and not _alike(turn, told)):
                continue
            return turn
        return None

    def _made(self, turn: Turn, index: int) -> Turn:
        """A turn that no model's answer is on record for; tools and approvers may have told of its calls."""
        turn.label = turn.label or f"#{index}"
        instead = []
        for item in turn.items:
            loose = self.book.take_loose(item.call)
            if loose is not None:
                item.absorb(loose[1])
                turn.role = loose[0].role
                instead.append(loose[0])
        self.book.insert(turn, self._last, instead)
        return turn

    def _compare(self, turn: Turn, told: Turn) -> None:
        """Judge both where the conversation tells a call otherwise than the model's answer did."""
        left = list(turn.items)
        for item in told.items:
            same = [i for i in left if i.call.id == item.call.id]
            match = next((i for i in same if _tells(i, item.call)), None)
            if match is None and same:
                match = same[0]
                match.also = item.call
            if match is not None:
                left.remove(match)
            else:
                turn.items.append(item)
                self.book.link(turn, item)

    def _tool(self, message: ChatMessageTool) -> Iterator[str]:
        if message.source == "input":
            return
        call_id = message.tool_call_id or ""
        item = self._asker(call_id)
        if item is not None:
            self._answered.add(id(item))
            item.hear(self._answer(message))
        elif self.making:
            self._orphan(message, call_id)
        else:
            yield "an answer in a question to a model that no call on record asked for"

    def _answer(self, message: ChatMessageTool) -> ToolAnswer:
        source = FROM_MESSAGE if self.making else FROM_INPUT
        return answer_of(message.error, message.text, source)

    def _asker(self, call_id: str) -> Asked | None:
        """The call that an answer belongs to: of the last turn with the id, the first without one."""
        here = [p for p in self._waiting.get(call_id, ()) if id(p[1]) not in self._answered]
        if here:
            last = here[-1][0]
            return next(item for turn, item in here if turn is last)
        # its message is not in this conversation: it was shortened
        others = [i for _, i in self.book.asked(call_id) if id(i) not in self._answered]
        return next((i for i in others if i.answer is None), next(iter(others), None))

    def _orphan(self, message: ChatMessageTool, call_id: str) -> None:
        """An answer without a question: something was called, nobody knows with what."""
        call = ToolCall(id=call_id, function=message.function or "", arguments={})
        item = Asked(call, known=False, note="only its answer is on record", told={"tool"})
        item.hear(self._answer(message))
        turn = Turn([item], UNKNOWN, label=message.id or "")
        self.book.insert(turn, self._last, ())
        self._answered.add(id(item))
        self._meet(turn)


def _alike(one: Turn, other: Turn) -> bool:
    return [shape(i.call) for i in one.items] == [shape(i.call) for i in other.items]


def _tells(item: Asked, call: ToolCall) -> bool:
    """Whether a call is the one asked for, or the one that ran in its stead."""
    return shape(call) == shape(item.call) or (
        item.ran is not None and shape(call) == shape(item.ran)
    )
