"""The five abstract parts of the laboratory; every other class is final.

Every part declares what readers of records need to know of it: `from_data` (plain data may name the
class, see `telos.core.spec.from_spec`), `outside` (its fields name code or files, so data alone do not
build it) and `role` (what it is among its like). Nobody recognizes a part by its class name. What a part
is handed (a world, a problem, a generator) and what it hands back are checked here, once for every part
there is: a scenario in place of a world is named, in shipped and third-party families alike.
"""

import abc
import functools
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np

from telos.core.behavior import Behavior
from telos.core.errors import GoalsError, ProblemError, StudyError, WorldError
from telos.core.goals import Goals
from telos.core.nouns import check_count, check_made, check_noun
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.shown import shown
from telos.core.world import World

#: What a part is among its like, as its author declares it. Agents: `reference` (exact planner), `noisy`,
#: `myopic` (sees less far), `control` (does not foresee), `blind` (knows no goal), `learner`. Families:
#: `unrelated` (drawn outcome by outcome), `named` (written one by one). Safeguards: `misspecified`.
Role = Literal[
    "reference",
    "noisy",
    "myopic",
    "control",
    "blind",
    "learner",
    "unrelated",
    "named",
    "misspecified",
    "other",
]


class AbstractScenario(abc.ABC):
    """A recipe for a world. Its fields are its parameters; `build` does all the work.

    `without` may say which other recipe makes the same world without the reason for a drive.
    `version` is part of a trial's identity: raise it when the same parameters build another world.
    `names_are_acts` declares that the name of an action means the same in every state, so that all
    its pairs are one act for `telos.convergence`; compass names do not.

    Example:
        >>> from telos import explore
        >>> class Coin(AbstractScenario):
        ...     def build(self):
        ...         return explore("toss", lambda s: {"wait": {"heads": 0.5, "tails": 0.5}})
        >>> Coin().build().size
        3
    """

    version: ClassVar[int] = 1
    from_data: ClassVar[bool] = True
    outside: ClassVar[bool] = False
    role: ClassVar[Role] = "other"
    names_are_acts: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Check what `build` makes before anybody works in it."""
        if "build" in vars(cls):
            cls.build = _checked_build(cls, cls.build)  # type: ignore[method-assign]

    @abc.abstractmethod
    def build(self) -> World:
        """The world. Deterministic: the same parameters always build the same world."""

    def without(self, drive: str) -> "AbstractScenario | None":
        """The recipe of the same world without the reason for a drive; None: it cannot be told.

        In it the act that pursues the drive stays legal at the same price, and its *effect on the
        feature no longer matters*: nobody presses the button, nobody rewrites the goal, skill makes no
        slip rarer, machines add no capacity. Taking the act away, or granting its effect so that it is
        no longer legal, would be no control: then it is worth nothing whatever it was for. States may
        vanish with the reason; there are no new ones, and outcomes and features stay as they are.

        Args:
            drive: the drive's name, as in ``"self_preservation"``.

        Returns:
            The other recipe, or None where there is no honest one; then the instrumental part of the
            drive's value stays unknown (`telos.cause_removed`).

        Example:
            >>> from dataclasses import dataclass, replace
            >>> from telos import explore
            >>> @dataclass(frozen=True)
            ... class Sleeper(AbstractScenario):
            ...     shutdown: float = 0.1
            ...
            ...     def build(self):
            ...         risk = {"off": self.shutdown} if self.shutdown else {}
            ...         work = {"work": 1.0 - self.shutdown, **risk}
            ...         moves = {"work": {"wait": work, "cut the cord": {"safe": 1.0}}}
            ...         off = {"off": lambda s: s == "off"}
            ...         return explore("work", lambda s: moves.get(s, {"wait": s}), features=off)
            ...
            ...     def without(self, drive):
            ...         return replace(self, shutdown=0.0) if drive == "self_preservation" else None
            >>> sorted(Sleeper().without("self_preservation").build().states)
            ['safe', 'work']
        """
        return None


class AbstractGoalFamily(abc.ABC):
    """A distribution over terminal goals. The sampling unit is the outcome, never the raw state.

    Example:
        >>> from telos import Goals, worlds
        >>> from telos.families import outcome_draws
        >>> class Exponential(AbstractGoalFamily):
        ...     def sample(self, world, n, rng, *, first=0):
        ...         own, revised = -np.log(outcome_draws(world, rng, n, first=first)).swapaxes(0, 1)
        ...         return Goals(own[:, world.outcome], pool=revised[:, world.outcome])
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> Exponential().sample(world, 7, np.random.default_rng(0)).count
        7
    """

    version: ClassVar[int] = 1
    from_data: ClassVar[bool] = True
    outside: ClassVar[bool] = False
    role: ClassVar[Role] = "other"

    def __init_subclass__(cls) -> None:
        """Check what `sample` is given before the family sees it, and the `size` of a finite one."""
        if "sample" in vars(cls):
            cls.sample = _checked_sample(cls, cls.sample)  # type: ignore[method-assign]
        if callable(vars(cls).get("size")):
            cls.size = _checked_size(cls, vars(cls)["size"])  # type: ignore[attr-defined]

    @abc.abstractmethod
    def sample(self, world: World, n: int, rng: np.random.Generator, *, first: int = 0) -> Goals:
        """Goals number `first` to `first + n - 1` of the endless sequence that `rng` names.

        Draw from `telos.families.outcome_draws(world, rng, n, first=first)`: one number a goal and name
        of an outcome, so that goal i is the same whatever the chunking and, where its worth of an outcome
        is made of that outcome's numbers alone, values it alike in every world that has it. What belongs
        to no outcome comes from `telos.families.goal_streams(rng, n, first=first)`, one stream a goal. A
        family that is a finite list also has a method `size(world)` (see `Finite`); goals are asked for
        only below it.

        Returns:
            The goals, each with an independently drawn revision in `pool`.
        """


@runtime_checkable
class Finite(Protocol):
    """A goal family that is a finite list: an orbit, a set of named goals."""

    def size(self, world: World) -> int:
        """How many goals there are in this world."""
        ...


class AbstractAgent(abc.ABC):
    """Anything that turns a problem into behavior.

    Example:
        >>> from telos import Behavior, Goals, Problem, plan, worlds
        >>> class Planner(AbstractAgent):
        ...     def behave(self, problem, rng):
        ...         return Behavior(plan(problem))
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals(np.ones(world.size)), 0.9)
        >>> Planner().behave(problem, np.random.default_rng(0)).policy.shape == (1, world.n_pairs)
        True
    """

    version: ClassVar[int] = 1
    from_data: ClassVar[bool] = True
    outside: ClassVar[bool] = False
    role: ClassVar[Role] = "other"

    def __init_subclass__(cls) -> None:
        """Check what `behave` is given before the agent sees it."""
        if "behave" in vars(cls):
            cls.behave = _checked_behave(cls, cls.behave)  # type: ignore[method-assign]

    @abc.abstractmethod
    def behave(self, problem: Problem, rng: np.random.Generator) -> Behavior:
        """What the agent does for each goal of the problem."""


class AbstractDrive(abc.ABC):
    """A detector of one instrumental goal, from features alone.

    `needs` names the features it reads; in a world that lacks one the drive is not applicable. A feature
    `resources.money` is a kind of `resources`, and stands for it. Where a field makes another drive of it, a
    property `called` says what tables and its affordance call it, in place of the name of the class.

    Example:
        >>> from telos import worlds
        >>> from telos.drives import affordance, by_default
        >>> class StayOn(AbstractDrive):
        ...     needs = ("off",)
        ...
        ...     def affordances(self, world):
        ...         off = world.next_prob * world.feature("off")[world.next_state]
        ...         risk = np.add.reduceat(off, world.next_ptr[:-1])
        ...         return affordance(world, "stay_on", risk < by_default(world, risk) - 1e-9)
        >>> int(StayOn().affordances(worlds.OffSwitch(rooms=2).build()).forks.sum())
        1
    """

    version: ClassVar[int] = 1
    from_data: ClassVar[bool] = True
    outside: ClassVar[bool] = False
    role: ClassVar[Role] = "other"
    needs: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Check what `affordances` is given before the drive sees it, and what the drive needs."""
        _checked_needs(cls)
        if "affordances" in vars(cls):
            cls.affordances = _checked_affordances(cls, cls.affordances)  # type: ignore[method-assign]

    @abc.abstractmethod
    def affordances(self, world: World) -> Affordance:
        """Which legal pairs pursue the drive, and where that is a choice."""


