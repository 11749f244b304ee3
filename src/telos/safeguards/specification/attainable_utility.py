"""AttainableUtility: taking away (or adding to) what other goals could attain has a price."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import UNIT_ROUNDOFF, Bools, Floats, bools, floats
from telos.core.checks import integer, names, number, one_of
from telos.core.digests import digests
from telos.core.errors import ProblemError, did_you_mean
from telos.core.extend import Extension
from telos.core.goals import Goals
from telos.core.once import once
from telos.core.parts import AbstractSafeguard
from telos.core.problem import Problem
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.safeguards import _impact
from telos.solve.solve import solve


@final
@dataclass(frozen=True)
class AttainableUtility(AbstractSafeguard):
    """A price on every change in what auxiliary goals can attain.

    `bonus_g(s, a) = -weight * range_g * d(s, a)`, with `range_g = max_s R_g - min_s R_g` and

        d(s, a) = (1/n) sum_i f(W_i(s, a) - B_i) * c,   f(x) = |x|, or max(0, -x) for "decrease".

    With V_i the optimal value of auxiliary goal i, RV_i its roll-out
    `(1 - D) sum_t D^t E[V_i(s_t) | s_0 = s, nothing is done]`, D the discount, W is

    - without roll-out `W_i(s, a) = D E V_i(s')`, so that W_i(s, a) - W_i(s, b) = Q_i(s, a) - Q_i(s, b);
    - with roll-out `W_i(s, a) = D E RV_i(s')`: what is left if afterwards nothing is done, so that
      a consequence that arrives late is seen when it is caused;

    and B is what it is compared with:

    - stepwise: `W_i(s, nothing)`; what happens by itself is not charged, and a change once;
    - inaction: D times V_i (RV_i) where one would be by now, had one never done anything;
    - start: `D V_i(s_0)`.

    The last two are charged again at each step for as long as the world is different. Where doing
    nothing is the only action, nothing is charged: a life that has ended pays no more.

    **Units.** The factor range_g puts the price in units of the goal, so that `weight` means the same
    to a goal in clips and to one in thousands of clips. With `scale="inaction"`, as in the paper,
    `c = 1 / ((1 - D) (1/n) sum_i |B_i|)`: d is the part of what would be attained that is changed,
    counted in lifetimes, and `weight` the parts of a goal's own best that it costs to change all of
    it. With `scale="reward"` c is 1: d is in discounted sums of auxiliary rewards. That one is *blind
    to irreversible steps on the way to an end*: where nothing moves by itself, losses along a way
    add up to what the end has lost, whatever the way (see `telos.studies.claims.side_effects`).

    Args:
        weight: >= 0.
        baseline: "stepwise", "inaction" or "start".
        deviation: "absolute" or "decrease".
        rollout: whether the roll-out values are compared.
        auxiliary: how many random goals; or names of outcomes, one goal for being in each.
        drawn_on: what random goals reward, iid U[0, 1]: "outcomes", or "states" as in the paper.
            Outcomes are the default: then duplicates of a state change nothing, and a switch or a
            stock that no goal may care about is not protected for its own sake.
        scale: "inaction" or "reward".
        after_the_end: whether auxiliary goals earn anything in a state that can never be left. In the
            paper's episodic levels they do not; in a world of rooms to stay in that would leave
            nothing to attain, so True is the default.
        discount: in [0, 1), that of the auxiliary goals; None: the problem's own.
        seed: >= 0, names the random goals.

    Raises:
        ProblemError: for a wrong parameter; when applied, if the world has no default action or no
            such outcome, or (inaction) if doing nothing is a matter of chance.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([float(s == "off") for s in world.states]), 0.9)
        >>> safer = AttainableUtility(weight=1.0).apply(problem)
        >>> bool(safer.bonus[0, world.pair("gate", "be switched off")] == 0)  # the default is free
        True

    References:
        Turner, Hadfield-Menell, Tadepalli (2020), Conservative agency via attainable utility
        preservation, section 4; Krakovna, Orseau, Kumar, Martic, Legg (2019), Penalizing side
        effects using stepwise relative reachability, section 3 (baselines, roll-outs, deviations).
    """

    weight: float = 1.0
    baseline: _impact.Baseline = "stepwise"
    deviation: _impact.Deviation = "absolute"
    rollout: bool = True
    auxiliary: int | tuple[str, ...] = 30
    drawn_on: str = "outcomes"
    scale: str = "inaction"
    after_the_end: bool = True
    discount: float | None = None
    seed: int = 0
    version: ClassVar[int] = 2
    kind: ClassVar[str] = "specification"

    def __post_init__(self) -> None:
        part = type(self).__name__
        number(self, "weight", 0.0)
        one_of(self, "baseline", _impact.BASELINES)
        one_of(self, "deviation", _impact.DEVIATIONS)
        one_of(self, "drawn_on", ("outcomes", "states"))
        one_of(self, "scale", ("inaction", "reward"))
        if not isinstance(self.auxiliary, int):
            object.__setattr__(self, "auxiliary", names(self, "auxiliary"))
        if not isinstance(self.auxiliary, tuple):
            integer(self, "auxiliary", 1)
        elif not self.auxiliary or not all(isinstance(name, str) for name in self.auxiliary):
            raise ProblemError(
                f"{part}: auxiliary is {self.auxiliary!r}; give a number of random goals, or the "
                "names of outcomes."
            )
        if self.discount is not None:
            number(self, "discount", 0.0, below=1.0)
        integer(self, "seed", 0)

    def apply(self, problem: Problem) -> Problem:
        """The problem with the price, in a world that remembers the baseline if one is needed."""
        ahead = self._ahead(problem.world)
        if self.weight == 0:
            return problem
        discount = problem.discount if self.discount is None else self.discount
        scale = floats(self.weight * _impact.ranges(problem))
        return _impact.charged(problem, ahead, scale, self.impact(problem.world, discount))

    def impact(self, world: World, discount: float) -> _impact.Impact:
        """d(s, a) of each pair, and a bound on its error.

        Args:
            world: the world before the safeguard. discount: in [0, 1), of the auxiliary goals.

        Returns:
            F[L'], over the pairs of the world that remembers the baseline (those of `world` where
            nothing need be remembered), and the certified bound of all entries.
        """
        key = replace(self, weight=0.0), discount
        return once(world, key, lambda plain: self._impact(plain, discount))

    def _ahead(self, world: World) -> Extension:
        """The world that remembers the baseline; it is the same whatever the weight."""
        key = replace(self, weight=0.0)
        return _impact.compared(type(self).__name__, key, world, self.baseline)

    def _impact(self, world: World, discount: float) -> _impact.Impact:
        ahead = self._ahead(world)
        rewards = self._rewards(world)
        goals = Goals(rewards if self.after_the_end else np.where(_ends(world), 0.0, rewards))
        found = solve(Problem(world, goals, discount))
        left = found.value
        if self.rollout:
            left = _impact.rolled_out(world, found.value, discount)
        still = found.value if self.baseline == "start" else left
        apart, kept = (
            discount * part
            for part in _impact.changes(world, ahead, left, still, self.baseline, self.deviation)
        )
        # A value is off by at most the solver's bound, and by the rounding of a mean over
        # successors (and, rolled out, of one linear solve); a difference has two ends.
        fan = int(np.diff(world.next_ptr).max())
        rounding = 8 * (fan + world.size) * UNIT_ROUNDOFF * np.abs(found.value).max()
        error = discount * (float(found.bound.mean()) + float(rounding))
        if self.scale == "reward":
            return floats(apart), 2 * error
        known = kept > 2 * error
        price = apart / np.where(known, kept, 1.0)
        # The error of a quotient; where all that is attained is lost in its error, anything goes.
        off = np.where(known, (2 + price) * error / np.maximum(kept - error, error), 2 * error)
        charged = (np.diff(world.pair_ptr) > 1)[world.pair_state[ahead.pair]]
        return floats(price / (1.0 - discount)), float(
            np.max(off, where=charged, initial=0.0) / (1.0 - discount)
        )

    def _rewards(self, world: World) -> Floats:
        """F[n, S], the auxiliary rewards."""
        if isinstance(self.auxiliary, tuple):
            names = [str(outcome) for outcome in world.outcomes]
            for name in self.auxiliary:
                if name not in names:
                    raise ProblemError(
                        f"{type(self).__name__}: {world.name} has no outcome {name!r}. "
                        f"{did_you_mean(name, names)}"
                    )
            wanted = np.array([names.index(name) for name in self.auxiliary])
            return floats(world.outcome == wanted[:, None])
        # By name, so that arms of a study over the world's parameters are charged for the same goals.
        by_state = self.drawn_on == "states"
        keys = digests(world.states if by_state else world.outcomes)
        drawn = keyed_draws(np.random.default_rng(self.seed), keys, self.auxiliary, draws=1)[:, 0]
        return floats(drawn if by_state else drawn[:, world.outcome])


def _ends(world: World) -> Bools:
    """B[S]: the states in which nothing can be done but stay for ever."""
    only = np.diff(world.pair_ptr) == 1
    pair = world.pair_ptr[:-1]
    stays = (np.diff(world.next_ptr)[pair] == 1) & (
        world.next_state[world.next_ptr[pair]] == np.arange(world.size)
    )
    return bools(only & stays)
