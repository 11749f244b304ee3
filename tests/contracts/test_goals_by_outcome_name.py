"""A goal values an outcome by its name, so that the arms of a sweep over a world meet the same goals."""

import os
import subprocess
import sys
from collections import namedtuple
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from telos import explore
from telos.core.digests import digests, mixed
from telos.core.parts import Finite
from telos.core.rows import NameRows
from telos.core.spec import show
from telos.core.streams import keyed_draws
from telos.core.world import World
from telos.families import (
    Considerate,
    DrawnOrders,
    Feature,
    Linear,
    Named,
    Normal,
    Orbit,
    Polytope,
    Revised,
    Simplex,
    Skewed,
    Sparse,
    Uniform,
    WorkOrders,
    outcome_draws,
)
from telos.runs.trial import Trial
from telos.worlds import PaperclipFactory, RandomWorld

SEED = 5
#: Families that value an outcome alike whatever the others are.
ALIKE = [
    Uniform(),
    Normal(),
    Skewed(),
    Linear(),
    DrawnOrders(),
    Polytope(),
    Revised(),
    Revised(kernel="correction"),
    Revised(Normal(), kernel="correction", designer=Skewed()),
]
#: And those whose goals are made of all outcomes together: alike where the outcomes are the same ones.
TOGETHER = [
    Simplex(),
    Sparse(),
    Orbit(values=(0.0, 1.0, 2.0, 3.0, 3.0)),
    Named(),
    WorkOrders(),
    Considerate(feature="left"),
    Feature("left"),
    Polytope(rows=((1.0,),), limits=(0.5,), basis=((1.0,),) * 5),
]


def drawn(family, world, n=40):
    if isinstance(family, Finite):
        n = min(n, family.size(world))
    return family.sample(world, n, np.random.default_rng(SEED))


def by_name(goals, world):
    """What each goal, and its revision, is worth at each outcome, by the outcome's name."""
    first = np.unique(world.outcome, return_index=True)[1]
    both = np.stack([goals.reward[:, first], goals.rewritten()[:, first]])
    return {name: both[..., k] for k, name in enumerate(world.outcomes)}


def line(*names, start=0):
    """A world whose outcomes are met in the given order."""
    return explore(
        start,
        lambda s: {"next": (s + 1) % len(names)},
        outcome=lambda s: names[s],
        features={"left": lambda s: float(len(str(names[s])))},
    )


NAMES = (("clips", 1), ("pins", 2), ("nothing", 0), ("clips", 3), ("pins", 1))


@pytest.mark.parametrize("family", ALIKE, ids=show)
def test_arms_of_a_factory_are_paired(family):
    """Three machines against two: outcomes differ in number, and those shared are worth the same."""
    three, two = (PaperclipFactory(products=("clips", "pins"), machines=m).build() for m in (3, 2))
    more, less = (by_name(drawn(family, world), world) for world in (three, two))
    assert set(less) < set(more)
    for name, worth in less.items():
        assert np.array_equal(worth, more[name]), name


@pytest.mark.parametrize("family", [*ALIKE, *TOGETHER], ids=show)
def test_the_order_in_which_outcomes_are_met_changes_no_goal(family):
    one, two = line(*NAMES), line(*reversed(NAMES))
    if isinstance(family, Named):
        both = [
            {label: (r, w) for label, r, w in zip(g.label, *_tables(g, w), strict=True)}
            for g, w in ((drawn(family, one), one), (drawn(family, two), two))
        ]
        assert both[0] == both[1]
        return
    mine, theirs = by_name(drawn(family, one), one), by_name(drawn(family, two), two)
    for name in NAMES:
        np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-14)


def _tables(goals, world):
    """Each goal's reward and revision by outcome name, ready to be compared."""
    order = sorted(range(world.size), key=lambda s: str(world.outcomes[world.outcome[s]]))
    return (
        tuple(map(tuple, table[:, order].tolist())) for table in (goals.reward, goals.rewritten())
    )


def test_one_outcome_more_takes_from_simplex_and_sparse_goals_only_what_it_gets():
    less, more = line(*NAMES), line(("tins", 1), *NAMES)
    mine, theirs = (by_name(drawn(Simplex(), w, 300), w) for w in (less, more))
    left = 1.0 - theirs["tins", 1]
    for name in NAMES:
        np.testing.assert_allclose(theirs[name], mine[name] * left, rtol=1e-12)
    mine, theirs = (by_name(drawn(Sparse(), w, 3000), w) for w in (less, more))
    kept = theirs["tins", 1] == 0.0
    for name in NAMES:
        assert np.array_equal(theirs[name][kept], mine[name][kept])
        assert not theirs[name][~kept].any()
    assert abs(kept.mean() - 5 / 6) < 4 * np.sqrt(5 / 36 / 6000)


