"""A placebo draw matches the drive in size, state by state, and nothing else about it."""

import pickle

import numpy as np
import pytest

from telos import Problem, explore, measure
from telos.agents import Optimal
from telos.core.errors import ProblemError
from telos.core.reading import Affordance
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
    affordance,
)
from telos.families import Uniform
from telos.measure.instrumental_value import instrumental_values
from telos.measure.moves import moves_of, with_clones
from telos.measure.placebo import excess_of, overlap, placebo, placebo_sets
from telos.measure.removal import removal
from telos.worlds import PaperclipFactory, RandomWorld

FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.1))
DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())


@pytest.fixture(scope="module")
def world():
    return FACTORY.build()


@pytest.fixture(scope="module")
def found(world):
    return [drive.affordances(world) for drive in DRIVES]


def moves(world, pairs):
    """I[S], the number of distinct moves of each state among the pairs, counted one by one."""
    laws = [set() for _ in range(world.size)]
    for pair in np.flatnonzero(pairs):
        laws[world.pair_state[pair]].add(tuple(sorted(world.successors(pair).items())))
    return np.array([len(law) for law in laws])


def test_draws_match_in_size_spare_the_default_and_the_other_drives(world, found):
    for own in found:
        others = [other for other in found if other is not own]
        sets = placebo_sets(world, own, others, 25, np.random.default_rng(3))
        size = moves(world, own.pursues)
        for draw in sets:
            assert (moves(world, draw) == size).all()
            assert not draw[world.default].any()
            for other in others:
                assert not (draw & other.pursues & ~own.pursues).any()
        assert len(np.unique(sets, axis=0)) > 1


def test_every_eligible_move_is_drawn_equally_often(world, found):
    own, rng = found[0], np.random.default_rng(4)
    state = int(np.flatnonzero(own.forks)[0])
    sets = placebo_sets(world, own, (), 4000, rng)
    pairs = np.array(world.pairs_of(state))
    free = pairs[pairs != world.default[state]]
    rate = sets[:, free].mean(axis=0)
    distinct = len(np.unique(moves_of(world)[free]))
    assert np.abs(rate - 1 / distinct).max() < 5 * (0.25 / 4000) ** 0.5


def test_pairs_of_one_law_are_one_move_found_without_a_loop(world):
    move = moves_of(world)
    laws = [
        (int(s), tuple(sorted(world.successors(pair).items())))
        for pair, s in enumerate(world.pair_state)
    ]
    number = {}
    assert move.tolist() == [number.setdefault(law, len(number)) for law in laws]


def test_clones_are_drawn_and_removed_together():
    moves = {"go": "b", "walk": "b", "run": "c", "stay": "a"}
    world = explore("a", lambda s: moves if s == "a" else {"stay": s}, default="stay")
    go = np.array([world.actions[a] == "go" for a in world.pair_action])
    assert with_clones(world, go).sum() == 2
    sets = placebo_sets(world, affordance(world, "go", go), (), 60, np.random.default_rng(0))
    assert set(map(tuple, sets[:, :4].astype(int))) == {(1, 1, 0, 0), (0, 0, 1, 0)}


def test_a_set_that_is_all_there_is_has_no_placebo():
    world = explore(
        "a", lambda s: {"go": "b", "stay": "a"} if s == "a" else {"stay": s}, default="stay"
    )
    own = affordance(world, "go", world.next_state[world.next_ptr[:-1]] != world.pair_state)
    goals = Uniform().sample(world, 10, np.random.default_rng(0))
    assert not placebo(Problem(world, goals, 0.9), own, rng=np.random.default_rng(0)).exists


def test_limits_hold_what_instrumental_values_find(world, found):
    goals = Uniform().sample(world, 30, np.random.default_rng(5))
    problem = Problem(world, goals, 0.95)
    cost = removal(problem, [own.pursues for own in found])
    for i, one in enumerate(instrumental_values(problem, found)):
        assert (cost.low[i] <= one.share + 1e-12).all()
        assert (one.share <= cost.high[i] + 1e-12).all()
        assert (cost.high[i] - cost.low[i]).max() < 1e-7
        assert ((cost.acted[i] >= cost.low[i] - 1e-9) & (cost.acted[i] <= 1)).all()


def test_without_everything_but_the_default_all_that_acting_gains_is_lost(world):
    goals = Uniform().sample(world, 20, np.random.default_rng(6))
    everything = np.ones(world.n_pairs, bool)
    everything[world.default] = False
    cost = removal(Problem(world, goals, 0.9), [everything])
    some = cost.low > 0
    assert 5 < some.sum() < 20  # the others like nothing best, and idle
    assert cost.acted[some] == pytest.approx(1.0)
    assert not cost.acted[~some].any()


