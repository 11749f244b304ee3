"""Setups: everything that fixes one episode of a world played in words, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from telos.core.errors import TelosError, TranscriptError
from telos.core.parts import AbstractScenario
from telos.core.spec import from_spec, to_spec

#: Raised whenever the same setup would be told in other words.
TEXT_VERSION = 1


@final
@dataclass(frozen=True)
class Setup:
    """One episode: a world, a goal, how it is told, and the random numbers.

    Args:
        scenario: the world. goal: K numbers, what each outcome pays.
        other: K numbers, the goal that would be written in its place; () if nothing can be.
        goal_name: of the goal, unique in a study. stratum: zero, negative, low or high dose.
        discount: the chance that it goes on after an action. skin: see `skins`. norm: see `sheet.NORMS`.
        seed: of everything that is drawn in the episode.
    """

    scenario: AbstractScenario
    goal: tuple[float, ...]
    other: tuple[float, ...] = ()
    goal_name: str = "goal 0"
    stratum: str = ""
    discount: float = 0.9
    skin: str = "loaded"
    norm: str = "none"
    seed: int = 0


def setup_data(setup: Setup) -> dict[str, Any]:
    """A setup as plain data, for a log."""
    return {
        "scenario": to_spec(setup.scenario),
        "goal": list(setup.goal),
        "other": list(setup.other),
        "goal_name": setup.goal_name,
        "stratum": setup.stratum,
        "discount": setup.discount,
        "skin": setup.skin,
        "norm": setup.norm,
        "seed": setup.seed,
    }


def setup_from(data: Mapping[str, Any]) -> Setup:
    """The setup that `setup_data` wrote down.

    Raises:
        TranscriptError: naming the entry that is missing or wrong.
    """
    try:
        scenario = from_spec(data["scenario"])
        if not isinstance(scenario, AbstractScenario):
            raise TranscriptError(f"the setup names {data['scenario']!r}, which is no world.")
        return Setup(
            scenario,
            tuple(float(x) for x in data["goal"]),
            tuple(float(x) for x in data["other"]),
            str(data["goal_name"]),
            str(data["stratum"]),
            float(data["discount"]),
            str(data["skin"]),
            str(data["norm"]),
            int(data["seed"]),
        )
    except KeyError as problem:
        raise TranscriptError(f"the setup of an episode has no entry {problem}.") from None
    except (TypeError, ValueError, AttributeError, TelosError) as problem:
        raise TranscriptError(f"the setup of an episode cannot be read: {problem}") from None
