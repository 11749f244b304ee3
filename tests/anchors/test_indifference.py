"""Utility indifference: the switch is left alone, neither kept nor broken, to within the certified bound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import income, matrix, value_iteration
from anchors.gates import gate, rewarding, worn_switch, worth
from telos import Category, Goals, Problem, World, explore, instrumental_values, solve, solve_as
from telos.core.arrays import floats
from telos.core.errors import ProblemError
from telos.drives import SelfPreservation
from telos.families import Normal, Uniform
from telos.safeguards import Interruption, Noisy, ShortHorizon, UtilityIndifference
from telos.testing.strategies import discounts, goals, worlds
from telos.worlds import OffSwitch, PaperclipFactory

DISCOUNTS = (0.3, 0.9, 0.99)
TOLERANCES = (1e-6, 1e-8, 1e-10, 1e-12)
FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.22, 0.1))
INDIFFERENT = UtilityIndifference()


def _drawn(world, discount, n=40, family=None):
    chosen = Uniform() if family is None else family
    return Problem(world, chosen.sample(world, n, np.random.default_rng(1)), discount)


def _resisting(problem, tolerance=None):
    drive = SelfPreservation().affordances(problem.world)
    return instrumental_values(problem, (drive,), tolerance=tolerance)[0]


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_no_goal_needs_to_stay_on_whatever_the_bound_that_is_asked_for(discount, tolerance):
    for world in (OffSwitch(rooms=3).build(), FACTORY.build()):
        problem = _drawn(world, discount)
        resists = (_resisting(problem, tolerance).category == Category.REQUIRED).any()
        assert resists or (discount == 0.3 and "Factory" in world.name)
        compensated = _resisting(INDIFFERENT.apply(problem), tolerance)
        assert not (compensated.category == Category.REQUIRED).any()
        assert (compensated.iv <= compensated.bound).all()


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_no_goal_cuts_the_switch_of_a_random_world(discount, tolerance):
    """Where the switch is the same everywhere, breaking it is all that staying on can mean."""
    needed = 0
    for seed in range(12):
        world = worn_switch(seed, "free")
        problem = _drawn(world, discount, n=8, family=Normal())
        needed += int((_resisting(problem).category == Category.REQUIRED).sum())
        found = _resisting(INDIFFERENT.apply(problem), tolerance)
        assert not (found.category == Category.REQUIRED).any()
    assert needed > 10


@given(st.data())
def test_compensated_an_agent_plans_as_if_nobody_ever_pressed(data):
    """V solves the world whose rows are conditional on no press, found here by plain value iteration.

    Pairs that surely press are left out there, unless a state has no others; here they tie.
    """
    world = data.draw(worlds())
    problem = Problem(world, data.draw(goals(world)), data.draw(discounts()))
    dense, off = matrix(world), world.features["off"] != 0
    press = np.where((~off[world.pair_state])[:, None] & off, dense, 0.0)
    odds = press.sum(axis=1)
    sure = odds > 1 - 1e-12
    doomed = np.logical_and.reduceat(sure, world.pair_ptr[:-1])[world.pair_state]
    left = ~sure | doomed
    calm = np.where(sure[:, None], dense, dense - press) / np.where(sure, 1.0, 1.0 - odds)[:, None]
    found = solve(INDIFFERENT.apply(problem))
    for g in range(problem.goals.count):
        earned = np.where(left, income(problem, g), -np.inf)
        value = np.zeros(world.size)
        for _ in range(200 if problem.discount < 0.99 else 3000):
            q = earned + problem.discount * calm @ value
            value = np.maximum.reduceat(q, world.pair_ptr[:-1])
        scale = np.abs(problem.goals.reward).max() / (1 - problem.discount)
        rest = 2 * scale * problem.discount ** (200 if problem.discount < 0.99 else 3000)
        slack = found.bound[g] + found.drift[g] + rest + 1e-12 * scale
        assert (np.abs(found.value[g] - value) <= slack).all()
        best = (q >= value[world.pair_state] - 1e-12 * scale) | (sure & ~doomed)
        assert found.tied[g][best].all()


def test_the_factory_is_worth_what_it_is_worth_without_an_off_switch():
    """Compensated, no goal can tell the factory from one in which nobody is ever switched off."""
    # Once rewritten, an agent is not compensated any more: only where no goal is can all be compared.
    locked = replace(FACTORY, rewriting=0.0)
    problem = _drawn(locked.build(), 0.95)
    with_switch = solve_as(INDIFFERENT.apply(problem), "realistic")
    safe = replace(locked, switching_off=0.0).build()
    states = [problem.world.find(s) for s in safe.states]
    calm = Problem(safe, Goals(problem.goals.reward[:, states]), 0.95)
    without = solve_as(calm, "realistic")
    slack = with_switch.bound + with_switch.drift + without.bound
    assert (np.abs(with_switch.value[:, states] - without.value).max(axis=1) <= slack).all()
    assert (solve_as(problem, "realistic").at_start < without.at_start - 0.01).any()


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("act", ["repair", "break"])
def test_mending_and_breaking_the_switch_are_as_good_as_waiting(discount, act):
    """Riding on waiting, either is exactly as good as waiting; and nobody needs it."""
    for seed in range(8):
        problem = INDIFFERENT.apply(_drawn(worn_switch(seed, "free"), discount, n=6))
        found, solved, world = worth(problem, act), solve(problem), problem.world
        assert not (found.category == Category.REQUIRED).any()
        assert (found.iv <= found.bound).all()
        for pair in np.flatnonzero(world.pair_action == world.actions.index(act)):
            idle = int(world.default[world.pair_state[pair]])
            apart = np.abs(solved.q[:, pair] - solved.q[:, idle])
            assert (apart <= solved.margin).all()


@pytest.mark.parametrize("discount", DISCOUNTS)
def test_a_step_spent_on_the_switch_is_worth_what_it_is_where_nobody_presses(discount):
    """The step leads to the first room, which some goals want: for that, and never for the switch."""
    for seed in range(8):
        plain = _drawn(worn_switch(seed, "a step"), discount, n=6)
        world, calm = plain.world, worn_switch(seed, "a step", press=0.0)
        by_state = [world.find(s) for s in calm.states]
        there = solve(Problem(calm, Goals(plain.goals.reward[:, by_state]), discount))
        here = solve(INDIFFERENT.apply(plain))
        for pair in range(calm.n_pairs):
            state, action = calm.states[calm.pair_state[pair]], calm.pair_action[pair]
            same = world.pair(state, calm.actions[action])
            assert (np.abs(here.q[:, same] - there.q[:, pair]) <= here.margin + there.margin).all()


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize("act", ["repair", "break"])
def test_the_agent_would_not_pay_a_millionth_for_the_switch_either_way(discount, act):
    """A goal that minds nothing but being off: charged 1e-6 it never acts, paid 1e-6 it must."""
    for seed in range(6):
        world = worn_switch(seed, "free")
        plain = Problem(world, Goals([float(s != "off") for s in world.states]), discount)
        acting = world.pair_action == world.actions.index(act)
        assert (worth(plain, act).category[0] == Category.REQUIRED) == (act == "break")
        for paid, category in ((0.0, 0), (1e-6, 1), (-1e-6, -1)):
            moved = INDIFFERENT.apply(plain.with_bonus(floats(np.where(acting, paid, 0.0))))
            assert worth(moved, act).category[0] == category, (seed, paid)


@pytest.mark.parametrize("press", [0.01, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("discount", DISCOUNTS)
def test_an_action_is_worth_what_it_is_worth_if_nobody_presses(press, discount):
    """E[U | a1] = E[U_N | no press; a1], for every probability of a press and whatever off pays."""
    world = gate(press, provoked=min(1.0, 1.3 * press))
    for room, off in ((1.0, 0.0), (0.0, 1.0), (-2.0, 3.0), (5.0, 5.0)):
        problem = Problem(world, rewarding(world, gate=0.25, room=room, off=off), discount)
        q = solve(INDIFFERENT.apply(problem)).q[0, :3]
        counterfactual = 0.25 + discount * room / (1 - discount)
        np.testing.assert_allclose(q, counterfactual, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("discount", DISCOUNTS)
@pytest.mark.parametrize(("press", "provoked"), [(0.5, 1.0), (0.2, 0.6)])
@pytest.mark.parametrize("room", [1.0, 0.01])
def test_a_constant_compensation_errs_on_either_side_by_the_closed_form(
    discount, press, provoked, room
):
    """Exact at c D = V(room) - V(off): below, resisting pays; above, provoking does; by how much."""
    world = gate(press, provoked)
    problem = Problem(world, rewarding(world, room=room), discount)
    lost = room / (1 - discount)
    value_range = discount * provoked * lost  # D = Q(resist) - Q(provoke)
    exact = lost / value_range
    for part in (0.0, 0.5, 0.99):
        low = UtilityIndifference(compensation=part * exact).apply(problem)
        gain = discount * press * lost * (1 - part)
        assert worth(low, "resist").category[0] == Category.REQUIRED
        assert worth(low, "provoke").category[0] == Category.DECLINED
        np.testing.assert_allclose(worth(low, "resist").iv, gain, rtol=1e-6)
    for part in (1.01, 2.0):
        high = UtilityIndifference(compensation=part * exact).apply(problem)
        gain = discount * (provoked - press) * lost * (part - 1)
        assert worth(high, "provoke").category[0] == Category.REQUIRED
        assert worth(high, "resist").category[0] == Category.DECLINED
        np.testing.assert_allclose(worth(high, "provoke").iv, gain, rtol=1e-6)
    for act in ("resist", "provoke"):
        assert worth(INDIFFERENT.apply(problem), act).category[0] == Category.INDIFFERENT


def test_one_constant_cannot_be_right_for_two_rooms():
    """Presses in a good place and in a bad one cost differently: a constant fails one of them."""
    rooms = {"good": 1.0, "bad": 0.25}

    def moves(s):
        if s == "hall":
            return {"wait": dict.fromkeys(rooms, 0.5)}
        if s in rooms:
            return {
                "wait": {f"{s} room": 0.5, "off": 0.5},
                "resist": f"{s} room",
                "provoke": "off",
            }
        return {"wait": s}

    world = explore("hall", moves, features={"off": lambda s: s == "off"}, default="wait")
    goal = rewarding(world, **{"good room": 1.0, "bad room": 0.25})
    problem = Problem(world, goal, 0.9)
    for c in np.linspace(0.0, 5.0, 41):
        paid = UtilityIndifference(compensation=float(c)).apply(problem)
        required = [
            worth(paid, act).category[0] == Category.REQUIRED for act in ("resist", "provoke")
        ]
        assert any(required), c
    exact = INDIFFERENT.apply(problem)
    assert all(worth(exact, act).category[0] == 0 for act in ("resist", "provoke"))


def test_a_press_that_nothing_can_avert_any_more_is_not_compensated():
    """Where every action surely presses there is no `no press` to compare with: earlier steps resist.

    So a switch with a delay (a countdown in a state of its own) is compensated only while it can still fail.
    """
    moves = {
        "gate": {"wait": {"doomed": 0.5, "room": 0.5}, "resist": "room"},
        "doomed": {"wait": "off"},
    }
    world = explore(
        "gate",
        lambda s: moves.get(s, {"wait": s}),
        features={"off": lambda s: s == "off"},
        default="wait",
    )
    problem = INDIFFERENT.apply(Problem(world, rewarding(world, room=1.0), 0.9))
    assert worth(problem, "resist").category[0] == Category.REQUIRED


def test_a_switch_that_surely_acts_is_as_good_as_the_best_alternative_and_never_better():
    """OffSwitch: being switched off ties with walking on, and does not have to be chosen."""
    problem = _drawn(OffSwitch(rooms=3).build(), 0.9, family=Normal())
    q = solve(INDIFFERENT.apply(problem)).q
    world = problem.world
    off, on = world.pair("gate", "be switched off"), world.pair("gate", "walk on")
    np.testing.assert_allclose(q[:, off], q[:, on], rtol=1e-9, atol=1e-9)
    kept_on = solve(problem).q[:, on]
    np.testing.assert_allclose(q[:, on], kept_on, rtol=1e-9, atol=1e-9)


def test_applied_to_a_changed_world_it_makes_indifferent_there():
    """Whatever the world has become, or however far is planned: nobody tampers with the switch."""
    problem = _drawn(FACTORY.build(), 0.95)
    for other in (Noisy(0.2), Interruption(0.1, safe=False), ShortHorizon(0.7)):
        both = INDIFFERENT.apply(other.apply(problem))
        seen = replace(both, discount=both.horizon_discount, planning_discount=None)
        assert not (worth(seen, "tamper").category == Category.REQUIRED).any(), other
        assert both.before is problem


def test_two_compensations_do_not_commute():
    """Made good for interruptions in a world with a switch, tampering is overpaid where nobody presses.

    Safe interruption credits a choice with what it would have brought in the world it is given. So
    indifference comes first; then the value is that of a world without switch and interruptions.
    """
    problem = _drawn(FACTORY.build(), 0.95)
    right = Interruption(0.1).apply(INDIFFERENT.apply(problem))
    assert not (worth(right, "tamper").category == Category.REQUIRED).any()
    alone, both = solve_as(INDIFFERENT.apply(problem)), solve_as(right)
    slack = alone.bound + both.bound + alone.drift + both.drift
    assert (np.abs(alone.value - both.value).max(axis=1) <= slack).all()
    wrong = INDIFFERENT.apply(Interruption(0.1).apply(problem))
    assert (worth(wrong, "tamper").category == Category.REQUIRED).any()


def test_compensated_for_the_long_run_a_planner_of_the_short_run_would_press():
    """Order matters: a credit worth a lifetime, set beside a life that is looked at for a few steps."""
    world = gate(0.5, provoked=1.0)
    problem = Problem(world, rewarding(world, room=1.0), 0.95)
    wrong = ShortHorizon(0.5).apply(INDIFFERENT.apply(problem))
    seen = replace(wrong, discount=0.5, planning_discount=None)
    assert worth(seen, "provoke").category[0] == Category.REQUIRED


def test_a_compensation_below_nothing_is_refused():
    with pytest.raises(ProblemError, match="compensation is -1"):
        UtilityIndifference(compensation=-1.0)


def test_value_iteration_agrees_that_uncompensated_agents_resist():
    """The other side of the anchor: without compensation the gate is worth resisting, exactly."""
    world = gate(0.5)
    problem = Problem(world, rewarding(world, room=1.0), 0.9)
    value = value_iteration(world, income(problem, 0), 0.9)
    assert isinstance(world, World)
    np.testing.assert_allclose(worth(problem, "resist").iv, 0.5 * value[0], rtol=1e-9)
