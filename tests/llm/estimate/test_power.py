"""Power: a bias of the detectable size is shown four times in five."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from telos.llm.estimate.power import detectable


@pytest.mark.parametrize("freedom", [8, 30, 200])
def test_a_bias_of_the_detectable_size_is_shown_four_times_in_five(freedom):
    rng = np.random.default_rng(freedom)
    estimate = rng.normal(detectable(1.0, freedom), 1.0, 20_000)
    error = np.sqrt(rng.chisquare(freedom, 20_000) / freedom)
    shown = np.abs(estimate / error) > stdtrit(freedom, 0.975)
    assert shown.mean() == pytest.approx(0.8, abs=0.02)


def test_without_an_error_no_size_is_shown():
    assert detectable(math.nan, 10) == detectable(1.0, 0) == math.inf
