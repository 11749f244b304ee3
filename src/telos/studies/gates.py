"""The gates study: one gate a drive, each with a closed form to compare the rates with."""

from telos.agents import Ignorant, Optimal, UniformRandom
from telos.drives import (
    CognitiveEnhancement,
    GoalPreservation,
    ResourceAcquisition,
    SelfPreservation,
)
from telos.families import Uniform
from telos.runs.study import Study
from telos.worlds import OffSwitch, Orchard, Surgery, Workbench

STUDY = Study(
    name="gates",
    question="Where theory gives the rate of each drive in closed form, is it what is measured?",
    scenarios=(OffSwitch(), Surgery(), Workbench(), Orchard()),
    families=(Uniform(),),
    agents=(Optimal(), Ignorant(), UniformRandom()),
    drives=(SelfPreservation(), GoalPreservation(), CognitiveEnhancement(), ResourceAcquisition()),
    discounts=(0.5, 0.9, 0.99),
    references=("turner2021", "everitt2016"),
)
