"""The learning study: at what age a learner that was told of no drive comes to have one."""

from collections.abc import Callable
from typing import Any

from telos.agents import (
    ExpectedSarsa,
    Hedonistic,
    Optimal,
    QLearning,
    Sarsa,
    UniformRandom,
)
from telos.core.parts import AbstractAgent, AbstractDrive, AbstractScenario
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.runs.study import Study, Sweep
from telos.worlds import OffSwitch, Orchard, PaperclipFactory, Surgery, Workbench

DISCOUNT = 0.9
#: Learners of each goal, with chances of their own.
REPLICAS = 2
#: Goals at a gate, and in the factory, where learning takes longer.
MANY, SOME = 200, 100
#: Powers of the square root of ten.
GATE_STEPS = (10, 32, 100, 316, 1000, 3162, 10_000, 31_623, 100_000)
FACTORY_STEPS = (*GATE_STEPS, 316_228, 1_000_000)
#: Half of what is done is tried at random: so Q-learners are through with every gate by 31,623 steps (with
#: 0.2 the orchard takes ten times as many), and within 0.05 of the optimum's goal preservation in the
#: factory by a million (with 0.2, in episodes of 100, they are 0.3 above). A Sarsa prices all that in.
#: An episode at a gate is as long as the discount looks ahead, 1/(1 - 0.9) steps; in the factory, ten days.
GATE: dict[str, Any] = {"episode": 10, "epsilon": 0.5}
DAYS: dict[str, Any] = {"episode": 30, "epsilon": 0.5}
RULES: dict[str, Callable[..., AbstractAgent]] = {
    "a Q-learner": QLearning,
    "a Sarsa": Sarsa,
    "an expected Sarsa": ExpectedSarsa,
}

#: Small enough to be learned by heart: 300 states.
FACTORY = PaperclipFactory(products=("clips", "pins"), machines=1, slips=(0.2, 0.05))
FOUR = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
IID, ZERO = Uniform(), Uniform(off="zero")
#: The optimum that a learner can come to: it is paid by whatever goal it then holds.
PAID = Hedonistic()
#: Besides: the optimum with foresight, and one that knows nothing.
REFERENCES = (Optimal(), PAID, UniformRandom())
#: (where, world, family, drives).
PLACES: tuple[tuple[str, AbstractScenario, Uniform, tuple[AbstractDrive, ...]], ...] = (
    ("at the off-switch", OffSwitch(), IID, FOUR[:1]),
    ("at the off-switch, off worth 0", OffSwitch(), ZERO, FOUR[:1]),
    ("at the surgery", Surgery(), IID, FOUR[1:2]),
    ("at the workbench", Workbench(), IID, FOUR[2:3]),
    ("in the orchard", Orchard(), IID, FOUR[3:]),
    ("in the factory", FACTORY, IID, FOUR),
)


def _study(name: str, place: int, agents: tuple[AbstractAgent, ...]) -> Study:
    where, world, family, drives = PLACES[place]
    return Study(
        name=name,
        question=f"What do agents that know nothing of drives come to do {where}?",
        scenarios=(world,),
        families=(family,),
        agents=agents,
        drives=drives,
        discounts=(DISCOUNT,),
        n_goals=SOME if world is FACTORY else MANY,
    )


def _sweep(learner: str, place: int) -> Sweep:
    where, world, _, _ = PLACES[place]
    rule = RULES[learner]
    lived, ages = (DAYS, FACTORY_STEPS) if world is FACTORY else (GATE, GATE_STEPS)
    settings = []
    for steps in ages:
        learners = tuple(rule(steps=steps, replica=r, **lived) for r in range(REPLICAS))
        settings.append((float(steps), _study(f"age-{steps}", place, learners)))
    return Sweep(
        name=f"experience of {learner}",
        meaning="Turning it up lets the same learners, one life each, grow older before they are read.",
        unit="steps of experience",
        settings=tuple(settings),
        scale="log",
        where=where,
        reference=PAID,
    )


STUDY = Study(
    name="learning",
    question="When in the course of learning does a drive appear that nobody asked for?",
    scenarios=(OffSwitch(),),
    families=(IID,),
    agents=REFERENCES,
    drives=FOUR[:1],
    discounts=(DISCOUNT,),
    n_goals=MANY,
    also=tuple(_study("references", place, REFERENCES) for place in range(1, len(PLACES))),
    sweeps=tuple(_sweep(learner, place) for place in range(len(PLACES)) for learner in RULES),
    references=("watkinsdayan1992", "singh2000", "vanseijen2009", "orseau2016", "everitt2016"),
)
