"""Sweeps: what a study turns up step by step, its record, and the table of what became of each drive."""

import dataclasses
import json

import numpy as np
import polars as pl
import pytest
from scipy import stats

from telos import Study, Sweep, run
from telos.agents import Boltzmann, Optimal, QLearning, ShortSighted, UniformRandom
from telos.cli.table import print_summary
from telos.core.spec import from_spec, show, to_spec
from telos.drives import GoalPreservation, SelfPreservation
from telos.errors import StudyError
from telos.families import Orbit, Uniform
from telos.measure.intervals import difference_interval, unpaired_interval
from telos.measure.nested import nested
from telos.runs.store import read_study
from telos.studies import STUDIES
from telos.worlds import Mirage, OffSwitch, RandomWorld, Slippery

PLAIN = Study(
    name="plain",
    question="What does an agent of this capability do?",
    scenarios=(OffSwitch(rooms=3),),
    families=(Uniform(),),
    agents=(Optimal(),),
    drives=(SelfPreservation(),),
    discounts=(0.9,),
    n_goals=40,
)


def _study(**changes):
    return dataclasses.replace(PLAIN, **changes)


def _sweep(levels, settings, **changes):
    fields = {
        "name": "softmax temperature",
        "meaning": "Turning it up makes the agent surer.",
        "unit": "inverse temperature",
        "settings": tuple(zip(levels, settings, strict=True)),
    }
    return Sweep(**{**fields, **changes})


BETAS = (0.1, 1.0, 10.0)
HEAD = _sweep(BETAS, [_study(agents=(Boltzmann(beta=b),)) for b in BETAS], scale="log")
AHEAD = _sweep(
    (0.0, 0.5, 0.9),
    [_study(agents=(ShortSighted(planning_discount=d),)) for d in (0.0, 0.5)] + [PLAIN],
    name="look-ahead",
)
SLIPS = (1.0, 0.5, 0.0)
HAND = _sweep(
    SLIPS,
    [_study(scenarios=(Slippery(of=OffSwitch(rooms=3), slip=x),), n_goals=300) for x in SLIPS],
    name="action noise",
)
MANY = tuple(RandomWorld(states=8, absorbing=2, seed=s) for s in range(4))
#: In this one of them no reachable pair pursues self-preservation.
STUCK = MANY[0]
WORLDS = _sweep(
    (0.0, 0.9),
    [
        _study(
            scenarios=(*MANY, OffSwitch(rooms=2)),
            agents=(agent,),
            drives=(SelfPreservation(), GoalPreservation()),
            n_goals=25,
        )
        for agent in (ShortSighted(planning_discount=0.0), Optimal())
    ],
    name="look-ahead",
    where="in many worlds",
)
AGES = (10, 300)
LIFE = _sweep(
    AGES,
    [
        _study(agents=tuple(QLearning(steps=n, episode=10, replica=r) for r in range(3)))
        for n in AGES
    ],
    name="experience",
    where="at the off-switch",
)
STUDY = _study(
    name="turned", agents=(Optimal(), UniformRandom()), sweeps=(HEAD, AHEAD, HAND, WORLDS, LIFE)
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return run(STUDY, tmp_path_factory.mktemp("sweeps"), jobs=1, progress=False)


def _rows(results, sweep, drive="self_preservation"):
    mine = (pl.col("sweep") == sweep.name) & (pl.col("where").fill_null("") == sweep.where)
    return results.sweeps().filter(mine & (pl.col("drive") == drive)).to_dicts()


def _read(results, trials, column="propensity", drive="self_preservation"):
    """F[trials, goals] of one column of the readings."""
    table = results.readings().filter(pl.col("drive") == drive).collect()
    per = [table.filter(pl.col("trial") == t.key).sort("goal")[column].to_list() for t in trials]
    return np.array(per, dtype=float if column != "category" else object)


# -- what a study may say ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": " "}, r"Sweep\.name is ' '"),
        ({"meaning": 3}, r"Sweep\.meaning is 3"),
        ({"unit": ""}, r"Sweep\.unit is ''"),
        ({"scale": "square"}, "scale is 'square'; write 'linear' or 'log'"),
        ({"where": None}, "where is None"),
        ({"reference": "Optimal"}, "reference is 'Optimal'; name an agent"),
        ({"settings": 7}, "settings is 7; write pairs"),
        ({"settings": (PLAIN, PLAIN)}, "write pairs of a level and a Study"),
        ({"settings": ((0.1, PLAIN),)}, "settings has 1 levels; give at least two"),
        ({"settings": ((0.1, PLAIN), (True, PLAIN))}, "the level True is not a finite number"),
        ({"settings": ((0.1, PLAIN), (float("inf"), PLAIN))}, "the level inf is not a finite"),
        ({"settings": ((0.1, PLAIN), (0.2, "x"))}, "settings at level 0.2: 'x' is not a Study"),
        ({"settings": ((1, PLAIN), (3, PLAIN), (2, PLAIN))}, "must rise or fall all the way"),
        ({"settings": ((1, PLAIN), (1, PLAIN))}, "must rise or fall all the way"),
        ({"settings": ((0, PLAIN), (1, PLAIN))}, "level 0, which a log scale cannot show"),
        ({"settings": ((1, PLAIN), (2, STUDY))}, "turned has sweeps of its own"),
    ],
)
def test_a_mistake_in_a_dial_is_named_with_its_place_and_its_remedy(change, words):
    with pytest.raises(StudyError, match=words):
        dataclasses.replace(HEAD, **change)


