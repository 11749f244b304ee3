"""Ends: each parameter turned as far as the scenario allows, what that moves, and who lives with it."""

import dataclasses
from typing import final

import numpy as np

from telos.assay.bench import POINTS, ArmShares, Bench, Block
from telos.assay.parameters import Parameter, setting_of
from telos.core.arrays import Floats, floats
from telos.core.assay import Knob, Side
from telos.core.errors import TelosError

#: Parts of the way to an end that are tried before a parameter is left where it is.
PARTS = (1.0, 0.5, 0.25)
#: Points of mean share, or of the value range, below which nothing is said to move.
LEAST = 0.5
#: The part of the farthest share that V* moves by where those with a drive live with a parameter, too.
PART_OF_VALUE = 0.5
#: The step of the Jacobian, in coordinates.
STEP = 0.5


@final
@dataclasses.dataclass(frozen=True, eq=False)
class KnobTurned:
    """A parameter turned to both of its ends, and by a little.

    Args:
        parameter: which. low, high: the coordinates that can be built.
        moves: F[D], the change of the mean shares from the low end to the high one, in points.
        value_moved: the mean change of V* between them, in points of the value range.
        slope: F[D], the derivative of the mean shares at the scenario's own value; 0 for integers.
        why: it cannot be turned; empty if it can.
    """

    parameter: Parameter
    low: float
    high: float
    moves: Floats
    value_moved: float
    slope: Floats
    why: str = ""

    @property
    def side(self) -> Side:
        """Who lives with it: those with a drive, too, if V* moves by half of what any share does."""
        most, value = float(np.abs(self.moves).max(initial=0.0)), abs(self.value_moved)
        if max(most, value) < LEAST:
            return "neither"
        return "with" if value > max(PART_OF_VALUE * most, LEAST) else "without"

    def knob(self, names: list[str]) -> Knob:
        """As the results state it."""
        one = self.parameter
        moves = {} if self.why else dict(zip(names, self.moves.tolist(), strict=True))
        return Knob(
            name=one.name,
            kind=one.kind,
            value=one.value,
            low=one.value if self.why else one.to(self.low),
            high=one.value if self.why else one.to(self.high),
            moves=moves,
            value_moved=None if self.why else self.value_moved,
            side=self.side,
            why=self.why or _diagnosis(self),
        )


def turns_of(bench: Bench, block: Block) -> list[KnobTurned]:
    """Every parameter turned to its ends, on the goals of a block.

    Args:
        bench: of the scenario. block: of goals.
    """
    base = bench.measured((), block)
    return [_turn(bench, one, base, block) for one in bench.parameters.values()]


def _turn(bench: Bench, one: Parameter, base: ArmShares, block: Block) -> KnobTurned:
    nothing = floats(np.zeros(len(bench.names)))
    own, reason, found = one.at(one.value), "", []
    for end in one.ends:
        arm, place = base, own
        for part in PARTS:
            x = own + part * (end - own)
            try:
                arm, place = _measured(bench, one, x, block), x
                break
            except TelosError as refused:
                reason = str(refused)
        found.append((place, arm))
    (low, least), (high, most) = found
    if low == high:
        return KnobTurned(one, own, own, nothing, 0.0, nothing, reason or "it has one value only.")
    known = base.spread > 0.0
    moved = (most.best - least.best)[known] / base.spread[known]
    value_moved = POINTS * float(moved.mean()) if known.any() else 0.0
    slope = _slope(bench, one, base, block) if one.turnable else nothing
    return KnobTurned(one, low, high, floats(most.mean - least.mean), value_moved, slope)


def _slope(bench: Bench, one: Parameter, base: ArmShares, block: Block) -> Floats:
    """F[D], by a step towards the farther end, or the other one where the scenario refuses that."""
    own, (low, high) = one.at(one.value), one.ends
    for x in sorted((own - STEP, own + STEP), key=lambda x: abs(x - (low + high) / 2.0)):
        try:
            arm = _measured(bench, one, x, block)
        except TelosError:
            continue
        return floats((arm.mean - base.mean) / (x - own))
    return floats(np.zeros(len(bench.names)))


def _measured(bench: Bench, one: Parameter, x: float, block: Block) -> ArmShares:
    return bench.measured(setting_of(bench.parameters, {one.name: one.to(x)}), block)


def _diagnosis(turn: KnobTurned) -> str:
    """What a parameter's side means for those who want arms of it; empty if there is nothing to say."""
    if turn.side == "with":
        return (
            f"V* moved by {turn.value_moved:.1f} points: this knob is on the with side; it gives or takes "
            "from those who have a drive, too."
        )
    return "" if turn.side == "without" else "it moves no drive."
