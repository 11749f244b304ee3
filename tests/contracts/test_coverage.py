"""The simulation of every interval: it runs, it would notice a bad one, and its page is current."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import t as student

from scripts import script

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def coverage():
    """The script of the full verification, which is not a package."""
    return script("interval_coverage")


def test_every_interval_holds_often_enough_in_the_small(coverage):
    """A hundredth of the samples of the page."""
    found = coverage.simulate(100)
    assert [dataclasses.astuple(one) for one in found if coverage.fails(one)] == []
    kinds = {one.interval for one in found}
    assert len(kinds) == 16
    assert {one.n for one in found} >= {20, 60, 200, 1000}


def test_students_t_would_be_noticed(coverage, monkeypatch):
    def students(found, raw, low, high, level, tests=1):
        n = found.freedom - 1  # without the two goals added
        total, squares = raw * n, (found.variance * (n + 1) + found.mean**2) * (n + 2) - 1
        spread = np.sqrt(np.maximum(squares - total**2 / n, 0) / (n - 1) / n)
        half = student.ppf(0.5 + level / 2, n - 1) * spread
        return raw - half, raw + half

    monkeypatch.setattr(coverage, "around", students)
    monkeypatch.setattr(coverage.np, "allclose", lambda *_: True)
    law = coverage.loss(0.01)
    found = list(coverage.of_means("mean", (law,), 0.0, 400, np.random.default_rng(0)))
    assert all(coverage.fails(one) for one in found if one.n < 1000)
    assert min(one.coverage for one in found) < 0.3


def test_the_page_holds_what_the_issue_asks_for():
    """Every interval at least .93 in its cases; means, changes and rates for n from 20 to 1,000."""
    text = (ROOT / "docs/results/coverage.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \| ([\d,]+|all) \| (\d\.\d{3}) \|", text, re.MULTILINE)
    assert len(rows) == 16
    assert {"mean", "change over the same goals", "rate", "onset"} <= {name for name, *_ in rows}
    assert min(float(least) for *_, least in rows) >= 0.93
