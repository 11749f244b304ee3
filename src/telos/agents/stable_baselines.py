"""StableBaselines: a deep agent of Stable-Baselines3, read by counting what it does."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, final, get_args

import numpy as np

from telos.core.arrays import Floats
from telos.core.behavior import Behavior
from telos.core.checks import integer, one_of
from telos.core.errors import ProblemError, install
from telos.core.parts import AbstractAgent, Role
from telos.core.problem import Problem
from telos.solve.foresight import holding
from telos.solve.solve import uniform_over

Algorithm = Literal["DQN", "PPO", "A2C"]


@final
@dataclass(frozen=True)
class StableBaselines(AbstractAgent):
    """A neural network trained by somebody else's code (needs the extra `telos-lab[sb3]`).

    For each goal a network is trained on `world.to_gymnasium(goal)`: it sees the number of the state
    (one-hot), earns `R(s)` of the state it acts in (and the bonus of what it does, if there is one),
    and discounts as the problem does. An action that is not legal is carried out as the world's default
    pair; so an untrained network mostly does nothing where few of all actions are legal. Nothing ends:
    an episode that is cut off is one whose rest is estimated, not worth nothing (Stable-Baselines3 looks
    ahead from the state where it was cut).

    **By counts.** The trained network is then watched, not asked: over `rollouts` episodes of its
    likeliest actions, with `n(s, a)` the times that pair (s, a) was carried out and `n(s)` the visits,

        pi(a | s) = n(s, a) / n(s) where n(s) > 0, uniform elsewhere;

    `visits` are the n(s). What it would do in states it never came to nobody knows, and it counts for
    nothing unless its own policy leads there by a chance that no rollout met with.

    Like the tabular learners it is paid for the goal that it holds at the time (hedonistic), and its
    chances are named by `replica` and by what the goal rewards alone. But a longer training is another
    one, no continuation, because exploration is planned over the whole of it. Stable-Baselines3 seeds the
    global generators of Python, NumPy and PyTorch as it begins. Training runs on one thread of the
    processor; results repeat on the same machine with the same versions.

    Args:
        algorithm: ``DQN``, ``PPO`` or ``A2C``.
        steps: transitions of training for each goal, >= 1 (rounded up to full batches of the
            algorithm).
        episode: steps until a fresh start, in training and in the rollouts, >= 1.
        rollouts: episodes that are watched, >= 1.
        replica: which of a goal's independent learners it is, >= 0.

    Raises:
        ProblemError: naming the field that is out of its range; when it behaves, saying what to
            install if Stable-Baselines3 is missing.

    References:
        Mnih et al. (2015) (DQN); Schulman et al. (2017) (PPO); Mnih et al. (2016) (A2C);
        Raffin et al. (2021), Stable-Baselines3; Pardo et al. (2018) (time limits).
    """

    role: ClassVar[Role] = "learner"

    algorithm: Algorithm = "PPO"
    steps: int = 10_000
    episode: int = 20
    rollouts: int = 20
    replica: int = 0
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        one_of(self, "algorithm", get_args(Algorithm))
        for name, least in (("steps", 1), ("episode", 1), ("rollouts", 1), ("replica", 0)):
            integer(self, name, least)

    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """What each goal's network was seen to do, and how often it was where."""
        count_actions = _trainer()
        world, count = problem.world, problem.goals.count
        paid = holding(problem)
        even = uniform_over(np.ones((1, world.n_pairs), np.bool_), world.pair_ptr)[0]
        policy, visits = np.empty((count, world.n_pairs)), np.empty((count, world.size))
        for g in range(count):
            seen = count_actions(
                paid, g, _seed(self.replica, paid, g), algorithm=self.algorithm,
                steps=self.steps, episode=self.episode, rollouts=self.rollouts,
            )  # fmt: skip
            visits[g] = np.add.reduceat(seen, world.pair_ptr[:-1])
            there = visits[g][world.pair_state]
            policy[g] = np.where(there > 0, seen / np.maximum(there, 1.0), even)
        return Behavior(policy, visits=visits, foresight="hedonistic")


def _seed(replica: int, problem: Problem, goal: int) -> int:
    """Names a learner's chances: its replica and its goal's rewards, in 31 bits."""
    row = (problem.goals.reward[goal] + 0.0).tobytes()  # + 0.0: minus zero is zero
    said = hashlib.blake2b(f"{replica}:".encode() + row, digest_size=8).digest()
    return int.from_bytes(said, "little") % 2**31


def _trainer() -> Callable[..., Floats]:
    """The function that trains a network and counts what it does, or a word on how to get it."""
    try:
        from telos.agents._deep import counts
    except ImportError as missing:
        raise ProblemError(
            f"StableBaselines needs what is not installed ({missing}). {install('sb3')}."
        ) from None
    return counts
