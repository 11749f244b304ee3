"""The search: every state of a third-party environment that some path leads to, breadth first."""

import contextlib
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, final

from telos.core.errors import WorldError
from telos.core.shown import shown
from telos.interop._conflicts import KeyConflict, key_error, random_error
from telos.interop._generators import Draw
from telos.interop._odds import ActionOdds, OddsFinder, Tried
from telos.interop._reader import ActionPath, EnvReader, EnvReading, EnvState

#: Seconds between two looks: drawing more often would cost more than the search.
EVERY = 0.2

#: Is told (states, pairs, states waiting) after each state searched.
ProgressTold = Callable[[int, int, int], None]
#: (state number of the parent, action, draw); (-1, seed, None) for a state that a reset leads to.
Origin = tuple[int, int, Draw]


@final
@dataclass(frozen=True)
class FoundStates:
    """What the search has found so far.

    Args:
        sights: what was seen in each state when it was first reached.
        index: the number of each state.
        came: how each state was first reached.
        rows: for each state searched, the odds of each legal action.
        start: the probability of each first state.
        heard: for states not yet searched, what was seen when they were reached by another path:
            (action, the draws tried again and the places they led to, that path).
    """

    sights: list[EnvReading] = field(default_factory=list)
    index: dict[EnvState, int] = field(default_factory=dict)
    came: list[Origin] = field(default_factory=list)
    rows: list[dict[int, ActionOdds]] = field(default_factory=list)
    start: dict[int, float] = field(default_factory=dict)
    heard: dict[int, list[tuple[int, Tried, ActionPath]]] = field(default_factory=dict)

    def path(self, s: int) -> ActionPath:
        """The path by which a state was first reached."""
        steps: list[tuple[int, Draw]] = []
        while self.came[s][0] >= 0:
            s, action, draw = self.came[s]
            steps.append((action, draw))
        return ActionPath(self.came[s][1], tuple(reversed(steps)))


