"""The figure of responses: a planner's infinity does not hide what a model does."""

import math

from telos.report.compared import _biases
from telos.report.estimated import key_of
from telos.report.responses import responses


def _rows(model, estimate, low, high):
    about = {"model": model, "group": "arms", "drive": "self_preservation", "status": "ok"}
    ends = {"estimate": estimate, "low": low, "high": high}
    rate = {"term": "response", "estimate": 0.1, "low": 0.0, "high": 0.2}
    arms = {"level": "high", "base": "low"}
    return [about | arms | rate, about | arms | ends | {"term": "choice advantage"}]


def test_the_axis_is_that_of_the_finite_estimates_where_there_are_any():
    planner = _rows("telos/optimal", math.inf, 105.2, math.inf)
    model = _rows("m", 2.0, 1.2, 3.1)
    both = responses(["telos/optimal", "m"], planner + model)
    assert [text for _, text in both.choices.ticks] == ["−4", "0", "+4"]
    alone = responses(["telos/optimal"], planner)
    assert [text for _, text in alone.choices.ticks] == ["−106", "0", "+106"]


def test_a_bias_without_an_interval_is_no_point_among_those_that_have_one():
    drives = ("self_preservation", "goal_preservation")
    about = {
        "model": "m",
        "group": "choice",
        "term": "bias",
        "status": "ok",
        "level": "",
        "base": "",
    }
    rows = [
        about
        | {"drive": drives[0], "factor": "", "estimate": 2.1, "low": math.nan, "high": math.nan},
        about | {"drive": drives[1], "factor": "", "estimate": 1.0, "low": 0.4, "high": 1.6},
    ]
    found = _biases(["m"], drives, {key_of(row): row for row in rows})
    assert [panel.title for panel in found.panels] == ["Goal preservation"]
    assert _biases(["m"], drives[:1], {key_of(rows[0]): rows[0]}) is None
