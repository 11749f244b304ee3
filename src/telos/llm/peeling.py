"""Peeling: what happens after actions alike is taken off the transitions, so that simpler ones are left."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.core.world import World

#: Chances that differ by less than this share are one.
SAME = 1e-12
#: A chance is certain, or none, up to rounding.
ROUNDING = 1e-13


@final
@dataclass(frozen=True, eq=False)
class Transitions:
    """What comes of each pair of a state and an action.

    Args:
        before: I[L, F], the row of each pair. action: I[L]. numeric: B[F], the fields that can rise.
        pair: I[E], ascending, of each entry. row: I[E, F], where it leads. chance: F[E].
    """

    before: Ints
    action: Ints
    numeric: Bools
    pair: Ints
    row: Ints
    chance: Floats

    def part(self, pairs: Bools) -> "Transitions":
        """The transitions of some of the pairs."""
        number = np.cumsum(pairs) - 1
        kept = pairs[self.pair]
        return Transitions(
            self.before[pairs],
            self.action[pairs],
            self.numeric,
            number[self.pair[kept]],
            self.row[kept],
            self.chance[kept],
        )

    def complexity(self) -> int:
        """How much there is to be said: the different things that may come of an action, and their branches."""
        here = self.before[self.pair]
        change = np.where(
            self.row == here, 0, np.where(self.numeric, self.row - here, self.row + 1)
        )
        marks = _mixed(hashed(change) ^ np.round(self.chance * 1e11).astype(np.int64))
        total = np.zeros(len(self.action), np.int64)
        with np.errstate(over="ignore"):
            np.add.at(total, self.pair, marks)
            total = _mixed(total) + self.action
        first = np.unique(total, return_index=True)[1]
        return int((2 + 2 * np.bincount(self.pair)[first]).sum())


@final
@dataclass(frozen=True)
class Change:
    """What an event does to a row: fields that are set, one that is moved, or one mapped from value to value.

    Args:
        sets: (field, code). moves: (field, step). maps: (field, ((code before, code), ...)).
    """

    sets: tuple[tuple[int, int], ...] = ()
    moves: tuple[tuple[int, int], ...] = ()
    maps: tuple[int, tuple[tuple[int, int], ...]] | None = None

    def on(self, rows: Ints) -> Ints:
        """I[E, F], the rows after it."""
        after = rows.copy()
        for f, code in self.sets:
            after[:, f] = code
        for f, step in self.moves:
            after[:, f] += step
        if self.maps is not None:
            f, pairs = self.maps
            for code, then in pairs:
                after[rows[:, f] == code, f] = then
        return after


@final
@dataclass(frozen=True, eq=False)
class Peeled:
    """An event, and what is left without it.

    Args:
        left: the transitions up to the event. change: what it does. chance: F[E], with what chance it does it
            after each entry of `left`.
    """

    left: Transitions
    change: Change
    chance: Floats

    @property
    def matters(self) -> Bools:
        """B[E], whether it would be noticed after an entry."""
        if self.change.maps is not None:
            return np.ones(len(self.chance), np.bool_)
        return (self.change.on(self.left.row) != self.left.row).any(axis=1)


def transitions_of(world: World, codes: Ints, numeric: list[bool]) -> Transitions:
    """The transitions of a world."""
    pair = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    return Transitions(
        codes[world.pair_state],
        np.asarray(world.pair_action, np.int64),
        np.array(numeric),
        pair,
        codes[world.next_state],
        np.asarray(world.next_prob, np.float64),
    )


def candidates(t: Transitions) -> Iterator[tuple[str, int, int]]:
    """What an event may be: ("sets", field, code), ("moves", field, step), ("maps", field, 0)."""
    here = t.before[t.pair]
    for f in range(t.row.shape[1]):
        changed = t.row[:, f] != here[:, f]
        if not changed.any():
            continue
        for code in np.unique(t.row[changed, f]).tolist():
            yield "sets", f, code
            yield "always", f, code
        if t.numeric[f]:
            for step in np.unique((t.row - here)[changed, f]).tolist():
                yield "moves", f, step
        yield "maps", f, 0


def peel(t: Transitions, kind: str, field: int, value: int) -> Peeled | None:
    """An event of some kind taken off; None if there is none."""
    if kind == "maps":
        return _mapped(t, field)
    if kind == "always":
        return _surely(t, field, value)
    return _by_chance(t, kind, field, value)


def _by_chance(t: Transitions, kind: str, field: int, value: int) -> Peeled | None:
    """An event that happens with the same chance whatever else comes of the action."""
    here = t.before[t.pair]
    hit = t.row[:, field] - (here[:, field] if kind == "moves" else 0) == value
    mass = np.bincount(t.pair, t.chance * hit, len(t.action))
    mass = np.where((mass > ROUNDING) & (mass < 1 - ROUNDING), mass, 0.0)
    if kind == "sets":
        # Where the field was so before, to stay is no event, unless the same action brings it elsewhere.
        was = t.before[:, field] == value
        marks = hashed(np.column_stack([t.action, np.round(mass * 1e11).astype(np.int64)]))
        mass = np.where(was & ~np.isin(marks, marks[~was]), 0.0, mass)
    if not mass.any():
        return None
    change = _change(t, kind, field, value, hit & (mass[t.pair] > 0), ~hit & (mass[t.pair] > 0))
    after = change.on(t.row)
    odds = (mass / (1 - mass))[t.pair]
    fits = (mass > 0) & _balanced(t, hit, after, odds)
    if not fits.any():
        return None
    mass = np.where(fits, mass, 0.0)
    kept = ~(hit & fits[t.pair])
    left = Transitions(
        t.before,
        t.action,
        t.numeric,
        t.pair[kept],
        t.row[kept],
        t.chance[kept] / (1 - mass)[t.pair[kept]],
    )
    return Peeled(left, change, mass[left.pair])


def _balanced(t: Transitions, hit: Bools, after: Ints, odds: Floats) -> Bools:
    """B[L], whether what hits is what does not, changed, `odds` times as likely."""
    rows = hashed(np.where(hit[:, None], t.row, after))
    order = np.lexsort((rows, t.pair))
    pair, rows = t.pair[order], rows[order]
    amount = np.where(hit, -t.chance, t.chance * odds)[order]
    begins = np.flatnonzero(
        np.concatenate([[True], (pair[1:] != pair[:-1]) | (rows[1:] != rows[:-1])])
    )
    size = np.add.reduceat(np.abs(amount), begins)
    off = np.abs(np.add.reduceat(amount, begins)) > 1e-11 * size
    return np.bincount(pair[begins], off, len(t.action)) == 0


def _change(t: Transitions, kind: str, field: int, value: int, hit: Bools, other: Bools) -> Change:
    """The event's change: the fields that are always the same after it and not without it."""
    sets = [] if kind == "moves" else [(field, value)]
    for f in range(t.row.shape[1]):
        codes, here = t.row[hit, f], t.before[t.pair[hit], f]
        elsewhere = (t.row[other, f] != codes[0]).any() and (here != codes[0]).any()
        if f != field and (codes == codes[0]).all() and elsewhere:
            sets.append((f, int(codes[0])))
    return Change(tuple(sorted(sets)), ((field, value),) if kind == "moves" else ())


