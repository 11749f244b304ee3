"""Hypothesis strategies: small worlds, goals, discounts and policies that go for the corners.

They need Hypothesis (the extra `telos-lab[test]`). Worlds come with unavailable actions, states that
absorb, actions that do the same, states of equal outcome; goals with negative rewards, ties, one
reward everywhere, and rewards that are huge or tiny.

A world hangs on one integer, its seed, and smaller seeds give smaller worlds: drawn choice by
choice, two worlds in three had a single state and none of sixty an action that was not optimal.
"""

import numpy as np
from hypothesis import strategies as st

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World

#: Discounts worth meeting: none at all, the usual ones, and the edge.
DISCOUNTS = (0.9, 0.5, 0.99, 0.1, 0.999, 0.0)
#: Scales worth meeting: a law about units must hold from billionths to billions.
SCALES = (1.0, 1.0, 1.0, 1e-9, 1e9)
#: Kinds of goal worth meeting.
KINDS = ("graded", "graded", "tied", "negative", "wanted", "constant")

Row = dict[int, float]


def seeds() -> st.SearchStrategy[int]:
    """Integers to seed a generator with.

    Example:
        >>> from hypothesis import given
        >>> @given(seeds())
        ... def check(seed):
        ...     assert seed >= 0
        >>> check()
    """
    return st.integers(0, 2**32 - 1)


def discounts() -> st.SearchStrategy[float]:
    """Discounts in [0, 1), with 0 and 0.999 among them.

    Example:
        >>> from hypothesis import given
        >>> @given(discounts())
        ... def check(discount):
        ...     assert 0 <= discount < 1
        >>> check()
    """
    return st.one_of(st.sampled_from(DISCOUNTS), st.floats(0.0, 0.999))


@st.composite
def worlds(
    draw: st.DrawFn,
    *,
    max_states: int = 5,
    max_actions: int = 3,
    deterministic: bool | None = None,
    rewriting: bool = False,
) -> World:
    """Small worlds with the features that the shipped drives read.

    Args:
        max_states: the most states. max_actions: the most actions.
        deterministic: whether every pair has one successor; None: either.
        rewriting: add a `goal_register`, changed in the last states, that is never changed back.

    Returns:
        A strategy for worlds. Probabilities are ratios of small integers, so that ties happen.

    Example:
        >>> from hypothesis import given
        >>> @given(worlds(max_states=3))
        ... def check(world):
        ...     assert world.size <= 3 and world.default is not None
        >>> check()
    """
    seed = draw(seeds())
    rng = np.random.default_rng(seed)
    least = 2 if rewriting else 1
    size = min(max_states, least + seed % (2 * (max_states - least) + 1))
    gone = size - int(rng.integers(1, size)) if rewriting else size
    single = bool(rng.random() < 0.4) if deterministic is None else deterministic
    actions = int(rng.integers(min(2, max_actions), max_actions + 1))
    pair_ptr: list[int] = [0]
    pair_action: list[int] = []
    rows: list[Row] = []
    for s in range(size):
        here = _moves(rng, s, gone if s >= gone else 0, size, actions, single)
        rows += here.values()
        pair_action += here
        pair_ptr.append(len(pair_action))
    features = {
        "off": rng.random(size) < 0.3,
        "resources": rng.integers(0, 4, size),
        "capability": rng.integers(0, 4, size),
    }
    if rewriting:
        features["goal_register"] = np.arange(size) >= gone
    return World.from_arrays(
        pair_ptr,
        pair_action,
        np.cumsum([0, *(len(row) for row in rows)]),
        [t for row in rows for t in row],
        [p for row in rows for p in row.values()],
        start=_start(rng, gone, size),
        actions=tuple(f"a{i}" for i in range(actions)),
        features=features,
        outcome=_outcomes(rng, size),
        default=[int(rng.integers(pair_ptr[s], pair_ptr[s + 1])) for s in range(size)],
        name=f"random world {seed}",
    )


