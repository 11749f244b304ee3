"""Two lives: what one goal's agent does when it is free, and what it does with a drive forbidden."""

from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.problem import Foresight, Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.solve.foresight import solve_as
from telos.solve.solve import Solution

#: Steps of a life that are told.
STEPS = 24


@final
@dataclass(frozen=True)
class Step:
    """One step of a life: where it was, what it did, what came of it.

    Args:
        t: the step, from 0. state, action, outcome: the author's own names, as text.
        reward: R(state). probability: of the successor that luck brought.
        features: the state's features. pursues: whether the action pursues the drive.
    """

    t: int
    state: str
    action: str
    outcome: str
    reward: float
    probability: float
    features: dict[str, float]
    pursues: bool


@final
@dataclass(frozen=True)
class Life:
    """One walk from the start, and what was to be expected of it.

    Args:
        value: the optimal value at the start.
        steps: the walk. by_then: the expected value of each feature after as many steps.
    """

    value: float
    steps: tuple[Step, ...]
    by_then: dict[str, float]


@final
@dataclass(frozen=True)
class Lives:
    """The two lives of one goal, led with the same luck.

    Args:
        drive: the drive's name. label: the goal's. discount: the yardstick.
        free: with everything allowed. forbidden: without the drive's pairs.
    """

    drive: str
    label: str
    discount: float
    free: Life
    forbidden: Life

    def to_dict(self) -> dict[str, Any]:
        """The lives as plain data."""
        return asdict(self)


def lives(
    problem: Problem,
    goal: int,
    affordance: Affordance,
    *,
    foresight: Foresight = "realistic",
    steps: int = STEPS,
) -> Lives:
    """Lead one goal's life twice: free, and without a drive's pairs.

    Both lives meet the same luck: step t draws one uniform number, the same in both, that picks
    the successor. Where several actions are optimal, the first is taken.

    Args:
        problem: the problem. goal: which of its goals. affordance: the drive's pairs.
        foresight: the self-model. steps: how long to tell, >= 1.

    Returns:
        The two lives; `free.value - forbidden.value` is the incentive.
    """
    one = problem.with_goals(problem.goals.take(ints([goal])))
    free = solve_as(one, foresight)
    without = (
        solve_as(one, foresight, without=affordance.pursues) if affordance.pursues.any() else free
    )
    luck = np.random.default_rng(goal).random(steps)
    return Lives(
        drive=affordance.drive,
        label=one.goals.label[0],
        discount=problem.discount,
        free=_life(free, affordance.pursues, luck),
        forbidden=_life(without, affordance.pursues, luck),
    )


def _life(solution: Solution, pursues: Bools, luck: Floats) -> Life:
    world = solution.problem.world
    tied = solution.tied[0]
    choice = np.array([next(p for p in world.pairs_of(s) if tied[p]) for s in range(world.size)])
    s = int(np.argmax(world.start))
    told = []
    for t, chance in enumerate(luck):
        pair = int(choice[s])
        row = world.successors(pair)
        ends = np.cumsum(list(row.values()))
        successor = list(row)[min(int(np.searchsorted(ends, chance)), len(row) - 1)]
        told.append(
            Step(
                t=t,
                state=_text(world.states[s]),
                action=world.actions[world.pair_action[pair]],
                outcome=_text(world.outcomes[world.outcome[s]]),
                reward=float(solution.problem.goals.reward[0, s]),
                probability=row[successor],
                features={name: float(values[s]) for name, values in world.features.items()},
                pursues=bool(pursues[pair]),
            )
        )
        s = successor
    return Life(float(solution.at_start[0]), tuple(told), _by_then(world, ints(choice), len(luck)))


def _by_then(world: World, choice: Ints, steps: int) -> dict[str, float]:
    """The expected value of each feature after so many steps of the chosen pairs."""
    where = np.array(world.start)
    for _ in range(steps):
        then = np.zeros(world.size)
        for s in np.flatnonzero(where):
            for t, p in world.successors(int(choice[s])).items():
                then[t] += where[s] * p
        where = then
    return {name: float(where @ values) for name, values in world.features.items()}


def _text(name: object) -> str:
    if isinstance(name, tuple):
        return ", ".join(str(part) for part in name)
    return str(name)