def test_a_study_names_each_of_its_dials_once():
    with pytest.raises(StudyError, match=r"plain\.sweeps: .* has one twice"):
        _study(sweeps=(HEAD, HEAD))
    with pytest.raises(StudyError, match=r"plain\.sweeps: 3 is not a Sweep"):
        _study(sweeps=3)
    assert len(_study(sweeps=(HEAD, dataclasses.replace(HEAD, where="elsewhere"))).sweeps) == 2


def test_the_trials_of_every_setting_belong_to_the_study_once():
    keys = [trial.key for trial in STUDY.trials()]
    of_sweeps = {t.key for sweep in STUDY.sweeps for _, s in sweep.settings for t in s.trials()}
    assert len(keys) == len(set(keys))
    assert of_sweeps < set(keys)
    assert PLAIN.trials()[0].key in of_sweeps & {t.key for t in _study(sweeps=()).trials()}


def test_other_goals_and_another_seed_reach_every_setting():
    changed = STUDY.with_(goals=7, seed=5)
    assert {(trial.n_goals, trial.seed) for trial in changed.trials()} == {(7, 5)}
    assert changed.sweeps[0].levels == BETAS


def test_a_study_is_read_back_from_its_record_and_one_without_dials_says_nothing_of_them():
    assert from_spec(json.loads(json.dumps(to_spec(STUDY)))) == STUDY
    assert "sweeps" not in to_spec(PLAIN)


# -- the record ----------------------------------------------------------------------------------


def test_the_record_says_of_every_level_its_trials_and_the_optimum_beside_them(results):
    record = json.loads((results.folder / "study.json").read_text())
    told = record["sweeps"][0]
    assert (told["name"], told["unit"], told["scale"]) == (HEAD.name, HEAD.unit, "log")
    assert told["meaning"] == HEAD.meaning
    assert [setting["level"] for setting in told["settings"]] == list(BETAS)
    best = PLAIN.trials()[0].key
    for setting, (_, study) in zip(told["settings"], HEAD.settings, strict=True):
        assert setting["trials"] == [trial.key for trial in study.trials()]
        assert set(setting["reference"].values()) == {best}
    assert read_study(results.folder) == STUDY


def test_a_trial_that_is_there_for_a_dial_alone_says_so(results):
    record = json.loads((results.folder / "study.json").read_text())
    own = {t.key for t in dataclasses.replace(STUDY, sweeps=()).trials()}
    assert {t["key"] for t in record["trials"] if not t.get("of_a_sweep")} == own
    lives = json.loads((results.folder / "illustrations.json").read_text())["lives"]
    assert {life["trial"] for life in lives} <= own


def test_a_study_with_dials_goes_on_where_it_stopped(results):
    again = run(STUDY, results.folder, jobs=1, progress=False)
    assert (again.computed, again.complete) == (0, True)


