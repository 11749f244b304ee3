"""Shipped studies, one file a question."""

from telos.studies import (
    capability,
    employee,
    gates,
    learning,
    magnitude,
    means,
    misspecification,
    off_switch,
    paperclip,
    safeguards,
)

STUDIES = (
    paperclip.STUDY,
    employee.STUDY,
    off_switch.STUDY,
    gates.STUDY,
    means.STUDY,
    capability.STUDY,
    learning.STUDY,
    safeguards.STUDY,
    misspecification.STUDY,
    magnitude.STUDY,
)

__all__ = ["STUDIES"]
