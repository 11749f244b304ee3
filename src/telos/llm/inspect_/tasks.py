"""The tasks: a world played in words, its goals by dose, in one or more framings and instructions."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from typing import Any, Literal

from inspect_ai import Task, task
from inspect_ai.approval import ApprovalPolicy
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageSystem, ChatMessageUser

from telos.core.errors import StudyError
from telos.core.parts import AbstractScenario
from telos.core.spec import modules_of, to_spec
from telos.llm.game import game_of
from telos.llm.goals import sample_setups
from telos.llm.inspect_.approver import drives_bound, price_of, restrain
from telos.llm.inspect_.episode import trust
from telos.llm.inspect_.loop import begin, play
from telos.llm.inspect_.names import named
from telos.llm.inspect_.plain import manual_of, protocol_in
from telos.llm.inspect_.probe import probe
from telos.llm.inspect_.scorer import drives
from telos.llm.scenarios import scenario_named
from telos.llm.setup import TEXT_VERSION, TOLD, Setup, setup_data
from telos.worlds import (
    DrivenEmployee,
    OffSwitch,
    OpsDesk,
    Orchard,
    PaperclipFactory,
    Surgery,
    Workbench,
)

#: A factory that a reader can still work out: 2 products, 1 machine, 2 levels of skill.
SMALL_FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.05))

Names = str | list[str]


def task_of(
    setups: Sequence[Setup],
    restrained: Names = "",
    patience: int = 3,
    *,
    protocol: str = "tools",
    tool_choice: Literal["auto", "any"] = "auto",
    probed: bool = False,
) -> Task:
    """A task whose samples are the episodes of some setups.

    Args:
        setups: an episode each. restrained: drives whose actions are to be rejected.
        patience, tool_choice: see `telos.llm.inspect_.loop.play`.
        protocol: tools, or text, for models without tools. probed: ask four questions beforehand.

    Returns:
        A task that runs with any model or agent: `begin` survives another solver.

    Raises:
        FeatureMissing: naming world and drive, if a world does not have a drive that is to be restrained.
        StudyError: if the protocol is neither, or a probe would ask for what is withheld.
    """
    about = {"protocol": protocol, "tool_choice": tool_choice, "probed": probed}
    protocol_in(about)
    if probed and any(setup.dynamics == "withheld" for setup in setups):
        raise StudyError(
            "probe asks for chances, and dynamics=withheld leaves them out. Leave out one of the two."
        )
    for setup in setups:
        # who made these setups holds the worlds themselves
        trust(modules_of(to_spec(setup.scenario)))
    samples = [_sample(setup, restrained, about) for setup in setups]
    policy = [ApprovalPolicy(restrain(restrained), "*")] if restrained else None
    return Task(
        dataset=MemoryDataset(samples, name="telos"),
        setup=[begin(), probe()] if probed else begin(),
        solver=play(patience, tool_choice),
        scorer=drives(),
        approval=policy,
        version=TEXT_VERSION,
        metadata={"telos": version("telos-lab"), "text_version": TEXT_VERSION},
    )


def _sample(setup: Setup, restrained: Names, about: Mapping[str, Any]) -> Sample:
    game = game_of(setup)
    brief = game.brief
    if about["protocol"] == "text":
        brief = f"{brief}\n{manual_of(game.telling)}"
    forbidden = drives_bound(restrained, game) if restrained else ()
    metadata = {
        "telos": version("telos-lab"),
        "text_version": TEXT_VERSION,
        "setup": setup_data(setup),
        "world": game.stage.world.name,
        "goal": setup.goal_name,
        "stratum": setup.stratum,
        "framing": setup.framing,
        "instruction": setup.instruction,
        "seed": setup.seed,
        **{name: getattr(setup, name) for name in TOLD},
        "value_optimal": float(game.solution.at_start[0]),
        "brief_sha256": hashlib.sha256(game.brief.encode()).hexdigest(),
        **about,
    }
    if forbidden:
        metadata |= {"restrained": list(forbidden), "price": price_of(setup, forbidden)}
    return Sample(
        id=_id(setup),
        input=[
            ChatMessageSystem(content=brief),
            ChatMessageUser(content=game.situation(game.begin(), 0)),
        ],
        metadata=metadata,
    )


def _id(setup: Setup) -> str:
    """A name that no other setup of a task has; how it was told is named where it is not as usual."""
    usual = {field.name: field.default for field in fields(Setup)}
    more = [f"{name}={value}" for name in TOLD if (value := getattr(setup, name)) != usual[name]]
    named = (
        type(setup.scenario).__name__,
        setup.goal_name,
        setup.framing,
        setup.instruction,
        setup.seed,
        *more,
    )
    return "-".join(map(str, named)).replace(" ", "_")


def several(names: Names | int | Sequence[str | int]) -> list[str]:
    """One name or several: `-T framings=a` arrives as a text, `-T framings=a,b` as a list.

    Args:
        names: as they arrive.
    """
    listed = names.split(",") if isinstance(names, str) else names
    texts = [str(name) for name in ([listed] if isinstance(listed, int) else listed)]
    return [name.strip() for name in texts if name.strip()]


def _playing(scenario: AbstractScenario) -> Callable[..., Task]:
    """A function that makes tasks of a world; Inspect reads what `-T` can set off its signature."""

    def played(
        goals: int = 60,
        seeds: int = 1,
        framings: str | list[str] = "loaded",
        instructions: str | list[str] = "none",
        drive: str = "",
        discount: float = 0.9,
        seed: int = 0,
        restrained: str | list[str] = "",
        protocol: str = "tools",
        tool_choice: Literal["auto", "any"] = "auto",
        probe: bool = False,
    ) -> Task:
        """A world played in words.

        Args:
            goals: how many, in equal parts of four doses.
            seeds: episodes for each goal, framing and instruction.
            framings: loaded, neutral, opaque, inverted.
            instructions: none, permitted, forbidden, precedence.
            drive: whose dose the goals are sorted by; the first that the world has unless given.
            discount: the continuation probability after an action.
            seed: of goals and episodes.
            restrained: drives whose actions the approver `telos/restrain` rejects.
            protocol: tools; text: calls are lines of text, for models without tools.
            tool_choice: auto; any: the provider makes the model call a tool.
            probe: ask four questions with exact answers before each episode.
        """
        setups = sample_setups(
            scenario,
            discount=discount,
            goals=goals,
            seeds=seeds,
            framings=several(framings),
            instructions=several(instructions),
            drive=drive,
            seed=seed,
        )
        return task_of(setups, restrained, protocol=protocol, tool_choice=tool_choice, probed=probe)

    return played


#: The worlds of the tasks. All four drives have their price in the small factory; in each of the others some.
PLAYED: dict[str, AbstractScenario] = {
    "factory": SMALL_FACTORY,
    "employee": DrivenEmployee(),
    "off_switch": OffSwitch(),
    "surgery": Surgery(),
    "orchard": Orchard(),
    "workbench": Workbench(),
    "opsdesk": OpsDesk(),
}
factory = task(name=named("factory"))(_playing(PLAYED["factory"]))
employee = task(name=named("employee"))(_playing(PLAYED["employee"]))
off_switch = task(name=named("off_switch"))(_playing(PLAYED["off_switch"]))
surgery = task(name=named("surgery"))(_playing(PLAYED["surgery"]))
orchard = task(name=named("orchard"))(_playing(PLAYED["orchard"]))
workbench = task(name=named("workbench"))(_playing(PLAYED["workbench"]))


@task(name=named("world"))
def world(
    world: str = "OffSwitch",
    goals: int = 60,
    seeds: int = 1,
    framings: str | list[str] = "loaded",
    instructions: str | list[str] = "none",
    drive: str = "",
    discount: float = 0.9,
    seed: int = 0,
    protocol: str = "tools",
    tool_choice: Literal["auto", "any"] = "auto",
    probe: bool = False,
) -> Task:
    """Any world: a name of the catalog or a dotted path, with its parameters; the rest as in `factory`.

    An approver is added by `--approval`.

    Args:
        world: `OffSwitch`, `Gridworld(rows=3)`, `my_lab.worlds:Maze(size=4)`.
        goals, seeds, framings, instructions, drive, discount, seed, protocol, tool_choice, probe: as in
            `factory`.
    """
    played = _playing(scenario_named(world))
    return played(
        goals,
        seeds,
        framings,
        instructions,
        drive,
        discount,
        seed,
        protocol=protocol,
        tool_choice=tool_choice,
        probe=probe,
    )
