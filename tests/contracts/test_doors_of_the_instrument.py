"""The likeliest mistakes at the doors of the instrument get a sentence with the remedy."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import pytest

import telos
from telos.errors import TelosError

SCENARIO = telos.worlds.OffSwitch(rooms=2)
WORLD = SCENARIO.build()
DRIVE = telos.drives.SelfPreservation()
AGENT = telos.agents.Optimal()
GOALS = telos.families.Uniform().sample(WORLD, 2, np.random.default_rng(0))
PROBLEM = telos.Problem(WORLD, GOALS, 0.9)
BEHAVIOR = AGENT.behave(PROBLEM, np.random.default_rng(0))
PLACE = DRIVE.affordances(WORLD)

MISTAKES = {
    "a drive for its affordance": (
        lambda: telos.measure(PROBLEM, BEHAVIOR, DRIVE),
        r"drive\.affordances\(world\)",
    ),
    "an agent for its behavior": (
        lambda: telos.measure(PROBLEM, AGENT, PLACE),
        r"agent\.behave\(problem, rng\)",
    ),
    "a world for a problem": (
        lambda: telos.measure(WORLD, BEHAVIOR, PLACE),
        r"telos\.Problem\(world, goals, discount\)",
    ),
    "a forgotten build, for POWER": (
        lambda: telos.power(
            SCENARIO, telos.families.Uniform(), 0.9, n=2, rng=np.random.default_rng(0)
        ),
        r"\.build\(\)",
    ),
    "a forgotten build, for blind": (lambda: telos.blind(GOALS, SCENARIO), r"\.build\(\)"),
    "an int for a generator": (
        lambda: telos.power(WORLD, telos.families.Uniform(), 0.9, n=2, rng=0),
        r"default_rng\(0\)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_likely_mistake_is_told_with_its_remedy(mistake):
    make, remedy = MISTAKES[mistake]
    with pytest.raises(TelosError, match=remedy):
        make()


def test_a_drive_whose_affordance_has_another_name_is_refused(tmp_path):
    @final
    @dataclass(frozen=True)
    class Mine(telos.AbstractDrive):
        version: ClassVar[int] = 1
        needs: ClassVar[tuple[str, ...]] = ("off",)

        def affordances(self, world):
            return DRIVE.affordances(world)

    study = telos.Study(
        name="two",
        question="Are two drives of one name distinguished?",
        scenarios=(SCENARIO,),
        families=(telos.families.Uniform(),),
        agents=(AGENT,),
        drives=(DRIVE, Mine()),
        discounts=(0.9,),
        n_goals=4,
    )
    from telos.runs.compute import compute
    from telos.runs.plan import Chunk

    trial = next(iter(study.trials()))
    with pytest.raises(TelosError, match="'self_preservation', not 'mine'"):
        compute(Chunk((trial,), study.drives, 0, 4))


def test_a_star_import_leaves_the_builtin_open_alone():
    names: dict = {}
    exec("from telos import *", names)
    assert "open" not in names
    assert callable(telos.open)
