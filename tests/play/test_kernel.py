"""The kernel of the playable page answers as Python does, within the sum of both certified bounds."""

from dataclasses import replace

import numpy as np
import pytest

from scripts import script
from telos import Goals, Problem, guard, worlds
from telos.core.digests import GOLDEN, digests, mixed
from telos.families import Uniform
from telos.play import made
from telos.play.shipped import PLAYS
from telos.safeguards import Forbid, Monitor


@pytest.fixture(scope="module")
def kernel():
    module = script("play_kernel")
    if module.node() is None:
        pytest.skip("there is no Node")
    return module


def data_of(world, marks, switches=()):
    """The data of a page that shows one world: what the kernel reads of it."""
    fan = np.diff(world.next_ptr)
    owner = np.repeat(world.pair_state, fan)
    one, two = np.random.default_rng(0).integers(0, 2**64, size=2, dtype=np.uint64)
    places = np.arange(2, dtype=np.uint64)[:, None] * np.uint64(GOLDEN)
    begin = mixed(mixed(digests(world.outcomes) ^ one) ^ (places + two))
    setting = {
        "name": "as_it_is",
        "before": 0,
        "states": list(range(world.size)),
        "start": [[int(s), float(world.start[s])] for s in np.flatnonzero(world.start)],
        "pairs": np.diff(world.pair_ptr).tolist(),
        "action": world.pair_action.tolist(),
        "fan": fan.tolist(),
        "step": (world.next_state - owner).tolist(),
        "chance": list(range(len(owner))),
        "outcome": world.outcome.tolist(),
        "default": [],
        "features": {name: value.tolist() for name, value in world.features.items()},
        "drives": [
            {"name": name, "title": name, "pairs": np.flatnonzero(flags).tolist()}
            for name, flags in marks.items()
        ],
    }
    return {
        "format": 1,
        "discount": 0.95,
        "states": [str(s) for s in world.states],
        "actions": list(world.actions),
        "outcomes": [
            {"name": str(k), "draws": [f"{int(begin[j, k]):016x}" for j in range(2)]}
            for k in range(world.n_outcomes)
        ],
        "chances": world.next_prob.tolist(),
        "settings": [setting],
        "switches": [
            {
                "name": kind,
                "kind": kind,
                "weight": weight,
                "pairs": [np.flatnonzero(flags).tolist()],
            }
            for kind, weight, flags in switches
        ],
    }


def sets_of(world, rng, count):
    """Random sets of pairs, each of which leaves every state the first of its pairs."""
    flags = rng.random((count, world.n_pairs)) < 0.4
    flags[:, world.pair_ptr[:-1]] = False
    return flags


#: Random worlds: (what to build them of, whether rewritten selves come back to held states).
ODD = {
    "one state": ({"states": 1, "successors": 1}, False),
    "rewriting": ({"states": 24, "rewriting": True, "absorbing": 2, "seed": 3}, False),
    "rewriting for good": ({"states": 40, "successors": 3, "rewriting": True, "seed": 8}, False),
    "coming back": ({"states": 24, "seed": 4}, True),
    "coming back, deterministic": ({"states": 30, "successors": 1, "seed": 5}, True),
    "one large component": ({"states": 150, "seed": 6}, False),
    "large, coming back": ({"states": 120, "outcomes": 4, "seed": 7}, True),
}


def odd_world(name):
    """The world of that name; a large one is begun in several states."""
    given, back = ODD[name]
    world = worlds.RandomWorld(**given).build()
    if back:
        register = (np.random.default_rng(1).random(world.size) < 0.3).astype(float)
        register[0] = 0.0
        world = replace(world, features={**world.features, "goal_register": register})
    if world.size > 30:
        start = np.zeros(world.size)
        start[[0, 3, 7]] = 0.5, 0.25, 0.25
        world = replace(world, start=start)
    return world


