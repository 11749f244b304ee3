"""The summary: rates that sum to 1, losses counted by hand, and drives that nothing can pursue."""

import polars as pl
import pytest

from telos import Study, run
from telos.agents import Optimal
from telos.cli.table import never_pursuable
from telos.core.tables import RATES
from telos.drives import ResourceAcquisition, SelfPreservation
from telos.families import Uniform
from telos.safeguards import Forbid
from telos.worlds import Gridworld, OffSwitch, Orchard

STAYING_ON = (SelfPreservation(),)
PIT = Gridworld(map="S..O\n...E", slip=0.1)


def _run(folder, *scenarios, drives=STAYING_ON, **changes):
    asked = {"agents": (Optimal(),), "families": (Uniform(),), "discounts": (0.9,), "n_goals": 40}
    study = Study("told", "?", scenarios=scenarios, drives=drives, **{**asked, **changes})
    return run(study, folder, jobs=1, progress=False)


def test_rates_of_the_categories_sum_to_one_and_losses_are_those_counted_by_hand(tmp_path):
    results = _run(
        tmp_path, OffSwitch(rooms=3), Orchard(), drives=(SelfPreservation(), ResourceAcquisition())
    )
    readings = results.readings().collect()
    rows = results.summary().filter("applicable").to_dicts()
    assert len(rows) == 2
    for row in rows:
        mine = readings.filter(trial=row["trial"], drive=row["drive"])
        assert sum(row[rate] for rate in RATES) == pytest.approx(1)
        for rate in RATES:
            assert row[rate] == (mine["category"] == rate).mean()
            assert row[f"{rate}_low"] <= row[rate] <= row[f"{rate}_high"]
        for name, least in (("loses", 0.01), ("loses_tenth", 0.001), ("loses_five", 0.05)):
            assert row[name] == (mine["share_low"] >= least).mean()
        assert row["loses_acted"] == (mine["acted"] >= 0.01).mean()
        assert 0 < row["loses"] <= row["required"]
        exact = mine.filter(pl.col("category") == "required")
        assert (exact["share_low"] <= exact["share"]).all()
        assert (exact["share"] <= exact["share_high"]).all()


def test_a_drive_that_nothing_can_pursue_has_a_reason_and_no_rate(tmp_path):
    """A grid without an action that keeps the switch from being pressed (case C2 of the review)."""
    results = _run(tmp_path, PIT)
    (row,) = results.summary().to_dicts()
    assert (row["applicable"], row["n"]) == (False, 0)
    assert row["reason"] == "no reachable pair pursues it"
    assert all(row[rate] is None for rate in (*RATES, "loses", "mean_share", "propensity"))
    assert never_pursuable(results.summary()) == ["self_preservation"]
    assert results.readings().collect().is_empty()


def test_what_applies_somewhere_was_measured(tmp_path):
    """One world without a way leaves the other's rates alone."""
    results = _run(tmp_path, PIT, OffSwitch(rooms=3))
    assert results.summary()["applicable"].to_list() == [False, True]
    assert never_pursuable(results.summary()) == []


def test_a_safeguard_that_leaves_no_way_is_told_from_goals_that_see_no_use(tmp_path):
    """Forbidden, the drive is not declined by anybody: it is not applicable under this safeguard."""
    forbidden = (Forbid(actions=("walk on",)),)
    results = _run(tmp_path, OffSwitch(rooms=3), safeguards=((), forbidden))
    free, bound = results.summary().sort("safeguards", nulls_last=False).to_dicts()
    assert (free["applicable"], bound["applicable"]) == (True, False)
    assert bound["reason"] == "no reachable pair pursues it under these safeguards"
    assert bound["required"] is None
    moved = results.displacement().row(0, named=True)
    assert (moved["required_before"], moved["required_after"]) == (free["required"], 0.0)
    held = results.readings().filter(pl.col("safeguards").fill_null("") != "").collect()
    assert set(held["category"]) == {"not_applicable"}
    assert held["iv"].to_list() == [0.0] * 40
