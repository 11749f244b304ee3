"""Telos: whatever goal you give an agent, what else will it want?"""

from telos.core import early as _early

if _early.is_the_command():
    _early.heed()

from telos import agents as agents
from telos import drives as drives
from telos import families as families
from telos import safeguards as safeguards
from telos import worlds as worlds
from telos.core.behavior import Behavior
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
from telos.core.explore_vectorized import explore_vectorized
from telos.core.extend import Extension, Move, extend
from telos.core.goals import Goals, blind
from telos.core.legal import Legal
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
from telos.core.rule import Quantilize, Satisfice
from telos.core.tally import Tally
from telos.core.world import World
from telos.interop.cloning import explore_env, observed_reward
from telos.interop.explicit import ExplicitWorld, read_explicit, write_explicit
from telos.measure.conditional import Conditional, conditional_rate, restarted_at
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
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.measure import measure
from telos.measure.orbits import OrbitCount, Retargetability, orbit, orbit_count, retargetability
from telos.measure.others import (
    Neighbor,
    Obstruction,
    attainable,
    commons_neighbors,
    joint_world,
    obstruction,
)
from telos.measure.outlasting import Outlasting, outlasting
from telos.measure.pressure import WillingnessToPay, pressure, willingness_to_pay
from telos.measure.rules import (
    anti_rational,
    best_of_k,
    default_policy,
    satisficer,
    softmax_error,
    status_quo_biased,
)
from telos.measure.training import Drawn, compatible, draw_compatible, observed, off_distribution
from telos.report.page import report
from telos.runs.run import run
from telos.runs.study import Study, Sweep
from telos.runs.trial import Trial
from telos.runs.worlds import load_world, save_world
from telos.solve.foresight import solve_as
from telos.solve.learning import learn
from telos.solve.plan import plan
from telos.solve.policies import evaluate, occupancy, reach
from telos.solve.polytopes import Box, LinearFeatures, Polytope, Rewritten, Simplex
from telos.solve.power import Estimate, optimality_probability, power
from telos.solve.solve import Solution, Status, solve
from telos.solve.value_range import value_range

__version__ = "0.1.0"

__all__ = [
    "AbstractAgent",
    "AbstractDrive",
    "AbstractGoalFamily",
    "AbstractSafeguard",
    "AbstractScenario",
    "Affordance",
    "Behavior",
    "Box",
    "Category",
    "CheckFailed",
    "Conditional",
    "ConstantHuman",
    "Copies",
    "Deference",
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
    "InstrumentalValue",
    "Legal",
    "LinearFeatures",
    "Move",
    "Neighbor",
    "NoisyHuman",
    "NormalBelief",
    "Obstruction",
    "OrbitCount",
    "Origin",
    "Outlasting",
    "Polytope",
    "Problem",
    "ProblemError",
    "Quantilize",
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
    "Sweep",
    "Tally",
    "TelosError",
    "Trial",
    "UniformBelief",
    "UnknownName",
    "WillingnessToPay",
    "World",
    "WorldError",
    "agents",
    "anti_rational",
    "attainable",
    "best_of_k",
    "blind",
    "commons_neighbors",
    "compatible",
    "conditional_rate",
    "copies",
    "corrigibility",
    "default_policy",
    "deference",
    "displacement",
    "draw_compatible",
    "drives",
    "evaluate",
    "explore",
    "explore_env",
    "explore_vectorized",
    "extend",
    "extremal_goal",
    "families",
    "guard",
    "instrumental_values",
    "joint_world",
    "kept",
    "learn",
    "load_world",
    "measure",
    "observed",
    "observed_reward",
    "obstruction",
    "occupancy",
    "off_distribution",
    "once",
    "optimality_probability",
    "orbit",
    "orbit_count",
    "outlasting",
    "plan",
    "power",
    "pressure",
    "reach",
    "read_explicit",
    "report",
    "restarted_at",
    "retargetability",
    "run",
    "safeguards",
    "satisficer",
    "save_world",
    "softmax_error",
    "solve",
    "solve_as",
    "status_quo_biased",
    "unaware",
    "value_range",
    "willingness_to_pay",
    "worlds",
    "write_explicit",
]
