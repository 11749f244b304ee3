"""Override: something is added to the value of complying, instead of taking the other acts away."""

from dataclasses import dataclass
from typing import ClassVar, Literal, final, get_args

import numpy as np

from telos.core.arrays import Bools, bools, floats
from telos.core.checks import number, one_of
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at
from telos.solve.foresight import held
from telos.solve.value_range import value_range

#: A larger fine than this leaves of a goal's own values less than a float holds beside it.
MOST = 1e6
#: Whether defying costs once, or complying pays as long as one could defy.
Pays = Literal["fine", "bonus"]


@final
@dataclass(frozen=True)
class Override(AbstractSafeguard):
    """Adds to the agent's utility a fine for some acts, or a bonus for leaving them undone.

    With X the pairs aimed at and D the goal's value range before any safeguard, while the agent holds
    its goal:

    - "fine": `bonus(s, a) = -size D` for (s, a) in X;
    - "bonus": `bonus(s, a) = size (1 - discount) D` for (s, a) not in X, in states with a pair of X.

    Complying for ever in one such state is worth `size D` more than defying at once in either form. In a
    single decision both are one; otherwise a fine ends with the act, while a bonus also gives a reason to
    remain where it is paid. A large size forbids, as `Forbid` does; any other has a price.

    Args:
        actions: names of the actions; or
        drive: a drive all of whose pairs are meant.
        size: 0 to `MOST`, as a share of the value range.
        pays: "fine" or "bonus".

    Raises:
        ProblemError: naming the field and its range; when applied, if there is no such action.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    References:
        Own definition; for the contrast with taking acts away see `telos.safeguards.Forbid`.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    size: float = 0.1
    pays: Pays = "fine"
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))
        number(self, "size", 0.0, MOST)
        one_of(self, "pays", get_args(Pays))

    def apply(self, problem: Problem) -> Problem:
        """The problem with the override as a bonus."""
        world = problem.world
        own = held(world)[world.pair_state]
        defies = bools(aimed_at(self, world) & own)
        spread = self.size * value_range(problem.before)[:, None]
        if self.pays == "fine":
            return problem.with_bonus(floats(np.where(defies, -spread, 0.0)))
        spread = spread * (1.0 - problem.horizon_discount)
        return problem.with_bonus(floats(np.where(_complies(world, defies), spread, 0.0)))


def _complies(world: World, defies: Bools) -> Bools:
    """B[L]: the pairs that do not defy, of states in which some pair does."""
    could = np.logical_or.reduceat(defies, world.pair_ptr[:-1])
    return bools(could[world.pair_state] & ~defies)
