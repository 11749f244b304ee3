"""The law of displacement: statistics with closed forms, planted laws, a prediction that stays as it was."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr, t

from telos import families, worlds
from telos.core.arrays import bools, floats, ints
from telos.core.errors import StudyError
from telos.core.problem import Problem
from telos.measure.instrumental_value import instrumental_values
from telos.measure.moves import moves_of
from telos.studies.bench import displacement
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.cases import random_cases
from telos.studies.bench.displacement_cells import (
    FEATURES,
    TARGETS,
    cells,
    drives_of,
    placebos_of,
    with_options,
)
from telos.studies.bench.displacement_learners import learner_rows
from telos.studies.bench.displacement_paths import path_rows
from telos.studies.bench.frozen import read_frozen
from telos.studies.bench.law_of_displacement import (
    FROZEN,
    SHA256,
    CellTable,
    fitted,
    held_out,
    over_worlds,
    predicted,
    rank_correlation,
    tables_of,
    within_pairs,
)
from telos.studies.bench.law_page import _marks, _too_few, headline, summary, unseen
from telos.studies.bench.law_tested import law_test, mean_by_name

SMALL = worlds.PaperclipFactory(products=("clips",), machines=1, slips=(0.2, 0.05), copies=True)


def planted(seed, slope, n=40, each=8):
    """Cells whose changes follow the first feature with a slope; everything else is chance."""
    rng = np.random.default_rng(seed)
    world = np.repeat(np.arange(n), each)
    features = rng.normal(size=(n * each, len(FEATURES)))
    noise = 0.3 * rng.normal(size=(n, 1)).repeat(each, 0) + rng.normal(
        size=(n * each, len(TARGETS))
    )
    changes = 0.1 * (slope * features[:, :1] + noise)
    return CellTable(
        world=ints(world),
        pair=ints(np.tile(np.arange(each), n)),
        worlds=tuple(map(str, range(n))),
        names=tuple("abcdefgh")[:each],
        features=floats(features),
        changes=floats(changes),
    )


def said_of(drives, placebos, seed=5):
    """The test of a predictor that was fitted to other cells of the first kind."""
    fit, theirs = planted(seed, 1.0), planted(seed + 1, 1.0)
    predictor = {**fitted(fit), "of placebos": fitted(theirs)}
    predictor["names"] = {name: mean_by_name(fit, name) for name in TARGETS}
    return law_test("loses", predictor, drives, placebos)


def test_the_rank_correlation_is_spearmans_with_ties():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, size=(2, 50)).astype(float)
    assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic)
    assert np.isnan(rank_correlation(x, np.ones(50)))


def test_who_knows_the_pair_alone_ranks_nothing_within_pairs():
    rng = np.random.default_rng(0)
    pair = ints(rng.integers(0, 5, 200))
    x, y = pair.astype(float), pair + 0.1 * rng.normal(size=200)
    assert rank_correlation(x, y) > 0.9
    assert np.isnan(within_pairs(x, y, pair))
    assert within_pairs(y, y**3, pair) == pytest.approx(1.0)


def test_the_limits_of_a_mean_are_students_and_whole_without_five_worlds():
    rng = np.random.default_rng(0)
    x = 0.2 * rng.normal(size=30)
    found, (low, high) = over_worlds(lambda rows: x[rows].mean(), np.arange(30), correlation=False)
    half = t.ppf(0.975, 29) * x.std(ddof=1) / 30**0.5
    assert (found, low, high) == pytest.approx((x.mean(), x.mean() - half, x.mean() + half))
    few = over_worlds(lambda rows: 0.9, np.arange(4))
    assert few == (0.9, (-1.0, 1.0))


def test_cells_of_one_world_count_once():
    """Every cell told nine times over moves no limit."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 40))
    y = x + y
    once = over_worlds(lambda rows: rank_correlation(x[rows], y[rows]), np.arange(40))
    x9, y9, world = np.repeat(x, 9), np.repeat(y, 9), np.repeat(np.arange(40), 9)
    again = over_worlds(lambda rows: rank_correlation(x9[rows], y9[rows]), world)
    assert again[1] == pytest.approx(once[1], abs=0.01)


