"""Acts: what can be done in a world that means the same wherever it is done, found without a drive."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, final, get_args

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats
from telos.core.errors import WorldError
from telos.core.goals import Goals
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.world import World
from telos.measure.moves import moves_of, with_clones
from telos.measure.removal import acting
from telos.solve.layout import led_to
from telos.solve.policies import doing_nothing, evaluate, time_spent

#: How acts are found: by the names of actions, where a name means the same everywhere; by the cell of the
#: map that is entered; or by one feature and one direction at a time (exploratory).
Means = Literal["names", "cells", "features"]

#: An act whose next outcomes differ by no more than this from those of doing nothing is off task. Acts off
#: the task of the factory, the employee and the workshop measure 0 to .03, work acts .197 and more.
OFF_TASK = 0.1
#: A feature's expected future must change by this part of its range.
SMALLEST = 1e-6
CELL = ("row", "column")
#: The discount of visits where an agent does nothing for long.
IDLE = 0.99
#: Outcomes times states up to which each outcome is evaluated as a goal: the flags of more fill the memory.
MOST_FLAGS = 2**26
#: Pairs from which on acts beyond those asked for are not looked at: one of ten thousand cells takes 0.1 s.
LARGE = 200_000


@final
@dataclass(frozen=True, eq=False, repr=False)
class Act:
    """Something that can be done in many states, and how far from the task it is.

    Args:
        affordance: its name, its pairs and the states where it is a choice.
        means: how it was found.
        distance: in [0, 1], the mean over its moves of the total variation between the law of the
            next outcome and that of doing nothing.
        also: other names of the very same pairs.
    """

    affordance: Affordance
    means: Means
    distance: float
    also: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Act {self.name}: {int(self.pairs.sum())} pairs, distance {self.distance:.3f}>"

    @property
    def name(self) -> str:
        """The act's name."""
        return self.affordance.drive

    @property
    def pairs(self) -> Bools:
        """B[L], the pairs that do it."""
        return self.affordance.pursues

    @property
    def off_task(self) -> bool:
        """Whether it is a candidate: next outcomes are those of doing nothing, or nearly."""
        return self.distance <= OFF_TASK

    @property
    def exploratory(self) -> bool:
        """Whether it was found by a feature, so that its placebo alone does not control it."""
        return self.means == "features"


def acts_of(
    world: World, *, means: Means | None = None, discount: float = 0.95, most: int | None = None
) -> tuple[Act, ...]:
    """The acts of a world: sets of pairs that somebody who knows no drive would name.

    - `names`: all pairs of one action name. Only for a world in which a name means the same
      everywhere, which its scenario declares (`names_are_acts`); compass names do not.
    - `cells`: all pairs that more likely than not come into one cell of the map from outside.
    - `features`: all pairs after which the discounted future of one feature under default play is
      above (below) what it is after the default, by more than 1e-6 of its range.

    With every pair go all pairs of its state with the same successor law, so that an action listed
    twice is one act. Pairs with the law of the default are doing nothing, whatever their names. Acts
    of the very same pairs are one. Only reachable states in which the agent holds its own goal count.

    Args:
        world: the world.
        means: how acts are found; None: by cells on a map, by features elsewhere.
        discount: of the future of a feature.
        most: how many acts; None: all.

    Returns:
        The acts, in the order of their names in the world.

    Raises:
        WorldError: if there is no such way, or the world is not on a map.

    Example:
        >>> from telos import worlds
        >>> world = worlds.OverseenWorkshop(products=1).build()
        >>> [act.name for act in acts_of(world, means="names") if act.off_task][:2]
        ['cut the button', 'lock the goal']

    References:
        Own definition, docs/definitions.md.
    """
    on_map = set(CELL) <= set(world.features)
    way = means or ("cells" if on_map else "features")
    if way not in get_args(Means) or (way == "cells" and not on_map):
        raise WorldError(
            f"{world.name}: acts by {way!r}; choose 'names', 'features', or, in a world with the "
            "features 'row' and 'column', 'cells'."
        )
    ways: dict[str, Callable[[], Iterator[tuple[str, Bools]]]] = {
        "names": lambda: _by_name(world),
        "cells": lambda: _by_cell(world),
        "features": lambda: _by_feature(world, discount),
    }
    known: dict[bytes, str] = {}
    also: dict[str, list[str]] = {}
    found: dict[str, Affordance] = {}
    for name, pairs in ways[way]():
        if most is not None and len(found) >= most and world.n_pairs > LARGE:
            break  # what the last ones are called besides is not looked for
        affordance = act(world, name, pairs)
        key = affordance.pursues.tobytes()
        if not affordance.pursues.any():
            continue
        first = known.setdefault(key, name)
        if first == name:
            found[name] = affordance
        else:
            also.setdefault(first, []).append(name)
    apart = outcome_distance(world)
    moves = np.unique(moves_of(world), return_index=True)[1]
    one = np.zeros(world.n_pairs, np.bool_)
    one[moves] = True
    return tuple(
        Act(own, way, float(apart[own.pursues & one].mean()), tuple(also.get(name, ())))
        for name, own in list(found.items())[:most]
    )


def act(world: World, name: str, pairs: Bools) -> Affordance:
    """The affordance of an act: its pairs with their clones, where doing it is a choice.

    Args:
        world: the world. name: the act's. pairs: B[L].

    Returns:
        The affordance. Left out are: pairs with the law of the default, states that cannot be reached
        or where the agent no longer holds its goal, and states that would be left without a pair.
    """
    here = with_clones(world, pairs) & acting(world) & _reachable(world)[world.pair_state]
    if world.default is not None:
        idle = np.zeros(world.n_pairs, np.bool_)
        idle[world.default] = True
        here &= ~with_clones(world, bools(idle))
    every = np.logical_and.reduceat(here, world.pair_ptr[:-1])
    here &= ~every[world.pair_state]
    return Affordance(name, bools(here), bools(np.logical_or.reduceat(here, world.pair_ptr[:-1])))


