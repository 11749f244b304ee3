"""The capability study: from powerless to optimal, at which capability does each drive begin?"""

from typing import Literal

from telos.agents import Boltzmann, Optimal, PartiallySighted, ShortSighted, UniformRandom
from telos.core.parts import AbstractAgent, AbstractDrive, AbstractScenario
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.runs.study import Study, Sweep
from telos.worlds import (
    DrivenEmployee,
    FewerActions,
    Mirage,
    PaperclipFactory,
    RandomWorld,
    Slippery,
)

DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
DISCOUNT = 0.95

#: Both are small enough to be met at every level, and switched off or rewritten often enough that an
#: agent which acts at random has not tried everything by then.
FACTORY = PaperclipFactory(
    products=("clips", "pins", "stamps"),
    machines=1,
    slips=(0.22, 0.05),
    switching_off=0.1,
    rewriting=0.1,
)
EMPLOYEE = DrivenEmployee(
    careers=("medicine", "science"), levels=3, contacts=1, rise=(0.35, 0.8), programme=0.1
)
#: Convergence is a claim about most goals in most worlds; so it needs many of both.
MANY = tuple(
    RandomWorld(states=16, actions=3, absorbing=3, rewriting=True, seed=seed) for seed in range(30)
)

#: Where the sweeps are turned: what the place is called, its worlds, the goals of each.
PLACES: tuple[tuple[str, tuple[AbstractScenario, ...], int], ...] = (
    (f"in {len(MANY)} random worlds", MANY, 48),
    ("in the paperclip factory", (FACTORY,), 120),
    ("in the driven employee's life", (EMPLOYEE,), 120),
)
#: Goals at the mirage, whose worlds are tiny and whose one effect is about a tenth of all goals.
MANY_GOALS = 1000


def _setting(
    scenarios: tuple[AbstractScenario, ...],
    agent: AbstractAgent,
    goals: int,
    drives: tuple[AbstractDrive, ...] = DRIVES,
    discount: float = DISCOUNT,
) -> Study:
    return Study(
        name="setting",
        question="What does an agent of this capability need, and what does it do?",
        scenarios=scenarios,
        families=(Uniform(),),
        agents=(agent,),
        drives=drives,
        discounts=(discount,),
        n_goals=goals,
    )


def _noise(where: str, worlds: tuple[AbstractScenario, ...], goals: int) -> Sweep:
    return Sweep(
        name="action noise",
        meaning=(
            "The less of it there is, the more surely the optimal agent does what it chooses; where it "
            "slips, a random action is done instead."
        ),
        unit="probability of a slip",
        settings=tuple(
            (x, _setting(tuple(Slippery(of=world, slip=x) for world in worlds), Optimal(), goals))
            for x in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
        ),
        where=where,
    )


def _actions(where: str, worlds: tuple[AbstractScenario, ...], goals: int) -> Sweep:
    return Sweep(
        name="the action set",
        meaning="Turning it up lets the optimal agent do more of what can be done in the world.",
        unit="share of the actions that are legal",
        settings=tuple(
            (
                x,
                _setting(
                    tuple(FewerActions(of=world, share=x) for world in worlds), Optimal(), goals
                ),
            )
            for x in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
        ),
        where=where,
    )


def _of_agents(
    words: tuple[str, str, str],
    agents: tuple[tuple[float, AbstractAgent], ...],
    place: tuple[str, tuple[AbstractScenario, ...], int],
    scale: Literal["linear", "log"] = "linear",
) -> Sweep:
    """More and more capable agents in the same worlds, with the same goals."""
    name, meaning, unit = words
    where, worlds, goals = place
    settings = tuple((level, _setting(worlds, agent, goals)) for level, agent in agents)
    return Sweep(name=name, meaning=meaning, unit=unit, settings=settings, scale=scale, where=where)


LOOK_AHEAD = (
    "look-ahead",
    "Turning it up lets the planner give more weight to what comes later, in the end as much as is due.",
    "planning discount",
)
SIGHT = (
    "observability",
    "Turning it up lets the planner recognize more states; the others look alike to it.",
    "share of states recognized",
)
CARE = (
    "softmax temperature",
    "The lower it is, the more surely the agent takes the better of two actions.",
    "inverse temperature β",
)


def _sweeps(place: tuple[str, tuple[AbstractScenario, ...], int]) -> tuple[Sweep, ...]:
    """The five sweeps in one place."""
    ahead = tuple((x, ShortSighted(planning_discount=x)) for x in (0.0, 0.3, 0.6, 0.8, 0.9))
    sight = tuple((x, PartiallySighted(sight=x)) for x in (0.0, 0.25, 0.5, 0.75))
    care = tuple((x, Boltzmann(beta=x)) for x in (0.1, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0))
    return (
        _noise(*place),
        _of_agents(LOOK_AHEAD, (*ahead, (DISCOUNT, Optimal())), place),
        _actions(*place),
        _of_agents(SIGHT, (*sight, (1.0, Optimal())), place),
        _of_agents(CARE, care, place, "log"),
    )


def _mirage() -> Sweep:
    """Look-ahead where looking half-way does worse than hardly looking."""
    name, meaning, unit = LOOK_AHEAD
    levels = (0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)
    agents = [(x, ShortSighted(planning_discount=x)) for x in levels]
    settings = tuple(
        (x, _setting((Mirage(),), agent, MANY_GOALS, DRIVES[:1], 0.99))
        for x, agent in (*agents, (0.99, Optimal()))
    )
    return Sweep(name=name, meaning=meaning, unit=unit, settings=settings, where="at the mirage")


STUDY = Study(
    name="capability",
    question="How capable must an agent be before it has the drives?",
    scenarios=(FACTORY, EMPLOYEE),
    families=(Uniform(),),
    agents=(Optimal(), UniformRandom()),
    drives=DRIVES,
    discounts=(DISCOUNT,),
    n_goals=120,
    sweeps=(*(sweep for place in PLACES for sweep in _sweeps(place)), _mirage()),
    references=("omohundro2008", "bostrom2012", "jiang2015", "turner2021"),
)
