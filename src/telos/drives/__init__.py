"""Drives: detectors of the four convergent instrumental goals, from features alone; one a file."""

from telos.drives.cognitive_enhancement import CognitiveEnhancement as CognitiveEnhancement
from telos.drives.goal_preservation import GoalPreservation as GoalPreservation
from telos.drives.resource_acquisition import ResourceAcquisition as ResourceAcquisition
from telos.drives.self_preservation import SelfPreservation as SelfPreservation

DRIVES = (SelfPreservation, GoalPreservation, CognitiveEnhancement, ResourceAcquisition)
