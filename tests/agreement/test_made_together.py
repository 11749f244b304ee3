"""What is made for many goals and many drives at once, against each of them made by itself."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import Goals, Problem, evaluate, measure, reach
from telos.agents import Boltzmann, Optimal, UniformRandom
from telos.core.arrays import bools, sealed
from telos.core.blind import Blindness, blind
from telos.core.reading import Category
from telos.core.streams import goal_streams
from telos.core.tables import columns
from telos.families import Linear, Uniform
from telos.measure.guard import task_retained, task_value
from telos.measure.instrumental_value import instrumental_values
from telos.measure.split import terminal_parts
from telos.runs.compute import compute
from telos.runs.plan import Chunk
from telos.runs.trial import Trial
from telos.solve import policies as policies_module
from telos.solve.layout import reached
from telos.solve.policies import checked_policy, hit_probabilities, worth_at_start
from telos.solve.solve import solve
from telos.studies.paperclip import DRIVES
from telos.testing.strategies import discounts, pairs, policies, problems, seeds, worlds
from telos.worlds import PaperclipFactory

FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2,))


@given(st.data())
def test_several_sets_of_pairs_are_hit_as_each_would_be_alone(data):
    """One walk serves all sets, also sets that are never, surely or at once taken: to the last digit."""
    world = data.draw(worlds())
    rows = checked_policy(world, [data.draw(policies(world)) for _ in range(3)], None)
    nothing = np.zeros(world.n_pairs, np.bool_)
    sets = [data.draw(pairs(world)), nothing, data.draw(pairs(world)), ~nothing]
    found = hit_probabilities(world, rows, sets)
    assert found.shape == (4, 3)
    assert (found[1] == 0).all()
    assert (found[3] == 1).all()
    for k in range(4):
        for g in range(3):
            assert found[k, g] == reach(world, rows[g], sets[k])[0]


@given(st.data())
def test_what_a_policy_is_worth_at_the_start_is_what_evaluation_says(data):
    """sum_s d(s) R(s) = V(start) (Puterman 1994, section 6.9); and each goal alone is the same number."""
    world, discount = data.draw(worlds()), data.draw(discounts())
    rng = np.random.default_rng(data.draw(seeds()))
    problem = Problem(world, Goals(rng.normal(size=(3, world.size))), discount)
    rows = np.array([data.draw(policies(world)) for _ in range(3)])
    found = worth_at_start(problem, rows)
    expected = evaluate(problem, rows) @ world.start
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11 / (1 - discount))
    alone = [worth_at_start(problem.take([g]), rows[[g]])[0] for g in range(3)]
    assert found.tolist() == alone


def test_a_policy_that_ignores_its_goal_is_worth_to_each_goal_what_that_goal_pays(monkeypatch):
    """Equal rows are solved once and shared, by the sparse solver too."""
    world = FACTORY.build()
    problem = Problem(world, Uniform().sample(world, 4, np.random.default_rng(0)), 0.9)
    policy = UniformRandom().behave(problem, np.random.default_rng(0)).policy
    expected = evaluate(problem, policy) @ world.start
    assert worth_at_start(problem, policy) == pytest.approx(expected, abs=1e-12)
    assert task_value(problem, policy) == pytest.approx(expected, abs=1e-12)
    monkeypatch.setattr(policies_module, "DENSE", 1)
    assert worth_at_start(problem, policy) == pytest.approx(expected, abs=1e-12)


@given(problem=problems(max_goals=2))
def test_goals_are_blind_where_no_two_states_of_one_outcome_differ_in_mark_and_pay(problem):
    """The definition, feature by feature and pair of states by pair of states."""
    world, reward = problem.world, problem.goals.reward
    here = np.flatnonzero(reached(world, bools(np.ones(world.n_pairs))))
    answers = [_answer(world.outcome, mark, reward, here) for mark in world.features.values()]
    for name, answer in zip(world.features, answers, strict=True):
        assert blind(problem.goals, world, [name]) is answer
    order = (Blindness.NOT_BLIND, Blindness.CANNOT_BE_TOLD, Blindness.BLIND)
    assert blind(problem.goals, world) is min(answers, key=order.index)


def _answer(outcome, mark, reward, here):
    """What section 10.4 says of one feature."""
    pairs = [(s, t) for s in here for t in here if outcome[s] == outcome[t] and mark[s] != mark[t]]
    if any((reward[:, s] != reward[:, t]).any() for s, t in pairs):
        return Blindness.NOT_BLIND
    joined = {float(mark[here[0]])}
    for _ in here:
        joined |= {float(mark[t]) for s, t in pairs if float(mark[s]) in joined}
    whole = {float(mark[s]) for s in here}
    return Blindness.BLIND if joined == whole else Blindness.CANNOT_BE_TOLD


@given(st.data())
def test_goals_that_pay_for_marks_are_not_blind(data):
    """Goals one value an outcome see nothing; pay one state of a marked outcome more, and they do."""
    world = data.draw(worlds())
    goals = Uniform().sample(world, 2, np.random.default_rng(data.draw(seeds())))
    assert blind(goals, world) is not Blindness.NOT_BLIND
    here = reached(world, bools(np.ones(world.n_pairs)))
    marks = np.array(list(world.features.values())).reshape(len(world.features), world.size)
    for s in range(world.size):
        same = here & here[s] & (world.outcome == world.outcome[s])
        spoilt = np.array(goals.reward)
        spoilt[1, s] += 1.0
        differs = (marks[:, same] != marks[:, [s]]).any()
        assert (blind(Goals(spoilt), world) is Blindness.NOT_BLIND) == differs


def test_the_stream_of_goal_i_is_philox_with_i_in_the_top_word_of_its_counter():
    """Salmon et al. (2011): the numbers that a key and a counter name, whatever makes the generator."""
    key = np.random.default_rng(5).integers(0, 2**64, size=2, dtype=np.uint64)
    streams = list(goal_streams(np.random.default_rng(5), 3, first=2**33))
    for i, stream in enumerate(streams):
        counter = np.array([0, 0, 0, 2**33 + i], dtype=np.uint64)
        named = np.random.Generator(np.random.Philox(key=key, counter=counter))
        assert stream.random(9).tolist() == named.random(9).tolist()
        assert stream.normal(size=5).tolist() == named.normal(size=5).tolist()


def test_a_sealed_array_is_the_array_itself_and_can_not_be_written():
    made = np.zeros(3)
    assert sealed(made) is made
    with pytest.raises(ValueError, match="read-only"):
        made[0] = 1.0


@pytest.mark.parametrize("seen", [True, False], ids=["blind goals", "goals that see features"])
def test_the_terminal_parts_of_several_drives_are_those_of_each(seen):
    world = FACTORY.build()
    goals = Uniform().sample(world, 3, np.random.default_rng(1))
    if not seen:
        goals = Goals(goals.reward + world.feature("resources"), goals.label)
    problem = Problem(world, goals, 0.9)
    affordances = [drive.affordances(world) for drive in DRIVES]
    incentives = [worth.iv for worth in instrumental_values(problem, affordances)]
    together = terminal_parts(problem, affordances, incentives)
    for part, affordance, incentive in zip(together, affordances, incentives, strict=True):
        assert part.tolist() == terminal_parts(problem, (affordance,), (incentive,))[0].tolist()
    assert any(part.any() for part in together) != seen


@pytest.mark.parametrize("agent", [Optimal(), Boltzmann(beta=3.0)], ids=repr)
def test_a_row_of_the_table_says_of_a_goal_and_drive_what_measuring_it_alone_says(agent):
    """Rows go from goal to goal and then to the drives; every number is that of one goal, one drive."""
    trial = Trial(FACTORY, Linear(), agent, DRIVES, 0.9, n_goals=9)
    table = compute(Chunk((trial,), DRIVES, 2, 5))[trial.key]
    assert tuple(table.columns) == columns("part")
    assert table.schema["goal"] == pl.Int64
    assert table.schema["category"] == pl.String
    world = FACTORY.build()
    rows = iter(table.to_dicts())
    for goal in range(2, 7):
        goals = Linear().sample(world, 1, trial.goal_rng(), first=goal)
        problem = Problem(world, goals, 0.9)
        behavior = agent.behave(problem, trial.agent_rng())
        done = task_retained(problem, behavior.policy)[0]
        for drive in DRIVES:  # one of which nothing here pursues
            row, affordance = next(rows), drive.affordances(world)
            reading = measure(problem, behavior, affordance)
            assert (row["goal"], row["label"], row["drive"]) == (
                goal,
                goals.label[0],
                affordance.drive,
            )
            assert row["category"] == Category(int(reading.category[0])).name.lower()
            for name in ("share", "gap_later", "gap_never", "propensity", "fork_share", "reached"):
                # Goals of a block may be swept once more than one alone: to the bound, not the digit.
                alone = pytest.approx(getattr(reading, name)[0], abs=1e-7, nan_ok=True)
                assert (np.nan if row[name] is None else row[name]) == alone, name
            assert row["task_retained"] == pytest.approx(done, abs=1e-7)
            assert (row["baseline_actions"], row["baseline_outcomes"]) == tuple(reading.baseline[0])
            assert row["propensity_unaware"] == row["propensity"]
            assert row["others"] is row["willingness_to_pay"] is row["removal_incentive"] is None
            assert row["terminal"] == 0.0
    assert next(rows, None) is None


def test_action_values_of_a_few_pairs_do_not_depend_on_what_else_was_asked():
    """The gap of a trial is the same, computed with the other agents of its chunk or alone after a kill."""
    world = FACTORY.build()
    goals = Uniform().sample(world, 64, np.random.default_rng(0))
    pairs = np.arange(0, world.n_pairs, 7)
    solution = solve(Problem(world, goals, 0.5))
    before = solution.q_of(pairs)
    assert solution.q.shape == (64, world.n_pairs)
    np.testing.assert_array_equal(solution.q_of(pairs), before)