def awkward_goals(world, rng):
    """Goals that a page may be given: negative, far from zero, constant, and of one outcome alone."""
    k = world.n_outcomes
    worth = [rng.random(k), -rng.random(k), 1e3 + rng.random(k), np.full(k, 0.7), np.eye(k)[-1]]
    revised = [rng.random(k), rng.random(k), -rng.random(k), rng.random(k), np.zeros(k)]
    return np.stack(worth), np.stack(revised)


@pytest.mark.parametrize("name", ODD)
def test_the_kernel_agrees_on_random_worlds(kernel, name):
    world, rng = odd_world(name), np.random.default_rng(2)
    some, others, *placebos = sets_of(world, rng, 5)
    marks = {"some": some, "others": others, "none": np.zeros(world.n_pairs, bool)}
    puts = Forbid(actions=(world.actions[1],)), Monitor(actions=(world.actions[2],), penalty=0.1)
    one, two = (world.pair_action == number for number in (1, 2))
    data = data_of(world, marks, [("forbid", 0.0, one), ("fine", 0.05, two)])
    worth, revised = awkward_goals(world, rng)
    each = np.arange(len(worth))
    goals = Goals(worth[:, world.outcome], revised=each, pool=revised[:, world.outcome])
    asked = [
        {"worth": a.tolist(), "revised": b.tolist()} for a, b in zip(worth, revised, strict=True)
    ]
    cases, problems = [], []
    drawn = [np.flatnonzero(flags).tolist() for flags in placebos]
    for discount, chosen in ((0.0, []), (0.9, []), (0.9, [0]), (0.99, [1]), (0.99, [0, 1])):
        problem = guard(Problem(world, goals, discount), [puts[i] for i in chosen])
        problems.append((problem, chosen))
        cases.append({"setting": 0, "switches": chosen, "discount": discount, "goals": asked})
        cases[-1]["placebos"] = drawn
    found = kernel.Agreement()
    for answer, (problem, chosen) in zip(kernel.answers(data, cases), problems, strict=True):
        kept = ~one if 0 in chosen else np.ones(world.n_pairs, bool)
        left = {key: flags[kept] for key, flags in marks.items()}
        what = f"{name}, {problem.discount}, switches {chosen}"
        kernel.compare(
            found,
            what,
            answer["rows"],
            problem,
            left,
            [d[kept] for d in placebos],
            0.05 * (1 in chosen),
        )
    assert not found.faults, found.faults[:5]
    assert found.numbers > 200


@pytest.mark.parametrize("name", ["factory", "employee", "off_switch", "grid", "desk"])
def test_the_kernel_agrees_on_shipped_pages(kernel, name, monkeypatch):
    # What a page tells of its world takes longer than its world does, and the kernel reads none of it.
    monkeypatch.setattr(made, "_discovery", lambda *given: ())
    monkeypatch.setattr(made, "story_of", lambda *given: ())
    plan = PLAYS[name]()
    play = made.made(plan).model_dump(mode="json")
    cases = kernel.page_cases(play, 3 if name == "desk" else 6, (0.95,))
    per = len(cases) // len(play["settings"])
    # Another combination of switches in each world.
    some = [cases[s * per + (s % per)] for s in range(len(play["settings"]))]
    some += [{**cases[per - 1], "discount": 0.99, "goals": [0, 1]}]
    some[0]["placebos"] = kernel.placebos_of(play["settings"][0], 1)
    found = kernel.Agreement()
    kernel.check_page(found, name, play, plan.scenario, some)
    assert not found.faults, found.faults[:5]
    assert found.categories
    assert found.near == 0


def test_goals_far_along_are_drawn_bit_for_bit(kernel):
    world = worlds.OffSwitch(rooms=2).build()
    far = [0, 1, 999, 123_456_789, 2**32 + 5]
    case = {"setting": 0, "switches": [], "discount": 0.5, "goals": far}
    (answer,) = kernel.answers(data_of(world, {}), [case])
    for i, row in zip(far, answer["rows"], strict=True):
        goals = Uniform().sample(world, 1, np.random.default_rng(0), first=i)
        assert (np.array(row["worth"])[world.outcome] == goals.reward[0]).all()
        assert (np.array(row["revised"])[world.outcome] == goals.rewritten()[0]).all()
