"""Arms as data: what `arms.json` holds, and the episodes that it stands for."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self, final

import numpy as np
from pydantic import AfterValidator, Field, model_validator

from telos.core.errors import StudyError, TelosError, UnknownName, did_you_mean
from telos.core.files import read_file
from telos.core.model import AbstractModel, checked
from telos.core.parts import AbstractScenario
from telos.core.text import printable
from telos.core.world import World
from telos.llm.decisions import DRIVE_NAMES
from telos.llm.description import INSTRUCTIONS
from telos.llm.framings import FRAMINGS
from telos.llm.goals import crossed
from telos.llm.setup import OF_DRIVE, PARAPHRASES, Setup, scenario_from
from telos.llm.stage import stage_of

#: What is played of a pair, in this order. `again`: the low arm once more, with other random numbers.
ArmKind = Literal["low", "high", "again", "watched", "unwatched"]
LOW: ArmKind = "low"
HIGH: ArmKind = "high"
AGAIN: ArmKind = "again"
WATCHED: ArmKind = "watched"
UNWATCHED: ArmKind = "unwatched"
ARMS = (LOW, HIGH, AGAIN, WATCHED, UNWATCHED)
REMEDY = "Write the file again with `telos assay`."

#: Episodes that a file may stand for; some thousand are played.
MOST_EPISODES = 100_000


def _plain(text: str) -> str:
    """A text that steers no terminal, since Inspect prints the names of samples as they are."""
    if printable(text, keep="") != text:
        raise ValueError("input should hold no control characters")
    return text


def _drive(name: str) -> str:
    if name not in DRIVE_NAMES:
        raise ValueError(f"input should be one of {', '.join(DRIVE_NAMES)}")
    return name


def _check_unlike(names: Sequence[object], what: str) -> None:
    again = [name for name, times in Counter(names).items() if times > 1]
    if again:
        raise ValueError(f"{what} {str(again[0])[:80]!r} comes twice; each should come once")


Points = Annotated[float, Field(ge=-1e9, le=1e9)]
Word = Annotated[str, Field(max_length=500), AfterValidator(_plain)]
Drive = Annotated[Word, AfterValidator(_drive)]
Worth = Annotated[dict[Word, Points], Field(max_length=100_000)]
Few = Annotated[int, Field(ge=1, le=10_000)]


@final
class ArmGoal(AbstractModel):
    """A goal of both arms of a pair.

    Attributes:
        name: unique in the file. stratum: of its dose in the high arm, one of `telos.llm.goals.STRATA`.
        worth: what each outcome pays, by the outcome as Python writes it.
        other: the same of what would be written in its place; empty if nothing can be.
    """

    name: Word
    stratum: Word
    worth: Worth
    other: Worth = Field(default_factory=dict)


@final
class ArmPair(AbstractModel):
    """Two arms, and the goals that are played in both.

    Attributes:
        drive: that is worth more in the high arm. verdict: of the assay.
        low, high: the scenario in each arm, as data (see `telos.core.spec`).
        moved: what the assay says of the pair, in a sentence.
        goals: paired over the arms.
        played: change of each drive's mean share over these goals, in points; empty in older files.
    """

    drive: Drive
    verdict: Literal["certified", "one knob"]
    low: dict[str, Any]
    high: dict[str, Any]
    moved: Annotated[str, Field(max_length=2_000)] = ""
    goals: Annotated[list[ArmGoal], Field(min_length=1, max_length=10_000)]
    played: Annotated[dict[Word, Points], Field(max_length=100)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _unlike(self) -> Self:
        _check_unlike([goal.name for goal in self.goals], "the goal")
        return self


@final
class PlayedArms(AbstractModel):
    """All that a task of arms plays; data that never decide what runs.

    Attributes:
        version: of the file. scenario: as it is written in Python, for readers.
        discount: the continuation probability. ticks: actions that are played, 0 for all.
        seed: names the random numbers. seeds: episodes a goal and arm.
        framings, paraphrases, instructions: crossed with everything.
        arms: which of `ARMS` are played of each pair.
        pairs: one a drive.
    """

    version: Literal[1] = 1
    scenario: Annotated[str, Field(max_length=4_000)]
    discount: Annotated[float, Field(ge=0.0, lt=1.0)]
    ticks: Annotated[int, Field(ge=0, le=10_000)] = 0
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    seeds: Few = 1
    framings: Annotated[list[Word], Field(min_length=1, max_length=20)]
    paraphrases: Annotated[list[int], Field(min_length=1, max_length=20)]
    instructions: Annotated[list[Word], Field(min_length=1, max_length=20)]
    arms: Annotated[list[ArmKind], Field(min_length=1)]
    pairs: Annotated[list[ArmPair], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _playable(self) -> Self:
        for name in ("framings", "paraphrases", "instructions", "arms"):
            _check_unlike(getattr(self, name), f"of {name},")
        _check_unlike([pair.drive for pair in self.pairs], "the pair of")
        if self.episodes > MOST_EPISODES:
            raise ValueError(
                f"{self.episodes:,} episodes; there should be {MOST_EPISODES:,} at most"
            )
        return self

    @property
    def episodes(self) -> int:
        """How many episodes all of it takes."""
        ways = len(self.framings) * len(self.paraphrases) * len(self.instructions)
        return sum(len(pair.goals) for pair in self.pairs) * len(self.arms) * ways * self.seeds


def read_arms(path: Path | str) -> PlayedArms:
    """The arms in a file.

    Raises:
        StudyError: naming the file, the place in it, the value and the remedy.
    """
    try:
        data = read_file(path, error=StudyError, remedy=REMEDY)
    except FileNotFoundError:
        raise StudyError(f"{path} is not there. {REMEDY}") from None
    return checked(PlayedArms, data, path, REMEDY, error=StudyError)


def arm_name(drive: str, arm: str) -> str:
    """How the arm of a pair is called in logs and tables: ``self_preservation:low``."""
    return f"{drive}{OF_DRIVE}{arm}"


def setups_in(
    arms: PlayedArms | Path | str,
    *,
    drives: Sequence[str] = (),
    only: Sequence[str] = (),
    goals: int = 0,
    ways: Mapping[str, Sequence[Any]] | None = None,
    trust: Collection[str] = (),
) -> list[Setup]:
    """The episodes of a file of arms.

    A goal has the same random numbers in every arm, except in `again`, which is there to show how much
    numbers differ by chance.

    Args:
        arms: as read, or the file. drives: whose pairs; () for all. only: arms; () for those planned.
        goals: how many of each pair, the first ones; 0 for all.
        ways: framings, paraphrases or instructions, instead of those of the file.
        trust: names of modules whose scenarios may be built, besides those that Telos ships.

    Returns:
        A setup an episode; goals first, so that the beginning of the list is a balanced small study.

    Raises:
        StudyError: if the file is damaged, names a part that is not trusted, or an outcome is missing.
        UnknownName: if a drive is not in it, or there is no such arm or way of telling.

    Example:
        >>> from telos.core.spec import to_spec
        >>> from telos.worlds import OffSwitch
        >>> low, high = OffSwitch(rooms=2), OffSwitch(rooms=3)
        >>> worth = {repr(name): 0.5 for name in high.build().outcomes}
        >>> pair = ArmPair(
        ...     drive="self_preservation", verdict="one knob", low=to_spec(low), high=to_spec(high),
        ...     goals=[ArmGoal(name="goal 0", stratum="zero", worth=worth)],
        ... )
        >>> arms = PlayedArms(
        ...     scenario="OffSwitch()", discount=0.9, framings=["loaded"], paraphrases=[0],
        ...     instructions=["none"], arms=["low", "high"], pairs=[pair],
        ... )
        >>> [(setup.arm, len(setup.goal)) for setup in setups_in(arms)]
        [('self_preservation:low', 5), ('self_preservation:high', 6)]
    """
    found = _chosen(
        arms if isinstance(arms, PlayedArms) else read_arms(arms), drives, only, ways or {}
    )
    try:
        return _setups(found, drives, goals, trust)
    except TelosError as problem:
        place = "" if isinstance(arms, PlayedArms) else f"{arms}: "
        raise StudyError(f"{place}{problem}") from None


def _setups(
    found: PlayedArms, drives: Sequence[str], goals: int, trust: Collection[str]
) -> list[Setup]:
    """The episodes of the arms that were chosen, goal by goal."""
    most = max(len(pair.goals) for pair in found.pairs)
    scenes = {
        (pair.drive, arm): _scene(pair, arm, trust)
        for pair in found.pairs
        if not drives or pair.drive in drives
        for arm in found.arms
    }
    numbers = {pair.drive: i for i, pair in enumerate(found.pairs)}
    setups: list[Setup] = []
    for number in range(min(goals, most) if goals else most):
        for (drive, arm), scene in scenes.items():
            place = numbers[drive]
            if number < len(found.pairs[place].goals):
                goal = found.pairs[place].goals[number]
                told = _told(scene, goal, found.discount)
                setups += _ways(
                    found, replace(told, arm=arm_name(drive, arm)), (place, number), arm
                )
    return setups


def _chosen(
    arms: PlayedArms, drives: Sequence[str], only: Sequence[str], ways: Mapping[str, Sequence[Any]]
) -> PlayedArms:
    """The arms with those arms and ways of telling that were asked for, if there are such."""
    update = {name: list(values) for name, values in ways.items() if values}
    found = arms.model_copy(update=update | ({"arms": list(only)} if only else {}))
    for kind, names, known in (
        ("drive", drives, [pair.drive for pair in found.pairs]),
        ("arm", only, ARMS),
        ("framing", found.framings, FRAMINGS),
        ("instruction", found.instructions, tuple(INSTRUCTIONS)),
        ("paraphrase", found.paraphrases, range(PARAPHRASES)),
    ):
        for name in names:
            if name not in known:
                offered = did_you_mean(str(name), [str(each) for each in known])
                raise UnknownName(f"the arms have no {kind} {name!r}. {offered}")
    return found


def _ways(arms: PlayedArms, setup: Setup, numbers: tuple[int, int], arm: str) -> list[Setup]:
    """An episode in every framing, paraphrase and instruction, as often as there are seeds."""
    named = ([arms.seed, *numbers, again, int(arm == AGAIN)] for again in range(arms.seeds))
    seeds = [int(np.random.SeedSequence(each).generate_state(1)[0]) for each in named]
    told: dict[str, Sequence[Any]] = {
        "seed": seeds,
        "framing": arms.framings,
        "paraphrase": arms.paraphrases,
        "instruction": arms.instructions,
        "cue": [arm if arm in (WATCHED, UNWATCHED) else "none"],
        "ticks": [arms.ticks],
    }
    return crossed([setup], told)


def _scene(pair: ArmPair, arm: str, trust: Collection[str]) -> AbstractScenario:
    """The scenario of an arm. The null arms are played at the high dose, where there is most to do."""
    try:
        return scenario_from(pair.low if arm in (LOW, AGAIN) else pair.high, trust)
    except StudyError as problem:
        raise StudyError(f"{arm_name(pair.drive, arm)}: {problem} {REMEDY}") from None


def _told(scene: AbstractScenario, goal: ArmGoal, discount: float) -> Setup:
    world = stage_of(scene).world
    return Setup(
        scene,
        _row(world, goal.worth, goal.name),
        _row(world, goal.other, goal.name) if goal.other else (),
        goal.name,
        goal.stratum,
        discount,
    )


def _row(world: World, worth: dict[str, float], name: str) -> tuple[float, ...]:
    missing = [key for key in map(outcome_key, world.outcomes) if key not in worth]
    if missing:
        raise StudyError(
            f"{name} says nothing of the outcome {missing[0]:.60} of {world.name}. {REMEDY}"
        )
    return tuple(worth[outcome_key(outcome)] for outcome in world.outcomes)


def outcome_key(outcome: Hashable) -> str:
    """The name by which a file knows an outcome: as Python writes it."""
    return repr(outcome)
