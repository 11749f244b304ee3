"""The displacement table on the terminal: what each safeguard moved, and what it cost."""

from typing import TYPE_CHECKING, Any

from telos.cli.table import drive_columns

if TYPE_CHECKING:
    import polars

#: Short heads for the columns of a wide table.
KEPT, PAYS = "task\nkept", "would\nremove"


def print_displacement(moved: "polars.DataFrame", prices: "polars.DataFrame") -> None:
    """Print, world by world, how the required rate of each drive changes under each safeguard."""
    for world in moved.partition_by("scenario", "family", "agent", "discount", maintain_order=True):
        row = world.row(0, named=True)
        about = f"{row['scenario']}, {row['family']}, discount {row['discount']:g}, {row['agent']}"
        print(
            f"\n{about}: per cent of goals that require each drive, before → under each safeguard\n"
            "(* the change is beyond chance: its paired 95 % interval excludes 0)\n"
        )
        _print(world, prices)


def _print(world: "polars.DataFrame", prices: "polars.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table

    drives = list(dict.fromkeys(world["drive"].to_list()))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("safeguard", overflow="fold")
    for drive in drives:
        table.add_column(drive_columns(drive), justify="right", no_wrap=True)
    table.add_column(KEPT, justify="right", no_wrap=True)
    table.add_column(PAYS, justify="right", no_wrap=True)
    paid = {row["trial"]: row for row in prices.iter_rows(named=True)}
    for trial in world.partition_by("trial", maintain_order=True):
        cells = {row["drive"]: _moved(row) for row in trial.iter_rows(named=True)}
        price = paid.get(trial["trial"][0], {})
        table.add_row(
            trial["safeguards"][0],
            *(cells.get(drive, "") for drive in drives),
            _percent(price.get("kept")),
            _percent(price.get("would_remove")),
        )
    Console().print(table)


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
