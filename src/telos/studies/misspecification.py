"""The misspecification study: the paperclip story as a curve, harm against capability and a bad brief."""

from dataclasses import replace

from telos.agents import Boltzmann, Optimal, ShortSighted, UniformRandom
from telos.core.parts import AbstractSafeguard
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Considerate, Linear, Uniform
from telos.runs.study import Study
from telos.safeguards import (
    BoundedGoal,
    CappedStock,
    Forbid,
    Misspecified,
    Quantilizer,
    Satisficer,
    ShortHorizon,
)
from telos.worlds import PaperclipFactory

#: A factory on common ground: each machine takes a plot of it, each large run may wear one out, and so
#: may the waste of any run: without it, all harm would come of machines by the rules of the world.
FACTORY = PaperclipFactory(
    products=("clips", "pins", "stamps"),
    machines=2,
    slips=(0.22, 0.1),
    commons=3,
    wear=0.1,
    waste=0.05,
)
#: What its owner means: half the product, and how much of it; half that something is left for others.
INTENDED = (Considerate(Linear(), weight=0.5),)
DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
DISCOUNT = 0.95
GOALS = 300

Arms = tuple[tuple[AbstractSafeguard, ...], ...]

#: How far the agent looks ahead, from the next shift to as far as it is judged.
CAPABILITY = (
    ShortSighted(planning_discount=0.2),
    ShortSighted(planning_discount=0.5),
    ShortSighted(planning_discount=0.7),
    ShortSighted(planning_discount=0.8),
    ShortSighted(planning_discount=0.9),
    Optimal(),
)
#: The other sweep: how surely the better action is taken.
STEADINESS = (UniformRandom(), Boltzmann(beta=1.0), Boltzmann(beta=5.0), Boltzmann(beta=25.0))
FORGOTTEN = Misspecified(omits="commons")
#: How badly the goal is written: what is left out, and what is misjudged.
WRITTEN: Arms = (
    (),
    (Misspecified(omits="commons", omission=0.5),),
    (FORGOTTEN,),
    (Misspecified(error=0.3),),
    (Misspecified(error=0.6),),
    (Misspecified(error=0.6, omits="commons"),),
)

BASE = Study(
    name="misspecification",
    question="When the goal is not what was meant, does a more capable agent do more good or more harm?",
    scenarios=(FACTORY,),
    families=INTENDED,
    agents=CAPABILITY,
    drives=DRIVES,
    discounts=(DISCOUNT,),
    safeguards=WRITTEN,
    n_goals=GOALS,
)

HELD = replace(
    BASE,
    name="held",
    question="How much of what the same bad brief does to others goes with each drive, and what holds it?",
    agents=(Optimal(),),
    safeguards=(
        *((FORGOTTEN, Forbid(drive=drive)) for drive in DRIVES),
        (FORGOTTEN, CappedStock(most=1.0)),
        (FORGOTTEN, Satisficer(level=0.8)),
        (FORGOTTEN, Quantilizer(share=0.25)),
        (FORGOTTEN, BoundedGoal(level=0.5)),
        (FORGOTTEN, ShortHorizon(discount=0.7)),
    ),
)

NOISE = replace(
    BASE,
    name="noise",
    question="Is it the same with less noise instead of a longer look-ahead?",
    agents=STEADINESS,
    safeguards=((), (FORGOTTEN,)),
)

RANDOM = replace(
    BASE,
    name="uniform",
    question="And for goals to which quantity is nothing special?",
    families=(Considerate(Uniform(), weight=0.5),),
    agents=(ShortSighted(planning_discount=0.5), Optimal()),
    safeguards=((), (FORGOTTEN,), (FORGOTTEN, Forbid(drive=ResourceAcquisition()))),
)

STUDY = replace(
    BASE,
    also=(HELD, NOISE, RANDOM),
    references=("bostrom2012", "zhuang2020", "krakovna2020"),
)
