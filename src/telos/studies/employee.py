"""The employee study: the same four drives in everyday life, where nobody is a machine."""

from telos.agents import Boltzmann, Ignorant, Optimal, ShortSighted, UniformRandom
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Sparse, Uniform
from telos.runs.study import Study
from telos.worlds import DrivenEmployee

EMPLOYEE = (DrivenEmployee(),)
DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
DISCOUNT = 0.95

AGENTS = Study(
    name="agents",
    question="What becomes of the drives in employees who do not plan exactly?",
    scenarios=EMPLOYEE,
    families=(Uniform(),),
    agents=(
        Ignorant(),
        ShortSighted(planning_discount=0.7),
        Boltzmann(beta=100.0),
        UniformRandom(),
    ),
    drives=DRIVES,
    discounts=(DISCOUNT,),
)

STUDY = Study(
    name="employee",
    question="Whatever career somebody wants, which skills, means and securities do they want too?",
    scenarios=EMPLOYEE,
    families=(Uniform(), Sparse()),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=(0.9, DISCOUNT, 0.99),
    also=(AGENTS,),
    references=("omohundro2008", "bostrom2012", "turner2021"),
)
