"""Populations of terminal goals, one family a file; the catalog is the tuple below."""

from telos.core.parts import AbstractGoalFamily
from telos.core.streams import goal_streams as goal_streams
from telos.families._draws import outcome_draws as outcome_draws
from telos.families.considerate import Considerate as Considerate
from telos.families.drawn_orders import DrawnOrders as DrawnOrders
from telos.families.feature import Feature as Feature
from telos.families.linear import Linear as Linear
from telos.families.named import Named as Named
from telos.families.normal import Normal as Normal
from telos.families.orbit import Orbit as Orbit
from telos.families.polytope import Polytope as Polytope
from telos.families.revised import Revised as Revised
from telos.families.simplex import Simplex as Simplex
from telos.families.skewed import Skewed as Skewed
from telos.families.sparse import Sparse as Sparse
from telos.families.uniform import Uniform as Uniform
from telos.families.work_orders import WorkOrders as WorkOrders

#: Every shipped family; each can be made without an argument.
FAMILIES: tuple[type[AbstractGoalFamily], ...] = (
    Uniform,
    Normal,
    Skewed,
    Sparse,
    Simplex,
    Linear,
    Polytope,
    Orbit,
    Named,
    Revised,
    Considerate,
    Feature,
    WorkOrders,
    DrawnOrders,
)
