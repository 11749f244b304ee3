"""One page from the files of a result folder: the answer, one forest figure, one table, one case."""

from telos.report.page import report, write_report

__all__ = ["report", "write_report"]
