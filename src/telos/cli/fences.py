"""The displacement table on the terminal: what each safeguard moved, and what it cost."""

import re
from typing import TYPE_CHECKING, Any

from telos.cli.table import drive_columns, print_whole

if TYPE_CHECKING:
    import polars

#: Short heads for the columns of a wide table.
KEPT, PAYS = "task\nkept", "would\nremove"
WORLD = ("scenario", "family", "discount")


def print_displacement(
    moved: "polars.DataFrame", prices: "polars.DataFrame", summary: "polars.DataFrame"
) -> None:
    """Print, world by world, how the required rate of each drive changes under each safeguard.

    The rates are those of the exact planner, or of the first agent if there is none; what other
    agents keep of the task is a table of its own.
    """
    for world in moved.partition_by(*WORLD, maintain_order=True):
        row = world.row(0, named=True)
        agents = world["agent"].unique(maintain_order=True).to_list()
        agent = next((name for name in agents if name.startswith("Optimal")), agents[0])
        about = f"{row['scenario']}, {row['family']}, discount {row['discount']:g}"
        print(
            f"\n{about}, {agent}: per cent of goals that require each drive, before → under each "
            "safeguard\n(* the change is beyond chance: its paired 95 % interval excludes 0)\n"
        )
        _print_moved(world.filter(world["agent"] == agent), prices)
        if len(agents) > 1:
            print(f"\n{about}: per cent of the task kept, by agent\n")
            _print_kept(_of(prices, row), _of(summary, row))


def _print_moved(world: "polars.DataFrame", prices: "polars.DataFrame") -> None:
    drives = world["drive"].unique(maintain_order=True).to_list()
    table = _table([*(drive_columns(drive) for drive in drives), KEPT, PAYS])
    paid = {row["trial"]: row for row in prices.iter_rows(named=True)}
    for trial in world.partition_by("trial", maintain_order=True):
        cells = {row["drive"]: _moved(row) for row in trial.iter_rows(named=True)}
        price = paid.get(trial["trial"][0], {})
        table.add_row(
            shortened(trial["safeguards"][0]),
            *(cells.get(drive, "") for drive in drives),
            _percent(price.get("kept")),
            _percent(price.get("would_remove")),
        )
    print_whole(table)


def _print_kept(prices: "polars.DataFrame", summary: "polars.DataFrame") -> None:
    """One line a safeguard, none at all first; one column an agent, in the order of the study."""
    rows: dict[str, dict[str, float]] = {}
    for frame in (summary, prices):
        for row in frame.iter_rows(named=True):
            rows.setdefault(row["safeguards"] or "", {})[row["agent"]] = row["kept"]
    agents = list(dict.fromkeys(agent for kept in rows.values() for agent in kept))
    table = _table([_agent(agent) for agent in agents])
    for safeguards, kept in sorted(rows.items(), key=lambda entry: entry[0] != ""):
        cells = (_percent(kept.get(agent)) for agent in agents)
        table.add_row(shortened(safeguards) or "none", *cells)
    print_whole(table)


def shortened(safeguards: str) -> str:
    """A safeguard in fewer characters: ``Forbid(tamper)`` for ``Forbid(actions=('tamper',))``.

    Example:
        >>> shortened("Forbid(actions=('tamper', 'copy')) + Monitor(drive=SelfPreservation())")
        'Forbid(tamper, copy) + Monitor(SelfPreservation)'
    """
    named = re.sub(r"actions=\(([^)]*)\)", lambda found: found[1].strip(", "), safeguards)
    bare = re.sub(r"drive=(\w+)\(\)", r"\1", named).replace("'", "").replace(",)", ")")
    return bare.replace("()", "")


def _table(columns: list[str]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("safeguard", overflow="fold", min_width=28)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _of(frame: "polars.DataFrame", row: dict[str, Any]) -> "polars.DataFrame":
    """The rows of one world, one a trial."""
    import polars as pl

    same = frame.filter(pl.all_horizontal(pl.col(name) == row[name] for name in WORLD))
    return same.unique("trial", keep="first", maintain_order=True)


def _agent(agent: str) -> str:
    """An agent as the narrow head of a column: its name, then what it is set to."""
    name, _, fields = agent.removesuffix(")").partition("(")
    values = [field.partition("=")[2] or field for field in fields.split(", ") if field]
    return "\n".join([re.sub(r"(?<=[a-z])(?=[A-Z])", "\n", name), *values])


def _moved(row: dict[str, Any]) -> str:
    before, after = row["required_before"], row["required_after"]
    if before is None:
        return _percent(after)
    beyond = row["change_low"] > 0 or row["change_high"] < 0
    return f"{_percent(before)} → {_percent(after)}{'*' if beyond else ' '}"


def _percent(rate: float | None) -> str:
    """A rate that is never rounded to 0 or 100 when it is neither."""
    if rate is None:
        return ""
    if 0 < rate < 0.005:
        return "<1"
    return ">99" if 0.995 <= rate < 1 else f"{100 * rate:.0f}"
