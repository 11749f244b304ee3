"""Odds: where an action of a third-party environment leads, exactly if it draws one number, or estimated."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, pairwise
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.errors import WorldError
from telos.core.shown import shown
from telos.interop._generators import FIRST, Draw, FirstWord
from telos.interop._reader import EnvReader, EnvState, TriedStep

#: Draws with which a step is tried first: its least and greatest, and the middles of this many parts.
PARTS = 10
#: Denominators that are tried first for a boundary, smallest first.
ROUND = (*range(2, 11), 12, 13, 16, 20, 25, 50, 52, 100, 200, 250, 500, 1000, 10**4, 10**5)
#: How far to either side of a boundary is looked: sums of probabilities are rounded.
NEAR = {53: 256, 32: 2}
#: Seeds that are tried again whenever a state is reached again; of the draws above, the least, and from
#: the third on one in `EVERY`, the greatest among them.
AGAIN, EVERY = 6, 3
#: Random draws on which a division of the first number drawn is tested.
TESTS = 8
#: Copies that a division of one step may cost.
DEAREST = 600
#: Draws of an estimate at first, and after doubling at most.
FEWEST, MOST = 128, 1 << 15
#: Draws of all estimates of a world together.
MOST_IN_ALL = 1 << 21
#: Of the intervals.
LEVEL = 0.95

#: Draws, and where each led.
Tried = tuple[tuple[Draw, EnvState], ...]


class NumberParts(NamedTuple):
    """Where each number that a step may draw leads.

    Args:
        bits: of the number. edges: where a part begins, from the second on, rising. to: each part's place.
    """

    bits: int
    edges: tuple[int, ...]
    to: tuple[EnvState, ...]

    def of(self, number: int) -> EnvState | None:
        """The place of a number; None if it is so near to an edge that rounding decides."""
        at = bisect_right(self.edges, number)
        near = NEAR[self.bits]
        adjacent = self.edges[max(0, at - 1) : at + 1]
        if any(abs(number - edge) <= near for edge in adjacent):
            return None
        # NumPy's bounded integers draw again at a few numbers just above a multiple of 2^32 / n.
        return self.to[at]


@final
@dataclass(frozen=True)
class ActionOdds:
    """Where an action leads, and how that is known.

    Args:
        steps: one for each place, in the order of the draws; then those that were tried besides.
        chance: {place: probability}, in the order of the draws.
        counts: how often each was drawn; empty where the probabilities are exact.
        half_width: half of the widest of their intervals; 0 where they are exact.
        again: (draw, place) of the draws that are tried again.
        drew: whether the step drew anything.
        parts: where each number leads, if the step draws only one and the probabilities are exact.
    """

    steps: tuple[TriedStep, ...]
    chance: dict[EnvState, float]
    counts: Counter[EnvState] = field(default_factory=Counter)
    half_width: float = 0.0
    again: Tried = ()
    drew: bool = False
    parts: NumberParts | None = None


class _Several(Exception):
    """A step drew more than the one number that it was thought to draw."""


@final
@dataclass(frozen=True)
class OddsFinder:
    """Finds the odds of actions.

    Args:
        reader: the environment.
        tolerance: the largest half of an interval; of what is rare but not tiny, half of the probability.
        fewest: draws of every step that is estimated, at least.
        known: boundaries found before, tried first: an environment has few.
        spent: how many estimates there were, and how many draws they took.
    """

    reader: EnvReader
    tolerance: float
    fewest: int = 0
    known: list[Fraction] = field(default_factory=list)
    spent: Counter[str] = field(default_factory=Counter)

    def odds(self, env: Any, action: int, at: EnvState) -> ActionOdds:
        """Where an action leads from a copy of `env`, which is at `at`."""
        draw = 0 if self.reader.reseed else FIRST
        first = self.reader.attempt(env, action, draw, at, quick=False)
        if not first.drew:
            place = first.sight.place
            return ActionOdds((first._replace(draw=None),), {place: 1.0}, again=((None, place),))
        divided = self._divided(env, action, at, first.bits) if first.bits else None
        return divided or self.estimate(env, action, at)

    def again(self, env: Any, action: int, at: EnvState, draws: Sequence[Draw] = ()) -> Tried:
        """(draw, place) of a few draws, the same ones whenever the state is reached.

        Args:
            env, action, at: as in `odds`. draws: those that were tried before; none: the first few of them.
        """
        reader = self.reader

        def tried(draws: Iterable[Draw]) -> Tried:
            return tuple(
                (draw, reader.attempt(env, action, draw, at).sight.place) for draw in draws
            )

        if draws:
            return tried(draws)
        first = reader.attempt(env, action, 0 if reader.reseed else FIRST, at)
        if not first.drew:
            return ((None, first.sight.place),)
        rest: Sequence[Draw] = range(1 if reader.reseed else 0, AGAIN)
        if first.bits and not reader.reseed:
            rest = [word(number, first.bits) for number in grid_of(first.bits)[2::EVERY]]
        return ((first.draw, first.sight.place), *tried(rest))

    def estimate(
        self, env: Any, action: int, at: EnvState, possible: Iterable[EnvState] = (), least: int = 0
    ) -> ActionOdds:
        """Odds from as many draws as it takes until every interval is small.

        Before look number k at the intervals (Clopper and Pearson's) the level is raised to
        `1 - 0.05 / (k (k + 1))`, so that of all looks together one interval in twenty may be wrong.

        Args:
            env, action, at: as in `odds`. possible: places met in walks, each of which must be drawn.
            least: draws in any case: as many as walks met, so that the two can be compared.
        """
        counts = Counter(dict.fromkeys(possible, 0))
        steps: dict[EnvState, TriedStep] = {}
        # What the least or the greatest first number leads to can happen, so it must be drawn once.
        for end in () if self.reader.reseed else (word(0, 53), word((1 << 53) - 1, 53)):
            step = self.reader.attempt(env, action, end, at)
            steps.setdefault(step.sight.place, step)
            counts[step.sight.place] += 0
        # Seeds of this pair's own: with the same ones everywhere, all pairs would err alike.
        self.spent["estimates"] += 1
        first = self.spent["estimates"] << 24
        goal = done = 0
        fewest = min(FEWEST, max(16, int(self.tolerance**-2)))
        for look in count(1):
            goal = fewest << (look - 1)
            for draw in range(first + done, first + goal):
                step = self.reader.attempt(env, action, draw, at)
                steps.setdefault(step.sight.place, step)
                counts[step.sight.place] += 1
            self.spent["draws"] += goal - done
            done, total = goal, counts.total()
            wide = half_widths(counts, 1.0 - (1.0 - LEVEL) / (look * (look + 1)))
            bad = [to for to, half in wide.items() if not self._small(counts[to] / total, half)]
            if not bad and goal >= min(MOST, max(least, self.fewest)):
                break
            if bad and (goal >= MOST or self.spent["draws"] > MOST_IN_ALL):
                raise self._too_wide(action, at, bad[0], counts, wide[bad[0]])
        chance = {to: counts[to] / total for to in (*steps, *counts)}
        again = self.again(env, action, at)
        return ActionOdds(tuple(steps.values()), chance, counts, max(wide.values()), again, True)

    def _small(self, chance: float, half_width: float) -> bool:
        """Whether the interval of something that was met is small enough."""
        rare = min(chance, 1.0 - chance)
        most = min(self.tolerance, max(rare / 2, self.tolerance / 10))
        return chance > 0.0 and half_width <= most

    def _divided(self, env: Any, action: int, at: EnvState, bits: int) -> ActionOdds | None:
        """Exact odds of a step that draws one number: its range is divided where the place changes.

        Found are all parts wider than a tenth, those at both ends however narrow, and those adjacent to
        a boundary of others. None if the step turns out to draw more, or the parts do not hold for
        numbers drawn at random.
        """
        steps: dict[int, TriedStep] = {}

        def place(number: int) -> EnvState:
            if number not in steps:
                step = self.reader.attempt(env, action, word(number, bits), at)
                if step.bits != bits or len(steps) > DEAREST:
                    raise _Several
                steps[number] = step
            return steps[number].sight.place

        grid = grid_of(bits)
        try:
            firsts = [place(number) for number in grid]
            edges = [
                edge
                for low, high in pairwise(grid)
                for edge in _edges_between(place, bits, self.known, low, high)
            ]
            rng = np.random.default_rng(bits)
            for number in rng.integers(1 << bits, size=TESTS if edges else 0).tolist():
                part = [to for edge, to in edges if edge <= Fraction(number, 1 << bits)]
                if place(number) != (part[-1] if part else firsts[0]):
                    return None
            middles = [int(edge * (1 << bits)) for edge, _ in edges]
            adjacent = [
                n for mid in middles for n in (mid - NEAR[bits], mid + NEAR[bits]) if place(n)
            ]
        except _Several:
            return None
        chance: dict[EnvState, Fraction] = {}
        bounds = [(Fraction(0), firsts[0]), *edges, (Fraction(1), firsts[0])]
        for (low, to), (high, _) in pairwise(bounds):
            chance[to] = chance.get(to, Fraction(0)) + high - low
        leads = {step.sight.place: step for _, step in sorted(steps.items(), reverse=True)}
        return ActionOdds(
            (*(leads[to] for to in chance), *(steps[number] for number in grid)),
            {to: float(share) for to, share in chance.items()},
            again=tuple((steps[n].draw, place(n)) for n in (grid[0], *grid[2::EVERY], *adjacent)),
            drew=True,
            parts=NumberParts(bits, tuple(middles), (firsts[0], *(to for _, to in edges))),
        )

    def _too_wide(
        self, action: int, at: EnvState, to: EnvState, counts: Counter[EnvState], half_width: float
    ) -> WorldError:
        total, where = counts.total(), self.reader.where(at, action)
        if not counts[to]:
            return WorldError(
                f"{where}: a step of the environment leads to {shown(to.key, 40)}, but none of {total:,} "
                "draws in copies does. Either it is rarer than can be estimated, or it depends on a "
                "generator that was not found: say with reseed= how that is seeded."
            )
        return WorldError(
            f"{where}: after {total:,} draws the probability of {shown(to.key, 40)} is "
            f"{counts[to] / total:.4g} ± {half_width:.2g}, which is wider than tolerance="
            f"{self.tolerance:g} allows, and {self.spent['draws']:,} draws were made in all. Pass a larger "
            "tolerance, or a key that distinguishes fewer states."
        )


def _edges_between(
    place: Callable[[int], EnvState], bits: int, known: list[Fraction], low: int, high: int
) -> list[tuple[Fraction, EnvState]]:
    """[(boundary, the place from there on)] between two numbers, of which `place` says where they lead.

    Args:
        place, bits: of the number. known: boundaries to try first; what is found joins them.
        low, high: the two numbers.
    """
    if place(low) == place(high):
        return []
    if high - low == 1:
        return [(Fraction(high, 1 << bits), place(high))]
    near = NEAR[bits]
    guess = _guess(bits, known, low + near, high - near)
    if guess is None:
        middle = (low + high) // 2
        return [
            *_edges_between(place, bits, known, low, middle),
            *_edges_between(place, bits, known, middle, high),
        ]
    at = int(guess * (1 << bits))
    left, right = at - near, at + near
    found = _edges_between(place, bits, known, low, left)
    if place(left) != place(right):
        found.append((guess, place(right)))
        if guess not in known:
            known.append(guess)
    return found + _edges_between(place, bits, known, right, high)


def _guess(bits: int, known: list[Fraction], low: int, high: int) -> Fraction | None:
    """A boundary known from other steps, or a round fraction, strictly between; None: neither."""
    size = 1 << bits
    for fraction in known:
        if low < fraction * size < high:
            return fraction
    for denominator in ROUND:
        numerator = (low + high) * denominator // (2 * size)
        for close in (numerator, numerator + 1):
            if low < Fraction(close * size, denominator) < high:
                return Fraction(close, denominator)
    return None


def grid_of(bits: int) -> list[int]:
    """The least number, about the middles of equal parts, and the greatest.

    NumPy's `integers(n)` rejects 0, and some numbers just above a multiple of 2^32 / n; so the middles
    are moved by a part that no n in use divides.
    """
    size = 1 << bits
    middles = ((2 * i + 1) * size // (2 * PARTS) + size // 10_007 for i in range(PARTS))
    return [int(bits == 32), *middles, size - 1]


def word(number: int, bits: int) -> FirstWord:
    """The draw whose first word makes a number of that many bits."""
    return FirstWord(number << 11 if bits == 53 else (1 << 63) + number)


def half_widths(counts: Mapping[EnvState, int], level: float) -> dict[EnvState, float]:
    """How far each place's probability may be from its share; where one place was met, from 1.

    Args:
        counts: how often each was drawn. level: the share of intervals that hold the probability.
    """
    total = sum(counts.values())
    wide = {}
    for place, met in counts.items():
        low, high = interval(met, total, level)
        wide[place] = max(high - met / total, met / total - low)
    return wide


def interval(met: int, total: int, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a probability of something met `met` times in `total` draws.

    Example:
        >>> low, high = interval(0, 100, 0.95)
        >>> low, round(high, 3)
        (0.0, 0.036)

    References:
        Clopper and Pearson (1934), The use of confidence or fiducial limits.
    """
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2
    low = 0.0 if met == 0 else float(betaincinv(met, total - met + 1, tail))
    high = 1.0 if met == total else float(betaincinv(met + 1, total - met, 1.0 - tail))
    return low, high
