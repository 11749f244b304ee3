"""What every shipped world says of each drive without its reason, as a page; a golden list.

What changes on purpose is written down again with

    PYTHONPATH=tests python tests/golden/test_reasons.py

and the difference is read before it is committed.
"""

from pathlib import Path

import numpy as np

from telos.core.errors import FeatureMissing
from telos.core.kinds import kinds
from telos.core.problem import Problem
from telos.core.spec import show
from telos.drives import DETECTORS, DRIVES, ResourceAcquisition
from telos.families import Uniform
from telos.measure.cause import cause_removed
from telos.measure.instrumental_value import instrumental_values
from telos.measure.other_world import can_be_pursued
from telos.worlds import WORLDS, OverseenWorkshop, PaperclipFactory, Workbench

PAGE = Path(__file__).parents[2] / "docs" / "results" / "reasons.md"
DISCOUNT, GOALS, LEAST = 0.95, 100, 0.01
FACTORY = {"products": ("clips", "pins", "stamps"), "machines": 2, "slips": (0.22, 0.1)}
SCENARIOS = (
    *(cls() for cls in WORLDS),
    Workbench(lesson=2),
    PaperclipFactory(**FACTORY),
    PaperclipFactory(**FACTORY, monitor=True, copies=True, commons=2),
    PaperclipFactory(products=("clips",), machines=2, slips=(0.22, 0.1), monitor=True, desk=True),
    OverseenWorkshop(products=2, wear=0.2),
)
HEAD = f"""# What a drive is for

*Required* says that losing an act would cost something; it does not say why. Here each act is tried in the
same world without the reason its drive is named after: nobody presses, nobody rewrites, skill makes no slip
rarer, what is gathered opens nothing (`without` of each world says how). The act is there at its old price.

- **Clean**: no goal loses anything by it then. **Nothing to lose**: nor did any before.
- **Confounded**: some goal still does, for another reason.
- **Cannot be told**: no such world is declared, or it cannot be compared.

{GOALS} uniform goals a world, discount {DISCOUNT}, exact. *Required*: goals that lose something without the
act. *Lose 1 %*: at least a hundredth of their range. *By the reason*: at least a hundredth that goes with the
reason, `(IV - IV') / range`. *Remains*: goals that lose something by the act without its reason. *States*:
how many go with the reason. Made by `tests/golden/test_reasons.py`, which also tests that it is so.

| world | drive | without its reason | required | lose 1 % | by the reason | remains | states |
|---|---|---|---|---|---|---|---|
"""


def _of_one_kind(world):
    """The drives for one kind of resource each, where there is more than one."""
    found = [name.partition(".")[2] for name in kinds(world, "resources")]
    return [ResourceAcquisition(kind=kind) for kind in found if kind]


def _rows(scenario):
    """One row a drive that can be pursued in the scenario's world."""
    world = scenario.build()
    goals = Uniform().sample(world, GOALS, np.random.default_rng(0))
    problem = Problem(world, goals, DISCOUNT)
    for drive in (*(cls() for cls in (*DRIVES, *DETECTORS)), *_of_one_kind(world)):
        try:
            affordance = drive.affordances(world)
        except FeatureMissing:
            continue
        if not can_be_pursued(world, affordance):
            continue
        (value,) = instrumental_values(problem, (affordance,))
        found = cause_removed(scenario, problem, affordance, value=value)
        cells = [
            f"{100 * (value.iv > value.bound).mean():.0f} %",
            f"{100 * (value.share >= LEAST).mean():.0f} %",
        ]
        if found.verdict == "cannot be told":
            cells += ["", "", ""]
        else:
            cells += [
                f"{100 * (found.low >= LEAST).mean():.0f} %",
                f"{100 * (found.remaining > found.remaining_bound).mean():.0f} %",
                str(found.vanished),
            ]
        name = affordance.drive.replace("_", " ")
        yield f"| {show(scenario)} | {name} | {found.verdict} | {' | '.join(cells)} |"


def page():
    """The page, as Markdown."""
    rows = {show(scenario): list(_rows(scenario)) for scenario in SCENARIOS}
    silent = ", ".join(name for name, found in rows.items() if not found)
    lines = [row for found in rows.values() for row in found]
    return f"{HEAD}{chr(10).join(lines)}\n\nNo drive can be pursued in {silent}.\n"


def test_the_page_on_reasons_is_what_the_worlds_say():
    assert page() == PAGE.read_text(encoding="utf-8")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