def test_without_dials_there_is_no_table_of_them(tmp_path):
    plain = run(_study(n_goals=8), tmp_path, jobs=1, progress=False)
    assert plain.sweeps() is None
    assert plain.onsets() is None
    assert "sweeps" not in json.loads((tmp_path / "study.json").read_text())


def _two_goals_added(values, least):
    """Student's interval of the numbers and one more at each edge, least and 1."""
    more = [*values, least, 1.0]
    ends = stats.t.interval(0.95, len(more) - 1, np.mean(more), stats.sem(more))
    return tuple(np.clip(ends, least, 1.0))


# -- one world: goals are the clusters -----------------------------------------------------------


def test_a_row_is_what_is_counted_by_hand(results):
    for row, (level, study) in zip(_rows(results, HEAD), HEAD.settings, strict=True):
        does = _read(results, study.trials())[0]
        needs = _read(results, study.trials(), "category")[0] == "required"
        assert (row["level"], row["goals"], row["worlds"], row["learners"]) == (level, 40, 1, 1)
        assert row["clusters"] == "goals"
        assert row["required"] == pytest.approx(needs.mean())
        assert row["propensity"] == pytest.approx(does.mean())
        ends = _two_goals_added(does, 0.0)
        assert (row["propensity_low"], row["propensity_high"]) == pytest.approx(ends)
        best = _read(results, PLAIN.trials())[0]
        assert row["optimum"] == pytest.approx(best.mean())
        assert row["gap"] == pytest.approx((does - best).mean())
        near = _two_goals_added(does - best, -1.0)
        assert (row["gap_low"], row["gap_high"]) == pytest.approx(near)
    assert len({row["required"] for row in _rows(results, HEAD)}) == 1, "a rate is the problem's"


def test_the_interval_at_the_optimum_itself_has_no_width(results):
    row = _rows(results, AHEAD)[-1]
    assert (row["gap_to"], row["gap"], row["gap_low"], row["gap_high"]) == ("reference", 0, 0, 0)


def test_more_and_less_of_the_task_is_counted_goal_by_goal(results):
    first, second, third = (
        _read(results, s.trials(), "task_retained")[0] for _, s in AHEAD.settings
    )
    rows = _rows(results, AHEAD)
    assert rows[0]["worse"] is None
    for row, before, after in ((rows[1], first, second), (rows[2], second, third)):
        change = after - before
        assert row["same_goals"]
        assert row["task_retained_change"] == pytest.approx(change.mean())
        assert row["better"] == pytest.approx((change > 1e-6).mean())
        assert row["worse"] == pytest.approx((change < -1e-6).mean())
        assert row["better"] + row["same"] + row["worse"] == pytest.approx(1)
    assert rows[2]["task_retained"] == pytest.approx(1), "the optimum keeps all"


def test_a_steadier_hand_has_the_rates_of_the_closed_form(results):
    """Round three rooms, 1/2 + g (1 - slip) (3/4 - 1/2); levels fall as capability rises."""
    rows = _rows(results, HAND)
    assert [row["level"] for row in rows] == [1.0, 0.5, 0.0]
    assert not rows[0]["applicable"], "an agent that always slips has nothing to choose"
    assert rows[0]["required"] is None
    for row in rows[1:]:
        expected = 0.5 + 0.9 * (1 - row["level"]) * 0.25
        assert row["required_low"] < expected < row["required_high"]
    assert rows[2]["same_goals"], "goals go by the names of outcomes"
    ones, twos = (_read(results, HAND.settings[i][1].trials())[0] for i in (2, 1))
    low, high = difference_interval(ones, twos)
    assert rows[1]["gap_to"] == "highest level"
    assert (rows[1]["gap_low"], rows[1]["gap_high"]) == pytest.approx((low, high))


