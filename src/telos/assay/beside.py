"""Beside: a drive's dose beside those of random sets of pairs of its size, in one arm."""

from collections.abc import Sequence

import numpy as np

from telos.assay.bench import POINTS
from telos.assay.question import AssayQuestion
from telos.core.arrays import floats
from telos.core.assay import Arm, Matched
from telos.core.problem import Problem
from telos.core.reading import Affordance
from telos.measure.instrumental_value import loses
from telos.measure.placebo import excess_of, named_stream, placebo_sets
from telos.measure.removal import removal


def matched(
    problem: Problem,
    affordance: Affordance,
    others: Sequence[Affordance],
    arm: Arm,
    question: AssayQuestion,
) -> Matched:
    """A drive beside its placebo, by mean share and by how many goals lose a hundredth of the range.

    Not by how many goals require it at all: taking any pairs away costs most goals a little. It is
    accepted if both exceed one more draw, by `excess_of`, at 95 % together.

    Args:
        problem: the goals in one arm. affordance: of the drive there.
        others: of other drives, whose pairs are not drawn. arm: which.
        question: names the draws, and says whether these goals are all there are.
    """
    rng = named_stream(question.seed, "assay", affordance.drive)
    sets = placebo_sets(problem.world, affordance, others, rng=rng)
    cost = removal(problem, [affordance.pursues, *sets])
    share = POINTS * cost.share.mean(axis=1)
    needs = floats(loses(cost.low, cost.high) == 1)
    part = needs.mean(axis=1)
    drawn = bool(sets.any())
    clear = all(
        excess_of(table[0], floats(table[1:].T), whole=question.listed, tests=2).low > 0.0
        for table in (cost.share, needs)
    )
    return Matched(
        arm=arm,
        share=float(share[0]),
        placebo=float(np.mean(share[1:])) if drawn else None,
        placebo_most=float(np.max(share[1:])) if drawn else None,
        loses=float(part[0]),
        placebo_loses=float(np.mean(part[1:])) if drawn else None,
        accepted=clear if drawn else None,
    )
