"""Controls in the record: made once an arm, kept, killed, damaged, refused, left out, and true."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import telos
from telos import Study, agents, drives, explore, families, worlds
from telos.core.errors import StoreError, StudyError
from telos.core.parts import AbstractScenario
from telos.core.record import read_record
from telos.core.study_spec import CONTROLS
from telos.core.tables import schema
from telos.measure.acts import acts_of
from telos.measure.instrumental_value import instrumental_values, loses
from telos.runs import controls as making
from telos.runs.controls import Control, control_rows_of, plan_controls
from telos.runs.jobs import Job, done, encode_jobs, perform_encoded
from telos.runs.opened import open_results
from telos.runs.parts import find_parts
from telos.runs.plan import lay_out
from telos.runs.run import run

FACTORY = worlds.PaperclipFactory(products=("clips", "pins"), machines=1)
DRIVES = (drives.SelfPreservation(), drives.ResourceAcquisition())


def _study(**fields):
    usual = {
        "name": "small",
        "question": "What else would it want?",
        "scenarios": (FACTORY,),
        "families": (families.Uniform(),),
        "agents": (agents.Optimal(), agents.UniformRandom()),
        "drives": DRIVES,
        "discounts": (0.95,),
        "n_goals": 40,
        "controls": 30,
    }
    return Study(**{**usual, **fields})


STUDY = _study()


def _run(study, folder):
    return run(study, folder, jobs=1, progress=False)


def _part(folder):
    """The part file of the only arm's controls."""
    (control,) = read_record(folder).controls
    (part,) = (folder / "parts").glob(f"{control.key}-*.parquet")
    return part


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("controlled") / "small"
    _run(STUDY, folder)
    return folder


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "copy")


@pytest.fixture(scope="module")
def problem():
    world = FACTORY.build()
    trial = STUDY.trials()[0]
    goals = trial.family.sample(world, 30, trial.goal_rng())
    return telos.Problem(world, goals, 0.95)


# -- what is asked for ---------------------------------------------------------------------------


def test_a_study_has_controls_of_a_hundred_goals_unless_it_says_otherwise():
    assert Study(**{**_fields(STUDY), "controls": CONTROLS}).controls == CONTROLS == 100
    assert _study(controls=0).controls == 0


def _fields(study):
    return {f.name: getattr(study, f.name) for f in dataclasses.fields(study)}


@pytest.mark.parametrize("controls", [-1, 1.5, True, "many"])
def test_controls_that_are_no_number_of_goals_are_refused(controls):
    with pytest.raises(StudyError, match="controls is"):
        _study(controls=controls)


def test_no_key_of_a_trial_depends_on_its_controls():
    without = [trial.key for trial in _study(controls=0).trials()]
    assert [trial.key for trial in STUDY.trials()] == without


def test_an_arm_has_one_task_whoever_acts_in_it():
    (planned,) = plan_controls(STUDY, lay_out(STUDY))
    assert planned.control.trial.agent == agents.Optimal()
    assert len(planned.trials) == 2
    assert planned.control.count == 30


def test_arms_under_safeguards_and_those_of_sweeps_have_none():
    sight = telos.Sweep(
        name="sight",
        meaning="It sees farther.",
        unit="planning discount",
        settings=tuple(
            (x, _study(agents=(agents.ShortSighted(planning_discount=x),), discounts=(0.9,)))
            for x in (0.1, 0.5)
        ),
    )
    arms = ((), (telos.safeguards.ShortHorizon(0.5),))
    study = _study(safeguards=arms, sweeps=(sight,))
    (planned,) = plan_controls(study, lay_out(study))
    assert planned.control.trial.discount == 0.95
    assert not planned.control.trial.safeguards


def test_more_goals_of_controls_than_the_trial_has_are_those_that_it_has():
    study = _study(controls=10**6)
    (planned,) = plan_controls(study, lay_out(study))
    assert planned.control.count == 40


def test_a_finite_family_of_few_goals_gets_controls_of_all_of_them(tmp_path):
    study = _study(families=(families.Named(),), n_goals=1000, controls=100)
    results = _run(study, tmp_path / "named")
    named = read_record(results.folder).trials[0].n_goals
    assert named < 100
    assert results.controls()["n"].unique().to_list() == [named]


def test_a_large_world_gets_a_sub_sample_and_says_so(monkeypatch):
    monkeypatch.setattr(making, "LARGE", 100)
    monkeypatch.setattr(making, "FEWEST_GOALS", 5)
    (planned,) = plan_controls(STUDY, lay_out(STUDY))
    assert planned.control.draws == making.FEWER_DRAWS
    assert planned.control.count < 30


