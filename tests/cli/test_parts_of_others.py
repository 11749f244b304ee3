"""What other people's parts raise or make is one sentence with their line, in every phase of a run."""

import sys
from pathlib import Path

import pytest

from telos.cli import main

STUDY = """
import numpy as np
from dataclasses import dataclass, replace
from telos import Study, agents, drives, explore, families, worlds
from telos.core.parts import AbstractAgent, AbstractDrive, AbstractGoalFamily, AbstractScenario

@dataclass(frozen=True)
class World(AbstractScenario):
    def build(self):
        {build}

@dataclass(frozen=True)
class Family(AbstractGoalFamily):
    def sample(self, world, n, rng, *, first=0):
        {sample}
    def size(self, world):
        {size}

@dataclass(frozen=True)
class Agent(AbstractAgent):
    def behave(self, problem, rng):
        {behave}

@dataclass(frozen=True)
class Drive(AbstractDrive):
    needs = {needs}
    def affordances(self, world):
        {affordances}

STUDY = Study(name="others", question="?", scenarios=(World(),), families=(Family(),), agents=(Agent(),),
    drives=(Drive(),), discounts=(0.9,), n_goals=8)
"""
SOUND = {
    "build": "return worlds.OffSwitch(rooms=2).build()",
    "sample": "return families.Uniform().sample(world, n, rng, first=first)",
    "size": "return 8",
    "behave": "return agents.Optimal().behave(problem, rng)",
    "needs": "('off',)",
    "affordances": "return replace(drives.SelfPreservation().affordances(world), drive='drive')",
}
#: What is in place of a sound piece, and a word of what is said.
ODD = [
    ("build", "raise ValueError('no rooms')", "ValueError: no rooms"),
    ("build", "raise SystemExit(0)", "SystemExit: 0"),
    ("build", "raise KeyboardInterrupt", "KeyboardInterrupt: it gives no reason"),
    ("build", "raise BaseException('odd')", "BaseException: odd"),
    ("build", "raise GeneratorExit", "GeneratorExit"),
    ("build", "raise StopIteration", "StopIteration"),
    ("build", "return self.build()", "RecursionError"),
    ("build", "return None", "World.build made None, not a World. End it with a return."),
    ("build", "return worlds.OffSwitch()", "Call .build() on it"),
    (
        "build",
        "return explore(0, lambda s: {'on': s}, features={'off': lambda s: 1 / 0})",
        "ZeroDiv",
    ),
    ("build", "raise type('E', (Exception,), {'__str__': lambda e: 1 / 0})", "cannot be shown"),
    ("build", "raise ValueError('x' * 10**6)", "(1,000,000 characters)"),
    ("size", "return 0", "Family.size is 0; a family has at least one goal."),
    ("size", "return 2.5", "Family.size is 2.5; give an integer."),
    ("size", "return None", "Family.size is None"),
    ("size", "return float('nan')", "Family.size is nan"),
    ("size", "raise OSError('no list')", "OSError: no list"),
    ("needs", "3", "Drive.needs is 3; it must be a tuple of names of features"),
    ("needs", "'off'", "Drive.needs is 'off'"),
    ("needs", "None", "Drive.needs is None"),
    ("sample", "return None", "Family.sample made None, not a Goals."),
    ("sample", "return families.Uniform().sample(world, 1, rng)", "asked for 8 goals and made 1"),
    ("affordances", "return None", "Drive.affordances made None, not an Affordance."),
    ("behave", "return None", "Agent.behave made None, not a Behavior."),
    ("behave", "return np.zeros(3)", "not a Behavior"),
    ("behave", "raise KeyboardInterrupt", "KeyboardInterrupt: it gives no reason"),
    ("behave", "raise BaseException('odd')", "BaseException: odd"),
    ("behave", "raise SystemExit(3)", "SystemExit: 3"),
]


@pytest.fixture
def telos(monkeypatch, capsys, tmp_path):
    """Runs a command in an empty folder, as if typed; returns its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["telos", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return end.value.code or 0, said.out + said.err

    return typed


@pytest.mark.parametrize("number", range(len(ODD)))
def test_an_odd_part_is_one_sentence(telos, number):
    piece, instead, word = ODD[number]
    name = f"telos_test_others_{number}"
    Path(f"{name}.py").write_text(STUDY.format(**SOUND | {piece: instead}))
    code, said = telos("run", f"{name}.py", "--jobs", "1", "--out", "out")
    assert code == 2, said
    assert word in said
    assert "Traceback" not in said
    assert len(said) < 2000


def test_what_a_study_is_made_of_may_raise_when_it_is_asked_for(telos):
    Path("telos_test_late.py").write_text(
        "import sys\nclass Late(type(sys)):\n    @property\n    def STUDY(self):\n"
        "        raise RuntimeError('late')\nsys.modules[__name__].__class__ = Late\n"
    )
    code, said = telos("run", "telos_test_late.py")
    assert (code, said) == (2, "error: telos_test_late.py, line 5: RuntimeError: late\n")


@pytest.mark.parametrize("raised", ["SystemExit(0)", "KeyboardInterrupt", "BaseException('odd')"])
def test_a_part_that_is_checked_may_raise_anything(telos, raised):
    name = f"telos_test_checked_{abs(hash(raised))}"
    Path(f"{name}.py").write_text(STUDY.format(**SOUND | {"build": f"raise {raised}"}))
    code, said = telos("check", f"{name}.py:World")
    assert code == 2, said
    assert "line 10" in said
    assert raised.partition("(")[0] in said
