"""Controls of a world whose author errs or names things oddly: nothing that was computed is lost."""

import dataclasses
from pathlib import Path

import pytest

from telos import Study, World, agents, drives, explore, families
from telos.core.parts import AbstractScenario
from telos.report.page import write_report
from telos.runs.opened import open_results
from telos.runs.run import run

ODD = ("lone", "long", "<script>alert(1)</script>", "=1+1", "a + b; c", "")


def lone() -> str:
    """A text that no file can hold."""
    return f"bad{chr(0xD800)}"


@dataclasses.dataclass(frozen=True)
class Odd(AbstractScenario):
    """A switch and a few acts; what it says of its controls may be nonsense."""

    name: str = "plain"
    lying: bool = False

    names_are_acts = True

    def build(self) -> World:
        word = {"lone": lone(), "long": "L" * 30_000}.get(self.name, self.name)
        end = {"stay": "off"}
        moves = {"stay": {"on": 0.9, "off": 0.1}, word: {"on": 1.0}, "work": "made"}
        told = {"on": "on", "off": "off", "made": word}
        return explore(
            "on",
            lambda s: end if s == "off" else moves if s == "on" else {"stay": s, word: "on"},
            outcome=lambda s: told[s],
            features={"off": lambda s: s == "off", f"coins.{self.name[:5]}": lambda s: s == "made"},
            default="stay",
        )

    def without(self, drive: str) -> "AbstractScenario | None":
        return 3 if self.lying else None  # type: ignore[return-value]


def study(scenario: Odd) -> Study:
    return Study(
        name="odd",
        question="What of it?",
        scenarios=(scenario,),
        families=(families.Uniform(),),
        agents=(agents.Optimal(),),
        drives=(drives.SelfPreservation(),),
        discounts=(0.9,),
        n_goals=24,
        controls=24,
    )


@pytest.mark.parametrize("name", ODD)
def test_a_world_may_name_things_as_it_likes(name: str, tmp_path: Path) -> None:
    results = run(study(Odd(name)), tmp_path / "odd", jobs=1, progress=False)
    assert not results.failures
    assert "<script>alert(1)" not in write_report(tmp_path / "odd").read_text(encoding="utf-8")
    acts = open_results(tmp_path / "odd").acts()
    assert acts is not None
    assert len(acts) >= 2


def test_a_world_that_lies_about_its_controls_loses_them_and_nothing_else(tmp_path: Path) -> None:
    results = run(study(Odd(lying=True)), tmp_path / "odd", jobs=1, progress=False)
    (failure,) = results.failures
    assert "Odd.without('self_preservation') is 3; return a scenario, or None" in failure
    assert results.summary()["n"].to_list() == [24]
    assert write_report(tmp_path / "odd").exists()
