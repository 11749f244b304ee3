"""The magnitude study: how much a drive is worth to the goals that need it, and what it costs others."""

from telos.agents import Optimal
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.runs.study import Study
from telos.worlds import PaperclipFactory

DRIVES = (SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition())
#: The horizon is 1 / (1 - discount): 5 to 1,000 shifts.
DISCOUNTS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
#: Options: how many products there are to choose from.
PRODUCTS = ("clips", "pins", "stamps", "springs", "nails", "bolts", "hooks", "rings")
OPTIONS = (2, 4, 8)
#: How many others live on the same ground, a unit each.
OTHERS = (1, 3)
#: How likely the operator is to act in a night, and the engineers in an afternoon.
CHANCES = (0.05, 0.001)

STUDY = Study(
    name="magnitude",
    question="Many goals need the drives. How much are these worth to them, and what do others lose?",
    scenarios=tuple(
        PaperclipFactory(
            products=PRODUCTS[:options],
            machines=2,
            slips=(0.22, 0.1),
            switching_off=chance,
            rewriting=chance,
            commons=others,
            wear=0.1,
        )
        for chance in CHANCES
        for options in OPTIONS
        for others in OTHERS
    ),
    families=(Uniform(),),
    agents=(Optimal(),),
    drives=DRIVES,
    discounts=DISCOUNTS,
    n_goals=300,
    references=("omohundro2008", "turner2021", "turner2020nonobstruction", "thorstad2026"),
)
