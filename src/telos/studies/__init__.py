"""Shipped studies, one file a question."""

from telos.studies import employee, gates, off_switch, paperclip

STUDIES = (paperclip.STUDY, employee.STUDY, off_switch.STUDY, gates.STUDY)

__all__ = ["STUDIES"]
