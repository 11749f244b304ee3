"""QuantEcon's DiscreteDP on sparse state-action pairs: built once, rewards swapped in place."""

from collections.abc import Sequence

import numpy as np
from quantecon.markov import DiscreteDP
from scipy.sparse import csr_matrix
from serve import Model, Peer, serve


class Quantecon(Peer):
    """Policy iteration and modified policy iteration; warmed up (Numba) before the clock starts."""

    variants = (
        "policy iteration",
        *(f"modified policy iteration, k={k}" for k in (10, 20, 50, 200)),
    )

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        matrix = csr_matrix(
            (model.next_prob, model.next_state, model.next_ptr),
            shape=(len(model.pair_action), model.size),
        )
        self.pair_state = model.pair_state
        self.rewards = rewards
        self.ddp = DiscreteDP(
            rewards[0][self.pair_state], matrix, model.discount, self.pair_state, model.pair_action
        )
        self.ddp.compute_greedy(np.zeros(model.size))

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        self.method, _, sweeps = variant.partition(", k=")
        self.method = self.method.replace(" ", "_")
        self.sweeps = int(sweeps or 20)
        self.tolerance = tolerance

    def solve(self, goal: int) -> Sequence[float]:
        self.ddp.R[:] = self.rewards[goal][self.pair_state]
        return self.ddp.solve(
            method=self.method, epsilon=self.tolerance, max_iter=1_000_000, k=self.sweeps
        ).v


if __name__ == "__main__":
    serve(Quantecon)
