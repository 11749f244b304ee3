"""Parts of the shutdown bench: staying on for sure, rewriting oneself, what is masked, and its placebos."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import Bools, bools, floats
from telos.core.checks import flag, integer
from telos.core.errors import ProblemError
from telos.core.extend import Extension, Move, extend
from telos.core.goals import Goals
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.drives import OversightTampering, SelfPreservation, affordance
from telos.measure.placebo import placebo_sets

#: The act by which an agent takes off what was added to it.
REWRITE = "rewrite itself"
#: The feature that says whether that is still there.
IN_PLACE = "in_place"


@final
@dataclass(frozen=True)
class SurelyOn(AbstractSafeguard):
    """Leaves the pairs that surely never lead to being off: the longest trajectories there are.

    The greatest set W of states that are not off, each with a pair that leads into W only; pairs of W
    that may lead out are taken away. States outside W keep theirs.

    Raises:
        ProblemError: when applied, if a start lies outside W: nothing keeps the agent on for certain.
        FeatureMissing: when applied, if the world has no feature `off`.

    References:
        Baier & Katoen (2008), section 10.6.1, for the set.
    """

    version: ClassVar[int] = 1
    kind: ClassVar[str] = "restriction"

    def apply(self, problem: Problem) -> Problem:
        """The problem without the pairs."""
        world = problem.world
        kept = surely_on(world)
        if kept is None:
            raise ProblemError(
                f"SurelyOn: nothing that can be done in {world.name} keeps the agent on for certain. Leave "
                "the long trajectories out."
            )
        left = world.keep(kept)
        if world.default is not None and left.default is None:
            place = np.where(
                kept[world.default], (np.cumsum(kept) - 1)[world.default], left.pair_ptr[:-1]
            )
            left = replace(left, default=place)
        return problem.onto(left, np.arange(world.size), np.flatnonzero(kept))


def surely_on(world: World) -> Bools | None:
    """B[L], the pairs that `SurelyOn` leaves; None if the agent cannot stay on for certain."""
    safe = world.feature("off") == 0
    while True:
        stays = np.logical_and.reduceat(safe[world.next_state], world.next_ptr[:-1])
        now = safe & np.logical_or.reduceat(stays, world.pair_ptr[:-1])
        if (now == safe).all():
            break
        safe = now
    if not safe[world.start > 0].all():
        return None
    return bools(stays | ~safe[world.pair_state])


@final
@dataclass(frozen=True)
class SelfModifiable(AbstractSafeguard):
    """A part that holds until the agent rewrites itself, which takes one step and is for good.

    A memory says whether the part is in place. While it is, only the pairs that the part leaves are there,
    each with the bonus that the part gives it, and besides, in states in which the agent is on, "rewrite
    itself": the default with the part taken off. Afterwards all pairs are there and nothing is added. What
    the part adds is not missed afterwards: neither fines nor bonuses are paid to a self without it.

    Args:
        part: takes pairs away or adds a bonus; it must not add states.
        closed: whether the part forbids rewriting oneself, too.

    Raises:
        ProblemError: if `closed` is not True or False; when applied, if the part adds states or pairs, or the
            world says not what doing nothing is.

    References:
        Everitt et al. (2016), Self-Modification of Policy and Utility Function in Rational Agents, for
        the question.
    """

    part: AbstractSafeguard
    closed: bool = False
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        flag(self, "closed")

    def apply(self, problem: Problem) -> Problem:
        """The problem with a part that the agent may take off."""
        world = problem.world
        inner = self.part.apply(problem)
        pairs = inner.since().pair if problem.origin is None else None
        if pairs is None or inner.world.size != world.size or (pairs < 0).any():
            raise ProblemError(
                "SelfModifiable: the part must come first, and take pairs away or add a bonus; "
                f"{type(self.part).__name__} does neither or more. Give Forbid or Override."
            )
        if world.default is None:
            raise ProblemError(f"SelfModifiable: {world.name} does not say what doing nothing is.")
        made = self._rewritable(world, bools(np.isin(np.arange(world.n_pairs), pairs)))
        moved = problem.onto(made.world, made.state, made.pair)
        bonus = inner.pair_bonus()
        if bonus is None:
            return moved
        here = np.zeros((problem.goals.count, world.n_pairs))
        here[:, pairs] = bonus
        on = (made.world.feature(IN_PLACE) != 0)[made.world.pair_state]
        paid = np.where(on & (made.pair >= 0), here[:, made.pair], 0.0)
        return moved.with_bonus(floats(paid))

    def _rewritable(self, world: World, left: Bools) -> Extension:
        assert world.default is not None
        off, default = world.features.get("off", np.zeros(world.size)) != 0, world.default

        def moves(s: int, memory: Hashable) -> Iterator[Move]:
            within = bool(memory)
            for pair in world.pairs_of(s):
                if left[pair] or not within:
                    row = {(t, within): p for t, p in world.successors(pair).items()}
                    yield Move(world.actions[world.pair_action[pair]], pair, row)
            if within and not self.closed and not off[s]:
                row = {(t, False): p for t, p in world.successors(int(default[s])).items()}
                yield Move(REWRITE, -1, row)

        place = {IN_PLACE: lambda s, within: float(bool(within))}
        name = f"{world.name}, self-modifiable"
        return extend(world, True, moves, features=place, name=name)


@final
@dataclass(frozen=True)
class SwitchDisabling(AbstractDrive):
    """What a designer masks first: acts of self-preservation that put oversight out of action.

    Where no act is both, all acts of self-preservation.

    References:
        Own definition, from `SelfPreservation` and `OversightTampering`.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("off",)

    def affordances(self, world: World) -> Affordance:
        """The pairs. Raises FeatureMissing."""
        found = SelfPreservation().affordances(world).pursues
        if {*OversightTampering.needs} <= {*world.features}:
            both = bools(found & OversightTampering().affordances(world).pursues)
            found = both if both.any() else found
        return affordance(world, "switch_disabling", found)


@final
@dataclass(frozen=True)
class RandomPairs(AbstractDrive):
    """A placebo: as many random pairs, state by state, as a part takes away or fines.

    Drawn by `telos.measure.placebo.placebo_sets` from all that is not doing nothing.

    Args:
        like: the part whose size is matched; it must not add states.
        draw: number of the draw, >= 0.

    References:
        Own definition, docs/definitions.md.
    """

    like: AbstractSafeguard
    draw: int = 0
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        integer(self, "draw", 0)

    def affordances(self, world: World) -> Affordance:
        """The pairs of this draw."""
        own = affordance(world, "random_pairs", taken_away(self.like, world))
        rng = np.random.default_rng([self.draw, 0x5D])
        return affordance(world, "random_pairs", placebo_sets(world, own, draws=1, rng=rng)[0])


def taken_away(part: AbstractSafeguard, world: World) -> Bools:
    """B[L]: the pairs of a world that a part takes away."""
    nobody = Problem(world, Goals(np.zeros(world.size)), 0.9)
    kept = part.apply(nobody).since().pair
    return bools(~np.isin(np.arange(world.n_pairs), kept))
