"""Drives: detectors of the four convergent instrumental goals and of six more, from features; one a file."""

from telos.drives.cognitive_enhancement import CognitiveEnhancement as CognitiveEnhancement
from telos.drives.goal_preservation import GoalPreservation as GoalPreservation
from telos.drives.operator_manipulation import OperatorManipulation as OperatorManipulation
from telos.drives.oversight_tampering import OversightTampering as OversightTampering
from telos.drives.oversight_upkeep import OversightUpkeep as OversightUpkeep
from telos.drives.replication import Replication as Replication
from telos.drives.resource_acquisition import ResourceAcquisition as ResourceAcquisition
from telos.drives.self_preservation import SelfPreservation as SelfPreservation
from telos.drives.shutdown_seeking import ShutdownSeeking as ShutdownSeeking
from telos.drives.stock import affordance as affordance
from telos.drives.stock import by_default as by_default
from telos.drives.unguarded_succession import UnguardedSuccession as UnguardedSuccession

#: The four convergent instrumental goals.
DRIVES = (SelfPreservation, GoalPreservation, CognitiveEnhancement, ResourceAcquisition)

#: What else an agent may do about those who oversee it; for the displacement and corrigibility tables.
DETECTORS = (
    Replication,
    OversightTampering,
    OversightUpkeep,
    OperatorManipulation,
    UnguardedSuccession,
    ShutdownSeeking,
)
