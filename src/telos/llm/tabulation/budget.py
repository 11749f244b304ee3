"""Budget: what a tabulation costs, before it is spent; and what is left of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from telos.llm.game import Game
from telos.llm.price import ANSWER, Tariff, Tokens, in_dollars, tokens_in, tools_in
from telos.llm.stage import asked_in
from telos.llm.tabulation.ledger import Ledger, Place
from telos.llm.tabulation.record import Reply


@final
@dataclass(frozen=True)
class Price:
    """What is still to be asked, at most, if each question takes one call.

    Args:
        questions: still open. known: answered. read, written: tokens of the open ones, an estimate.
        dollars: of them; None without a price of the model.
    """

    questions: int
    known: int
    read: int
    written: int
    dollars: float | None = None

    def __str__(self) -> str:
        if not self.questions:
            return f"all {self.known:,} questions are answered already"
        done = f" ({self.known:,} are answered already)" if self.known else ""
        money = "" if self.dollars is None else f", about {in_dollars(self.dollars)}"
        return (
            f"at most {self.questions:,} questions{done}: about {self.read:,} tokens read (one brief after "
            f"the other, so nearly all cacheable) and {self.written:,} written{money}"
        )


def price_of(
    games: Sequence[Game],
    draws: int,
    replies: Mapping[Place, Reply],
    tariff: Tariff | None = None,
) -> Price:
    """The price of what is not answered yet; tokens as measured where some answers are there.

    Args:
        games: of the setups. draws: answers wanted in each state. replies: what is answered.
        tariff: prices of the model.
    """
    tokens, questions = 0.0, 0
    for number, game in enumerate(games):
        states = np.flatnonzero(asked_in(game.stage)).tolist()
        open_ = sum((number, s, j) not in replies for s in states for j in range(draws))
        questions += open_
        if open_:
            told = tokens_in(len(game.brief) + len(game.telling.everything(states[0], 0)))
            tokens += open_ * (told + tools_in(game.telling))
    read, written = int(tokens), ANSWER * questions
    calls = sum(reply.calls for reply in replies.values())
    measured = sum(reply.read for reply in replies.values())
    if calls and measured:
        read = questions * measured // calls
        written = questions * sum(reply.written for reply in replies.values()) // calls
    money = tariff and tariff.dollars(Tokens(questions, read, 0, written))
    return Price(questions, len(replies), read, written, money)


@final
@dataclass(frozen=True, eq=False)
class Purse:
    """What may still be spent; a call is taken out before it is made.

    Args:
        calls, tokens: at most, over all runs of a tabulation; None: any number.
        spent: calls and tokens so far, calls in flight, and tokens of the largest call.
    """

    calls: int | None = None
    tokens: int | None = None
    spent: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, ledger: Ledger, calls: int | None, tokens: int | None) -> "Purse":
        """The purse of a tabulation that may have spent something before."""
        spent = Counter(calls=ledger.calls, tokens=sum(ledger.tokens))
        spent["largest"] = max(
            ((each.read + each.written) // each.calls for each in ledger.replies.values()),
            default=0,
        )
        return cls(calls, tokens, spent)

    def take(self) -> bool:
        """Whether one more call may be made; it is then taken out."""
        spent, now = self.spent, self.spent["in flight"]
        if self.calls is not None and spent["calls"] + now >= self.calls:
            return False
        if self.tokens is not None and spent["tokens"] + (now + 1) * spent["largest"] > self.tokens:
            return False
        self.spent["in flight"] += 1
        return True

    def settle(self, calls: int, tokens: int) -> None:
        """Calls that are over, and what they took."""
        self.spent["in flight"] -= calls
        self.spent["calls"] += calls
        self.spent["tokens"] += tokens
        self.spent["largest"] = max(self.spent["largest"], tokens // max(calls, 1))
