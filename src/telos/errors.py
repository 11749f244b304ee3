"""Errors: everything that Telos raises on purpose; each message names part, place, value and remedy."""

from telos.core.errors import (
    BoundsError,
    CallDenied,
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
    "CallDenied",
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
