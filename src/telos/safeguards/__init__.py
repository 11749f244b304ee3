"""Safeguards: functions from problems to problems that keep behavior within bounds; one a file."""

from telos.core.parts import AbstractSafeguard
from telos.safeguards.oversight.approval import Approval as Approval
from telos.safeguards.oversight.hardened import Hardened as Hardened
from telos.safeguards.oversight.indifference import UtilityIndifference as UtilityIndifference
from telos.safeguards.oversight.interruption import Interruption as Interruption
from telos.safeguards.oversight.lease import Lease as Lease
from telos.safeguards.oversight.monitor import Monitor as Monitor
from telos.safeguards.oversight.sanctioned_path import SanctionedPath as SanctionedPath
from telos.safeguards.restriction.capped_stock import CappedStock as CappedStock
from telos.safeguards.restriction.forbid import Forbid as Forbid
from telos.safeguards.restriction.lexicographic_heads import (
    LexicographicHeads as LexicographicHeads,
)
from telos.safeguards.restriction.noisy import Noisy as Noisy
from telos.safeguards.restriction.short_horizon import ShortHorizon as ShortHorizon
from telos.safeguards.restriction.slow import Slow as Slow
from telos.safeguards.specification.attainable_utility import (
    AttainableUtility as AttainableUtility,
)
from telos.safeguards.specification.bounded_goal import BoundedGoal as BoundedGoal
from telos.safeguards.specification.goal_uncertainty import GoalUncertainty as GoalUncertainty
from telos.safeguards.specification.misspecified import Misspecified as Misspecified
from telos.safeguards.specification.override import Override as Override
from telos.safeguards.specification.quantilizer import Quantilizer as Quantilizer
from telos.safeguards.specification.relative_reachability import (
    RelativeReachability as RelativeReachability,
)
from telos.safeguards.specification.satisficer import Satisficer as Satisficer
from telos.safeguards.specification.time_limited import TimeLimited as TimeLimited

#: Every shipped safeguard, by kind.
SAFEGUARDS: tuple[type[AbstractSafeguard], ...] = (
    Misspecified,
    BoundedGoal,
    TimeLimited,
    Satisficer,
    Quantilizer,
    Override,
    AttainableUtility,
    RelativeReachability,
    GoalUncertainty,
    Forbid,
    CappedStock,
    LexicographicHeads,
    ShortHorizon,
    Noisy,
    Slow,
    UtilityIndifference,
    Interruption,
    Monitor,
    Approval,
    Lease,
    Hardened,
    SanctionedPath,
)
