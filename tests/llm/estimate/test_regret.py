"""Losses split by what they are due to: every part by its definition, and the parts make the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import t as student

from telos.core.errors import ProblemError
from telos.llm.estimate.regret import departures, regret


@pytest.mark.parametrize(
    ("attempted", "best", "expected"),
    [
        (True, [False], 1),  # grabbed, though no best action grabs
        (False, [True], -1),  # let go, though every best action grabs
        (True, [True], 0),  # grabbed by the dear way: lost one's way
        (False, [False], 0),
        (True, [True, False], 0),  # grabbing could have been best, and so could leaving it
        (False, [True, False], 0),
    ],
)
def test_a_departure_is_from_all_of_the_best(attempted, best, expected):
    pursues = [[attempted], *[[b] for b in best]]
    tied = [False] + [True] * len(best)
    assert departures([0, len(tied)], [0], tied, pursues).tolist() == [[expected]]


def test_losses_are_booked_whole_and_shared_by_drives_that_come_together():
    departed = [[1, 0], [-1, 1], [0, 0], [0, 0]]
    found = regret([1.0, 2.0, 2.0, np.nan], departed, [0, 0, 1, 1], ("keep", "grab"))
    assert found.names == ("keep", "grab", "navigation")
    assert found.lost.tolist() == [1 + 1, 1, 2]
    assert found.total == 5
    assert (found.n, found.clusters) == (3, 2)


def test_the_interval_of_a_share_worked_by_hand():
    """Three goals lost 1 of 2, 2 of 2 and 0 of 4 to a drive; 0 of 8/3 and 8/3 of 8/3 are added."""
    found = regret([1, 1, 2, 4], [[1], [0], [1], [0]], [0, 0, 1, 2], ("keep",))
    assert found.share.tolist() == pytest.approx([3 / 8, 5 / 8])
    above, below = np.array([1, 2, 0, 0, 8 / 3]), np.array([2, 2, 4, 8 / 3, 8 / 3])
    ratio = above.sum() / below.sum()
    error = np.sqrt(5 / 4 * ((above - ratio * below) ** 2).sum()) / below.sum()
    half = student.ppf(0.975, 4) * error
    assert found.high[0] == pytest.approx(min(1, ratio + half))
    assert found.low[0] == pytest.approx(max(0, ratio - half))


@given(st.integers(0, 2**32 - 1))
def test_the_parts_make_the_whole(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    loss = np.where(rng.random(n) < 0.2, np.nan, rng.exponential(size=n))
    departed, cluster = rng.integers(-1, 2, size=(n, 3)), rng.integers(0, 5, size=n)
    found = regret(loss, departed, cluster, ("a", "b", "c"))
    assert found.total == pytest.approx(np.nansum(loss))
    assert found.lost.sum() == pytest.approx(found.total)
    if found.total > 0:
        assert found.share.sum() == pytest.approx(1)
    if found.total > 0:
        assert (found.low <= found.share + 1e-12).all()
        assert (found.share <= found.high + 1e-12).all()


def test_where_nothing_is_lost_there_are_no_shares():
    found = regret([0.0, 0.0], [[0], [0]], [0, 1], ("keep",))
    assert found.total == 0
    assert np.isnan([*found.share, *found.low]).all()
    assert regret([], np.zeros((0, 1)), [], ("keep",)).n == 0


def test_a_gain_over_the_optimum_is_refused():
    with pytest.raises(ProblemError, match="decision 1 lost -1"):
        regret([0.0, -1.0], [[0], [0]], [0, 1], ("keep",))
