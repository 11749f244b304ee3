"""SanctionedPath: beside an act stands a legal request for its effect, at the same price."""

from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import ints
from telos.core.checks import number
from telos.core.errors import ProblemError
from telos.core.extend import Extension
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Problem
from telos.core.world import World
from telos.safeguards._aim import aim, aimed_at, default_pairs
from telos.safeguards._worlds import moved


@final
@dataclass(frozen=True)
class SanctionedPath(AbstractSafeguard):
    """Adds to each aimed pair a request for what it brings about; it takes nothing away.

    Beside (s, a) stands `request a`, one step long as a is, granted afresh with probability `granting` q:
    `P(.|s, request a) = q P(.|s, a) + (1 - q) P(.|s, default)`. A request mixes two pairs that are
    legal there, so the optimal value stays as it is for every q, with and without any set of other
    pairs: added beside what it stands for, a path displaces nothing. At q = 1 no goal needs the aimed pairs
    any more; at q = 0 it leads nowhere. With the aimed pairs forbidden as well it is `Approval` with
    error q.

    Args:
        actions: names of the actions whose effect can be asked for; or
        drive: a drive, all of whose pairs' effects can.
        granting: q, in [0, 1].

    Raises:
        ProblemError: naming the field and its range; when applied, if the world has no default, or
            an action of the name of a request.
        FeatureMissing: when applied, if the world lacks a feature of the drive.

    Example:
        >>> from telos import Goals, Problem, worlds
        >>> world = worlds.OffSwitch(rooms=2).build()
        >>> problem = Problem(world, Goals([float(s == "room 1") for s in world.states]), 0.9)
        >>> asked = SanctionedPath(actions=("walk on",)).apply(problem)
        >>> asked.world.actions[-1], asked.world.n_pairs - world.n_pairs
        ('request walk on', 1)

    References:
        Own definition.
    """

    actions: tuple[str, ...] = ()
    drive: AbstractDrive | None = None
    granting: float = 1.0
    version: ClassVar[int] = 1
    kind: ClassVar[str] = "oversight"

    def __post_init__(self) -> None:
        object.__setattr__(self, "actions", aim(self))
        number(self, "granting", 0.0, 1.0)

    def apply(self, problem: Problem) -> Problem:
        """The problem in which what is aimed at can be asked for."""
        return moved(problem, self, self._with_requests)

    def _with_requests(self, world: World) -> Extension:
        part = type(self).__name__
        default, aimed = default_pairs(part, world), aimed_at(self, world)
        asked = {a: f"request {world.actions[a]}" for a in np.unique(world.pair_action[aimed])}
        known = [name for name in asked.values() if name in world.actions]
        if known:
            raise ProblemError(
                f"{part}: in {world.name} one can {known[0]!r} already; give one path to an effect."
            )
        number_of = {a: len(world.actions) + i for i, a in enumerate(asked)}
        pairs, action, fan = [], [], []
        to: list[int] = []
        odds: list[float] = []
        for s in range(world.size):
            here = list(world.pairs_of(s))
            rows = [(pair, int(world.pair_action[pair]), world.successors(pair)) for pair in here]
            for pair in (pair for pair in here if aimed[pair]):
                row = {t: self.granting * p for t, p in world.successors(pair).items()}
                for t, p in world.successors(int(default[s])).items():
                    row[t] = row.get(t, 0.0) + (1.0 - self.granting) * p
                kept = {t: p for t, p in row.items() if p > 0.0}
                rows.append((-1, number_of[world.pair_action[pair]], kept))
            for pair, name, row in rows:
                pairs.append(pair)
                action.append(name)
                fan.append(len(row))
                to.extend(row)
                odds.extend(row.values())
        old = np.array(pairs)
        extra = np.bincount(world.pair_state[aimed], minlength=world.size)
        places = np.zeros(world.n_pairs, np.int64)
        places[old[old >= 0]] = np.flatnonzero(old >= 0)
        made = replace(
            world,
            actions=(*world.actions, *asked.values()),
            pair_ptr=world.pair_ptr + np.concatenate(([0], np.cumsum(extra))),
            pair_action=np.array(action),
            next_ptr=np.concatenate(([0], np.cumsum(fan))),
            next_state=np.array(to),
            next_prob=np.array(odds),
            default=ints(places[default]),
            name=f"{world.name}, with a sanctioned path",
            estimated=None if world.estimated is None else world.estimated.onto(old),
        )
        return Extension(made, ints(np.arange(world.size)), ints(old))
