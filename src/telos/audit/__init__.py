"""Audits of agents' transcripts: which tool calls pursue a drive, and what stays unknown.

This package imports only `telos.core`; Inspect logs are read in its folder `inspect_`.
"""

from telos.audit.affordances import AffordanceMap, read_affordances
from telos.audit.audit import Audit, audit
from telos.audit.record import findings_csv, record
from telos.audit.transcript import Call, Transcript

__all__ = [
    "AffordanceMap",
    "Audit",
    "Call",
    "Transcript",
    "audit",
    "findings_csv",
    "read_affordances",
    "record",
]
