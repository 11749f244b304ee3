"""madupite (C++, PETSc): tensor built once; rewards enter by a callback, values leave by a text file."""

import os
import tempfile
from collections.abc import Sequence

import madupite
import numpy as np
from serve import Model, Peer, serve


class Madupite(Peer):
    """Inexact policy iteration with the linear solvers of PETSc.

    It stops when |TV - V| is below its tolerance, so that is given times (1 - discount).
    """

    variants = ("ipi gmres", "ipi bcgs", "ipi richardson", "ipi tfqmr")

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        self.pairs = model.rectangle()
        self.size, self.actions = self.pairs.shape
        self.discount = model.discount
        self.rewards = rewards

        def row(state: int, action: int) -> tuple[list[float], list[int]]:
            here = model.successors(self.pairs[state, action])
            return model.next_prob[here].tolist(), model.next_state[here].tolist()

        room = madupite.MatrixPreallocation()
        room.d_nz = int(np.diff(model.next_ptr).max())
        room.o_nz = 0
        tensor = madupite.createTransitionProbabilityTensor(
            name="P", numStates=self.size, numActions=self.actions, func=row, preallocation=room
        )
        self.folder = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.mdp = madupite.MDP(madupite.instance)
        self.mdp.setTransitionProbabilityTensor(tensor)
        for name in ("policy", "cost", "stats"):
            self.mdp.setOption(f"-file_{name}", f"{self.folder}/{name}")

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        self.mdp.setOption("-mode", "MAXREWARD")
        self.mdp.setOption("-overwrite", "true")
        self.mdp.setOption("-discount_factor", repr(self.discount))
        self.mdp.setOption("-atol_pi", repr(tolerance * (1 - self.discount)))
        self.mdp.setOption("-ksp_type", variant.split()[1])

    def solve(self, goal: int) -> Sequence[float]:
        reward = self.rewards[goal].tolist()
        cost = madupite.createStageCostMatrix(
            name="g", numStates=self.size, numActions=self.actions, func=lambda s, a: reward[s]
        )
        self.mdp.setStageCostMatrix(cost)
        self.mdp.solve()
        with open(f"{self.folder}/cost") as file:
            return [float(line) for line in file]


if __name__ == "__main__":
    serve(Madupite)
