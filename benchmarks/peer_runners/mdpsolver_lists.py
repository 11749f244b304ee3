"""mdpsolver (C++): its interface takes the whole model as lists for every reward, so that is timed."""

from collections.abc import Sequence

import mdpsolver
import numpy as np
from serve import Model, Peer, serve


class Mdpsolver(Peer):
    """Value, policy and modified policy iteration, standard or Gauss-Seidel, on one thread.

    Its over-relaxed updates (1.2 to 1.8) never came to a stop on any of the worlds.
    """

    variants = (
        "mpi gs, k=100",
        "mpi gs, k=20",
        "mpi gs, k=2",
        "pi gs",
        "vi gs",
        "mpi standard, k=100",
        "mpi standard, k=20",
        "pi standard",
        "vi standard",
    )

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        pairs = [range(model.pair_ptr[s], model.pair_ptr[s + 1]) for s in range(model.size)]
        self.columns = [
            [model.next_state[model.successors(p)].tolist() for p in here] for here in pairs
        ]
        self.chances = [
            [model.next_prob[model.successors(p)].tolist() for p in here] for here in pairs
        ]
        self.legal = np.diff(model.pair_ptr).tolist()
        self.discount = model.discount
        self.rewards = rewards
        self.lists: dict[int, list[list[float]]] = {}

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        method, _, sweeps = variant.partition(", k=")
        self.algorithm, self.update = method.split()
        self.sweeps = int(sweeps or 100)
        self.tolerance = tolerance
        for goal in goals:
            if goal not in self.lists:
                reward = self.rewards[goal].tolist()
                self.lists[goal] = [[r] * n for r, n in zip(reward, self.legal, strict=True)]

    def solve(self, goal: int) -> Sequence[float]:
        model = mdpsolver.model()
        model.mdp(
            discount=self.discount,
            rewards=self.lists[goal],
            tranMatProbs=self.chances,
            tranMatColumns=self.columns,
        )
        model.solve(
            algorithm=self.algorithm,
            tolerance=self.tolerance,
            update=self.update,
            parIterLim=self.sweeps,
            parallel=False,
            postProcessing=True,
            makeFinalCheck=False,
        )
        return model.getValueVector()


if __name__ == "__main__":
    serve(Mdpsolver)
