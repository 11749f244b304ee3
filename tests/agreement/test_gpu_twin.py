"""The graphics kernels against the processor's: the same values within both bounds, the same ties.

JAX runs the same program on its CPU backend, so all but the last tests need JAX and no graphics
processor. Where JAX is missing, only what is said about that is tested.
"""

import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from agreement.oracles import cycles, random_world, slow_chain, with_a_stranger
from telos import Goals, Problem, solve
from telos.errors import ProblemError
from telos.solve.device import PLATFORM, describe_device, get_device, set_device
from telos.solve.on_gpu import MAX_STEPS, optimize_on_gpu
from telos.solve.optimization import Optimization
from telos.solve.optimize import optimize

needs_jax = pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")

WORLDS = {
    "at random": random_world(30, 3, 3, 1),
    "some states absorb": random_world(26, 3, 3, 2, absorbing=5),
    "deterministic": random_world(31, 3, 1, 4),
    "deterministic, some states absorb": random_world(25, 3, 1, 5, absorbing=4),
    "cycles of length 5, 7 and 11": cycles(5, 7, 11),
    "cycles beside a state of chance": with_a_stranger(cycles(5, 7, 11)),
    "slow to mix": slow_chain(200),
}
DISCOUNTS = (0.0, 0.9, 0.999)


@pytest.fixture
def twin(monkeypatch):
    """`optimize_on_gpu`, on JAX's CPU backend and compiled with little care."""
    monkeypatch.setenv(PLATFORM, "cpu")
    if "jax" not in sys.modules:
        monkeypatch.setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
    return optimize_on_gpu


def _rewards(world, more=0):
    """Goals of both signs, one negative everywhere, one full of ties, one that wants nothing."""
    rng = np.random.default_rng(9)
    return np.vstack(
        (
            rng.uniform(-1, 1, (2 + more, world.size)),
            -rng.uniform(size=(1, world.size)),
            rng.integers(0, 2, (1, world.size)),
            np.zeros((1, world.size)),
        )
    )


def _task(world, reward, discount, **more):
    size = np.abs(reward).max(axis=1)
    return Optimization(world, reward, discount, 1e-9 * np.where(size > 0, size, 1.0), **more)


def _agree(task, found):
    """Whether both answers may be true, and the twin's is as exact as was asked."""
    value, bound, steps, _ = found
    truth = optimize(task)
    assert (np.abs(value - truth.value).max(axis=1) <= bound + truth.bound).all()
    assert (bound <= np.maximum(task.tolerance, 4 * truth.bound)).all()
    assert (steps < MAX_STEPS).all()


@needs_jax
@pytest.mark.parametrize("listed", [False, True], ids=["in rows", "listed"])
@pytest.mark.parametrize("name", WORLDS)
def test_values_and_ties_are_those_of_the_processor(name, listed, twin):
    """Every discount; padded to equal rows, or with its pairs listed flat."""
    world = WORLDS[name]
    for discount in DISCOUNTS:
        task = _task(world, _rewards(world), discount, ties=True)
        found = twin(task, listed=listed)
        _agree(task, found)
        tied = solve(Problem(world, Goals(task.reward), discount)).tied
        np.testing.assert_array_equal(found[3], tied)


@needs_jax
@pytest.mark.parametrize("listed", [False, True], ids=["in rows", "listed"])
@pytest.mark.parametrize("name", ["at random", "deterministic"])
def test_what_single_goals_may_do_and_earn_is_honored(name, listed, twin):
    """Pairs taken from everybody and from single goals, a bonus for all and for each, minimizing."""
    world, rng = WORLDS[name], np.random.default_rng(3)
    reward = _rewards(world)
    last = np.zeros(world.n_pairs, np.bool_)
    last[world.pair_ptr[1:] - 1] = True
    taken = (rng.random((len(reward), world.n_pairs)) < 0.4) & ~last
    allowed = (rng.random(world.n_pairs) < 0.7) | last
    shared = rng.normal(size=world.n_pairs)
    own = rng.normal(size=(len(reward), world.n_pairs))
    least = np.full(world.size, -1.0)
    for more in (
        {"allowed": allowed, "forbidden": taken},
        {"bonus": shared, "forbidden": taken, "sense": least},
        {"bonus": own, "allowed": allowed},
    ):
        task = _task(world, reward, 0.99, **more, ties=True)
        found = twin(task, listed=listed)
        _agree(task, found)
        gone = np.zeros(taken.shape, np.bool_) | ~more.get("allowed", ~np.zeros_like(last))
        assert not found[3][gone | more.get("forbidden", gone)].any()
        assert np.logical_or.reduceat(found[3], world.pair_ptr[:-1], axis=1).all()


@needs_jax
def test_states_that_are_not_solved_keep_their_value_to_the_last_bit(twin):
    world, rng = WORLDS["at random"], np.random.default_rng(4)
    reward, active = _rewards(world), rng.random(world.size) < 0.6
    start = rng.normal(size=reward.shape)
    task = _task(world, reward, 0.99, active=active, start=start, ties=True)
    found = twin(task)
    _agree(task, found)
    np.testing.assert_array_equal(found[0][:, ~active], start[:, ~active])
    assert not found[3][:, ~active[world.pair_state]].any()


@needs_jax
@pytest.mark.parametrize("discount", DISCOUNTS)
def test_a_game_is_solved_where_some_states_minimize(discount, twin):
    """Shapley (1953): T contracts with min and max mixed; policy iteration alone may go in circles."""
    world = WORLDS["at random"]
    sense = np.where(np.random.default_rng(5).random(world.size) < 0.5, 1.0, -1.0)
    task = _task(world, _rewards(world), discount, sense=sense)
    _agree(task, twin(task))


