"""Frames: nouns as polars tables, a row a state, a goal or a pair."""

from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.text import printable

if TYPE_CHECKING:
    import polars


def frame_of_world(world: Any) -> "polars.DataFrame":
    """One row a state: its name, outcome, chance of being the start, number of actions, features.

    Example:
        >>> from telos import explore
        >>> explore("hall", lambda s: {"stay": s, "leave": "yard"}).frame().columns
        ['state', 'outcome', 'start', 'actions']
    """
    import polars as pl

    own = {
        "state": [printable(state) for state in world.states],
        "outcome": [printable(world.outcomes[k]) for k in world.outcome],
        "start": world.start,
        "actions": np.diff(world.pair_ptr),
    }
    features = {
        name if name not in own else f"feature {name}": values
        for name, values in world.features.items()
    }
    return pl.DataFrame(own | features)


def frame_of_goals(goals: Any) -> "polars.DataFrame":
    """One row a goal: its label, and the least, mean and largest reward of a state.

    Example:
        >>> from telos import Goals
        >>> Goals([[0.0, 1.0]]).frame().row(0)
        (0, 'goal 0', 0.0, 0.5, 1.0)
    """
    import polars as pl

    reward = goals.reward
    return pl.DataFrame(
        {
            "goal": np.arange(goals.count),
            "label": [printable(label) for label in goals.label],
            "least": reward.min(axis=1),
            "mean": reward.mean(axis=1),
            "largest": reward.max(axis=1),
        }
    )


def frame_of_solution(solution: Any) -> "polars.DataFrame":
    """One row a goal: its optimal value at the start, the certified bound, and how the solve ended."""
    import polars as pl

    return pl.DataFrame(
        {
            "goal": np.arange(len(solution.value)),
            "label": [printable(label) for label in solution.problem.goals.label],
            "value": solution.at_start,
            "bound": solution.bound,
            "status": [status.name.lower() for status in solution.status],
        }
    )


def frame_of_behavior(behavior: Any, goal: int = 0) -> "polars.DataFrame":
    """One row a pair that has a chance: the policy of one goal.

    Args:
        goal: which goal's policy.
    """
    import polars as pl

    policy = behavior.policy[goal]
    pairs = np.flatnonzero(policy)
    return pl.DataFrame({"pair": pairs, "probability": policy[pairs]})


def frame_of_reading(reading: Any) -> "polars.DataFrame":
    """One row a goal: its category, the instrumental value with its bound, and what was done."""
    import polars as pl

    columns: dict[str, Any] = {
        "goal": np.arange(len(reading.category)),
        "drive": [reading.drive] * len(reading.category),
        "category": reading.category_names,
    }
    for name in reading.__dataclass_fields__:
        values = getattr(reading, name)
        if name == "baseline":
            columns |= {"baseline_actions": values[:, 0], "baseline_outcomes": values[:, 1]}
        elif name not in columns and isinstance(values, np.ndarray) and values.ndim == 1:
            columns[name] = values
    return pl.DataFrame(columns)
