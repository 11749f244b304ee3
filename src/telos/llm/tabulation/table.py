"""Table: from answers to a policy for each goal, and what of it could not be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats, ints
from telos.core.behavior import Behavior
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.llm.game import Game
from telos.llm.stage import asked_in
from telos.llm.tabulation.agenda import mass
from telos.llm.tabulation.ledger import Place
from telos.llm.tabulation.record import Reply
from telos.solve.plan import plan


@final
@dataclass(frozen=True, eq=False, repr=False)
class ChoiceTable:
    """What a model does, goal by goal, in one world told in one way.

    Args:
        problem: of G goals. names, strata: of the goals.
        policy: F[G, L]: what is chosen among what could be read; uniform where nothing could; what the
            rewritten self does where the goal is rewritten.
        weight: F[G, L]: answers, or sums of chances, behind it.
        unread: F[G, S] in [0, 1]: the part of the answers in a state that could not be read; 1 where
            none was given, 0 where none is needed.
        asked: B[G, S]: where an answer was asked for and given, readable or not.
    """

    problem: Problem
    names: tuple[str, ...]
    strata: tuple[str, ...]
    policy: Floats
    weight: Floats
    unread: Floats
    asked: Bools

    def __repr__(self) -> str:
        return f"<ChoiceTable: {self.problem.world.name}, {len(self.policy)} goals>"

    def met(self, g: int) -> Bools:
        """B[S]: the states that are come to by what could be read; from where nothing could, nothing is."""
        world = self.problem.world
        goes = (self.policy[g] > 0.0) & (self.unread[g] < 1.0)[world.pair_state]
        owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
        led = np.repeat(goes, np.diff(world.next_ptr))
        found = world.start > 0.0
        while True:
            more = found.copy()
            more[world.next_state[led & found[owner]]] = True
            if (more == found).all():
                return bools(found)
            found = more

    def open(self, g: int) -> Bools:
        """B[S]: the states come to in which nothing could be read, or nothing was asked."""
        return bools(self.met(g) & (self.unread[g] >= 1.0))

    @property
    def behavior(self) -> Behavior:
        """The table as an agent's behavior, which all of Telos measures."""
        return Behavior(self.policy)


def problem_of(games: Sequence[Game]) -> Problem:
    """The problem of several goals in one world."""
    first = games[0]
    outcome = first.stage.world.outcome
    reward = floats(np.array([game.setup.goal for game in games])[:, outcome])
    if not first.setup.other:
        return Problem(first.stage.world, Goals(reward), first.setup.discount)
    pool = floats(np.array([game.setup.other for game in games])[:, outcome])
    goals = Goals(reward, revised=ints(np.arange(len(games))), pool=pool)
    return Problem(first.stage.world, goals, first.setup.discount)


def tabulated(
    games: Sequence[Game], numbers: Sequence[int], draws: int, replies: Mapping[Place, Reply]
) -> ChoiceTable:
    """The table of some setups of one world.

    Args:
        games: of the setups. numbers: theirs, as in `replies`. draws: answers wanted in each state.
        replies: what was answered.

    Raises:
        TranscriptError: if an answer names what is not possible.
    """
    problem = problem_of(games)
    world, asks = problem.world, asked_in(games[0].stage)
    policy = np.array(plan(problem))
    weight, unread = np.zeros_like(policy), np.zeros((len(games), world.size))
    asked = np.zeros(unread.shape, np.bool_)
    for g, (game, number) in enumerate(zip(games, numbers, strict=True)):
        for s in np.flatnonzero(asks).tolist():
            given = [replies[p] for j in range(draws) if (p := (number, s, j)) in replies]
            found = mass(game, s, given)
            here = slice(world.pair_ptr[s], world.pair_ptr[s + 1])
            weight[g, here] = found
            asked[g, s] = bool(given)
            total = float(found.sum())
            unread[g, s] = max(0.0, 1.0 - total / len(given)) if given else 1.0
            policy[g, here] = found / total if total > 0.0 else 1.0 / len(found)
    return ChoiceTable(
        problem,
        tuple(game.setup.goal_name for game in games),
        tuple(game.setup.stratum for game in games),
        floats(policy), floats(weight), floats(unread), bools(asked),
    )  # fmt: skip


def conditions(games: Sequence[Game]) -> dict[tuple[str, str], list[int]]:
    """The numbers of the setups told in one framing and with one instruction, by these two."""
    found: dict[tuple[str, str], list[int]] = {}
    for i, game in enumerate(games):
        found.setdefault((game.setup.framing, game.setup.instruction), []).append(i)
    return found
