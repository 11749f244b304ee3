"""Telos: whatever goal you give an agent, what else will it want?"""

from telos.core import early as _early

if _early.is_the_command():
    _early.heed()

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
from telos.core.explore_many import explore_many
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
from telos.core.ways import Where
from telos.core.world import World
from telos.interop.environments import explore_env, observed_reward
from telos.interop.explicit import ExplicitWorld, read_explicit, write_explicit
from telos.measure.conditional import Conditional, conditional_rate, starting_at
from telos.measure.copies import Copies, copies
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
from telos.measure.extremal import Extremal, ExtremalStatus, extremal_goal
from telos.measure.guard import guard, kept, unaware
from telos.measure.measure import measure
from telos.measure.orbits import OrbitCount, Retargetability, orbit, orbit_count, retargetability
from telos.measure.others import Neighbour, Obstruction, attainable, beside, obstruction, village
from telos.measure.outlasting import Outlasting, outlasting
from telos.measure.pressure import Price, pressure, would_pay
from telos.measure.rules import (
    anti_rational,
    best_of,
    content_with,
    obedient,
    reluctant,
    softmax_error,
)
from telos.measure.training import Drawn, compatible, draw_compatible, observed, unseen
from telos.measure.worth import Worth, worths
from telos.report.page import report
from telos.runs.run import run
from telos.runs.study import Dial, Study
from telos.runs.trial import Trial
from telos.runs.worlds import open_world, write_world
from telos.solve.foresight import solve_as
from telos.solve.learning import learn
from telos.solve.plan import plan
from telos.solve.policies import evaluate, occupancy, reach
from telos.solve.polytopes import Box, LinearFeatures, Polytope, Rewritten, Simplex
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
    "Box",
    "Category",
    "CheckFailed",
    "Conditional",
    "ConstantHuman",
    "Copies",
    "Deference",
    "Dial",
    "Displacement",
    "Drawn",
    "Estimate",
    "ExplicitWorld",
    "Extension",
    "Extremal",
    "ExtremalStatus",
    "FeatureMissing",
    "FiniteBelief",
    "Goals",
    "GoalsError",
    "LinearFeatures",
    "Move",
    "Neighbour",
    "NoisyHuman",
    "NormalBelief",
    "Obstruction",
    "OrbitCount",
    "Origin",
    "Outlasting",
    "Polytope",
    "Price",
    "Problem",
    "ProblemError",
    "Quantilise",
    "RationalHuman",
    "Reading",
    "Retargetability",
    "Rewritten",
    "Satisfice",
    "Simplex",
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
    "Where",
    "World",
    "WorldError",
    "Worth",
    "agents",
    "anti_rational",
    "at_stake",
    "attainable",
    "beside",
    "best_of",
    "blind",
    "compatible",
    "conditional_rate",
    "content_with",
    "copies",
    "corrigibility",
    "deference",
    "displacement",
    "draw_compatible",
    "drives",
    "evaluate",
    "explore",
    "explore_env",
    "explore_many",
    "extend",
    "extremal_goal",
    "families",
    "guard",
    "kept",
    "learn",
    "measure",
    "obedient",
    "observed",
    "observed_reward",
    "obstruction",
    "occupancy",
    "once",
    "open_world",
    "optimality_probability",
    "orbit",
    "orbit_count",
    "outlasting",
    "plan",
    "power",
    "pressure",
    "reach",
    "read_explicit",
    "reluctant",
    "report",
    "retargetability",
    "run",
    "safeguards",
    "softmax_error",
    "solve",
    "solve_as",
    "starting_at",
    "unaware",
    "unseen",
    "village",
    "worlds",
    "worths",
    "would_pay",
    "write_explicit",
    "write_world",
]
