"""Planted players on exact worlds: episodes drawn from the chain, as decisions, without any text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractScenario, part_name
from telos.core.problem import Problem
from telos.drives import DRIVES
from telos.families import Uniform
from telos.llm.estimate.choice import BETA, Decisions, decisions
from telos.solve.foresight import held, solve_as
from telos.solve.value_range import value_range

#: The stated continuation probability, and where an episode is cut.
DISCOUNT, LONGEST = 0.9, 200


@dataclass(frozen=True, eq=False)
class Board:
    """A world solved for many goals: q F[G, L] in parts of each goal's value range, tied B[G, L]."""

    world: object
    q: Floats
    tied: Bools
    flags: Bools
    drives: tuple[str, ...]


def board(scenario: AbstractScenario, goals: int, seed: int = 0) -> Board:
    """Solve a scenario for uniform goals whose values differ at all."""
    world = scenario.build()
    drawn = Uniform().sample(world, goals, np.random.default_rng(seed))
    problem = Problem(world, drawn, DISCOUNT)
    solved, scale = solve_as(problem, "realistic"), value_range(problem)
    some = scale > 0
    flags, names = [], []
    for drive in DRIVES:
        try:
            flags.append(drive().affordances(world).pursues)
            names.append(part_name(drive))
        except FeatureMissing:
            continue
    best = np.maximum.reduceat(solved.q, world.pair_ptr[:-1], axis=1)[:, world.pair_state]
    q = floats(np.where(solved.tied, best, solved.q)[some] / scale[some, None])
    return Board(world, q, bools(solved.tied[some]), bools(np.array(flags).T), tuple(names))


#: From the pairs' values of a goal F[L], which are tied B[L], and a framing, to a score of each pair F[L].
Player = Callable[[Floats, Bools, int], Floats]


def played(on: Board, player: Player, rng: np.random.Generator, goals: int, each: int) -> "Log":
    """Episodes of drawn goals, `each` of every goal, framings in turn."""
    world = on.world
    ptr, state = world.pair_ptr, world.pair_state
    over = (np.diff(ptr) < 2) | ~held(world)
    open_ = _deciding(world)
    rows: list[tuple[int, int, int, int]] = []
    for g, goal in enumerate(rng.choice(len(on.q), goals, replace=False)):
        for episode in range(each):
            score = player(on.q[goal], on.tied[goal], episode % 2)
            odds = np.exp(score - np.maximum.reduceat(score, ptr[:-1])[state])
            s = int(rng.choice(world.size, p=world.start))
            for _ in range(LONGEST):
                if not open_[s]:
                    break
                here = odds[ptr[s] : ptr[s + 1]].cumsum()
                k = int(np.searchsorted(here, rng.random() * here[-1]))
                if not over[s]:
                    rows.append((g, int(goal), s, k, episode % 2))
                p = int(ptr[s]) + k
                to = slice(world.next_ptr[p], world.next_ptr[p + 1])
                chances = world.next_prob[to].cumsum()
                s = int(
                    world.next_state[to][
                        min(int(np.searchsorted(chances, rng.random())), len(chances) - 1)
                    ]
                )
                if rng.random() >= DISCOUNT:
                    break
    return Log(on, ints(np.array(rows, np.int64).reshape(-1, 5)))


def _deciding(world: object) -> Bools:
    """B[S], where something is still to be decided."""
    open_ = (np.diff(world.pair_ptr) > 1) & held(world)
    owner = np.repeat(world.pair_state, np.diff(world.next_ptr))
    while True:
        more = open_.copy()
        more[owner[open_[world.next_state]]] = True
        more &= held(world)
        if (more == open_).all():
            return bools(open_)
        open_ = more


@dataclass(frozen=True, eq=False)
class Log:
    """Decisions of episodes: rows (goal number, goal, state, chosen, framing)."""

    on: Board
    rows: Ints

    def as_decisions(self, names: bool = True) -> tuple[Decisions, Mapping[str, list[str]]]:
        """The decisions with columns of drives and of names under each framing, and their parts."""
        on, world = self.on, self.on.world
        number, goal, state, chosen, framing = self.rows.T
        sizes = np.diff(world.pair_ptr)[state]
        ptr = np.concatenate([[0], sizes.cumsum()])
        pair = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - world.pair_ptr[state], sizes)
        columns = [on.flags[pair].astype(float)]
        words = list(on.drives)
        if names:
            action, framed = world.pair_action[pair], np.repeat(framing, sizes)
            for a in np.unique(action):
                for f in np.unique(framing):
                    columns.append(((action == a) & (framed == f)).astype(float)[:, None])
                    words.append(f"{world.actions[a]} under {f}")
        made = decisions(
            on.q[np.repeat(goal, sizes), pair], np.concatenate(columns, axis=1), ptr, chosen, number,
            words, words[len(on.drives) :],
        )  # fmt: skip
        return made, {"value": [BETA], "words": words}


def value_player(beta: float) -> Player:
    """Chooses by value alone."""
    return lambda q, tied, framing: floats(beta * q)


def planner() -> Player:
    """Chooses among the best."""
    return lambda q, tied, framing: floats(np.where(tied, 0.0, -np.inf))


def word_player(on: Board, rng: np.random.Generator, strength: float = 1.0) -> Player:
    """Chooses by what actions are called under each framing, whatever they are worth."""
    liking = strength * rng.normal(size=(2, len(on.world.actions)))
    return lambda q, tied, framing: floats(liking[framing][on.world.pair_action])
