"""Plan: which chunks of which trials a study asks for, and which drives apply where."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import ClassVar, final

import numpy as np

from telos.core.arrays import bools
from telos.core.errors import ProblemError
from telos.core.kinds import lacking
from telos.core.memo import Memo
from telos.core.parts import (
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
    Finite,
    part_name,
)
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.record import Made
from telos.core.spec import show
from telos.core.world import World
from telos.measure.guard import guard
from telos.runs.made import Making
from telos.runs.source import called
from telos.runs.study import Study
from telos.runs.trial import Trial
from telos.runs.world_cache import cached_world
from telos.solve.layout import led_to
from telos.solve.ready import Kind, kind_of

#: Memory for one F[G, L] array of a chunk. A solve holds about ten of them, so a worker stays
#: below half a gigabyte and two workers leave room in 2 GiB.
CHUNK_BYTES = 32 * 2**20
#: Sixteen goals of a world of millions of pairs take more: no such array may be larger than this. With
#: 10^6 states and 5.5 million pairs it leaves eight goals, and two workers keep within 8 GiB.
MOST_BYTES = 384 * 2**20
#: Goals lie in SIMD lanes and cache lines of eight; whole multiples waste none.
GRAIN = 16
#: No more goals a chunk than this, so that a small world still shows progress.
LARGEST = 256
#: Agents a chunk. On the factory what agents share takes as long as one agent does by itself, so
#: four lose little of what sharing saves, and a chunk of 112 goals still ends within seconds.
MOST_AGENTS = 4
#: Chunks of planners that are computed together, as one task that writes a part for each, where a trial
#: lacks at least MANY of them: NumPy and Python take as long for a few hundred goals as for many. On the
#: 408-state factory 104 microseconds a goal outside the kernels become 73. More would leave the caches.
TOGETHER, MANY = 4, 32


def chunk_size(n_pairs: int) -> int:
    """How many goals a chunk has in a world of `n_pairs` legal pairs: a function of that alone.

    Chunk c covers goals c * size to (c + 1) * size - 1, however many goals are asked for, so that
    asking for more leaves every full chunk as it is.

    Example:
        >>> chunk_size(64), chunk_size(30_000), chunk_size(3_000_000), chunk_size(10**9)
        (256, 128, 16, 1)
    """
    fits = CHUNK_BYTES // (8 * n_pairs) // GRAIN * GRAIN
    size = max(GRAIN, min(LARGEST, fits))
    while size > 1 and 8 * n_pairs * size > MOST_BYTES:
        size //= 2
    return size


#: Why a drive does not apply in a world that has its features.
UNPURSUED = "no reachable pair pursues it"

_affordances = Memo[Affordance](most=32)


@lru_cache(maxsize=8)
def built(scenario: AbstractScenario) -> World:
    """The scenario's world, built once a process, or taken from the cache that the process was lent."""
    found = cached_world(scenario)
    return scenario.build() if found is None else found


@lru_cache(maxsize=256)
def guarded_world(
    scenario: AbstractScenario,
    family: AbstractGoalFamily,
    discount: float,
    safeguards: tuple[AbstractSafeguard, ...],
) -> tuple[int, Kind]:
    """How many legal pairs the world has under the safeguards, and what machine code it needs.

    The mistakes of safeguards come up here.
    """
    world = built(scenario)
    if not safeguards:
        return world.n_pairs, kind_of(world, None)
    one = family.sample(world, 1, np.random.default_rng(0))
    guarded = guard(Problem(world, one, discount), safeguards)
    return guarded.world.n_pairs, kind_of(guarded.world, guarded.pair_bonus())


@final
@dataclass(frozen=True)
class Chunk:
    """A unit of work: one chunk of goals for the trials that share everything but the agent.

    Args:
        trials: they have the same `arm_key`; the free solution and the instrumental values are computed once.
        drives: the drives that apply in this world.
        first: number of the first goal.
        count: how many goals.
        part: goals of a part file; the last has what is left. 0: there is one part with all of them.
    """

    from_data: ClassVar[bool] = True

    trials: tuple[Trial, ...]
    drives: tuple[AbstractDrive, ...]
    first: int
    count: int
    part: int = 0

    @property
    def pieces(self) -> tuple[tuple[int, int], ...]:
        """(first goal, number of goals) of each part file."""
        size, end = self.part or self.count, self.first + self.count
        return tuple((at, min(size, end - at)) for at in range(self.first, end, size))

    @property
    def name(self) -> str:
        """A short name, the same in every run, for results and messages."""
        return f"{self.trials[0].key}-{self.first:08d}"

    @property
    def keys(self) -> tuple[str, ...]:
        """What its part files go by: the trials' keys."""
        return tuple(trial.key for trial in self.trials)

    def describe(self) -> str:
        """The chunk in one line, for messages."""
        more = f" and {len(self.trials) - 1} more agents" if len(self.trials) > 1 else ""
        last = self.first + self.count - 1
        return f"goals {self.first} to {last} of {self.trials[0].describe()}{more}"


