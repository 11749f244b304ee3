"""The paperclip study: what a thousand managers of one factory, who want different things, share."""

from telos.agents import (
    Boltzmann,
    Hedonistic,
    Ignorant,
    Optimal,
    ShortSighted,
    UniformRandom,
)
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Linear, Named, Normal, Sparse, Uniform
from telos.runs.study import Study
from telos.worlds import PaperclipFactory

FACTORY = (PaperclipFactory(),)
DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
#: Where families and agents are compared: the middle of the discounts.
DISCOUNT = 0.95

FAMILIES = Study(
    name="families",
    question="Does it matter how goals are drawn?",
    scenarios=FACTORY,
    families=(Normal(), Linear()),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=(DISCOUNT,),
)

SHORT = Study(
    name="short",
    question="What is left of the drives where the future hardly counts?",
    scenarios=FACTORY,
    families=(Uniform(),),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=(0.5,),
)

AGENTS = Study(
    name="agents",
    question="What becomes of the drives in agents that are not optimal?",
    scenarios=FACTORY,
    families=(Uniform(),),
    agents=(
        Ignorant(),
        Hedonistic(),
        ShortSighted(planning_discount=0.9),
        ShortSighted(planning_discount=0.7),
        ShortSighted(planning_discount=0.3),
        Boltzmann(beta=30.0),
        Boltzmann(beta=3.0),
        UniformRandom(),
    ),
    drives=DRIVES,
    discounts=(DISCOUNT,),
)

STUDY = Study(
    name="paperclip",
    question=(
        "A factory can make five things. Whatever its manager wants of it, what else will it want?"
    ),
    scenarios=FACTORY,
    families=(Uniform(), Sparse(), Named()),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=(0.9, DISCOUNT, 0.99),
    also=(FAMILIES, AGENTS, SHORT),
    references=("omohundro2008", "bostrom2012", "turner2021", "everitt2016", "tarsney2025"),
)
