"""Spread: how far what is read from a few draws may be from what the model itself would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, floats
from telos.llm.tabulation.chain import error_of
from telos.llm.tabulation.table import ChoiceTable

#: Answers added to each state, in sum: an action that was never chosen in ten draws may still be chosen.
ADDED = 1.0
#: Draws from which an interval is told: from fewer, how a table repeats its answers cannot be corrected.
LEAST_DRAWS = 5
#: Of a 95 % interval.
Z = 1.959964


@final
@dataclass(frozen=True, eq=False)
class Spread:
    """Standard errors of one drive.

    Args:
        error: F[G], of each goal: 0 where the chances themselves are known, NaN where there are fewer
            than `LEAST_DRAWS` draws.
        bias: F[G], by how much a table says too much, to second order.
    """

    error: Floats
    bias: Floats

    def around(self, value: float, goal: int | None) -> tuple[float | None, float | None]:
        """The 95 % interval around the number of a goal, or (None) around the mean over all goals.

        Goals are asked about independently of each other.
        """
        error = float(np.sqrt((self.error**2).sum()) / len(self.error))
        error = error if goal is None else float(self.error[goal])
        if np.isnan(error):
            return None, None
        middle = value - float(self.bias.mean() if goal is None else self.bias[goal])
        low, high = middle - Z * error, middle + Z * error
        return min(1.0, max(0.0, low)), max(0.0, min(1.0, high))


def spreads(table: ChoiceTable, pursued: Sequence[Bools], exact: bool = False) -> list[Spread]:
    """The spread of each drive by the draws; see `chain.error_of`.

    Args:
        table: what was answered. pursued: the pairs of each drive, B[L].
        exact: whether the answers are the chances themselves.

    Returns:
        One a drive. Coverage: `verification/tabulation.py`.
    """
    count = len(table.names)
    if exact:
        return [Spread(floats(np.zeros(count)), floats(np.zeros(count)))] * len(pursued)
    problem = table.problem
    total = np.add.reduceat(table.weight, problem.world.pair_ptr[:-1], axis=1)
    error = np.full((len(pursued), count), np.nan)
    bias = np.zeros_like(error)
    for g in np.flatnonzero(total.max(axis=1) >= LEAST_DRAWS).tolist():
        for d, pairs in enumerate(pursued):
            weight, policy = table.weight[g], table.policy[g]
            found = error_of(problem.world, weight, ADDED, policy, pairs, problem.discount)
            error[d, g], bias[d, g] = np.sqrt(found[0]), found[1]
    return [Spread(floats(one), floats(other)) for one, other in zip(error, bias, strict=True)]