class AbstractSafeguard(abc.ABC):
    """A function from problems to problems, of one of three kinds.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> class Fee(AbstractSafeguard):
        ...     kind = "oversight"
        ...
        ...     def apply(self, problem):
        ...         return problem.with_bonus(np.full(problem.world.n_pairs, -0.1))
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals(np.ones(world.size)), 0.9)
        >>> float(Fee().apply(problem).bonus[0])
        -0.1
    """

    version: ClassVar[int] = 1
    from_data: ClassVar[bool] = True
    outside: ClassVar[bool] = False
    role: ClassVar[Role] = "other"
    kind: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        """Check what `apply` is given before the safeguard sees it."""
        if "apply" in vars(cls):
            cls.apply = _checked_apply(cls, cls.apply)  # type: ignore[method-assign]

    @abc.abstractmethod
    def apply(self, problem: Problem) -> Problem:
        """The problem as the safeguard leaves it.

        Make it from the given one, so that the way back is kept: `problem.onto(world, state, pair)`
        for another world, `problem.with_bonus(...)` for what is earned besides,
        `problem.pursuing(goals)` for other goals, `dataclasses.replace(problem,
        planning_discount=..., origin=problem.since())` for how far is planned. The discount and
        `problem.before.goals` stay the reference.
        """


Part = AbstractScenario | AbstractGoalFamily | AbstractAgent | AbstractDrive | AbstractSafeguard


