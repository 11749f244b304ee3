"""pymdptoolbox: built once, rewards swapped by attribute, and its values fixed where they need it.

Value iteration stops on the span of the last change and returns values that may be far off (50, on
the random world): the midrange of one more change is added here, inside the clock, as QuantEcon
does. Its bound on iterations, which walks all pairs of states, is left out.
"""

from collections.abc import Sequence

import numpy as np
from mdptoolbox import mdp
from scipy.sparse import csr_matrix
from serve import Model, Peer, serve


class Unbounded(mdp.ValueIteration):
    """Value iteration without the bound on iterations."""

    def _boundIter(self, epsilon: float) -> None:
        self.max_iter = 10**9


class Pymdptoolbox(Peer):
    """Value iteration (sparse) and policy iteration (which makes an S x S matrix each time)."""

    variants = ("value iteration, fixed", "policy iteration, dense")

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        pairs = model.rectangle()
        matrix = csr_matrix(
            (model.next_prob, model.next_state, model.next_ptr),
            shape=(len(model.pair_action), model.size),
        )
        self.rewards = rewards
        self.transitions = [csr_matrix(matrix[pairs[:, a]]) for a in range(pairs.shape[1])]
        self.discount = model.discount
        self.solver: mdp.MDP | None = None

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        self.variant = variant
        mdp._util.check = lambda *_: None  # what is legal was checked when the world was made
        if variant.startswith("value"):
            self.solver = Unbounded(self.transitions, self.rewards[0], self.discount, tolerance)
        else:
            self.solver = mdp.PolicyIteration(self.transitions, self.rewards[0], self.discount)

    def solve(self, goal: int) -> Sequence[float]:
        solver, size = self.solver, self.rewards.shape[1]
        solver.R = (np.array(self.rewards[goal]),) * solver.A
        solver.iter = 0
        solver.V = np.zeros(size)
        if self.variant.startswith("policy"):
            solver.policy, _ = solver._bellmanOperator(np.zeros(size))
            solver.run()
            return np.asarray(solver.V).ravel()
        solver.run()
        value = np.array(solver.V)
        change = solver._bellmanOperator(value)[1] - value
        shift = (change.max() + change.min()) / 2
        return value + change + shift * self.discount / (1 - self.discount)


if __name__ == "__main__":
    serve(Pymdptoolbox)
