"""Every shipped family of goals keeps its contract, and draws what its docstring says."""

import dataclasses
from itertools import permutations

import numpy as np
import pytest

from telos.core.blind import Blindness, blind
from telos.core.errors import GoalsError
from telos.core.parts import Finite
from telos.core.spec import show
from telos.core.world import World
from telos.families import (
    FAMILIES,
    Considerate,
    Feature,
    Linear,
    Named,
    Normal,
    Orbit,
    Revised,
    Skewed,
    Sparse,
    Uniform,
)
from telos.testing.checks import check_part
from telos.worlds import DrivenEmployee, OffSwitch, PaperclipFactory, RandomWorld

SMALL_FACTORY = PaperclipFactory(products=("clips", "pins"), machines=2, slips=(0.2, 0.1))
SEED = 11
#: One that promises less than all: it holds a goal that rewards being off for itself.
NOT_BLIND = {"Named"}
DRAWN = [
    # Considerate goals and features need commons and are meant not to be blind: see
    # test_considerate.py and tests/anchors/test_safety_levels.py
    *[family() for family in FAMILIES if family not in (Orbit, Considerate, Feature)],
    Orbit(values=(0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0)),
    Uniform(low=-2.0, high=-1.0, off="mean"),
    Normal(mean=1.0, sd=2.0, off="zero"),
    Sparse(off="mean"),
    Linear(off="zero"),
    Skewed(power=0.5, off="mean"),
    Revised(Sparse(), kernel="correction", designer=Named(goals=("do nothing",))),
    Named(goals=("do nothing", "make anything"), rewritten_to="do nothing"),
]
EVERY = pytest.mark.parametrize("family", DRAWN, ids=show)


@pytest.fixture(scope="module")
def factory():
    """A factory of two products, with seven outcomes."""
    world = SMALL_FACTORY.build()
    assert world.n_outcomes == 7
    return world


def draw(family, world, n=10, first=0):
    """Goals of the one sequence these tests look at; fewer where the list is shorter."""
    if isinstance(family, Finite):
        n = min(n, family.size(world) - first)
    return family.sample(world, n, np.random.default_rng(SEED), first=first)


def same(one, two):
    """Whether two batches of goals are the same to the last digit, revisions included."""
    return (
        one.label == two.label
        and np.array_equal(one.reward, two.reward)
        and np.array_equal(one.rewritten(), two.rewritten())
    )


@EVERY
def test_a_family_keeps_the_public_contract(family, factory):
    assert not [check for check in check_part(family, factory) if check.failed]


@EVERY
def test_a_goal_is_the_same_whatever_the_chunking(family, factory):
    whole = draw(family, factory)
    for first in (0, 1, 3):
        n = min(4, whole.count - first)
        if n > 0:
            assert same(whole.take(np.arange(first, first + n)), draw(family, factory, n, first))


@EVERY
def test_goals_are_blind_but_for_the_declared_exception(family, factory):
    everything = draw(family, factory, n=100)
    exception = type(family).__name__ in NOT_BLIND and not family.goals
    answer = Blindness.NOT_BLIND if exception else Blindness.BLIND
    assert blind(everything, factory) is answer


@EVERY
def test_neither_another_order_nor_a_duplicate_of_the_states_changes_a_goal(family, factory):
    order = np.random.default_rng(0).permutation(factory.size)
    moved, first_copy = _rearranged(factory, order), draw(family, factory)
    goals = draw(family, moved)
    assert goals.label == first_copy.label
    assert np.array_equal(goals.reward[:, : factory.size], first_copy.reward[:, order])
    assert np.array_equal(goals.reward[:, -1], goals.reward[:, 0])
    assert np.array_equal(goals.rewritten()[:, : factory.size], first_copy.rewritten()[:, order])


