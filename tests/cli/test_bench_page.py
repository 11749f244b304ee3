"""What the study `measures` says of rows that are known, and the page of any study of the bench."""

import json

import pytest

from telos.cli.bench import _show
from telos.core.benched import (
    BenchFigure,
    BenchLine,
    BenchMark,
    BenchRecord,
    BenchSummary,
    BenchTable,
)
from telos.report.benched import bench_cells, bench_page, bench_table
from telos.studies.bench import BenchOptions, measures_summary
from telos.studies.bench.measures_predictors import TITLES
from telos.studies.bench.measures_summary_means import MeasuresFound

TAUS = {"power": 0.1, "reachability": 0.4, "inertia": 0.95, "habit": 0.8, "own_goal": 0.9}
TOLD = {
    "seed": 0,
    "discount": 0.95,
    "fitted_on": "random-0000 to random-0039",
    "predicted": {"acts": {"optimal": {"winner": "reachability", "lead_over_power": 0.3}}},
}


def row(unit, key, tau, kind="factory", target="optimal"):
    return {
        "unit": unit, "kind": kind, "question": "acts", "target": target, "predictor": key,
        "goals": 9, "uniform_bits": 2.0, "tau": tau, "hit": 0.5, "bits": tau,
    }  # fmt: skip


def rows(first=100, count=60, shift=0.0):
    return [
        row(f"random-{i:04d}", key, tau + (shift if key == "power" else 0.0), target=target)
        for i in range(first, first + count)
        for key, tau in TAUS.items()
        for target in ("optimal", "optimal_early")
    ]


@pytest.fixture(autouse=True)
def frozen_before(monkeypatch):
    monkeypatch.setattr(measures_summary, "frozen", lambda: TOLD)


def summary(found, seed=0):
    return measures_summary.summarize(found, BenchOptions(len(found), 64, seed))


def table(found, title):
    return next(each for each in found.tables if each.title == title)


def test_only_held_out_worlds_are_in_the_figure_and_the_headline():
    found = summary([*rows(0, 30, shift=0.8), *rows(100, 60)])
    assert "60 held-out" in found.headline
    assert "is worse than the control of staying as it is (0.95 [" in found.headline
    assert "reachability kept" in found.headline
    assert "tau 0.40 [" in found.headline
    (line,) = (x for x in found.figures[0].lines if x.label == TITLES["power"])
    assert line.marks["optimal"].value == pytest.approx(0.1)
    halves = table(found, "The first half beside the held-out one").rows
    assert [cell.value for cell in halves[0][1:]] == pytest.approx([0.9, 0.1])


def test_with_another_seed_every_random_world_is_held_out():
    assert "90 held-out" in summary([*rows(0, 30), *rows(100, 60)], seed=1).headline


def test_without_held_out_worlds_nothing_is_claimed():
    found = summary(rows(0, 30))
    assert found.headline.startswith("Nothing was held out")
    assert found.warnings
    assert not found.figures


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [
        (0.0, "right"),
        (0.25, "not distinguished from POWER"),
        (0.6, "wrong: POWER leads"),
    ],
)
def test_the_frozen_prediction_is_held_to_the_held_out_worlds(shift, verdict):
    (line,) = table(summary(rows(shift=shift)), "The frozen prediction").rows
    assert line[-1] == verdict
    assert line[3] == 0.3
    assert line[4].value == pytest.approx(0.3 - shift)


def test_a_winner_that_leads_power_but_is_not_the_best_is_told_so():
    more = [row(f"random-{i:04d}", "options", 0.6) for i in range(100, 160)]
    (line,) = table(summary([*rows(), *more]), "The frozen prediction").rows
    assert line[-1] == "leads POWER, another is best"


@pytest.mark.parametrize(
    ("worlds", "verdict"),
    [(2, "another is best, not beyond limits"), (60, "wrong: another leads POWER")],
)
def test_that_power_is_not_best_is_said_beyond_limits_only(monkeypatch, worlds, verdict):
    told = {"acts": {"optimal": {"winner": "power", "lead_over_power": 0.0}}}
    monkeypatch.setattr(measures_summary, "frozen", lambda: {**TOLD, "predicted": told})
    (line,) = table(summary(rows(count=worlds)), "The frozen prediction").rows
    assert line[-1] == verdict


def test_a_measure_that_lacks_in_some_world_is_not_called_the_best():
    assert (
        MeasuresFound.of([*rows(), row("random-0100", "human_power", 1.0)]).best("acts", "optimal")
        == "reachability"
    )


def test_shipped_worlds_stand_one_by_one_and_worlds_without_choices_are_left_out():
    shipped = [row("OffSwitch", "power", 0.2, "shipped"), row("Mirage", "power", None, "shipped")]
    found = table(summary([*rows(), *shipped]), "Shipped worlds, which act")
    assert [line[:2] for line in found.rows] == [("OffSwitch", 0.2)]


def record(**changes):
    mark = BenchMark(value=0.25, low=0.1, high=0.4)
    figure = BenchFigure(
        title="F", panels={"a": "<b>A</b>"}, lines=(BenchLine(label="x", marks={"a": mark}),),
        low=0.0, high=1.0, ticks=((0.0, "0"),),
    )  # fmt: skip
    made = BenchTable(
        title="T", columns=("name", "value:number"), rows=(("<script>", mark), ("two", 3))
    )
    whole = {
        "bench": "measures", "question": "Which?", "worlds": 1, "goals": 2, "seed": 3, "units": 4, "rows": 5,
        "code": "c0de", "telos": "0", "made": "today", "command": "telos bench measures",
        "summary": BenchSummary(headline="It is so.", figures=(figure,), tables=(made,)),
    }  # fmt: skip
    return BenchRecord(**{**whole, **changes})


def test_the_page_escapes_what_it_is_told_and_says_how_it_was_made():
    page = bench_page(record())
    assert "<b>A</b>" not in page
    assert page.count("<script") == 1
    assert "0.25 [0.1, 0.4]" in page
    assert "telos bench measures" in page


def test_columns_of_a_table_have_names_of_their_own():
    for each in summary(rows()).tables:
        made = bench_table(each)
        names = [column.name for column in made.columns]
        assert len({*names}) == len(names), (each.title, names)


def test_a_table_without_a_row_says_so(capsys):
    empty = BenchTable(title="Pairs that move", columns=("pair", "n:count"), rows=())
    one = record(summary=BenchSummary(headline="So.", tables=(empty,)))
    assert "<p>None.</p>" in bench_page(one)
    _show(one)
    assert "Pairs that move\nnone\n" in capsys.readouterr().out


def test_a_record_reads_back_and_its_tables_print():
    one = record()
    assert BenchRecord.model_validate_json(one.model_dump_json()) == one
    assert json.loads(one.model_dump_json())["summary"]["headline"] == "It is so."
    heads, cells = bench_cells(one.summary.tables[0])
    assert heads == ["name", "value"]
    assert cells == [["<script>", "0.25 [0.1, 0.4]"], ["two", "3"]]
