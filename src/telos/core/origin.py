"""Origin: what the states and pairs of a safeguarded world stand for in the world it was made from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np

from telos.core.arrays import Ints, ints
from telos.core.kept import fields_as_they_were, fields_by_value

if TYPE_CHECKING:
    from telos.core.problem import Problem


@final
@dataclass(frozen=True, eq=False, repr=False)
class Origin:
    """The way back from a safeguarded problem to the problem before any safeguard.

    Args:
        problem: the problem before any safeguard: goals, world and discount by which what a
            safeguard costs is judged.
        state: I[S], the state of `problem.world` that each state stands for.
        pair: I[L], the pair of `problem.world` that each pair carries out; -1 for one that a
            safeguard added (asking an overseer, say).
    """

    problem: "Problem"
    state: Ints
    pair: Ints

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __post_init__(self) -> None:
        object.__setattr__(self, "state", ints(self.state))
        object.__setattr__(self, "pair", ints(self.pair))

    def __repr__(self) -> str:
        return f"<Origin: {len(self.state)} states of {self.problem!r}>"

    def onto(self, state: Ints, pair: Ints) -> "Origin":
        """The origin of a world made from the present one: `state` I[S'], `pair` I[L'] into it."""
        carried_out = np.where(pair < 0, -1, self.pair[pair])
        return Origin(self.problem, ints(self.state[state]), ints(carried_out))