def test_the_arm_of_which_a_page_tells_first_has_most_draws_and_every_row_its_own(tmp_path):
    study = _study(
        discounts=(0.5, 0.95), families=(families.Named(), families.Uniform()), n_goals=8
    )
    planned = plan_controls(study, lay_out(study))
    (first,) = (each for each in planned if each.control.draws == making.DRAWS)
    assert first.control.trial.discount == 0.95
    assert first.control.trial.family == families.Uniform()
    assert {p.control.draws for p in planned if p is not first} == {making.FEWER_DRAWS}
    results = _run(study, tmp_path / "arms")
    for table, kind in ((results.controls(), "drive"), (results.acts(), "act")):
        for row in table.iter_rows(named=True):
            (control,) = (p.control for p in planned if p.control.trial.key == row["trial"])
            (path,) = (results.folder / "parts").glob(f"{control.key}-*.parquet")
            mine = pl.col("kind").eq(kind) & (
                pl.col("name") == row["act" if kind == "act" else kind]
            )
            drawn = pl.read_parquet(path).filter(mine & (pl.col("draw") >= 0))["draw"].n_unique()
            assert row["draws"] == drawn


def test_all_goals_of_a_family_are_counted(tmp_path):
    study = _study(families=(families.Named(),), n_goals=1000, agents=(agents.Optimal(),))
    results = _run(study, tmp_path / "named")
    for row in results.acts().iter_rows(named=True):
        assert row["loses_low"] == row["loses"] == row["loses_high"]
        assert row["mean_share_low"] == pytest.approx(row["mean_share_high"], abs=1e-6)
        assert row["excess"] is None or row["excess_low"] < row["excess_high"]
    for row in results.controls().iter_rows(named=True):
        assert row["cause_share_low"] == row["cause_share"] == row["cause_share_high"]
        assert row["excess_low"] < row["excess_high"]


# -- what is recorded ----------------------------------------------------------------------------


def test_the_tables_have_a_row_a_drive_and_a_row_an_act(finished, problem):
    results = open_results(finished)
    controls, acts = results.controls(), results.acts()
    assert controls["drive"].to_list() == [drive.label for drive in _labels(problem)]
    assert dict(controls.schema) == dict(pl.DataFrame(schema=schema("controls")).schema)
    found = acts_of(problem.world, means="names" if FACTORY.names_are_acts else None)
    assert sorted(acts["act"].to_list()) == sorted(act.name for act in found)
    assert results.frame("acts").equals(acts)


def _labels(problem):
    @dataclass(frozen=True)
    class Named:
        label: str

    return [Named(drive.affordances(problem.world).drive) for drive in DRIVES]


def test_c_is_that_of_the_instrument(finished, problem):
    affordances = [drive.affordances(problem.world) for drive in DRIVES]
    mine = instrumental_values(problem, affordances)
    rates = [float((loses(worth.share_low, worth.share_high) == 1).mean()) for worth in mine]
    table = open_results(finished).controls()
    assert table["loses"].to_list() == pytest.approx(rates, abs=1e-12)
    shares = [float(worth.share.mean()) for worth in mine]
    assert table["mean_share"].to_list() == pytest.approx(shares, abs=1e-6)


def test_the_excess_is_c_less_the_mean_over_draws_counted_by_hand(finished):
    part = pl.read_parquet(_part(finished))
    table = {row["drive"]: row for row in open_results(finished).controls().iter_rows(named=True)}
    for drive, row in table.items():
        mine = part.filter(pl.col("kind") == "drive", pl.col("name") == drive)
        needs = mine.with_columns(needs=(pl.col("share_low") >= 0.01).cast(pl.Float64))
        by_draw = needs.group_by("draw").agg(pl.col("needs").mean()).sort("draw")["needs"].to_list()
        own, draws = by_draw[0], by_draw[1:]
        assert len(draws) == 40
        assert row["excess"] == pytest.approx(own - np.mean(draws), abs=1e-12)
        assert (row["placebo_low"], row["placebo_high"]) == (min(draws), max(draws))
        assert row["excess_low"] < row["excess"] < row["excess_high"]


def test_blocks_of_goals_meet_the_same_draws(monkeypatch):
    (planned,) = plan_controls(STUDY, lay_out(STUDY))
    whole = control_rows_of(planned.control)
    monkeypatch.setattr(making, "chunk_size", lambda pairs: 7)
    keys = ["kind", "name", "draw", "goal"]
    cut = control_rows_of(planned.control)
    assert cut.sort(keys).equals(whole.sort(keys))


