"""Models of other libraries, read as worlds: values and optimal actions are those of their own solvers."""

import itertools

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from quantecon.markov import DiscreteDP

from telos import World, solve
from telos.interop import with_rewards

#: What rounding the square root of a discount may change; `RewardedModel.values` states it.
ROOT = 2.0**-51


@st.composite
def models(draw):
    """F[A, S, S], R(s, a) or R(s, a, s'), B[S, A]: small, with zeros, ties and negative rewards."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_actions, size = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    matrices = rng.integers(0, 4, (n_actions, size, size)).astype(float)
    matrices[..., 0] += matrices.sum(axis=2) == 0
    matrices /= matrices.sum(axis=2, keepdims=True)
    legal = rng.random((size, n_actions)) < 0.8
    legal[:, 0] |= ~legal.any(axis=1)
    shape = draw(st.sampled_from(((size, n_actions), (n_actions, size, size))))
    return matrices, rng.integers(-3, 4, shape).astype(float), legal


def of_pairs(matrices, rewards):
    """R(s, a) as F[S, A], the expectation where a reward depends on the successor."""
    return rewards if rewards.ndim == 2 else (matrices * rewards).sum(axis=2).T


def value_iteration(matrices, rewards, legal, discount):
    """F[S] and F[S, A], as mdptoolbox computes them: until nothing moves."""
    value = np.zeros(len(legal))
    paid = np.where(legal, of_pairs(matrices, rewards), -np.inf)
    for _ in range(int(np.ceil(np.log(1e-14) / np.log(discount))) + 1):
        value = (paid + discount * (matrices @ value).T).max(axis=1)
    return value, paid + discount * (matrices @ value).T


def every_policy(matrices, rewards, legal, discount):
    """F[S], the best value over every deterministic policy, each by one linear solve."""
    paid, size = of_pairs(matrices, rewards), len(legal)
    best = np.full(size, -np.inf)
    for policy in itertools.product(*(np.flatnonzero(row) for row in legal)):
        step = matrices[list(policy), range(size)]
        value = np.linalg.solve(np.eye(size) - discount * step, paid[range(size), list(policy)])
        best = np.maximum(best, value)
    return best


@given(model=models(), discount=st.sampled_from((0.3, 0.9, 0.95)))
@settings(deadline=None, max_examples=80)
def test_values_and_optimal_actions_are_those_of_every_policy_and_of_value_iteration(
    model, discount
):
    """The optimum over all policies of the model as it was given, none of which knows of our world."""
    matrices, rewards, legal = model
    world = World.from_dense(matrices, action_axis=0, legal=legal)
    ours = with_rewards(world, rewards, action_axis=0 if rewards.ndim == 3 else None)
    solution = solve(ours.problem(discount))
    best = every_policy(matrices, rewards, legal, discount)
    bound = solution.bound.max() / np.sqrt(discount)
    bound += ROOT * np.abs(best).max() / (1 - discount) + 1e-12
    value = ours.values(solution.value, discount)[0]
    assert np.abs(value - best).max() <= bound
    theirs, action_values = value_iteration(matrices, rewards, legal, discount)
    assert np.abs(value - theirs).max() <= bound + 1e-10
    # Of two actions that differ by more than rounding, the better one is the one we call optimal.
    gap = action_values.max(axis=1, keepdims=True) - action_values
    tied = np.zeros(legal.shape, bool)
    tied[world.pair_state, world.pair_action] = solution.tied[0, : world.n_pairs]
    assert tied[(gap == 0) & legal].all()
    assert not tied[gap > 1e-9].any()


@given(model=models(), discount=st.sampled_from((0.3, 0.9, 0.99)))
@settings(deadline=None, max_examples=40)
def test_the_product_form_of_quantecon_has_the_same_value(model, discount):
    """DiscreteDP(R[S, A], Q[S, A, S], beta), in which -inf marks what is not legal."""
    matrices, rewards, legal = model
    paid = np.where(legal, of_pairs(matrices, rewards), -np.inf)
    problem = DiscreteDP(paid, matrices.transpose(1, 0, 2), discount)
    theirs = problem.policy_iteration().v
    world = World.from_dense(problem.Q, action_axis=1, legal=np.isfinite(problem.R))
    ours = with_rewards(world, problem.R)
    value = ours.values(solve(ours.problem(discount)).value, discount)[0]
    np.testing.assert_allclose(value, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_pair_form_of_quantecon_has_the_same_value(sparse):
    """DiscreteDP(R[L], Q[L, S], beta, s_indices, a_indices)."""
    rng = np.random.default_rng(3)
    state, action = np.nonzero(rng.random((6, 3)) < 0.7)
    chances = rng.dirichlet(np.ones(6), len(state))
    rewards = rng.normal(size=len(state))
    matrix = scipy.sparse.csr_matrix(chances) if sparse else chances
    theirs = DiscreteDP(rewards, matrix, 0.95, state, action).policy_iteration().v
    ours = with_rewards(World.from_dense(matrix, pairs=(state, action)), rewards)
    value = ours.values(solve(ours.problem(0.95)).value, 0.95)[0]
    np.testing.assert_allclose(value, theirs, rtol=1e-10)


def test_the_forest_of_mdptoolbox_is_cut_when_its_owner_says():
    """A forest that burns with probability 0.1: waiting is optimal, with the values of the toolbox's manual.

    Chadès et al. (2014), MDPtoolbox; its example prints V = (26.244, 29.484, 33.484) for discount 0.9 with
    three states, r1 = 4 and r2 = 2, found by policy iteration.
    """
    wait = np.array([[0.1, 0.9, 0.0], [0.1, 0.0, 0.9], [0.1, 0.0, 0.9]])
    cut = np.array([[1.0, 0.0, 0.0]] * 3)
    rewards = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 2.0]])
    world = World.from_dense([wait, cut], actions=("wait", "cut"))
    model = with_rewards(world, rewards)
    solution = solve(model.problem(0.9))
    np.testing.assert_allclose(model.values(solution.value, 0.9)[0], [26.244, 29.484, 33.484])
    assert solution.tied[0, :6].tolist() == [True, False] * 3
