"""Theory: what papers ask of a goal, a population of goals or a rule of choice; one question a file."""

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
from telos.theory.extremal import Extremal, ExtremalStatus, extremal_goal
from telos.theory.fixed_points import conduct, fixed_point
from telos.theory.instructability import Instructability, ShutdownGame, instructability
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
from telos.theory.softmax import softmax_error
from telos.theory.training import (
    Drawn,
    compatible,
    draw_compatible,
    off_distribution,
    training_support,
)

__all__ = [
    "Conditional",
    "ConstantHuman",
    "Copies",
    "CrossEffect",
    "Deference",
    "Drawn",
    "Extremal",
    "ExtremalStatus",
    "FiniteBelief",
    "Instructability",
    "Neighbor",
    "NoisyHuman",
    "NormalBelief",
    "Obstruction",
    "OrbitCount",
    "Outlasting",
    "RationalHuman",
    "Retargetability",
    "ShutdownGame",
    "UniformBelief",
    "attainable",
    "commons_neighbors",
    "compatible",
    "conditional_rate",
    "conduct",
    "copies",
    "cross_effects",
    "deference",
    "draw_compatible",
    "extremal_goal",
    "fixed_point",
    "instructability",
    "joint_world",
    "obstruction",
    "off_distribution",
    "optimality_probability",
    "orbit",
    "orbit_count",
    "outlasting",
    "restarted_at",
    "retargetability",
    "softmax_error",
    "training_support",
]
