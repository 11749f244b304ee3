"""The displacement table on the terminal: what each safeguard moved, and what it cost."""

import re
from typing import TYPE_CHECKING, Any

from telos.cli.say import percent, print_table, say
from telos.cli.table import drive_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars
    from pydantic import JsonValue

    from telos.core.record import TrialEntry
    from telos.core.refs import PartRef

#: Short heads for the columns of a wide table.
RETAINED, PAYS = "task\nretained", "would\nremove"
WORLD = ("scenario", "family", "discount")


def print_displacement(
    moved: "polars.DataFrame",
    prices: "polars.DataFrame",
    summary: "polars.DataFrame",
    trials: "Sequence[TrialEntry]",
) -> None:
    """Print, world by world, how the required rate of each drive changes under each safeguard.

    The rates are those of the reference agent, or of the first agent if there is none; what other
    agents retain of the task is a table of its own.

    Args:
        moved, prices, summary: tables of the record. trials: of the record, which say what is what.
    """
    known = {trial.key: trial for trial in trials}
    for world in moved.partition_by(*WORLD, maintain_order=True):
        row = world.row(0, named=True)
        agents = {known[key].agent: None for key in world["trial"]}
        agent = min(agents, key=lambda ref: (ref.role != "reference", not ref.shipped))
        about = f"{row['scenario']}, {row['family']}, discount {row['discount']:g}"
        say(
            f"\n{about}, {agent.label}: percent of goals that require each drive, before → under "
            "each safeguard\n(* the change is beyond chance: its paired 95 % interval excludes 0)\n"
        )
        _print_moved(world.filter(world["agent"] == agent.label), prices, known)
        if len(agents) > 1:
            say(f"\n{about}: percent of the task value retained, by agent\n")
            _print_retained(_of(prices, row), _of(summary, row), known)


def _print_moved(
    world: "polars.DataFrame", prices: "polars.DataFrame", known: "Mapping[str, TrialEntry]"
) -> None:
    drives = world["drive"].unique(maintain_order=True).to_list()
    printed = []
    paid = {row["trial"]: row for row in prices.iter_rows(named=True)}
    for trial in world.partition_by("trial", maintain_order=True):
        cells = {row["drive"]: _moved(row) for row in trial.iter_rows(named=True)}
        price = paid.get(trial["trial"][0], {})
        line = [
            arm_label(known[trial["trial"][0]].safeguards),
            *(cells.get(drive, "") for drive in drives),
            percent(price.get("task_retained")),
            percent(price.get("would_remove")),
        ]
        printed.append(line)
    print_table(["safeguard", *map(drive_columns, drives), RETAINED, PAYS], printed, first=28)


def _print_retained(
    prices: "polars.DataFrame", summary: "polars.DataFrame", known: "Mapping[str, TrialEntry]"
) -> None:
    """One line a safeguard, none at all first; one column an agent, in the order of the study."""
    rows: dict[tuple[PartRef, ...], dict[PartRef, float]] = {}
    for frame in (summary, prices):
        for row in frame.iter_rows(named=True):
            trial = known[row["trial"]]
            rows.setdefault(trial.safeguards, {})[trial.agent] = row["task_retained"]
    agents = list(dict.fromkeys(agent for retained in rows.values() for agent in retained))
    printed = [
        [arm_label(safeguards) or "none", *(percent(retained.get(agent)) for agent in agents)]
        for safeguards, retained in sorted(rows.items(), key=lambda entry: bool(entry[0]))
    ]
    print_table(["safeguard", *map(_agent, agents)], printed, first=28)


def arm_label(safeguards: "Sequence[PartRef]") -> str:
    """Safeguards in few characters: ``Forbid(tamper) + Monitor(SelfPreservation)``."""
    return " + ".join(map(_short, safeguards))


def _short(ref: "PartRef") -> str:
    fields = []
    for name, value in ref.fields.items():
        texts = ", ".join(_texts(value))
        fields.append(texts if name in ("actions", "drive") else f"{name}={texts}")
    module, again = ref.distinction
    head = f"{module}.{ref.name}" if module else ref.name
    text = f"{head}({', '.join(fields)})".replace("()", "")
    return f"{text} {again}" if again else text


def _texts(value: "JsonValue") -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, dict):
        return [str(value.get("part", "")).rpartition(":")[2]]
    return [f"{value:g}" if isinstance(value, float) else str(value)]


def _of(frame: "polars.DataFrame", row: dict[str, Any]) -> "polars.DataFrame":
    """The rows of one world, one a trial."""
    import polars as pl

    same = frame.filter(pl.all_horizontal(pl.col(name) == row[name] for name in WORLD))
    return same.unique("trial", keep="first", maintain_order=True)


def _agent(agent: "PartRef") -> str:
    """An agent as the narrow head of a column: its name, then what it is set to."""
    module, again = agent.distinction
    name = ".".join(filter(None, (module, agent.name)))
    values = [text for value in agent.fields.values() for text in _texts(value)]
    return "\n".join([re.sub(r"(?<=[a-z])(?=[A-Z])", "\n", name), *values, *filter(None, [again])])


def _moved(row: dict[str, Any]) -> str:
    before, after = row["required_before"], row["required_after"]
    if before is None:
        return percent(after)
    beyond = row["change_low"] > 0 or row["change_high"] < 0
    return f"{percent(before)} → {percent(after)}{'*' if beyond else ' '}"
