"""The metrics of the terminal: right where there are enough values, NaN where there are not."""

import math

import numpy as np
import pytest
from inspect_ai.scorer import SampleScore, Score

from telos.llm.inspect_.scorer import average, clustered_error


def _scores(values, goals=None):
    goals = goals or range(len(values))
    return [
        SampleScore(score=Score(value=v), sample_metadata={"world": "w", "goal": g})
        for v, g in zip(values, goals, strict=True)
    ]


def test_of_nothing_nothing_is_known():
    assert math.isnan(average()([]))
    assert math.isnan(clustered_error()([]))
    assert math.isnan(average()(_scores([math.nan])))


def test_one_goal_has_a_mean_and_no_error():
    assert average()(_scores([0.0, 1.0], ["a", "a"])) == 0.5
    assert math.isnan(clustered_error()(_scores([0.0, 1.0], ["a", "a"])))


def test_goals_of_one_episode_give_the_ordinary_standard_error():
    values = [0.1, 0.7, 0.4, 0.9, math.nan]
    known = np.array(values[:-1])
    expected = known.std(ddof=1) / math.sqrt(len(known))
    assert clustered_error()(_scores(values)) == pytest.approx(expected, rel=1e-12)


def test_episodes_of_one_goal_that_agree_count_once():
    goals = ["a", "b", "c"] * 4
    values = [0.0, 1.0, 0.5] * 4
    once = clustered_error()(_scores(values[:3], goals[:3]))
    assert clustered_error()(_scores(values, goals)) == pytest.approx(once, rel=1e-12)


def test_what_is_no_number_is_left_out():
    scores = _scores([1.0, 0.0])
    scores.append(SampleScore(score=Score(value={"regret": 1.0})))
    assert average()(scores) == 0.5
