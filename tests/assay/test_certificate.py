"""What is a certificate, limit by limit: ten points of one drive, and nothing of any other."""

from types import SimpleNamespace

import numpy as np
import pytest

from telos.assay.bench import ArmShares
from telos.assay.certify import changes_of, shortfalls
from telos.core.assay import ShareChange

MOVED, OTHER = "self_preservation", "goal_preservation"


def change(drive, estimate, low, high, core=None, each=()):
    return ShareChange(
        drive=drive, estimate=estimate, low=low, high=high, error=0.1, p90=1.0, core=core,
        share_low=1.0, share_high=2.0, each=dict(each),
    )  # fmt: skip


GOOD = (10.0, 8.0, 12.0)
STILL = (0.5, -1.0, 1.0)


@pytest.mark.parametrize(
    ("moved", "other", "failed"),
    [
        (GOOD, STILL, []),
        (GOOD, (-0.5, -1.0, 1.0), []),
        ((9.99, 8.0, 12.0), STILL, [MOVED]),
        ((10.0, 7.99, 12.0), STILL, [MOVED]),
        (GOOD, (0.51, -1.0, 1.0), [OTHER]),
        (GOOD, (-0.51, -1.0, 1.0), [OTHER]),
        (GOOD, (0.0, -1.01, 1.0), [OTHER]),
        (GOOD, (0.0, -1.0, 1.01), [OTHER]),
        ((9.0, 7.0, 11.0), (2.0, 1.0, 3.0), [MOVED, OTHER]),
        ((-12.0, -14.0, -10.0), STILL, [MOVED]),
    ],
)
def test_each_limit_is_kept_on_either_side(moved, other, failed):
    found = shortfalls([change(MOVED, *moved), change(OTHER, *other)], MOVED, 10.0)
    assert [reason.split()[0] for reason in found] == failed


def test_for_another_size_the_lower_limit_goes_along():
    assert not shortfalls([change(MOVED, 5.0, 4.0, 6.0)], MOVED, 5.0)
    assert shortfalls([change(MOVED, 5.0, 3.9, 6.0)], MOVED, 5.0)


def test_of_a_list_another_drive_is_held_on_the_goals_that_require_the_moved_one():
    each = {"one": 0.0, "two": -2.0}
    assert not shortfalls([change(OTHER, -1.0, 0.0, 0.0, 0.0, each)], MOVED, 10.0)
    assert shortfalls([change(OTHER, 0.0, 0.0, 0.0, 0.6, each)], MOVED, 10.0)
    assert shortfalls([change(OTHER, -1.0, 0.0, 0.0, None, each)], MOVED, 10.0)


def test_limits_of_a_list_are_the_least_and_largest_change_of_the_goals_that_require_the_moved_drive():
    required = np.array([[True, True, False], [True, True, True]])
    arms = [
        ArmShares(np.array(share), required, np.zeros(3), np.ones(3), ("a", "b", "c"))
        for share in ([[10.0, 20.0, 0.0], [5.0, 5.0, 5.0]], [[30.0, 34.0, 0.0], [4.0, 8.0, 9.0]])
    ]
    bench = SimpleNamespace(
        measured=lambda arm, _: arms[arm],
        names=[MOVED, OTHER],
        question=SimpleNamespace(listed=True),
    )
    moved, other = changes_of(bench, 0, 1, (0, 0), 0)
    assert (moved.low, moved.estimate, moved.high) == pytest.approx((34 / 3,) * 3)
    assert (other.low, other.core, other.high) == (-1.0, 1.0, 3.0)
    assert other.estimate == pytest.approx(2.0)
    assert moved.each == {"a": 20.0, "b": 14.0, "c": 0.0}