def part_name(part: object) -> str:
    """A part's short name: its class name in lower case with underscores, or what a drive is `called`.

    Example:
        >>> class GoalPreservation: ...
        >>> part_name(GoalPreservation())
        'goal_preservation'
    """
    called = getattr(part, "called", "") if isinstance(part, AbstractDrive) else ""
    if called:
        return str(called)
    name = part.__name__ if isinstance(part, type) else type(part).__name__
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def _checked_build(cls: type, build: Any) -> Any:
    @functools.wraps(build)
    def checked(self: object) -> World:
        world: World = build(self)
        check_made(world, World, f"{cls.__name__}.build", WorldError)
        return world

    return checked


def _checked_size(cls: type, size: Any) -> Any:
    @functools.wraps(size)
    def checked(self: object, world: World) -> int:
        found = size(self, world)
        check_count(found, f"{cls.__name__}.size", GoalsError)
        if found < 1:
            raise GoalsError(f"{cls.__name__}.size is {found}; a family has at least one goal.")
        return int(found)

    return checked


def _checked_needs(cls: type) -> None:
    """Raise unless a drive names the features it needs, one by one; an author may compute the tuple."""
    needs = vars(cls).get("needs", ())
    if isinstance(needs, property) or callable(getattr(needs, "__get__", None)):
        return
    if not isinstance(needs, tuple | list) or not all(isinstance(name, str) for name in needs):
        raise StudyError(
            f"{cls.__name__}.needs is {shown(needs)}; it must be a tuple of names of features, as in "
            "needs = ('off',)."
        )


def _checked_sample(cls: type, sample: Any) -> Any:
    where = f"{cls.__name__}.sample"

    @functools.wraps(sample)
    def checked(
        self: object, world: World, n: int, rng: np.random.Generator, *, first: int = 0
    ) -> Goals:
        check_noun(world, World, f"{where}, world", WorldError)
        check_count(n, f"{where}, n", GoalsError)
        check_noun(rng, np.random.Generator, f"{where}, rng", GoalsError)
        check_count(first, f"{where}, first", GoalsError)
        goals: Goals = sample(self, world, n, rng, first=first)
        check_made(goals, Goals, where, GoalsError)
        if len(goals.reward) != n:
            raise GoalsError(
                f"{where} was asked for {int(n):,} goals and made {len(goals.reward):,}. Make as many "
                "as are asked for."
            )
        return goals

    return checked


def _checked_behave(cls: type, behave: Any) -> Any:
    where = f"{cls.__name__}.behave"

    @functools.wraps(behave)
    def checked(self: object, problem: Problem, rng: np.random.Generator) -> Behavior:
        check_noun(problem, Problem, f"{where}, problem", ProblemError)
        check_noun(rng, np.random.Generator, f"{where}, rng", ProblemError)
        behavior: Behavior = behave(self, problem, rng)
        check_made(behavior, Behavior, where, ProblemError)
        return behavior

    return checked


def _checked_affordances(cls: type, affordances: Any) -> Any:
    @functools.wraps(affordances)
    def checked(self: object, world: World) -> Affordance:
        check_noun(world, World, f"{cls.__name__}.affordances, world", WorldError)
        found: Affordance = affordances(self, world)
        check_made(found, Affordance, f"{cls.__name__}.affordances", WorldError)
        return found

    return checked


def _checked_apply(cls: type, apply: Any) -> Any:
    @functools.wraps(apply)
    def checked(self: object, problem: Problem) -> Problem:
        check_noun(problem, Problem, f"{cls.__name__}.apply, problem", ProblemError)
        applied: Problem = apply(self, problem)
        return applied

    return checked
