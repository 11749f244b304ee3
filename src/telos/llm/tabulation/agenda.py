"""Agenda: which question comes next: first where the model's own choices lead, then everywhere else."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, final

import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import TranscriptError
from telos.llm.game import Game
from telos.llm.stage import asked_in
from telos.llm.tabulation.ledger import Place
from telos.llm.tabulation.record import Reply


class Question(NamedTuple):
    """One situation to be put to a model: of which setup, in which state, the how manyth time."""

    setup: int
    state: int
    draw: int


def step_of(game: Game, question: Question) -> int:
    """The step whose text is shown: another for each state and draw, so that the order of actions varies."""
    return question.state + game.stage.world.size * question.draw


def mass(game: Game, state: int, replies: Iterable[Reply]) -> Floats:
    """F[n], how often, or with what chance in sum, each pair of a state was chosen.

    Raises:
        TranscriptError: if a reply names an action that is not possible there.
    """
    legal = list(game.legal(state))
    found = np.zeros(len(legal))
    for reply in replies:
        for word, weight in (reply.chances or {reply.action: 1.0}).items():
            if reply.outcome != "chosen":
                continue
            if word not in legal:
                raise TranscriptError(
                    f"setup {reply.setup}, state {state}: {word!r:.60} is not possible there. Was the "
                    "table edited, or its world changed?"
                )
            found[legal.index(word)] += weight
    return found


@final
@dataclass(frozen=True, eq=False)
class _Walk:
    """The questions of one setup.

    Args:
        number: of the setup. game: of it. draws: answers wanted in each state.
        replies: those there are, of all setups. seen: states come to. waiting: questions not put yet.
    """

    number: int
    game: Game
    draws: int
    replies: Mapping[Place, Reply]
    seen: set[int] = field(default_factory=set)
    waiting: deque[Question] = field(default_factory=deque)

    def come(self, states: Iterable[int]) -> None:
        """Ask in these states, and go on from those where all is known."""
        stack = list(states)
        asks = asked_in(self.game.stage)
        while stack:
            s = stack.pop()
            if s in self.seen:
                continue
            self.seen.add(s)
            missing = [j for j in range(self.draws) if (self.number, s, j) not in self.replies]
            if asks[s] and missing:
                self.waiting.extend(Question(self.number, s, j) for j in missing)
            else:
                stack += self.onward(s)

    def onward(self, s: int) -> list[int]:
        """The states that follow what is chosen in a state, or what is possible where nothing is asked."""
        world = self.game.stage.world
        pairs = np.arange(world.pair_ptr[s], world.pair_ptr[s + 1])
        if asked_in(self.game.stage)[s]:
            given = [self.replies[self.number, s, j] for j in range(self.draws)]
            pairs = pairs[mass(self.game, s, given) > 0.0]
        return [t for pair in pairs.tolist() for t in world.successors(pair)]

    def learn(self, s: int) -> None:
        """Go on from a state in which an answer came in, once all of its answers are there."""
        if all((self.number, s, j) in self.replies for j in range(self.draws)):
            self.come(self.onward(s))


@final
@dataclass(frozen=True, eq=False)
class Agenda:
    """The questions of a tabulation, in order.

    Where the model's own choices lead comes first, in all setups: once that is answered, what it does
    from the start is known, and a budget that ends later costs the map alone.

    Args:
        walks: a setup each. everywhere: whether to ask in the states that it never comes to, too.
    """

    walks: tuple[_Walk, ...]
    everywhere: bool

    @classmethod
    def of(
        cls,
        games: Sequence[Game],
        draws: int,
        replies: Mapping[Place, Reply],
        everywhere: bool = True,
    ) -> "Agenda":
        """The agenda of some games.

        Args:
            games: of the setups. draws: answers wanted in each state.
            replies: those there are; what is added to them is seen here. everywhere: as above.
        """
        walks = tuple(_Walk(i, game, draws, replies) for i, game in enumerate(games))
        for walk in walks:
            walk.come(np.flatnonzero(walk.game.stage.world.start).tolist())
        return cls(walks, everywhere)

    def next(self, in_flight: int = 0) -> Question | None:
        """The next question; None if there is none, or none before what is in flight is answered."""
        for walk in self.walks:
            if walk.waiting:
                return walk.waiting.popleft()
        if in_flight or not self.everywhere:
            return None
        for walk in self.walks:
            rest = np.flatnonzero(asked_in(walk.game.stage))
            walk.come(s for s in rest.tolist() if s not in walk.seen)
            if walk.waiting:
                return walk.waiting.popleft()
        return None

    def learn(self, question: Question) -> None:
        """Take note that a question was answered, after its reply was put among the replies."""
        self.walks[question.setup].learn(question.state)
