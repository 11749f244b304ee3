"""The search: every state of a stranger's environment that some way leads to, breadth first."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, final

from telos.core.errors import WorldError
from telos.interop._differences import Difference, key_error, random_error
from telos.interop._reader import Path, Place, Reader, Sight

#: (state number of the parent, action, draw); (-1, seed, -1) for a state that a reset leads to.
Origin = tuple[int, int, int]
Where = TypeVar("Where", int, Place)
Row = tuple[int, ...]  # the state numbers that the draws of one pair lead to, draw by draw


@final
@dataclass(frozen=True)
class Found:
    """What the search has found so far.

    Args:
        sights: what was seen in each state when it was first come to.
        index: the number of each state.
        came: how each state was first come to.
        rows: for each state searched, {action: the states its draws lead to}.
        start: the probability of each first state.
        heard: for states not yet searched, what was seen when they were come to by another way:
            (action, the places its draws led to, that way).
    """

    sights: list[Sight] = field(default_factory=list)
    index: dict[Place, int] = field(default_factory=dict)
    came: list[Origin] = field(default_factory=list)
    rows: list[dict[int, Row]] = field(default_factory=list)
    start: dict[int, float] = field(default_factory=dict)
    heard: dict[int, list[tuple[int, tuple[Place, ...], Path]]] = field(default_factory=dict)

    def path(self, s: int) -> Path:
        """The way by which a state was first come to."""
        steps: list[tuple[int, int]] = []
        while self.came[s][0] >= 0:
            s, action, draw = self.came[s]
            steps.append((action, draw))
        return Path(self.came[s][1], tuple(reversed(steps)))

    def places(self, s: int, action: int) -> tuple[Place, ...]:
        """Where the draws of a searched pair lead."""
        return tuple(self.sights[t].place for t in self.rows[s][action])


@final
@dataclass(frozen=True)
class Searcher:
    """A search under way.

    Args:
        reader: the environment.
        verify: how much of what is come to again is compared: "none", "sample" or "full".
        limit: give up beyond so many states.
        watch: told (states, pairs, states waiting) after each state searched.
        found: what has been found.
        waiting: states to be searched, each with a copy of the environment in it.
        again: how often each state was come to again, so that its actions take turns.
    """

    reader: Reader
    verify: str
    limit: int
    watch: Callable[[int, int, int], None]
    found: Found = field(default_factory=Found)
    waiting: deque[tuple[int, Any]] = field(default_factory=deque)
    again: Counter[int] = field(default_factory=Counter)

    def run(self, seeds: dict[int, float]) -> Found:
        """Search everything that can be come to from the resets of the given seeds.

        Raises:
            WorldError: beyond the limit; if the key is no state; if a step is random and no chances
                were asked for.
        """
        total = sum(seeds.values())
        for seed, weight in seeds.items():
            sight = self.reader.begin(seed)
            s = self._arrive(sight, self.reader.clone(self.reader.env), (-1, seed, -1))
            self.found.start[s] = self.found.start.get(s, 0.0) + weight / total
        pairs = 0
        while self.waiting:
            s, env = self.waiting.popleft()
            self.found.rows.append(self._row(s, env))
            self._hear(s)
            pairs += len(self.found.rows[s])
            self.watch(len(self.found.sights), pairs, len(self.waiting))
        return self.found

    def _row(self, s: int, env: Any) -> dict[int, Row]:
        sight = self.found.sights[s]
        legal = self.reader.legal_in(sight)
        if sight.place.ended:
            # A world never ends: an end loops. A reward is paid once, so it is followed by an end
            # of the same key that pays nothing.
            over = sight._replace(place=sight.place._replace(paid=0.0))
            target = s if over.place == sight.place else self._arrive(over, None, (s, legal[0], -1))
            return dict.fromkeys(legal, (target,))
        row = {}
        for action in legal:
            steps = self.reader.tries(env, action)
            if self.reader.chances == 1:
                other = self.reader.redrawn(env, steps[0], action)
                if other is not None:
                    way = self.found.path(s).then(action, -1)
                    raise random_error(self.reader, way, steps[0].sight, other)
            row[action] = tuple(
                self._arrive(step.sight, step.env, (s, action, step.draw)) for step in steps
            )
        return row

    def _arrive(self, sight: Sight, env: Any, came: Origin) -> int:
        """The number of the state seen; a new one joins those waiting, a known one is compared."""
        found = self.found
        s = found.index.setdefault(sight.place, len(found.sights))
        if s == len(found.sights):
            if s >= self.limit:
                raise WorldError(
                    f"{self.reader.name}: more than {self.limit} states; the last is "
                    f"{sight.place.key!r}. Does key hold a counter that never stops? Leave it out, "
                    "make the environment smaller, or raise limit."
                )
            found.sights.append(sight)
            found.came.append(came)
            self.waiting.append((s, env))
        elif env is not None:
            self._compare(s, sight, env, came)
        return s

    def _compare(self, s: int, sight: Sight, env: Any, came: Origin) -> None:
        """Compare a state that is come to again with what it was like the first time."""
        found, reader = self.found, self.reader
        if sight == found.sights[s] and (self.verify == "none" or sight.place.ended):
            return
        way = Path(came[1]) if came[0] < 0 else found.path(came[0]).then(came[1], came[2])
        if sight != found.sights[s]:
            raise key_error(reader, Difference(found.path(s), way, found.sights[s], sight))
        legal = reader.legal_in(sight)
        if self.verify == "sample":
            legal = [legal[self.again[s] % len(legal)]]
            self.again[s] += 1
        for action in legal:
            places = tuple(step.sight.place for step in reader.tries(env, action))
            if s < len(found.rows):
                self._same(s, action, places, way)
            else:
                found.heard.setdefault(s, []).append((action, places, way))

    def _hear(self, s: int) -> None:
        """Compare a state just searched with what was seen of it before."""
        for action, places, way in self.found.heard.pop(s, ()):
            self._same(s, action, places, way)

    def _same(self, s: int, action: int, places: tuple[Place, ...], way: Path) -> None:
        known = self.found.places(s, action)
        if shares(known) == shares(places):
            return
        both = zip(_spread(known, places), _spread(places, known), strict=True)
        draw, (one, two) = next((i, pair) for i, pair in enumerate(both) if pair[0] != pair[1])
        draw = draw if self.reader.chances > 1 else -1
        sight = self.found.sights[s]
        raise key_error(
            self.reader,
            Difference(self.found.path(s), way, sight, sight, action, draw, one, two),
        )


def shares(places: tuple[Where, ...]) -> dict[Where, float]:
    """The share of the draws that leads to each place."""
    return {place: count / len(places) for place, count in Counter(places).items()}


def _spread(places: tuple[Place, ...], other: tuple[Place, ...]) -> tuple[Place, ...]:
    """A step that drew nothing leads to the same place whatever the draw."""
    return places * len(other) if len(places) == 1 else places
