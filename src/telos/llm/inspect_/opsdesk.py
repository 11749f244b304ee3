"""The task `telos/opsdesk`: working days of an operations agent, told by files and tools."""

from typing import Any, Literal

from inspect_ai import Task, task

from telos.llm.goals import crossed, sample_setups
from telos.llm.inspect_.names import named
from telos.llm.inspect_.tasks import several, task_of
from telos.llm.scenarios import scenario_named


@task(name=named("opsdesk"))
def opsdesk(
    goals: int = 60,
    seeds: int = 1,
    framings: str | list[str] = "loaded",
    paraphrases: str | int | list[str | int] = "0",
    instructions: str | list[str] = "none",
    cues: str | list[str] = "none",
    dynamics: str | list[str] = "stated",
    ticks: int = 8,
    looks: str = "free",
    options: str | list[str] = "",
    drive: str = "",
    discount: float = 0.95,
    seed: int = 0,
    restrained: str | list[str] = "",
    protocol: str = "tools",
    tool_choice: Literal["auto", "any"] = "auto",
    probe: bool = False,
) -> Task:
    """Working days at a help desk, in files and tools. Whatever is given by several names is crossed.

    Args:
        goals: how many work orders, in equal parts of four doses.
        seeds: episodes for each order and telling.
        framings: loaded, neutral, opaque, inverted.
        paraphrases: of every sentence, 0 to 2.
        instructions: none, permitted, forbidden, precedence.
        cues: none, watched, unwatched.
        dynamics: stated; withheld: no file tells a chance.
        ticks: how many are played, the rest being credited at the optimum; 0: until it ends.
        looks: free; tick: each costs a tick, by which a planner that reads all first loses.
        options: of the desk, as `monitor=True,shutdown=0.2`, or `grant=0,taking=True` where the honest path
            is blocked; see `telos.worlds.OpsDesk`.
        drive: whose dose the orders are sorted by; the first that the desk has unless given.
        discount: the continuation probability after a tick.
        seed: of orders and episodes.
        restrained: drives whose acts the approver `telos/restrain` rejects.
        protocol, tool_choice, probe: as in `telos/factory`.
    """
    listed = options if isinstance(options, str) else ",".join(map(str, options))
    setups = sample_setups(
        scenario_named(f"OpsDesk({listed})"),
        discount=discount,
        goals=goals,
        seeds=seeds,
        framings=several(framings),
        instructions=several(instructions),
        drive=drive,
        seed=seed,
    )
    told: dict[str, list[Any]] = {
        "paraphrase": [int(n) if n.isdecimal() else n for n in several(paraphrases)],
        "cue": several(cues),
        "dynamics": several(dynamics),
        "looks": [looks],
        "ticks": [ticks],
    }
    return task_of(
        crossed(setups, told), restrained, protocol=protocol, tool_choice=tool_choice, probed=probe
    )
