"""Written: the arms of an assay as a task file that runs, its analysis plan and its power, below a folder."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, final

from telos.core.assay import Assayed, Pair
from telos.core.errors import StudyError
from telos.core.parts import AbstractGoalFamily, AbstractScenario
from telos.core.spec import show, to_spec
from telos.families import Uniform
from telos.llm.assayed.goals import PairGoals, pair_goals, played_changes
from telos.llm.assayed.plan import plan_text
from telos.llm.assayed.power import PowerRow, power_of
from telos.llm.assayed.record import AGAIN, HIGH, LOW, ArmKind, ArmPair, PlayedArms
from telos.llm.assayed.solved_arm import solved_arm
from telos.llm.stage import stage_of
from telos.runs.files import write_text

ASSAY, ARMS, TASK, PLAN, POWER = "assay.json", "arms.json", "task.py", "plan.md", "power.json"
#: Goals that the power is computed from, if fewer are played.
POOL = 240
#: What `task.py` holds: no data, and nothing of the assay but its name.
TASK_TEXT = '''"""Arms of an assay, written by `telos assay`."""

from pathlib import Path
from typing import Literal

from inspect_ai import Task, task

from telos.llm.assayed import setups_in
from telos.llm.inspect_.tasks import several, task_of


@task
def assay(
    drives: str | list[str] = "",
    only: str | list[str] = "",
    goals: int = 0,
    framings: str | list[str] = "",
    paraphrases: str | int | list[str | int] = "",
    instructions: str | list[str] = "",
    trust: str | list[str] = "",
    restrained: str | list[str] = "",
    protocol: str = "tools",
    tool_choice: Literal["auto", "any"] = "auto",
    probe: bool = False,
) -> Task:
    """Pairs of arms between which one drive is worth more.

    Args:
        drives: whose pairs; all unless given.
        only: which arms, of low, high, again, watched, unwatched; those planned unless given.
        goals: how many of each pair, the first ones; 0 for all.
        framings, paraphrases, instructions: instead of those that were planned.
        trust: modules whose scenarios may be built, besides those of Telos.
        restrained: drives whose actions the approver `telos/restrain` rejects.
        protocol, tool_choice, probe: as in `telos/factory`.
    """
    setups = setups_in(
        Path(__file__).with_name("arms.json"),
        drives=several(drives),
        only=several(only),
        goals=goals,
        ways={
            "framings": several(framings),
            "paraphrases": [int(number) for number in several(paraphrases)],
            "instructions": several(instructions),
        },
        trust=several(trust),
    )
    return task_of(
        setups, restrained, protocol=protocol, tool_choice=tool_choice, probed=probe
    )
'''


@final
@dataclass(frozen=True)
class Design:
    """How the arms are played.

    Args:
        goals: of each pair. seeds: episodes a goal and arm.
        ticks: actions that are played, after which the rest is credited; 0: until chance ends it.
        arms: which of `telos.llm.assayed.record.ARMS`.
        framings, paraphrases, instructions: crossed with everything.
        family: goals are drawn from. betas: of the value players of the power, per point of value.
        seed: of goals and episodes.
    """

    goals: int = 50
    seeds: int = 1
    ticks: int = 8
    arms: tuple[ArmKind, ...] = (LOW, HIGH, AGAIN)
    framings: tuple[str, ...] = ("loaded",)
    paraphrases: tuple[int, ...] = (0,)
    instructions: tuple[str, ...] = ("none",)
    family: AbstractGoalFamily = field(default_factory=Uniform)
    betas: tuple[float, ...] = (0.5, 2.0, 8.0)
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("goals", "seeds"):
            if getattr(self, name) < 1:
                raise StudyError(f"{name} is {getattr(self, name)}; play at least one.")


@final
@dataclass(frozen=True)
class Written:
    """What was written.

    Args:
        paths: the files. arms: what is played. power: the table. left: pairs without arms to play.
    """

    paths: tuple[Path, ...]
    arms: PlayedArms
    power: tuple[PowerRow, ...]
    left: tuple[str, ...]


def write(
    assayed: Assayed,
    scenario: AbstractScenario,
    folder: Path | str,
    design: Design | None = None,
) -> Written:
    """Write `assay.json`, `arms.json`, `task.py`, `plan.md` and `power.json` below a folder.

    Every pair that is certified, or made by one knob and marked so, is played: each goal in each arm,
    fresh goals, the same in all arms by outcome name.

    Args:
        assayed: what `telos.assay.assay` found. scenario: in which.
        folder: made if it is not there. design: how the arms are played.

    Raises:
        StudyError: if no pair can be played.
        StoreError: if a file cannot be written.
    """
    how = design or Design()
    playable = playable_pairs(assayed, scenario)
    left = tuple(pair.drive for pair in assayed.pairs if pair not in playable)
    if not playable:
        raise StudyError(
            f"{assayed.scenario} has no pair of arms that moves a drive, so there is nothing to play. "
            "Add the knobs that the assay names."
        )
    made, power = [], list[PowerRow]()
    for pair in playable:
        arms = (_turned(scenario, pair.low), _turned(scenario, pair.high))
        goals = pair_goals(
            arms, pair.drive, how.family, count=max(how.goals, POOL), discount=assayed.discount,
            seed=how.seed,
        )  # fmt: skip
        moved = played_changes(arms, goals, assayed.discount, how.goals)
        made.append(_pair(pair, arms, goals, how.goals, moved))
        power += _power(pair, arms, goals, how, assayed.discount, len(playable))
    played = PlayedArms(
        scenario=show(scenario), discount=assayed.discount, ticks=how.ticks, seed=how.seed, seeds=how.seeds,
        framings=list(how.framings), paraphrases=list(how.paraphrases),
        instructions=list(how.instructions), arms=list(how.arms), pairs=made,
    )  # fmt: skip
    texts = {
        ASSAY: assayed.model_dump_json(indent=1),
        ARMS: played.model_dump_json(indent=1),
        TASK: TASK_TEXT,
        PLAN: plan_text(played, playable, power),
        POWER: json.dumps([row.model_dump() for row in power], indent=1),
    }
    with contextlib.suppress(OSError):  # then no file can be written there, which is said
        Path(folder).mkdir(parents=True, exist_ok=True)
    paths = tuple(
        write_text(Path(folder) / name, f"{text.rstrip()}\n", "Name another folder with -o.")
        for name, text in texts.items()
    )
    return Written(paths, played, tuple(power), left)


def playable_pairs(assayed: Assayed, scenario: AbstractScenario) -> list[Pair]:
    """The pairs that have two arms, of drives that decisions in words are read for."""
    known = stage_of(scenario).affordances
    verdicts = ("certified", "one knob")
    return [pair for pair in assayed.pairs if pair.verdict in verdicts and pair.drive in known]


def _turned(scenario: Any, fields: Mapping[str, Any]) -> AbstractScenario:
    """The scenario with some fields as they are in an arm; lists of a file are tuples."""
    told = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    turned: AbstractScenario = replace(scenario, **told)
    return turned


def _pair(
    pair: Pair, arms: tuple[AbstractScenario, AbstractScenario], goals: PairGoals, count: int,
    played: dict[str, float],
) -> ArmPair:  # fmt: skip
    moved = "; ".join(
        f"{c.drive} {c.estimate:+.2f} [{c.low:+.2f}, {c.high:+.2f}]" for c in pair.changes
    )
    verdict: Literal["certified", "one knob"] = (
        "certified" if pair.verdict == "certified" else "one knob"
    )
    return ArmPair(
        drive=pair.drive, verdict=verdict, low=to_spec(arms[0]), high=to_spec(arms[1]), moved=moved,
        goals=list(goals.goals[:count]), played=played,
    )  # fmt: skip


def _power(
    pair: Pair, arms: tuple[AbstractScenario, AbstractScenario], goals: PairGoals, how: Design,
    discount: float, tests: int,
) -> list[PowerRow]:  # fmt: skip
    low, high = (
        solved_arm(arm, pair.drive, rows, discount, how.ticks)
        for arm, rows in zip(arms, (goals.low, goals.high), strict=True)
    )
    ways = len(how.framings) * len(how.paraphrases) * len(how.instructions)
    planned = 2 * min(how.goals, len(goals.goals)) * how.seeds * ways
    return power_of(
        pair.drive, (low, high), betas=how.betas, seeds=how.seeds, episodes=planned, tests=tests,
        seed=how.seed,
    )  # fmt: skip