@final
@dataclass(frozen=True)
class Planned:
    """One trial and what its world makes of it.

    Args:
        trial: the trial.
        goals: how many goals it has here; fewer than asked for where the family is finite.
        whole: whether these are all goals of the family.
        size: goals a chunk.
        drives: the drives that apply.
        reasons: (drive, why it does not apply), for the others.
        made: what its numbers are made with; a part made with anything else is none of it.
        pairs: how many legal pairs its world has, under the safeguards.
        kind: of problem, which decides what machine code solves it.
    """

    trial: Trial
    goals: int
    whole: bool
    size: int
    drives: tuple[AbstractDrive, ...]
    reasons: tuple[tuple[str, str], ...]
    made: Made
    pairs: int
    kind: Kind

    @property
    def n_chunks(self) -> int:
        """How many chunks there are, without listing them."""
        return -(-self.goals // self.size) if self.drives else 0

    def chunks(self) -> Iterator[tuple[int, int]]:
        """(first goal, number of goals) of each chunk; none where no drive applies."""
        if self.drives:
            for first in range(0, self.goals, self.size):
                yield first, min(self.size, self.goals - first)


def lay_out(study: Study) -> tuple[Planned, ...]:
    """What each trial of the study asks for. Builds the worlds, so their errors come up here.

    The authors' modules are looked at before that, which may take long: what is edited meanwhile is not
    what computes.
    """
    making, trials = Making(), study.trials()
    for trial in trials:
        making.source(trial)
    return tuple(called(partial(_planned, t, making), t.describe(), None) for t in trials)


def _planned(trial: Trial, making: Making) -> Planned:
    world = built(trial.scenario)
    family = trial.family
    limit = family.size(world) if isinstance(family, Finite) else trial.n_goals
    pairs, kind = guarded_world(trial.scenario, family, trial.discount, trial.safeguards)
    lacks = {part_name(drive): _lack(drive, world, trial) for drive in trial.drives}
    return Planned(
        trial=trial,
        goals=min(limit, trial.n_goals),
        whole=isinstance(family, Finite) and limit <= trial.n_goals,
        size=chunk_size(pairs),
        drives=tuple(drive for drive in trial.drives if not lacks[part_name(drive)]),
        reasons=tuple((name, reason) for name, reason in lacks.items() if reason),
        made=making.of(trial, world),
        pairs=pairs,
        kind=kind,
    )


def _lack(drive: AbstractDrive, world: World, trial: Trial) -> str:
    """Why a drive does not apply in a world; nothing if it does.

    Under safeguards it is read all the same: that they leave no way to pursue it is their effect.
    """
    missing = lacking(world, drive.needs)
    if missing:
        carried = ", ".join(world.features) or "none"
        return f"{world.name} carries no feature {' or '.join(missing)} (it carries: {carried})"
    return "" if trial.safeguards or _pursuable(drive, world) else UNPURSUED


def _pursuable(drive: AbstractDrive, world: World) -> bool:
    reachable = led_to(world, bools(np.ones(world.n_pairs)))[world.pair_state]
    return bool((affordance_of(drive, world).pursues & reachable).any())


def affordance_of(drive: AbstractDrive, world: World) -> Affordance:
    """A drive's affordance, remembered as long as the world lives: trials and chunks share worlds."""

    def found() -> Affordance:
        affordance = drive.affordances(world)
        if affordance.drive != part_name(drive):
            raise ProblemError(
                f"{show(drive)}: its affordance is called {affordance.drive!r}, not "
                f"{part_name(drive)!r}; readings of two drives would be taken for one. Name it so."
            )
        return affordance

    return _affordances.of(world, drive, found)


def chunks(wanted: list[tuple[Planned, int, int]]) -> tuple[Chunk, ...]:
    """The work that computes what is wanted, each of it (planned trial, first goal, count).

    Trials of one arm share a chunk, so that goals are drawn and solved once for several agents. If
    they ask for different numbers of goals of the chunk, all of them get the most. Chunks of many
    agents come first: they take longest, and nobody should wait for one at the end.
    """
    groups: dict[tuple[str, int], list[tuple[Planned, int]]] = {}
    for planned, first, count in wanted:
        groups.setdefault((planned.trial.arm_key, first), []).append((planned, count))
    found: dict[tuple[str, ...], list[Chunk]] = {}
    sizes: dict[tuple[str, ...], int] = {}
    for (_, first), members in groups.items():
        for i in range(0, len(members), MOST_AGENTS):
            trials = tuple(planned.trial for planned, _ in members[i : i + MOST_AGENTS])
            count = max(count for _, count in members)
            chunk = Chunk(trials=trials, drives=members[0][0].drives, first=first, count=count)
            found.setdefault(chunk.keys, []).append(chunk)
            sizes[chunk.keys] = members[0][0].size
    every = [chunk for keys, mine in found.items() for chunk in _together(mine, sizes[keys])]
    return tuple(sorted(every, key=lambda chunk: -len(chunk.trials)))


def _together(mine: list[Chunk], size: int) -> list[Chunk]:
    """The chunks of some trials, runs of up to TOGETHER of them as one where that pays."""
    plans = all(trial.agent.role == "reference" for trial in mine[0].trials)
    if len(mine) < MANY or size < LARGEST or not plans:
        return mine
    joined = [mine[0]]
    for chunk in mine[1:]:
        last = joined[-1]
        if (
            last.first + last.count == chunk.first
            and last.count % size == 0
            and (last.count < TOGETHER * size)
        ):
            joined[-1] = replace(last, count=last.count + chunk.count, part=size)
        else:
            joined.append(chunk)
    return joined
