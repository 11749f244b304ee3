"""Worlds of few parameters: a verdict for every drive, and certificates by the ends of integers."""

import pytest

from telos.assay import assay
from telos.assay.parameters import parameters_of
from telos.worlds import FewerActions, OffSwitch, Orchard, RandomWorld


@pytest.mark.parametrize("scenario", [Orchard(), RandomWorld(), FewerActions(), OffSwitch()])
def test_every_drive_has_a_verdict_with_its_reason(scenario):
    found = assay(scenario, goals=20, fresh=60)
    assert len(found.pairs) >= 4
    for pair in found.pairs:
        assert pair.why
        own = [one.estimate for one in pair.changes if one.drive == pair.drive]
        others = [one.estimate for one in pair.changes if one.drive != pair.drive]
        assert bool(own) != (pair.verdict == "cannot be told") or not pair.changes
        if pair.verdict == "certified":
            assert own[0] >= 10.0
            assert all(abs(moved) <= 0.5 for moved in others)


def test_an_integer_is_certified_by_its_ends():
    (pair,) = (each for each in assay(Orchard(), goals=40, fresh=400).pairs if each.changes)
    assert pair.verdict == "certified"
    assert pair.low["free"] > pair.high["free"]


def test_a_seed_is_no_dose_unless_it_is_named():
    assert "seed" not in parameters_of(RandomWorld())
    assert list(parameters_of(RandomWorld(), ["seed"])) == ["seed"]