def test_other_drives_change_nobody_elses_numbers_but_the_placebos(tmp_path):
    alone = _run(_study(drives=DRIVES[:1], agents=(agents.Optimal(),)), tmp_path / "alone")
    both = _run(_study(agents=(agents.Optimal(),)), tmp_path / "both")
    columns = ("drive", "loses", "mean_share", "loses_tenth", "loses_five")
    first = both.controls().select(columns).head(1)
    assert alone.controls().select(columns).equals(first)


# -- kept, extended, killed, damaged --------------------------------------------------------------


def test_running_again_computes_no_controls_again(copied):
    before = _part(copied).stat().st_mtime_ns
    _run(STUDY, copied)
    assert _part(copied).stat().st_mtime_ns == before


def test_more_goals_of_controls_replace_fewer(copied):
    before = _part(copied).name
    results = _run(STUDY.with_(controls=35), copied)
    assert _part(copied).name != before
    assert results.controls()["n"].unique().to_list() == [35]


def test_fewer_goals_of_controls_are_the_first_of_those_that_are_there(copied, tmp_path):
    results = _run(STUDY.with_(controls=20), copied)
    fresh = _run(STUDY.with_(controls=20), tmp_path / "fresh")
    assert results.controls().equals(fresh.controls())
    assert results.acts().equals(fresh.acts())


def test_without_controls_their_tables_go_and_every_other_stays(copied):
    summary = (copied / "summary.csv").read_bytes()
    results = _run(STUDY.with_(controls=0), copied)
    assert results.controls() is None
    assert results.acts() is None
    assert not (copied / "controls.csv").exists()
    assert (copied / "summary.csv").read_bytes() == summary
    again = _run(STUDY, copied)
    assert again.controls() is not None


def test_a_damaged_part_of_controls_is_computed_again(copied, finished):
    part = _part(copied)
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    results = _run(STUDY, copied)
    assert results.damaged == (part.name,)
    assert (copied / "controls.csv").read_bytes() == (finished / "controls.csv").read_bytes()


def test_status_knows_whether_the_controls_are_there(copied):
    now = open_results(copied).progress()
    assert (now.state, now.controls, now.controls_asked) == ("complete", 1, 1)
    _part(copied).unlink()
    now = open_results(copied).progress()
    assert (now.state, now.controls, now.controls_missing) == ("stopped", 0, 1)
    assert not open_results(copied).complete


KILLED = """
import os, signal
from telos.runs import controls
real = controls.removal
def removal(problem, sets, **view):
    def counted():
        for i, pairs in enumerate(sets):
            if i == 25:
                os.kill(os.getpid(), signal.SIGKILL)
            yield pairs
    return real(problem, counted(), **view)
if os.environ.get("KILL"):
    controls.removal = removal
import sys
sys.path.insert(0, {tests!r})
from contracts.test_controls_in_the_record import STUDY
from telos.runs.run import run
run(STUDY, {folder!r}, jobs=1, progress=False)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_a_kill_in_the_middle_loses_that_task_and_nothing_else(tmp_path, finished):
    folder = tmp_path / "killed"
    text = KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(folder))
    words = [sys.executable, "-c", text]
    ended = subprocess.run(words, env={**os.environ, "KILL": "1"}, check=False, timeout=300)
    assert ended.returncode == -signal.SIGKILL
    (control,) = read_record(folder).controls
    assert not list((folder / "parts").glob(f"{control.key}-*.parquet"))
    ended = subprocess.run(words, check=True, timeout=300)
    for table in ("controls.csv", "acts.csv", "summary.csv"):
        assert (folder / table).read_bytes() == (finished / table).read_bytes()


def test_a_task_travels_as_text_and_is_not_done_twice(tmp_path, finished):
    (planned,) = plan_controls(STUDY, lay_out(STUDY))
    folder = tmp_path / "parts"
    folder.mkdir()
    job = Job(planned.control, folder, (planned.made,))
    assert done(job, find_parts(folder)) is None
    outcome = perform_encoded(encode_jobs([job]))
    outcome.check()
    assert outcome.results[0].readings == 30
    result = done(job, find_parts(folder))
    assert result is not None
    assert result.chunk == planned.control.name
    (part,) = folder.glob("*.parquet")
    assert part.name == _part(finished).name


# -- hostile -------------------------------------------------------------------------------------


def _forged(folder, change):
    """Write the arm's controls anew with changed rows, under a right checksum."""
    from telos.runs.parts import write_part

    (control,) = read_record(folder).controls
    part = _part(folder)
    frame = pl.read_parquet(part)
    part.unlink()
    write_part(folder / "parts", control.key, 0, control.n_goals, change(frame), control.made)


