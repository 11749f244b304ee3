"""Controls: one task an arm that asks, of the same goals, what else would have cost them as much."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, final

import numpy as np

from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.parts import AbstractAgent, AbstractDrive
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance
from telos.core.record import Made
from telos.core.spec import digest, show
from telos.core.tables import schema
from telos.core.text import LONGEST, name_of
from telos.core.world import World
from telos.measure.acts import acts_of, favorite_of, idle_outcome
from telos.measure.cause import cause_removed
from telos.measure.convergence import covering, together
from telos.measure.placebo import overlap, placebo_sets
from telos.measure.removal import removal
from telos.runs.control_parts import (
    ACT,
    AND,
    CAUSE,
    DRAWS,
    DRIVE,
    JOINT,
    OR,
    WORK,
    draws_of_acts,
)
from telos.runs.plan import GRAIN, Planned, affordance_of, built, chunk_size
from telos.runs.study import Study
from telos.runs.trial import SCHEMA, Trial

if TYPE_CHECKING:
    import polars

#: Draws of each placebo in the first arm of a world; in its other arms, so that a study costs at most
#: twice what it costs without controls, FEWER_DRAWS. Each row of a table has its own number.
#: In worlds of more legal pairs than this, controls are of a sub-sample: half the draws, and goals times
#: pairs stay the same. 100 goals of the factory (37,452 pairs, 10 sets) take 3 seconds.
LARGE = 200_000
#: Sixteen goals are solved as fast as one, so there are no fewer.
FEWER_DRAWS, FEWEST_GOALS = 20, 16
#: Acts of a world that get a row, and of those off task how many are also removed two by two. In larger
#: worlds acts times pairs stay the same, but for the first few.
MOST_ACTS, FEWEST_ACTS, MOST_PAIRED = 200, 8, 8
NO_PAIRS = bools(np.zeros(0))
#: Families are first in this order of their roles; those that are not listed have 1.
PLAINNESS = {"unrelated": 0, "named": 2}


@final
@dataclass(frozen=True)
class Control:
    """A unit of work: the controls of one arm, the trials that share all but the agent.

    Args:
        trial: the arm's plainest agent; its self-model is the one by which value is judged.
        drives: the drives that apply in this world.
        count: how many goals, the trial's first.
        draws: how many sets each placebo of a drive has; of an act, at least (see `draws_of_acts`).
    """

    from_data: ClassVar[bool] = True
    first: ClassVar[int] = 0

    trial: Trial
    drives: tuple[AbstractDrive, ...]
    count: int
    draws: int = DRAWS

    @cached_property
    def key(self) -> str:
        """Sixteen hexadecimal digits that name these controls; the number of goals is not part of them."""
        return digest({"schema": SCHEMA, "controls": self.draws, **self.trial.spec()})

    @property
    def name(self) -> str:
        """A short name, the same in every run, for results and messages."""
        return f"{self.key}-{self.first:08d}"

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Whose code it is made with."""
        return (self.trial,)

    @property
    def keys(self) -> tuple[str, ...]:
        """What its part file goes by."""
        return (self.key,)

    def describe(self) -> str:
        """The task in one line, for messages."""
        return f"the controls of {self.trial.describe()}"


@final
@dataclass(frozen=True)
class PlannedControl:
    """The controls of an arm, which trials they stand beside, and what they are made with."""

    control: Control
    trials: tuple[str, ...]
    made: Made


