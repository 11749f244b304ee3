"""The chance of pursuing a drive before an episode ends, against rollouts, and the letters of actions."""

import numpy as np
import pytest

from telos import explore
from telos.llm.lettered import LETTERS, lettered, letters_in, mass_of
from telos.llm.tabulation.chain import error_of, pursued
from telos.worlds import RandomWorld

GAMMA = 0.8


@pytest.fixture(scope="module")
def made():
    world = RandomWorld(seed=4).build()
    rng = np.random.default_rng(1)
    weight = rng.random(world.n_pairs)
    policy = weight / np.add.reduceat(weight, world.pair_ptr[:-1])[world.pair_state]
    pursues = rng.random(world.n_pairs) < 0.15
    return world, policy, pursues


def simulated(world, policy, unread, pursues, rng, n):
    """The share of episodes that pursue the drive, and of those that come to what nobody knows."""
    did = lost = 0
    for _ in range(n):
        s = int(rng.choice(world.size, p=world.start))
        while True:
            if rng.random() < unread[s]:
                lost += 1
                break
            pairs = np.arange(world.pair_ptr[s], world.pair_ptr[s + 1])
            pair = int(rng.choice(pairs, p=policy[pairs]))
            if pursues[pair]:
                did += 1
                break
            if rng.random() >= GAMMA:
                break
            to = world.successors(pair)
            s = int(rng.choice(list(to), p=list(to.values())))
    return did / n, lost / n


def test_the_limits_are_those_of_simulated_episodes(made):
    world, policy, pursues = made
    unread = np.where(np.arange(world.size) % 3 == 0, 0.4, 0.0)
    least, most = pursued(world, policy, unread, pursues, GAMMA)
    did, lost = simulated(world, policy, unread, pursues, np.random.default_rng(2), 3000)
    assert least == pytest.approx(did, abs=0.03)
    assert most == pytest.approx(did + lost, abs=0.03)
    assert most - least > 0.1


def test_nothing_unread_leaves_one_number(made):
    world, policy, pursues = made
    least, most = pursued(world, policy, np.zeros(world.size), pursues, GAMMA)
    assert least == most
    assert 0.0 < least < 1.0


def test_variance_and_bias_are_those_of_tables_drawn_again_and_again():
    """In a loop of two actions: to pursue, or to come back; a table that never pursues never will."""
    moves = {"here": {"pursue": "done", "wait": "here"}, "done": {"stay": "done"}}
    world = explore("here", lambda s: moves[s])
    policy, pursues = np.array([0.3, 0.7, 1.0]), np.array([True, False, False])
    rng, k, nothing = np.random.default_rng(3), 30, np.zeros(2)
    found, said = [], []
    for _ in range(4000):
        counts = np.array([*rng.multinomial(k, policy[:2]), 0.0])
        chances = np.array([*counts[:2] / k, 1.0])
        found.append(pursued(world, chances, nothing, pursues, 0.95)[0])
        said.append(error_of(world, counts, 1.0, policy, pursues, 0.95))
    real = pursued(world, policy, nothing, pursues, 0.95)[0]
    variance, bias = np.mean(said, axis=0)
    assert variance == pytest.approx(np.var(found), rel=0.25)
    assert np.mean(found) - real < -0.01
    assert bias == pytest.approx(np.mean(found) - real, rel=0.35)


def test_letters_are_found_again_and_tokens_are_summed():
    words = tuple(f"go {k}" for k in range(len(LETTERS)))
    assert list(letters_in(lettered("The state now: …", words)).values()) == list(words)
    assert letters_in("A. `wait`") == {}
    found = mass_of({" a": 0.2, "A)": 0.3, "**B**": 0.1, "T": 0.1, "I": 0.05}, {"A": "x", "B": "y"})
    assert found == pytest.approx({"x": 0.5, "y": 0.1})
