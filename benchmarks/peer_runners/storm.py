"""Storm by stormpy: one model, every goal a reward model of its own, added before the clock starts."""

from collections.abc import Sequence

import numpy as np
import stormpy
from serve import Model, Peer, serve
from stormpy.datastructures import SparseMatrixBuilder
from stormpy.environments import MinMaxMethod
from stormpy.models import (
    SparseMdp,
    SparseModelComponents,
    SparseRewardModel,
    StateLabeling,
)


class Storm(Peer):
    """Discounted sums; Storm solves them by value iteration whatever method it is asked for."""

    variants = ("value iteration",)

    def __init__(self, model: Model, rewards: np.ndarray) -> None:
        builder = SparseMatrixBuilder[float](
            rows=len(model.pair_action),
            columns=model.size,
            entries=len(model.next_state),
            has_custom_row_grouping=True,
            row_groups=model.size,
        )
        for state in range(model.size):
            builder.new_row_group(int(model.pair_ptr[state]))
            for pair in range(model.pair_ptr[state], model.pair_ptr[state + 1]):
                here = model.successors(pair)
                order = np.argsort(model.next_state[here])
                for to, chance in zip(
                    model.next_state[here][order], model.next_prob[here][order], strict=True
                ):
                    builder.add_next_value(int(pair), int(to), float(chance))
        labels = StateLabeling(model.size)
        labels.add_label("init")
        labels.add_label_to_state("init", 0)
        self.model = SparseMdp[float](
            SparseModelComponents[float](transition_matrix=builder.build(), state_labeling=labels)
        )
        self.discount = model.discount
        self.rewards = rewards
        self.asked: dict[int, object] = {}
        self.environment = stormpy.Environment()

    def prepare(self, variant: str, tolerance: float, goals: Sequence[int]) -> None:
        settings = self.environment.solver().min_max()
        settings.method = MinMaxMethod.VALUE_ITERATION
        settings.precision = stormpy.Rational(tolerance)
        settings.relative_termination_criterion = False
        settings.maximal_number_of_iterations = 10_000_000
        for goal in goals:
            if goal not in self.asked:
                reward = SparseRewardModel[float](
                    optional_state_reward_vector=self.rewards[goal].tolist()
                )
                self.model.add_reward_model(f"g{goal}", reward)
                formula = f'R{{"g{goal}"}}max=? [Cdiscount={self.discount!r}]'
                (self.asked[goal],) = stormpy.parse_properties(formula)

    def solve(self, goal: int) -> Sequence[float]:
        result = stormpy.model_checking(self.model, self.asked[goal], environment=self.environment)
        return result.get_value_vector()


if __name__ == "__main__":
    serve(Storm)
