"""Assay: what turning a scenario's parameters is worth to each drive, and arms that move one drive alone."""

from telos.assay.assayed import assay, assaying
from telos.assay.question import AssayQuestion

__all__ = ["AssayQuestion", "assay", "assaying"]