def _rearranged(world, order):
    """The world with its states in another order, and a duplicate of the first of them at the end.

    Where pairs lead does not matter to a family, so here they all loop.
    """
    named = [*order, order[0]]
    size = len(named)
    return World.from_arrays(
        np.arange(size + 1),
        np.zeros(size, dtype=int),
        np.arange(size + 1),
        np.arange(size),
        np.ones(size),
        states=tuple(range(size)),
        features={name: values[named] for name, values in world.features.items()},
        outcome=world.outcome[named],
        outcomes=world.outcomes,
    )


@EVERY
def test_a_family_can_be_hashed_and_every_parameter_is_explained(family, factory):
    assert hash(family) == hash(dataclasses.replace(family))
    assert all(f.name in type(family).__doc__ for f in dataclasses.fields(family))


@pytest.mark.parametrize("family", [Uniform(), Normal(), Skewed(), Sparse(), Linear()], ids=show)
def test_a_revision_is_independent_of_its_goal(family, factory):
    goals = draw(family, factory, n=4000)
    for s in np.unique(factory.outcome, return_index=True)[1]:
        assert abs(np.corrcoef(goals.reward[:, s], goals.rewritten()[:, s])[0, 1]) < 0.08


def test_the_laws_are_the_ones_declared():
    world = RandomWorld(states=5).build()
    uniform = draw(Uniform(low=-1.0, high=3.0), world, n=4000).reward
    normal = draw(Normal(mean=2.0, sd=0.5), world, n=4000).reward
    skewed = draw(Skewed(power=4.0), world, n=4000).reward
    assert uniform.min() >= -1.0
    assert uniform.max() <= 3.0
    assert uniform.mean() == pytest.approx(1.0, abs=0.05)
    assert normal.mean() == pytest.approx(2.0, abs=0.02)
    assert normal.std() == pytest.approx(0.5, abs=0.02)
    assert skewed.mean() == pytest.approx(1 / 5, abs=0.01)
    assert np.median(skewed) == pytest.approx(1 / 2**4, abs=0.01)


@pytest.mark.parametrize(
    ("family", "worth"),
    [
        (Uniform(low=1.0, high=2.0, off="zero"), 0.0),
        (Uniform(low=1.0, high=2.0, off="mean"), 1.5),
        (Normal(mean=3.0, off="mean"), 3.0),
        (Skewed(power=3.0, off="mean"), 0.25),
        (Sparse(off="zero"), 0.0),
        (Sparse(off="mean"), 1 / 7),
        (Linear(off="mean"), 0.0),
        (Orbit(values=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), off="mean"), 3.5),
    ],
    ids=show,
)
def test_being_off_is_worth_what_was_declared_wherever_its_outcome_occurs(family, worth, factory):
    goals = draw(family, factory, n=50)
    nothing = factory.outcome == factory.outcomes.index(("nothing", 0))
    off = factory.features["off"] == 1
    assert nothing[off].all()
    assert (goals.reward[:, nothing] == worth).all()
    assert (goals.rewritten()[:, nothing] == worth).all()
    assert not (goals.reward[:, ~nothing] == worth).all(axis=0).any()


def test_a_sparse_goal_wants_one_outcome(factory):
    goals = draw(Sparse(), factory, n=300)
    per_outcome = goals.reward[:, np.unique(factory.outcome, return_index=True)[1]]
    assert (per_outcome.sum(axis=1) == 1).all()
    assert (per_outcome.sum(axis=0) > 20).all()


def test_linear_goals_lie_in_the_span_of_kind_and_quantity(factory):
    goals = draw(Linear(), factory, n=50)
    one, two, three = (
        goals.reward[:, factory.outcome == factory.outcomes.index(("clips", q))] for q in (1, 2, 3)
    )
    np.testing.assert_allclose(one[:, 0] + three[:, 0], 2 * two[:, 0], atol=1e-12)


