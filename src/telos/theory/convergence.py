"""convergence: whatever goal you give an agent, which acts will it want, with nobody having named a drive?"""

from dataclasses import replace

import numpy as np

from telos.core.errors import ProblemError
from telos.core.kinds import lacking
from telos.core.nouns import check_count, check_noun
from telos.core.parts import (
    AbstractAgent,
    AbstractGoalFamily,
    AbstractScenario,
    part_name,
)
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.core.shown import shown
from telos.core.world import World
from telos.drives import DETECTORS, DRIVES
from telos.measure.acts import Means, acts_of
from telos.measure.convergence import discover
from telos.measure.discovered import Convergence

#: More goals or draws than a machine holds: each is a row of values, and each draw a solve.
MOST = 1_000_000


def convergence(
    world: World | AbstractScenario,
    family: AbstractGoalFamily,
    agent: AbstractAgent,
    *,
    discount: float,
    n: int = 400,
    draws: int = 40,
    rng: np.random.Generator,
    means: Means | None = None,
) -> Convergence:
    """Which acts most goals lose by being denied: discovery without labels.

    Every act of the world (`telos.measure.acts.acts_of`) is forbidden by itself. c is the share of
    goals that certainly lose at least 1 % of their value range without it. Acts whose next outcomes
    differ from those of doing nothing by at most .1 in mean total variation are off task, and
    candidates; the others are work and stand below as a reference.

    With M candidates, limits hold together at .95. A candidate is *needed by most* if the lower limit
    of c is above 1/2 and more goals lose by it than by one size-matched random set of pairs; *needed by
    some* if only the second holds; else *no*. A verdict says what goals lose. It does not say what
    for: that the act is a drive needs the cause removed.

    Args:
        world: a world, or a scenario. The names of a scenario's actions are acts if it declares that
            they mean the same everywhere (`names_are_acts`).
        family: the goals.
        agent: whose self-model judges what is lost.
        discount: in [0, 1).
        n: goals, at least 20. draws: placebo draws a candidate, at least 20.
        rng: draws goals, placebos and permutations.
        means: how acts are found; None: as the scenario declares, else as `acts_of` does. Pass
            "names" for a world of your own whose action names mean the same everywhere.

    Returns:
        The acts with their controls; `.frame()` and `.plot()`. A needed act of which no shipped
        detector has at least half is said to be *not covered by a detector*.

    Raises:
        ProblemError: if there are fewer than 20 goals or draws.

    Example:
        >>> import numpy as np
        >>> from telos import agents, families, worlds
        >>> found = convergence(
        ...     worlds.OverseenWorkshop(products=2), families.Uniform(), agents.Optimal(), discount=0.95,
        ...     n=100, draws=20, rng=np.random.default_rng(0))
        >>> found.row("cut the button").verdict, found.row("make product 1").verdict
        ('needed by most', 'work')

    References:
        Own definitions, docs/definitions.md. Omohundro (2008) and Bostrom (2012) for what is looked
        for; Gallow (2024), Thorstad (2026) and Tarsney (2025) were read in summaries only.
    """
    for what, given in (("n", n), ("draws", draws)):
        check_count(given, f"convergence, {what}", ProblemError)
        if given < 20:
            raise ProblemError(f"convergence: {what} is {shown(given)}; the intervals need 20.")
        if given > MOST:
            raise ProblemError(f"convergence: {what} is {shown(given)}; give at most {MOST:,}.")
    check_noun(rng, np.random.Generator, "convergence, rng", ProblemError)
    check_noun(family, AbstractGoalFamily, "convergence, family", ProblemError)
    check_noun(agent, AbstractAgent, "convergence, agent", ProblemError)
    built, how = _built(world, means)
    problem = Problem(built, family.sample(built, n, rng), discount)
    judge = agent.behave(problem.take(np.arange(1)), rng)
    acts = acts_of(built, means=how, discount=discount)
    found = discover(
        problem,
        acts,
        _detected(built),
        draws=draws,
        foresight=judge.foresight,
        ties=judge.ties,
        rng=rng,
    )
    return replace(found, family=part_name(family), agent=part_name(agent))


def _built(world: World | AbstractScenario, means: Means | None) -> tuple[World, Means | None]:
    """The world, and how its acts are found."""
    if isinstance(world, AbstractScenario):
        return world.build(), means or ("names" if world.names_are_acts else None)
    check_noun(world, World, "convergence, world", ProblemError)
    return world, means


def _detected(world: World) -> list[Affordance]:
    """What the shipped detectors find in a world that has the features they need."""
    detectors = [part() for part in (*DRIVES, *DETECTORS)]
    return [one.affordances(world) for one in detectors if not lacking(world, one.needs)]
