"""Odds: how likely each successor of one action is, exactly where a step draws one number, or estimated."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, pairwise
from typing import Any, NamedTuple, final

import numpy as np

from telos.core.errors import WorldError
from telos.core.shown import shown
from telos.interop import _chance
from telos.interop._division import NEAR, PARTS, Division, Parts, grid_of, word
from telos.interop._reader import Place, Reader, Step

#: Seeds that are tried again whenever a state is come to again; of the draws above, the least, and from
#: the third on one in so many, the greatest among them.
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
Tried = tuple[tuple[int, Place], ...]


@final
@dataclass(frozen=True)
class Odds:
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

    steps: tuple[Step, ...]
    chance: dict[Place, float]
    counts: Counter[Place] = field(default_factory=Counter)
    half_width: float = 0.0
    again: Tried = ()
    drew: bool = False
    parts: Parts | None = None


class _Several(Exception):
    """A step drew more than the one number that it was thought to draw."""


class Tolerance(NamedTuple):
    """How small intervals must be: at most `largest`, and half of what is rare but not tiny."""

    largest: float

    def allows(self, chance: float, half_width: float) -> bool:
        """Whether an interval is small enough."""
        rare = min(chance, 1.0 - chance)
        return half_width <= min(self.largest, max(rare / 2, self.largest / 10))


@final
@dataclass(frozen=True)
class Gambler:
    """Finds the odds of actions.

    Args:
        reader: the environment. tolerance: how small the intervals of estimates must be.
        known: boundaries found before, tried first: an environment has few.
        spent: how many estimates there were, and how many draws they took.
    """

    reader: Reader
    tolerance: Tolerance
    known: list[Fraction] = field(default_factory=list)
    spent: Counter[str] = field(default_factory=Counter)

    def odds(self, env: Any, action: int, at: Place) -> Odds:
        """Where an action leads from a copy of `env`, which is at `at`."""
        reader = self.reader
        if reader.chances > 1:
            return self._fixed(env, action, at)
        draw = 0 if reader.reseed else _chance.FIRST
        first = reader.attempt(env, action, draw, at, quick=False)
        if not first.drew:
            step = first._replace(draw=-1)
            return _sure(step)
        if first.bits:
            divided = self._divided(env, action, at, first.bits)
            if divided is not None:
                return divided
        if reader.chances == 1:
            steps = [reader.attempt(env, action, draw, at) for draw in range(PARTS)]
            return Odds(tuple(steps), {step.sight.place: 1.0 for step in steps}, drew=True)
        return self.estimate(env, action, at)

    def again(self, env: Any, action: int, at: Place, draws: Sequence[int] = ()) -> Tried:
        """(draw, place) of a few draws, the same ones whenever the state is come to.

        Args:
            env, action, at: as in `odds`. draws: those that were tried before; none: the first few of them.
        """
        reader = self.reader

        def place(draw: int) -> Place:
            return reader.attempt(env, action, draw, at).sight.place

        if draws:
            return tuple((draw, place(draw)) for draw in draws)
        seeds = _chance.stratified(reader.chances) if reader.chances > 1 else tuple(range(AGAIN))
        planned = seeds if reader.chances > 1 or reader.reseed else (_chance.FIRST,)
        first = reader.attempt(env, action, planned[0], at)
        if not first.drew:
            return ((-1, first.sight.place),)
        rest = planned[1:]
        if planned == (_chance.FIRST,):
            some = grid_of(first.bits)[2::EVERY] if first.bits else []
            rest = tuple(word(number, first.bits) for number in some) or seeds
        return ((first.draw, first.sight.place), *((draw, place(draw)) for draw in rest))

    def estimate(
        self, env: Any, action: int, at: Place, possible: Iterable[Place] = (), least: int = 0
    ) -> Odds:
        """Odds from as many draws as it takes until every interval is small.

        Before look number k at the intervals (Clopper and Pearson's) the level is raised to
        `1 - 0.05 / (k (k + 1))`, so that of all looks together one interval in twenty may be wrong.

        Args:
            env, action, at: as in `odds`. possible: places met in walks, each of which must be drawn.
            least: draws in any case: as many as walks met, so that the two can be told apart.

        Raises:
            WorldError: if that takes more draws than anybody would wait for.
        """
        counts = Counter(dict.fromkeys(possible, 0))
        steps: dict[Place, Step] = {}
        # What the least or the greatest first number leads to can happen, so it must be drawn once.
        for draw in () if self.reader.reseed else (word(0, 53), word((1 << 53) - 1, 53)):
            step = self.reader.attempt(env, action, draw, at)
            steps.setdefault(step.sight.place, step)
            counts[step.sight.place] += 0
        # Seeds of this pair's own: with the same ones everywhere, all pairs would err alike.
        self.spent["estimates"] += 1
        first = self.spent["estimates"] << 24
        goal = done = 0
        for look in count(1):
            goal = FEWEST << (look - 1)
            for draw in range(first + done, first + goal):
                step = self.reader.attempt(env, action, draw, at)
                steps.setdefault(step.sight.place, step)
                counts[step.sight.place] += 1
            self.spent["draws"] += goal - done
            done, total = goal, counts.total()
            wide = half_widths(counts, 1.0 - (1.0 - LEVEL) / (look * (look + 1)))
            bad = [
                to
                for to, h in wide.items()
                if not (counts[to] and self.tolerance.allows(counts[to] / total, h))
            ]
            if not bad and (goal >= least or goal >= MOST):
                break
            if not bad:
                continue
            if goal >= MOST or self.spent["draws"] > MOST_IN_ALL:
                raise self._too_wide(action, at, bad[0], counts, wide[bad[0]])
        chance = {to: counts[to] / total for to in (*steps, *counts)}
        again = self.again(env, action, at)
        return Odds(tuple(steps.values()), chance, counts, max(wide.values()), again, True)

    def _fixed(self, env: Any, action: int, at: Place) -> Odds:
        """Odds from the number of draws that the user gave, each of equal weight."""
        reader = self.reader
        draws = _chance.stratified(reader.chances)
        steps = [reader.attempt(env, action, draws[0], at, quick=False)]
        if not steps[0].drew:
            return _sure(steps[0]._replace(draw=-1))
        steps += [reader.attempt(env, action, draw, at) for draw in draws[1:]]
        counts = Counter(step.sight.place for step in steps)
        chance = {to: met / len(steps) for to, met in counts.items()}
        again = tuple((step.draw, step.sight.place) for step in steps)
        exact = None
        if all(step.bits == steps[0].bits > 0 for step in steps):
            exact = self._divided(env, action, at, steps[0].bits)
        if exact is None:
            wide = half_widths(counts, LEVEL)
            return Odds(tuple(steps), chance, counts, max(wide.values()), again, True)
        for place, share in exact.chance.items():
            if abs(chance.get(place, 0.0) - share) > 1e-9:
                raise WorldError(
                    f"{reader.where(at, action)}: with "
                    f"chances={reader.chances}, {shown(place.key, 40)} has the probability "
                    f"{chance.get(place, 0.0):.4g}, but the step draws one number and goes there for "
                    f'{share:.6g} of them. Pass chances="auto", which finds that, or a number of draws '
                    "of which all probabilities are multiples."
                )
        return Odds(tuple(steps), chance, again=again, drew=True, parts=exact.parts)

    def _divided(self, env: Any, action: int, at: Place, bits: int) -> Odds | None:
        """Exact odds of a step that draws one number: its range is divided where the place changes.

        Found are all parts wider than a tenth, those at both ends however narrow, and those beside
        a boundary of others. None if the step turns out to draw more, or the parts do not hold for
        numbers drawn at random.
        """
        reader = self.reader
        steps: dict[int, Step] = {}

        def place(number: int) -> Place:
            if number not in steps:
                step = reader.attempt(env, action, word(number, bits), at)
                if step.bits != bits or len(steps) > DEAREST:
                    raise _Several
                steps[number] = step
            return steps[number].sight.place

        grid = grid_of(bits)
        try:
            firsts = [place(number) for number in grid]
            division = Division(place, bits, self.known)
            edges = [edge for low, high in pairwise(grid) for edge in division.between(low, high)]
            rng = np.random.default_rng(bits)
            for number in rng.integers(1 << bits, size=TESTS if edges else 0).tolist():
                part = [to for edge, to in edges if edge <= Fraction(number, 1 << bits)]
                if place(number) != (part[-1] if part else firsts[0]):
                    return None
            middles = [int(edge * (1 << bits)) for edge, _ in edges]
            joint_world = [
                n for at_ in middles for n in (at_ - NEAR[bits], at_ + NEAR[bits]) if place(n)
            ]
        except _Several:
            return None
        chance: dict[Place, Fraction] = {}
        bounds = [(Fraction(0), firsts[0]), *edges, (Fraction(1), firsts[0])]
        for (low, to), (high, _) in pairwise(bounds):
            chance[to] = chance.get(to, Fraction(0)) + high - low
        leads = {step.sight.place: step for _, step in sorted(steps.items(), reverse=True)}
        return Odds(
            (*(leads[to] for to in chance), *(steps[number] for number in grid)),
            {to: float(share) for to, share in chance.items()},
            again=tuple(
                (steps[n].draw, place(n)) for n in (grid[0], *grid[2::EVERY], *joint_world)
            ),
            drew=True,
            parts=Parts(bits, tuple(middles), (firsts[0], *(to for _, to in edges))),
        )

    def _too_wide(
        self, action: int, at: Place, to: Place, counts: Counter[Place], half_width: float
    ) -> WorldError:
        total = counts.total()
        if not counts[to]:
            return WorldError(
                f"{self.reader.where(at, action)}: a step of the environment leads to "
                f"{shown(to.key, 40)}, but none of {total:,} draws in copies does. Either it is rarer than "
                "can be estimated, or it depends on a generator that was not found: say with reseed= how "
                "that is seeded."
            )
        return WorldError(
            f"{self.reader.where(at, action)}: after "
            f"{total:,} draws the probability of {shown(to.key, 40)} is {counts[to] / total:.4g} ± "
            f"{half_width:.2g}, which is wider than tolerance={self.tolerance.largest:g} allows, and "
            f"{self.spent['draws']:,} draws were made in all. Pass a larger tolerance, chances=n to have "
            "estimates from n draws, or a key that tells fewer states apart."
        )


def half_widths(counts: Mapping[Place, int], level: float) -> dict[Place, float]:
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


def _sure(step: Step) -> Odds:
    return Odds((step,), {step.sight.place: 1.0}, again=((step.draw, step.sight.place),))