HOSTILE = {
    "a draw is lacking": lambda f: f.filter(~((pl.col("draw") == 3) & (pl.col("goal") == 1))),
    "a row is there twice": lambda f: pl.concat([f, f.tail(1)]),
    "a share is infinite": lambda f: f.with_columns(share_low=pl.lit(float("inf"))),
    "a share is beyond one": lambda f: f.with_columns(share_high=pl.lit(7.0)),
    "a kind is unknown": lambda f: f.with_columns(kind=pl.lit("spell")),
    "a goal has no number": lambda f: f.with_columns(goal=pl.lit(None, dtype=pl.Int64)),
    "there is nothing": lambda f: f.clear(),
    "a column is lacking": lambda f: f.drop("acted"),
    "a column holds text": lambda f: f.with_columns(share_low=pl.lit("much")),
    "goals are negative": lambda f: f.with_columns(goal=pl.col("goal") - 100),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_part_that_no_run_wrote_is_refused_by_name(copied, change):
    _forged(copied, change)
    with pytest.raises(StoreError, match="parts"):
        _run(STUDY, copied)


def test_a_table_of_another_study_is_refused_by_the_page(copied):
    path = copied / "acts.csv"
    (control,) = read_record(copied).controls
    path.write_text(path.read_text().replace(control.trial, "0" * 16))
    with pytest.raises(StoreError, match=r"acts\.csv"):
        telos.report(copied)


def test_a_page_without_the_rows_of_its_controls_is_refused(copied):
    path = copied / "controls.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(StoreError, match=r"controls\.csv"):
        telos.report(copied)


def test_a_record_whose_controls_name_no_trial_is_refused(copied):
    path = copied / "study.json"
    record = json.loads(path.read_text())
    record["controls"][0]["trials"] = record["controls"][0]["trials"] + ["f" * 16]
    path.write_text(json.dumps(record))
    with pytest.raises(StoreError, match="not listed"):
        open_results(copied)


# -- worlds of every kind --------------------------------------------------------------------------


@dataclass(frozen=True)
class Corridor(AbstractScenario):
    """A world of somebody else, who declares nothing, with a single act."""

    def build(self):
        moves = {
            "desk": {"wait": {"desk": 0.9, "off": 0.1}, "hide": "safe"},
            "safe": {"wait": "safe"},
            "off": {"wait": "off"},
        }
        return explore(
            "desk",
            lambda s: moves[s],
            features={"off": lambda s: s == "off"},
            default=lambda s: "wait",
        )


def test_a_world_of_three_states_and_of_somebody_else_gets_controls(tmp_path):
    study = _study(scenarios=(Corridor(),), drives=DRIVES[:1], n_goals=20)
    results = _run(study, tmp_path / "tiny")
    (row,) = results.controls().iter_rows(named=True)
    assert row["cause"] == "cannot be told"
    assert row["loses_cause"] is None
    assert 0.0 < row["loses"] < 1.0
    assert telos.report(results.folder).exists()


def test_a_drive_that_does_not_apply_has_no_row(tmp_path):
    study = _study(scenarios=(worlds.OffSwitch(rooms=3),), n_goals=20)
    results = _run(study, tmp_path / "gate")
    assert results.controls()["drive"].to_list() == ["self_preservation"]


def test_a_study_in_which_nothing_applies_has_no_controls(tmp_path):
    study = _study(scenarios=(worlds.OffSwitch(rooms=3),), drives=DRIVES[1:], n_goals=20)
    results = _run(study, tmp_path / "nothing")
    assert read_record(results.folder).controls == ()
    assert results.controls() is None


def test_where_the_cause_is_removed_its_own_c_stands_in_the_row(tmp_path):
    study = _study(drives=(drives.SelfPreservation(),), agents=(agents.Optimal(),))
    (row,) = _run(study, tmp_path / "cause").controls().iter_rows(named=True)
    if FACTORY.without("self_preservation") is None:
        assert (row["cause"], row["loses_cause"]) == ("cannot be told", None)
    else:
        assert row["cause"] == "clean"
        assert row["loses_cause"] == pytest.approx(row["loses"], abs=1e-9)


def test_the_control_of_another_agents_self_model_is_another():
    ignorant = _study(agents=(agents.Ignorant(),))
    (one,), (other,) = (plan_controls(s, lay_out(s)) for s in (STUDY, ignorant))
    assert one.control.key != other.control.key
    assert isinstance(other.control, Control)