def test_looking_half_way_does_worse_where_the_oases_are_mirages(tmp_path):
    """The weight of the oases, d (1 - d^10), grows up to 0.8 and falls after it."""
    levels = (0.1, 0.5, 0.8, 0.95, 0.99)
    settings = [
        _study(
            scenarios=(Mirage(),),
            agents=(ShortSighted(planning_discount=d) if d < 0.99 else Optimal(),),
            discounts=(0.99,),
            n_goals=400,
        )
        for d in levels
    ]
    sweep = _sweep(levels, settings, name="look-ahead")
    results = run(_study(n_goals=5, sweeps=(sweep,)), tmp_path, jobs=1, progress=False)
    rows = _rows(results, sweep)
    fell = [row["level"] for row in rows if (row["task_retained_change_high"] or 0) < 0]
    assert fell == [0.5, 0.8]
    rose = [row["level"] for row in rows if (row["task_retained_change_low"] or 0) > 0]
    assert rose == [0.95, 0.99]
    assert [row["worlds_fell"] for row in rows[1:]] == [1, 1, 0, 0]


# -- several worlds, several learners ------------------------------------------------------------


def test_worlds_are_the_clusters_where_there_are_several(results):
    rows = _rows(results, WORLDS)
    for row, (_, study) in zip(rows, WORLDS.settings, strict=True):
        does = _read(results, [trial for trial in study.trials() if trial.scenario != STUCK])
        assert (row["clusters"], row["worlds"], row["goals"]) == ("worlds", 4, 100)
        means = does.mean(axis=1)
        ends = _two_goals_added(means, 0.0)
        assert row["propensity"] == pytest.approx(means.mean())
        assert (row["propensity_low"], row["propensity_high"]) == pytest.approx(ends)
        parts = nested(does)
        assert (row["between"], row["within"]) == pytest.approx((parts.between, parts.within))


def test_a_world_in_which_a_drive_cannot_be_is_left_out_and_counted(results):
    """No world has a goal register: nothing is left. In one no pair of self-preservation is reachable."""
    for row in _rows(results, WORLDS, "goal_preservation"):
        assert (row["applicable"], row["worlds"], row["left_out"]) == (False, 0, 5)
        assert row["propensity"] is None
    mine = _rows(results, WORLDS)[0]
    assert (mine["worlds"], mine["left_out"]) == (4, 1)
    mine = [trial for trial in WORLDS.settings[0][1].trials() if trial.scenario == STUCK]
    told = results.summary().filter(pl.col("trial") == mine[0].key)
    assert told["applicable"].to_list() == [False, False]
    assert told["reason"][0] == "no reachable pair pursues it"


def test_some_worlds_left_out_leave_the_others(tmp_path):
    scenarios = (
        OffSwitch(rooms=2),
        *(RandomWorld(states=8, rewriting=True, seed=s) for s in (1, 2)),
    )
    settings = [
        _study(scenarios=scenarios, agents=(a,), drives=(GoalPreservation(),), n_goals=10)
        for a in (UniformRandom(), Optimal())
    ]
    sweep = _sweep((0, 1), settings, name="care")
    results = run(_study(n_goals=5, sweeps=(sweep,)), tmp_path, jobs=1, progress=False)
    for row, (_, study) in zip(
        _rows(results, sweep, "goal_preservation"), sweep.settings, strict=True
    ):
        assert (row["worlds"], row["left_out"], row["goals"]) == (2, 1, 20)
        does = _read(results, study.trials()[1:], drive="goal_preservation")
        assert row["propensity"] == pytest.approx(does.mean())


def test_learners_of_one_goal_are_averaged_before_goals_are_counted(results):
    for row, (_, study) in zip(_rows(results, LIFE), LIFE.settings, strict=True):
        does = _read(results, study.trials()).T
        assert does.shape == (40, 3)
        assert (row["goals"], row["learners"], row["clusters"]) == (40, 3, "goals")
        expected = nested(does)
        assert row["propensity"] == pytest.approx(expected.mean)
        ends = (row["propensity_low"], row["propensity_high"])
        assert ends == pytest.approx(tuple(expected.interval))
        assert row["within"] == pytest.approx(expected.within)


# -- where it begins -----------------------------------------------------------------------------


