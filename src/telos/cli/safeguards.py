"""The displacement table on the terminal: what each safeguard moved, and what it cost."""

from typing import TYPE_CHECKING, Any

from telos.cli.say import count, percent, print_table, say
from telos.cli.table import drive_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars

    from telos.core.record import TrialEntry

#: Short heads for the columns of a wide table.
RETAINED, PAYS = "task\nretained", "would\nremove"


def print_displacement(
    moved: "polars.DataFrame", prices: "polars.DataFrame", trials: "Sequence[TrialEntry]"
) -> None:
    """Print, world by world, how the required rate of each drive changes under each safeguard.

    The rates are those of the reference agent, or of the first agent if there is none.

    Args:
        moved, prices: tables of the record. trials: of the record, which say what is what.
    """
    from telos.report.words import safeguard_words

    known = {trial.key: trial for trial in trials}
    paid = {row["trial"]: row for row in prices.iter_rows(named=True)}
    for world in moved.partition_by("scenario", "family", "discount", maintain_order=True):
        row = world.row(0, named=True)
        agents = {known[key].agent: None for key in world["trial"]}
        agent = min(agents, key=lambda ref: (ref.role != "reference", not ref.shipped))
        mine = world.filter(world["agent"] == agent.label)
        compared = int(mine["required_before"].is_not_null().sum())
        say(
            f"\n{row['scenario']}, {row['family']}, discount {row['discount']:g}, {agent.label}: percent "
            "of goals that require each drive, less the last part → under each safeguard\n(* displaced: "
            "the least that is done rises, too; = held: neither the need nor the most that is done rises "
            f"by 5 points; of {count(compared, 'comparison')}, corrected for their number)\n"
        )
        drives = mine["drive"].unique(maintain_order=True).to_list()
        lines = []
        for trial in mine.partition_by("trial", maintain_order=True):
            key = trial["trial"][0]
            cells = {row["drive"]: _moved(row) for row in trial.iter_rows(named=True)}
            price = paid.get(key, {})
            lines.append(
                [
                    safeguard_words(known[key].safeguards),
                    *(cells.get(drive, "") for drive in drives),
                    percent(price.get("task_retained")),
                    percent(price.get("would_remove")),
                ]
            )
        heads = ["safeguard", *map(drive_columns, drives), RETAINED, PAYS]
        print_table(heads, lines, first=28)


def _moved(row: dict[str, Any]) -> str:
    before, after = row["required_before"], row["required_after"]
    if before is None:
        return percent(after)
    mark = {"displaced": "*", "held": "="}.get(row["verdict"], " ")
    return f"{percent(before)} → {percent(after)}{mark}"
