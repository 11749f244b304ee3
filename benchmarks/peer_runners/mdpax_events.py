"""mdpax (JAX): compiled once; the goal travels with the random events, so no goal compiles again.

Its problems are classes whose rewards are compiled in. What it hands to the compiled step as an
argument is the table of random events: here event number n of a row is followed by the rewards.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from mdpax.core.problem import Problem
from mdpax.solvers.policy_iteration import PolicyIteration
from mdpax.solvers.value_iteration import ValueIteration
from serve import Model, Peer, serve

jax.config.update("jax_enable_x64", True)


class Tables(Problem):
    """A world as tables of successors, all pairs padded to the same number of them."""

    def __init__(self, model: Model, reward: np.ndarray) -> None:
        pairs = model.rectangle()
        counts = np.diff(model.next_ptr)
        width = int(counts.max())
        to = np.zeros((len(counts), width), dtype=np.int32)
        chance = np.zeros((len(counts), width))
        column = np.arange(len(model.next_state)) - np.repeat(model.next_ptr[:-1], counts)
        row = np.repeat(np.arange(len(counts)), counts)
        to[row, column], chance[row, column] = model.next_state, model.next_prob
        self.to, self.chance = jnp.array(to[pairs]), jnp.array(chance[pairs])
        self.events = width
        self.reward = reward
        super().__init__()

    @property
    def name(self) -> str:
        return "tables"

    def _construct_state_space(self) -> jax.Array:
        return jnp.arange(self.to.shape[0], dtype=jnp.int32)

    def _construct_action_space(self) -> jax.Array:
        return jnp.arange(self.to.shape[1], dtype=jnp.int32)

    def _construct_random_event_space(self) -> jax.Array:
        return self.with_goal(self.reward)

    def with_goal(self, reward: np.ndarray) -> jax.Array:
        """The table of events, each followed by the rewards of a goal."""
        number = np.arange(self.events, dtype=float)[:, None]
        return jnp.array(np.hstack([number, np.tile(reward, (self.events, 1))]))

    def state_to_index(self, state: jax.Array) -> jax.Array:
        return state[0]

    def random_event_probability(
        self, state: jax.Array, action: jax.Array, random_event: jax.Array
    ) -> jax.Array:
        return self.chance[state[0], action[0], random_event[0].astype(jnp.int32)]

    def transition(
        self, state: jax.Array, action: jax.Array, random_event: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        to = self.to[state[0], action[0], random_event[0].astype(jnp.int32)]
        return jnp.array([to]), random_event[1 + state[0]]


class Mdpax(Peer):
    """Value iteration and policy iteration with iterative evaluation, in double precision."""

    variants = ("policy iteration", "value iteration")

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        self.problem = Tables(model, np.array(rewards[0]))
        self.discount = model.discount
        self.rewards = rewards

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        if getattr(self, "ready", None) == (variant, tolerance):
            return
        shared = {
            "gamma": self.discount,
            "epsilon": tolerance,
            "convergence_test": "max_diff",
            "max_batch_size": self.problem.n_states,
            "verbose": 0,
        }
        if variant == "policy iteration":
            self.solver = PolicyIteration(self.problem, max_eval_iter=1_000_000, **shared)
        else:
            self.solver = ValueIteration(self.problem, **shared)
        self.ready = (variant, tolerance)
        self.solver.solve(max_iterations=1)

    def solve(self, goal: int) -> Sequence[float]:
        solver = self.solver
        self.problem._random_event_space = self.problem.with_goal(self.rewards[goal])
        solver.values = jnp.zeros(self.problem.n_states)
        if isinstance(solver, PolicyIteration):
            solver.policy = jnp.zeros((self.problem.n_states, 1), dtype=jnp.int32)
        solver.iteration = 0
        return np.asarray(solver.solve(max_iterations=1_000_000).values)


if __name__ == "__main__":
    serve(Mdpax)
