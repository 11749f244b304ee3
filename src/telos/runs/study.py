"""Study: a question, and the worlds, goals, agents and discounts that answer it, as data."""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from numbers import Integral, Real
from typing import Any, final

from telos.core.errors import StudyError
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
    part_name,
)
from telos.runs.trial import Trial

_PARTS = {
    "scenarios": AbstractScenario,
    "families": AbstractGoalFamily,
    "agents": AbstractAgent,
    "drives": AbstractDrive,
}


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
        drives: what is read of their behaviour.
        discounts: each in [0, 1).
        safeguards: one tuple of safeguards an arm; ``((),)`` is the one arm without any.
        n_goals: goals of each trial, at least 1; a finite family has at most its own size.
        seed: names the goals; every arm of a study meets the same ones.
        also: further sweeps, whose trials are added to those of this one.
        references: keys of the works that the study builds on (see ``telos cite``).

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

    def __post_init__(self) -> None:
        put = object.__setattr__
        if not isinstance(self.name, str) or not re.fullmatch(r"[\w-]+", self.name):
            raise StudyError(
                f"a study is named {self.name!r}; use letters, digits, '_' and '-', for the name "
                "is also that of its result folder."
            )
        for field, kind in _PARTS.items():
            put(self, field, _parts(self.name, field, getattr(self, field), kind))
        put(self, "discounts", _discounts(self.name, self.discounts))
        put(self, "safeguards", _safeguards(self.name, self.safeguards))
        put(self, "n_goals", _whole(self.name, "n_goals", self.n_goals, 1))
        put(self, "seed", _whole(self.name, "seed", self.seed, 0))
        put(self, "also", _studies(self.name, self.also))
        put(self, "references", tuple(self.references))
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
        for trial in _all_trials(self):
            known = found.get(trial.key)
            if known is None or known.n_goals < trial.n_goals:
                found[trial.key] = trial
        return tuple(found.values())

    def with_(self, *, goals: int | None = None, seed: int | None = None) -> "Study":
        """The same study, further sweeps included, with another number of goals or another seed.

        Args:
            goals: goals of each trial; None: as it is.
            seed: names the goals; None: as it is.

        Returns:
            The changed study.
        """
        return dataclasses.replace(
            self,
            n_goals=self.n_goals if goals is None else goals,
            seed=self.seed if seed is None else seed,
            also=tuple(sweep.with_(goals=goals, seed=seed) for sweep in self.also),
        )


def _all_trials(study: Study) -> Iterator[Trial]:
    arms = product(study.scenarios, study.families, study.discounts, study.safeguards, study.agents)
    for scenario, family, discount, safeguards, agent in arms:
        yield Trial(
            scenario=scenario,
            family=family,
            agent=agent,
            drives=study.drives,
            discount=discount,
            safeguards=safeguards,
            n_goals=study.n_goals,
            seed=study.seed,
        )
    for sweep in study.also:
        yield from _all_trials(sweep)


def _parts(study: str, field: str, given: Any, kind: type) -> tuple[Any, ...]:
    parts = given if isinstance(given, tuple | list) else (given,)
    if not parts:
        raise StudyError(f"{study}.{field} is empty; name at least one.")
    for part in parts:
        if isinstance(part, type) and issubclass(part, kind):
            raise StudyError(
                f"{study}.{field}: {part.__name__} is a class; write {part.__name__}()."
            )
        if not isinstance(part, kind):
            raise StudyError(f"{study}.{field}: {part!r} is not an {kind.__name__}.")
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
            f"{study}.{field} is {value!r}; it must be a whole number of at least {least}."
        )
    return int(value)


def _studies(study: str, given: Any) -> tuple[Study, ...]:
    for sweep in given:
        if not isinstance(sweep, Study):
            raise StudyError(f"{study}.also: {sweep!r} is not a Study.")
    return tuple(given)
