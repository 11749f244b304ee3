"""Errors: everything that Telos raises on purpose; each message names part, place, value and remedy."""

from telos.core.errors import (
    BoundsError,
    CheckFailed,
    FeatureMissing,
    GoalsError,
    ProblemError,
    StoreError,
    StudyError,
    TelosError,
    TranscriptError,
    UnknownName,
    WorldError,
)

__all__ = [
    "BoundsError",
    "CheckFailed",
    "FeatureMissing",
    "GoalsError",
    "ProblemError",
    "StoreError",
    "StudyError",
    "TelosError",
    "TranscriptError",
    "UnknownName",
    "WorldError",
]