def test_the_fit_finds_a_planted_slope_and_gives_what_never_varies_no_weight():
    table = planted(0, 1.0, n=200)
    still = table.features.copy()
    still[:, 3] = 0.5
    found = fitted(replace(table, features=floats(still)))
    weights = found["targets"]["loses"]["weights"]
    assert weights[FEATURES[0]] == pytest.approx(0.1, abs=0.01)
    assert weights[FEATURES[3]] == 0.0
    exact = floats(np.tile(still[:, :1], (1, len(TARGETS))))
    again = fitted(replace(table, features=floats(still), changes=exact))
    assert (
        np.abs(
            predicted(again, replace(table, features=floats(still)), "least") - exact[:, 2]
        ).max()
        < 0.01
    )
    with pytest.raises(StudyError, match="measure more worlds"):
        fitted(table.take(np.arange(5)))


def test_a_planted_law_is_found_one_that_placebos_share_is_none_and_noise_is_none():
    law = said_of(planted(1, 1.0), planted(2, 0.0))
    assert law.law
    assert law.verdict == "a law, better than the names of the drives"
    shared = said_of(planted(1, 1.0), planted(2, 1.0))
    assert not shared.law
    assert shared.verdict.startswith("no law of drives")
    assert said_of(planted(1, 0.0), planted(2, 0.0)).verdict == "no law"


def test_a_formula_that_follows_one_feature_is_told_to_add_nothing_to_it():
    """All that changes is one rate, with its sign turned: the formula must not be above that rate."""
    both = FEATURES.index("both")

    def turned(seed):
        table = planted(seed, 0.0)
        changes = table.changes - 0.2 * table.features[:, [both]]
        return replace(table, changes=floats(changes))

    fit = turned(5)
    predictor = {**fitted(fit), "of placebos": fitted(planted(6, 1.0))}
    predictor["names"] = {name: mean_by_name(fit, name) for name in TARGETS}
    found = law_test("loses", predictor, turned(1), planted(2, 0.0))
    assert found.law
    assert found.both[0] > 0.7
    assert found.beyond_both[1].low <= 0.0
    assert "one of its ten features ranks as well" in headline([found] * 3)
    other = said_of(planted(1, 1.0), planted(2, 0.0))
    assert other.beyond_both[1].low > 0.0
    assert "ranks as well" not in headline([other] * 3)


def test_the_frozen_prediction_is_the_one_that_was_committed(tmp_path):
    frozen = read_frozen(FROZEN, SHA256)
    assert set(frozen["targets"]) == set(TARGETS)
    assert all(set(each["weights"]) == set(FEATURES) for each in frozen["targets"].values())
    changed = tmp_path / "frozen.json"
    changed.write_bytes(FROZEN.read_bytes().replace(b"0.4", b"0.5", 1))
    with pytest.raises(StudyError, match="was frozen"):
        read_frozen(changed, SHA256)


def test_both_halves_hold_as_many_factories_as_employees():
    kinds = [(held_out(case.name), case.kind) for case in random_cases(4, 0)]
    assert sorted(kinds) == [(a, b) for a in (False, True) for b in ("employee", "factory")]
    assert unseen("random-0000", 1)
    assert unseen("random-0200", 0)
    assert unseen("random-0002", 0)
    assert not unseen("random-0001", 0)


def test_a_placebo_has_the_moves_of_its_drive_state_by_state_and_none_of_another_drive():
    world = SMALL.build()
    drives = drives_of(world)
    move = moves_of(world)
    first = np.unique(move, return_index=True)[1]

    def sizes(pairs):
        made = np.zeros(len(first), bool)
        made[move[pairs]] = True
        return np.bincount(world.pair_state[first][made], minlength=world.size)

    found = placebos_of(world, drives, 0, "small")
    assert len(found) >= 3
    for drawn, overlap in found:
        (own,) = [one for one in drives if one.drive == drawn.drive]
        assert (sizes(drawn.pursues) <= sizes(own.pursues)).all()
        assert not drawn.pursues[world.default].any()
        others = bools(np.any([o.pursues for o in drives if o is not own], axis=0) & ~own.pursues)
        assert not (drawn.pursues & others).any()
        assert 0.0 <= overlap <= 1.0


