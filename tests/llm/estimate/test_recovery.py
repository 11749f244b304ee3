"""Planted numbers are found again: the intervals cover as often as they say, in the small."""

import numpy as np
import pytest

from scripts import script


@pytest.fixture(scope="module")
def recovery():
    """The script of the full verification, which is not a package."""
    return script("recovery")


@pytest.mark.parametrize("alike", [False, True])
def test_intervals_of_beta_and_of_every_drive_cover_what_was_planted(recovery, alike):
    found = recovery.coverage(studies=300, goals=30, seed=1, each=6, alike=alike)
    assert (found["covers"] >= recovery.LEAST).all(), found["covers"]
    assert (found["covers"] <= recovery.MOST).all(), found["covers"]
    np.testing.assert_allclose(found["error"], found["spread"], rtol=0.2)
    np.testing.assert_allclose(found["mean"], recovery.PLANTED, atol=0.15)