def plan_controls(study: Study, plan: Sequence[Planned]) -> tuple[PlannedControl, ...]:
    """The controls that a study asks for: one for each arm of its own without safeguards.

    The first arm of a world has the discount that most trials have (the larger of equals) and
    unrelated goals; pages tell of it first.

    Args:
        study: the study. plan: its trials, laid out.
    """
    asked: dict[str, int] = {}
    for each in dataclasses.replace(study, sweeps=()).every():
        for trial in each.own_trials():
            asked[trial.key] = max(asked.get(trial.key, 0), each.controls)
    arms: dict[str, list[Planned]] = {}
    uses: Counter[tuple[str, float]] = Counter()
    for planned in plan:
        trial = planned.trial
        if asked.get(trial.key, 0) and not trial.safeguards and planned.drives:
            arms.setdefault(trial.arm_key, []).append(planned)
            uses[show(trial.scenario), trial.discount] += 1

    def place(key: str) -> tuple[int, float, int]:
        trial = arms[key][0].trial
        plain = PLAINNESS.get(trial.family.role, 1)
        return -uses[show(trial.scenario), trial.discount], -trial.discount, plain

    first: dict[str, str] = {}
    for key in sorted(arms, key=place):
        first.setdefault(show(arms[key][0].trial.scenario), key)
    return tuple(
        _planned(mine, max(asked[p.trial.key] for p in mine), key in first.values())
        for key, mine in arms.items()
    )


