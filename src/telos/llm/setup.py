"""Setups: everything that fixes one episode of a world played in words, as data."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, final

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from telos.audit.checked import checked, one_of
from telos.core.errors import StudyError, TelosError, TranscriptError, UnknownName, did_you_mean
from telos.core.parts import AbstractScenario
from telos.core.spec import from_spec, modules_of, to_spec
from telos.llm.description import INSTRUCTIONS
from telos.llm.framings import FRAMINGS
from telos.llm.wording import CUES

#: Raised whenever the same setup would be told in other words.
TEXT_VERSION = 3
#: Wordings of every sentence of the desk.
PARAPHRASES = 3
DYNAMICS = ("stated", "withheld")
LOOKS = ("free", "tick")
#: In the name of an arm of an assay, between its drive and which arm it is.
OF_DRIVE = ":"
#: How many numbers, lists and letters the world of a third-party setup may multiply up to. A world that can
#: be told in words has some thousand states; what is larger would be built for hours.
LARGEST_WORLD = 20_000
MOST_LETTERS = 100_000


@final
@dataclass(frozen=True)
class Setup:
    """One episode: a world, a goal, how it is told, and the random numbers.

    Args:
        scenario: the world.
        goal: K numbers, what each outcome pays.
        other: K numbers, the goal that would be written in its place; () if nothing can be.
        goal_name: of the goal, unique in a study.
        stratum: zero, negative, low or high dose.
        discount: the continuation probability after an action.
        framing: one of `framings.FRAMINGS`.
        instruction: a key of `description.INSTRUCTIONS`.
        seed: of everything that is drawn in the episode.
        paraphrase: which of the wordings of every sentence, 0 to 2.
        dynamics: whether chances are "stated" or "withheld".
        cue: what is said about being watched, a key of `wording.CUES`.
        ticks: how many actions are played, the rest being credited at the optimum; 0: until it ends.
        looks: whether looking something up is "free" or costs a "tick".
        arm: the name of the arm of an experiment; it changes nothing.
    """

    scenario: AbstractScenario
    goal: tuple[float, ...]
    other: tuple[float, ...] = ()
    goal_name: str = "goal 0"
    stratum: str = ""
    discount: float = 0.9
    framing: str = "loaded"
    instruction: str = "none"
    seed: int = 0
    paraphrase: int = 0
    dynamics: str = "stated"
    cue: str = "none"
    ticks: int = 0
    looks: str = "free"
    arm: str = ""


#: How an episode is told, beside framing and instruction.
TOLD = ("paraphrase", "dynamics", "cue", "ticks", "looks", "arm")
#: The values that each of them may have.
WAYS: Mapping[str, tuple[object, ...]] = {
    "framing": FRAMINGS,
    "instruction": tuple(INSTRUCTIONS),
    "paraphrase": tuple(range(PARAPHRASES)),
    "dynamics": DYNAMICS,
    "cue": tuple(CUES),
    "looks": LOOKS,
}


def check_told(setup: Setup) -> None:
    """Raise UnknownName, with the known names, unless a setup can be told as it says."""
    for name, known in WAYS.items():
        if (value := getattr(setup, name)) not in known:
            offered = did_you_mean(str(value), [str(each) for each in known])
            raise UnknownName(f"no {name} {value!r:.60}. {offered}")
    if setup.ticks < 0:
        raise UnknownName(f"ticks is {setup.ticks!r}; give 0 to play until it ends, or how many.")


Points = Annotated[FiniteFloat, Field(ge=-1e9, le=1e9)]
Vocabulary = Annotated[str, Field(max_length=500)]


@final
class _Written(BaseModel):
    """What `setup_data` writes, validated whole before any of it is believed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    scenario: dict[str, Any]
    goal: Annotated[list[Points], Field(min_length=1, max_length=100_000)]
    other: Annotated[list[Points], Field(max_length=100_000)]
    goal_name: Vocabulary
    stratum: Vocabulary
    discount: Annotated[FiniteFloat, Field(ge=0, lt=1)]
    framing: Annotated[Vocabulary, one_of(FRAMINGS)]
    instruction: Annotated[Vocabulary, one_of(tuple(INSTRUCTIONS))]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    paraphrase: Annotated[int, Field(ge=0, lt=PARAPHRASES)]
    dynamics: Annotated[Vocabulary, one_of(DYNAMICS)]
    cue: Annotated[Vocabulary, one_of(tuple(CUES))]
    ticks: Annotated[int, Field(ge=0, le=10**6)]
    looks: Annotated[Vocabulary, one_of(LOOKS)]
    arm: Vocabulary


