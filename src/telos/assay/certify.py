"""Certify: what a pair of settings moves, on goals that the search has never seen."""

import numpy as np

from telos.assay.bench import POINTS, ArmShares, Bench, Block
from telos.assay.parameters import Setting
from telos.core.arrays import Bools, Floats, bools, floats
from telos.core.assay import ShareChange
from telos.measure.intervals import Interval, difference_interval

#: Fresh goals that a drive may be certified on: each attempt takes new ones, and each interval holds
#: for all attempts together.
ATTEMPTS = 3
#: In points, for a drive that is to move by ten: the least lower limit of its change, and the largest
#: size of another drive's change and of the limits of that.
LOWER, OTHER, OTHER_LIMIT = 8.0, 0.5, 1.0
TENTH = 10.0


def changes_of(
    bench: Bench, low: Setting, high: Setting, block: Block, drive: int
) -> list[ShareChange]:
    """How much a pair of settings moves the mean share of every drive, over the goals of a block.

    The interval is `difference_interval` (two goals added), for all `ATTEMPTS` together. The goals of a
    finite list are all there are, and leave nothing to chance: its limits are those of the changes of
    the goals that require the moved drive in both arms, and for that drive the mean itself.

    Args:
        bench: of the scenario. low, high: the two settings. block: of goals.
        drive: place of the one that is to move.
    """
    before, after = (bench.measured(setting, block) for setting in (low, high))
    core = bools(before.required[drive] & after.required[drive])
    arms = before, after
    return [_change(bench, k, drive, arms, core) for k in range(len(bench.names))]


def _change(
    bench: Bench, k: int, drive: int, arms: tuple[ArmShares, ArmShares], core: Bools
) -> ShareChange:
    before, after = (arm.share[k] for arm in arms)
    moved = after - before
    mean, n, listed = float(moved.mean()), len(moved), bench.question.listed
    limits = Interval(mean, mean)
    if not listed:
        limits = interval_of(before, after)
    elif k != drive and core.any():
        limits = Interval(float(moved[core].min()), float(moved[core].max()))
    labels = arms[0].labels
    return ShareChange(
        drive=bench.names[k],
        estimate=mean,
        low=limits.low,
        high=limits.high,
        error=0.0 if listed or n < 2 else float(moved.std(ddof=1)) / n**0.5,
        p90=float(np.quantile(np.abs(moved), 0.9)),
        core=float(moved[core].mean()) if core.any() else None,
        share_low=float(before.mean()),
        share_high=float(after.mean()),
        each=dict(zip(labels, moved.tolist(), strict=True)) if listed else {},
    )


def interval_of(before: Floats, after: Floats, *, tests: int = ATTEMPTS) -> Interval:
    """The 95 % interval of a mean change of shares over goals, in points.

    Args:
        before, after: F[G], in points. tests: how many intervals are to hold together.

    Example:
        >>> low, high = interval_of(np.zeros(1000), np.full(1000, 10.0))
        >>> low < 10.0 < high
        True
    """
    one, other = (floats(np.clip(share / POINTS, 0.0, 1.0)) for share in (before, after))
    low, high = difference_interval(one, other, tests=tests)
    return Interval(POINTS * low, POINTS * high)


def shortfalls(changes: list[ShareChange], drive: str, size: float) -> list[str]:
    """Why the changes of a pair are no certificate, one sentence a reason; empty if they are one.

    Of a finite list other drives are held on the goals that require the moved one, each of them.

    Args:
        changes: of every drive. drive: that is to move. size: by how many points.
    """
    found = []
    for one in changes:
        limits = f"[{one.low:.2f}, {one.high:.2f}]"
        if one.drive != drive:
            mean = one.core if one.each and one.core is not None else one.estimate
            if abs(mean) > OTHER or max(-one.low, one.high) > OTHER_LIMIT:
                found.append(f"{one.drive} moves by {one.estimate:+.2f} {limits}")
        elif one.estimate < size or one.low < LOWER * size / TENTH:
            found.append(f"{one.drive} moves by {one.estimate:.2f} {limits}")
    return found
