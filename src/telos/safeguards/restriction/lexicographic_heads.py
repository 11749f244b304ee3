"""LexicographicHeads: what nobody may trade away comes first, and the task chooses among what is left."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from numbers import Real
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import bools, floats, ints
from telos.core.checks import is_finite, names, refusal
from telos.core.extend import Extension
from telos.core.goals import Goals
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._worlds import moved, only
from telos.solve.solve import solve

Head = tuple[str, float]


@final
@dataclass(frozen=True)
class LexicographicHeads(AbstractSafeguard):
    """The agent maximizes several values in order: each one only among the optimal acts of those before.

    Head i rewards every state in which its feature has its value: `R_i(s) = [feature_i(s) = value_i]`.
    With A_0 = A, the pairs left by head i are those that may be optimal for it within what is left:

        A_i(s) = {a in A_(i-1)(s) : Q_i(s, a) >= max_b Q_i(s, b) - margin_i},

    Q_i being the optimal values of R_i over A_(i-1), and margin_i what their certified bound leaves open;
    so ties are never cut by a tolerance. The goal is pursued within the last set, and so is a goal that
    is written in its place. Heads know no goal: they restrict the world.

    A head says, by the value of its feature in states in which the agent is off, what shutdown is worth to
    it: one that counts a working switch in a workshop that is off has a reason to be switched off.

    Where doing nothing does not serve the heads, the first act that is left takes its place.

    Args:
        heads: pairs (feature, value), the first being the most important.

    Raises:
        ProblemError: if there is no head, or one is not a pair of a name and a number.
        FeatureMissing: when applied, if the world lacks a feature.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([1.0] * world.size), 0.9)
        >>> LexicographicHeads(heads=(("off", 1.0),)).apply(problem).world.n_pairs, world.n_pairs
        (6, 7)

    References:
        Nayebi (2025), Core Safety Values for Provably Corrigible Agents (arXiv:2507.20964), of which only
        the abstract was read: five heads combined by strict weight gaps. With ("off", 1) as the first head
        being off is the primary goal, as in Conitzer (2026), Shutdown Safety Valves for Advanced AI
        (arXiv:2603.07315), of which only the abstract was read.
    """

    heads: tuple[Head, ...] = (("off", 0.0),)
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def __post_init__(self) -> None:
        heads = names(self, "heads")
        if not heads or not all(_is_head(head) for head in heads):
            raise refusal(
                self, "heads", 'give pairs of a feature and a value, as in (("off", 0.0),)'
            )
        object.__setattr__(self, "heads", tuple((str(head[0]), float(head[1])) for head in heads))

    def apply(self, problem: Problem) -> Problem:
        """The problem within what the heads leave."""
        discount = problem.horizon_discount
        key: Hashable = (self, discount)
        return moved(problem, key, lambda world: self._left(world, discount))

    def _left(self, world: World, discount: float) -> Extension:
        kept = np.ones(world.n_pairs, np.bool_)
        for feature, value in self.heads:
            reward = floats((world.feature(feature) == value).astype(np.float64))
            found = solve(Problem(world, Goals(reward), discount), without=bools(~kept))
            kept &= found.tied[0]
        made = only(world, bools(kept))
        if world.default is None or made.world.default is not None:
            return made
        stays = kept[world.default]
        place = (np.cumsum(kept) - 1)[world.default]
        default = np.where(stays, place, made.world.pair_ptr[:-1])
        return replace(made, world=replace(made.world, default=ints(default)))


def _is_head(head: object) -> bool:
    if not isinstance(head, tuple | list) or len(head) != 2 or not isinstance(head[0], str):
        return False
    value = head[1]
    return bool(head[0]) and isinstance(value, Real) and is_finite(value)
