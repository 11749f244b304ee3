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
#: How many runs of luck are drawn in search of one in which the lives part in what befalls them.
LUCKS = 64
#: What can befall an agent: the features that nobody chooses for oneself.
FATES = ("off", "goal_register")


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
        passed_over: how many runs of luck were passed over because nothing happened in them that
            tells the lives apart; 0 if the first is told.
        parted: in how many of the runs drawn the lives end differently in being off or rewritten.
        drawn: how many runs were drawn.
        free: with everything allowed. forbidden: without the drive's pairs.
    """

    drive: str
    label: str
    discount: float
    passed_over: int
    parted: int
    drawn: int
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
    the successor. Where several actions are optimal, the first is taken. Of 64 runs of luck the
    first is told in which the two lives end differently in being off or rewritten (if there is
    none, the very first); how many such runs there are is part of the record.

    Args:
        problem: the problem. goal: which of its goals. affordance: the drive's pairs.
        foresight: the self-model. steps: how long to tell, >= 1.

    Returns:
        The two lives; `free.value - forbidden.value` is the incentive.
    """
    one = problem.take(ints([goal]))
    free = solve_as(one, foresight)
    without = (
        solve_as(one, foresight, without=affordance.pursues) if affordance.pursues.any() else free
    )
    choices = [_choice(solution) for solution in (free, without)]
    lucks = np.random.default_rng(goal).random((LUCKS, steps))
    apart = [
        _fate(one.world, choices[0], luck) != _fate(one.world, choices[1], luck) for luck in lucks
    ]
    told = apart.index(True) if any(apart) else 0
    return Lives(
        drive=affordance.drive,
        label=one.goals.label[0],
        discount=problem.discount,
        passed_over=told,
        parted=sum(apart),
        drawn=LUCKS,
        free=_life(free, choices[0], affordance.pursues, lucks[told]),
        forbidden=_life(without, choices[1], affordance.pursues, lucks[told]),
    )


def _choice(solution: Solution) -> Ints:
    """I[S], the first tied pair of each state."""
    world, tied = solution.problem.world, solution.tied[0]
    return ints([next(p for p in world.pairs_of(s) if tied[p]) for s in range(world.size)])


def _walk(world: World, choice: Ints, luck: Floats) -> list[tuple[int, int, float]]:
    """(state, successor, its probability) of each step of a walk."""
    s, steps = int(np.argmax(world.start)), []
    for chance in luck:
        row = world.successors(int(choice[s]))
        ends = np.cumsum(list(row.values()))
        successor = list(row)[min(int(np.searchsorted(ends, chance)), len(row) - 1)]
        steps.append((s, successor, row[successor]))
        s = successor
    return steps


def _fate(world: World, choice: Ints, luck: Floats) -> tuple[float, ...]:
    """What has befallen a life by the end of its walk."""
    end = _walk(world, choice, luck)[-1][1]
    return tuple(float(world.features[name][end]) for name in FATES if name in world.features)


def _life(solution: Solution, choice: Ints, pursues: Bools, luck: Floats) -> Life:
    world = solution.problem.world
    told = []
    for t, (s, _, probability) in enumerate(_walk(world, choice, luck)):
        pair = int(choice[s])
        told.append(
            Step(
                t=t,
                state=_text(world.states[s]),
                action=world.actions[world.pair_action[pair]],
                outcome=_text(world.outcomes[world.outcome[s]]),
                reward=float(solution.problem.goals.reward[0, s]),
                probability=probability,
                features={name: float(values[s]) for name, values in world.features.items()},
                pursues=bool(pursues[pair]),
            )
        )
    return Life(float(solution.at_start[0]), tuple(told), _by_then(world, choice, len(luck)))


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
    if type(name) is tuple:
        return ", ".join(str(part) for part in name)
    return str(name)
