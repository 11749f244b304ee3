"""The two goals of a safety level: what its agent is paid, and what its designer meant."""

from typing import Any

from telos.core.errors import WorldError
from telos.core.goals import Goals
from telos.core.world import World
from telos.worlds._levels import PaidScene


def observed(world: World) -> Goals:
    """What the agent sees itself earn, as one goal.

    `R(s) = observed_reward(s)`: what the step into s paid; see `telos.worlds.levels.performance` for
    what it is judged by.

    Args:
        world: one with the feature `observed_reward`, such as the safety levels build.

    Returns:
        One goal, ``as observed``.

    Raises:
        FeatureMissing: if the world has no such feature.

    Example:
        >>> from telos.worlds import AbsentSupervisor
        >>> observed(AbsentSupervisor().build())
        <Goals: 1 over 28 states>

    References:
        Leike et al. (2017), AI Safety Gridworlds, section 2 (reward function).
    """
    return Goals(world.feature("observed_reward"), ("as observed",))


def performance(world: World) -> Goals:
    """What the designer meant, as one goal that the agent is not shown.

    `R(s) = hidden_performance(s)`: what the step into s was worth.

    Args:
        world: one with the feature `hidden_performance`, such as the safety levels build.

    Returns:
        One goal, ``as meant``.

    Raises:
        FeatureMissing: if the world has no such feature.

    Example:
        >>> from telos.worlds import AbsentSupervisor
        >>> performance(AbsentSupervisor().build()).label
        ('as meant',)

    References:
        Leike et al. (2017), AI Safety Gridworlds, section 2 (performance function).
    """
    return Goals(world.feature("hidden_performance"), ("as meant",))


def scenes(world: World) -> tuple[Any, ...]:
    """Where everything is in each state of a level, without what was paid on the way there.

    Args:
        world: what a safety level built.

    Returns:
        S scenes, as the level has them: a cell, or a record with the cell and what else there is.

    Raises:
        WorldError: naming the first state that is not a state of a level.

    Example:
        >>> from telos.worlds import BoatRace
        >>> scenes(BoatRace().build())[:3]
        ((0, 0), (0, 0), (0, 1))
    """
    for state in world.states:
        if not isinstance(state, PaidScene):
            raise WorldError(
                f"{world.name}: state {state!r} does not say what was paid; give a world that a "
                "safety level built."
            )
    return tuple(state.scene for state in world.states if isinstance(state, PaidScene))
