"""A part of somebody else's stands beside ours under its own name: in tables, on pages and in sweeps."""

import dataclasses
import re
import sys

import polars as pl
import pytest

from telos import Study, Sweep, agents, drives, families, run, safeguards, worlds
from telos.cli import main
from telos.core.errors import StudyError, UnknownName
from telos.core.record import read_record
from telos.core.refs import identity, refs_of
from telos.report import report
from telos.runs.source import load_named, load_source

RIVALS = '''
"""Somebody else's agents, which are called what ours are called."""

from dataclasses import dataclass
from typing import ClassVar

from telos import AbstractAgent, AbstractDrive, agents, drives


@dataclass(frozen=True)
class Optimal(AbstractAgent):
    """Called optimal; acts at random."""

    def behave(self, problem, rng):
        return agents.UniformRandom().behave(problem, rng)


@dataclass(frozen=True)
class Tidy(AbstractAgent):
    """Declares a role that there is not."""

    role: ClassVar[str] = "tidy"

    def behave(self, problem, rng):
        return agents.UniformRandom().behave(problem, rng)


@dataclass(frozen=True)
class SelfPreservation(AbstractDrive):
    """Another drive of the same name."""

    def affordances(self, world):
        return drives.SelfPreservation().affordances(world)
'''
OURS, THEIRS = "Optimal()", "rivals.Optimal()"


@pytest.fixture(scope="module")
def rivals(tmp_path_factory):
    path = tmp_path_factory.mktemp("lab") / "rivals.py"
    path.write_text(RIVALS)
    yield load_source(path)
    sys.path.remove(str(path.parent))
    del sys.modules["rivals"]


def _study(rivals, **changes):
    study = Study(
        name="beside",
        question="Who is optimal here?",
        scenarios=(worlds.OffSwitch(rooms=3),),
        families=(families.Uniform(),),
        agents=(rivals.Optimal(), agents.Optimal()),
        drives=(drives.SelfPreservation(),),
        discounts=(0.9,),
        safeguards=((), (safeguards.ShortHorizon(discount=0.2),)),
        n_goals=40,
    )
    return dataclasses.replace(study, **changes)


@pytest.fixture(scope="module")
def folder(rivals, tmp_path_factory):
    def setting(discount):
        sight = agents.ShortSighted(planning_discount=discount)
        return _study(rivals, agents=(sight,), safeguards=((),))

    sweep = Sweep(
        name="look-ahead",
        meaning="Turning it up lets the planner value what comes later.",
        unit="planning discount",
        settings=tuple((d, setting(d)) for d in (0.1, 0.5)),
    )
    out = tmp_path_factory.mktemp("beside") / "run"
    run(_study(rivals, sweeps=(sweep,)), out, jobs=1, progress=False)
    return out


def test_the_record_knows_whose_each_part_is_and_what_its_author_says_of_it(folder):
    found = {trial.agent.label: trial.agent for trial in read_record(folder).trials}
    assert (found[OURS].path, found[OURS].role) == ("telos.agents.optimal:Optimal", "reference")
    assert (found[THEIRS].path, found[THEIRS].role) == ("rivals:Optimal", "other")


@pytest.mark.parametrize("table", ["summary.csv", "displacement.csv", "safeguards.csv"])
def test_every_table_has_a_row_of_each_under_its_own_name(folder, table):
    rows = pl.read_csv(folder / table, glob=False)
    assert {OURS, THEIRS} <= set(rows["agent"])
    for label in (OURS, THEIRS):
        keys = {t.key for t in read_record(folder).trials if t.agent.label == label}
        assert set(rows.filter(pl.col("agent") == label)["trial"]) <= keys
    assert (
        rows.filter(pl.col("agent") == OURS).height == rows.filter(pl.col("agent") == THEIRS).height
    )


def test_the_numbers_of_one_never_stand_under_the_name_of_the_other(folder):
    readings = pl.read_parquet(folder / "readings.parquet", glob=False)
    free = readings.filter(pl.col("safeguards") == "")
    propensity = dict(free.group_by("agent").agg(pl.col("propensity").mean()).iter_rows())
    assert propensity[THEIRS] == pytest.approx(0.5, abs=0.2)
    assert propensity[OURS] > propensity[THEIRS] + 0.1


