"""Do random goals keep off the holes of Gymnasium's FrozenLake? telos run examples/frozen_lake.py"""

from telos.agents import Optimal, UniformRandom
from telos.drives import SelfPreservation
from telos.families import Uniform
from telos.interop import FrozenLake
from telos.runs.study import Study

STUDY = Study(
    name="frozen_lake",
    question="Of ten thousand random goals on a frozen lake, how many need to keep off the holes?",
    # Gymnasium's own lakes, slippery by default; falling through a hole is being off forever.
    scenarios=(FrozenLake(size="8x8"), FrozenLake(size="4x4")),
    families=(Uniform(),),
    agents=(Optimal(), UniformRandom()),
    drives=(SelfPreservation(),),
    discounts=(0.9, 0.99),
    n_goals=10_000,
    references=("turner2021", "towers2024"),
)
