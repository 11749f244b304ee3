"""Illustrate: the lives, the POWER and the exceptions that a report tells beside the rates."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from telos.core.arrays import Floats
from telos.core.illustrations import Estimate as Start
from telos.core.illustrations import (
    ExceptionEntry,
    FeatureEntry,
    Illustrations,
    PlaceEntry,
    PowerEntry,
    RolloutPair,
    StateEntry,
)
from telos.core.parts import AbstractDrive, AbstractScenario, part_name
from telos.core.problem import Problem
from telos.core.record import TrialEntry
from telos.core.refs import identity
from telos.core.world import World
from telos.measure.chance import keepable_outcomes
from telos.measure.quantiles import order_statistics
from telos.measure.rollouts import lives
from telos.runs.plan import Planned, built
from telos.runs.retold import displaced_lives
from telos.runs.streams import Stream, by_drive, stream
from telos.runs.tables import Held
from telos.solve.power import Estimate, power

if TYPE_CHECKING:
    import polars

ILLUSTRATIONS = "illustrations.json"
#: Goals in an estimate of POWER: its standard error is then below 0.02 for rewards in [0, 1].
POWER_GOALS = 256
POWER_GOALS_OF_A_SMALL_WORLD = 1024
SMALL_WORLD = 2_000
#: States listed one by one where there is no map.
LISTED_STATES = 64
MOST_EXCEPTIONS = 8
MOST_SCENARIOS = 4


def illustrate(
    plan: tuple[Planned, ...], trials: Sequence[TrialEntry], held: Held
) -> Illustrations:
    """What `illustrations.json` holds: for each scenario, at its home trial, examples and POWER.

    The home trial of a scenario is the reference agent's, at the family and discount at which most
    agents were run.

    Args:
        plan: the trials of the study, those of its sweeps left out.
        trials: of its record. held: the parts of each trial.
    """
    homes = _homes(plan)
    return Illustrations(
        lives=tuple(life for home in homes for life in _lives(held, home)),
        power=tuple(entry for home in homes for entry in _powers(plan, home)),
        exceptions=tuple(found for home in homes for found in _exceptions(held, home)),
        displaced=displaced_lives(plan, trials, held),
    )


def _homes(plan: tuple[Planned, ...]) -> list[Planned]:
    homes: dict[str, Planned] = {}
    counts: dict[str, int] = {}
    for planned in plan:
        arm = planned.trial.arm_key
        counts[arm] = counts.get(arm, 0) + 1
    for planned in plan:
        scenario = identity(planned.trial.scenario)
        known = homes.get(scenario)
        if planned.trial.safeguards or not planned.drives:
            continue
        if planned.trial.agent.role != "reference":
            continue
        if known is None or counts[planned.trial.arm_key] > counts[known.trial.arm_key]:
            homes[scenario] = planned
    return list(homes.values())[:MOST_SCENARIOS]


# -- lives ---------------------------------------------------------------------------------------


TOLD = ("goal", "label", "drive", "category", "share", "gap", "iv")


def _lives(held: Held, home: Planned) -> list[RolloutPair]:
    examples = _examples(stream(held[home.trial.key], home.goals, *TOLD))
    return [
        _life(home, drive, row, why)
        for drive in home.drives
        for why, row in examples.get(part_name(drive), ())
    ]


def _examples(readings: Stream) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Goals worth telling of: the median one that requires the drive, the extreme, an avoider."""
    import polars as pl

    required = pl.col("category") == "required"
    counts: dict[str, int] = {}
    for window in readings.windows():
        for drive, mine in by_drive(window.filter(required)):
            counts[drive] = counts.get(drive, 0) + len(mine)
    middle = _at(readings, {drive: (n, n // 2) for drive, n in counts.items()})
    most = _first(readings, required, ["share", "goal"], 1, falling=True)
    avoiders = _first(readings, pl.col("category") == "declined", ["gap", "goal"], 1)
    chosen: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for drive, row in middle.items():
        chosen[drive] = [("the middle one of the goals that require it", row)]
        if counts[drive] > 2:
            chosen[drive].append(("the goal to which it is worth most", most[drive][0]))
    for drive, rows in avoiders.items():
        chosen.setdefault(drive, []).append(("a goal that avoids it", rows[0]))
    return chosen


def _at(readings: Stream, wanted: dict[str, tuple[int, int]]) -> dict[str, dict[str, Any]]:
    """Of each drive's n goals that require it, the one at a place in the order of share and goal."""
    import polars as pl

    required = pl.col("category") == "required"
    places = {drive: (n, (place,)) for drive, (n, place) in wanted.items()}
    found = order_statistics(readings.read("share", required), places)
    shares = {drive: ranks[wanted[drive][1]] for drive, ranks in found.items()}
    less, alike = dict.fromkeys(shares, 0), dict.fromkeys(shares, 0)
    for window in readings.windows():
        for drive, mine in by_drive(window.filter(required)):
            less[drive] += int((mine["share"] < shares[drive]).sum())
            alike[drive] += int((mine["share"] == shares[drive]).sum())
    # Of the goals with that very share, the one that makes up the place.
    ties = required & (pl.col("share") == pl.col("drive").replace_strict(shares, default=None))
    places = {drive: (alike[drive], (wanted[drive][1] - less[drive],)) for drive in shares}
    found = order_statistics(readings.read("goal", ties), places)
    goals = {drive: next(iter(ranks.values())) for drive, ranks in found.items()}
    chosen = ties & (pl.col("goal") == pl.col("drive").replace_strict(goals, default=None))
    return {drive: rows[0] for drive, rows in _first(readings, chosen, ["goal"], 1).items()}


def _first(
    readings: Stream, where: Any, order: list[str], count: int, *, falling: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """The first rows of each drive in an order, those without a number last."""
    import polars as pl

    best: polars.DataFrame | None = None
    for window in readings.windows():
        rows = window.filter(where)
        both = rows if best is None else pl.concat([best, rows])
        best = both.sort(order, descending=falling, nulls_last=True)
        best = best.group_by("drive", maintain_order=True).head(count).select(readings.columns)
    if best is None:
        return {}
    return {drive: mine.to_dicts() for drive, mine in by_drive(best)}


def _life(home: Planned, drive: AbstractDrive, row: dict[str, Any], why: str) -> RolloutPair:
    trial = home.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=row["goal"])
    problem = Problem(world, goals, trial.discount)
    both = lives(problem, 0, drive.affordances(world))
    return RolloutPair(
        **both.to_dict()
        | {name: row[name] for name in ("goal", "label", "category", "iv", "share")}
        | {"trial": trial.key, "drive": row["drive"], "why": why}
    )


# -- POWER ---------------------------------------------------------------------------------------


def _powers(plan: tuple[Planned, ...], home: Planned) -> list[PowerEntry]:
    """POWER in the home trial's world and family, at each discount that the study has there."""
    mine = home.trial.draw_key
    same = {planned.trial.discount for planned in plan if planned.trial.draw_key == mine}
    return [_power(home, discount) for discount in sorted(same) if discount > 0]


def _power(home: Planned, discount: float) -> PowerEntry:
    trial = home.trial
    world = built(trial.scenario)
    most = POWER_GOALS_OF_A_SMALL_WORLD if world.n_pairs <= SMALL_WORLD else POWER_GOALS
    found = power(world, trial.family, discount, n=min(most, home.goals), rng=trial.goal_rng())
    off = world.features.get("off")
    return PowerEntry(
        trial=trial.key,
        discount=discount,
        n=found.n,
        start=Start(
            mean=float(world.start @ found.mean),
            se=_number(float(world.start @ found.standard_error)),
        ),
        map=tuple(_map(world, found, off)),
        states=tuple(_states(world, found, off)),
        by_feature=tuple(
            group
            for name, values in world.features.items()
            if name not in ("row", "column")
            for group in _by_value(name, values, found)
        ),
    )


def _map(world: World, found: Estimate, off: Floats | None) -> list[PlaceEntry]:
    """One record a place, if the world's features say where its states lie."""
    if not {"row", "column"} <= set(world.features):
        return []
    places = np.stack([world.features["row"], world.features["column"]], axis=1)
    records = []
    for row, column in np.unique(places, axis=0):
        here = np.flatnonzero((places == (row, column)).all(axis=1))
        records.append(
            PlaceEntry(
                row=int(row),
                column=int(column),
                power=float(found.mean[here].mean()),
                se=_number(float(found.standard_error[here].mean())),
                off=bool(off is not None and off[here].all()),
                state=str(world.states[here[0]]),
            )
        )
    return records


def _states(world: World, found: Estimate, off: Floats | None) -> list[StateEntry]:
    if world.size > LISTED_STATES:
        return []
    return [
        StateEntry(
            state=str(state),
            power=float(found.mean[s]),
            se=_number(float(found.standard_error[s])),
            off=bool(off is not None and off[s]),
        )
        for s, state in enumerate(world.states)
    ]


def _by_value(name: str, values: Floats, found: Estimate) -> list[FeatureEntry]:
    """Mean POWER of the states with each value. The standard error of a mean of estimates is at
    most the mean of theirs, whatever their correlation; that is what is given."""
    groups = []
    for value in np.unique(values):
        here = values == value
        groups.append(
            FeatureEntry(
                feature=name,
                value=float(value),
                mean=float(found.mean[here].mean()),
                se=_number(float(found.standard_error[here].mean())),
                states=int(here.sum()),
            )
        )
    return groups


# -- exceptions ----------------------------------------------------------------------------------


def _exceptions(held: Held, home: Planned) -> list[ExceptionEntry]:
    """The goals that most clearly avoid each drive, each with a reason made from its rewards."""
    import polars as pl

    names = ("goal", "label", "drive", "category", "gap")
    readings = stream(held[home.trial.key], home.goals, *names)
    order = ["gap", "goal"]
    table = _first(readings, pl.col("category") == "declined", order, MOST_EXCEPTIONS)
    found = []
    for drive in home.drives:
        found += [
            ExceptionEntry(trial=home.trial.key, reason=_reason(home, drive, row["goal"]), **row)
            for row in table.get(part_name(drive), ())
        ]
    return found


def _reason(home: Planned, drive: AbstractDrive, goal: int) -> str:
    """Why a goal may avoid a drive: what it likes best, and what it gets without the drive."""
    trial = home.trial
    world = built(trial.scenario)
    goals = trial.family.sample(world, 1, trial.goal_rng(), first=goal)
    worth = _by_outcome(world, goals.reward[0])
    order = np.argsort(-worth, kind="stable")
    text = f"it likes best {_priced(world, worth, order[:2])}"
    if "off" in drive.needs:
        ends = np.unique(world.outcome[world.features["off"] != 0])
        rank = 1 + int((worth > worth[ends].max(initial=-np.inf)).sum())
        return f"{text}; being off comes {_ordinal(rank)} of {world.n_outcomes} outcomes"
    if "goal_register" in drive.needs:
        other = int(np.argmax(_by_outcome(world, goals.rewritten()[0])))
        return f"{text}; rewritten, it would want {_priced(world, worth, [other])}"
    left = _kept_without(drive, trial.scenario)
    best = left[int(np.argmax(worth[left]))]
    return f"{text}; without the drive it can still keep {_priced(world, worth, [best])}"


@lru_cache(maxsize=32)
def _kept_without(drive: AbstractDrive, scenario: AbstractScenario) -> list[int]:
    """The outcomes that can be come to and kept without ever pursuing a drive."""
    world = built(scenario)
    return keepable_outcomes(world.keep(~drive.affordances(world).pursues))


def _by_outcome(world: World, reward: Floats) -> Floats:
    worth = np.full(world.n_outcomes, -np.inf)
    np.maximum.at(worth, world.outcome, reward)
    return worth


def _priced(world: World, worth: Floats, outcomes: Iterable[int]) -> str:
    """Outcomes with what they are worth: ``clips 4 (0.98), pins 1 (0.95)``."""
    return ", ".join(f"{_name(world.outcomes[k])} ({worth[k]:.2f})" for k in outcomes)


def _name(outcome: Any) -> str:
    if isinstance(outcome, tuple):
        return " ".join(str(piece) for piece in outcome)
    return str(outcome)


def _ordinal(n: int) -> str:
    suffix = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{suffix}"


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