def test_a_world_has_the_same_cells_again_and_each_with_its_control():
    world = SMALL.build()
    goals = families.Uniform().sample(world, 12, np.random.default_rng(0))
    rows, again = (cells(Problem(world, goals, 0.95), 3, "small") for _ in range(2))
    assert rows == again
    drives, placebos = tables_of([{"world": "small", **row} for row in rows])
    assert len(drives.world) == len(placebos.world) > 6
    np.testing.assert_array_equal(drives.pair, placebos.pair)
    assert ((np.abs(drives.changes) <= 1) | np.isnan(drives.changes)).all()
    own = {(row["i"], row["j"]): row for row in rows if not row["placebo"]}
    assert all(i != j for i, j in own)
    assert own["replication", "self_preservation"]["shared"] > 0.0


def test_a_cell_is_of_what_its_row_names_and_the_control_of_the_placebo():
    world = SMALL.build()
    goals = families.Uniform().sample(world, 12, np.random.default_rng(0))
    problem, drives = Problem(world, goals, 0.95), drives_of(world)
    sets = {0: drives, 1: [one for one, _ in placebos_of(world, drives, 3, "small")]}
    share = {
        (kind, one.drive): instrumental_values(problem, (one,))[0].share
        for kind, each in sets.items()
        for one in each
    }
    rows = [row for row in cells(problem, 3, "small") if row["shared"] == 0.0]
    assert {row["placebo"] for row in rows} == {0, 1}
    for row in rows:
        gone, other = share[row["placebo"], row["i"]], share[0, row["j"]]
        assert row["share_i"] == pytest.approx(gone.mean())
        assert row["both"] == pytest.approx(((gone >= 0.01) & (other >= 0.01)).mean())
    assert any(0.0 < row["both"] < row["c_i"] for row in rows)


def test_units_do_not_depend_on_how_many_there_are_and_a_world_without_two_drives_has_no_cell():
    few, more = (displacement.units(BenchOptions(n, 10)) for n in (2, 5))
    assert {unit.name for unit in few} < {unit.name for unit in more}
    assert next(u for u in more if u.name == "random-0001") == next(
        u for u in few if u.name == "random-0001"
    )
    assert {u.arguments["part"] for u in few} == {"cells", "paths", "learners"}
    assert displacement.work(next(unit for unit in few if unit.name == "OffSwitch")) == []
    plain = random_cases(6, 0)
    assert any(with_options(case, 0) != case.scenario for case in plain)


def test_what_has_no_number_has_no_mark_and_few_worlds_decide_nothing():
    still = planted(1, 1.0, n=4)
    still = replace(still, changes=floats(np.zeros_like(still.changes)))
    (test,) = [said_of(still, planted(2, 0.0, n=4))]
    assert np.isnan(test.drives[0])
    assert _marks([test], "drives") == {}
    said = headline([test])
    assert said.startswith("No law of displacement is shown")
    assert "nan" not in said
    assert "4 worlds" in _too_few(4)[0]
    assert not _too_few(5)


def test_without_an_unseen_world_nothing_is_said():
    found = summary([], BenchOptions(0, 10))
    assert found.headline.startswith("Not tested")
    assert found.warnings


def test_arms_and_learners_tell_of_every_pair_of_drives():
    world = SMALL.build()
    goals = families.Uniform().sample(world, 4, np.random.default_rng(0))
    problem = Problem(world, goals, 0.95)
    paths = path_rows(problem)
    moved = {
        arm: max(abs(row["d_least"]) for row in paths if row["arm"] == arm and row["i"] != row["j"])
        for arm in {row["arm"] for row in paths}
    }
    assert moved["a path"] == moved["a path to nowhere"] == 0.0
    assert moved["with consent, always"] == pytest.approx(0.0, abs=1e-9)
    assert moved["forbidden"] > 0.0
    pupils = learner_rows(problem, steps=500, replicas=2)
    asked = {(row["i"], row["j"]) for row in pupils}
    assert asked <= {(row["i"], row["j"]) for row in paths}
    assert len(asked) >= 6
    assert all(
        row["low"] <= row["change"] <= row["high"] and row["learners"] == 2 for row in pupils
    )


def test_a_changed_prediction_is_refused_before_anything_is_measured(tmp_path, monkeypatch):
    changed = tmp_path / "displacement_frozen.json"
    changed.write_bytes(displacement.FROZEN.read_bytes() + b" ")
    monkeypatch.setattr(displacement, "FROZEN", changed)
    with pytest.raises(StudyError, match="predicts nothing"):
        displacement.DISPLACEMENT.units(BenchOptions(1, 2))