def test_an_orbit_is_every_distinct_permutation_once():
    world = OffSwitch(rooms=3).build()
    values = (0.0, 0.0, 1.0, 1.0, 2.0, 3.0)
    goals = draw(Orbit(values=values), world, n=10**6)
    by_name = goals.reward[:, sorted(range(6), key=lambda s: str(world.states[s]))]
    assert [tuple(row) for row in by_name.tolist()] == sorted(set(permutations(values)))
    assert Orbit().size(world) == 720


@pytest.mark.parametrize(
    "scenario", [PaperclipFactory(), DrivenEmployee()], ids=lambda s: str(s)[:9]
)
def test_named_goals_mean_what_they_say(scenario):
    world = scenario.build()
    goals = draw(Named(), world, n=1000)
    reward = dict(zip(goals.label, goals.reward, strict=True))
    quantity = np.array([world.outcomes[k][1] for k in world.outcome])
    assert np.array_equal(reward["as much as possible of anything"], quantity)
    assert np.array_equal(reward["make anything"], quantity > 0)
    assert np.array_equal(reward["do nothing"], quantity == 0)
    assert (reward["content with anything"] == 1).all()
    assert np.array_equal(reward["please the operator by being off"], world.features["off"])
    assert (goals.revised != np.arange(goals.count)).all()


def test_clips_without_limit_and_exactly_one_clip():
    world = PaperclipFactory().build()
    goals = draw(Named(goals=("clips without limit", "exactly one clip")), world)
    delivered = [world.outcomes[k] for k in world.outcome]
    clips = np.array([n if kind == "clips" else 0 for kind, n in delivered])
    assert np.array_equal(goals.reward, [clips, clips == 1])


def test_a_named_goal_is_rewritten_to_the_same_other_whoever_else_is_asked_for(factory):
    everyone = draw(Named(), factory, n=1000)
    alone = draw(Named(goals=("do nothing",)), factory)
    row = everyone.label.index("do nothing")
    assert np.array_equal(alone.rewritten()[0], everyone.rewritten()[row])


def test_revisions_may_be_nearby_or_a_designers_correction(factory):
    plain = draw(Uniform(), factory, n=200)
    nearby = draw(Revised(Uniform(), share=0.25), factory, n=200)
    corrected = draw(Revised(Uniform(), kernel="correction"), factory, n=200)
    assert np.array_equal(plain.reward, nearby.reward)
    assert np.array_equal(plain.reward, corrected.reward)
    assert len(corrected.pool) == 1
    changed = np.unique(factory.outcome, return_index=True)[1]
    moved = (nearby.rewritten() != nearby.reward)[:, changed]
    assert moved.mean() == pytest.approx(0.25, abs=0.04)
    assert same(draw(Revised(share=1.0), factory), plain.take(np.arange(10)))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda w: Uniform(low=1.0, high=0.0), "low is 1.0, not below high"),
        (lambda w: Uniform(off="none"), "choose one of"),
        (lambda w: Normal(sd=0.0), "sd is 0.0"),
        (lambda w: Skewed(power=float("nan")), "power is nan"),
        (lambda w: Revised(Named()), "endless family"),
        (lambda w: Revised(share=2.0), "share is 2.0"),
        (lambda w: Revised(kernel="kind"), "choose one of"),
        (lambda w: Orbit(values=(1.0, 2.0)).size(w), "2 values for the 7 outcomes"),
        (lambda w: Orbit().size(PaperclipFactory().build()), "at most 8 outcomes"),
        (lambda w: Named(goals=("paperclips",)).size(w), "offers no goal 'paperclips'"),
        (lambda w: draw(Named(), OffSwitch().build()), "kind, quantity"),
        (lambda w: draw(Uniform(), w, n=0), "at least one"),
        (lambda w: Named().sample(w, 99, np.random.default_rng(0)), "Ask for at most"),
    ],
)
def test_what_cannot_be_drawn_is_named(wrong, message, factory):
    with pytest.raises(GoalsError, match=message):
        wrong(factory)
