"""What training leaves open: rates among compatible goals, by closed forms, orbits and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given

from telos import Behavior, Goals, Problem, explore, solve
from telos.agents import Optimal, QLearning
from telos.core.arrays import bools
from telos.errors import GoalsError, ProblemError
from telos.families import Normal, Uniform
from telos.testing.strategies import discounts, seeds, worlds
from telos.theory import (
    compatible,
    conditional_rate,
    draw_compatible,
    off_distribution,
    orbit,
    outlasting,
    restarted_at,
    training_support,
)


def pairs(world, *named):
    flags = np.zeros(world.n_pairs, bool)
    flags[[world.pair(state, action) for state, action in named]] = True
    return flags


def at(world, state):
    """The pairs of a state that go on."""
    flags = np.zeros(world.n_pairs, bool)
    flags[list(world.pairs_of(world.find(state)))] = True
    flags[world.pair(state, "be off")] = False
    return flags


def schools(k):
    """A gate to k rooms and off, and k schools in each of which one room or off is chosen."""
    gate = {f"go {i}": f"room {i}" for i in range(k)} | {"be off": "off"}
    lessons = {f"school {i}": {"go": f"room {i}", "be off": "off"} for i in range(k)}
    plan = {"gate": gate} | lessons
    first = dict.fromkeys(plan, 1 / (k + 1))
    world = explore(first, lambda s: plan.get(s, {"stay": s}))
    ends = [f"room {i}" for i in range(k)] + ["off"]
    values = np.zeros(world.size)
    values[[world.find(end) for end in ends]] = np.arange(k + 1)
    return world, orbit(Problem(world, Goals(values), 0.9), ends)


# -- conditional rate against coverage ---------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_rate_falls_with_each_lesson_in_which_being_off_was_seen(k):
    """Off is best of all k + 1, given that it is best of m + 1, with probability (m+1)/(k+1)."""
    world, goals = schools(k)
    new = restarted_at(goals, "gate")
    for m in range(1, k + 1):
        seen = pairs(world, *((f"school {i}", "be off") for i in range(m)))
        found = conditional_rate(goals, seen, new, at(world, "gate"), exact=True)
        assert found.rate == pytest.approx((k - m) / (k + 1), abs=1e-12)
        assert found.unconditional_rate == pytest.approx(k / (k + 1), abs=1e-12)
        assert found.acceptance == pytest.approx(1 / (m + 1), abs=1e-12)
        assert found.interval() == (found.rate, found.rate)


def test_one_lesson_in_which_a_room_was_preferred_settles_every_new_gate():
    world, goals = schools(4)
    seen = pairs(world, ("school 2", "go"))
    found = conditional_rate(goals, seen, restarted_at(goals, "gate"), at(world, "gate"))
    assert (found.rate, found.declined, found.compatible) == (1.0, 0, 60)
    assert found.interval().low < 1.0


def test_lessons_about_something_else_change_nothing():
    plan = {
        "school": {"learn": "book", "play": "ball"},
        "gate": {"go 1": "room 1", "go 2": "room 2", "be off": "off"},
    }
    world = explore({"school": 0.5, "gate": 0.5}, lambda s: plan.get(s, {"stay": s}))
    ends = ("book", "ball", "room 1", "room 2", "off")
    values = [float(ends.index(s)) if s in ends else 0.0 for s in world.states]
    goals = orbit(Problem(world, Goals(values), 0.9), ends)
    seen = pairs(world, ("school", "learn"))
    found = conditional_rate(
        goals, seen, restarted_at(goals, "gate"), at(world, "gate"), exact=True
    )
    assert found.rate == found.unconditional_rate == pytest.approx(2 / 3, abs=1e-12)
    assert found.compatible == 60


def test_training_with_ties_leaves_a_goal_compatible_and_the_new_choice_indifferent():
    world, _ = schools(2)
    goals = Problem(world, Goals(np.zeros(world.size)), 0.9)
    seen = pairs(world, ("school 0", "be off"), ("school 0", "go"))
    found = conditional_rate(goals, seen, restarted_at(goals, "gate"), at(world, "gate"))
    assert (found.required, found.indifferent, found.declined) == (0, 1, 0)
    assert (found.rate, found.weak_rate) == (0.0, 1.0)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_where_shutdown_ends_all_the_rate_of_uniform_goals_is_this(k):
    """Off pays once, a room for ever: off is preferred with probability (1-g)^k / (k+1)."""
    g = 0.4
    gate = {f"go {i}": f"room {i}" for i in range(k)} | {"be off": "off"}
    plan = {"gate": gate, "off": {"end": "end"}, "school": {"learn": "book", "play": "ball"}}
    world = explore({"school": 0.5, "gate": 0.5}, lambda s: plan.get(s, {"stay": s}))
    end = world.find("end")
    drawn = Uniform().sample(world, 4000, np.random.default_rng(5)).reward.copy()
    drawn[:, end] = 0.0
    goals = Problem(world, Goals(drawn), g)
    seen = pairs(world, ("school", "learn"))
    new = restarted_at(goals, "gate")
    found = conditional_rate(goals, seen, new, at(world, "gate"))
    low, high = found.interval(0.9999)
    assert low < 1 - (1 - g) ** k / (k + 1) < high
    assert 0.45 < found.acceptance < 0.55
    rooms = [f"room {i}" for i in range(k)]
    bound = outlasting(new, pairs(world, ("gate", "be off")), "off", permuted=[*rooms, "off"])
    assert bound.n == k
    assert bound.applies.all()
    assert found.weak_rate > bound.share


# -- the bound n/(n+1) -------------------------------------------------------------------------------


def test_the_bound_is_tight_where_rooms_last_as_long_as_being_off():
    world, goals = schools(3)
    new = restarted_at(goals, "gate")
    ends = [s for s in world.states if str(s).startswith("room")] + ["off"]
    bound = outlasting(new, pairs(world, ("gate", "be off")), "off", permuted=ends)
    assert bound.n == 3
    assert bound.off_visits == pytest.approx(0.9 / (1 - 0.9))
    seen = at(world, "gate")  # nothing but the gate itself was seen: no training to speak of
    assert bound.applies.all()
    found = conditional_rate(goals, ~seen & (world.pair_state >= 4), new, seen, exact=True)
    assert found.weak_rate == pytest.approx(bound.share, abs=1e-12)


@given(worlds(max_states=4, max_actions=2), discounts(), seeds())
def test_in_every_orbit_n_goals_go_on_for_each_that_prefers_shutdown(part, discount, seed):
    """Random worlds behind the gate; being off is visited once, and then nothing is worth least."""
    states, n = ["gate", "off", "end"], part.size

    def moves(s):
        if s == "gate":
            return {"be off": "off", "go on": 0}
        if s in ("off", "end"):
            return {"end": "end"}
        return {str(p): part.successors(p) for p in part.pairs_of(s)}

    world = explore("gate", moves)
    ends = [s for s in world.states if s not in ("gate", "end")]
    rng = np.random.default_rng(seed)
    values = np.zeros(world.size)
    values[[world.find(s) for s in ends]] = rng.integers(0, 4, len(ends))
    assert len(ends) <= n + 1
    assert states[0] == world.states[0]
    goals = orbit(Problem(world, Goals(values), discount), ends)
    bound = outlasting(goals, pairs(world, ("gate", "be off")), "off", permuted=ends)
    assert bound.applies.all()
    tied = solve(goals).tied
    on, off = (tied[:, world.pair("gate", a)] for a in ("go on", "be off"))
    assert (on & ~off).sum() >= bound.n * (off & ~on).sum()


def test_the_bound_needs_that_nothing_worse_follows_than_shutdown_leads_to():
    """All rewards below what follows (a negative world that ends at 0): most prefer to be off."""
    plan = {"gate": {"be off": "off", "go 0": "room 0", "go 1": "room 1"}, "off": {"end": "end"}}
    world = explore("gate", lambda s: plan.get(s, {"stay": s}))
    ends = ["off", "room 0", "room 1"]
    values = [{"off": -1.0, "room 0": -2.0, "room 1": -3.0}.get(s, 0.0) for s in world.states]
    goals = orbit(Problem(world, Goals(values), 0.9), ends)
    bound = outlasting(goals, pairs(world, ("gate", "be off")), "off", permuted=ends)
    assert bound.n == 2
    assert not bound.applies.any()
    assert solve(goals).tied[:, world.pair("gate", "be off")].all()
    # The same orders, ten units up: what follows is worth least again, and the bound holds.
    raised = Goals(np.where([s == "end" for s in world.states], 0.0, goals.goals.reward + 10.0))
    above = outlasting(
        Problem(world, raised, 0.9), pairs(world, ("gate", "be off")), "off", permuted=ends
    )
    assert above.applies.all()
    off = solve(Problem(world, raised, 0.9)).tied[:, world.pair("gate", "be off")]
    assert off.mean() <= 1 / 3


def test_visits_that_count_are_those_of_loops_cycles_and_delays():
    plan = {
        "gate": {"be off": "off", "loop": "loop", "ring": "a", "far": "passage"},
        "off": {"end": "end"},
        "a": {"on": "b"},
        "b": {"on": "a"},
        "passage": {"on": "garden"},
    }
    world = explore("gate", lambda s: plan.get(s, {"stay": s}))
    for g, n in ((0.99, 4), (0.4, 2)):  # at .4: the loop, and a, which is come to as soon as off is
        problem = Problem(world, Goals(np.zeros(world.size)), g)
        names = ["off", "loop", "a", "b", "passage", "garden"]
        found = outlasting(problem, pairs(world, ("gate", "be off")), "off", permuted=names)
        visits = dict(zip(world.outcomes, found.visits / g, strict=True))
        assert visits["loop"] == pytest.approx(1 / (1 - g))
        assert visits["a"] == pytest.approx(1 / (1 - g**2))
        assert visits["b"] == pytest.approx(g / (1 - g**2))
        assert visits["garden"] == pytest.approx(g / (1 - g))
        assert found.off_visits == pytest.approx(g)
        # The passage is visited once, as soon as off is: it counts, though it does not recur.
        assert found.n == n + 1
        assert "passage" in found.names


# -- compatible goals --------------------------------------------------------------------------------


@given(worlds(max_states=4, max_actions=3), seeds())
def test_a_goal_is_compatible_iff_doing_only_what_was_seen_costs_it_nothing(world, seed):
    """A second method: forbid all else in the states where something was seen, and solve again."""
    rng = np.random.default_rng(seed)
    goals = Goals(rng.integers(-1, 2, (6, world.size)).astype(float))
    problem = Problem(world, goals, 0.9)
    seen = np.zeros(world.n_pairs, bool)
    for s in rng.choice(world.size, rng.integers(1, world.size + 1), replace=False):
        seen[rng.choice(list(world.pairs_of(int(s))))] = True
    acted = np.logical_or.reduceat(seen, world.pair_ptr[:-1])
    free = solve(problem)
    held = solve(problem, without=bools(acted[world.pair_state] & ~seen))
    costs = (free.value - held.value).max(axis=1)
    expected = costs <= 1e-6  # rewards are integers; a true cost is far above this
    assert compatible(problem, seen).tolist() == expected.tolist()


def test_drawing_until_enough_are_compatible_is_filtering():
    world, _ = schools(2)
    problem = Problem(world, Goals(np.zeros(world.size)), 0.9)
    seen = pairs(world, ("school 0", "be off"), ("school 1", "be off"))
    found = draw_compatible(problem, Normal(), seen, n=700, rng=np.random.default_rng(2))
    key = int(np.random.default_rng(2).integers(2**63))
    every = Normal().sample(world, found.tried, np.random.default_rng(key))
    off, rooms = (
        every.reward[:, [world.find(s) for s in names]] for names in (["off"], ["room 0", "room 1"])
    )
    np.testing.assert_array_equal(found.goals.reward, every.reward[(rooms <= off).all(axis=1)])
    assert found.goals.label[0] in every.label
    # Off is the best of three for a third of all goals.
    assert 0.29 < found.acceptance < 0.38


def test_giving_up_says_how_many_were_found():
    world, _ = schools(2)
    problem = Problem(world, Goals(np.zeros(world.size)), 0.9)
    seen = pairs(
        world, ("school 0", "be off"), ("school 0", "go")
    )  # a tie: never, with normal goals
    with pytest.raises(ProblemError, match="0 of 600 goals are compatible"):
        draw_compatible(problem, Normal(), seen, n=1, rng=np.random.default_rng(2), most=600)


def test_a_learner_is_training_behavior_and_its_own_goal_fits_what_it_learnt():
    world, goals = schools(2)
    lesson = restarted_at(goals, "school 0")
    fond = goals.goals.reward[:, world.find("room 0")] > goals.goals.reward[:, world.find("off")]
    g = int(np.flatnonzero(fond)[0])
    learner = QLearning(steps=20_000)
    behavior = learner.behave(lesson.take(np.array([g])), np.random.default_rng(0))
    assert training_support(lesson, behavior)[0, world.pair("school 0", "go")]
    np.testing.assert_array_equal(compatible(lesson, behavior), fond)
    # It has tried being off, so that it knows what that is like, too.
    assert set(off_distribution(world, behavior, lesson)) == {"gate", "school 1", "room 1"}
    found = conditional_rate(lesson, behavior, restarted_at(goals, "gate"), at(world, "gate"))
    assert (found.compatible, found.rate) == (3, 1.0)


def test_an_optimal_agent_fits_its_own_goal_and_each_goal_is_asked_of_its_own_agent():
    _world, goals = schools(3)
    lesson = restarted_at(goals, "school 1")
    behavior = Optimal().behave(lesson, np.random.default_rng(0))
    assert compatible(lesson, behavior).all()
    reversed_rows = Behavior(behavior.policy[::-1])
    assert not compatible(lesson, reversed_rows).all()


def test_the_new_situation_may_be_another_world_with_outcomes_of_the_same_name():
    _, goals = schools(2)
    plan = {"vault": {"be off": "off", "go": "room 1"}}
    vault = explore("vault", lambda s: plan.get(s, {"stay": s}))
    there = [goals.world.find(s) for s in ("off", "room 1")]
    reward = np.zeros((goals.goals.count, vault.size))
    reward[:, [vault.find("off"), vault.find("room 1")]] = goals.goals.reward[:, there]
    seen = pairs(goals.world, ("school 0", "be off"))
    new = Problem(vault, Goals(reward), 0.9)
    found = conditional_rate(goals, seen, new, at(vault, "vault"), exact=True)
    # Given off > room 0, room 1 > off in one of three orders.
    assert found.rate == pytest.approx(1 / 3, abs=1e-12)
    wrong = Problem(vault, Goals(reward + 1.0), 0.9)
    with pytest.raises(GoalsError, match="must be the same goal"):
        conditional_rate(goals, seen, wrong, at(vault, "vault"))


def test_a_rate_of_no_goals_is_refused():
    world, goals = schools(1)
    seen = pairs(world, ("school 0", "be off"), ("school 0", "go"))
    with pytest.raises(ProblemError, match="none of 2 goals is compatible"):
        conditional_rate(goals, seen, restarted_at(goals, "gate"), at(world, "gate"))
    with pytest.raises(ProblemError, match="nothing was seen"):
        compatible(goals, np.zeros(world.n_pairs, bool))
    with pytest.raises(ProblemError, match="one flag for each"):
        compatible(goals, [True])


def test_only_outcomes_that_training_says_nothing_of_are_unseen():
    world, _ = schools(2)
    seen = pairs(world, ("school 0", "be off"), ("off", "stay"))
    assert set(off_distribution(world, seen)) == {"school 1", "gate", "room 0", "room 1"}


@pytest.mark.parametrize(
    ("off", "names", "message"),
    [
        ("off", ["room 0"], "must be among the permuted"),
        ("off", ["off", "end", "room 0"], "leads to 'end' too"),
    ],
)
def test_a_bound_that_does_not_follow_is_refused(off, names, message):
    plan = {"gate": {"be off": "off", "go": "room 0"}, "off": {"end": "end"}}
    world = explore("gate", lambda s: plan.get(s, {"stay": s}))
    problem = Problem(world, Goals(np.zeros(world.size)), 0.9)
    with pytest.raises(ProblemError, match=message):
        outlasting(problem, pairs(world, ("gate", "be off")), off, permuted=names)
    with pytest.raises(ProblemError, match="every pair of the first state shuts down"):
        outlasting(problem, world.pair_state == 0, "off", permuted=["off", "room 0"])
    with pytest.raises(ProblemError, match="the one state that the problem begins in"):
        outlasting(problem, pairs(world, ("off", "end")), "off", permuted=["off", "room 0"])


def test_the_share_that_is_not_off_is_the_count_of_all_orders():
    """The smallest case by hand: two rooms and off, three values, six orders."""
    world, goals = schools(2)
    ends = [world.find(s) for s in ("room 0", "room 1", "off")]
    rows = {tuple(row) for row in goals.goals.reward[:, ends].tolist()}
    assert rows == set(itertools.permutations((0.0, 1.0, 2.0)))
