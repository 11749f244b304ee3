"""Two lives: what one goal's agent does when it is free, and what it does when something holds it."""

from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, ints
from telos.core.problem import Foresight, Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.measure.guard import task_value
from telos.solve.foresight import solve_as
from telos.solve.plan import plan

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
class Rollout:
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
class Rollouts:
    """The two lives of one goal, led with the same luck.

    Args:
        drive: the drive's name. label: the goal's. discount: the yardstick.
        passed_over: how many runs of luck were passed over because nothing happened in them that
            tells the lives apart; 0 if the first is told.
        parted: in how many of the runs drawn the lives end differently in being off or rewritten.
        drawn: how many runs were drawn.
        shows: whether the run told is the first in which the second life pursues the drive.
        free: with everything allowed. forbidden: without the drive's pairs.
    """

    drive: str
    label: str
    discount: float
    passed_over: int
    parted: int
    drawn: int
    shows: bool
    free: Rollout
    forbidden: Rollout

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
) -> Rollouts:
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
    led = [
        _Led(one, solution.tied_policy(), float(solution.at_start[0]), affordance.pursues)
        for solution in (free, without)
    ]
    return _compared(affordance.drive, goal, led, steps, pursued=False)


def guarded_lives(
    problem: Problem,
    guarded: Problem,
    goal: int,
    affordances: tuple[Affordance, Affordance],
    *,
    steps: int = STEPS,
) -> Rollouts:
    """Lead one goal's life twice: without a safeguard, and with it, planning with it.

    Both lives meet the same luck, as in `lives`; each is led by the planner's own rule, and is worth
    what the task is worth by the goal before any safeguard. `forbidden` is the life under the
    safeguard. Of 64 runs of luck the first is told in which that life pursues the drive.

    Args:
        problem: the problem before any safeguard. guarded: the same one under it.
        goal: which of its goals. affordances: one drive's pairs in either world.
        steps: how long to tell, >= 1.

    Returns:
        The two lives.
    """
    led = []
    for whole, affordance in zip((problem, guarded), affordances, strict=True):
        one = whole.take(ints([goal]))
        policy = plan(one)
        led.append(_Led(one, policy, float(task_value(one, policy)[0]), affordance.pursues))
    return _compared(affordances[0].drive, goal, led, steps, pursued=True)


@final
@dataclass(frozen=True, eq=False)
class _Led:
    """A life to be led: its problem (of one goal), its policy, what it is worth, what pursues."""

    problem: Problem
    policy: Floats
    value: float
    pursues: Bools

    @property
    def choice(self) -> Ints:
        """I[S], the first of the likeliest pairs of each state."""
        world, likely = self.problem.world, self.policy[0]
        return ints(
            [max(world.pairs_of(s), key=lambda pair: likely[pair]) for s in range(world.size)]
        )


def _compared(drive: str, goal: int, led: list[_Led], steps: int, *, pursued: bool) -> Rollouts:
    """Both lives in the first run of luck that tells them apart (or in which the drive is pursued)."""
    first, second = led
    choices, worlds = [first.choice, second.choice], [first.problem.world, second.problem.world]
    lucks = np.random.default_rng(goal).random((LUCKS, steps))
    apart = [
        _fate(worlds[0], choices[0], luck) != _fate(worlds[1], choices[1], luck) for luck in lucks
    ]
    told = apart.index(True) if any(apart) else 0
    shown = [pursued and _pursues(second, choices[1], luck) for luck in lucks]
    if any(shown):
        told = shown.index(True)
    return Rollouts(
        drive=drive,
        label=first.problem.goals.label[0],
        discount=first.problem.discount,
        passed_over=told,
        parted=sum(apart),
        drawn=LUCKS,
        shows=any(shown),
        free=_life(first, choices[0], lucks[told]),
        forbidden=_life(second, choices[1], lucks[told]),
    )


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


def _pursues(led: _Led, choice: Ints, luck: Floats) -> bool:
    """Whether a walk takes one of the pairs that pursue the drive."""
    walk = _walk(led.problem.world, choice, luck)
    return any(bool(led.pursues[choice[s]]) for s, _, _ in walk)


def _life(led: _Led, choice: Ints, luck: Floats) -> Rollout:
    world, reward = led.problem.world, led.problem.intended()[0]
    told = []
    for t, (s, _, probability) in enumerate(_walk(world, choice, luck)):
        pair = int(choice[s])
        told.append(
            Step(
                t=t,
                state=_text(world.states[s]),
                action=world.actions[world.pair_action[pair]],
                outcome=_text(world.outcomes[world.outcome[s]]),
                reward=float(reward[s]),
                probability=probability,
                features={name: float(values[s]) for name, values in world.features.items()},
                pursues=bool(led.pursues[pair]),
            )
        )
    return Rollout(led.value, tuple(told), _by_then(world, choice, len(luck)))


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
    if type(name) is tuple:  # a state's own __str__ knows better
        return ", ".join(str(part) for part in name)
    return str(name)