def test_worlds_without_names_go_by_the_numbers_of_their_outcomes():
    numbers = [0, 1, 2, 3]
    world = World.from_arrays(numbers, [0, 0, 0], numbers, [0, 1, 2], [1.0] * 3, outcome=[1, 0, 1])
    named = explore(0, lambda s: {"on": min(s + 1, 3)}, outcome=lambda s: s // 2)
    one, two = (by_name(drawn(Uniform(), w), w) for w in (world, named))
    assert world.outcomes == named.outcomes == (0, 1)
    assert all(np.array_equal(one[k], two[k]) for k in (0, 1))


# -- the trial -----------------------------------------------------------------------------------


def trial(scenario, family=Uniform(), seed=0):  # noqa: B008
    from telos.agents import Optimal
    from telos.drives import SelfPreservation

    return Trial(scenario, family, Optimal(), (SelfPreservation(),), 0.9, seed=seed)


def test_arms_of_one_scenario_meet_the_same_goals_and_drawn_worlds_others():
    factory = PaperclipFactory()
    assert trial(factory).draw_key == trial(replace(factory, switching_off=0.0)).draw_key
    assert trial(factory).draw_key == trial(replace(factory, machines=2)).draw_key
    assert trial(factory).draw_key != trial(factory, Normal()).draw_key
    assert trial(factory).draw_key != trial(factory, seed=1).draw_key
    assert trial(RandomWorld(seed=1)).draw_key != trial(RandomWorld(seed=2)).draw_key
    assert trial(RandomWorld(seed=1)).draw_key == trial(RandomWorld(seed=1, states=9)).draw_key


# -- digests and draws ---------------------------------------------------------------------------


class Color(Enum):
    RED = 1


class Grade(IntEnum):
    ONE = 1


@dataclass(frozen=True)
class Cell:
    row: int
    column: int


Pair = namedtuple("Pair", "kind amount")


def test_equal_names_have_equal_digests_and_unlike_names_unlike_ones():
    equal = [
        [1, 1.0, True, np.int64(1), Grade.ONE, Fraction(1), Decimal(1), 1 + 0j],
        [("clips", 1), Pair("clips", 1.0), (np.str_("clips"), True)],
        [0.1, np.float64(0.1), 0.1 + 0j],
        [2**70, 2.0**70],
        [frozenset({1, "a"}), frozenset({"a", 1.0})],
        [Cell(1, 2), Cell(1, 2)],
        ["1"],
        [b"1"],
        [None],
        [Color.RED],
        [()],
        [(1,)],
        [((1,),)],
        [(1, 1)],
        [frozenset({1})],
        [Fraction(1, 10), Decimal("0.1")],
        [float("inf")],
        [-1],
        [("clips", "1")],
        [Cell],
    ]
    found = [{int(digests([name])[0]) for name in names} for names in equal]
    assert all(len(each) == 1 for each in found)
    assert len(set.union(*found)) == len(equal)
    mixture = [name for names in equal for name in names]
    alone = np.array([digests([name])[0] for name in mixture])
    assert np.array_equal(digests(mixture), alone)


def test_names_in_columns_have_the_digests_of_the_tuples_they_stand_for():
    names = NameRows((np.array([3, -1, 2**40]), np.array([0, 7, 7])))
    assert np.array_equal(digests(names), digests(list(names)))
    assert np.array_equal(digests(NameRows((np.arange(4),), int)), digests([0, 1.0, 2, 3]))


def test_objects_without_a_name_of_their_own_go_by_number():
    one, two = (digests([object(), "a", object()]) for _ in "ab")
    assert np.array_equal(one, two)
    assert len(set(one.tolist())) == 3


def test_digests_are_those_of_any_other_process():
    names = [("clips", 3), "off", 7, None, frozenset({"a", "b"}), 0.5]
    code = f"from telos.core.digests import digests; print(*digests({names!r}))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {" ".join(map(str, digests(names))) + "\n"}


def test_draws_are_the_numbers_of_splitmix64():
    """The generator of Steele, Lea and Flood (2014) from 1234567, by plain integers."""
    state, expected = 1234567, []
    for _ in range(3):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        expected.append(z ^ (z >> 31))
    steps = np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    assert mixed(np.uint64(1234567) + steps).tolist() == expected
    assert expected[0] == 6457827717110365317  # as published tables of test values have it


@pytest.mark.parametrize(
    "names", [tuple(range(30)), tuple(f"room {k}" for k in range(30))], ids=len
)
def test_draws_are_uniform_and_independent_over_goals_outcomes_and_draws(names):
    found = keyed_draws(np.random.default_rng(3), digests(names), 4000, draws=2)
    assert 0.0 < found.min() < found.max() < 1.0
    columns = found.reshape(4000, -1)
    least = min(stats.kstest(column, "uniform").pvalue for column in columns.T)
    assert least > 1e-3 / columns.shape[1]
    assert stats.kstest(columns.ravel(), "uniform").pvalue > 1e-3
    between = np.corrcoef(columns.T)[np.triu_indices(columns.shape[1], 1)]
    assert np.abs(between).max() < 5.0 / np.sqrt(4000)
    assert abs((between * np.sqrt(4000)).std() - 1.0) < 0.1
    goals = np.corrcoef(columns[:300])[np.triu_indices(300, 1)]
    assert abs((goals * np.sqrt(columns.shape[1])).std() - 1.0) < 0.05
    later = (columns[1:] - 0.5) * (columns[:-1] - 0.5) * 12
    assert abs(later.mean()) < 4.0 / np.sqrt(later.size)


def test_neither_other_names_nor_the_number_of_draws_or_goals_changes_a_draw():
    world, more = line("tea", "milk"), line("milk", "rum", "tea")
    one = outcome_draws(world, np.random.default_rng(7), 4000)
    two = outcome_draws(more, np.random.default_rng(7), 3, first=3990, draws=3)
    assert np.array_equal(one[3990:3993], two[:, :2][..., [2, 0]])
    assert len(np.unique(one)) == one.size


def test_whatever_is_drawn_the_generator_moves_on_by_as_much():
    after = set()
    for n, names in ((1, "a"), (9, "abc")):
        rng = np.random.default_rng(0)
        keyed_draws(rng, digests(list(names)), n)
        after.add(rng.random())
    assert len(after) == 1


# -- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9, 1.0])
def test_a_considerate_goal_is_called_by_what_it_values_most(weight):
    world = PaperclipFactory(products=("clips", "pins"), machines=2, commons=3).build()
    goals = Considerate(weight=weight).sample(world, 60, np.random.default_rng(0))
    for label, reward in zip(goals.label, goals.reward, strict=True):
        best = np.flatnonzero(reward == reward.max())
        names = {world.outcomes[world.outcome[s]] for s in best}
        left = max(world.feature("commons")[s] for s in best)
        assert label.endswith(f", with {left:g} commons")
        if len(names) == 1:
            ((kind, amount),) = names
            told = kind if not amount else f"{amount} {kind if amount > 1 else kind[:-1]}"
            assert f"above all {told}, with" in label
        else:
            assert weight == 1.0
            assert len(names) == 3
            assert "above all nothing or 1 clip or 1 pin, with" in label


@pytest.mark.parametrize(
    "family", [Revised(), Revised(kernel="correction"), Polytope(low=-1.0), Orbit()], ids=show
)
def test_a_label_names_an_outcome_of_the_highest_worth(family):
    world = line(*NAMES)
    goals = drawn(family, world)
    for label, reward in zip(goals.label, goals.reward, strict=True):
        kind, amount = world.outcomes[world.outcome[int(reward.argmax())]]
        assert label.endswith(
            kind if not amount else f"{amount} {kind if amount > 1 else kind[:-1]}"
        )


def test_a_label_names_every_outcome_that_is_worth_most():
    world = line("a", "b", "c", "d", "e")
    goals = Orbit(values=(0.0, 0.0, 0.0, 1.0, 1.0)).sample(world, 1, np.random.default_rng(0))
    assert goals.label == ("goal 0: above all d or e",)
    goals = Orbit(values=(0.0, 1.0, 1.0, 1.0, 1.0)).sample(world, 1, np.random.default_rng(0))
    assert goals.label == ("goal 0: above all any of 4 outcomes",)


def test_power_is_asked_at_the_discounts_of_its_own_world_alone():
    """Scenarios that share a family share its goals, and are other worlds still."""
    from telos.runs.illustrate import _homes, _powers
    from telos.runs.plan import lay_out
    from telos.runs.study import Study
    from telos.worlds import OffSwitch, Orchard

    one = trial(OffSwitch(rooms=2))
    study = Study(
        name="two",
        question="At which discounts?",
        scenarios=(one.scenario,),
        families=(one.family,),
        agents=(one.agent,),
        drives=one.drives,
        discounts=(0.9,),
        n_goals=8,
    )
    other = replace(study, name="other", scenarios=(Orchard(),), discounts=(0.5,))
    plan = lay_out(replace(study, also=(other,)))
    homes = {home.trial.scenario: home for home in _homes(plan)}
    assert len({home.trial.draw_key for home in homes.values()}) == 1
    assert [entry.discount for entry in _powers(plan, homes[one.scenario])] == [0.9]
