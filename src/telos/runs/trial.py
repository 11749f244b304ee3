"""Trial: one cell of a study, whose key is a hash of everything that its numbers depend on."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np

from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
    Part,
)
from telos.core.spec import digest, show, to_spec

#: What a key means. Raise it when the same parts come to mean other numbers (a new definition of a
#: reading, a corrected solver), so that no old chunk is taken for a new one.
SCHEMA = 3


@final
@dataclass(frozen=True)
class Trial:
    """One world, goal family, agent and discount, read for some drives.

    Args:
        scenario: the recipe of the world.
        family: the population of terminal goals.
        agent: who pursues them.
        drives: what is read of its behavior.
        discount: in [0, 1), by which values are judged.
        safeguards: applied to the problem in this order.
        n_goals: how many goals; not part of the key, so that more goals extend a trial.
        seed: names the sequence of goals.

    Example:
        >>> from telos import agents, drives, families, worlds
        >>> world, family, agent = worlds.OffSwitch(rooms=2), families.Uniform(), agents.Optimal()
        >>> trial = Trial(world, family, agent, (drives.SelfPreservation(),), discount=0.9)
        >>> len(trial.key)
        16
    """

    from_data: ClassVar[bool] = True

    scenario: AbstractScenario
    family: AbstractGoalFamily
    agent: AbstractAgent
    drives: tuple[AbstractDrive, ...]
    discount: float
    safeguards: tuple[AbstractSafeguard, ...] = ()
    n_goals: int = 1000
    seed: int = 0

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name this trial: same key, same numbers."""
        return digest({"schema": SCHEMA, **self.spec()})

    @cached_property
    def draw_key(self) -> str:
        """The name of the goals: a digest of family and seed, and of which world was drawn, alone.

        Every agent, discount and safeguard therefore meets the same goals, and so does every arm of a
        sweep over parameters of the scenario: a worth goes by the outcome's name (see
        `telos.families.outcome_draws`). Scenarios that have no name of an outcome in common meet
        independent goals; those that have are compared over the same goals. Worlds that are themselves
        drawn, by a field `seed` of the scenario or of one that it wraps, are taken to be independent,
        so that this seed is part of the name.
        """
        drawn = _seeds(to_spec(self.scenario))
        return digest({"world": drawn, "family": to_spec(self.family), "seed": self.seed})

    @cached_property
    def arm_key(self) -> str:
        """The name of all that is computed once for several agents: everything but the agent."""
        return digest({k: v for k, v in self.spec().items() if k != "agent"})

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts of the trial."""
        return (self.scenario, self.family, self.agent, *self.drives, *self.safeguards)

    def spec(self) -> dict[str, Any]:
        """The trial as plain data, without the number of goals."""
        return {
            "scenario": to_spec(self.scenario),
            "family": to_spec(self.family),
            "agent": to_spec(self.agent),
            "drives": [to_spec(drive) for drive in self.drives],
            "safeguards": [to_spec(safeguard) for safeguard in self.safeguards],
            "discount": float(self.discount),
            "seed": self.seed,
        }

    def goal_rng(self) -> np.random.Generator:
        """A fresh generator that names this trial's goals, the same for every chunk."""
        return np.random.default_rng(int(self.draw_key, 16))

    def agent_rng(self) -> np.random.Generator:
        """A fresh generator that names an agent's own chances, the same for every chunk.

        An agent treats each goal by itself (`telos check` asks it to), so it seeds each goal's
        chances by the goal; then it does not matter in which chunk a goal comes.
        """
        return np.random.default_rng(int(self.key, 16))

    @property
    def off(self) -> str:
        """What being off is worth to the family's goals, as the family declares it; or ''."""
        return str(getattr(self.family, "off", ""))

    def labels(self) -> dict[str, Any]:
        """What the tables call this trial."""
        return {
            "trial": self.key,
            "scenario": show(self.scenario),
            "family": show(self.family),
            "agent": show(self.agent),
            "discount": float(self.discount),
            "off": self.off,
            "safeguards": " + ".join(show(safeguard) for safeguard in self.safeguards),
        }

    def describe(self) -> str:
        """The trial in one line, for messages."""
        labels = self.labels()
        guarded = f", under {labels['safeguards']}" if self.safeguards else ""
        return (
            f"{labels['scenario']}, {labels['family']}, {labels['agent']}, "
            f"discount {self.discount:g}{guarded}"
        )


def _seeds(spec: Any) -> list[Any]:
    """Every field `seed` in a part as data, the outermost first."""
    if isinstance(spec, list):
        return [seed for part in spec for seed in _seeds(part)]
    if not isinstance(spec, dict):
        return []
    mine = [spec["seed"]] if "seed" in spec else []
    return mine + [seed for name, part in spec.items() if name != "seed" for seed in _seeds(part)]