def _surely(t: Transitions, field: int, value: int) -> Peeled | None:
    """A field that is sure to be something after the action, and others that then are."""
    here = t.before[t.pair]
    hit = (t.row[:, field] == value) & (here[:, field] != value)
    sure = np.bincount(t.pair, hit, len(t.action)) == np.bincount(t.pair)
    hit = sure[t.pair]
    if not hit.any():
        return None
    sets = [(field, value)]
    for f in range(t.row.shape[1]):
        codes = t.row[hit, f]
        if f != field and (codes == codes[0]).all() and (here[hit, f] != codes[0]).any():
            sets.append((f, int(codes[0])))
    change = Change(tuple(sorted(sets)))
    row = t.row.copy()
    for f, _ in sets:
        row[hit, f] = here[hit, f]
    left = Transitions(t.before, t.action, t.numeric, t.pair, row, t.chance)
    return Peeled(left, change, hit.astype(np.float64))


def _mapped(t: Transitions, field: int) -> Peeled | None:
    """A field that goes from value to value whatever is done."""
    here = t.before[t.pair, field]
    pairs = []
    for code in np.unique(here).tolist():
        then, times = np.unique(t.row[here == code, field], return_counts=True)
        most = int(then[np.argmax(times)])
        if most != code:
            pairs.append((code, most))
    if not pairs:
        return None
    change = Change(maps=(field, tuple(pairs)))
    row = t.row.copy()
    moved = np.zeros(len(here), np.bool_)
    for code, then in pairs:
        moved |= (here == code) & (row[:, field] == then)
    row[moved, field] = here[moved]
    left = Transitions(t.before, t.action, t.numeric, t.pair, row, t.chance)
    keys = hashed(np.column_stack([t.pair, row]))
    if len(np.unique(keys)) < len(keys):
        return None
    return Peeled(left, change, moved.astype(np.float64))


def hashed(rows: Ints) -> Ints:
    """I[E], a number for each row, the same for the same rows only."""
    factors = np.random.default_rng(0).integers(1, 2**62, rows.shape[1])
    with np.errstate(over="ignore"):
        return (rows * factors).sum(axis=1)


def _mixed(numbers: Ints) -> Ints:
    """Numbers whose sums tell sets of them apart."""
    with np.errstate(over="ignore"):
        mixed = numbers * np.int64(0x2545F4914F6CDD1D)
        mixed ^= mixed >> 29
        mixed *= np.int64(0x1B873593CC9E2D51)
        return mixed ^ (mixed >> 32)
