"""Telos: the public `solve`, all goals of the batch in one call, tied sets and bounds included."""

import sys
from collections.abc import Sequence

import numpy as np
from serve import Model, Peer, serve

import telos


class Telos(Peer):
    """A variant is a number of threads; a goal number stands for the first this many goals of the draw."""

    variants = ("2", "1")

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        self.world = telos.World.from_arrays(
            model.pair_ptr,
            model.pair_action,
            model.next_ptr,
            model.next_state,
            model.next_prob,
            outcome=model.outcome,
        )
        self.rewards = rewards
        self.discount = model.discount
        self.problems: dict[int, telos.Problem] = {}
        self.device = sys.argv[3] if len(sys.argv) > 3 else "cpu"

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        from telos.solve.threads import set_threads

        set_threads(int(variant))
        self.tolerance = tolerance
        for count in goals:
            if count not in self.problems:
                drawn = telos.Goals(np.array(self.rewards[:count]))
                self.problems = {count: telos.Problem(self.world, drawn, self.discount)}

    def solve(self, goal: int) -> Sequence[float]:
        solution = telos.solve(self.problems[goal], tolerance=self.tolerance)
        tied, bound = solution.tied, solution.bound
        assert tied.shape[0] == goal
        assert bound.max() <= self.tolerance
        return solution.value


if __name__ == "__main__":
    serve(Telos)
