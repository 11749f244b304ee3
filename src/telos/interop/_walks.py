"""Long walks in the environment itself, without copies and with its own generator, held against the world."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import final

import numpy as np

from telos.core.errors import WorldError
from telos.core.evidence import against, apart, threshold
from telos.core.shown import shown
from telos.interop import _generators
from telos.interop._conflicts import KeyConflict, key_error, random_error
from telos.interop._generators import Draw
from telos.interop._odds import ActionOdds
from telos.interop._reader import ActionPath, EnvReader, EnvReading, EnvState
from telos.interop._search import StateSearch

#: Steps walked in all: at least this many, and a multiple of the number of pairs. The search looks one
#: step further than its own shortest paths; a counter that acts later is met only by a long walk.
STEPS = {"none": (0, 0), "sample": (2_000, 1), "full": (20_000, 10)}
#: Where steps draw, this many times as many: a trap of probability 1/1000 in every second step is then
#: missed once in twenty thousand worlds.
DRAWING = 10
#: Into how many walks that do not end early the steps are divided.
WALKS = 4
#: How often an action that mostly ends the episode is taken, where there is another.
ENDING = 0.05
#: The first of the seeds of walks, far from those of the search.
STREAM = 1 << 50
#: Steps of estimated pairs that are made again by another path, at most.
REPEATED = 500
#: How often the walks begin anew after something was found that the search had missed.
ROUNDS = 20


@final
@dataclass(frozen=True)
class RandomWalks:
    """Walks through an environment beside the world that a search found.

    Args:
        searcher: the search, which goes on where a walk finds a place that it did not.
        verify: "none", "sample" or "full".
        seeds: of the resets from which walks begin, each to a state that was found.
        counts: what the walks met: {(state, action): {place: how often}}.
        going: the actions of each state that mostly do not end the episode.
        known: under "walks" how many there were; under "refuted" 1 if a pair that passed for exact was
            not; under "repeated" how many steps were made again by another path.
    """

    searcher: StateSearch
    verify: str
    seeds: tuple[int, ...]
    counts: dict[tuple[int, int], Counter[EnvState]] = field(default_factory=dict)
    going: dict[int, list[int]] = field(default_factory=dict)
    known: Counter[str] = field(default_factory=Counter)

    @property
    def reader(self) -> EnvReader:
        """The environment."""
        return self.searcher.reader

    def row(self, pair: tuple[int, int]) -> ActionOdds:
        """What the search found of a pair."""
        return self.searcher.found.rows[pair[0]][pair[1]]

    def run(self) -> None:
        """Walk at random until as many steps as asked for agree with the world.

        Support: where a step leads to a place that its pair does not, a step from the same place with
        the same draw says whether chance or the key is to blame. Frequencies: evidence beyond 1e-6,
        over all pairs (see `telos.core.evidence`). Both lead to more draws.
        """
        least, times = STEPS[self.verify]
        if not least:
            return
        for _ in range(ROUNDS):
            rows = self.searcher.found.rows
            pairs = sum(map(len, rows))
            drawing = any(row.drew for here in rows for row in here.values())
            budget = max(least, times * pairs) * (DRAWING if drawing else 1)
            if self._walked(budget) and self._fits():
                return
        raise WorldError(
            f"{self.reader.name}: after {ROUNDS} rounds of walks the environment still does what was not "
            "found before. Let key distinguish fewer states."
        )

    def _walked(self, budget: int) -> bool:
        """Whether a budget of steps met only what was known."""
        rng = np.random.default_rng(self.known["walks"])
        walked = 0
        while walked < budget:
            number = self.known["walks"]
            self.known["walks"] += 1
            taken = self._one(self.seeds[number % len(self.seeds)], number, budget // WALKS, rng)
            if taken < 0:
                return False
            self.reader.check_globals(f"{self.reader.name}: a step of a walk")
            walked += 1 + taken
        return True

    def _one(self, seed: int, number: int, most: int, rng: np.random.Generator) -> int:
        """Steps of one walk that met only what was known; -1 if something else was met, and is known now."""
        reader, found = self.reader, self.searcher.found
        sight = reader.begin(seed)
        s = found.index.get(sight.place, -1)
        if s < 0:
            first = next(i for i, came in enumerate(found.came) if came[:2] == (-1, seed))
            raise random_error(reader, ActionPath(seed), found.sights[first], sight)
        # With reseed= the owner says how chances are set, else the generators get a sequence of their own.
        path = ActionPath(seed, (), STREAM + number)
        reader.set(reader.env, path.stream)
        held = reader.generators(reader.env)
        steps: list[tuple[int, Draw]] = []
        for taken in range(most):
            if sight != found.sights[s]:
                reader.check_globals(f"{reader.name}: a step of a walk")
                path = path._replace(steps=tuple(steps))
                raise key_error(reader, KeyConflict(found.path(s), path, found.sights[s], sight))
            if sight.place.ended:
                return taken
            action = self._choice(s, reader.legal_in(sight), rng)
            row = found.rows[s][action]
            before = _generators.states(held) if row.drew else []
            after = reader.step(reader.env, action, None, sight.place, quick=True)
            if after.place not in row.chance:
                self._surprised(s, action, path._replace(steps=tuple(steps)), before, after)
                return -1
            if row.drew:
                self.counts.setdefault((s, action), Counter())[after.place] += 1
                now = path._replace(steps=tuple(steps))
                if not self._as_known(s, action, held, now, before, after):
                    return -1
            steps.append((action, None))
            sight, s = after, found.index[after.place]
        return most

    def _as_known(
        self,
        s: int,
        action: int,
        held: list[object],
        path: ActionPath,
        before: list[object],
        after: EnvReading,
    ) -> bool:
        """Whether a draw led where it should; False if a division was refuted, and all is estimated now.

        Where the range of a number was divided, every step is compared with the part its number lies in.
        Elsewhere now and then the same draw is made by the path of the search.
        """
        reader, parts = self.reader, self.row((s, action)).parts
        if reader.reseed is not None:
            return True
        if parts is None:
            met = self.counts[s, action].total()
            if met & (met - 1) == 0 and self.known["repeated"] < REPEATED:
                self.known["repeated"] += 1
                self._repeated(s, action, path, before, after)
            return True
        number = _generators.number_drawn(held, before, parts.bits) if len(parts.to) > 1 else -1
        expected = parts.of(number) if number >= 0 else None
        if expected is None or expected == after.place:
            return True
        # The division is refuted, or a hidden part of the environment changes what is likely.
        self._repeated(s, action, path, before, after)
        self._estimate_all()
        return False

    def _repeated(
        self, s: int, action: int, path: ActionPath, before: list[object], after: EnvReading
    ) -> Draw:
        """The draw of `before`, which leads to the same place by the path of the search.

        Tried in a copy, so that the walk can go on.
        """
        reader, found = self.reader, self.searcher.found
        here = found.sights[s]
        draw = _generators.SavedStates(before)
        aside = replace(reader, env=reader.clone(reader.env))
        aside.replay(found.path(s))
        led = aside.step(aside.env, action, draw, here.place).place
        if led != after.place:
            raise key_error(
                reader,
                KeyConflict(found.path(s), path, here, here, action, draw, led, after.place),
            )
        return draw

    def _choice(self, s: int, legal: list[int], rng: np.random.Generator) -> int:
        """A legal action; seldom one that mostly ends the episode, so that walks get long."""
        if s not in self.going:
            rows = self.searcher.found.rows[s]
            ends = {a: sum(p for to, p in rows[a].chance.items() if to.ended) for a in legal}
            self.going[s] = [a for a in legal if ends[a] < 0.5]
        on = self.going[s]
        among = on if on and rng.random() >= ENDING else legal
        return among[int(rng.integers(len(among)))]

    def _surprised(
        self, s: int, action: int, path: ActionPath, before: list[object], after: EnvReading
    ) -> None:
        """A step led elsewhere than its pair: a rare chance if the same draw does so by another path too."""
        reader, found = self.reader, self.searcher.found
        reader.check_globals(f"{reader.where(found.sights[s].place, action)}: the step")
        expected = next(iter(found.rows[s][action].chance))
        here = found.sights[s]
        if not before:
            raise key_error(
                reader,
                KeyConflict(found.path(s), path, here, here, action, None, expected, after.place),
            )
        there = reader.clone(reader.env)
        draw = self._repeated(s, action, path, before, after)
        met = self.counts.setdefault((s, action), Counter())
        self.searcher.arrive_late(after, there, (s, action, draw))
        met[after.place] += 1
        self._estimate((s, action))
        self._estimate_all()

    def _fits(self) -> bool:
        """Whether the frequencies of all pairs fit; False if they did not and were drawn anew."""
        evidence = {pair: self._evidence(pair) for pair in self.counts}
        if not evidence:
            return True
        worst = max(evidence, key=lambda pair: evidence[pair])
        alone = evidence[worst] > threshold(2 * len(evidence))
        if not alone and sum(evidence.values()) <= threshold(2):
            return True
        if not self.known["refuted"]:
            self._estimate_all()
            return False
        raise self._unfit(worst)

    def _evidence(self, pair: tuple[int, int]) -> float:
        row = self.row(pair)
        if row.counts:
            return apart(self.counts[pair], row.counts)
        return against(self.counts[pair], row.chance)

    def _estimate_all(self) -> None:
        """Estimate every pair that draws: one that passed for exact was not, so that none does any more."""
        if self.known["refuted"]:
            return
        self.known["refuted"] = 1
        rows = self.searcher.found.rows
        for pair in [(s, a) for s, here in enumerate(rows) for a, row in here.items() if row.drew]:
            if not self.row(pair).counts:
                self._estimate(pair)

    def _estimate(self, pair: tuple[int, int]) -> None:
        self.searcher.estimate(*pair, self.counts.get(pair, Counter()))

    def _unfit(self, pair: tuple[int, int]) -> WorldError:
        reader, found, row = self.reader, self.searcher.found, self.row(pair)
        met = self.counts[pair]
        total = met.total()
        to = max(row.chance, key=lambda to: abs(row.chance[to] - met[to] / total))
        draws = (
            f"in {sum(row.counts.values())} draws" if row.counts else "as its first draw divides"
        )
        return WorldError(
            f"{reader.where(found.sights[pair[0]].place, pair[1])}: "
            f"{shown(to.key, 40)} has the probability {row.chance[to]:.4g} {draws}, "
            f"but {met[to]} of {total} steps of the environment's own lead there. "
            "A hidden part of the environment changes what is likely: let key hold it."
        )
