"""Search: a pair of settings between which one drive is worth more, and the others are worth the same."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import final

import numpy as np

from telos.assay.bench import Bench, Block
from telos.assay.ends import KnobTurned
from telos.assay.parameters import Setting, setting_of
from telos.assay.toward import Reached, toward
from telos.core.arrays import Floats, floats
from telos.core.errors import TelosError

#: What is aimed at, in parts of what is asked for: fresh goals move it by some points' tenths.
AIM = 1.12
#: In the search a drive is met within this many points, and the others may differ by this many.
NEAR, APART = 0.1, 0.4
#: Below this part of what is asked for, on the goals of the first steps, a pair is given up.
SHORT = 0.9
#: And where other drives move by this multiple of what is let pass.
HOPELESS = 3.0
#: Parameters that are tried alone, and with one for each other drive, the purest first.
MAIN = 2
#: What it counts against a parameter to be turned through all that it has, in parts of another drive moved.
STRAIN = 0.2
#: What a share is held away from 0, where nobody pursues a drive, and from the most that was found.
FLOOR = 0.2


@final
@dataclasses.dataclass(frozen=True, eq=False)
class CandidatePair:
    """A pair of settings that a search came to.

    Args:
        low, high: the settings. moves: F[D], change of the mean shares on the goals of the search.
        names: of the parameters that were turned.
    """

    low: Setting
    high: Setting
    moves: Floats
    names: tuple[str, ...]

    def confounded(self, drive: int) -> float:
        """The largest change of the other drives, in points."""
        return float(np.abs(np.delete(self.moves, drive)).max(initial=0.0))

    def fits(self, drive: int, size: float) -> bool:
        """Whether it is worth a certificate."""
        return bool(self.moves[drive] >= size and self.confounded(drive) <= APART)


def candidates(
    bench: Bench, turns: Sequence[KnobTurned], drive: int, blocks: tuple[Block, Block]
) -> Iterator[CandidatePair]:
    """Pairs for one drive: by one parameter, by one a drive, by all; each on many goals in the end.

    Few parameters come first: each that is turned changes a sentence of what a model is told.

    Args:
        bench: of the scenario. turns: of its parameters. drive: its place among the bench's.
        blocks: the goals of the first steps, and those of the last.
    """
    usable = [turn for turn in turns if turn.parameter.turnable and not turn.why]
    usable = [turn for turn in usable if np.abs(turn.moves).max(initial=0.0) > NEAR]
    if sum(abs(turn.moves[drive]) for turn in usable) < bench.question.size:
        return  # not even all of them together
    ranked = _by_purity(usable, drive, bench.question.size)[:MAIN]
    if not ranked:
        return
    sets = [[one] for one in ranked] + [_one_each(one, usable, bench) for one in ranked] + [usable]
    tried: list[set[str]] = []
    for chosen in sets:
        names = {turn.parameter.name for turn in chosen}
        if names not in tried:
            tried.append(names)
            found = _Hunt(bench, tuple(chosen), drive, blocks).pair()
            if found is not None:
                yield found


def _by_purity(turns: Sequence[KnobTurned], drive: int, size: float) -> list[KnobTurned]:
    """Those that move a drive far enough, the ones that move little else first; else the farthest first."""
    most = max((abs(turn.moves[drive]) for turn in turns), default=0.0)
    far = [turn for turn in turns if abs(turn.moves[drive]) >= min(size, 0.8 * most) > 0.0]

    def impurity(turn: KnobTurned) -> float:
        local = np.abs(turn.slope) + 1e-3
        others = float(np.delete(local, drive).max(initial=0.0) / local[drive])
        far_off = STRAIN * size / abs(float(turn.moves[drive]))
        return others + far_off + (turn.side == "with")

    return sorted(far, key=impurity)


def _one_each(main: KnobTurned, turns: Sequence[KnobTurned], bench: Bench) -> list[KnobTurned]:
    """A parameter, and for each drive that none yet is there for the purest of those left."""
    chosen = [main]
    for other in range(len(bench.names)):
        left = [turn for turn in turns if turn not in chosen]
        best = _by_purity(left, other, bench.question.size)
        if best and not _moves_most(chosen, other):
            chosen.append(best[0])
    return chosen


def _moves_most(chosen: Sequence[KnobTurned], drive: int) -> bool:
    """Whether one of those chosen already is there for a drive."""
    return any(int(np.abs(turn.slope).argmax()) == drive for turn in chosen)


@final
@dataclasses.dataclass(frozen=True, eq=False)
class _Hunt:
    """The search for a pair by some parameters."""

    bench: Bench
    turns: tuple[KnobTurned, ...]
    drive: int
    blocks: tuple[Block, Block]

    @property
    def rows(self) -> list[int]:
        """The drives that are held: one parameter alone can hold none but the one that it moves."""
        return [self.drive] if len(self.turns) == 1 else list(range(len(self.bench.names)))

    def pair(self) -> CandidatePair | None:
        """The pair that is found, measured on the second block; None where nothing can be built."""
        few, many = self.blocks
        box = (
            floats([turn.low for turn in self.turns]),
            floats([turn.high for turn in self.turns]),
        )
        slope = floats(np.array([turn.slope for turn in self.turns]).T[self.rows])
        at = self.rows.index(self.drive)
        try:
            begin = Reached(self._own, self._found(self._own, few), slope, 0.0)
            low_aim, high_aim = self._aims(float(begin.value[at]))
            low = self._toward(begin, self._with(begin.value, at, low_aim), box, few)
            wanted = self._with(low.value, at, max(high_aim, float(low.value[at]) + self._far))
            high = self._toward(begin._replace(slope=low.slope), wanted, box, few)
            found = self._candidate(low, high, few)
            short = found.moves[self.drive] < SHORT * self.bench.question.size
            if short or found.confounded(self.drive) > HOPELESS * APART:
                return found  # more goals make it no better
            base = self._found(low.x, many)
            high = high._replace(value=self._found(high.x, many))
            high = self._toward(high, self._with(base, at, float(base[at]) + self._far), box, many)
        except TelosError:
            return None
        return self._candidate(low, high, many)

    @property
    def _far(self) -> float:
        return AIM * self.bench.question.size

    def _aims(self, own: float) -> tuple[float, float]:
        """The mean shares aimed at: around the scenario's own, as far as floor and ceiling allow."""
        ends = (
            self._found(
                floats(np.where(np.arange(len(self.turns)) == k, end, self._own)), self.blocks[0]
            )
            for k, turn in enumerate(self.turns)
            for end in (turn.low, turn.high)
        )
        ceiling = max(float(value[self.rows.index(self.drive)]) for value in ends)
        low = min(own - self._far / 2.0, ceiling - FLOOR - self._far)
        low = max(low, min(FLOOR, own))
        return low, low + self._far

    @property
    def _own(self) -> Floats:
        """F[K], the coordinates of the scenario's own values."""
        return floats([turn.parameter.at(turn.parameter.value) for turn in self.turns])

    def _with(self, value: Floats, at: int, aim: float) -> Floats:
        target = np.array(value)
        target[at] = aim
        return floats(target)

    def _toward(
        self, begin: Reached, target: Floats, box: tuple[Floats, Floats], block: Block
    ) -> Reached:
        return toward(lambda x: self._found(x, block), begin, target, box, tolerance=NEAR / 2.0)

    def _setting(self, x: Floats) -> Setting:
        """The setting at coordinates; a parameter that was not moved keeps its own digits."""
        values = {}
        for turn, place in zip(self.turns, x.tolist(), strict=True):
            one = turn.parameter
            values[one.name] = one.value if place == one.at(one.value) else one.to(place)
        return setting_of(self.bench.parameters, values)

    def _found(self, x: Floats, block: Block) -> Floats:
        return floats(self._means(self._setting(x), block)[self.rows])

    def _means(self, setting: Setting, block: Block) -> Floats:
        core = self.bench.core(self.drive, block)
        return self.bench.measured(setting, block).apart(self.drive, core)

    def _candidate(self, low: Reached, high: Reached, block: Block) -> CandidatePair:
        arms = self._setting(low.x), self._setting(high.x)
        means = [self._means(arm, block) for arm in arms]
        names = sorted({name for arm in arms for name, _ in arm})
        return CandidatePair(*arms, floats(means[1] - means[0]), tuple(names))
