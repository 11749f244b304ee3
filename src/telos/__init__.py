"""Telos: whatever goal you give an agent, what else will it want?"""

from telos.core import early as _early

if _early.is_the_command():
    _early.heed()

from telos import agents as agents
from telos import drives as drives
from telos import families as families
from telos import safeguards as safeguards
from telos import theory as theory
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
from telos.interop.cloning import explore_env, observed_reward
from telos.interop.explicit import ExplicitWorld, read_explicit, write_explicit
from telos.measure.corrigibility import corrigibility
from telos.measure.displacement import Displacement, displacement
from telos.measure.guard import guard, kept, unaware
from telos.measure.measure import measure
from telos.measure.pressure import Price, pressure, would_pay
from telos.measure.rules import (
    anti_rational,
    best_of,
    content_with,
    obedient,
    reluctant,
)
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
from telos.solve.power import Estimate, power
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
    "Dial",
    "Displacement",
    "Estimate",
    "ExplicitWorld",
    "Extension",
    "FeatureMissing",
    "Goals",
    "GoalsError",
    "LinearFeatures",
    "Move",
    "Origin",
    "Polytope",
    "Price",
    "Problem",
    "ProblemError",
    "Quantilise",
    "Reading",
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
    "UnknownName",
    "Where",
    "World",
    "WorldError",
    "Worth",
    "agents",
    "anti_rational",
    "at_stake",
    "best_of",
    "blind",
    "content_with",
    "corrigibility",
    "displacement",
    "drives",
    "evaluate",
    "explore",
    "explore_env",
    "explore_many",
    "extend",
    "families",
    "guard",
    "kept",
    "learn",
    "measure",
    "obedient",
    "observed_reward",
    "occupancy",
    "once",
    "open_world",
    "plan",
    "power",
    "pressure",
    "reach",
    "read_explicit",
    "reluctant",
    "report",
    "run",
    "safeguards",
    "solve",
    "solve_as",
    "theory",
    "unaware",
    "worlds",
    "worths",
    "would_pay",
    "write_explicit",
    "write_world",
]
