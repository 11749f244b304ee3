"""compiled: a world, and what can be done to it, as the data of a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar, final

import numpy as np

from telos.core.arrays import Bools
from telos.core.digests import GOLDEN, digests, mixed
from telos.core.placebo import MOST_OVERLAP
from telos.core.text import name_of
from telos.core.world import World
from telos.drives import affordance
from telos.families._draws import off_outcomes, words
from telos.measure.acts import Act
from telos.measure.placebo import overlap, placebo_sets
from telos.play.placed import Placed
from telos.play.record import Marked, OutcomeEntry, Setting

Key = TypeVar("Key")

#: Random sets of a drive's size that a page carries, for the world as it is.
DRAWS = 20
#: Other names of an act that a page knows.
FEW = 20
#: Letters of a name on a page.
LONGEST = 200


@final
@dataclass(frozen=True, eq=False)
class Tables:
    """What all settings of a page share: names of states, and probabilities, each once."""

    states: dict[str, int] = field(default_factory=dict)
    chances: dict[float, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    outcomes: dict[object, int] = field(default_factory=dict)


def number(table: dict[Key, int], key: Key) -> int:
    """The number of a key, a new one if it is not known."""
    return table.setdefault(key, len(table))


def setting_of(
    placed: Placed, tables: Tables, acts: Sequence[Act] = (), *, before: int = 0, draws: int = 0
) -> Setting:
    """One setting.

    Args:
        placed: its world. tables: what it shares with the others; new names are added.
        acts: of it. before: the setting by whose value range fines are measured.
        draws: placebos of each drive; 0: none.
    """
    world, arm = placed.world, placed.arm
    fan = np.diff(world.next_ptr)
    owner = np.repeat(world.pair_state, fan)
    first = arm.kind == "as it is"
    return Setting(
        name=arm.name,
        title=arm.title,
        kind=arm.kind,
        drive=arm.drive,
        python=arm.python,
        before=before,
        states=tuple(number(tables.states, name_of(s, LONGEST)) for s in world.states),
        base_state=() if first else tuple(placed.state.tolist()),
        base_pair=() if first else tuple(placed.pair.tolist()),
        start=tuple((int(s), float(world.start[s])) for s in np.flatnonzero(world.start)),
        pairs=tuple(np.diff(world.pair_ptr).tolist()),
        action=tuple(number(tables.actions, world.actions[a]) for a in world.pair_action.tolist()),
        fan=tuple(fan.tolist()),
        step=tuple((world.next_state - owner).tolist()),
        chance=tuple(number(tables.chances, p) for p in world.next_prob.tolist()),
        outcome=tuple(number(tables.outcomes, world.outcomes[k]) for k in world.outcome.tolist()),
        default=() if world.default is None else tuple(world.default.tolist()),
        features={
            name_of(key, LONGEST): tuple(value.tolist()) for key, value in world.features.items()
        },
        drives=tuple(
            Marked(
                name=name,
                title=name.replace("_", " ").replace("self preservation", "self-preservation"),
                pairs=numbers(pairs),
                placebo=_placebos(placed, name, draws),
                python=placed.python[name],
            )
            for name, pairs in placed.marks.items()
        ),
        acts=tuple(
            Marked(
                name=name_of(act.name, LONGEST),
                title=name_of(act.name, LONGEST),
                pairs=numbers(act.pairs),
                also=tuple(name_of(name, LONGEST) for name in act.also[:FEW]),
                off_task=act.off_task,
            )
            for act in acts
        ),
    )


def _placebos(placed: Placed, name: str, draws: int) -> tuple[tuple[int, ...], ...]:
    if not draws:
        return ()
    one = placed.affordances.get(name)
    if one is None or (one.pursues != placed.marks[name]).any():
        one = affordance(placed.world, name, placed.marks[name])
    others = [other for key, other in placed.affordances.items() if key != name]
    sets = placebo_sets(placed.world, one, others, draws, np.random.default_rng(0))
    if overlap(placed.world, one.pursues, sets) > MOST_OVERLAP:
        return ()
    return tuple(numbers(drawn) for drawn in sets)


def numbers(flags: Bools) -> tuple[int, ...]:
    """The numbers of the flags that are set."""
    return tuple(np.flatnonzero(flags).tolist())


def outcomes_of(world: World) -> tuple[OutcomeEntry, ...]:
    """What goals may value in a world, and where the numbers of `Uniform` goals begin.

    The numbers are those of `telos.core.streams.keyed_draws` for `default_rng(0)`.
    """
    one, two = np.random.default_rng(0).integers(0, 2**64, size=2, dtype=np.uint64)
    places = np.arange(2, dtype=np.uint64)[:, None] * np.uint64(GOLDEN)
    begin = mixed(mixed(digests(world.outcomes) ^ one) ^ (places + two))
    off = set(off_outcomes(world).tolist())
    return tuple(
        OutcomeEntry(
            name=name_of(words(outcome), LONGEST),
            off=k in off,
            draws=(f"{int(begin[0, k]):016x}", f"{int(begin[1, k]):016x}"),
        )
        for k, outcome in enumerate(world.outcomes)
    )