def _planned(arm: Sequence[Planned], asked: int, first: bool) -> PlannedControl:
    lead = min(arm, key=lambda planned: plainness(planned.trial.agent))
    count = min(asked, max(planned.goals for planned in arm))
    draws = DRAWS if first else FEWER_DRAWS
    if lead.pairs > LARGE:
        count = min(count, max(FEWEST_GOALS, asked * LARGE // lead.pairs))
        draws = FEWER_DRAWS
    control = Control(lead.trial, lead.drives, count, draws)
    return PlannedControl(control, tuple(planned.trial.key for planned in arm), lead.made)


def plainness(agent: AbstractAgent) -> tuple[bool, bool, int]:
    """A reference before others, Telos's own before another's, then the one with the fewest words."""
    ours = type(agent).__module__.startswith("telos.")
    return agent.role != "reference", not ours, len(show(agent))


# -- computing them ------------------------------------------------------------------------------


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Set:
    """Pairs to be removed, or a draw in their place."""

    kind: str
    name: str
    pairs: Bools
    draw: int = -1
    overlap: float | None = None
    distance: float | None = None
    note: str = ""
    also: str = ""
    covered: str = ""


def control_rows_of(control: Control) -> "polars.DataFrame":
    """The rows of the controls of an arm: a pure function of the task.

    Goals come in blocks, so that a large world fits in memory; draws are named by the task, so every
    block meets the same ones.
    """
    import polars as pl

    trial = control.trial
    world = built(trial.scenario)
    size, frames = _block_size(control.count, chunk_size(world.n_pairs)), list[pl.DataFrame]()
    for first in range(0, control.count, size):
        count = min(size, control.count - first)
        goals = trial.family.sample(world, count, trial.goal_rng(), first=first)
        problem = Problem(world, goals, trial.discount)
        behavior = trial.agent.behave(problem, trial.agent_rng())
        frames += _block(control, problem, (behavior.foresight, behavior.ties), first)
    return pl.concat(frames)


def _block_size(count: int, size: int) -> int:
    """Goals of a block: whole lanes, as alike as can be, at most twice a chunk's (few arrays are held)."""
    blocks = -(-count // (2 * size))
    return min(2 * size, -(-count // (blocks * GRAIN)) * GRAIN)


def _block(
    control: Control, problem: Problem, view: tuple[Foresight, Ties], first: int
) -> "Iterator[polars.DataFrame]":
    """The rows of some goals: each set with its draws, then the drives whose causes are removed."""
    import polars as pl

    met: list[_Set] = []

    def removed() -> Iterator[Bools]:
        for each in _sets(control, problem):
            met.append(dataclasses.replace(each, pairs=NO_PAIRS))
            yield each.pairs

    lost = removal(problem, removed(), foresight=view[0], ties=view[1])
    shares = {"share_low": lost.low, "share_high": lost.high, "acted": lost.acted}
    yield _framed(problem, met, shares, first)
    for drive in control.drives:
        affordance = affordance_of(drive, problem.world)
        found = cause_removed(
            control.trial.scenario, problem, affordance, foresight=view[0], ties=view[1]
        )
        told = _Set(CAUSE, affordance.drive, NO_PAIRS, note=found.why)
        nothing = np.full((1, problem.goals.count), np.nan)
        shares = {"share_low": found.low, "share_high": found.high, "acted": nothing}
        rows = _framed(problem, [told], shares, first)
        if found.words:
            rows = rows.with_columns(note=pl.Series(found.words))
        yield rows.with_columns(vanished=float(found.vanished))


def _framed(
    problem: Problem, sets: Sequence[_Set], shares: Mapping[str, Floats], first: int
) -> "polars.DataFrame":
    """The rows of a part, set by set and goal by goal."""
    import polars as pl

    world, count, n = problem.world, problem.goals.count, len(sets)
    reward = problem.goals.reward
    best, worst = (
        pl.Series([name_of(world.outcomes[each], 100) for each in favorite_of(world, r).tolist()])
        for r in (reward, floats(-reward))
    )
    names = ("kind", "name", "draw", "overlap", "distance", "note", "also", "covered")
    told = {
        name: pl.Series([_stored(getattr(s, name)) for s in sets], strict=False) for name in names
    }
    of_set, goal = np.repeat(np.arange(n), count), np.tile(np.arange(count), n)
    idle = name_of(world.outcomes[idle_outcome(world)], 100)
    rows = pl.DataFrame(
        {"goal": goal + first, "favorite": best.gather(goal), "worst": worst.gather(goal)}
        | {"idle": pl.Series([idle] * (n * count))}
        | {name: column.gather(of_set) for name, column in told.items()}
        | {name: values.ravel() for name, values in shares.items()}
        | {"vanished": np.full(n * count, np.nan)}
    )
    kinds = schema("control")
    return rows.select(pl.col(name).cast(kind) for name, kind in kinds.items())


def _stored(value: object) -> object:
    """A value as a table holds it: of a name without what no file can hold."""
    return name_of(value, LONGEST) if isinstance(value, str) else value


def _sets(control: Control, problem: Problem) -> Iterator[_Set]:
    """Each drive's and act's pairs, followed by the draws in their place; then acts two by two."""
    world = problem.world
    drives = [affordance_of(drive, world) for drive in control.drives]
    for drive in drives:
        others = [other for other in drives if other is not drive]
        own = _Set(DRIVE, drive.drive, drive.pursues)
        yield from _with_draws(control, world, own, others, control.draws)
    declared = control.trial.scenario.names_are_acts
    most = max(FEWEST_ACTS, MOST_ACTS * LARGE // max(LARGE, world.n_pairs))
    acts = acts_of(world, means="names" if declared else None, most=most)
    enough = draws_of_acts(control.draws, sum(each.off_task for each in acts))
    for each in acts:
        own = _Set(
            kind=ACT if each.off_task else WORK,
            name=each.name,
            pairs=each.pairs,
            distance=each.distance,
            note=each.means,
            also=OR.join(each.also),
            covered=OR.join(covering(world, each.pairs, drives)),
        )
        yield from _with_draws(control, world, own, (), enough) if each.off_task else (own,)
    for one, other in combinations([each for each in acts if each.off_task][:MOST_PAIRED], 2):
        name = AND.join(sorted((one.name, other.name)))
        yield _Set(JOINT, name, together(world, one.pairs, other.pairs))


def _with_draws(
    control: Control, world: World, own: _Set, others: Sequence[Affordance], draws: int
) -> Iterator[_Set]:
    """A set, and the draws in its place; each stream is named, so that no other set matters."""
    stream = np.random.default_rng(
        [int(control.key, 16), *f"{own.kind}:{own.name}".encode("utf-8", "surrogatepass")]
    )
    pursued = Affordance(own.name, own.pairs, bools(np.zeros(world.size)))
    sets = placebo_sets(world, pursued, others, draws, stream)
    yield dataclasses.replace(own, overlap=overlap(world, own.pairs, sets))
    for k, pairs in enumerate(sets):
        yield _Set(own.kind, own.name, bools(pairs), k)
