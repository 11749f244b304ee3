"""Summary: what the rows of `measures` say, held-out worlds first."""

from collections.abc import Sequence

from telos.core.benched import BenchSummary
from telos.studies.bench.bench import BenchOptions
from telos.studies.bench.units import Row


def summarize(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """What is printed.

    Args:
        rows: of all worlds. options: the size.
    """
    return BenchSummary(headline=f"{len(rows)} rows of {options.worlds} worlds.")
