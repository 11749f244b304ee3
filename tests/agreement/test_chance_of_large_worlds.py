"""Random baselines of large worlds, estimated in small ones, against those that are solved exactly."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings

import telos
from telos import Affordance, Goals, Problem, Study, agents, drives, evaluate, families, occupancy
from telos.cli.table import print_chances
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.measure import baseline
from telos.solve import policies
from telos.solve.policies import reach
from telos.testing.strategies import seeds, worlds
from telos.worlds import OffSwitch, PaperclipFactory, RandomWorld

# Where a package has a function of its module's name, the module is had by its path.
chances = importlib.import_module("telos.measure.chance")
compute = importlib.import_module("telos.runs.compute")


def _holds(found, exact):
    return (found.low - 1e-9 <= exact) & (exact <= found.high + 1e-9)


def _seeded(monkeypatch, seed):
    """Other outcomes and other walks."""
    monkeypatch.setattr(chances, "_SEED", seed)
    chances._outcomes.__init__(most=1)


@settings(max_examples=40)
@given(worlds(), seeds())
def test_what_the_graph_calls_certain_is_so_and_nothing_else(world, seed):
    wanted = np.random.default_rng(seed).random(world.n_pairs) < 0.2
    outcomes = np.array(baseline.keepable_outcomes(world))[:64]
    cyclic = baseline.on_a_cycle(world)
    rules = chances._rules(world, wanted, chances._targets(world, outcomes, cyclic))
    exact = np.array([reach(world, baseline._towards(world, o), wanted)[0] for o in outcomes])
    sure = rules.certain(world, len(outcomes))
    open_ = np.isnan(sure)
    assert np.abs(exact[~open_] - sure[~open_]).max(initial=0.0) < 1e-9
    assert ((exact[open_] > 0.0) & (exact[open_] < 1.0)).all()


@pytest.mark.parametrize("scenario", [OffSwitch(rooms=3), PaperclipFactory(products=("clips",))])
def test_the_intervals_hold_as_often_as_they_say(scenario, monkeypatch):
    """95 % and more: one in a hundred samples of a binomial with that rate has fewer than 32 of 36."""
    world = scenario.build()
    own = SelfPreservation().affordances(world)
    exact = baseline.random_baseline(world, own)
    monkeypatch.setattr(chances, "WALKS", 300)
    held = np.zeros(2)
    for seed in range(36):
        _seeded(monkeypatch, seed)
        found = chances.chance(world, own, most_exact=0)
        assert not found.exact
        assert found.unfinished == (0, 0)
        held += _holds(found, exact)
    assert held.min() >= 32


def test_some_outcomes_drawn_at_random_stand_for_all(monkeypatch):
    """A third of 150 outcomes, each walked for or decided: the interval is that of a sample."""

    def moves(s):
        if s >= 150:
            return {"stay": s}
        return {"on": (s + 1) % 150, "stay": s, "end": {150 + s % 2: 0.5, s: 0.5}}

    world = telos.explore(0, moves)
    own = Affordance("walk", world.pair_action == world.actions.index("end"), np.zeros(world.size))
    exact = baseline.random_baseline(world, own)
    monkeypatch.setattr(chances, "OUTCOMES", 50)
    held = np.zeros(2)
    for seed in range(30):
        _seeded(monkeypatch, seed)
        found = chances.chance(world, own, most_exact=0)
        assert (found.outcomes, found.kept) == (50, 152)
        held += _holds(found, exact)
    assert held.min() >= 26


def test_a_sample_of_outcomes_that_are_all_certain_is_still_a_sample(monkeypatch):
    """Forty of a hundred outcomes need the pair for certain; of fifty drawn that is not known of all."""
    world = telos.explore(
        0, lambda s: {f"{k}": k for k in range(1, 101)} if s == 0 else {"stay": s}
    )
    own = Affordance("forty", np.arange(world.n_pairs) < 40, np.zeros(world.size))
    exact = baseline.random_baseline(world, own)
    assert exact[1] == pytest.approx(0.4)
    monkeypatch.setattr(chances, "OUTCOMES", 50)
    held = 0
    for seed in range(30):
        _seeded(monkeypatch, seed)
        found = chances.chance(world, own, most_exact=0)
        assert found.walks[1] == 0
        held += _holds(found, exact)[1]
    assert held >= 26
    chances._outcomes.__init__(most=1)
    monkeypatch.setattr(chances, "OUTCOMES", 100)
    whole = chances.chance(world, own, most_exact=0)
    assert whole.low[1] == whole.high[1] == pytest.approx(0.4)


def test_an_outcome_that_is_only_passed_through_is_not_kept_there():
    moves = {"start": {"pass": "hall", "go": "home"}, "hall": {"on": "end"}}
    world = telos.explore(
        "start",
        lambda s: moves.get(s, {"stay": s}),
        outcome=lambda s: "warm" if s in ("hall", "home") else s,
    )
    passing = world.pair_action == world.actions.index("pass")
    own = Affordance("pass", passing, np.zeros(world.size))
    exact = baseline.random_baseline(world, own)
    assert exact[1] == 0.5  # for "end" it has to be passed, for "warm" it must not be
    found = chances.chance(world, own, most_exact=0)
    assert (found.walks[1], found.low[1], found.high[1]) == (0, 0.5, 0.5)


@pytest.mark.parametrize("discount", [0.0, 0.9, 0.99])
def test_large_chains_are_iterated_to_what_factors_give(discount, monkeypatch):
    """One component of 400 states, too large for the dense elimination."""
    torus = telos.explore(
        (0, 0),
        lambda s: {"row": ((s[0] + 1) % 20, s[1]), "any": {(s[0], (s[1] + 1) % 20): 0.5, s: 0.5}},
    )
    rng = np.random.default_rng(0)
    problem = Problem(torus, Goals(rng.normal(size=(2, torus.size))), discount)
    policy = rng.dirichlet((1, 1), torus.size).ravel()
    wanted = np.arange(torus.n_pairs) == 700
    before = evaluate(problem, policy), occupancy(problem, policy), reach(torus, policy, wanted)
    monkeypatch.setattr(policies, "MOST_FACTORED", 0)
    after = evaluate(problem, policy), occupancy(problem, policy), reach(torus, policy, wanted)
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).max() <= 2e-12 * np.abs(one).max()
    assert after[2][0] == 1.0


def test_walks_that_do_not_end_count_both_ways(monkeypatch):
    world = OffSwitch(rooms=3).build()
    own = SelfPreservation().affordances(world)
    monkeypatch.setattr(chances, "STEPS", 0)
    found = chances.chance(world, own, most_exact=0)
    assert found.unfinished[0] == found.walks[0] > 0
    assert (found.low[0], found.high[0], found.value[0]) == (0.0, 1.0, 0.5)


def test_small_worlds_are_solved_exactly():
    world = RandomWorld().build()
    own = ResourceAcquisition().affordances(world)
    found = chances.chance(world, own)
    assert found.exact
    assert found.value.tolist() == baseline.random_baseline(world, own).tolist()


def test_a_study_keeps_and_shows_the_limits(tmp_path, monkeypatch, capsys):
    study = Study(
        name="gate",
        question="What do goals need?",
        scenarios=(OffSwitch(rooms=3),),
        families=(families.Uniform(),),
        agents=(agents.Optimal(),),
        drives=(drives.SelfPreservation(),),
        discounts=(0.9,),
        n_goals=20,
        controls=0,
    )
    world = OffSwitch(rooms=3).build()
    exact = baseline.random_baseline(world, SelfPreservation().affordances(world))
    monkeypatch.setattr(compute, "_chances", chances.Memo(most=1))
    monkeypatch.setattr(compute, "chance", lambda w, a: chances.chance(w, a, most_exact=0))
    found = telos.run(study, tmp_path / "estimated", jobs=1, progress=False)
    (row,), (rates,) = found.chances().to_dicts(), found.summary().to_dicts()
    assert row["trial"] == rates["trial"]
    assert (row["walks"] > 0, row["unfinished"]) == (True, 0)
    for name, known in zip(("baseline_actions", "baseline_outcomes"), exact, strict=True):
        assert row[f"{name}_low"] <= known <= row[f"{name}_high"]
        assert row[name] == rates[name]
    page = telos.report(found.folder).read_text()
    assert ("Random baselines" in page, "not ended" in page) == (True, True)
    print_chances(found.chances())
    said = " ".join(capsys.readouterr().out.split())
    assert said.endswith("95 % intervals: self preservation [48.9, 52.0]; 75.0.")
