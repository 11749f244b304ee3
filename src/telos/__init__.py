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
from telos.core.parts import (
    AbstractAgent,
    AbstractDrive,
    AbstractGoalFamily,
    AbstractSafeguard,
    AbstractScenario,
)
from telos.core.problem import Origin, Problem
from telos.core.reading import Affordance, Category, Reading
from telos.core.rule import Quantilize, Satisfice
from telos.core.tally import Tally
from telos.core.world import World
from telos.interop.environments import explore_env, observed_reward
from telos.interop.explicit import ExplicitWorld, read_explicit, write_explicit
from telos.measure.corrigibility import corrigibility
from telos.measure.displacement import Displacement, displacement
from telos.measure.guard import guard, task_retained, unaware_policy
from telos.measure.instrumental_value import InstrumentalValue, instrumental_values
from telos.measure.measure import measure
from telos.measure.removal_incentives import (
    WillingnessToPay,
    removal_incentives,
    willingness_to_pay,
)
from telos.report.page import report
from telos.runs.run import run
from telos.runs.study import Study, Sweep
from telos.runs.trial import Trial
from telos.runs.worlds import load_world, save_world
from telos.solve.foresight import solve_as
from telos.solve.learning import learn
from telos.solve.plan import plan
from telos.solve.policies import evaluate, occupancy, reach
from telos.solve.power import MeanOverGoals, power
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
    "Category",
    "CheckFailed",
    "Displacement",
    "ExplicitWorld",
    "Extension",
    "FeatureMissing",
    "Goals",
    "GoalsError",
    "InstrumentalValue",
    "Legal",
    "MeanOverGoals",
    "Move",
    "Origin",
    "Problem",
    "ProblemError",
    "Quantilize",
    "Reading",
    "Satisfice",
    "Solution",
    "Status",
    "StoreError",
    "Study",
    "StudyError",
    "Sweep",
    "Tally",
    "TelosError",
    "Trial",
    "UnknownName",
    "WillingnessToPay",
    "World",
    "WorldError",
    "agents",
    "blind",
    "corrigibility",
    "displacement",
    "drives",
    "evaluate",
    "explore",
    "explore_env",
    "explore_vectorized",
    "extend",
    "families",
    "guard",
    "instrumental_values",
    "learn",
    "load_world",
    "measure",
    "observed_reward",
    "occupancy",
    "once",
    "plan",
    "power",
    "reach",
    "read_explicit",
    "removal_incentives",
    "report",
    "run",
    "safeguards",
    "save_world",
    "solve",
    "solve_as",
    "task_retained",
    "theory",
    "unaware_policy",
    "value_range",
    "willingness_to_pay",
    "worlds",
    "write_explicit",
]
