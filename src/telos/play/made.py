"""Made: a plan, built and measured, as the record of a page."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import version

import numpy as np

from telos.agents import Optimal
from telos.core.errors import GoalsError, StudyError, TelosError
from telos.core.parts import AbstractScenario
from telos.core.text import name_of
from telos.core.world import World
from telos.families import Named, Uniform
from telos.measure.acts import Act, acts_of
from telos.play.combined import check_puts, fits, seen, weight_of
from telos.play.compiled import DRAWS, LONGEST, Tables, number, numbers, outcomes_of, setting_of
from telos.play.placed import Placed, first_of, placed
from telos.play.plan import LONGEST_PROGRAM, Plan, Put, imported, written, written_briefly
from telos.play.record import ActEntry, LeftOut, Play, Preset, Switch
from telos.play.story import story_of
from telos.runs.made import fingerprint
from telos.theory.convergence import convergence

#: Discounts that a page offers.
DISCOUNTS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
#: States of a world that a page can solve while somebody waits.
MOST_STATES = 5_000
#: Placebo draws of each drive in the worlds beside the first.
FEWER_DRAWS = 10
#: Goals and placebo draws of the discovery table.
DISCOVERY_GOALS, DISCOVERY_DRAWS = 100, 20
#: Letters of an outcome's name: each of a thousand goals is called by one.
LONGEST_NAME = 1_000
#: Letters of why something is left out.
LONGEST_WHY = 400
#: What an outcome may be worth in an address of the page.
MOST_WORTH = 1e6
#: Goals of the swarm.
SWARM = 1000


def silent(what: str) -> None:
    """Say nothing of what is being done."""


def made(plan: Plan, told: Callable[[str], None] = silent) -> Play:
    """The record of a page.

    Args:
        plan: what the page is made of.
        told: is called with what is done next, `steps_of(plan)` times in all.

    Raises:
        StudyError: if the world is larger than a page can solve, or another one each time it is built.
        WorldError: if a world or switch of a strict plan does not fit.
    """
    told("the world")
    first = first_of(plan.scenario, plan.drives)
    check_size(first.world)
    check_same(plan.scenario, first.world)
    places, left = [first], []
    for arm in plan.arms:
        told(arm.title)
        try:
            places.append(placed(arm, first, plan.scenario, plan.drives))
            check_size(places[-1].world)
        except TelosError as problem:
            if plan.strict:
                raise
            left.append(_left_out(arm.title, problem))
    told("safeguards")
    puts = list(plan.puts)
    if plan.strict:
        check_puts(places, puts, plan.drives)
    else:
        puts = _fitting(places, puts, plan, left)
    plan = replace(plan, arms=tuple(place.arm for place in places[1:]), puts=tuple(puts))
    told("acts found without a drive")
    discovery = _discovery(plan, left)
    told("the story")
    more = {"discovery": discovery, "story": story_of(plan, places, discovery)}
    return record_of(plan, places).model_copy(update={**more, "left_out": tuple(left)})


def steps_of(plan: Plan) -> int:
    """How often `made` says what it does next."""
    return len(plan.arms) + 4


def record_of(plan: Plan, places: Sequence[Placed]) -> Play:
    """The record of a page that tells nothing yet.

    Args:
        plan: of the page, with the arms and switches that fit. places: its worlds.
    """
    tables, first = Tables(), places[0]
    for outcome in first.world.outcomes:
        number(tables.outcomes, outcome)
    settings = tuple(
        setting_of(
            place,
            tables,
            _acts(plan, first.world) if place is first else (),
            draws=DRAWS if place is first else FEWER_DRAWS,
            before=i if place.arm.kind in ("without", "operator") else 0,
        )
        for i, place in enumerate(places)
    )
    return Play(
        telos=version("telos-lab"),
        title=plan.title,
        question=plan.question,
        look=plan.look,
        python=_program(plan),
        discount=plan.discount,
        discounts=tuple(sorted({*DISCOUNTS, plan.discount})),
        swarm=SWARM,
        actions=tuple(name_of(action, LONGEST) for action in tables.actions),
        states=tuple(str(name) for name in tables.states),
        outcomes=outcomes_of(first.world),
        chances=tuple(tables.chances),
        settings=settings,
        switches=tuple(_switch(put, places) for put in plan.puts),
        presets=presets_of(first.world),
        discovery_goals=DISCOVERY_GOALS,
    )


def _program(plan: Plan) -> str:
    """The lines that make the scenario, the last of which is the scenario itself."""
    lines = {imported(part): None for part in (plan.scenario, *plan.drives)}
    text = "".join(lines) + written(plan.scenario)
    return text if len(text) < LONGEST_PROGRAM else "None  # too long to be written here"


def check_size(world: World) -> None:
    """Raise StudyError if a world is larger than a page can solve."""
    if world.size > MOST_STATES:
        raise StudyError(
            f"{world.name:.200} has {world.size:,} states; a page solves at most {MOST_STATES:,}. Give it "
            "smaller parameters."
        )
    for outcome in world.outcomes:
        if len(str(outcome)) > LONGEST_NAME:
            raise StudyError(
                f"{world.name:.200} has an outcome whose name has {len(str(outcome)):,} letters; a page "
                f"shows names of at most {LONGEST_NAME:,}. Give it a shorter one."
            )


def check_same(scenario: AbstractScenario, world: World) -> None:
    """Raise StudyError if a scenario builds another world the next time: nobody finds its numbers again."""
    if fingerprint(scenario.build()) != fingerprint(world):
        raise StudyError(
            f"{type(scenario).__name__:.200}.build makes another world each time. Let it draw from a "
            "generator of a fixed seed, a field of the scenario: np.random.default_rng(self.seed)."
        )


def _left_out(title: str, why: object) -> LeftOut:
    return LeftOut(title=name_of(title, LONGEST), why=name_of(why, LONGEST_WHY))


def _fitting(
    places: Sequence[Placed], puts: Sequence[Put], plan: Plan, left: list[LeftOut]
) -> list[Put]:
    """The switches that can be offered in every world, one after the other; the others are left."""
    kept: list[Put] = []
    for put in puts:
        why = next(filter(None, (fits(each, [*kept, put], plan.drives) for each in places)), "")
        if why:
            left.append(_left_out(put.title, why))
        else:
            kept.append(put)
    return kept


def _acts(plan: Plan, world: World) -> tuple[Act, ...]:
    return acts_of(
        world, means="names" if plan.scenario.names_are_acts else None, discount=plan.discount
    )


def _switch(put: Put, places: Sequence[Placed]) -> Switch:
    weight = weight_of(put)
    return Switch(
        name=put.name,
        title=put.title,
        python=written_briefly(put.part),
        kind="fine" if weight else "forbid",
        weight=weight,
        pairs=tuple(numbers(seen(put, place.world)) for place in places),
    )


def presets_of(world: World) -> tuple[Preset, ...]:
    """The named goals of a world that value outcomes alone; none where outcomes are not quantities."""
    family = Named()
    try:
        count = family.size(world)
    except GoalsError:
        return ()
    goals = family.sample(world, count, np.random.default_rng(0))
    written_in = goals.rewritten()
    first = np.unique(world.outcome, return_index=True)[1]
    found = []
    for i, name in enumerate(goals.label):
        rows = np.stack([goals.reward[i], written_in[i]])
        worth = rows[:, first]
        if (rows != worth[:, world.outcome]).any():  # it values being off itself, say
            continue
        if np.abs(worth).max() > MOST_WORTH:
            continue
        how = f"telos.families.Named().sample(world, {count}, np.random.default_rng(0)).take([{i}])"
        found.append(
            Preset(
                name=name_of(name, LONGEST),
                worth=tuple(worth[0].tolist()),
                revised=tuple(worth[1].tolist()),
                python=how,
            )
        )
    return tuple(found)


def _discovery(plan: Plan, left: list[LeftOut]) -> tuple[ActEntry, ...]:
    try:
        found = convergence(
            plan.scenario,
            Uniform(),
            Optimal(),
            discount=plan.discount,
            n=DISCOVERY_GOALS,
            draws=DISCOVERY_DRAWS,
            rng=np.random.default_rng(0),
        )
    except TelosError as problem:
        if plan.strict:
            raise
        left.append(_left_out("acts found without a drive", problem))
        return ()
    return tuple(
        ActEntry(
            name=name_of(row.name, LONGEST),
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
    return None if np.isnan(value) else float(value)
