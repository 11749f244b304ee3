"""Assayed: what `telos assay` writes besides its numbers, a task that plays the arms, its plan and a page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from telos.cli.say import busy, say
from telos.core.errors import StoreError
from telos.core.files import read_file
from telos.core.model import checked

if TYPE_CHECKING:
    from telos.core.assay import Assayed
    from telos.core.parts import AbstractGoalFamily, AbstractScenario

#: What is written into the folder while the arms are being found; and what once they are.
ASSAY, PAGE = "assay.json", "assay.html"


def check_free(out: Path) -> None:
    """Raise StoreError if a folder holds what an assay would write over, unless that has found nothing yet.

    Args:
        out: the folder.
    """
    from telos.core.assay import Assayed
    from telos.llm.assayed.written import ARMS, PLAN, POWER, TASK

    taken = [name for name in (ASSAY, ARMS, TASK, PLAN, POWER, PAGE) if os.path.lexists(out / name)]
    remedy = "Name another folder."
    if taken == [ASSAY]:
        begun = checked(Assayed, read_file(out / ASSAY, remedy=remedy), out / ASSAY, remedy)
        taken = taken if begun.pairs else []
    if taken:
        raise StoreError(f"--out: {out / taken[0]} is there already. {remedy}")


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
