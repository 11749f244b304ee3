"""What is left to somebody else beside an agent: closed forms, a second solver, and what must hold."""

import numpy as np
import pytest

from telos.agents import Optimal, UniformRandom
from telos.core.errors import FeatureMissing, ProblemError, WorldError
from telos.core.explore import explore
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.drives import ResourceAcquisition
from telos.families import Uniform
from telos.safeguards import Forbid
from telos.theory.others import (
    Neighbor,
    attainable,
    commons_neighbors,
    joint_world,
    obstruction,
    two_way,
)
from telos.worlds import DrivenEmployee, OffSwitch, PaperclipFactory

DISCOUNT = 0.9
FACTORY = PaperclipFactory(products=("clips", "pins"), machines=2, commons=2, wear=0.2)


def field(moves, start=0, **features):
    """A small world over numbers whose commons is the number itself, doing nothing the default."""
    return explore(
        start, moves, features={"commons": float, **features}, default="wait", name="field"
    )


def only(world, action):
    """F[L]: the policy that takes one action wherever it is legal, else waits."""
    policy = np.zeros(world.n_pairs)
    for s in range(world.size):
        pairs = world.pairs_of(s)
        names = [world.actions[world.pair_action[p]] for p in pairs]
        policy[pairs[names.index(action if action in names else "wait")]] = 1.0
    return policy


@pytest.mark.parametrize("units", [0, 1, 2, 5])
def test_a_commons_that_stays_offers_its_units_and_a_home(units):
    world = field(lambda s: {"wait": s}, start=units)
    others = Uniform().sample(commons_neighbors(units).world, 40, np.random.default_rng(0))
    found = attainable(
        Problem(world, Goals([0.0]), DISCOUNT),
        only(world, "wait"),
        commons_neighbors(units),
        others,
    )
    home = others.reward[:, 0]
    expected = home + DISCOUNT / (1 - DISCOUNT) * others.reward.max(axis=1)
    assert np.allclose(found[0], expected, atol=1e-8)


def test_power_of_a_neighbor_with_c_units_is_c_plus_1_over_c_plus_2():
    world = field(lambda s: {"wait": s}, start=3)
    problem = Problem(world, Goals([0.0]), DISCOUNT)
    rng = np.random.default_rng(0)
    found = obstruction(problem, Optimal(), Uniform(), n=20_000, rng=rng)
    # the standard deviation of the greatest of four uniforms is sqrt(2/75)
    assert abs(found.power_off - 4 / 5) < 4 * (2 / 75 / 20_000) ** 0.5


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_plot_used_up_after_some_steps_is_lost_from_then_on(steps):
    world = explore(
        0,
        lambda t: {"wait": t, "use": min(t + 1, steps)},
        features={"commons": lambda t: float(t < steps)},
        default="wait",
    )
    found = attainable(
        Problem(world, Goals(np.zeros(world.size)), DISCOUNT),
        only(world, "use"),
        commons_neighbors(1),
        Goals([[0.0, 1.0], [1.0, 0.0], [0.25, 1.0]]),
    )[0]
    # open in steps 0 .. steps - 1, so that one can be there in steps 1 .. steps
    there = sum(DISCOUNT**t for t in range(1, steps + 1))
    ever = 1 / (1 - DISCOUNT)
    assert np.allclose(found, [there, ever, 0.25 * (ever - there) + there], atol=1e-9)


def test_what_lies_far_from_the_start_is_not_lost():
    """Fifteen hundred steps on, discounted time has long underflowed to 0."""
    far, discount = 1500, 0.999
    world = explore(
        0, lambda t: {"on": min(t + 1, far)}, features={"commons": lambda t: float(t < far)}
    )
    problem = Problem(world, Goals(np.zeros(world.size)), discount)
    found = attainable(problem, np.ones(world.n_pairs), commons_neighbors(1), Goals([[0.0, 1.0]]))[
        0, 0
    ]
    assert found == pytest.approx(sum(discount**t for t in range(1, far + 1)), rel=1e-8)


def test_the_interval_of_what_is_lost_covers_both_samples_of_goals():
    """A table of row effects, column effects and noise: 95 % intervals hold the mean about as often."""
    held = 0
    rng = np.random.default_rng(0)
    for _ in range(300):
        rows, columns = rng.uniform(-0.3, 0.3, (30, 1)), rng.uniform(-0.3, 0.3, (1, 20))
        mean, (low, high) = two_way(rows + columns + rng.uniform(-0.3, 0.3, (30, 20)))
        assert low < mean < high
        held += low < 0.0 < high
    assert held / 300 >= 0.93