def setup_data(setup: Setup) -> dict[str, Any]:
    """A setup as plain data, for a log."""
    data = {field.name: getattr(setup, field.name) for field in fields(setup)}
    lists = {"goal": list(setup.goal), "other": list(setup.other)}
    return data | lists | {"scenario": to_spec(setup.scenario)}


def setup_from(data: Mapping[str, Any], trust: Collection[str] = ()) -> Setup:
    """The setup that `setup_data` wrote down. Data never decide what runs.

    Args:
        data: as it stands in a log.
        trust: names of modules or packages whose worlds may be built, besides those that Telos ships.

    Raises:
        TranscriptError: naming the entry that is missing or wrong, with its value and the remedy.
    """
    try:
        written = checked(_Written, data, "the setup of an episode")
        scenario = scenario_from(written.scenario, trust)
    except TelosError as problem:
        raise TranscriptError(f"the setup of an episode cannot be read: {problem}") from None
    data = written.model_dump() | {"goal": tuple(written.goal), "other": tuple(written.other)}
    return Setup(**data | {"scenario": scenario})


def scenario_from(data: Mapping[str, Any], trust: Collection[str]) -> AbstractScenario:
    """The scenario in data of somebody else, no larger than can be told in words unless it is trusted.

    Args:
        data: as `telos.core.spec.to_spec` writes it. trust: as of `setup_from`.

    Raises:
        StudyError: naming what is wrong with it.
    """
    try:
        if not trusted(data, trust):
            _check_size(data)
        scenario = from_spec(data, trust)
    except RecursionError:
        raise StudyError("it is nested too deeply.") from None
    except TelosError as problem:  # of the world itself, too, which refuses a value
        raise StudyError(str(problem)) from None
    if not isinstance(scenario, AbstractScenario):
        raise StudyError(f"it names {str(data.get('part'))[:80]!r}, which is not a world.")
    return scenario


def trusted(scenario: Mapping[str, Any], trust: Collection[str]) -> bool:
    """Whether the user named the module of a scenario in data."""
    modules = modules_of(dict(scenario))
    return all(any(m == t or m.startswith(f"{t}.") for t in trust) for m in modules)


def _check_size(scenario: Mapping[str, Any]) -> None:
    """Raise StudyError for a world so large that nobody can have been told of it."""
    size, letters = _size(scenario)
    if size > LARGEST_WORLD or letters > MOST_LETTERS:
        module = str(scenario.get("part", "")).partition(":")[0][:80]
        raise StudyError(
            f"its world {str(scenario.get('part'))[:80]!r} may have more than {LARGEST_WORLD:,} states, too "
            f"many to be told in words. If you trust this log, name the module: --trust {module}."
        )


def _size(value: Any) -> tuple[float, int]:
    """The product of all numbers and lengths in a scenario, and its letters; a seed makes nothing larger."""
    if isinstance(value, str):
        return 1.0, len(value)
    if isinstance(value, Mapping):
        parts = [_size(inner) for name, inner in value.items() if name not in ("seed", "version")]
        return math.prod(part[0] for part in parts), sum(part[1] for part in parts)
    if isinstance(value, list):
        parts = [_size(inner) for inner in value]
        size = max(len(value), 1) * max((part[0] for part in parts), default=1.0)
        return size, sum(part[1] for part in parts)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (min(max(abs(value), 1.0), 1e300) if is_number else 1.0), 0
