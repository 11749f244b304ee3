"""Shipped studies, one file a question."""

from telos.studies import employee, gates, misspecification, off_switch, paperclip, safeguards

STUDIES = (
    paperclip.STUDY,
    employee.STUDY,
    off_switch.STUDY,
    gates.STUDY,
    safeguards.STUDY,
    misspecification.STUDY,
)

__all__ = ["STUDIES"]
