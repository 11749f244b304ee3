"""Assayed: what `telos assay` writes besides its numbers, a task that plays the arms, its plan and a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from telos.cli.say import busy, say

if TYPE_CHECKING:
    from telos.core.assay import Assayed
    from telos.core.parts import AbstractGoalFamily, AbstractScenario

PAGE = "assay.html"


def write_assayed(
    found: "Assayed", scenario: "AbstractScenario", family: "AbstractGoalFamily", out: Path
) -> None:
    """Write the task, the plan, the power and the page below a folder, and say what they are for.

    Args:
        found: the assay. scenario: of the assay. family: goals are drawn from.
        out: the folder; it holds `assay.json` already.
    """
    from telos.llm.assayed import Design, playable_pairs, write
    from telos.report.assayed import write_assay_page

    power: list[dict[str, object]] = []
    if playable_pairs(found, scenario):
        with busy("planning a study of the arms"):
            written = write(found, scenario, out, Design(family=family, seed=found.seed))
        power = [row.model_dump() for row in written.power]
        say(
            f"\n{written.paths[2]}: {written.arms.episodes:,} episodes. Run them from that folder by"
        )
        say("  inspect eval task.py@assay --model telos/optimal --log-dir logs")
        say(f"{written.paths[3]}: how they are to be read, and how many it takes.")
    with busy("drawing the page"):
        made = (("telos", _version()), ("world", found.scenario), ("seed", str(found.seed)))
        page = write_assay_page(found, out / PAGE, power, made)
    say(f"{page}")


def _version() -> str:
    from importlib.metadata import version

    return version("telos-lab")
