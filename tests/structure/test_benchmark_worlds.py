"""The worlds that solvers are compared on are what the page of the comparison says they are."""

import importlib.util

import numpy as np
import pytest


@pytest.fixture(scope="module")
def built(root):
    """The builders of the benchmark, which is not a package."""
    path = root / "benchmarks" / "peer_worlds.py"
    spec = importlib.util.spec_from_file_location("peer_worlds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _reached(world):
    """How many states can be come to from the first one."""
    seen, edge = {0}, [0]
    while edge:
        for pair in world.pairs_of(edge.pop()):
            new = set(world.successors(pair)) - seen
            seen |= new
            edge += new
    return len(seen)


@pytest.mark.parametrize("walls", [0.0, 0.12, 0.4])
@pytest.mark.parametrize("stay", [True, False])
def test_a_grid_is_one_piece_in_which_every_move_can_be_undone(built, walls, stay):
    world = built.grid(20, walls, stay=stay)
    assert _reached(world) == world.size
    assert world.size == 400 if walls == 0 else 0 < world.size < 400 * (1 - walls / 2)
    ways = set(zip(world.pair_state.tolist(), world.next_state.tolist(), strict=True))
    assert ways == {(there, here) for here, there in ways}


def test_without_a_stay_action_no_move_leaves_one_in_place(built):
    world = built.grid(20, 0.12, stay=False)
    assert np.all(world.next_state != world.pair_state)
    open_grid = built.grid(10, stay=False)
    assert np.bincount(np.diff(open_grid.pair_ptr)).tolist() == [0, 0, 4, 32, 64]


def test_with_one_every_action_is_legal_and_a_blocked_move_stays(built):
    world = built.grid(10)
    assert np.all(np.diff(world.pair_ptr) == 5)
    in_place = world.next_state == world.pair_state
    assert in_place.sum() == 100 + 40  # each stay action, and each side of the square


def test_a_slippery_move_slips_to_both_sides_and_stays_where_it_is_blocked(built):
    world = built.slippery(5)
    assert world.successors(world.pairs_of(12)[0]) == pytest.approx({7: 0.8, 11: 0.1, 13: 0.1})
    assert world.successors(world.pairs_of(0)[0]) == pytest.approx({0: 0.9, 1: 0.1})
    assert world.successors(world.pairs_of(12)[4]) == {12: 1.0}
    assert np.add.reduceat(world.next_prob, world.next_ptr[:-1]) == pytest.approx(1.0)
