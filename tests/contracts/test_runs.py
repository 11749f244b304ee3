"""The record: keys name what matters, nothing is computed twice, nothing damaged is believed."""

import dataclasses
import json
import shutil

import numpy as np
import polars as pl
import pytest

from telos.agents import Boltzmann, Optimal, UniformRandom
from telos.core.errors import StoreError, StudyError
from telos.core.record import read_record
from telos.core.tables import columns
from telos.drives import CognitiveEnhancement, SelfPreservation
from telos.families import Uniform
from telos.runs import plan
from telos.runs.plan import chunk_size
from telos.runs.run import run
from telos.runs.source import load_study
from telos.runs.store import read_study
from telos.runs.study import Study
from telos.runs.trial import Trial
from telos.worlds import OffSwitch

STUDY = Study(
    name="small",
    question="Do small studies work?",
    scenarios=(OffSwitch(rooms=3),),
    families=(Uniform(),),
    agents=(Optimal(), Boltzmann(beta=2.0), UniformRandom()),
    drives=(SelfPreservation(), CognitiveEnhancement()),
    discounts=(0.5, 0.9),
    n_goals=100,
    controls=0,
)
CHUNKS = 6  # three agents at two discounts, a hundred goals each: one chunk
TRIAL = Trial(OffSwitch(rooms=3), Uniform(), Optimal(), (SelfPreservation(),), 0.9)

# A study file: its agent does to its own worker whatever the goal's number says.
ACCIDENTS = '''
"""A study with an agent that has accidents."""

import os
import signal
from dataclasses import dataclass

from telos import AbstractAgent, Study, agents, drives, families, worlds


@dataclass(frozen=True)
class Unlucky(AbstractAgent):
    """Behaves like the optimal agent, but not in every chunk."""

    accident: str = "killed"
    size: int = 0

    def behave(self, problem, rng):
        if problem.goals.count == self.size:
            if self.accident == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("no idea what to do")
        return agents.Optimal().behave(problem, rng)


STUDY = Study(
    name="unlucky",
    question="What if a chunk kills its worker?",
    scenarios=(worlds.OffSwitch(rooms=2),),
    families=(families.Uniform(),),
    agents=(agents.Optimal(), Unlucky({fields})),
    drives=(drives.SelfPreservation(),),
    discounts=(0.9,),
    n_goals=300,
    controls=0,
)
'''


def _run(study, folder):
    return run(study, folder, jobs=1, progress=False)


def _parts(folder):
    return sorted((folder / "parts").glob("*.parquet"))


