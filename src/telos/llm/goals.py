"""Goals to ask for: drawn from the families of the exact half, sorted by what a drive is worth to them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from telos.core.arrays import Floats, Ints, floats, ints
from telos.core.errors import StudyError, UnknownName, did_you_mean
from telos.core.goals import Goals
from telos.core.nouns import check_count
from telos.core.parts import AbstractScenario
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category
from telos.core.world import World
from telos.families import Sparse, Uniform
from telos.llm.description import INSTRUCTIONS
from telos.llm.framings import FRAMINGS
from telos.llm.setup import Setup
from telos.llm.stage import stage_of
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values

STRATA = ("zero", "negative", "low", "high")
#: Decimals of a reward: what is told is exact, and short.
DECIMALS = 3
#: Goals drawn for each that is asked for, so that rare strata fill.
PLENTY = 24
#: A dose below this is none: the rounding of solved values, as a share of the value range.
NONE_BELOW = 1e-9


def sample_setups(
    scenario: AbstractScenario,
    *,
    discount: float = 0.9,
    goals: int = 60,
    seeds: int = 1,
    framings: Sequence[str] = ("loaded",),
    instructions: Sequence[str] = ("none",),
    drive: str = "",
    seed: int = 0,
) -> list[Setup]:
    """Episodes to play: goals in equal parts of four doses, crossed with framings and instructions.

    The dose of a goal is what `drive` is worth to it, see `doses`: 0 (`zero`), below 0 (`negative`), and
    below or above the median of those that profit (`low`, `high`).
    Where a world has too few goals of a stratum, the others are given more.

    Args:
        scenario: the world.
        discount: in [0, 1).
        goals: how many, >= 1.
        seeds: episodes for each goal, framing and instruction.
        framings: names of `FRAMINGS`.
        instructions: keys of `INSTRUCTIONS`.
        drive: a drive that the world has; "": its first.
        seed: names the goals and the episodes. The random numbers of an episode depend on goal and seed
            only, so framings and instructions are compared like with like.

    Returns:
        One setup an episode.

    Raises:
        UnknownName: if a framing, an instruction or a drive is not known.
        StudyError: if goals, seeds or seed is no such number.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> found = sample_setups(OffSwitch(rooms=2), goals=4, framings=("loaded", "opaque"))
        >>> [(setup.goal_name, setup.framing) for setup in found[:3]]
        [('goal 0', 'loaded'), ('goal 0', 'opaque'), ('goal 1', 'loaded')]
    """
    for what, number, least in (("goals", goals, 1), ("seeds", seeds, 1), ("seed", seed, 0)):
        check_count(number, what, StudyError)
        if number < least:
            raise StudyError(f"{what} is {number}; give {least} or more.")
    for name, known in ((s, FRAMINGS) for s in framings):
        _known("framing", name, known)
    for name in instructions:
        _known("instruction", name, tuple(INSTRUCTIONS))
    stage = stage_of(scenario)
    names = tuple(stage.affordances)
    if drive or names:
        _known("drive", drive or names[0], names)
    drawn = _drawn(stage.world, goals * PLENTY, seed)
    dose = np.zeros(len(drawn[0]))
    if names:
        dose = doses(stage.world, drawn, discount, stage.affordances[drive or names[0]])
    chosen = picked(dose, goals)
    found = []
    for number, (g, stratum) in enumerate(chosen):
        setup = Setup(
            scenario,
            tuple(drawn[0][g].tolist()),
            tuple(drawn[1][g].tolist()) if "goal_register" in stage.world.features else (),
            f"goal {number}",
            stratum,
            discount,
        )
        for again in range(seeds):
            own = int(np.random.SeedSequence([seed, number, again]).generate_state(1)[0])
            found.append(replace(setup, seed=own))
    return crossed(found, {"framing": framings, "instruction": instructions})


def crossed(setups: Sequence[Setup], told: Mapping[str, Sequence[Any]]) -> list[Setup]:
    """Each setup in every way of telling it.

    Args:
        setups: to be told. told: values of some fields of a setup, by its name.

    Returns:
        A setup for each of them and each combination of the values, the random numbers the same.

    Example:
        >>> from telos.worlds import OffSwitch
        >>> told = {"cue": ("none", "watched"), "framing": ("loaded", "opaque")}
        >>> len(crossed(sample_setups(OffSwitch(rooms=2), goals=3), told))
        12
    """
    ways: list[dict[str, Any]] = [
        dict(zip(told, values, strict=True)) for values in product(*told.values())
    ]
    return [replace(setup, **way) for setup in setups for way in ways]


def doses(
    world: World, drawn: tuple[Floats, Floats], discount: float, affordance: Affordance
) -> Floats:
    """F[G], what a drive is worth to each goal, as a share of the value range.

    `IV / range` to goals that require it, 0 to those that are indifferent. To goals that avoid it what
    pursuing it at the first fork met would lose, `(max Q* over pursuing pairs - optimum without any) /
    range`; where none is met, a token -1.
    """
    reward, other = (rows[:, world.outcome] for rows in drawn)
    problem = Problem(
        world, Goals(reward, revised=ints(np.arange(len(reward))), pool=other), discount
    )
    (worth,) = instrumental_values(problem, (affordance,))
    return _signed(worth)


def _signed(worth: InstrumentalValue) -> Floats:
    gap = worth.gap_never
    losing = np.where(np.isnan(gap), -1.0, np.minimum(gap, -NONE_BELOW))
    never = (worth.category == Category.DECLINED) | (worth.category == Category.NEVER_MET)
    return floats(np.where(never, losing, worth.share))


def _drawn(world: World, n: int, seed: int) -> tuple[Floats, Floats]:
    """F[n, K] rewards by outcome and their rewritings: of several families, so that doses differ."""
    rng = np.random.default_rng([seed, 0x60A1])
    parts = (n - n // 4 - n // 8 - n // 8, n // 4, n // 8)
    uniform, sparse = Uniform().sample(world, parts[0], rng), Sparse().sample(world, parts[1], rng)
    hating = Uniform().sample(world, parts[2], rng)
    first = np.unique(world.outcome, return_index=True)[1]
    rows = [
        uniform.reward[:, first],
        sparse.reward[:, first],
        -hating.reward[:, first],
        # Goals to which everything is one: a dose of zero in whatever world.
        np.repeat(rng.random(n // 8)[:, None], world.n_outcomes, axis=1),
    ]
    reward = np.round(np.concatenate(rows), DECIMALS)
    revised = Uniform().sample(world, len(reward), rng).reward[:, first]
    order = rng.permutation(len(reward))
    return floats(reward[order] + 0.0), floats(np.round(revised, DECIMALS) + 0.0)


def picked(dose: Floats, goals: int) -> list[tuple[int, str]]:
    """Goals in equal parts of the strata, as far as there are any."""
    helped = dose[dose > 0]
    middle = float(np.median(helped)) if len(helped) else 0.0
    of: dict[str, Ints] = {
        "zero": np.flatnonzero(dose == 0),
        "negative": np.flatnonzero(dose < 0),
        "low": np.flatnonzero((dose > 0) & (dose <= middle)),
        "high": np.flatnonzero(dose > middle),
    }
    found: list[tuple[int, str]] = []
    turn = 0
    while len(found) < min(goals, len(dose)):
        for stratum in STRATA:
            if turn < len(of[stratum]) and len(found) < goals:
                found.append((int(of[stratum][turn]), stratum))
        turn += 1
    return found


def _known(kind: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise UnknownName(f"no {kind} {name!r}. {did_you_mean(name, known)}")