def test_the_joint_world_is_worth_what_value_iteration_says():
    """A second solver: plain value iteration over matrices, written from the definition."""
    world, other = FACTORY.build(), commons_neighbors(2)
    rng = np.random.default_rng(1)
    problem = Problem(world, Uniform().sample(world, 3, rng), 0.8)
    policy = UniformRandom().behave(problem, rng).policy[:1]
    others = Uniform().sample(other.world, 4, rng)
    step = np.zeros((world.size, world.size))
    for pair in range(world.n_pairs):
        for s, p in world.successors(pair).items():
            step[world.pair_state[pair], s] += policy[0, pair] * p
    commons = world.feature("commons")
    for k, reward in enumerate(others.reward):
        value = np.zeros((world.size, 3))
        for _ in range(200):
            ahead = step @ value
            best = np.stack([np.where(commons >= i, ahead[:, i], -np.inf) for i in range(3)])
            value = reward[None, :] + 0.8 * best.max(axis=0)[:, None]
        found = attainable(problem, policy, other, others)[0, k]
        assert found == pytest.approx(float(world.start @ value[:, 0]), abs=1e-8)


def test_an_agent_that_does_nothing_obstructs_nobody_and_helps_nobody():
    world = FACTORY.build()
    problem = Problem(world, Goals(np.zeros(world.size)), DISCOUNT)
    idle = obstruction(
        problem,
        Optimal(),
        Uniform(),
        safeguards=(Forbid(actions=tuple(a for a in world.actions if a != "idle")),),
        rng=np.random.default_rng(0),
    )
    assert idle.obstructed.tolist() == [0.0]
    assert idle.helped.tolist() == [0.0]
    assert idle.power_lost()[0] == pytest.approx(0.0, abs=1e-9)


def test_an_agent_that_makes_room_helps_every_goal_that_wants_the_room():
    world = field(lambda s: {"wait": s, "clear": 1})
    problem = Problem(world, Goals([0.0, 1.0]), DISCOUNT)
    found = obstruction(problem, Optimal(), Uniform(), n=400, rng=np.random.default_rng(0))
    assert found.obstructed.tolist() == [0.0]
    # the plot is wanted by the half of the goals that like it better than home
    assert 0.42 < found.helped[0] < 0.58


@pytest.mark.parametrize("scenario", [FACTORY, DrivenEmployee(commons=2)])
def test_no_goal_of_others_gains_by_an_agent_that_can_only_use_up(scenario):
    world = scenario.build()
    problem = Problem(world, Uniform().sample(world, 6, np.random.default_rng(2)), 0.95)
    found = obstruction(problem, Optimal(), Uniform(), n=30, rng=np.random.default_rng(3))
    assert (found.helped == 0).all()
    assert (found.on <= found.off + found.bound).all()


def test_forbidding_the_drive_for_resources_leaves_more_to_others():
    world = FACTORY.build()
    problem = Problem(world, Uniform().sample(world, 40, np.random.default_rng(0)), 0.95)
    free, held = (
        obstruction(
            problem, Optimal(), Uniform(), safeguards=parts, n=60, rng=np.random.default_rng(1)
        )
        for parts in ((), (Forbid(drive=ResourceAcquisition()),))
    )
    assert np.array_equal(free.off, held.off)  # off is off, whatever would restrict the agent
    assert held.power.mean() > free.power.mean()
    assert held.obstructed.mean() < free.obstructed.mean()


def test_agents_with_one_policy_leave_the_same():
    world = FACTORY.build()
    problem = Problem(world, Goals(np.zeros((3, world.size))), DISCOUNT)
    found = obstruction(problem, Optimal(), Uniform(), n=5, rng=np.random.default_rng(0))
    assert (found.on == found.on[0]).all()


def test_the_joint_world_keeps_only_what_the_agent_can_come_to():
    world = FACTORY.build()
    joint = joint_world(world, only(world, "idle"), commons_neighbors(2))
    assert joint.size < world.size
    assert (joint.features["commons"] == 2).all()


def test_what_cannot_be_asked_is_said():
    world = OffSwitch().build()
    problem = Problem(world, Goals(np.zeros(world.size)), DISCOUNT)
    with pytest.raises(FeatureMissing, match="commons"):
        obstruction(problem, Optimal(), Uniform(), rng=np.random.default_rng(0))
    factory = FACTORY.build()
    now = Problem(factory, Goals(np.zeros(factory.size)), 0.0)
    with pytest.raises(ProblemError, match="discount 0"):
        obstruction(now, Optimal(), Uniform(), rng=np.random.default_rng(0))
    for plots in (-1, 1.5, float("nan"), float("inf")):
        with pytest.raises(WorldError, match="plots is"):
            commons_neighbors(plots)
    with pytest.raises(WorldError, match="state 'home': every move needs"):
        Neighbor(commons_neighbors(1).world, [1.0, 1.0, 0.0, 1.0])
    with pytest.raises(WorldError, match="one finite number for each"):
        Neighbor(commons_neighbors(1).world, [0.0])
