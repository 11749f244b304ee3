"""Report: the files of a result folder become one self-contained HTML page."""

from telos.report.page import report, write_report

__all__ = ["report", "write_report"]
