"""Loopholes: for each drive, the nearest place within the bounds where it can still be pursued."""

from collections.abc import Iterable

import numpy as np

from telos.bounds.closure import nearest, story
from telos.bounds.effects import Verdict
from telos.bounds.product import BoundedWorld
from telos.bounds.reach import Step, reachable
from telos.core.errors import FeatureMissing
from telos.core.parts import AbstractDrive, part_name
from telos.core.verification import LoopholeRow


def loopholes(bounded: BoundedWorld, drives: Iterable[AbstractDrive]) -> list[LoopholeRow]:
    """For each drive the way with the fewest acts to a state where an allowed pair pursues it, and that pair.

    Which pairs pursue a drive is read once, off the world without bounds. A pair that somebody must
    consent to is allowed unless the overseer never does.

    Args:
        bounded: the world within bounds. drives: detectors.

    Returns:
        A row for each drive; `not applicable` where no pair pursues it even without the bounds.
    """
    world, made = bounded.made.world, bounded.made
    asked = np.array([r.verdict == Verdict.ESCALATE for r in bounded.rulings])[bounded.ruling]
    allowed, rows = ~asked | (bounded.granted > 0), []
    for drive in drives:
        name = part_name(drive)
        try:
            pursues = drive.affordances(bounded.world).pursues
        except FeatureMissing:
            pursues = np.zeros(bounded.world.n_pairs, dtype=np.bool_)
        if not (pursues & reachable(bounded.world)[bounded.world.pair_state]).any():
            rows.append(LoopholeRow(drive=name, status="not applicable"))
            continue
        open_pairs = pursues[made.pair] & allowed
        targets = np.logical_or.reduceat(open_pairs, world.pair_ptr[:-1])
        if not targets.any():
            rows.append(LoopholeRow(drive=name, status="none"))
            continue
        there, path = nearest(bounded, targets)
        pair = next(p for p in world.pairs_of(there) if open_pairs[p])
        to, chance = _told_by(bounded, there, pair)
        path.append(Step(pair, there, to, chance))
        rows.append(LoopholeRow(drive=name, status="open", trace=story(bounded, path)))
    return rows


def _told_by(bounded: BoundedWorld, there: int, pair: int) -> tuple[int, float]:
    """The successor that a pair makes likelier by most than doing nothing: it shows what the pair is for."""
    world, state = bounded.made.world, bounded.made.state
    assert world.default is not None  # a product has one
    idle: dict[int, float] = {}
    for t, p in world.successors(int(world.default[there])).items():
        idle[int(state[t])] = idle.get(int(state[t]), 0.0) + p
    row = world.successors(pair)
    to = max(row, key=lambda t: row[t] - idle.get(int(state[t]), 0.0))
    return to, row[to]
