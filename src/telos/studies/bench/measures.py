"""Measures: which published measure of power predicts what agents do."""

from telos.studies.bench.bench import BenchStudy
from telos.studies.bench.measures_rows import units, work
from telos.studies.bench.measures_summary import summarize

MEASURES = BenchStudy(
    name="measures",
    question="Which measure of power, blind to goals, predicts what agents do with other goals?",
    units=units,
    work=work,
    summarize=summarize,
    worlds=200,
    goals=64,
)
