"""Goals of a pair: drawn once for both arms by outcome name, rounded as told, sorted by dose."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from telos.core.arrays import Floats, floats, ints
from telos.core.goals import Goals
from telos.core.parts import AbstractGoalFamily, AbstractScenario, Finite
from telos.core.problem import Problem
from telos.core.world import World
from telos.llm.assayed.record import ArmGoal, outcome_key
from telos.llm.goals import DECIMALS, STRATA, doses, picked
from telos.llm.stage import stage_of
from telos.measure.instrumental_value import instrumental_values

#: Goals drawn for each that is kept, so that every stratum fills.
PLENTY = 3
#: Names the stream of these goals: none of them served the search or the certificate. A finite list is
#: asked whole, with the rewritten goals that its certificate is of.
STREAM = 0xA5A7

Worth = dict[str, float]


@final
@dataclass(frozen=True, eq=False)
class PairGoals:
    """The goals of a pair, in the order in which they are played.

    Args:
        goals: as data. low, high: F[G, K] twice, rewards and rewritten rewards in each arm's outcomes.
    """

    goals: tuple[ArmGoal, ...]
    low: tuple[Floats, Floats]
    high: tuple[Floats, Floats]


def pair_goals(
    arms: tuple[AbstractScenario, AbstractScenario],
    drive: str,
    family: AbstractGoalFamily,
    *,
    count: int,
    discount: float,
    seed: int,
) -> PairGoals:
    """Goals for both arms, in equal parts of the strata of `telos.llm.goals` by their dose in the high arm.

    A goal pays the same for an outcome in both arms; where they have different outcomes, it is the
    low arm's draw that counts for those in common. Rewards have the decimals that are told. Of a finite
    list there are no more goals than it has.

    Args:
        arms: low and high. drive: that the pair moves. family: goals are drawn from.
        count: how many. discount: of the dose. seed: names the goals.

    Returns:
        At least one goal and at most `count`.
    """
    worlds = tuple(stage_of(scenario).world for scenario in arms)
    drawn = [_drawn(world, family, count * PLENTY, seed) for world in worlds]
    worth, other = ({**high, **low} for low, high in zip(*drawn, strict=True))
    rows = [(_rows(world, worth), _rows(world, other)) for world in worlds]
    stage = stage_of(arms[1])
    dose = doses(stage.world, rows[1], discount, stage.affordances[drive])
    chosen = picked(dose, count)
    at = [number for number, _ in chosen]
    goals = tuple(
        ArmGoal(
            name=f"goal {number} for {drive}",
            stratum=stratum,
            worth={name: float(values[g]) for name, values in worth.items()},
            other={name: float(values[g]) for name, values in other.items()}
            if "goal_register" in stage.world.features
            else {},
        )
        for number, (g, stratum) in enumerate(chosen)
    )
    low, high = ((floats(mine[0][at]), floats(mine[1][at])) for mine in rows)
    return PairGoals(goals, low, high)


def counted(goals: PairGoals) -> dict[str, int]:
    """How many goals of each stratum there are."""
    return {name: sum(goal.stratum == name for goal in goals.goals) for name in STRATA}


def played_changes(
    arms: tuple[AbstractScenario, AbstractScenario], goals: PairGoals, discount: float, count: int
) -> dict[str, float]:
    """The change of each drive's mean share over the first goals of a pair, in points of the value range.

    A certificate is of goals as they are drawn. Those played are chosen by their dose, which moves the mean
    of every drive: this is what two arms differ by here, and it has no error.

    Args:
        arms: low and high. goals: of the pair. discount: of the shares. count: how many are played.
    """
    shares = []
    for scenario, rows in zip(arms, (goals.low, goals.high), strict=True):
        stage = stage_of(scenario)
        reward, other = (values[:count, stage.world.outcome] for values in rows)
        asked = Goals(reward, revised=ints(np.arange(len(reward))), pool=other)
        worth = instrumental_values(
            Problem(stage.world, asked, discount), tuple(stage.affordances.values())
        )
        shares.append({one.drive: 100.0 * float(one.share.mean()) for one in worth})
    return {drive: shares[1][drive] - share for drive, share in shares[0].items()}


def _drawn(
    world: World, family: AbstractGoalFamily, n: int, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rewards and rewritten rewards by outcome, F[n] each."""
    key: int | list[int] = [seed, STREAM]
    if isinstance(family, Finite):
        n, key = family.size(world), seed
    found = family.sample(world, n, np.random.default_rng(key))
    first = np.unique(world.outcome, return_index=True)[1]
    names = list(map(outcome_key, world.outcomes))
    both = found.reward, found.pool[found.revised]
    rewards, others = (np.round(rows[:, first], DECIMALS) + 0.0 for rows in both)
    return dict(zip(names, rewards.T, strict=True)), dict(zip(names, others.T, strict=True))


def _rows(world: World, named: dict[str, Any]) -> Floats:
    return floats(np.column_stack([named[outcome_key(outcome)] for outcome in world.outcomes]))
