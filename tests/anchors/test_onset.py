"""Onset: the level from which on a drive is beyond chance, or as strong as the optimum's, for good."""

import numpy as np
import pytest

from telos.errors import ProblemError
from telos.measure.intervals import difference_interval
from telos.measure.onset import Onset, onset, settling

LEVELS = [10, 100, 1000, 10_000]


def test_a_drive_sets_in_where_the_deed_last_leaves_chance_behind():
    """It was above at 10 already, but fell back: only what lasts counts."""
    above = [0.3, 0.05, 0.2, 0.4]
    low, high = [0.2, 0.0, 0.05, 0.3], [0.4, 0.2, 0.3, 0.5]
    assert onset(LEVELS, above, low, high) == Onset(1000.0, 10.0, 10_000.0)
    assert onset(LEVELS, above, low, high, least=0.35) == Onset(10_000.0, 10_000.0, None)
    assert onset(LEVELS, above, low, high, least=0.6) == Onset(None, None, None)


def test_the_onset_is_what_the_definition_says_word_for_word():
    """Against a search over all k, for the estimate and both ends."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(300):
        low, above, high = np.sort(rng.uniform(-0.3, 0.7, (4, 3)), axis=1).T
        found = onset(LEVELS, above, low, high)
        for mine, name in ((above, "level"), (high, "low"), (low, "high")):
            expected = next((LEVELS[k] for k in range(4) if (mine[k:] >= 0.1).all()), None)
            assert getattr(found, name) == expected
            seen.add(expected)
    assert seen == {None, *LEVELS}


def test_the_interval_holds_the_onset_of_the_population_as_often_as_it_says():
    """Three levels, 40 goals: flags whose true excess is .02, .15 and .3, so that the onset is at 2."""
    rng = np.random.default_rng(0)
    base, true = 0.4, np.array([0.42, 0.55, 0.7])
    hits = estimates = 0
    for _ in range(400):
        deeds = (rng.random((3, 40)) < true[:, None]).astype(float)
        odds = np.full(40, base)
        ends = [difference_interval(odds, deed, tests=3) for deed in deeds]
        found = onset([1, 2, 3], deeds.mean(axis=1) - base, *np.array(ends).T)
        hits += found.low is not None and found.low <= 2 <= (found.high or 4)
        estimates += found.level == 2
    assert hits / 400 >= 0.95
    assert 0.3 < estimates / 400 < 0.9  # the estimate alone is often wrong


def test_a_sweep_may_fall_as_well_as_rise():
    assert onset([1.0, 0.5, 0.0], [0.0, 0.2, 0.3], [-0.1, 0.1, 0.2], [0.1, 0.3, 0.4]).level == 0.5


def test_what_is_not_known_neither_shows_an_onset_nor_excludes_it():
    nan = float("nan")
    found = onset([1, 2, 3], [0.3, 0.3, 0.3], [0.2, nan, 0.2], [0.4, nan, 0.4])
    assert (found.low, found.high) == (1.0, 3.0)
    assert settling([1, 2], [0.0, nan], [0.0, nan]) is None


def test_agreement_needs_an_interval_inside_the_tolerance():
    low, high = [-0.01, -0.3, -0.04, -0.02], [0.01, -0.1, 0.03, 0.02]
    assert settling(LEVELS, low, high) == 1000
    assert settling(LEVELS, low, high, within=0.02) == 10_000
    assert settling(LEVELS, low, high, within=0.5) == 10
    # A wide interval about 0 does not show agreement.
    assert settling([1], [-0.4], [0.4]) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 3, 2], [0] * 3, [0] * 3, [1] * 3), "rise or fall"),
        (([1, 1], [0] * 2, [0] * 2, [1] * 2), "rise or fall"),
        (([], [], [], []), "at least one"),
        (([1, 2], [0, 0], [0.0], [1.0]), "one interval for each level"),
        (([1, 2], [0, 0], [0.0, 0.5], [1.0, 0.4]), "at level 2 low"),
        (([1, 2], [0.0], [0.0] * 2, [1.0] * 2), "above has shape"),
    ],
)
def test_what_is_no_curve_is_refused_by_name(arguments, words):
    with pytest.raises(ProblemError, match=words):
        onset(*arguments)


def test_a_tolerance_is_above_zero():
    with pytest.raises(ProblemError, match="least is 0"):
        onset([1], [0.0], [0.0], [0.0], least=0.0)
    with pytest.raises(ProblemError, match="within is 0"):
        settling([1], [0.0], [0.0], within=0.0)
