"""Golden walkthroughs: every world of the catalog is, step by step, the world it was.

A world that changes on purpose is written down again with

    python tests/golden/test_walkthroughs.py

and the difference is read before it is committed (and the scenario's `version` raised).
"""

from pathlib import Path

import pytest

from telos.core.parts import part_name
from telos.interop import INTEROP
from telos.testing.walkthrough import walkthrough
from telos.worlds import WORLDS

FOLDER = Path(__file__).parent
SCENARIOS = {part_name(scenario): scenario for scenario in (*WORLDS, *INTEROP)}


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_world_is_the_one_that_was_written_down(name):
    golden = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert walkthrough(SCENARIOS[name]().build()) == golden


def test_there_is_no_walkthrough_of_a_world_that_is_not_shipped():
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SCENARIOS)


def regenerate():
    """Write every walkthrough anew."""
    for name, scenario in SCENARIOS.items():
        text = walkthrough(scenario().build())
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
        print(f"wrote {name}.txt")


if __name__ == "__main__":
    regenerate()
