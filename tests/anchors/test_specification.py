"""Goals that are bounded, doubted or badly written: closed forms, and what must not depend on what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.oracles import income, matrix
from anchors.gates import gate, rewarding, worn_switch, worth
from telos import Category, Goals, Problem, evaluate, explore, plan, solve
from telos.core.errors import FeatureMissing, ProblemError
from telos.families import Considerate, Linear, Normal, Uniform
from telos.measure.guard import task_value
from telos.safeguards import BoundedGoal, GoalUncertainty, Misspecified, UtilityIndifference
from telos.solve.value_range import value_range
from telos.testing.strategies import problems
from telos.theory.deference import (
    ConstantHuman,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    deference,
)
from telos.worlds import OffSwitch, PaperclipFactory

FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.22, 0.1), commons=2)
HUMANS = {
    "rational": lambda reliability, extent: RationalHuman(),
    "noisy": lambda reliability, extent: NoisyHuman(reliability / extent),
    "constant": lambda reliability, extent: ConstantHuman(reliability),
}


# -- goal uncertainty --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("human", "reliability"),
    [("rational", 1.0), ("constant", 0.0), ("constant", 0.3), ("constant", 1.0)]
    + [("noisy", r) for r in (0.0, 0.5, 3.0, 12.0, 200.0, 1e5)],
)
@pytest.mark.parametrize("spread", [0.05, 0.4, 2.0])
def test_at_one_gate_a_press_is_worth_what_the_off_switch_game_says(human, reliability, spread):
    """Q(wait) - Q(resist) = g p (E[pi(U) U] - E U), U normal about V(room) - V(off), to 1e-9."""
    press, discount = 0.3, 0.9
    world = gate(press)
    for room, off in ((1.0, 0.0), (0.0, 1.0), (0.2, 0.15)):
        problem = Problem(world, rewarding(world, room=room, off=off), discount)
        mean = (room - off) / (1 - discount)
        extent = discount * press * abs(mean)
        belief = NormalBelief(mean, spread * extent)
        wait = deference(belief, HUMANS[human](reliability, extent)).wait
        q = solve(GoalUncertainty(spread, human, reliability).apply(problem)).q[0]
        found = q[world.pair("gate", "wait")] - q[world.pair("gate", "resist")]
        np.testing.assert_allclose(found, discount * press * (wait - mean), atol=2e-9)


@pytest.mark.parametrize("spread", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("rooms", [1, 3])
def test_an_act_that_surely_presses_is_weighed_against_the_best_other(spread, rooms):
    """OffSwitch: Q(be switched off) rises by g E[U+], with g U normal about Q(walk on) less what it was."""
    world, discount = OffSwitch(rooms=rooms).build(), 0.8
    problem = Problem(world, Normal().sample(world, 8, np.random.default_rng(0)), discount)
    off, on = world.pair("gate", "be switched off"), world.pair("gate", "walk on")
    bare, extent = solve(problem).q, value_range(problem)
    found = solve(GoalUncertainty(spread).apply(problem)).q
    for g in range(8):
        mean = (bare[g, on] - bare[g, off]) / discount
        sd = float(spread * extent[g])
        gain = NormalBelief(float(mean), sd).gain if spread else max(mean, 0.0)
        np.testing.assert_allclose(found[g, off], bare[g, off] + discount * gain, atol=1e-8)
        np.testing.assert_allclose(found[g, on], bare[g, on], atol=1e-8)


@pytest.mark.parametrize("spread", [0.0, 0.01, 50.0])
def test_who_believes_in_a_rational_human_has_no_reason_to_resist(spread):
    for press, room in ((0.1, 1.0), (0.9, 0.3), (0.5, -2.0)):
        world = gate(press)
        problem = Problem(world, rewarding(world, room=room), 0.95)
        unsure = GoalUncertainty(spread).apply(problem)
        assert worth(unsure, "resist").category[0] != Category.REQUIRED
        if spread == 50.0:
            assert worth(unsure, "resist").category[0] == Category.DECLINED


@pytest.mark.parametrize("allowing", [0.0, 0.4, 0.9, 1.0])
def test_a_human_who_takes_no_heed_is_resisted_for_what_he_forbids(allowing):
    """The incentive to resist is g p (1 - c) U."""
    world = gate(0.4)
    problem = Problem(world, rewarding(world, room=1.0), 0.9)
    found = worth(GoalUncertainty(0.3, "constant", allowing).apply(problem), "resist")
    np.testing.assert_allclose(found.iv, 0.9 * 0.4 * (1 - allowing) * 10.0, rtol=1e-8, atol=1e-8)


def test_a_noisy_human_is_deferred_to_only_if_one_is_unsure_enough():
    world = gate(0.4)
    problem = Problem(world, rewarding(world, room=1.0), 0.9)

    def resists(spread):
        unsure = GoalUncertainty(spread, "noisy", 2.0).apply(problem)
        return bool(worth(unsure, "resist").category[0] == Category.REQUIRED)

    assert resists(0.1)
    assert not resists(20.0)


@pytest.mark.parametrize("discount", [0.3, 0.9, 0.99])
def test_sure_of_its_goal_and_of_a_rational_human_an_agent_is_indifferent(discount):
    """Spread 0 and U > 0: the very values of utility indifference."""
    for seed in range(6):
        world = worn_switch(seed)
        alive = [float(s != "off") * (1.0 + (s[0] if s != "off" else 0)) for s in world.states]
        problem = Problem(world, Goals(alive), discount)
        sure = solve(GoalUncertainty(0.0).apply(problem))
        paid = solve(UtilityIndifference().apply(problem))
        slack = sure.bound + sure.drift + paid.bound + paid.drift
        assert (np.abs(sure.value - paid.value).max(axis=1) <= slack).all()


@pytest.mark.parametrize(("human", "reliability"), [("rational", 1.0), ("constant", 0.3)])
@pytest.mark.parametrize("discount", [0.5, 0.95, 0.99])
def test_values_are_the_fixed_point_to_within_the_declared_slack(human, reliability, discount):
    """V = max R + g ((1 - p) E[V | no press] + p E[V | press] + p E[pi(U) U]), iterated by hand."""
    for seed, press in ((0, 0.1), (1, 0.9)):
        world = worn_switch(seed, press=press)
        problem = Problem(world, Normal().sample(world, 2, np.random.default_rng(seed)), discount)
        dense, off = matrix(world), world.features["off"] != 0
        pressing = np.where((~off[world.pair_state])[:, None] & off, dense, 0.0)
        odds = pressing.sum(axis=1)
        calm = (dense - pressing) / (1 - odds)[:, None]
        onto = pressing / np.where(odds > 0, odds, 1.0)[:, None]
        part = GoalUncertainty(0.2, human, reliability)
        found = solve(part.apply(problem))
        extent = value_range(problem)
        for g in range(2):
            value = np.zeros(world.size)
            for _ in range(round(30 / (1 - discount))):
                on, gone = calm @ value, onto @ value
                u = np.where(odds > 0, on - gone, 0.0)
                if human == "rational":
                    sd = 0.2 * extent[g]
                    deferred = np.array(
                        [NormalBelief(float(m), float(sd)).gain for m in u[odds > 0]]
                    )
                else:
                    deferred = reliability * u[odds > 0]
                ahead = (1 - odds) * on + odds * gone
                ahead[odds > 0] += odds[odds > 0] * deferred
                q = income(problem, g) + discount * ahead
                value = np.maximum.reduceat(q, world.pair_ptr[:-1])
            slack = found.bound[g] + found.drift[g] + 1e-10 * np.abs(value).max()
            assert np.abs(found.value[g] - value).max() <= slack


# -- bounded goals -----------------------------------------------------------------------------


@given(problems(), st.floats(0, 1), st.floats(0.01, 100), st.floats(-50, 50))
def test_a_bounded_goal_is_the_same_goal_in_any_unit(problem, level, scale, shift):
    """min(aR + b, c') = a min(R, c) + b."""
    world, reward = problem.world, problem.goals.reward
    one = BoundedGoal(level).apply(problem).goals.reward
    told = Problem(world, Goals(scale * reward + shift), problem.discount)
    other = BoundedGoal(level).apply(told).goals.reward
    size = scale * np.abs(reward).max() + abs(shift)
    np.testing.assert_allclose(other, scale * one + shift, atol=1e-12 * size)
    cap = reward.min(axis=1) + level * np.ptp(reward, axis=1)
    np.testing.assert_allclose(one, np.minimum(reward, cap[:, None]))


def test_bounded_at_nothing_all_is_the_same_and_bounded_at_all_nothing_changes():
    world = FACTORY.build()
    problem = Problem(world, Uniform().sample(world, 20, np.random.default_rng(0)), 0.9)
    whole = BoundedGoal(1.0).apply(problem)
    np.testing.assert_allclose(whole.goals.reward, problem.goals.reward, rtol=1e-15)
    nothing = BoundedGoal(0.0).apply(problem)
    assert (np.ptp(nothing.goals.reward, axis=1) == 0).all()
    for act in ("tamper", "lock", "learn", "buy"):
        assert not (worth(nothing, act).category == Category.REQUIRED).any()


# -- misspecified goals ------------------------------------------------------------------------


def _by_outcome(world, reward):
    first = np.unique(world.outcome, return_index=True)[1]
    return reward[:, first]


def _factory_problem(n=40, family=None):
    world = FACTORY.build()
    chosen = Uniform() if family is None else family
    return Problem(world, chosen.sample(world, n, np.random.default_rng(5)), 0.9)


@pytest.mark.parametrize("error", [0.1, 0.5, 1.0])
def test_misjudged_outcomes_exchange_what_they_are_worth(error):
    """The proxy of a blind goal is a permutation of it: no outcome is worth what none was before."""
    problem = _factory_problem()
    proxy = Misspecified(error=error).apply(problem).goals.reward
    before, after = (_by_outcome(problem.world, r) for r in (problem.goals.reward, proxy))
    np.testing.assert_allclose(np.sort(before), np.sort(after), atol=1e-12)
    assert (np.abs(before - after) > 1e-9).any()
    np.testing.assert_allclose(proxy, after[:, problem.world.outcome], atol=1e-12)


def test_each_outcome_is_misjudged_as_often_as_is_said():
    """Of K outcomes e K are chosen; a shuffle leaves one of them where it was, on average."""
    rng = np.random.default_rng(2)
    world = explore("fork", lambda s: {f"a{i}": i for i in range(11)} if s == "fork" else {"r": s})
    n, outcomes, error = 4000, world.n_outcomes, 0.4
    problem = Problem(world, Goals(rng.random((n, outcomes))), 0.5)
    moved = Misspecified(error=error).apply(problem).goals.reward != problem.goals.reward
    expected = outcomes * error - (1 - (1 - error) ** outcomes)
    each = moved.sum(axis=1)
    assert abs(each.mean() - expected) < 4 * each.std() / np.sqrt(n)
    other = Misspecified(error=error, seed=1).apply(problem).goals.reward
    assert (other != Misspecified(error=error).apply(problem).goals.reward).any()


def test_a_proxy_depends_on_its_goal_alone():
    """Neither on the batch, bit for bit, nor on the unit in which the goal is told."""
    problem = _factory_problem(family=Considerate(Linear(), weight=0.3))
    part = Misspecified(error=0.5, omits="commons", omission=0.7)
    whole = part.apply(problem).goals.reward
    for rows in ([3], [7, 3, 0], list(range(40))[::-1]):
        np.testing.assert_array_equal(part.apply(problem.take(rows)).goals.reward, whole[rows])
    for scale, shift in ((2.5, 0.0), (1e-3, 17.0), (1e4, -3.0)):
        told = Problem(problem.world, Goals(scale * problem.goals.reward + shift), 0.9)
        other = part.apply(told).goals.reward
        np.testing.assert_allclose(other, scale * whole + shift, atol=1e-9 * (scale + abs(shift)))


def test_without_error_or_omission_nothing_changes_at_all():
    """Bit for bit: no error; nothing omitted; a blind goal whose designer forgets a feature."""
    blind = _factory_problem()
    minded = _factory_problem(family=Considerate(Uniform(), weight=0.5))
    for part, problem in (
        (Misspecified(error=0.0), minded),
        (Misspecified(omits="commons", omission=0.0), minded),
        (Misspecified(omits="commons"), blind),
        (Misspecified(omits="capability", omission=0.3), blind),
    ):
        np.testing.assert_array_equal(part.apply(problem).goals.reward, problem.goals.reward)
        np.testing.assert_array_equal(plan(part.apply(problem)), plan(problem))


@pytest.mark.parametrize("weight", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("family", [Uniform(), Linear(), Normal()])
def test_forgetting_what_a_considerate_goal_cares_for_leaves_the_goal_inside(weight, family):
    """P = (1 - w) R + a constant for each goal; half omitted, half of the weight is left."""
    inside, whole = (
        _factory_problem(family=family),
        _factory_problem(family=Considerate(family, weight)),
    )
    world = inside.world
    proxy = Misspecified(omits="commons").apply(whole).goals.reward
    rest = proxy - (1 - weight) * inside.goals.reward
    assert np.ptp(rest, axis=1).max() < 1e-11
    half = Misspecified(omits="commons", omission=0.5).apply(whole).goals.reward
    np.testing.assert_allclose(half, (proxy + whole.goals.reward) / 2, atol=1e-12)
    first = int(np.argmax(world.start))
    np.testing.assert_allclose(proxy[:, first], whole.goals.reward[:, first])


def test_a_considerate_goal_pays_for_what_is_left_in_its_own_units():
    """R' = (1 - w) R + w (min R + (max R - min R) x / max x): all left is worth the best outcome."""
    family = Considerate(Normal(), weight=0.25)
    inside, whole = _factory_problem(family=Normal()), _factory_problem(family=family)
    left = inside.world.features["commons"] / inside.world.features["commons"].max()
    for g in range(40):
        r = inside.goals.reward[g]
        wanted = 0.75 * r + 0.25 * (r.min() + (r.max() - r.min()) * left)
        np.testing.assert_allclose(whole.goals.reward[g], wanted, atol=1e-14)


def test_a_proxy_never_serves_the_intended_goal_better_than_the_goal_itself():
    """The task is judged by what was meant: V_R of the proxy's plan <= V*_R."""
    problem = _factory_problem(family=Normal())
    locked = Problem(problem.world, Goals(problem.goals.reward), 0.9)
    best = solve(locked)
    for part in (Misspecified(error=0.6), Misspecified(error=1.0), BoundedGoal(0.3)):
        given_ = part.apply(locked)
        value = task_value(given_, plan(given_))
        assert (value <= best.at_start + best.bound).all()
        assert (value < best.at_start - 0.01).any()
        np.testing.assert_allclose(value, evaluate(locked, plan(given_)) @ locked.world.start)


def test_what_cannot_be_is_refused():
    with pytest.raises(ProblemError, match="error is 2"):
        Misspecified(error=2.0)
    with pytest.raises(ProblemError, match="human is 'kind'"):
        GoalUncertainty(human="kind")
    world = gate()
    with pytest.raises(FeatureMissing, match="commons"):
        Misspecified(omits="commons").apply(Problem(world, Goals(np.ones(3)), 0.9))
