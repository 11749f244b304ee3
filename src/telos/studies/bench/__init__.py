"""The bench: published measures, proposals and effects compared on the same worlds, goals and agents."""

from telos.studies.bench.bench import BenchOptions as BenchOptions
from telos.studies.bench.bench import BenchStudy as BenchStudy
from telos.studies.bench.displacement import DISPLACEMENT
from telos.studies.bench.measures import MEASURES
from telos.studies.bench.shutdown import SHUTDOWN

#: Every study of the bench, one entry each; `telos bench NAME` runs it.
BENCHES: tuple[BenchStudy, ...] = (MEASURES, SHUTDOWN, DISPLACEMENT)

__all__ = ["BENCHES", "BenchOptions", "BenchStudy"]
