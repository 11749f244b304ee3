"""Worlds, problems and what is found out about them can be pickled and copied, and stay read-only."""

import copy
import pickle

import numpy as np
import pytest

from telos import (
    Goals,
    Move,
    Problem,
    agents,
    drives,
    explore,
    explore_vectorized,
    extend,
    load_world,
    measure,
    save_world,
    solve,
)
from telos.interop import explore_env

LAMP = explore(
    ("hall", 0),
    lambda s: {"wait": s, "flip": {(s[0], 1 - s[1]): 0.5, s: 0.5}},
    features={"off": lambda s: s[1] == 0},
    outcome=lambda s: s[1],
    default="wait",
)
PROBLEM = Problem(LAMP, Goals([[0.0, 1.0], [1.0, 0.0]]), 0.9, bonus=np.arange(4.0))


def again(value):
    return pickle.loads(pickle.dumps(value))


WAYS = pytest.mark.parametrize(
    "way", [again, copy.deepcopy, copy.copy], ids=["pickle", "deep", "copy"]
)


def same(one, two):
    """Whether two worlds hold the same, field by field."""
    arrays = ("start", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome")
    for name in (*arrays, "default"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
        if getattr(one, name) is not None:
            assert not getattr(two, name).flags.writeable
    assert tuple(one.states) == tuple(two.states)
    assert tuple(one.outcomes) == tuple(two.outcomes)
    assert (one.actions, one.name, one.estimated) == (two.actions, two.name, two.estimated)
    assert dict(one.features).keys() == dict(two.features).keys()
    for name, values in one.features.items():
        np.testing.assert_array_equal(values, two.features[name])
        assert not two.features[name].flags.writeable
    with pytest.raises(TypeError):
        two.features["new"] = one.start
    return True


@WAYS
def test_a_world_comes_back_whole_and_read_only(way):
    assert LAMP.find(("hall", 1)) == 1  # something derived is there, and is not needed
    found = way(LAMP)
    assert same(LAMP, found)
    assert found.find(("hall", 1)) == 1
    assert solve(Problem(found, PROBLEM.goals, 0.9)).value.tolist() == (
        solve(Problem(LAMP, PROBLEM.goals, 0.9)).value.tolist()
    )


@WAYS
def test_a_world_of_columns_does_too(way):
    world = explore_vectorized((0, 0), lambda s: {"on": ((s[0] + 1) % 3, s[1])})
    assert same(world, way(world))


@pytest.mark.parametrize("way", [again, copy.deepcopy])
def test_a_world_mapped_from_the_disk_comes_back_by_content(way, tmp_path):
    world = explore(
        "hall", lambda s: {"stay": s, "leave": "yard"}, features={"far": lambda s: s == "yard"}
    )
    save_world(world, tmp_path)
    data = way(load_world(tmp_path))
    for path in tmp_path.iterdir():
        path.unlink()  # what was copied needs no file
    assert same(world, data)


@WAYS
def test_problems_solutions_behaviors_and_readings_do(way):
    problem = way(PROBLEM.with_bonus(np.ones(4)))
    assert same(LAMP, problem.world)
    np.testing.assert_array_equal(problem.bonus, PROBLEM.bonus + 1.0)
    assert not problem.bonus.flags.writeable
    assert problem.before.goals.reward.tolist() == PROBLEM.goals.reward.tolist()
    solution = solve(PROBLEM)
    found = way(solution)
    np.testing.assert_array_equal(found.value, solution.value)
    np.testing.assert_array_equal(found.tied, solution.tied)
    assert not found.value.flags.writeable
    behavior = agents.Optimal().behave(PROBLEM, np.random.default_rng(0))
    affordance = drives.SelfPreservation().affordances(LAMP)
    reading = measure(PROBLEM, way(behavior), way(affordance))
    np.testing.assert_array_equal(way(reading).category, reading.category)
    assert not way(reading).category.flags.writeable


@WAYS
def test_extensions_and_environments_do(way):
    counted = extend(LAMP, 0, lambda s, m: [Move("on", -1, {(1 - s, 1 - m): 1.0})], name="counted")
    assert same(counted.world, way(counted).world)
    env = way(LAMP.to_gymnasium([0.0, 1.0]))
    env.reset(seed=0)
    assert env.step(0)[0] == 0


@WAYS
def test_an_explored_environment_does_with_its_estimates(way):
    import gymnasium

    lake = gymnasium.make("FrozenLake-v1", desc=["SF", "HG"])
    world = explore_env(lake, key=lambda env: env.s, verify="none", progress=False)
    assert same(world, way(world))
