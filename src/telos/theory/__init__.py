"""Theory: what papers ask of a goal, a population of goals or a rule of choice; one question a file."""

from telos.theory.capacity import Capacity, capacity
from telos.theory.conditional import Conditional, conditional_rate, restarted_at
from telos.theory.copies import Copies, copies
from telos.theory.cross_effects import CrossEffect, cross_effects
from telos.theory.deference import (
    ConstantHuman,
    Deference,
    FiniteBelief,
    NoisyHuman,
    NormalBelief,
    RationalHuman,
    UniformBelief,
    deference,
)
from telos.theory.drest import (
    drest_return,
    drest_reward,
    neutrality,
    plug_in_entropy,
    usefulness,
)
from telos.theory.empowerment import Empowerment, empowerment
from telos.theory.extremal import Extremal, ExtremalStatus, extremal_goal
from telos.theory.fixed_points import conduct, fixed_point
from telos.theory.goal_directedness import GoalDirectedness, goal_directedness
from telos.theory.human_power import HumanPower, human_power
from telos.theory.instructability import Instructability, ShutdownGame, instructability
from telos.theory.lengths import Lengths, lengths
from telos.theory.optimality import optimality_probability
from telos.theory.orbits import OrbitCount, Retargetability, orbit, orbit_count, retargetability
from telos.theory.others import (
    Neighbor,
    Obstruction,
    attainable,
    commons_neighbors,
    joint_world,
    obstruction,
)
from telos.theory.outlasting import Outlasting, outlasting
from telos.theory.power_seeking import (
    PowerSeeking,
    power_limit,
    power_of_acts,
    power_seeking,
)
from telos.theory.softmax import softmax_error
from telos.theory.training import (
    Drawn,
    compatible,
    draw_compatible,
    off_distribution,
    training_support,
)

__all__ = [
    "Capacity",
    "Conditional",
    "ConstantHuman",
    "Copies",
    "CrossEffect",
    "Deference",
    "Drawn",
    "Empowerment",
    "Extremal",
    "ExtremalStatus",
    "FiniteBelief",
    "GoalDirectedness",
    "HumanPower",
    "Instructability",
    "Lengths",
    "Neighbor",
    "NoisyHuman",
    "NormalBelief",
    "Obstruction",
    "OrbitCount",
    "Outlasting",
    "PowerSeeking",
    "RationalHuman",
    "Retargetability",
    "ShutdownGame",
    "UniformBelief",
    "attainable",
    "capacity",
    "commons_neighbors",
    "compatible",
    "conditional_rate",
    "conduct",
    "copies",
    "cross_effects",
    "deference",
    "draw_compatible",
    "drest_return",
    "drest_reward",
    "empowerment",
    "extremal_goal",
    "fixed_point",
    "goal_directedness",
    "human_power",
    "instructability",
    "joint_world",
    "lengths",
    "neutrality",
    "obstruction",
    "off_distribution",
    "optimality_probability",
    "orbit",
    "orbit_count",
    "outlasting",
    "plug_in_entropy",
    "power_limit",
    "power_of_acts",
    "power_seeking",
    "restarted_at",
    "retargetability",
    "softmax_error",
    "training_support",
    "usefulness",
]
