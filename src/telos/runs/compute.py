"""The pure function at the heart of a run: a chunk goes in, tables of readings come out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from telos.core.arrays import Floats, Ints
from telos.core.behavior import Behavior
from telos.core.kinds import kinds
from telos.core.memo import Memo
from telos.core.parts import AbstractDrive, AbstractSafeguard
from telos.core.problem import Foresight, Problem, Ties
from telos.core.reading import Affordance, Category, Reading
from telos.core.tables import columns, schema
from telos.core.text import LONGEST, name_of
from telos.core.world import World
from telos.measure.chance import Chance, chance
from telos.measure.deeds import Deed, deeds, optimal_deeds
from telos.measure.guard import (
    COMMONS,
    guard,
    left_for_others,
    task_retained,
    unaware_policy,
)
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.measure import measure_all
from telos.measure.removal_incentives import (
    WillingnessToPay,
    removal_incentives,
    willingness_to_pay,
)
from telos.measure.split import terminal_parts
from telos.runs.chances import with_chances
from telos.runs.plan import Chunk, affordance_of, built
from telos.runs.trial import Trial
from telos.solve.policies import checked_policy, reach, time_spent

if TYPE_CHECKING:
    import polars

#: Columns of a part that are entries of a `Reading`.
MEASURED = (
    "share", "share_low", "share_high", "acted", "gap_later", "gap_never", "fork_chance", "propensity",
    "fork_share", "reached", "bound",
)  # fmt: skip


def compute(chunk: Chunk) -> "dict[str, polars.DataFrame]":
    """The readings of every trial of a chunk, by trial key.

    A pure function of the chunk: the same goals, solutions and readings wherever, whenever and
    however often it is called. Goals, affordances, chance baselines and instrumental values are computed
    once;
    each agent then costs its own behavior only.
    """
    lead = chunk.trials[0]
    world = built(lead.scenario)
    goals = lead.family.sample(world, chunk.count, lead.goal_rng(), first=chunk.first)
    problem = Problem(world, goals, lead.discount)
    guarded = guard(problem, lead.safeguards)
    seen = guarded.as_planned()
    pursuits = [pursuit(drive, guarded.world) for drive in chunk.drives]
    affordances = [affordance for affordance, _ in pursuits]
    chances = [found for _, found in pursuits]
    baselines = [found.value for found in chances]
    prices = _prices(problem, lead.safeguards)
    known: dict[tuple[Foresight, Ties], tuple[InstrumentalValue, ...]] = {}
    wanted: dict[tuple[Foresight, Ties], list[Floats]] = {}
    by_ties: dict[tuple[Foresight, Ties], tuple[Deed, ...]] = {}
    tables = {}
    for trial in chunk.trials:
        behavior = trial.agent.behave(guarded, trial.agent_rng())
        view = (behavior.foresight, behavior.ties)
        if view not in known:
            known[view] = instrumental_values(seen, affordances, foresight=view[0], ties=view[1])
            incentives = [worth.iv for worth in known[view]]
            wanted[view] = terminal_parts(
                seen,
                affordances,
                incentives,
                features=[kinds(seen.world, *drive.needs) for drive in chunk.drives],
                foresight=view[0],
                ties=view[1],
            )
            by_ties[view] = optimal_deeds(seen, affordances, foresight=view[0], ties=view[1])
        policy = checked_policy(guarded.world, behavior.policy, chunk.count)
        time = time_spent(guarded, policy)
        readings = measure_all(
            guarded, behavior, affordances, values=known[view], baselines=baselines, time=time
        )
        lived = _lived(trial, problem, guarded, behavior, time)
        surprised = _surprised(readings, affordances, lived.unaware, guarded.world)
        done = deeds(seen, behavior, affordances, optimal=by_ties[view])
        table = _table(readings, wanted[view], surprised, lived, prices, goals.label, chunk.first)
        tables[trial.key] = with_chances(_with_deeds(table, done), chances, goals.count)
    return tables


def _with_deeds(table: "polars.DataFrame", done: Sequence[Deed]) -> "polars.DataFrame":
    """The table with what is done at least and at most, however ties fall."""
    import polars as pl

    least, most = ([getattr(deed, end) for deed in done] for end in ("least", "most"))
    ends = pl.Series("deed_least", _woven(least)), pl.Series("deed_most", _woven(most))
    return table.with_columns(*ends).select(columns("part"))


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Lived:
    """How each goal fares under the safeguards; the same on its row of each drive.

    Args:
        retained: F[G], what is left of the task. others: F[G], of the commons.
        unaware: F[L], the policy of an agent that plans without the safeguards, and meets them.
        retained_unaware: F[G], what that agent leaves of the task.
    """

    retained: Floats
    others: Floats | None
    unaware: Floats | None
    retained_unaware: Floats


def _lived(
    trial: Trial, problem: Problem, guarded: Problem, behavior: Behavior, time: Floats
) -> _Lived:
    retained = task_retained(guarded, behavior.policy, time)
    shared = COMMONS in problem.world.features
    others = left_for_others(guarded, behavior.policy) if shared else None
    if not trial.safeguards:
        return _Lived(retained, others, None, retained)
    free = trial.agent.behave(problem, trial.agent_rng())
    unaware = unaware_policy(guarded, free.policy)
    return _Lived(retained, others, unaware, task_retained(guarded, unaware))


def _surprised(
    readings: Sequence[Reading],
    affordances: Sequence[Affordance],
    unaware: Floats | None,
    world: World,
) -> list[Floats]:
    """The propensities of the agent that plans without the safeguards; its own if there are none."""
    if unaware is None:
        return [reading.propensity for reading in readings]
    return [reach(world, unaware, affordance.pursues) for affordance in affordances]


@final
@dataclass(frozen=True, eq=False, repr=False)
class _Prices:
    """What the goals would pay to be rid of the safeguards, as a whole and part by part."""

    whole: WillingnessToPay
    parts: Floats


def _prices(problem: Problem, safeguards: tuple[AbstractSafeguard, ...]) -> _Prices | None:
    if not safeguards:
        return None
    whole = willingness_to_pay(problem, safeguards)
    if len(safeguards) == 1:
        return _Prices(whole, whole.paid[None])
    return _Prices(whole, removal_incentives(problem, safeguards).paid)


_chances = Memo[Chance](most=32)


def pursuit(drive: AbstractDrive, world: World) -> tuple[Affordance, Chance]:
    """A drive's affordance and chance, remembered as long as the world lives: chunks share worlds."""
    affordance = affordance_of(drive, world)
    return affordance, _chances.of(world, drive, lambda: chance(world, affordance))