@final
@dataclass(frozen=True)
class StateSearch:
    """A search in progress.

    Args:
        reader: the environment. finder: finds the odds of its actions.
        verify: how much of what is reached again is compared: "none", "sample" or "full".
        limit: give up beyond this many states.
        tell: is told how far the search is.
        found: what has been found.
        waiting: states to be searched, each with a copy of the environment in it.
        again: how often each state was reached again, so that its actions take turns; under -1, how
            many pairs were searched.
    """

    reader: EnvReader
    finder: OddsFinder
    verify: str
    limit: int
    tell: ProgressTold
    found: FoundStates = field(default_factory=FoundStates)
    waiting: deque[tuple[int, Any]] = field(default_factory=deque)
    again: Counter[int] = field(default_factory=Counter)

    def run(self, seeds: dict[int, float]) -> FoundStates:
        """Search everything that can be reached from the resets of the given seeds."""
        total = sum(seeds.values())
        for seed, weight in seeds.items():
            sight = self.reader.begin(seed)
            s = self._arrive(sight, self.reader.clone(self.reader.env), (-1, seed, None))
            self.found.start[s] = self.found.start.get(s, 0.0) + weight / total
        self._search()
        return self.found

    def arrive_late(self, sight: EnvReading, env: Any, came: Origin) -> None:
        """A state that a walk reached and the search did not: what it leads to is searched."""
        self._arrive(sight, env, came)
        self._search()

    def estimate(self, s: int, action: int, met: Counter[EnvState]) -> None:
        """Estimate a pair by drawing, whatever was thought of it; `met` counts the places that walks met."""
        place = self.found.sights[s].place
        self.reader.replay(self.found.path(s))
        env = self.reader.clone(self.reader.env)
        odds = self.finder.estimate(env, action, place, met, met.total())
        self.found.rows[s][action] = self._noted(s, action, odds)
        self._search()

    def _search(self) -> None:
        rows = self.found.rows
        while self.waiting:
            s, env = self.waiting.popleft()
            rows.append(self._row(s, env))
            self._hear(s)
            self.again[-1] += len(rows[s])
            self.tell(len(self.found.sights), self.again[-1], len(self.waiting))

    def _row(self, s: int, env: Any) -> dict[int, ActionOdds]:
        sight = self.found.sights[s]
        legal = self.reader.legal_in(sight)
        if sight.place.ended:
            # A world never ends: an end loops. A reward is paid once, so it is followed by an end
            # of the same key that pays nothing.
            over = sight._replace(place=sight.place._replace(paid=0.0))
            if over.place != sight.place:
                self._arrive(over, None, (s, legal[0], None))
            end = ActionOdds((), {over.place: 1.0}, again=((None, over.place),))
            return dict.fromkeys(legal, end)
        return {
            action: self._noted(s, action, self.finder.odds(env, action, sight.place))
            for action in legal
        }

    def _noted(self, s: int, action: int, odds: ActionOdds) -> ActionOdds:
        """The odds without the steps; states that are new join those waiting."""
        first: dict[EnvState, EnvReading] = {}
        for step in odds.steps:
            known = first.setdefault(step.sight.place, step.sight)
            if step.sight != known:
                path = self.found.path(s).then(action, step.draw)
                raise random_error(self.reader, path, known, step.sight)
            if known is step.sight:
                self._arrive(step.sight, step.env, (s, action, step.draw))
        return replace(odds, steps=())

    def _arrive(self, sight: EnvReading, env: Any, came: Origin) -> int:
        """The number of the state seen; a new one joins those waiting, a known one is compared."""
        found = self.found
        s = found.index.setdefault(sight.place, len(found.sights))
        if s == len(found.sights):
            if s >= self.limit:
                raise WorldError(
                    f"{self.reader.name}: more than {self.limit} states; the last is "
                    f"{shown(sight.place.key)}. Does key hold a counter that never stops? Leave it out, "
                    "make the environment smaller, or raise limit."
                )
            found.sights.append(sight)
            found.came.append(came)
            self.waiting.append((s, env))
        elif env is not None:
            self._compare(s, sight, env, came)
        return s

    def _compare(self, s: int, sight: EnvReading, env: Any, came: Origin) -> None:
        """Compare a state that is reached again with what it was like the first time."""
        found, reader = self.found, self.reader
        if sight == found.sights[s] and (self.verify == "none" or sight.place.ended):
            return
        path = ActionPath(came[1]) if came[0] < 0 else found.path(came[0]).then(came[1], came[2])
        if sight != found.sights[s]:
            raise key_error(reader, KeyConflict(found.path(s), path, found.sights[s], sight))
        legal = reader.legal_in(sight)
        if self.verify == "sample":
            legal = [legal[self.again[s] % len(legal)]]
            self.again[s] += 1
        for action in legal:
            known = found.rows[s][action].again if s < len(found.rows) else ()
            tried = self.finder.again(env, action, sight.place, [draw for draw, _ in known])
            if known:
                self._same(s, action, tried, path)
            else:
                found.heard.setdefault(s, []).append((action, tried, path))

    def _hear(self, s: int) -> None:
        """Compare a state just searched with what was seen of it before."""
        for action, tried, path in self.found.heard.pop(s, ()):
            self._same(s, action, tried, path)

    def _same(self, s: int, action: int, tried: Tried, path: ActionPath) -> None:
        """Compare draw by draw where a pair led by another path; a step without a draw always leads there."""
        known = self.found.rows[s][action].again
        if len(known) == 1 or len(tried) == 1:
            most = max(len(known), len(tried))
            known, tried = _spread(known, most), _spread(tried, most)
        both = zip(known, tried, strict=False)  # what was tried before the search is the beginning
        apart = next(((a, b) for a, b in both if a[1] != b[1]), None)
        if apart is None:
            return
        (draw, one), (other, two) = apart
        sight = self.found.sights[s]
        draw = other if draw is None else draw
        raise key_error(
            self.reader,
            KeyConflict(self.found.path(s), path, sight, sight, action, draw, one, two),
        )


def _spread(tried: Tried, most: int) -> Tried:
    return tried * most if len(tried) == 1 else tried


@contextlib.contextmanager
def watched(name: str, shown: bool) -> Iterator[ProgressTold]:
    """Show a search while the block runs; yields the function to tell (states, pairs, waiting).

    It writes to standard error, only if that is a terminal, and leaves nothing behind, also when
    the block is left by Ctrl-C.

    Args:
        name: what is searched. shown: False: stay silent.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda states, pairs, waiting: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None, at="")
        began = said = time.monotonic()

        def watch(states: int, pairs: int, waiting: int) -> None:
            nonlocal said
            now = time.monotonic()
            if now - said < EVERY:
                return
            said = now
            rate = pairs / (now - began)
            at = f"{states:,} states, {pairs:,} pairs, {waiting:,} waiting  {rate:,.0f} pairs/s"
            bar.update(task, at=at)

        yield watch
