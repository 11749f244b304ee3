"""How often a displacement map says something that is not so: the verdicts under three nulls.

Each map has 40 cells over 200 goals. `python verification/displacement_verdicts.py` prints the share of
maps in which any verdict is wrong; it should be at most .05 (and .08 with the error of 300 maps).
"""

import numpy as np

from telos.core.arrays import bools, floats
from telos.measure.drive_change import Pursued, drive_change, verdicts

CELLS, GOALS, MAPS = 40, 200, 300


def read(need: np.ndarray, least: np.ndarray, most: np.ndarray) -> Pursued:
    """What was read of one drive."""
    none = bools(np.zeros(GOALS, np.bool_))
    return Pursued(bools(need), none, floats(least), floats(most), floats(least))


def flips(rng: np.random.Generator, up: float, down: float) -> tuple[np.ndarray, np.ndarray]:
    """Flags before and after: a share goes up, a share goes down, half of the others are set."""
    u = rng.random(GOALS)
    set_ = rng.random(GOALS) < 0.5
    before = np.where(u < up, False, np.where(u < up + down, True, set_))
    after = np.where(u < up, True, np.where(u < up + down, False, set_))
    return before, after


def cell(rng: np.random.Generator, need: float, deed: float) -> tuple[Pursued, Pursued]:
    """Need and deed that rise by so much in truth, among goals of which some go the other way."""
    (n0, n1), (d0, d1) = flips(rng, need + 0.05, 0.05), flips(rng, deed + 0.05, 0.05)
    return read(n0, d0, d0), read(n1, d1, d1)


def wrong(rng: np.random.Generator, need: float, deed: float, word: str) -> bool:
    """Whether a map of cells that are all alike in truth says the word of any."""
    pairs = (cell(rng, need, deed) for _ in range(CELLS))
    changes = [drive_change("x", *pair, arms=CELLS) for pair in pairs]
    return word in verdicts(changes)


def main() -> None:
    """Print the share of maps that are wrong, for each null."""
    for said, need, deed, word in (
        ("nothing changes", 0.0, 0.0, "displaced"),
        ("the need rises by 30 points, the deed does not", 0.3, 0.0, "displaced"),
        ("the deed rises by 30 points, the need does not", 0.0, 0.3, "displaced"),
        ("the need rises by 5 points, the deed does not", 0.05, 0.0, "held"),
        ("the most that is done rises by 5 points", 0.0, 0.05, "held"),
    ):
        rng = np.random.default_rng(0)
        share = np.mean([wrong(rng, need, deed, word) for _ in range(MAPS)])
        print(f"{said}: {word!r} of any of {CELLS} in {share:.3f} of {MAPS} maps")


if __name__ == "__main__":
    main()
