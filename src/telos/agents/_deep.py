"""Training a network on a world, and counting what it then does (loaded only when somebody trains one)."""

from typing import Any, final

import gymnasium
import numpy as np
import stable_baselines3
import torch

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.environment import WorldEnv
from telos.core.problem import Problem
from telos.core.world import World

#: What is not as Stable-Baselines3 has it, for worlds of tens to hundreds of states and some 10,000
#: steps: its DQN begins to learn from its memory late and looks at its target network every 10,000
#: steps; its PPO updates every 2,048. A little entropy keeps the policy gradients from settling on
#: the first thing that paid.
SETTINGS: dict[str, dict[str, Any]] = {
    "DQN": {
        "learning_rate": 1e-3,
        "buffer_size": 50_000,
        "learning_starts": 200,
        "target_update_interval": 250,
        "exploration_fraction": 0.5,
        "exploration_final_eps": 0.1,
    },
    "PPO": {"learning_rate": 1e-3, "n_steps": 256, "batch_size": 64, "ent_coef": 0.01},
    "A2C": {"learning_rate": 1e-3, "n_steps": 16, "ent_coef": 0.01},
}


@final
class PaidEnv(gymnasium.Env[np.int64, np.int64]):
    """A world's environment in which actions are paid besides: `R(s) + bonus(pair carried out)`.

    Args:
        env: the environment. bonus: F[L]. pairs: I[S, A], the pair that an action carries out.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - Gymnasium's own convention

    def __init__(self, env: WorldEnv, bonus: Floats, pairs: Ints) -> None:
        self.env, self.bonus, self.pairs = env, bonus, pairs
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self._state = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """As the environment does it."""
        state, info = self.env.reset(seed=seed, options=options)
        self._state = int(state)
        return state, info

    def step(self, action: Any) -> Any:
        """As the environment does it, with what the action is paid added."""
        pair = self.pairs[self._state, int(action)]
        state, reward, terminated, truncated, info = self.env.step(action)
        self._state = int(state)
        return state, reward + float(self.bonus[pair]), terminated, truncated, info


def carried_out(world: World) -> Ints:
    """I[S, A]: the pair that an action carries out: the default's (or the first) where it is illegal."""
    instead = world.pair_ptr[:-1] if world.default is None else world.default
    table = np.repeat(instead[:, None], len(world.actions), axis=1)
    table[world.pair_state, world.pair_action] = np.arange(world.n_pairs)
    return ints(table)


def counts(
    problem: Problem,
    goal: int,
    seed: int,
    *,
    algorithm: str,
    steps: int,
    episode: int,
    rollouts: int,
) -> Floats:
    """F[L]: how often each pair was carried out by a network trained for one goal (see `StableBaselines`)."""
    torch.set_num_threads(1)  # networks this small only lose time to more
    pairs = carried_out(problem.world)
    env = _env(problem, goal, episode, pairs)
    make = getattr(stable_baselines3, algorithm)
    model = make(
        "MlpPolicy",
        env,
        gamma=problem.horizon_discount,
        seed=seed,
        device="cpu",
        verbose=0,
        **SETTINGS[algorithm],
    )
    model.learn(steps)
    seen = np.zeros(problem.world.n_pairs)
    for rollout in range(rollouts):
        state, _ = env.reset(seed=seed + 1 + rollout)
        cut = False
        while not cut:
            action, _ = model.predict(np.asarray(state), deterministic=True)
            seen[pairs[int(state), int(action)]] += 1.0
            state, _, _, cut, _ = env.step(int(action))
    return floats(seen)


def _env(problem: Problem, goal: int, episode: int, pairs: Ints) -> WorldEnv | PaidEnv:
    env = problem.world.to_gymnasium(problem.goals.reward[goal], max_steps=episode)
    bonus = problem.pair_bonus()
    if bonus is None:
        return env
    return PaidEnv(env, floats(bonus if bonus.ndim == 1 else bonus[goal]), pairs)