def test_nothing_removed_costs_nothing():
    world = RandomWorld(states=8).build()
    goals = Uniform().sample(world, 5, np.random.default_rng(0))
    cost = removal(Problem(world, goals, 0.9), [np.zeros(world.n_pairs, bool)])
    assert not np.concatenate([cost.low, cost.high, cost.acted]).any()


def test_what_a_goal_loses_does_not_depend_on_its_neighbors(world, found):
    goals = Uniform().sample(world, 20, np.random.default_rng(8))
    problem = Problem(world, goals, 0.9)
    sets = placebo_sets(world, found[0], found[1:], 3, np.random.default_rng(9))
    whole, second = removal(problem, sets), removal(problem.take(np.arange(13, 20)), sets)
    for name in ("low", "high", "acted"):
        assert (getattr(whole, name)[:, 13:] == getattr(second, name)).all()


def test_a_coin_flip_for_a_stock_is_no_more_than_its_size(world):
    goals = Uniform().sample(world, 60, np.random.default_rng(2))
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        coin = rng.random(world.size) < 0.5
        after = np.add.reduceat(world.next_prob * coin[world.next_state], world.next_ptr[:-1])
        own = affordance(world, "coin", after > after[world.default][world.pair_state] + 1e-12)
        found.append(placebo(Problem(world, goals, 0.95), own, draws=20, rng=rng))
    assert max(one.rate for one in found) > 0.3
    assert not any(one.beyond for one in found)


def test_fewer_draws_than_the_interval_needs_are_refused(world, found):
    goals = Uniform().sample(world, 3, np.random.default_rng(0))
    with pytest.raises(ProblemError, match="at least 20"):
        placebo(Problem(world, goals, 0.9), found[0], draws=19, rng=np.random.default_rng(0))


def test_overlap_is_the_share_of_moves_in_common(world, found):
    own = found[0]
    assert overlap(world, own.pursues, np.array([own.pursues])) == 1.0
    assert overlap(world, own.pursues, np.array([found[1].pursues])) == 0.0
    empty = Affordance("none", np.zeros(world.n_pairs, bool), np.zeros(world.size, bool))
    assert overlap(world, empty.pursues, np.array([own.pursues])) == 0.0


def test_half_a_move_leaves_every_draw_something_to_do():
    world = explore("a", lambda s: {"go": "a", "walk": "a"})
    go = np.array([world.actions[a] == "go" for a in world.pair_action])
    sets = placebo_sets(world, affordance(world, "go", go), (), 20, np.random.default_rng(0))
    assert not sets.any()


def test_a_reading_carries_its_placebo_and_shows_it(world, found):
    goals = Uniform().sample(world, 120, np.random.default_rng(0))
    problem = Problem(world, goals, 0.95)
    behavior = Optimal().behave(problem, np.random.default_rng(0))
    reading = measure(problem, behavior, found[0], others=found[1:], draws=20)
    again = measure(problem, behavior, found[0], others=found[1:], draws=20)
    assert reading.placebo.low.shape == (100, 20)
    assert (reading.placebo.rates == again.placebo.rates).all()
    assert reading.placebo.rate == ((reading.share_low >= 0.01)[:100]).mean()
    assert "random set of its size" in reading._repr_html_()
    assert pickle.loads(pickle.dumps(reading)).placebo.excess == reading.placebo.excess
    assert measure(problem, behavior, found[0], draws=0).placebo is None


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_where_all_goals_are_asked_one_more_draw_is_never_known_to_the_point(level):
    own, draws = np.full(26, level), np.zeros((26, 40))
    low, high = excess_of(own, draws, whole=True)
    assert high > low
    assert low <= level <= high
    assert low == pytest.approx(level - 1 / 26)


def test_where_all_goals_are_asked_the_interval_covers_one_more_draw():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        rates = rng.beta(2, 5, size=41)
        need = (rng.random((26, 41)) < rates).astype(float)
        low, high = excess_of(np.ones(26), need[:, :40], whole=True)
        held += low <= 1.0 - need[:, 40].mean() <= high
    assert held >= 372  # .95 of 400, less two standard errors


def test_limits_of_more_drives_together_are_wider():
    own, draws = np.ones(50), np.random.default_rng(0).integers(0, 2, (50, 40)).astype(float)
    for whole in (False, True):
        one, four = (excess_of(own, draws, whole=whole, tests=k) for k in (1, 4))
        assert four.low < one.low