@st.composite
def goals(draw: st.DrawFn, world: World, *, max_goals: int = 3, revised: bool = False) -> Goals:
    """Goals that pay by outcome, from every corner.

    Args:
        world: the world they are for. max_goals: the most goals.
        revised: draw an independent reward to be rewritten to, for each goal.

    Returns:
        A strategy for goals: graded, tied, negative, constant or with one wanted outcome; at
        ordinary, tiny or huge scale, which all goals of a batch share.
    """
    rng = np.random.default_rng(draw(seeds()))
    count = int(rng.integers(1, max_goals + 1))
    scale = draw(st.sampled_from(SCALES))
    rows = [_by_outcome(rng, world.n_outcomes) for _ in range(count * (2 if revised else 1))]
    reward = floats(scale * np.array(rows)[:, world.outcome])
    return Goals(reward[:count], pool=reward[count:]) if revised else Goals(reward)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    max_states: int = 5,
    max_goals: int = 3,
    deterministic: bool | None = None,
    rewriting: bool = False,
    bonus: bool = False,
) -> Problem:
    """Problems: a random world, goals and a discount.

    Args:
        max_states, deterministic, rewriting: see `worlds`. max_goals: see `goals`.
        bonus: also pay for taking pairs: nothing, the same to every goal, or to each its own.

    Returns:
        A strategy for problems.
    """
    world = draw(worlds(max_states=max_states, deterministic=deterministic, rewriting=rewriting))
    drawn = draw(goals(world, max_goals=max_goals, revised=rewriting))
    paid: Floats | float = 0.0
    if bonus:
        rng = np.random.default_rng(draw(seeds()))
        shapes = ((), (world.n_pairs,), (drawn.count, world.n_pairs))
        amounts = rng.choice((0.0, 0.0, -0.5, 0.25, 1.0), shapes[int(rng.integers(3))])
        paid = np.asarray(amounts) * np.abs(drawn.reward).max()
    return Problem(world, drawn, draw(discounts()), bonus=paid)


@st.composite
def policies(draw: st.DrawFn, world: World) -> Floats:
    """Policies F[L]: some pairs of a state certain, some impossible, some in between.

    Args:
        world: the world they are for.

    Returns:
        A strategy for policies.
    """
    weight = np.random.default_rng(draw(seeds())).integers(0, 3, world.n_pairs)
    idle = np.add.reduceat(weight, world.pair_ptr[:-1]) == 0
    weight = np.where(idle[world.pair_state], 1, weight)
    return floats(weight / np.add.reduceat(weight, world.pair_ptr[:-1])[world.pair_state])


@st.composite
def pairs(draw: st.DrawFn, world: World) -> Bools:
    """Any pairs of a world, B[L].

    Args:
        world: the world they belong to.

    Returns:
        A strategy for flags.
    """
    rng = np.random.default_rng(draw(seeds()))
    return bools(rng.random(world.n_pairs) < rng.random())


@st.composite
def affordances(draw: st.DrawFn, world: World) -> Affordance:
    """Drives that have no meaning: any pairs, so long as every state keeps its default.

    Args:
        world: the world they are for; it needs a default.

    Returns:
        A strategy for affordances.
    """
    pursues = np.random.default_rng(draw(seeds())).random(world.n_pairs) < 0.5
    pursues[world.default] = False
    some = np.logical_or.reduceat(pursues, world.pair_ptr[:-1])
    return Affordance("made_up", bools(pursues), bools(some))


def _moves(
    rng: np.random.Generator, s: int, low: int, size: int, actions: int, single: bool
) -> dict[int, Row]:
    """The legal actions of a state, some unavailable, some doing the same as another."""
    legal = np.flatnonzero(rng.random(actions) < 0.75)
    legal = legal if len(legal) else rng.integers(actions, size=1)
    absorbs = rng.random() < 0.2
    here: dict[int, Row] = {}
    for action in legal.tolist():
        if absorbs:
            here[action] = {s: 1.0}
        elif here and rng.random() < 0.2:
            here[action] = dict(next(iter(here.values())))
        else:
            here[action] = _row(rng, low, size, single)
    return here


def _row(rng: np.random.Generator, low: int, size: int, single: bool) -> Row:
    """Where a pair leads: one state, or up to three with ratios of small integers."""
    fan = 1 if single else min(size - low, int(rng.integers(1, 4)))
    weight = rng.integers(1, 5, fan)
    to = low + rng.choice(size - low, fan, replace=False)
    return dict(zip(to.tolist(), (weight / weight.sum()).tolist(), strict=True))


def _start(rng: np.random.Generator, held: int, size: int) -> Floats:
    """A first state, or now and then a distribution over the states in which the goal is held."""
    start = np.zeros(size)
    if rng.random() < 0.75:
        start[rng.integers(held)] = 1.0
    else:
        start[:held] = rng.integers(1, 4, held)
    return floats(start / start.sum())


def _outcomes(rng: np.random.Generator, size: int) -> Ints | None:
    """Every state its own outcome, or some of them alike."""
    if rng.random() < 0.6:
        return None
    return ints(np.unique(rng.integers(0, size, size), return_inverse=True)[1])


def _by_outcome(rng: np.random.Generator, count: int) -> Floats:
    """One goal's reward of each outcome."""
    kind = KINDS[rng.integers(len(KINDS))]
    graded = rng.uniform(-1.0, 1.0, count).round(6)
    if kind == "constant":
        return np.full(count, graded[0])
    if kind == "wanted":
        return floats(np.eye(count)[rng.integers(count)])
    if kind == "tied":
        return rng.integers(-1, 2, count).astype(np.float64)
    return floats(-np.abs(graded) if kind == "negative" else graded)
