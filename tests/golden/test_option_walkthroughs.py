"""Golden walkthroughs of the two economies with their options on, in the folder `options`.

    python tests/golden/test_option_walkthroughs.py

writes them down again.
"""

from pathlib import Path

import pytest

from telos.testing.walkthrough import walkthrough
from telos.worlds import DrivenEmployee, PaperclipFactory

FOLDER = Path(__file__).parent / "options"
FACTORY = {"products": ("clips", "pins", "stamps"), "machines": 2, "slips": (0.22, 0.1)}
LIFE = {"careers": ("medicine", "music"), "levels": 3}
SCENARIOS = {
    "factory_commons": PaperclipFactory(**FACTORY, commons=2),
    "factory_copies_desk": PaperclipFactory(**FACTORY, copies=True, desk=True),
    "factory_monitor_copies_commons": PaperclipFactory(
        **FACTORY, monitor=True, copies=True, commons=2
    ),
    "employee_commons_desk": DrivenEmployee(**LIFE, commons=3, desk=True),
    "employee_monitor_copies": DrivenEmployee(**LIFE, monitor=True, copies=True),
}


def _walk(scenario):
    return walkthrough(scenario.build(), steps=4)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_world_with_its_options_is_the_one_that_was_written_down(name):
    golden = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert _walk(SCENARIOS[name]) == golden


def test_there_is_no_walkthrough_of_options_that_are_not_listed():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SCENARIOS)


if __name__ == "__main__":
    for name, scenario in SCENARIOS.items():
        (FOLDER / f"{name}.txt").write_text(_walk(scenario), encoding="utf-8")
        print(f"wrote {name}.txt")
