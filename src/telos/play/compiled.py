"""compiled: a world, and what can be done to it, as the data of a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from telos.core.arrays import Bools, Ints
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractDrive
from telos.core.reading import Affordance
from telos.core.text import name_of
from telos.core.world import World
from telos.measure.acts import Act
from telos.measure.placebo import placebo_sets
from telos.play.record import Marked, Setting

#: Random sets of a drive's size that a page carries.
DRAWS = 20


@final
@dataclass(frozen=True, eq=False)
class Tables:
    """What all settings of a page share: names of states, and probabilities, each once."""

    states: dict[str, int] = field(default_factory=dict)
    chances: dict[float, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    outcomes: dict[object, int] = field(default_factory=dict)

    @staticmethod
    def number(table: dict[object, int] | Mapping[str, int], key: object) -> int:
        """The number of a key, a new one if it is not known."""
        return table.setdefault(key, len(table))  # type: ignore[union-attr, arg-type]


def affordances_of(world: World, drives: Sequence[AbstractDrive]) -> list[Affordance]:
    """The affordances of the drives that something in the world pursues."""
    found = []
    for drive in drives:
        try:
            one = drive.affordances(world)
        except FeatureMissing:
            continue
        if one.pursues.any():
            found.append(one)
    return found


def setting_of(
    world: World,
    tables: Tables,
    drives: Sequence[AbstractDrive],
    acts: Sequence[Act] = (),
    *,
    name: str,
    title: str,
    kind: str,
    base: World | None = None,
    base_state: Ints | None = None,
    base_pair: Ints | None = None,
    **more: object,
) -> Setting:
    """One setting; `more` are further fields of it."""
    number = tables.number
    found = affordances_of(world, drives)
    start = [(int(s), float(world.start[s])) for s in np.flatnonzero(world.start)]
    fan = np.diff(world.next_ptr)
    owner = np.repeat(world.pair_state, fan)
    return Setting(
        name=name,
        title=title,
        kind=kind,  # type: ignore[arg-type]
        states=tuple(number(tables.states, name_of(s, 200)) for s in world.states),
        base_state=() if base_state is None else tuple(base_state.tolist()),
        base_pair=() if base_pair is None else tuple(base_pair.tolist()),
        start=tuple(start),
        pairs=tuple(np.diff(world.pair_ptr).tolist()),
        action=tuple(number(tables.actions, world.actions[a]) for a in world.pair_action.tolist()),
        fan=tuple(fan.tolist()),
        step=tuple((world.next_state - owner).tolist()),
        chance=tuple(number(tables.chances, p) for p in world.next_prob.tolist()),
        outcome=tuple(
            number(tables.outcomes, world.outcomes[k]) for k in world.outcome.tolist()
        ),
        default=() if world.default is None else tuple(world.default.tolist()),
        features={key: tuple(value.tolist()) for key, value in world.features.items()},
        drives=tuple(
            Marked(
                name=one.drive,
                title=one.drive.replace("_", " "),
                pairs=numbers(one.pursues),
                placebo=_placebos(world, one, found),
            )
            for one in found
        ),
        acts=tuple(
            Marked(
                name=act.name,
                title=act.name,
                pairs=numbers(act.pairs),
                also=act.also,
                off_task=act.off_task,
            )
            for act in acts
        ),
        **more,  # type: ignore[arg-type]
    )


def _placebos(
    world: World, one: Affordance, found: Sequence[Affordance]
) -> tuple[tuple[int, ...], ...]:
    others = [other for other in found if other is not one]
    sets = placebo_sets(world, one, others, DRAWS, np.random.default_rng(0))
    return tuple(numbers(drawn) for drawn in sets)


def numbers(flags: Bools) -> tuple[int, ...]:
    """The numbers of the flags that are set."""
    return tuple(np.flatnonzero(flags).tolist())