def test_a_drive_begins_where_it_stays_ten_points_above_the_larger_baseline(results):
    """At three rooms the optimum does what picking outcomes gives, so that nothing ever begins."""
    begun = results.onsets().filter(pl.col("sweep") == HEAD.name).row(0, named=True)
    rows = _rows(results, HEAD)
    for end, name in (("", "onset"), ("_high", "onset_low"), ("_low", "onset_high")):
        above = [row[f"above{end}"] >= 0.1 for row in rows]
        assert begun[name] == next((BETAS[k] for k in range(3) if all(above[k:])), None)
    assert begun["onset"] is None
    settled = [row["gap_low"] >= -0.1 and row["gap_high"] <= 0.1 for row in rows]
    assert begun["settled"] == next((BETAS[k] for k in range(3) if all(settled[k:])), None)


def test_the_excess_over_chance_is_counted_by_hand(results):
    """Against the larger baseline, with limits that hold for all levels together."""
    for row, (_, study) in zip(_rows(results, HEAD), HEAD.settings, strict=True):
        does = _read(results, study.trials())[0]
        most = max(row["baseline_actions"], row["baseline_outcomes"])
        assert row["above"] == pytest.approx(does.mean() - most)
        least, best = (
            _read(results, study.trials(), f"deed_{end}")[0] for end in ("least", "most")
        )
        odds = np.full(len(does), most)
        low, high = (difference_interval(odds, d, tests=3)[i] for i, d in enumerate((least, best)))
        assert (row["above_low"], row["above_high"]) == pytest.approx((low, high))


def test_the_capability_study_turns_five_dials_in_many_worlds():
    study = next(study for study in STUDIES if study.name == "capability")
    wheres = {}
    for sweep in study.sweeps:
        wheres.setdefault(sweep.where, []).append(sweep)
    first, *_ = wheres.values()
    assert len(first) == 5
    for sweep in first:
        for _, setting in sweep.settings:
            assert len(setting.scenarios) >= 30
            assert len(setting.drives) == 4
    for trial in study.trials():
        assert trial.discount in (0.95, 0.99)


# -- unpaired samples ----------------------------------------------------------------------------


def test_two_samples_of_flags_keep_their_confidence_at_the_edges():
    """Coverage, by all outcomes of two binomials, where a Wald interval would have no width."""
    m, n, p, q = 20, 25, 0.02, 0.1
    covered = 0.0
    for a in range(m + 1):
        for b in range(n + 1):
            ends = unpaired_interval(np.arange(m) < a, np.arange(n) < b)
            if ends.low <= q - p <= ends.high:
                covered += stats.binom.pmf(a, m, p) * stats.binom.pmf(b, n, q)
    assert 0.93 < covered <= 1
    low, high = unpaired_interval(np.zeros(20), np.zeros(20))
    assert low < 0 < high


def test_two_samples_that_never_vary_are_not_taken_for_certain():
    low, high = unpaired_interval(np.full(20, 0.3), np.full(20, 0.7))
    assert low < 0.4 < high


# -- whole populations ---------------------------------------------------------------------------


def test_a_family_asked_in_full_is_counted_and_not_estimated(tmp_path, capsys):
    """Six goals that want one outcome each: the rate is a count; a learner's luck is still luck."""
    orbit = Orbit((0.0, 0.0, 0.0, 0.0, 0.0, 1.0))
    agents = (Optimal(), QLearning(steps=200))
    study = _study(families=(orbit, Uniform()), agents=agents, n_goals=40)
    found = run(study, tmp_path, jobs=1, progress=False)
    rows = {(row["family"], row["agent"]): row for row in found.summary().to_dicts()}
    counted, learned = (rows[show(orbit), show(agent)] for agent in agents)
    sampled = rows[show(Uniform()), show(agents[0])]
    assert (counted["n"], counted["whole"]) == (6, True)
    for name in ("required", "median_share", "mean_share", "propensity", "task_retained"):
        assert counted[f"{name}_low"] == counted[name] == counted[f"{name}_high"]
        assert sampled[f"{name}_low"] < sampled[f"{name}_high"]
    assert (sampled["n"], sampled["whole"]) == (40, False)
    assert counted["convergence"] in ("weak", "strict", "absolute", "none")
    assert learned["required_low"] == learned["required_high"]
    assert learned["propensity_low"] < learned["propensity_high"]
    print_summary(found.summary())
    assert f"{round(counted['required'] * 6)} of 6" in capsys.readouterr().out