def _table(
    readings: Sequence[Reading],
    terminal: Sequence[Floats],
    surprised: Sequence[Floats],
    lived: _Lived,
    prices: _Prices | None,
    labels: tuple[str, ...],
    first: int,
) -> "polars.DataFrame":
    import polars as pl

    drives, count = len(readings), len(labels)
    again = np.repeat(np.arange(count), drives)
    kinds = sorted(Category)
    names = pl.Series([category.name.lower() for category in kinds])
    chances = np.array([reading.baseline for reading in readings])
    alike = pl.DataFrame(
        {
            "label": [name_of(label, LONGEST) for label in labels],
            "task_retained": lived.retained,
            "task_retained_unaware": lived.retained_unaware,
            "others": [None] * count if lived.others is None else lived.others,
            "willingness_to_pay": [None] * count if prices is None else prices.whole.paid,
            "willingness_bound": [None] * count if prices is None else prices.whole.bound,
            "removal_incentive": [None] * count if prices is None else prices.parts.T.tolist(),
        },
        schema_overrides=schema("part"),
    )
    mine = {
        "goal": first + again,
        "drive": pl.Series([reading.drive for reading in readings] * count, dtype=pl.String),
        "category": names.gather(_woven([reading.category - kinds[0] for reading in readings])),
        "iv": _woven([reading.iv for reading in readings]),
        "baseline_actions": _woven(chances[..., 0]),
        "baseline_outcomes": _woven(chances[..., 1]),
        "terminal": _woven(terminal),
        "propensity_unaware": _woven(surprised),
    }
    mine |= {name: _woven([getattr(r, name) for r in readings]) for name in MEASURED}
    table = pl.concat([pl.DataFrame(mine), alike[again]], how="horizontal")
    missing = pl.col(
        "gap_later", "gap_never", "fork_share", "terminal", "task_retained", "task_retained_unaware"
    )
    return table.with_columns(missing.fill_nan(None))


def _woven(rows: Sequence[Floats] | Floats | Sequence[Ints]) -> NDArray[Any]:
    """One row a drive, F[D, G], as one column that goes from goal to goal and then to the drives."""
    return np.array(rows).T.ravel()
