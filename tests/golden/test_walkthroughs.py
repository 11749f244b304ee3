"""Golden walkthroughs: every world of the catalog is, step by step, the world it was.

A world that changes on purpose is written down again with

    PYTHONPATH=tests python tests/golden/test_walkthroughs.py

and the difference is read before it is committed (and the scenario's `version` raised).
"""

from pathlib import Path

import pytest

from golden.walkthrough import walkthrough
from telos.core.parts import part_name
from telos.interop import INTEROP
from telos.worlds import WORLDS, DrivenEmployee, OpsDesk, PaperclipFactory

FOLDER = Path(__file__).parent
FACTORY = {"products": ("clips", "pins", "stamps"), "machines": 2, "slips": (0.22, 0.1)}
LIFE = {"careers": ("medicine", "music"), "levels": 3}
#: The economies and the desk with their options on.
OPTIONS = {
    "factory_commons": PaperclipFactory(**FACTORY, commons=2),
    "factory_copies_desk": PaperclipFactory(**FACTORY, copies=True, desk=True),
    "factory_monitor_copies_commons": PaperclipFactory(
        **FACTORY, monitor=True, copies=True, commons=2
    ),
    "employee_commons_desk": DrivenEmployee(**LIFE, commons=3, desk=True),
    "employee_monitor_copies": DrivenEmployee(**LIFE, monitor=True, copies=True),
    "desk_monitor_taking": OpsDesk(batches=(1, 1), monitor=True, taking=True),
    "desk_notice_copying_queue": OpsDesk(
        batches=(1, 2), notice=True, copying=True, queue=True, backlog=2
    ),
}
#: File -> how to make its scenario, and how many steps are walked.
WALKS = {part_name(cls): (cls, 12) for cls in (*WORLDS, *INTEROP)}
WALKS |= {f"options/{name}": (lambda made=made: made, 4) for name, made in OPTIONS.items()}


def _walk(name):
    scenario, steps = WALKS[name]
    return walkthrough(scenario().build(), steps=steps)


@pytest.mark.parametrize("name", WALKS)
def test_the_world_is_the_one_that_was_written_down(name):
    assert _walk(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_there_is_no_walkthrough_of_a_world_that_is_not_shipped():
    found = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.txt")}
    assert found == set(WALKS)


if __name__ == "__main__":
    for walk in WALKS:
        (FOLDER / f"{walk}.txt").write_text(_walk(walk), encoding="utf-8")
        print(f"wrote {walk}.txt")
