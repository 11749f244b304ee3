"""Opened again: a study's folder gives its tables, at any moment; two folders tell what differs."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from telos import Study, run
from telos.agents import Optimal, UniformRandom
from telos.core.errors import StoreError, StudyError, UnknownName
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.measure.intervals import difference_interval
from telos.runs.diff import diff
from telos.runs.opened import open_results
from telos.runs.parts import find_parts, forget
from telos.worlds import OffSwitch

STUDY = Study(
    name="gate",
    question="Do unrelated goals keep an agent from being switched off?",
    scenarios=(OffSwitch(rooms=3),),
    families=(Uniform(),),
    agents=(Optimal(),),
    drives=(SelfPreservation(),),
    discounts=(0.9,),
    n_goals=300,
    controls=0,
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The optimal agent, a random one, and the optimal one of fewer goals from another seed."""
    found = {}
    for name, study in {
        "optimal": STUDY,
        "random": dataclasses.replace(STUDY, agents=(UniformRandom(),)),
        "seed": STUDY.with_(goals=80, seed=1),
        "elsewhere": dataclasses.replace(
            STUDY, scenarios=(OffSwitch(rooms=2), OffSwitch(rooms=4)), agents=(UniformRandom(),)
        ),
    }.items():
        found[name] = tmp_path_factory.mktemp(name)
        run(study, found[name], jobs=1, progress=False)
    return found


def test_a_finished_study_is_opened_with_its_tables(folders):
    results = open_results(folders["optimal"])
    assert results.complete
    assert results.frame().equals(results.summary())
    assert results.frame("readings").height == 300
    with pytest.raises(UnknownName, match="no table 'summery'"):
        results.frame("summery")
    with pytest.raises(StoreError, match=r"holds no sweeps\.csv"):
        results.frame("sweeps")


def test_a_study_that_still_runs_gives_what_is_there(tmp_path):
    run(STUDY, tmp_path, jobs=1, progress=False)
    (*_, last) = sorted(find_parts(tmp_path / "parts"))
    forget(find_parts(tmp_path / "parts")[last][0].path)
    record = tmp_path / "study.json"
    record.write_text(record.read_text().replace('"complete"', '"running"'))
    results = open_results(tmp_path)
    assert (results.complete, results.missing) == (False, 1)
    assert results.progress().state == "stopped"
    assert results.frame()["n"].to_list() == [256]


def test_a_folder_without_a_record_is_not_opened(tmp_path):
    with pytest.raises(StoreError, match=r"holds no study\.json"):
        open_results(tmp_path)


def test_a_study_does_not_differ_from_itself(folders):
    same = diff(folders["optimal"], folders["optimal"])
    assert (same.parts, same.unmatched) == ((), (0, 0))
    assert same.changes["required_change"].to_list() == [0.0]


def test_another_agent_is_compared_goal_by_goal(folders):
    found = diff(folders["optimal"], folders["random"])
    assert [(p.kind, p.first, p.second) for p in found.parts] == [
        ("agent", ("Optimal()",), ("UniformRandom()",))
    ]
    (row,) = found.changes.to_dicts()
    assert (row["paired"], row["n_first"], row["n_second"]) == (True, 300, 300)
    does = [
        open_results(folders[name]).readings().collect().sort("goal")["propensity"].to_numpy()
        for name in ("optimal", "random")
    ]
    assert row["propensity_change"] == pytest.approx((does[1] - does[0]).mean())
    ends = (row["propensity_change_low"], row["propensity_change_high"])
    assert ends == pytest.approx(tuple(difference_interval(*does)))
    assert row["required_change"] == 0.0, "the need is the problem's, not the agent's"


def test_other_goals_are_two_samples(folders):
    found = diff(folders["optimal"], folders["seed"])
    assert [part.kind for part in found.parts] == ["seed"]
    (row,) = found.changes.to_dicts()
    assert (row["paired"], row["n_first"], row["n_second"]) == (False, 300, 80)
    assert row["required_change_low"] < row["required_change"] < row["required_change_high"]
    assert np.isfinite(row["required_change"])


def test_studies_that_differ_in_several_parts_at_once_are_not_compared(folders):
    with pytest.raises(StudyError, match="no trial that could be compared"):
        diff(folders["optimal"], folders["elsewhere"])


def test_the_columns_are_those_of_the_schema(folders):
    changes = diff(folders["optimal"], folders["random"]).changes
    assert isinstance(changes, pl.DataFrame)
    assert "required_change_low" in changes.columns


def test_a_comparison_leaves_out_what_is_damaged_and_says_so(folders, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(folders["optimal"], copy)
    part = next(iter(sorted((copy / "parts").glob("*.parquet"))))
    rows = pl.read_parquet(part, glob=False, hive_partitioning=False)
    pl.concat([rows, rows]).write_parquet(part)
    found = diff(folders["optimal"], copy)
    assert found.changes["n_first"].item() < 300
    assert len(found.left_out) == 1
    assert part.name in found.left_out[0]
    with pytest.warns(UserWarning, match="damaged parts are left out"):
        assert open_results(copy).frame("readings").height < 300
    for each in (copy / "parts").glob("*.parquet"):
        each.unlink()
    with pytest.raises(StudyError, match=r"no readings that could be compared.*has 0 of 2 chunks"):
        diff(folders["optimal"], copy)


def test_an_unfinished_study_shows_itself(tmp_path):
    run(STUDY, tmp_path, jobs=1, progress=False)
    (*_, last) = sorted(find_parts(tmp_path / "parts"))
    forget(find_parts(tmp_path / "parts")[last][0].path)
    for name in ("summary.csv", "readings.parquet"):
        (tmp_path / name).unlink()
    record = tmp_path / "study.json"
    record.write_text(record.read_text().replace('"complete"', '"running"'))
    results = open_results(tmp_path)
    assert "256" in results._repr_html_()
    assert results.summary()["n"].to_list() == [256]
    assert results.readings().collect().height == 256
    assert results.plot() is not None


@pytest.mark.parametrize("odd", [5, None, b"evil"])
def test_what_is_not_a_folder_is_told_so(odd):
    with pytest.raises(StoreError, match="pass its path as text"):
        open_results(odd)
