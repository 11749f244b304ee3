"""Hypothesis strategies: small worlds, goals, discounts and policies that go for the corners.

They need Hypothesis (`pip install telos[test]`). Worlds come with unavailable actions, states that
absorb, actions that do the same, states of equal outcome; goals with negative rewards, ties, one
reward everywhere, and rewards that are huge or tiny.
"""

import numpy as np
from hypothesis import strategies as st

from telos.core.arrays import bools, floats, ints
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World

#: Discounts worth meeting: none at all, the usual ones, and the edge.
DISCOUNTS = (0.0, 0.1, 0.5, 0.9, 0.99, 0.999)
#: Scales worth meeting: a law about units must hold from billionths to billions.
SCALES = (1.0, 1.0, 1.0, 1e-9, 1e9)

Row = dict[int, float]


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
        A strategy for worlds. Probabilities are ratios of small whole numbers, so that ties happen.

    Example:
        >>> from hypothesis import given
        >>> @given(worlds(max_states=3))
        ... def check(world):
        ...     assert world.size <= 3 and world.default is not None
        >>> check()
    """
    size = draw(st.integers(2 if rewriting else 1, max_states))
    gone = size - draw(st.integers(1, size - 1)) if rewriting else size
    single = draw(st.booleans()) if deterministic is None else deterministic
    actions = draw(st.integers(1, max_actions))
    pair_ptr: list[int] = [0]
    pair_action: list[int] = []
    rows: list[Row] = []
    for s in range(size):
        low = gone if s >= gone else 0
        here = _state(draw, s, low, size, actions, single)
        rows += here.values()
        pair_action += here
        pair_ptr.append(len(pair_action))
    features = {
        "off": draw(_marks(size)),
        "resources": draw(_stock(size)),
        "capability": draw(_stock(size)),
    }
    if rewriting:
        features["goal_register"] = [float(s >= gone) for s in range(size)]
    return World.from_arrays(
        pair_ptr,
        pair_action,
        np.concatenate(([0], np.cumsum([len(row) for row in rows]))),
        [t for row in rows for t in row],
        [p for row in rows for p in row.values()],
        start=draw(_start(gone, size)),
        actions=tuple(f"a{i}" for i in range(actions)),
        features=features,
        outcome=draw(_outcomes(size)),
        default=[draw(st.integers(pair_ptr[s], pair_ptr[s + 1] - 1)) for s in range(size)],
        name="random world",
    )


@st.composite
def goals(draw: st.DrawFn, world: World, *, max_goals: int = 3, revised: bool = False) -> Goals:
    """Goals that pay by outcome, drawn from every corner.

    Args:
        world: the world they are for. max_goals: the most goals.
        revised: draw an independent reward to be rewritten to, for each goal.

    Returns:
        A strategy for goals: graded, tied, constant or with one wanted outcome; of either sign; at
        ordinary, tiny or huge scale.
    """
    count = draw(st.integers(1, max_goals))
    rows = [draw(_by_outcome(world.n_outcomes)) for _ in range(count * (2 if revised else 1))]
    reward = floats(np.array(rows)[:, world.outcome])
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
    paid: object = 0.0
    if bonus:
        rows = draw(st.sampled_from((0, 1, drawn.count)))
        paid = np.zeros(()) if rows == 0 else np.array(draw(_table(rows, world.n_pairs)))
        paid = paid[0] if rows == 1 else paid
        paid = paid * np.abs(drawn.reward).max()
    return Problem(world, drawn, draw(discounts()), bonus=paid)  # type: ignore[arg-type]


@st.composite
def policies(draw: st.DrawFn, world: World) -> np.ndarray:
    """Policies F[L]: some pairs of a state certain, some impossible, some in between.

    Args:
        world: the world they are for.

    Returns:
        A strategy for policies.
    """
    weight = np.array(
        draw(st.lists(st.integers(0, 3), min_size=world.n_pairs, max_size=world.n_pairs))
    )
    total = np.add.reduceat(weight, world.pair_ptr[:-1])
    weight = np.where(total[world.pair_state] == 0, 1, weight)
    total = np.add.reduceat(weight, world.pair_ptr[:-1])
    return floats(weight / total[world.pair_state])


@st.composite
def affordances(draw: st.DrawFn, world: World) -> Affordance:
    """Drives that have no meaning: any pairs, so long as every state keeps its default.

    Args:
        world: the world they are for; it needs a default.

    Returns:
        A strategy for affordances.
    """
    flags = draw(st.lists(st.booleans(), min_size=world.n_pairs, max_size=world.n_pairs))
    pursues = np.array(flags)
    pursues[world.default] = False
    some = np.logical_or.reduceat(pursues, world.pair_ptr[:-1])
    return Affordance("made_up", bools(pursues), bools(some))


def _state(
    draw: st.DrawFn, s: int, low: int, size: int, actions: int, single: bool
) -> dict[int, Row]:
    """The legal actions of a state, some unavailable, some doing the same as another."""
    legal = draw(st.integers(1, 2**actions - 1))
    absorbs = draw(st.integers(0, 3)) == 0
    here: dict[int, Row] = {}
    for action in (a for a in range(actions) if legal >> a & 1):
        if absorbs:
            here[action] = {s: 1.0}
        elif here and draw(st.integers(0, 3)) == 0:
            here[action] = dict(next(iter(here.values())))
        else:
            here[action] = draw(_row(low, size, single))
    return here


@st.composite
def _row(draw: st.DrawFn, low: int, size: int, single: bool) -> Row:
    """Where a pair leads: one state, or up to three with ratios of small whole numbers."""
    target = st.integers(low, size - 1)
    if single:
        return {draw(target): 1.0}
    weight = draw(st.dictionaries(target, st.integers(1, 4), min_size=1, max_size=3))
    total = sum(weight.values())
    return {t: w / total for t, w in weight.items()}


def _marks(size: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.sampled_from((0.0, 0.0, 1.0)), min_size=size, max_size=size)


def _stock(size: int) -> st.SearchStrategy[list[float]]:
    return st.lists(st.integers(0, 3).map(float), min_size=size, max_size=size)


@st.composite
def _start(draw: st.DrawFn, held: int, size: int) -> np.ndarray:
    """A first state, or now and then a distribution over the states in which the goal is held."""
    start = np.zeros(size)
    if draw(st.integers(0, 3)):
        start[draw(st.integers(0, held - 1))] = 1.0
    else:
        start[:held] = draw(st.lists(st.integers(1, 3), min_size=held, max_size=held))
    return floats(start / start.sum())


@st.composite
def _outcomes(draw: st.DrawFn, size: int) -> np.ndarray | None:
    """Every state its own outcome, or some of them alike."""
    if draw(st.booleans()):
        return None
    labels = draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    return ints(np.unique(labels, return_inverse=True)[1])


@st.composite
def _by_outcome(draw: st.DrawFn, count: int) -> list[float]:
    """One goal's reward of each outcome."""
    graded = st.floats(-1.0, 1.0, allow_subnormal=False).map(lambda x: round(x, 6))
    kind = draw(st.sampled_from(("graded", "graded", "tied", "constant", "negative", "wanted")))
    scale = draw(st.sampled_from(SCALES))
    if kind == "constant":
        return [scale * draw(graded)] * count
    if kind == "wanted":
        wanted = draw(st.integers(0, count - 1))
        return [scale * (i == wanted) for i in range(count)]
    values = st.integers(-1, 1).map(float) if kind == "tied" else graded
    row = draw(st.lists(values, min_size=count, max_size=count))
    return [scale * (-abs(x) if kind == "negative" else x) for x in row]


def _table(rows: int, columns: int) -> st.SearchStrategy[list[list[float]]]:
    values = st.sampled_from((0.0, 0.0, -0.5, 0.25, 1.0))
    row = st.lists(values, min_size=columns, max_size=columns)
    return st.lists(row, min_size=rows, max_size=rows)
