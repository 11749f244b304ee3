"""Rules asked about many states at once give the world that they give one state at a time."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telos import Legal, World, explore, explore_vectorized
from telos.core.numbering import nothing_known, numbered
from telos.core.rows import NameRows
from telos.errors import WorldError

ARRAYS = ["start", "pair_ptr", "pair_action", "next_ptr", "next_state", "next_prob", "outcome"]


def assert_same(many: World, one: World):
    """Every array, to the bit, every name, and both ways round."""
    for name in ("states", "actions", "outcomes", "name"):
        assert getattr(many, name) == getattr(one, name), name
        assert getattr(one, name) == getattr(many, name), name
    for name in ARRAYS:
        assert np.array_equal(getattr(many, name), getattr(one, name)), name
    assert (many.default is None) == (one.default is None)
    if one.default is not None:
        assert np.array_equal(many.default, one.default)
    assert list(many.features) == list(one.features)
    for name, values in one.features.items():
        assert np.array_equal(many.features[name], values), name


class Cell(NamedTuple):
    row: int
    col: int
    stock: int


def slippery(size, most):
    """A grid with a stock and ice: a step slips sideways, walls stop it, the far corner is the end."""

    def one(s):
        if s.row == s.col == size - 1:
            return {"rest": s}
        legal = {"rest": s}
        for action, (down, right) in {"south": (1, 0), "east": (0, 1), "north": (-1, 0)}.items():
            if 0 <= s.row + down < size:
                row = Counter()
                for (d, r), p in (
                    ((down, right), 0.7),
                    ((right, down), 0.1),
                    ((-right, -down), 0.2),
                ):
                    to = (min(max(s.row + d, 0), size - 1), min(max(s.col + r, 0), size - 1))
                    row[Cell(*to, s.stock)] += p
                legal[action] = dict(row)
        if s.stock < most and (s.row + s.col) % 2 == 0:
            legal["mine"] = {s._replace(stock=s.stock + 1): 1 - s.row / size, s: s.row / size}
        return legal

    def many(s):
        going = (s.row != size - 1) | (s.col != size - 1)
        legal = {"rest": s}
        for action, (down, right) in {"south": (1, 0), "east": (0, 1), "north": (-1, 0)}.items():
            branches = [
                (p, Cell(np.clip(s.row + d, 0, size - 1), np.clip(s.col + r, 0, size - 1), s.stock))
                for (d, r), p in (
                    ((down, right), 0.7),
                    ((right, down), 0.1),
                    ((-right, -down), 0.2),
                )
            ]
            inside = (s.row + down >= 0) & (s.row + down < size)
            legal[action] = Legal(going & inside, branches)
        mined = [(1 - s.row / size, s._replace(stock=s.stock + 1)), (s.row / size, s)]
        legal["mine"] = Legal(going & (s.stock < most) & ((s.row + s.col) % 2 == 0), mined)
        return legal

    return one, many


@pytest.mark.parametrize(("size", "most"), [(1, 0), (2, 3), (5, 4), (30, 25)])
def test_a_slippery_grid_with_a_stock_comes_out_the_same(size, most):
    one, many = slippery(size, most)
    labels = {"default": "rest", "name": "grid"}
    assert_same(
        explore_vectorized(
            Cell(0, 0, 0),
            many,
            features={"stock": lambda s: s.stock, "corner": lambda s: (s.row == 0) & (s.col == 0)},
            outcome=lambda s: (s.col, s.stock),
            **labels,
        ),
        explore(
            Cell(0, 0, 0),
            one,
            features={"stock": lambda s: s.stock, "corner": lambda s: s.row == 0 and s.col == 0},
            outcome=lambda s: (s.col, s.stock),
            **labels,
        ),
    )


def test_the_names_of_states_are_the_authors_own():
    world = explore_vectorized(Cell(0, 0, 0), slippery(5, 4)[1])
    assert world.states[7] == world.states[:8][7] == list(world.states)[7]
    assert isinstance(world.states[7], Cell)
    assert isinstance(list(world.states)[-1], Cell)
    assert [world.find(state) for state in world.states] == list(range(world.size))
    assert world.find((0, 0, 0)) == 0
    assert Cell(0, 0, 9) not in world.states
    with pytest.raises(WorldError, match=r"no state 'hall'"):
        world.find("hall")
    with pytest.raises(WorldError, match=r"no state Cell\(row=0, col=0, stock=9\)"):
        world.find(Cell(0, 0, 9))
    assert world.pair((0, 0, 0), "mine") == 3


def test_whole_numbers_and_plain_tuples_are_states_too():
    doubled = {"add": lambda x: (x + 1) % 5000, "double": lambda x: 2 * x % 5000}
    assert_same(
        explore_vectorized(1, lambda x: {a: f(x) for a, f in doubled.items()}, default="add"),
        explore(1, lambda x: {a: f(x) for a, f in doubled.items()}, default="add"),
    )

    def swapped(s):
        left, right = s
        return {"swap": (right, left), "shrink": (left // 2, right)}

    assert_same(explore_vectorized((77, 1000), swapped), explore((77, 1000), swapped))


def test_actions_are_numbered_by_the_first_state_in_which_they_are_legal():
    def one(x):
        return {"down": x - 1, "never": x} if x > 7 else {"up": x + 1, "down": max(x - 1, 0)}

    def many(x):
        far = x > 7
        return {
            "never": Legal(x > 10**6, x),
            "up": Legal(~far, x + 1),
            "down": np.where(far, x - 1, np.maximum(x - 1, 0)),
            "last": Legal(far, x),
        }

    world = explore_vectorized(5, many)
    assert world.actions == ("up", "down", "last")
    assert explore(5, one).actions == ("up", "down", "never")


def test_lives_may_begin_in_several_states():
    first = {3: 0.25, 0: 0.75}
    assert_same(
        explore_vectorized(first, lambda x: {"on": np.maximum(x - 1, 0)}, outcome=lambda x: x % 2),
        explore(first, lambda x: {"on": max(x - 1, 0)}, outcome=lambda x: x % 2),
    )


def test_outcomes_and_defaults_may_be_names():
    assert_same(
        explore_vectorized(
            0,
            lambda x: {"on": (x + 1) % 9, "rest": Legal(x > 3, x)},
            outcome=lambda x: np.where(x % 3 == 1, "paid", "idle"),
            default=lambda x: np.where(x > 3, "rest", "on"),
        ),
        explore(
            0,
            lambda x: {"on": (x + 1) % 9, "rest": x} if x > 3 else {"on": (x + 1) % 9},
            outcome=lambda x: "paid" if x % 3 == 1 else "idle",
            default=lambda x: "rest" if x > 3 else "on",
        ),
    )


def test_a_branch_that_cannot_happen_leads_nowhere_new():
    def many(x):
        return {"on": [(x % 2, x + 1), (1 - x % 2, 0 * x)]}

    world = explore_vectorized(1, many)
    assert world.states == (1, 2, 0)
    assert world.deterministic


@pytest.mark.parametrize("seed", range(4))
def test_random_tables_come_out_the_same(seed):
    rng = np.random.default_rng(seed)
    size, fan = 400, 4
    to = rng.integers(0, size, (3, fan, size))
    chance = rng.integers(0, 4, (3, fan, size)) * (rng.random((3, fan, size)) < 0.7)
    chance[:, 0] += chance.sum(axis=1) == 0
    chance = chance / chance.sum(axis=1, keepdims=True)
    legal = rng.random((3, size)) < 0.4
    legal[2] |= ~legal[:2].any(axis=0)

    def one(x):
        found = {}
        for a in range(3):
            if legal[a, x]:
                row = Counter()
                for b in range(fan):
                    if chance[a, b, x] > 0:
                        row[int(to[a, b, x])] += chance[a, b, x]
                found[f"a{a}"] = dict(row)
        return found

    def many(x):
        return {
            f"a{a}": Legal(legal[a][x], [(chance[a, b][x], to[a, b][x]) for b in range(fan)])
            for a in range(3)
        }

    assert_same(explore_vectorized(0, many), explore(0, one))


@given(st.lists(st.lists(st.tuples(st.integers(-3, 3), st.integers(-(2**63), 2**63 - 1)))))
def test_rows_are_numbered_in_the_order_in_which_they_are_met(batches):
    known, numbers = nothing_known(2), {}
    for batch in batches:
        rows = np.array(batch, dtype=np.int64).reshape(-1, 2).T
        known, found = numbered(known, rows)
        assert found.tolist() == [numbers.setdefault(row, len(numbers)) for row in batch]
    assert list(map(tuple, known.columns[:, : known.met].T.tolist())) == list(numbers)


def test_a_name_listed_twice_is_found():
    with pytest.raises(WorldError, match=r"state \(1, 2\) is listed twice"):
        World(
            states=NameRows((np.array([1, 4, 1]), np.array([2, 2, 2]))),
            actions=("on",),
            start=[1, 0, 0],
            pair_ptr=[0, 1, 2, 3],
            pair_action=[0, 0, 0],
            next_ptr=[0, 1, 2, 3],
            next_state=[0, 1, 2],
            next_prob=[1, 1, 1],
        )


WRONG = {
    "a fraction": (lambda x: {"halve": x / 2}, r"state 3, action 'halve': .*is 1\.5; .* integer"),
    "a fraction where it is legal": (
        lambda x: {"wait": x, "halve": Legal(x == 4, x / 2), "on": x + 1},
        r"state 3, action 'halve'",
    ),
    "too likely": (
        lambda x: {"on": [(0.7, x), (0.7, 0 * x)]},
        r"state 3, action 'on': probabilities sum to 1\.4",
    ),
    "below 0": (
        lambda x: {"on": [(1.5, x), (-0.5, 0 * x)]},
        r"state 3, action 'on': probability -0\.5 of 0 must be",
    ),
    "never": (
        lambda x: (
            {"on": np.maximum(x - 1, 0), "off": Legal(x > 9, x)}
            if x[0] > 1
            else {"on": Legal(x > 1, x)}
        ),
        r"state 1: no legal action",
    ),
    "nowhere": (lambda x: {"on": [(0.0, x)]}, r"state 3, action 'on': leads nowhere"),
    "an empty list": (lambda x: {"on": []}, r"state 3, action 'on': leads nowhere"),
    "no mapping": (lambda x: [x], r"moves returned list"),
    "nothing": (lambda x: {}, r"state 3: no legal action"),
    "two fields": (lambda x: {"on": (x, x)}, r"state 3, action 'on': leads to 2 fields"),
    "too few": (lambda x: {"on": np.array([1, 2])}, r"action 'on': .*shape \(2,\)"),
    "odd flags": (lambda x: {"on": Legal(x, x)}, r"action 'on': legal is int64"),
    "no pair": (lambda x: {"on": [x]}, r"is not \(probability, state\)"),
    "a word": (lambda x: {"on": [("often", x)]}, r"action 'on': the probability is 'often'"),
    "no end": (lambda x: {"on": x + 1}, r"more than 50 states reachable"),
}


@pytest.mark.parametrize(("moves", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_named_with_state_action_and_value(moves, message):
    with pytest.raises(WorldError, match=message):
        explore_vectorized(3, moves, limit=50)


LABELS = {
    "an illegal default": (
        {"default": "off"},
        r"state 0: the default action 'off' is not legal here. Known: on",
    ),
    "a feature of two": ({"features": {"f": lambda x: [1, 2]}}, r"feature 'f' is not one number"),
    "a feature that is not a number": (
        {"features": {"f": lambda x: np.where(x == 2, np.nan, 1)}},
        r"state 2: feature 'f' is nan",
    ),
    "outcomes of a wrong shape": ({"outcome": lambda x: [1, 2]}, r"outcome has the shape"),
    "a fraction of an outcome": ({"outcome": lambda x: (x / 2, x)}, r"must be of integers"),
}


@pytest.mark.parametrize(("labels", "message"), LABELS.values(), ids=LABELS)
def test_a_wrong_label_is_named(labels, message):
    with pytest.raises(WorldError, match=message):
        explore_vectorized(0, lambda x: {"on": (x + 1) % 5}, **labels)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("hall", r"start: 'hall' is not made of integers"),
        ({(0, 1): 0.5, 2: 0.5}, r"start: 2 is written otherwise than \(0, 1\)"),
        ({}, r"start: no state"),
        ((), r"start: \(\) is not made"),
    ],
)
def test_a_start_that_is_no_row_of_whole_numbers_is_refused(start, message):
    with pytest.raises(WorldError, match=message):
        explore_vectorized(start, lambda x: {"on": x})


def test_rules_cannot_write_into_the_states_they_are_asked_about():
    def careless(x):
        x += 1
        return {"on": x}

    with pytest.raises(ValueError, match="read-only"):
        explore_vectorized(0, careless)


def test_a_state_that_cannot_be_a_name_is_named_with_its_action():
    with pytest.raises(WorldError, match=r"state 0, action 'on': \[1\] is not hashable"):
        explore(0, lambda s: {"on": [1]})
    with pytest.raises(WorldError, match=r"state 0, action 'on': probability inf of 1 must be"):
        explore(0, lambda s: {"on": {1: float("inf")}})