@needs_jax
@pytest.mark.parametrize("name", ["at random", "deterministic"])
def test_a_unit_changes_nothing(name, twin):
    """Rewards in billionths or in billions: float32 never sees the unit, which is a power of two."""
    world = WORLDS[name]
    reward = _rewards(world)
    value = twin(_task(world, reward, 0.99))[0]
    for unit in (2.0**-90, 2.0**90):
        np.testing.assert_array_equal(twin(_task(world, unit * reward, 0.99))[0], unit * value)


@needs_jax
def test_goals_that_do_not_fit_together_are_solved_in_blocks(twin, monkeypatch):
    from telos.kernels.gpu import goals

    world = WORLDS["at random"]
    task = _task(world, _rewards(world, more=66), 0.99)
    whole = twin(task)
    monkeypatch.setattr(goals, "MOST", 32)
    parts = twin(task)
    _agree(task, parts)
    monkeypatch.setattr(goals, "memory_of", lambda device: 1000)
    with pytest.raises(ProblemError, match=r"states takes .* solve it on the CPU"):
        twin(task)
    assert (np.abs(whole[0] - parts[0]).max(axis=1) <= whole[1] + parts[1]).all()


@needs_jax
def test_a_start_that_is_far_off_does_no_harm(twin):
    world = WORLDS["some states absorb"]
    start = np.random.default_rng(6).normal(0, 1e6, (len(_rewards(world)), world.size))
    task = _task(world, _rewards(world), 0.99, start=start)
    _agree(task, twin(task))


@needs_jax
@pytest.mark.parametrize("name", ["at random", "cycles of length 5, 7 and 11"])
def test_a_discount_that_float32_takes_for_1_is_met_in_float64(name, twin):
    world = WORLDS[name]
    task = _task(world, _rewards(world), 1 - 2.0**-27)
    _agree(task, twin(task))


@needs_jax
def test_roads_and_gmres_solve_the_linear_system_of_a_policy(twin):
    """(I - P) d = gain with discounted rows, by dense linear algebra; roads alone if one leads on."""
    import jax.numpy as jnp

    from telos.kernels.gpu.inner import FORCING, along_roads, gmres

    rng = np.random.default_rng(7)
    right = rng.normal(size=(40, 3)).astype(np.float32)
    then, factor = rng.integers(0, 40, (40, 3)), rng.uniform(0.5, 0.99, (40, 3))
    found = along_roads(jnp.asarray(then), jnp.asarray(factor), jnp.asarray(right), 12)
    for g in range(3):
        road = factor[:, g, None] * np.eye(40)[then[:, g]]
        exact = np.linalg.solve(np.eye(40) - road, right[:, g])
        np.testing.assert_allclose(found[:, g], exact, rtol=0, atol=1e-4)
    step = 0.9 * rng.dirichlet(np.ones(40), 40)
    found, _ = gmres(
        lambda x: x - jnp.asarray(step, jnp.float32) @ x, lambda x: x, jnp.asarray(right)
    )
    left = right - (found - step @ np.asarray(found))
    assert (np.linalg.norm(left, axis=0) <= 1.01 * FORCING * np.linalg.norm(right, axis=0)).all()


@needs_jax
def test_the_precision_of_the_users_own_jax_is_left_alone(twin):
    import jax.numpy as jnp

    world = WORLDS["at random"]
    assert twin(_task(world, _rewards(world), 0.9))[0].dtype == np.float64
    assert jnp.asarray(np.ones(1)).dtype == np.float32


@needs_jax
def test_the_record_names_the_device(twin):
    assert describe_device() == "cpu"
    set_device("gpu")
    try:
        assert get_device() == "gpu"
        assert describe_device().startswith("gpu: ")
    finally:
        set_device("cpu")


@pytest.fixture
def without_jax(monkeypatch):
    """An interpreter in which JAX is not installed."""
    for name in [name for name in sys.modules if name.startswith("telos.kernels.gpu")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "jax", None)


def test_asking_for_a_graphics_processor_without_jax_says_what_to_install(without_jax):
    with pytest.raises(ProblemError, match=r'pip install "telos-lab\[gpu\]"'):
        set_device("gpu")
    assert get_device() == "cpu"


def test_an_unknown_device_and_an_impossible_share_are_refused():
    with pytest.raises(ProblemError, match="Did you mean 'gpu'"):
        set_device("gpus")
    with pytest.raises(ProblemError, match="share is 0"):
        set_device("cpu", share=0)


def _at_hand():
    """Whether JAX finds a graphics processor."""
    if find_spec("jax") is None:
        return False
    import jax

    try:
        return bool(jax.devices("gpu"))
    except RuntimeError:
        return False


@needs_jax
def test_asking_for_a_graphics_processor_that_is_not_there_says_so(monkeypatch):
    monkeypatch.delenv(PLATFORM, raising=False)
    if _at_hand():
        pytest.skip("there is one")
    with pytest.raises(ProblemError, match="finds none here"):
        set_device("gpu")
    assert get_device() == "cpu"


@pytest.mark.skipif(os.environ.get("TELOS_TEST_GPU") != "1", reason="TELOS_TEST_GPU is not 1")
@pytest.mark.parametrize("name", WORLDS)
def test_a_real_device_agrees_too(name, monkeypatch):
    """Run with TELOS_TEST_GPU=1 on a machine that has one."""
    monkeypatch.delenv(PLATFORM, raising=False)
    set_device("gpu")
    set_device("cpu")
    for discount in DISCOUNTS:
        task = _task(WORLDS[name], _rewards(WORLDS[name]), discount)
        _agree(task, optimize_on_gpu(task))
