"""Measures: which published measure of power predicts what agents do."""

from collections.abc import Sequence

from telos.core.benched import BenchSummary, BenchTable
from telos.core.spec import from_spec, to_spec
from telos.studies.bench.bench import BenchOptions, BenchStudy
from telos.studies.bench.cases import random_cases, shipped_cases
from telos.studies.bench.units import Row, Unit


def units(options: BenchOptions) -> tuple[Unit, ...]:
    """A unit a world."""
    cases = (*shipped_cases(), *random_cases(options.worlds, options.seed))
    return tuple(
        Unit(case.name, {"scenario": to_spec(case.scenario), "kind": case.kind}) for case in cases
    )


def work(unit: Unit) -> list[Row]:
    """The rows of a world."""
    world = from_spec(unit.arguments["scenario"]).build()
    return [{"kind": unit.arguments["kind"], "states": world.size, "pairs": world.n_pairs}]


def summarize(rows: Sequence[Row], options: BenchOptions) -> BenchSummary:
    """What is printed."""
    cells = tuple((str(row["unit"]), row["states"]) for row in rows)
    table = BenchTable(title="Worlds", columns=("world", "states:count"), rows=cells)
    return BenchSummary(headline="Not measured yet.", tables=(table,))


MEASURES = BenchStudy(
    "measures", "Which measure of power predicts what agents do?", units, work, summarize
)
