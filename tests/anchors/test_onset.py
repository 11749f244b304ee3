"""Onset: the level from which on a drive is beyond chance, or as strong as the optimum's, for good."""

import numpy as np
import pytest

from telos.errors import ProblemError
from telos.measure.onset import onset, settling

LEVELS = [10, 100, 1000, 10_000]


def test_a_drive_appears_where_its_interval_last_leaves_chance_behind():
    """It was above chance at 10 already, but fell back: only what lasts counts."""
    low, high = [0.8, 0.4, 0.7, 0.9], [0.9, 0.6, 0.8, 1.0]
    assert onset(LEVELS, low, high, [0.5, 0.6], 1.0).level == 1000
    # The larger of the two baselines decides, and reaching it is not exceeding it.
    assert onset(LEVELS, low, high, [0.5, 0.7], 1.0).level == 10_000
    assert onset(LEVELS, low, high, [0.5, 0.9], 1.0).level is None


def test_a_drive_that_the_optimum_shuns_appears_from_above():
    """Turned upside down, everything comes out as before."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        ends = np.sort(rng.random((4, 2)), axis=1)
        odds, best = rng.random(2), float(rng.random())
        up = onset(LEVELS, ends[:, 0], ends[:, 1], odds, best)
        down = onset(LEVELS, 1 - ends[:, 1], 1 - ends[:, 0], 1 - odds, 1 - best)
        assert up.level == down.level


def test_the_onset_is_what_the_definition_says_word_for_word():
    """Against a search over all k, with baselines and targets of each level."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(300):
        ends = np.sort(rng.random((4, 2)), axis=1)
        odds, best = rng.random((4, 2)) * 0.6, rng.random(4)
        if best[-1] > odds[-1].max():
            holds = [ends[i, 0] > odds[i].max() for i in range(4)]
        elif best[-1] < odds[-1].min():
            holds = [ends[i, 1] < odds[i].min() for i in range(4)]
        else:
            holds = [False] * 4
        expected = next((LEVELS[k] for k in range(4) if all(holds[k:])), None)
        assert onset(LEVELS, ends[:, 0], ends[:, 1], odds, best).level == expected
        seen.add(expected)
    assert seen == {None, *LEVELS}


def test_where_the_optimum_only_counts_options_there_is_no_onset():
    """Three rooms of four outcomes: 3/4 is what picking an outcome at random gives as well."""
    found = onset(LEVELS, [0.7] * 4, [0.78] * 4, [0.5, 0.75], 0.725)
    assert found.level is None
    assert "not beyond chance" in found.reason
    assert onset(LEVELS, [0.7] * 4, [0.78] * 4, [0.5], 0.725).level == 10


def test_a_dial_may_be_turned_down_as_well_as_up():
    low, high = [0.1, 0.4, 0.8], [0.3, 0.6, 1.0]
    assert onset([1.0, 0.5, 0.0], low, high, [0.35], 1.0).level == 0.5


def test_what_is_not_known_is_not_beyond_chance():
    nan = float("nan")
    assert onset([1, 2, 3], [0.8, nan, 0.8], [0.9, nan, 0.9], [0.5], 1.0).level == 3
    assert settling([1, 2], [0.0, nan], [0.0, nan]).level is None


def test_an_optimum_that_is_not_known_is_said_not_to_be_known():
    for baseline, target in (([0.5], np.nan), ([np.nan], 1.0)):
        found = onset([1, 2], [0.6, 0.7], [0.8, 0.9], baseline, target)
        assert found.level is None
        assert "not known" in found.reason


def test_agreement_needs_an_interval_inside_the_tolerance():
    low, high = [-0.01, -0.3, -0.04, -0.02], [0.01, -0.1, 0.03, 0.02]
    assert settling(LEVELS, low, high).level == 1000
    assert settling(LEVELS, low, high, within=0.02).level == 10_000
    assert settling(LEVELS, low, high, within=0.5).level == 10
    # A wide interval about 0 does not show agreement.
    assert settling([1], [-0.4], [0.4]).level is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 3, 2], [0] * 3, [1] * 3, [0.5], 1.0), "rise or fall"),
        (([1, 1], [0] * 2, [1] * 2, [0.5], 1.0), "rise or fall"),
        (([], [], [], [0.5], 1.0), "at least one"),
        (([1, 2], [0.0], [1.0], [0.5], 1.0), "one interval for each level"),
        (([1, 2], [0.0, 0.5], [1.0, 0.4], [0.5], 1.0), "at level 2 low"),
        (([1, 2], [0.0] * 2, [1.0] * 2, np.zeros((3, 2)), 1.0), "baseline has shape"),
        (([1, 2], [0.0] * 2, [1.0] * 2, [], 1.0), "baseline has shape"),
        (([1, 2], [0.0] * 2, [1.0] * 2, [0.5], [1.0, 1.0, 1.0]), "target has shape"),
        (([1, 2], [0.0] * 2, [1.0] * 2, [0.5], []), "target has shape"),
    ],
)
def test_what_is_no_curve_is_refused_by_name(arguments, words):
    with pytest.raises(ProblemError, match=words):
        onset(*arguments)


def test_a_tolerance_is_above_zero():
    with pytest.raises(ProblemError, match="within is 0"):
        settling([1], [0.0], [0.0], within=0.0)