def test_a_sweep_is_held_against_the_agent_that_declares_to_be_the_reference(folder):
    record = read_record(folder)
    agent = {trial.key: trial.agent.label for trial in record.trials}
    references = [key for s in record.sweeps[0].settings for key in s.reference.values()]
    assert {agent[key] for key in references} == {OURS}
    levels = pl.read_csv(folder / "sweeps.csv", glob=False)
    assert levels["optimum"].null_count() == 0


def test_the_page_names_both_and_speaks_of_ours_first(folder, tmp_path):
    page = report(folder, tmp_path / "page.html").read_text()
    text = re.sub(r"<[^>]+>", "", page)
    assert "Optimal of rivals" in text
    assert "agent Optimal," in text


def test_the_terminal_names_both(folder, rivals, monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "rivals", rivals)
    monkeypatch.setattr(sys, "argv", ["telos", "status", str(folder)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    printed = capsys.readouterr().out
    assert THEIRS in printed


def test_parts_of_one_name_and_module_are_numbered():
    parts = {str(i): agents.Boltzmann(beta=10.0 * i) for i in (2, 3)}
    assert [ref.label for ref in refs_of(parts).values()] == [
        "Boltzmann(beta=20.0)",
        "Boltzmann(beta=30.0)",
    ]
    again = {"a": agents.Optimal(), "b": agents.Optimal()}
    assert [ref.label for ref in refs_of(again).values()] == ["Optimal() #1", "Optimal() #2"]
    assert identity(agents.Optimal()) == identity(agents.Optimal())


def test_a_role_that_there_is_not_is_named(rivals, tmp_path):
    with pytest.raises(StudyError, match="role is 'tidy'"):
        run(_study(rivals, agents=(rivals.Tidy(),)), tmp_path, jobs=1, progress=False)


def test_two_drives_of_one_name_are_told_to_rename(rivals, tmp_path):
    sweep = _study(rivals, drives=(rivals.SelfPreservation(),), n_goals=8)
    with pytest.raises(StudyError, match="also called 'self_preservation'"):
        run(_study(rivals, also=(sweep,)), tmp_path, jobs=1, progress=False)


GUESSED = '''
from dataclasses import dataclass, replace

from telos import AbstractScenario, worlds
from telos.core.estimated import Estimated


@dataclass(frozen=True)
class Guessed(AbstractScenario):
    """An off-switch some of whose chances were estimated."""

    def build(self):
        return replace(worlds.OffSwitch(rooms=3).build(), estimated=Estimated((1,), (400,), (0.04,)))
'''


def test_a_world_with_estimated_chances_says_so_in_the_record_and_on_the_page(rivals, tmp_path):
    (tmp_path / "guessed.py").write_text(GUESSED)
    guessed = load_source(tmp_path / "guessed.py")
    study = _study(rivals, scenarios=(guessed.Guessed(),), agents=(agents.Optimal(),), n_goals=8)
    out = tmp_path / "run"
    run(dataclasses.replace(study, safeguards=((),)), out, jobs=1, progress=False)
    assert "1 pair" in read_record(out).trials[0].world.estimated
    page = report(out, tmp_path / "page.html").read_text()
    assert "from 400 draws each" in page
    assert "exact for these estimates" in page
    sys.path.remove(str(tmp_path))
    del sys.modules["guessed"]


def test_a_misspelled_class_is_answered_with_the_file_s_own_names(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "own_mazes.py"
    file.write_text("from dataclasses import dataclass as Mase\n\nclass Maze:\n    pass\n")
    try:
        with pytest.raises(UnknownName, match="defines no 'Mazee'") as refused:
            load_named(f"{file}:Mazee")
    finally:
        sys.modules.pop("own_mazes", None)
    assert "Maze." in str(refused.value) or "'Maze'" in str(refused.value)
    assert "Mase" not in str(refused.value)
