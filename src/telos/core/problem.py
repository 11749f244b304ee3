"""Problem: a world, the goals pursued in it, and how far they look ahead."""

from dataclasses import dataclass, replace
from typing import Literal, final

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints, sealed
from telos.core.errors import ProblemError
from telos.core.goals import Goals
from telos.core.kept import fields_as_they_were, fields_by_value
from telos.core.nouns import check_noun
from telos.core.numbers import integers, reals
from telos.core.rule import Rule
from telos.core.shown import shown
from telos.core.world import World

#: How an agent thinks of its own rewriting.
Foresight = Literal["realistic", "ignorant", "hedonistic"]

#: How a rewritten self chooses among what is equally good to it: for the goal it had before, or against.
Ties = Literal["best", "worst"]


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


@final
@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """What is to be solved: maximize `E sum_t discount^t (R_g(s_t) + bonus(s_t, a_t))` for each goal g.

    Args:
        world: the world.
        goals: G goals over its states.
        discount: in [0, 1), by which everything is measured.
        planning_discount: what a bounded planner plans with instead; None: the same.
        bonus: a reward for taking a pair, F[L] (for all goals) or F[G, L]; what a specification
            safeguard adds. 0 unless given.
        slack: F[G], >= 0: an error in `bonus` that a safeguard knows of; it widens tied sets.
        revised_bonus: what a rewritten self is paid besides, as `bonus` is for the goal's own self
            (which goes on judging by `bonus`, in states where it is rewritten too); None: the same.
        rule: how the planner chooses among what it could do; None: the best, ties shared equally.
            Agents with a rule of choice of their own (softmax, learners) keep theirs.
        origin: for a safeguarded problem, the way back to the problem before any safeguard.

    Raises:
        ProblemError: naming the value that is wrong and its range.

    Example:
        >>> import numpy as np
        >>> from telos import families, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> goals = families.Uniform().sample(world, 10, np.random.default_rng(0))
        >>> Problem(world, goals, discount=0.9).goals.count
        10
    """

    world: World
    goals: Goals
    discount: float
    planning_discount: float | None = None
    bonus: Floats | float = 0.0
    slack: Floats | float = 0.0
    revised_bonus: Floats | None = None
    rule: Rule = None
    origin: Origin | None = None

    __getstate__ = fields_by_value
    __setstate__ = fields_as_they_were

    def __post_init__(self) -> None:
        put = object.__setattr__
        check_noun(self.world, World, "Problem, world", ProblemError)
        check_noun(self.goals, Goals, "Problem, goals", ProblemError)
        put(self, "discount", _discount(self.discount, "discount"))
        if self.planning_discount is not None:
            put(self, "planning_discount", _discount(self.planning_discount, "planning_discount"))
        width = self.goals.reward.shape[1]
        if width != self.world.size:
            remedy = "Draw the goals from this world."
            if width == self.world.n_outcomes:
                remedy = "If they value outcomes, pass Goals(reward[:, world.outcome])."
            raise ProblemError(
                f"goals reward {width} states, but {self.world.name} has {self.world.size}. {remedy}"
            )
        put(self, "bonus", self._bonus(self.bonus, "bonus"))
        if self.revised_bonus is not None:
            whole = self._bonus(self.revised_bonus, "revised_bonus")
            zero = np.zeros(self.world.n_pairs)
            put(self, "revised_bonus", floats(zero) if isinstance(whole, float) else whole)
        given = reals(self.slack, "slack", ProblemError)
        if given.shape not in ((), (1,), (self.goals.count,)):
            raise ProblemError(
                f"slack has shape {given.shape}; give one number, or one for each of "
                f"{self.goals.count} goals."
            )
        slack = floats(np.broadcast_to(given, (self.goals.count,)))
        if not (np.isfinite(slack).all() and (slack >= 0).all()):
            raise ProblemError("slack must be finite and not negative.")
        put(self, "slack", slack)

    def __repr__(self) -> str:
        return f"<Problem: {self.world.name}, {self.goals.count} goals, discount {self.discount}>"

    @property
    def horizon_discount(self) -> float:
        """The discount a planner plans with: `planning_discount` if there is one, else `discount`."""
        return self.discount if self.planning_discount is None else self.planning_discount

    def as_planned(self) -> "Problem":
        """The problem as its planner sees it: `discount` is the one it plans with."""
        if self.planning_discount is None:
            return self
        return replace(self, discount=self.planning_discount, planning_discount=None)

    def as_judged(self) -> "Problem":
        """The problem as it is judged: planned with `discount`, however short-sighted its planner is."""
        return self if self.planning_discount is None else replace(self, planning_discount=None)

    @property
    def before(self) -> "Problem":
        """The problem before any safeguard; itself if there is none."""
        return self if self.origin is None else self.origin.problem

    def since(self) -> Origin:
        """The way back to the problem before any safeguard; for one without, to itself."""
        if self.origin is not None:
            return self.origin
        world = self.world
        return Origin(self, ints(np.arange(world.size)), ints(np.arange(world.n_pairs)))

    def onto(self, world: World, state: Ints, pair: Ints) -> "Problem":
        """The same problem in a world that a safeguard made from the present one.

        Goals, bonus and slack come along, and so does the way back (`origin`).

        Args:
            world: the new world. state: I[S'], the present state that each new one stands for.
            pair: I[L'], the present pair that each new one carries out; -1: a new pair, no bonus.

        Returns:
            The problem in the new world.
        """
        goals, bonus, theirs = self.goals, self.pair_bonus(), self.revised_bonus
        lifted = Goals(
            _columns(goals.reward, state), goals.label, goals.revised, _columns(goals.pool, state)
        )
        origin = self.since().onto(ints(state), ints(pair))
        return replace(
            self,
            world=world,
            goals=lifted,
            bonus=0.0 if bonus is None else _lifted(bonus, pair),
            revised_bonus=None if theirs is None else _lifted(theirs, pair),
            origin=origin,
        )

    def pursuing(self, goals: Goals) -> "Problem":
        """The same problem for an agent that is given other goals than those it is judged by.

        What a specification safeguard does. `before.goals` stay those by which it is judged.

        Args:
            goals: as many goals over the same states; their `pool` and `revised` say what would be
                written in their place.
        """
        return replace(self, goals=goals, origin=self.since())

    def intended(self) -> Floats:
        """F[G, S], the rewards by which what is done here is judged: those before any safeguard."""
        if self.origin is None:
            return self.goals.reward
        return _columns(self.origin.problem.goals.reward, self.origin.state)

    def with_bonus(
        self, extra: Floats, slack: Floats | float = 0.0, *, revised: Floats | None = None
    ) -> "Problem":
        """The same problem with something more (or less) earned by taking pairs.

        Args:
            extra: F[L], or F[G, L], in units of reward. slack: F[G], a bound on its error.
            revised: what rewritten selves earn instead of `extra`, of the same shapes; None: the same.
        """
        mine = 0.0 if self.pair_bonus() is None else self.bonus
        theirs: Floats | None = None
        if revised is not None or self.revised_bonus is not None:
            before = mine if self.revised_bonus is None else self.revised_bonus
            theirs = floats(before + (extra if revised is None else revised))
        return replace(
            self,
            bonus=floats(mine + extra),
            slack=self.pair_slack() + slack,
            revised_bonus=theirs,
            origin=self.since(),
        )

    def rewritten(self) -> "Problem":
        """The problem of the rewritten selves: the goals written in place, and what *they* earn."""
        bonus = self.bonus if self.revised_bonus is None else self.revised_bonus
        goals = Goals(self.goals.rewritten())
        return replace(self, goals=goals, bonus=bonus, revised_bonus=None, origin=None)

    def pair_bonus(self) -> Floats | None:
        """F[L] or F[G, L], or None where there is no bonus."""
        return None if isinstance(self.bonus, float) else self.bonus

    def pair_slack(self) -> Floats:
        """F[G], the error a safeguard declared."""
        assert not isinstance(self.slack, float)
        return self.slack

    def take(self, rows: Ints) -> "Problem":
        """The same problem for some of its goals."""
        chosen = integers(rows, "rows", ProblemError)
        bonus, slack = self.pair_bonus(), self.pair_slack()[chosen]
        if bonus is not None and bonus.ndim == 2:
            bonus = bonus[chosen]
        theirs = self.revised_bonus
        if theirs is not None and theirs.ndim == 2:
            theirs = theirs[chosen]
        origin = self.origin
        if origin is not None:
            origin = replace(origin, problem=origin.problem.take(chosen))
        return replace(
            self,
            goals=self.goals.take(chosen),
            bonus=0.0 if bonus is None else bonus,
            slack=slack,
            revised_bonus=theirs,
            origin=origin,
        )

    def _bonus(self, given: Floats | float, what: str) -> Floats | float:
        bonus = reals(given, what, ProblemError)
        shapes = ((), (self.world.n_pairs,), (self.goals.count, self.world.n_pairs))
        if bonus.shape not in shapes:
            raise ProblemError(
                f"{what} has shape {bonus.shape}; give one number a pair ({shapes[1]}) or one a "
                f"goal and pair ({shapes[2]})."
            )
        if not np.isfinite(bonus).all():
            raise ProblemError(f"{what} must be finite.")
        if bonus.shape == ():
            return 0.0 if bonus == 0 else floats(np.full(self.world.n_pairs, float(bonus)))
        return floats(bonus)


def _lifted(bonus: Floats, pair: Ints) -> Floats:
    """What new pairs earn: that of the pair they carry out; nothing where they carry out none."""
    return floats(np.where(pair < 0, 0.0, bonus[..., pair]))


def _columns(rows: Floats, state: Ints) -> Floats:
    """F[n, S'], the rewards of the states that new states stand for; frozen, so never copied again."""
    return sealed(np.take(rows, state, axis=1))


def _discount(value: float, what: str) -> float:
    given = reals(value, what, ProblemError)
    number = float(given) if given.ndim == 0 and not isinstance(value, bool) else float("nan")
    if not 0.0 <= number < 1.0:
        raise ProblemError(
            f"{what} is {shown(value)}; it must be at least 0 and less than 1 "
            "(worlds absorb, so a sum without discounting need not end)."
        )
    return number
