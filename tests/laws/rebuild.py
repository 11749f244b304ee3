"""One world told in another way: states renumbered, actions renamed, doubles added."""

from dataclasses import replace

import numpy as np

from telos import Affordance, Goals, World
from telos.core.arrays import bools


def rows_of(world):
    """The pairs of each state: {action number: {successor: probability}}, state by state."""
    return [
        {int(world.pair_action[pair]): world.successors(pair) for pair in world.pairs_of(s)}
        for s in range(world.size)
    ]


def built(rows, *, like, start, features, outcome, default=None, actions=None):
    """A world from such rows; `default` holds an action number for each state."""
    flat = [row for moves in rows for row in moves.values()]
    pair_ptr = np.concatenate(([0], np.cumsum([len(moves) for moves in rows])))
    pair_action = [action for moves in rows for action in moves]
    if default is not None:
        default = [pair_ptr[s] + list(moves).index(default[s]) for s, moves in enumerate(rows)]
    return World.from_arrays(
        pair_ptr,
        pair_action,
        np.concatenate(([0], np.cumsum([len(row) for row in flat]))),
        [t for row in flat for t in row],
        [p for row in flat for p in row.values()],
        start=start,
        actions=like.actions if actions is None else actions,
        features=features,
        outcome=outcome,
        default=default,
    )


def default_actions(world):
    """The action number of doing nothing in each state."""
    return world.pair_action[world.default].tolist()


def relabeled(world, states, actions):
    """The world with state s called states[s] and action a called actions[a]; and its pairs in order.

    Args:
        states, actions: permutations.

    Returns:
        the new world, and I[L]: where each old pair is found in it.
    """
    old = rows_of(world)
    back = np.argsort(states)
    rows = []
    for s in back:
        moves = {int(actions[a]): row for a, row in old[s].items()}
        rows.append({a: {int(states[t]): p for t, p in moves[a].items()} for a in sorted(moves)})
    new = built(
        rows,
        like=world,
        start=world.start[back],
        features={k: v[back] for k, v in world.features.items()},
        outcome=world.outcome[back],
        default=[int(actions[a]) for a in np.array(default_actions(world))[back]],
        actions=tuple(f"b{i}" for i in range(len(world.actions))),
    )
    place = np.empty(world.n_pairs, np.int64)
    for pair in range(world.n_pairs):
        s, a = int(states[world.pair_state[pair]]), int(actions[world.pair_action[pair]])
        here = new.pair_action[new.pair_ptr[s] : new.pair_ptr[s + 1]]
        place[pair] = new.pair_ptr[s] + int(np.flatnonzero(here == a)[0])
    return new, place


def with_double_action(world, state, which):
    """The world with one more action in `state` that does what its pair number `which` does."""
    rows = rows_of(world)
    copied = list(rows[state].values())[which % len(rows[state])]
    rows[state][len(world.actions)] = dict(copied)
    return built(
        rows,
        like=world,
        start=world.start,
        features=world.features,
        outcome=world.outcome,
        default=default_actions(world),
        actions=(*world.actions, "double"),
    )


def with_double_state(world, state, share):
    """The world with a twin of `state`: same outcome, features and actions; `share` of all that led there.

    Where a pair led to the state, it now leads to either.
    """
    size = world.size
    rows = [*rows_of(world), {}]
    rows[size] = {a: dict(row) for a, row in rows[state].items()}
    for moves in rows:
        for row in moves.values():
            if state in row and share > 0:
                row[size] = share * row[state]
                row[state] *= 1 - share
                if share == 1:
                    del row[state]
    start = np.append(world.start, share * world.start[state])
    start[state] *= 1 - share
    return built(
        rows,
        like=world,
        start=start,
        features={k: np.append(v, v[state]) for k, v in world.features.items()},
        outcome=np.append(world.outcome, world.outcome[state]),
        default=[*default_actions(world), default_actions(world)[state]],
    )


def extended(goals, state):
    """The goals for a world with a twin of `state`."""
    columns = np.append(np.arange(goals.reward.shape[1]), state)
    return Goals(goals.reward[:, columns], goals.label, goals.revised, goals.pool[:, columns])


def scaled(goals, a, b):
    """The goals R -> aR + b; what they would be rewritten to stays."""
    return Goals(a * goals.reward + b, goals.label, goals.revised, goals.pool)


def moved(affordance, place, forks):
    """An affordance whose pairs were renumbered: pair i is now pair place[i]."""
    pursues = np.zeros(len(place), np.bool_)
    pursues[place] = affordance.pursues
    return Affordance(affordance.drive, bools(pursues), bools(forks))


def with_discount(problem, discount):
    """The same problem at another discount."""
    return replace(problem, discount=discount)
