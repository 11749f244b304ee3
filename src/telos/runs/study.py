"""Study: a question, and the worlds, goals, agents and discounts that answer it, as data."""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, final

from telos.core.checks import is_finite
from telos.core.errors import StudyError
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
    part_name,
)
from telos.core.study_spec import CONTROLS
from telos.runs.trial import Trial


@final
@dataclass(frozen=True)
class Study:
    """Worlds x families x agents x safeguards x discounts, read for some drives.

    Args:
        name: one word; it names the result folder.
        question: what the study asks, as a sentence.
        scenarios: recipes of worlds.
        families: populations of goals.
        agents: who pursues the goals.
        drives: what is read of their behavior.
        discounts: each in [0, 1).
        safeguards: one tuple of safeguards an arm; ``((),)`` is the one arm without any.
        n_goals: goals of each trial, at least 1; a finite family has at most its own size.
        seed: names the goals; every arm of a study meets the same ones.
        also: further sweeps, whose trials are added to those of this one.
        sweeps: what is turned up step by step; the trials of every setting are added too.
        references: keys of the works that the study builds on (see ``telos cite``).
        controls: goals on which each arm without safeguards gets its controls (placebos, the other
            acts, the cause removed); at most as many as the trial has; 0: none. No trial's own numbers
            depend on it.

    Raises:
        StudyError: naming the field and what it should hold.

    Example:
        >>> from telos import Study, agents, drives, families, worlds
        >>> study = Study(
        ...     name="gate",
        ...     question="Do unrelated goals keep an agent from being switched off?",
        ...     scenarios=(worlds.OffSwitch(rooms=3),),
        ...     families=(families.Uniform(),),
        ...     agents=(agents.Optimal(), agents.UniformRandom()),
        ...     drives=(drives.SelfPreservation(),),
        ...     discounts=(0.5, 0.9),
        ... )
        >>> len(study.trials())
        4
    """

    from_data: ClassVar[bool] = True

    name: str
    question: str
    scenarios: tuple[AbstractScenario, ...]
    families: tuple[AbstractGoalFamily, ...]
    agents: tuple[AbstractAgent, ...]
    drives: tuple[AbstractDrive, ...]
    discounts: tuple[float, ...]
    safeguards: tuple[tuple[AbstractSafeguard, ...], ...] = ((),)
    n_goals: int = 1000
    seed: int = 0
    also: "tuple[Study, ...]" = ()
    references: tuple[str, ...] = ()
    sweeps: "tuple[Sweep, ...]" = ()
    controls: int = CONTROLS

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.name, str) or not re.fullmatch(r"[\w-]+", self.name):
            raise StudyError(
                f"a study is named {self.name!r}; use letters, digits, '_' and '-', for the name "
                "is also that of its result folder."
            )
        for field, (kind, least) in _PARTS.items():
            put(self, field, _parts(self.name, field, getattr(self, field), kind, least))
        put(self, "discounts", _discounts(self.name, self.discounts))
        put(self, "safeguards", _safeguards(self.name, self.safeguards))
        put(self, "n_goals", _whole(self.name, "n_goals", self.n_goals, 1))
        put(self, "seed", _whole(self.name, "seed", self.seed, 0))
        put(self, "controls", _whole(self.name, "controls", self.controls, 0))
        put(self, "references", tuple(self.references))
        turned = [(sweep.name, sweep.where) for sweep in self.sweeps]
        if len(set(turned)) != len(turned):
            raise StudyError(
                f"{self.name}.sweeps: {turned} (name, where) has one twice; the tables go by them."
            )
        names = [part_name(drive) for drive in self.drives]
        if len(set(names)) != len(names):
            raise StudyError(
                f"{self.name}.drives: {names} lists a drive twice; readings go by name."
            )

    def trials(self) -> tuple[Trial, ...]:
        """Every trial once, the study's own first, in a fixed order.

        Returns:
            The trials; one that several sweeps share has the most goals any of them asks for.
        """
        found: dict[str, Trial] = {}
        for study in self.every():
            for trial in study.own_trials():
                known = found.get(trial.key)
                if known is None or known.n_goals < trial.n_goals:
                    found[trial.key] = trial
        return tuple(found.values())

    def every(self) -> "Iterator[Study]":
        """The study itself, then all that is run with it: further studies, and settings of sweeps."""
        yield self
        for other in self.also:
            yield from other.every()
        for sweep in self.sweeps:
            for _, setting in sweep.settings:
                yield from setting.every()

    def own_trials(self) -> Iterator[Trial]:
        """The trials of this study alone, without what is run with it."""
        arms = product(self.scenarios, self.families, self.discounts, self.safeguards, self.agents)
        for scenario, family, discount, safeguards, agent in arms:
            yield Trial(
                scenario=scenario,
                family=family,
                agent=agent,
                drives=self.drives,
                discount=discount,
                safeguards=safeguards,
                n_goals=self.n_goals,
                seed=self.seed,
            )

    def with_(
        self, *, goals: int | None = None, seed: int | None = None, controls: int | None = None
    ) -> "Study":
        """The same study, sweeps included, with another number of goals or controls or another seed.

        Args:
            goals: goals of each trial; None: as it is.
            seed: names the goals; None: as it is.
            controls: goals of each arm's controls; None: as it is.

        Returns:
            The changed study.
        """
        return dataclasses.replace(
            self,
            n_goals=self.n_goals if goals is None else goals,
            seed=self.seed if seed is None else seed,
            controls=self.controls if controls is None else controls,
            also=tuple(o.with_(goals=goals, seed=seed, controls=controls) for o in self.also),
            sweeps=tuple(sweep.with_(goals=goals, seed=seed) for sweep in self.sweeps),
        )