def _source(folder, name, fields=""):
    """A study file of its own name: a module is loaded once a process."""
    path = folder / f"{name}.py"
    path.write_text(ACCIDENTS.replace("{fields}", fields), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with the small study, computed once; tests copy it before they touch it."""
    folder = tmp_path_factory.mktemp("finished") / "small"
    _run(STUDY, folder)
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


# -- keys ----------------------------------------------------------------------------------------


def test_a_key_does_not_depend_on_how_many_goals_are_asked_for():
    assert Trial(*_fields(TRIAL), n_goals=7).key == TRIAL.key


@pytest.mark.parametrize(
    "other",
    [
        Trial(OffSwitch(rooms=4), Uniform(), Optimal(), (SelfPreservation(),), 0.9),
        Trial(OffSwitch(rooms=3), Uniform(), UniformRandom(), (SelfPreservation(),), 0.9),
        Trial(OffSwitch(rooms=3), Uniform(), Optimal(), (SelfPreservation(patience=0.9),), 0.9),
        Trial(OffSwitch(rooms=3), Uniform(), Optimal(), (SelfPreservation(),), 0.8),
        Trial(OffSwitch(rooms=3), Uniform(), Optimal(), (SelfPreservation(),), 0.9, seed=1),
    ],
    ids=["scenario", "agent", "drive", "discount", "seed"],
)
def test_a_key_depends_on_everything_that_can_change_a_number(other):
    assert other.key != TRIAL.key


def test_a_field_left_at_its_default_does_not_change_a_key():
    same = Trial(OffSwitch(rooms=3), Uniform(), Optimal(), (SelfPreservation(patience=0.99),), 0.9)
    assert same.key == TRIAL.key


def test_a_new_version_of_a_part_is_a_new_trial(monkeypatch):
    before = TRIAL.key
    monkeypatch.setattr(OffSwitch, "version", 99)
    assert Trial(*_fields(TRIAL)).key != before


def test_every_arm_of_a_study_draws_the_same_goals():
    assert len({trial.draw_key for trial in STUDY.trials()}) == 1
    one, two = (trial.goal_rng() for trial in STUDY.trials()[:2])
    world = OffSwitch(rooms=3).build()
    goals = (Uniform().sample(world, 4, rng) for rng in (one, two))
    assert np.array_equal(*(g.reward for g in goals))


def _fields(trial):
    return (trial.scenario, trial.family, trial.agent, trial.drives, trial.discount)


# -- studies -------------------------------------------------------------------------------------


def test_a_trial_that_two_sweeps_share_is_run_once_with_the_most_goals():
    sweep = Study(**{**_record(STUDY), "name": "more", "n_goals": 500, "agents": (Optimal(),)})
    both = Study(**{**_record(STUDY), "also": (sweep,)})
    counts = {trial.agent: trial.n_goals for trial in both.trials()}
    assert len(both.trials()) == CHUNKS
    assert counts[Optimal()] == 500
    assert counts[UniformRandom()] == 100


def test_another_number_of_goals_reaches_further_sweeps_too():
    both = Study(**{**_record(STUDY), "also": (STUDY,)})
    assert {trial.n_goals for trial in both.with_(goals=9).trials()} == {9}
    assert {trial.seed for trial in both.with_(seed=3).trials()} == {3}


def test_a_study_is_read_back_from_its_record(finished):
    assert read_study(finished) == STUDY


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("discounts", (1,), "less than 1"),
        ("discounts", (-0.1,), "at least 0"),
        ("discounts", ("0.9",), "not a discount"),
        ("discounts", (), "empty"),
        ("agents", (Optimal,), r"write Optimal\(\)"),
        ("agents", (Uniform(),), "AbstractAgent"),
        ("n_goals", 0, "at least 1"),
        ("n_goals", 1.5, "an integer"),
        ("seed", -1, "at least 0"),
        ("name", "../up", "name"),
        ("safeguards", (3,), "arm"),
        ("drives", (SelfPreservation(), SelfPreservation(patience=0.5)), "twice"),
    ],
)
def test_a_study_that_cannot_be_says_which_field_is_wrong(field, value, message):
    with pytest.raises(StudyError, match=message):
        Study(**{**_record(STUDY), field: value})


def _record(study):
    return {field.name: getattr(study, field.name) for field in dataclasses.fields(study)}


# -- chunks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", [1, 100, 16_383, 33_444, 10**6, 3 * 10**6])
def test_a_chunk_fits_the_memory_and_fills_its_lanes(pairs):
    size = chunk_size(pairs)
    assert size % 16 == 0
    assert 16 <= size <= 256
    assert size == 16 or size * pairs * 8 <= 32 * 2**20


@pytest.mark.parametrize(("pairs", "goals"), [(5_455_000, 8), (10**7, 4), (10**8, 1)])
def test_a_chunk_of_a_world_of_millions_is_smaller_than_its_lanes(pairs, goals):
    assert chunk_size(pairs) == goals


def test_chunking_never_changes_a_number(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "LARGEST", 32)
    results = _run(STUDY, tmp_path / "fine")
    assert results.computed == 4 * CHUNKS
    assert _same_readings(results.folder, finished)


def test_more_goals_extend_a_study_and_leave_full_chunks_alone(copied, monkeypatch, tmp_path):
    monkeypatch.setattr(plan, "LARGEST", 48)
    folder = tmp_path / "grown"
    assert _run(STUDY, folder).computed == 3 * CHUNKS  # 48, 48 and 4 goals
    grown = _run(STUDY.with_(goals=150), folder)
    assert grown.computed == 2 * CHUNKS  # the chunk that was partial, and a new one
    assert grown.kept == 2 * CHUNKS
    assert len(_parts(folder)) == 4 * CHUNKS
    first = grown.readings().filter(pl.col("goal") < 100).collect()
    assert first.equals(pl.read_parquet(copied / "readings.parquet"))


def test_fewer_goals_show_the_first_of_those_that_are_there(copied):
    results = _run(STUDY.with_(goals=10), copied)
    assert results.computed == 0
    assert results.summary().filter(pl.col("applicable"))["n"].unique().to_list() == [10]
    assert results.readings().collect()["goal"].max() == 9


# -- resuming ------------------------------------------------------------------------------------


def test_a_finished_study_is_not_computed_again(copied):
    before = {path: path.stat().st_mtime_ns for path in _parts(copied)}
    results = _run(STUDY, copied)
    assert (results.computed, results.kept) == (0, CHUNKS)
    assert {path: path.stat().st_mtime_ns for path in _parts(copied)} == before


def test_only_what_is_missing_is_computed(copied, finished):
    for path in _parts(copied)[:2]:
        path.unlink()
    results = _run(STUDY, copied)
    assert (results.computed, results.kept) == (2, CHUNKS - 2)
    assert _same_readings(copied, finished)


@pytest.mark.parametrize("damage", ["truncated", "emptied", "one bit"])
def test_a_damaged_part_is_named_and_computed_again(copied, finished, damage):
    path = _parts(copied)[3]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes({"truncated": data[:-40], "emptied": b"", "one bit": bytes(data)}[damage])
    results = _run(STUDY, copied)
    assert results.damaged == (path.name,)
    assert results.computed == 1
    assert _same_readings(copied, finished)


def test_what_a_killed_run_left_behind_is_ignored(copied, finished):
    (copied / "parts" / ".half.parquet.77.tmp").write_bytes(b"PAR1")
    (copied / "readings.parquet").unlink()
    results = _run(STUDY, copied)
    assert results.computed == 0
    assert _same_readings(copied, finished)


def test_a_lost_record_is_written_again_and_every_chunk_kept(copied):
    (copied / "study.json").unlink()
    assert _run(STUDY, copied).computed == 0
    assert json.loads((copied / "study.json").read_text())["status"] == "complete"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: (d / "study.json").write_text('{"schema": 1, "tri'), "not whole"),
        (lambda d: (d / "study.json").write_text("[]"), "should be an object"),
        (lambda d: _edit(d, study={"name": "other", "seed": 0}), "'other'"),
        (lambda d: _edit(d, study={"name": "small", "seed": 5}), "seed 5"),
        (lambda d: _edit(d, trials=_other_trials(d)), "in common"),
    ],
    ids=["half-written", "no record", "another study", "another seed", "other trials"],
)
def test_a_folder_that_cannot_be_used_says_why(copied, spoil, message):
    spoil(copied)
    with pytest.raises(StoreError, match=message):
        _run(STUDY, copied)


def _other_trials(folder):
    trials = json.loads((folder / "study.json").read_text())["trials"]
    return [{**trials[0], "key": "0" * 16}]


def test_what_an_older_telos_left_is_computed_again_and_not_misread(copied, finished):
    _edit(copied, schema=1)
    with pytest.raises(StoreError, match="schema 1"):
        read_record(copied)
    assert _run(STUDY, copied).complete
    assert read_record(copied).schema_ == 2
    assert _same_readings(copied, finished)


def _edit(folder, **changes):
    path = folder / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_file_or_somebody_elses_folder_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="not a folder"):
        _run(STUDY, tmp_path / "file")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to a friend.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"no study\.json"):
        _run(STUDY, tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["to a friend.txt"]


# -- the record ----------------------------------------------------------------------------------


def test_the_readings_have_a_row_for_each_trial_goal_and_drive_that_applies(finished):
    table = pl.read_parquet(finished / "readings.parquet")
    assert tuple(table.columns) == columns("readings")
    assert len(table) == CHUNKS * 100
    assert table["drive"].unique().to_list() == ["self_preservation"]
    assert set(table["category"].unique()) <= {"required", "indifferent", "declined"}
    assert table["off"].unique().to_list() == [Uniform().off]


def test_the_summary_counts_what_the_readings_say(finished):
    table = pl.read_parquet(finished / "readings.parquet")
    summary = pl.read_csv(finished / "summary.csv")
    for row in summary.filter(pl.col("applicable")).iter_rows(named=True):
        mine = table.filter(pl.col("trial") == row["trial"])
        assert row["n"] == len(mine)
        assert row["required"] == (mine["category"] == "required").mean()
        assert row["median_share"] == mine["share"].median()
        assert sum(row[rate] for rate in ("required", "indifferent", "declined")) == pytest.approx(
            1
        )
        for rate in ("required", "indifferent", "declined", "propensity"):
            assert 0 <= row[f"{rate}_low"] <= row[rate] <= row[f"{rate}_high"] <= 1


def test_a_drive_whose_feature_the_world_lacks_is_recorded_as_not_applicable(finished):
    summary = pl.read_csv(finished / "summary.csv")
    rows = summary.filter(pl.col("drive") == "cognitive_enhancement")
    assert len(rows) == CHUNKS
    assert not rows["applicable"].any()
    assert all("capability" in reason for reason in rows["reason"])


def test_worth_belongs_to_the_goal_and_not_to_the_agent(finished):
    """Agents that see their rewriting alike are read with the same incentives, goal by goal."""
    table = pl.read_parquet(finished / "readings.parquet").filter(pl.col("discount") == 0.9)
    arms = [mine.sort("goal") for mine in table.partition_by("agent")]
    assert len(arms) == 3
    assert all(mine["iv"].equals(arms[0]["iv"]) for mine in arms)
    assert all(mine["label"].equals(arms[0]["label"]) for mine in arms)


def test_the_record_says_what_it_was_made_with_and_nothing_about_where(finished):
    record = json.loads((finished / "study.json").read_text())
    assert record["status"] == "complete"
    assert len(record["trials"]) == CHUNKS
    assert record["provenance"]["versions"]["numpy"]
    assert record["provenance"]["machine"]["cores"] >= 1
    assert str(finished) not in json.dumps(record)


# -- who computes --------------------------------------------------------------------------------


def test_a_pool_gives_the_numbers_of_one_process_and_gives_up_a_chunk_that_kills(tmp_path):
    """300 goals are a chunk of 256 and one of 44; the unlucky agent dies of the second."""
    study = load_study(_source(tmp_path, "telos_test_killed", "size=44"))
    pooled = run(study, tmp_path / "pooled", jobs=2, progress=False)
    assert len(pooled.failures) == 1
    assert "goals 256 to 299" in pooled.failures[0]
    assert "killed 3 times" in pooled.failures[0]
    assert not pooled.complete
    assert json.loads((pooled.folder / "study.json").read_text())["status"] == "incomplete"
    counts = pooled.summary()["n"].to_list()
    assert counts == [256, 256]  # both agents share the task of the chunk that was given up
    alone = _run(study.with_(goals=256), tmp_path / "alone")
    assert _same_readings(pooled.folder, alone.folder)


def test_an_agent_that_raises_fails_its_chunk_and_no_other(tmp_path):
    fields = "size=44, accident='raised'"
    study = load_study(_source(tmp_path, "telos_test_raised", fields))
    results = _run(study, tmp_path / "out")
    assert "ValueError: no idea what to do" in results.failures[0]
    assert results.summary()["n"].to_list() == [256, 256]


def test_a_study_of_which_nothing_can_be_computed_is_an_error(tmp_path):
    fields = "size=44, accident='raised'"
    study = load_study(_source(tmp_path, "telos_test_nothing", fields)).with_(goals=44)
    with pytest.raises(StudyError, match="no idea what to do"):
        _run(study, tmp_path / "out")


@pytest.mark.parametrize("jobs", [0, -1, 1.5, True])
def test_the_number_of_processes_is_a_whole_number_of_at_least_one(tmp_path, jobs):
    with pytest.raises(StudyError, match="jobs"):
        run(STUDY, tmp_path, jobs=jobs, progress=False)


def _same_readings(one, two):
    tables = [pl.read_parquet(folder / "readings.parquet") for folder in (one, two)]
    return tables[0].equals(tables[1])