def outcome_distance(world: World) -> Floats:
    """F[L] in [0, 1], the total variation between a pair's law of the next outcome and the default's.

    Without a default, the mean law of the state's pairs takes its place.

    Args:
        world: the world.

    Example:
        >>> from telos import explore
        >>> world = explore("a", lambda s: {"stay": s, "go": {"a": 0.75, "b": 0.25}}, default="stay")
        >>> outcome_distance(world).tolist()
        [0.0, 0.25, 0.0, 0.75]
    """
    from scipy.sparse import csr_array

    fan = np.diff(world.next_ptr)
    rows = np.repeat(np.arange(world.n_pairs), fan)
    law = csr_array(
        (world.next_prob, (rows, world.outcome[world.next_state])),
        shape=(world.n_pairs, world.n_outcomes),
    )
    if world.default is not None:
        usual = law[world.default[world.pair_state]]
    else:
        weight = np.repeat(1.0 / np.diff(world.pair_ptr), np.diff(world.pair_ptr))
        pairs = np.arange(world.n_pairs)
        mean = csr_array((weight, (world.pair_state, pairs)), shape=(world.size, world.n_pairs))
        usual = (mean @ law)[world.pair_state]
    return floats(abs(law - usual).sum(axis=1) / 2)


def feature_future(world: World, values: Floats, discount: float) -> Floats:
    """F[L]: by how much a pair moves the discounted future of a feature away from the default's.

    With `h(s) = f(s) + discount * E[h(s') | s, default]` (any pair, uniformly, in a world without a
    default): `E[h(s') | s, a] - E[h(s') | s, default]`, over the range of h; 0 if h is constant.

    Args:
        world: the world. values: F[S], the feature. discount: in [0, 1).
    """
    # In units near its largest value, as a power of two: no digit changes, and no sum overflows.
    unit = int(np.frexp(np.abs(values).max())[1])
    future = evaluate(
        Problem(world, Goals(np.ldexp(values, -unit)), discount), doing_nothing(world)
    )[0]
    spread = float(np.ptp(future))
    if spread == 0.0:
        return floats(np.zeros(world.n_pairs))
    expected = np.add.reduceat(world.next_prob * future[world.next_state], world.next_ptr[:-1])
    usual = np.add.reduceat(doing_nothing(world) * expected, world.pair_ptr[:-1])
    return floats((expected - usual[world.pair_state]) / spread)


def moved(world: World, values: Floats, more: bool, discount: float) -> Bools:
    """B[L], the pairs that move a feature's future up (or down); see `feature_future`."""
    change = feature_future(world, values, discount)
    return bools((change if more else -change) > SMALLEST)


def _by_name(world: World) -> Iterator[tuple[str, Bools]]:
    for number in np.unique(world.pair_action).tolist():
        yield world.actions[number], bools(world.pair_action == number)


def _by_feature(world: World, discount: float) -> Iterator[tuple[str, Bools]]:
    for name, values in world.features.items():
        for word, more in (("more", True), ("less", False)):
            yield f"{word} {name}", moved(world, values, more, discount)


def _by_cell(world: World) -> Iterator[tuple[str, Bools]]:
    place = np.stack([world.feature(name) for name in CELL], axis=1)
    cells, cell = np.unique(place, axis=0, return_inverse=True)
    cell = np.asarray(cell).reshape(-1)
    fan = np.diff(world.next_ptr)
    for number, (row, column) in enumerate(cells):
        into = np.where(cell[world.next_state] == number, world.next_prob, 0.0)
        chance = np.add.reduceat(into, world.next_ptr[:-1]) if len(fan) else into
        outside = cell[world.pair_state] != number
        yield f"enter ({_place(row)}, {_place(column)})", bools((chance > 0.5) & outside)


def _place(number: float) -> str:
    """A coordinate in full: two cells never have one name."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _reachable(world: World) -> Bools:
    return led_to(world, bools(np.ones(world.n_pairs)))


def favorite_of(world: World, reward: Floats) -> Ints:
    """I[G], the outcome that each goal likes best among the reachable ones (the first of equals).

    Args:
        world: the world. reward: F[G, S].
    """
    states = np.flatnonzero(_reachable(world))
    return np.asarray(world.outcome[states[np.argmax(reward[:, states], axis=1)]])


def idle_outcome(world: World) -> int:
    """The outcome of being off that doing nothing comes to most; where nothing is off, of any state.

    To a goal that likes it best an act has the least to give: no agent has to do anything for it.

    Args:
        world: the world.
    """
    off = world.features.get("off")
    marked = bools(np.ones(world.size) if off is None or not np.any(off > 0) else off > 0)
    kinds, idle = np.unique(world.outcome[marked]), doing_nothing(world)
    if len(kinds) == 1:
        return int(kinds[0])
    if len(kinds) * world.size > MOST_FLAGS:
        time = time_spent(Problem(world, Goals(np.zeros(world.size)), IDLE), idle[None])[0]
        return int(np.argmax(np.bincount(world.outcome[marked], time[marked], world.n_outcomes)))
    here = floats((world.outcome == kinds[:, None]) & marked)
    visits = evaluate(Problem(world, Goals(here), IDLE), idle) @ world.start
    return int(kinds[np.argmax(visits)])
