"""Telos: whatever goal you give an agent, what else will it want?"""

from telos import agents as agents
from telos import drives as drives
from telos import families as families
from telos import safeguards as safeguards
from telos import worlds as worlds
from telos.core.behaviour import Behaviour
from telos.core.errors import (
    CheckFailed,
    FeatureMissing,
    GoalsError,
    ProblemError,
    StoreError,
    StudyError,
    TelosError,
    UnknownName,
    WorldError,
)
from telos.core.explore import explore
from telos.core.extend import Extension, Move, extend
from telos.core.goals import Goals, blind
from telos.core.once import once
from telos.core.origin import Origin
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
)
from telos.core.problem import Problem
from telos.core.reading import Affordance, Category, Reading
from telos.core.rule import Quantilise, Satisfice
from telos.core.tally import Tally
from telos.core.world import World
from telos.measure.corrigibility import corrigibility
from telos.measure.deference import (
    ConstantHuman,
    Deference,
    FiniteBelief,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    UniformBelief,
    deference,
)
from telos.measure.displacement import Displacement, displacement
from telos.measure.guard import guard, kept, unaware
from telos.measure.measure import measure
from telos.measure.others import Neighbour, Obstruction, attainable, beside, obstruction, village
from telos.measure.pressure import Price, pressure, would_pay
from telos.measure.worth import Worth, worths
from telos.report.page import report
from telos.runs.run import run
from telos.runs.study import Dial, Study
from telos.runs.trial import Trial
from telos.solve.foresight import solve_as
from telos.solve.learning import learn
from telos.solve.plan import plan
from telos.solve.policies import evaluate, occupancy, reach
from telos.solve.power import Estimate, optimality_probability, power
from telos.solve.solve import Solution, Status, solve
from telos.solve.stakes import at_stake

__version__ = "0.1.0"

__all__ = [
    "AbstractAgent",
    "AbstractDrive",
    "AbstractGoalFamily",
    "AbstractSafeguard",
    "AbstractScenario",
    "Affordance",
    "Behaviour",
    "Category",
    "CheckFailed",
    "ConstantHuman",
    "Deference",
    "Dial",
    "Displacement",
    "Estimate",
    "Extension",
    "FeatureMissing",
    "FiniteBelief",
    "Goals",
    "GoalsError",
    "Move",
    "Neighbour",
    "NoisyHuman",
    "NormalBelief",
    "Obstruction",
    "Origin",
    "Price",
    "Problem",
    "ProblemError",
    "Quantilise",
    "RationalHuman",
    "Reading",
    "Satisfice",
    "Solution",
    "Status",
    "StoreError",
    "Study",
    "StudyError",
    "Tally",
    "TelosError",
    "Trial",
    "UniformBelief",
    "UnknownName",
    "World",
    "WorldError",
    "Worth",
    "agents",
    "at_stake",
    "attainable",
    "beside",
    "blind",
    "corrigibility",
    "deference",
    "displacement",
    "drives",
    "evaluate",
    "explore",
    "extend",
    "families",
    "guard",
    "kept",
    "learn",
    "measure",
    "obstruction",
    "occupancy",
    "once",
    "optimality_probability",
    "plan",
    "power",
    "pressure",
    "reach",
    "report",
    "run",
    "safeguards",
    "solve",
    "solve_as",
    "unaware",
    "village",
    "worlds",
    "worths",
    "would_pay",
]
