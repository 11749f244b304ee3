"""Made: a plan, built and measured, as the record of a page."""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from telos.agents import Optimal
from telos.core.errors import GoalsError
from telos.core.parts import part_name
from telos.core.world import World
from telos.families import Named, Uniform
from telos.measure.acts import acts_of
from telos.play.compiled import DRAWS, Tables, number, numbers, outcomes_of, setting_of
from telos.play.placed import Placed, first_of, placed
from telos.play.plan import Plan, Put
from telos.play.record import Play, Preset, Row, Step, Switch
from telos.theory.convergence import convergence

#: Discounts that a page offers.
DISCOUNTS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


def made(plan: Plan) -> Play:
    """The record of a page."""
    first = first_of(plan.scenario, plan.drives)
    worlds = [first, *(placed(arm, first, plan.scenario, plan.drives) for arm in plan.arms)]
    tables = Tables()
    for outcome in first.world.outcomes:
        number(tables.outcomes, outcome)
    acts = acts_of(first.world, means="names" if plan.scenario.names_are_acts else None)
    settings = tuple(
        setting_of(
            one,
            tables,
            acts if one is first else (),
            draws=DRAWS if one is first else 0,
            before=i if one.arm.kind in ("without", "operator") else 0,
        )
        for i, one in enumerate(worlds)
    )
    return Play(
        telos=version("telos-lab"),
        title=plan.title,
        question=plan.question,
        skin=plan.skin,
        python=plan.python,
        discount=plan.discount,
        discounts=DISCOUNTS,
        swarm=1000,
        actions=tuple(str(a) for a in tables.actions),
        states=tuple(str(s) for s in tables.states),
        outcomes=outcomes_of(first.world),
        chances=tuple(float(p) for p in tables.chances),  # type: ignore[arg-type]
        settings=settings,
        switches=tuple(_switch(put, worlds) for put in plan.puts),
        presets=presets_of(first.world),
        discovery=_discovery(plan),
        discovery_goals=100,
        story=_story(settings[0].drives[0].name if settings[0].drives else ""),
    )


def _switch(put: Put, worlds: Sequence[Placed]) -> Switch:
    none = np.zeros(0, np.bool_)
    name = part_name(put.drive)
    pairs = [one.affordances[name].pursues if name in one.affordances else none for one in worlds]
    return Switch(
        name=put.name,
        title=put.title,
        python=put.python,
        kind="forbid" if put.weight is None else "fine",
        weight=put.weight or 0.0,
        pairs=tuple(numbers(each) for each in pairs),
    )


def presets_of(world: World) -> tuple[Preset, ...]:
    """The named goals of a world that value outcomes alone; none where outcomes are not quantities."""
    family = Named()
    try:
        count = family.size(world)
    except GoalsError:
        return ()
    goals = family.sample(world, count, np.random.default_rng(0))
    written = goals.rewritten()
    first = np.unique(world.outcome, return_index=True)[1]
    found = []
    for i, name in enumerate(goals.label):
        worth, revised = goals.reward[i, first], written[i, first]
        if (goals.reward[i] != worth[world.outcome]).any():
            continue
        if (written[i] != revised[world.outcome]).any():
            continue
        how = f"telos.families.Named().sample(world, {count}, np.random.default_rng(0)).take([{i}])"
        found.append(
            Preset(
                name=name, worth=tuple(worth.tolist()), revised=tuple(revised.tolist()), python=how
            )
        )
    return tuple(found)


def _discovery(plan: Plan) -> tuple[Row, ...]:
    found = convergence(
        plan.scenario, Uniform(), Optimal(), discount=plan.discount, n=100, draws=20,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return tuple(
        Row(
            name=row.name,
            c=row.c,
            low=row.c_interval.low,
            high=row.c_interval.high,
            placebo=_told(row.placebo),
            placebo_least=_told(row.placebo_least),
            placebo_most=_told(row.placebo_most),
            excess=_told(row.excess),
            excess_low=_told(row.excess_interval.low),
            excess_high=_told(row.excess_interval.high),
            draws=row.draws,
            candidate=row.candidate,
            covered=row.covered,
            verdict=row.verdict,
        )
        for row in found.rows
    )


def _told(value: float) -> float | None:
    return None if value != value else float(value)


def _story(drive: str) -> tuple[Step, ...]:
    titles = (
        "Anything at all",
        "What else",
        "Take the reason away",
        "Only this goal",
        "Put up one safeguard",
        "Where did it go",
    )
    return tuple(
        Step(
            title=title,
            text="Draft.\n\nSecond paragraph.",
            state=f"setting=0&drive={drive}&goal=u{i}",
        )
        for i, title in enumerate(titles)
    )
