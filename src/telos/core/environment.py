"""WorldEnv: one world and one goal as a Gymnasium environment (imported only when asked for)."""

from typing import Any, final

import gymnasium
import numpy as np

from telos.core.arrays import Floats
from telos.core.errors import GoalsError
from telos.core.numbers import reals

#: A `World`, which cannot be named here: its file imports this one.
Played = Any


@final
class WorldEnv(gymnasium.Env[np.int64, np.int64]):
    """A world played for one goal, with Discrete observations and actions.

    The reward of a step is `R(s)` of the state in which the action was taken, so the discounted
    return of an endless episode is `V(s0)`. Worlds absorb, so `terminated` is always False. An
    action that is not legal is carried out as the world's default pair (or, without one, as the
    first legal pair), so that it adds nothing to what can be done; ``info["action_mask"]`` says
    which actions are legal, as in Taxi.

    Args:
        world: the world.
        goal: F[S], finite, the reward of each state.
        max_steps: truncate after this many steps; None: never.

    Raises:
        GoalsError: if the reward has the wrong shape or is not finite.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own convention

    def __init__(self, world: Played, goal: Any, *, max_steps: int | None = None) -> None:
        self.world = world
        self.goal = _checked_goal(world, goal)
        self.max_steps = max_steps
        self.observation_space = gymnasium.spaces.Discrete(world.size)
        self.action_space = gymnasium.spaces.Discrete(len(world.actions))
        self._pair = _pair_table(world)
        self._state, self._steps = 0, 0
        self.P = self._table()
        self.initial_state_distrib = world.start

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Draw a first state from `world.start`; returns (state number, info)."""
        gymnasium.Env.reset(self, seed=seed)
        self._steps = 0
        self._state = int(self.np_random.choice(self.world.size, p=self.world.start))
        return np.int64(self._state), self._info()

    def step(self, action: Any) -> Any:
        """Take an action; returns (state number, R(state left), False, truncated, info)."""
        if not 0 <= int(action) < len(self.world.actions):
            raise GoalsError(f"action {action} is not one of 0 to {len(self.world.actions) - 1}.")
        reward = float(self.goal[self._state])
        row = self.world.successors(int(self._pair[self._state, int(action)]))
        self._state = int(self.np_random.choice(list(row), p=list(row.values())))
        self._steps += 1
        truncated = self.max_steps is not None and self._steps >= self.max_steps
        return np.int64(self._state), reward, False, truncated, self._info()

    def _info(self) -> dict[str, Any]:
        pairs = self.world.pairs_of(self._state)
        mask = np.zeros(len(self.world.actions), dtype=np.int8)
        mask[self.world.pair_action[pairs.start : pairs.stop]] = 1
        return {"state": self.world.states[self._state], "action_mask": mask}

    def _table(self) -> dict[int, dict[int, list[tuple[float, int, float, bool]]]]:
        """Gymnasium's tabular convention, so that the way back works."""
        table: dict[int, dict[int, list[tuple[float, int, float, bool]]]] = {}
        for s in range(self.world.size):
            reward = float(self.goal[s])
            table[s] = {}
            for a in range(len(self.world.actions)):
                row = self.world.successors(int(self._pair[s, a]))
                table[s][a] = [(p, t, reward, False) for t, p in row.items()]
        return table


def _checked_goal(world: Played, goal: Any) -> Floats:
    reward = reals(goal, f"{world.name}: a goal", GoalsError)
    if reward.shape != (world.size,) or not np.isfinite(reward).all():
        raise GoalsError(
            f"{world.name}: a goal is one finite reward for each of {world.size} states; got shape "
            f"{reward.shape}. For row i of some Goals pass goals.reward[i]."
        )
    return reward


def _pair_table(world: Played) -> Any:
    """I[S, A]: the pair of each action, and where it is not legal the default's or the first."""
    instead = world.pair_ptr[:-1] if world.default is None else world.default
    table = np.repeat(instead[:, None], len(world.actions), axis=1)
    table[world.pair_state, world.pair_action] = np.arange(world.n_pairs)
    return table