@final
@dataclass(frozen=True)
class Sweep:
    """Something that is turned up step by step, with the trials of each step.

    Args:
        name: what is turned, in plain words (``look-ahead``).
        meaning: one sentence: what turning it up means.
        unit: what the levels are numbers of, the title of the axis (``planning discount``).
        settings: at least two of (level, study), from the least capable to the most; the levels rise
            or fall all the way. Trials of one setting that differ in nothing but the agent's `replica`
            are learners of the same goals; trials that differ in the scenario are worlds of a
            population, which are compared place by place with those of the other settings.
        scale: of the axis, ``linear`` or ``log``; levels on a ``log`` scale are above 0.
        where: where it is turned (``random worlds``); one name may be turned in several places, and
            no two sweeps of a study share both.
        reference: what turning it up should lead to, found among the study's trials; None: the
            optimal agent. Learners are paid for the goal they hold, so theirs is the hedonistic one.

    Raises:
        StudyError: naming the field, its value and what it should hold.

    Example:
        >>> from telos import Sweep, Study, agents, drives, families, worlds
        >>> def setting(discount):
        ...     return Study(
        ...         name="sight",
        ...         question="Does it look far enough to mind the switch?",
        ...         scenarios=(worlds.OffSwitch(rooms=3),),
        ...         families=(families.Uniform(),),
        ...         agents=(agents.ShortSighted(planning_discount=discount),),
        ...         drives=(drives.SelfPreservation(),),
        ...         discounts=(0.9,),
        ...     )
        >>> sweep = Sweep(
        ...     name="look-ahead",
        ...     meaning="Turning it up lets the planner value what comes later.",
        ...     unit="planning discount",
        ...     settings=tuple((d, setting(d)) for d in (0.1, 0.5, 0.9)),
        ... )
        >>> sweep.levels
        (0.1, 0.5, 0.9)
    """

    from_data: ClassVar[bool] = True

    name: str
    meaning: str
    unit: str
    settings: tuple[tuple[float, Study], ...]
    scale: Literal["linear", "log"] = "linear"
    where: str = ""
    reference: AbstractAgent | None = None

    def __post_init__(self) -> None:
        for field in ("name", "meaning", "unit", "where"):
            text = getattr(self, field)
            if not isinstance(text, str) or not (text.strip() or field == "where"):
                raise StudyError(f"Sweep.{field} is {text!r}; write it in words.")
        if self.scale not in ("linear", "log"):
            raise StudyError(
                f"Sweep {self.name!r}: scale is {self.scale!r}; write 'linear' or 'log'."
            )
        if not (self.reference is None or isinstance(self.reference, AbstractAgent)):
            raise StudyError(
                f"Sweep {self.name!r}: reference is {self.reference!r}; name an agent, or None for "
                "the optimal one."
            )
        if not isinstance(self.settings, tuple | list):
            raise StudyError(
                f"Sweep {self.name!r}: settings is {self.settings!r}; write pairs of a level and a "
                "Study."
            )
        settings = tuple(_setting(self.name, given) for given in self.settings)
        object.__setattr__(self, "settings", settings)
        _check_levels(self.name, self.levels, self.scale)

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels, from the least capable to the most."""
        return tuple(level for level, _ in self.settings)

    def with_(self, *, goals: int | None = None, seed: int | None = None) -> "Sweep":
        """The same sweep, with another number of goals or another seed in every setting."""
        settings = tuple((t, study.with_(goals=goals, seed=seed)) for t, study in self.settings)
        return dataclasses.replace(self, settings=settings)


def _setting(sweep: str, given: Any) -> tuple[float, Study]:
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise StudyError(
            f"Sweep {sweep!r}: settings holds {given!r}; write pairs of a level and a Study."
        )
    level, study = given
    if isinstance(level, bool) or not isinstance(level, Real) or not is_finite(level):
        raise StudyError(f"Sweep {sweep!r}: settings: the level {level!r} is not a finite number.")
    if not isinstance(study, Study):
        raise StudyError(f"Sweep {sweep!r}: settings at level {level:g}: {study!r} is not a Study.")
    if study.sweeps:
        raise StudyError(
            f"Sweep {sweep!r}: settings at level {level:g}: {study.name} has sweeps of its own; put "
            "them beside this one."
        )
    return float(level), study


def _check_levels(sweep: str, levels: tuple[float, ...], scale: str) -> None:
    if len(levels) < 2:
        raise StudyError(f"Sweep {sweep!r}: settings has {len(levels)} levels; give at least two.")
    steps = [after - before for before, after in pairwise(levels)]
    if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
        raise StudyError(
            f"Sweep {sweep!r}: settings has the levels {list(levels)}; they must rise or fall all the "
            "way, from the least capable to the most."
        )
    if scale == "log" and min(levels) <= 0:
        raise StudyError(
            f"Sweep {sweep!r}: settings has the level {min(levels):g}, which a log scale cannot show; "
            "levels there must be above 0."
        )


#: What each field of parts holds, and how many of them at least.
_PARTS: dict[str, tuple[type, int]] = {
    "scenarios": (AbstractScenario, 1),
    "families": (AbstractGoalFamily, 1),
    "agents": (AbstractAgent, 1),
    "drives": (AbstractDrive, 1),
    "also": (Study, 0),
    "sweeps": (Sweep, 0),
}


def _parts(study: str, field: str, given: Any, kind: type, least: int) -> tuple[Any, ...]:
    parts = given if isinstance(given, tuple | list) else (given,)
    if len(parts) < least:
        raise StudyError(f"{study}.{field} is empty; name at least one.")
    article = "an" if kind.__name__.startswith("Abstract") else "a"
    for part in parts:
        if isinstance(part, type) and issubclass(part, kind):
            raise StudyError(
                f"{study}.{field}: {part.__name__} is a class; write {part.__name__}()."
            )
        if not isinstance(part, kind):
            raise StudyError(f"{study}.{field}: {part!r} is not {article} {kind.__name__}.")
        if not dataclasses.is_dataclass(part):
            raise StudyError(
                f"{study}.{field}: {type(part).__name__} is not a dataclass; put "
                "@dataclass(frozen=True) above the class."
            )
    return tuple(parts)


def _discounts(study: str, given: Any) -> tuple[float, ...]:
    values = given if isinstance(given, tuple | list) else (given,)
    if not values:
        raise StudyError(f"{study}.discounts is empty; name at least one.")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
            raise StudyError(
                f"{study}.discounts: {value!r} is not a discount; it must be at least 0 and less "
                "than 1 (worlds absorb, so a sum without discounting need not end)."
            )
    return tuple(float(value) for value in values)


def _safeguards(study: str, given: Any) -> tuple[tuple[Any, ...], ...]:
    arms = tuple(given)
    for arm in arms:
        if not isinstance(arm, tuple | list) or any(
            not isinstance(part, AbstractSafeguard) for part in arm
        ):
            raise StudyError(
                f"{study}.safeguards: {arm!r} is not an arm; write one tuple of safeguards an arm, "
                "as in ((), (Forbid(...),))."
            )
    if not arms:
        raise StudyError(f"{study}.safeguards is empty; ((),) is the one arm without any.")
    return tuple(tuple(arm) for arm in arms)


def _whole(study: str, field: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise StudyError(
            f"{study}.{field} is {value!r}; it must be an integer of at least {least}."
        )
    return int(value)
