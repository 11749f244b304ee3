"""Peeling: what happens after actions alike is taken off the transitions, so that simpler ones are left."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints, bools, floats, ints
from telos.core.world import World

#: Rows as numbers, the same for the same rows only: sums of their codes times these, modulo 2^64.
FACTORS = np.random.default_rng(0).integers(1, 2**62, 1000)
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
        """How much is to be said: the different things that may come of an action, and their branches."""
        here = self.before[self.pair]
        change = np.where(
            self.row == here, 0, np.where(self.numeric, self.row - here, self.row + 1)
        )
        marks = _mixed(hashed(change) ^ np.round(self.chance * 1e11).astype(np.int64))
        total = np.zeros(len(self.action), np.int64)
        with np.errstate(over="ignore"):
            np.add.at(total, self.pair, marks)
        total = ints(_mixed(total) + self.action)
        first = np.unique(total, return_index=True)[1]
        return int((2 + 2 * np.bincount(self.pair)[first]).sum())


@final
@dataclass(frozen=True, eq=False)
class Peeled:
    """An event, and what is left without it.

    Args:
        left: the transitions up to the event. chance: F[E], with what chance it happens after each entry of
            `left`. after: I[E, F], the rows that it leads to. matters: B[E], whether it matters there.
    """

    left: Transitions
    chance: Floats
    after: Ints
    matters: Bools


def transitions_of(world: World, codes: Ints, numeric: Bools) -> Transitions:
    """The transitions of a world."""
    pair = np.repeat(np.arange(world.n_pairs), np.diff(world.next_ptr))
    return Transitions(
        codes[world.pair_state],
        np.asarray(world.pair_action, np.int64),
        numeric,
        pair,
        codes[world.next_state],
        np.asarray(world.next_prob, np.float64),
    )


def candidates(t: Transitions) -> Iterator[tuple[str, int, int]]:
    """What an event may be.

    Yields:
        ("sets", f, v): by chance field f becomes v. ("moves", f, d): by chance it rises by d.
        ("always", f, v): it surely becomes v. ("maps", f, 0): it goes from value to value.
        ("follows", f, 0): it is what the other fields make it.
    """
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
        yield "follows", f, 0


def peel(t: Transitions, kind: str, field: int, value: int) -> Peeled | None:
    """An event of some kind taken off; None if there is none."""
    if kind == "maps":
        return _mapped(t, field)
    if kind == "always":
        return _surely(t, field, value)
    if kind == "follows":
        return _followed(t, field)
    return _by_chance(t, kind, field, value)


def _by_chance(t: Transitions, kind: str, field: int, value: int) -> Peeled | None:
    """An event that happens with the same chance whatever else comes of the action."""
    here = t.before[t.pair]
    moves = kind == "moves"
    hit: Bools = t.row[:, field] - (here[:, field] if moves else 0) == value
    mass = np.bincount(t.pair, t.chance * hit, len(t.action))
    mass = np.where((mass > ROUNDING) & (mass < 1 - ROUNDING), mass, 0.0)
    if not moves:
        # Where the field was so before, to stay is not an event, unless the same action brings it elsewhere.
        was = t.before[:, field] == value
        marks = hashed(np.column_stack([t.action, np.round(mass * 1e11).astype(np.int64)]))
        mass = np.where(was & ~np.isin(marks, marks[~was]), 0.0, mass)
    if not mass.any():
        return None
    seen = mass[t.pair] > 0
    after = t.row.copy()
    for f in _set_with(t.row[hit & seen], t.row[~hit & seen], here[hit & seen], field):
        after[:, f] = t.row[hit & seen][0, f]
    after[:, field] = t.row[:, field] + value if moves else value
    fits = (mass > 0) & _balanced(t, hit, after, (mass / (1 - mass))[t.pair])
    if not fits.any():
        return None
    happens = np.where(fits, mass, 0.0)
    kept = ~(hit & fits[t.pair])
    pair, row, after = t.pair[kept], t.row[kept], after[kept]
    left = replace(t, pair=pair, row=row, chance=t.chance[kept] / (1 - happens)[pair])
    return Peeled(left, floats(happens[pair]), after, (after != row).any(axis=1))


def _set_with(hit: Ints, other: Ints, here: Ints, field: int) -> list[int]:
    """The other fields that are always the same where something hits, but not elsewhere and not before."""
    alike = (hit == hit[0]).all(axis=0) & (here != hit[0]).any(axis=0)
    alike &= (other != hit[0]).any(axis=0)
    return [f for f in np.flatnonzero(alike).tolist() if f != field]


def _balanced(t: Transitions, hit: Bools, after: Ints, odds: Floats) -> Bools:
    """B[L], whether what hits is what does not, changed, `odds` times as likely."""
    rows = hashed(np.where(hit[:, None], t.row, after))
    order = np.lexsort((rows, t.pair))
    pair, rows = t.pair[order], rows[order]
    amount = np.where(hit, -t.chance, t.chance * odds)[order]
    new = (pair[1:] != pair[:-1]) | (rows[1:] != rows[:-1])
    begins = np.flatnonzero(np.concatenate([[True], new]))
    size = np.add.reduceat(np.abs(amount), begins)
    off = np.abs(np.add.reduceat(amount, begins)) > 1e-11 * size
    return bools(np.bincount(pair[begins], off, len(t.action)) == 0)


def _surely(t: Transitions, field: int, value: int) -> Peeled | None:
    """A field that is sure to be something after the action, and others that then are."""
    here = t.before[t.pair]
    hit = (t.row[:, field] == value) & (here[:, field] != value)
    sure = np.bincount(t.pair, hit, len(t.action)) == np.bincount(t.pair)
    hit = sure[t.pair]
    if not hit.any():
        return None
    set_ = [field, *_set_with(t.row[hit], here[hit], here[hit], field)]
    row, after = t.row.copy(), t.row.copy()
    row[np.ix_(hit, set_)] = here[np.ix_(hit, set_)]
    after[:, set_] = t.row[hit][0, set_]
    return Peeled(replace(t, row=row), floats(hit), after, (after != row).any(axis=1))


def _mapped(t: Transitions, field: int) -> Peeled | None:
    """A field that goes from value to value whatever is done."""
    here = t.before[t.pair, field]
    row = t.row.copy()
    moved = np.zeros(len(here), np.bool_)
    for code in np.unique(here).tolist():
        then, times = np.unique(t.row[here == code, field], return_counts=True)
        if (most := int(then[np.argmax(times)])) != code:
            moved |= (here == code) & (t.row[:, field] == most)
    row[moved, field] = here[moved]
    keys = hashed(np.column_stack([t.pair, row]))
    if not moved.any() or len(np.unique(keys)) < len(keys):
        return None
    return Peeled(replace(t, row=row), floats(moved), t.row, np.ones(len(here), np.bool_))


def _followed(t: Transitions, field: int) -> Peeled | None:
    """A field that the others tell, whatever was done."""
    keys = hashed(np.delete(t.row, field, axis=1))
    order = np.argsort(keys, kind="stable")
    keys, value = keys[order], t.row[order, field]
    if ((keys[1:] == keys[:-1]) & (value[1:] != value[:-1])).any():
        return None
    row = t.row.copy()
    row[:, field] = t.before[t.pair, field]
    return Peeled(replace(t, row=row), np.ones(len(row)), t.row, np.ones(len(row), np.bool_))


def hashed(rows: Ints) -> Ints:
    """I[E], a number for each row, the same for the same rows only."""
    return ints(rows @ FACTORS[: rows.shape[1]])


def _mixed(numbers: Ints) -> Ints:
    """Numbers whose sums tell sets of them apart."""
    with np.errstate(over="ignore"):
        mixed = numbers * np.int64(0x2545F4914F6CDD1D)
        mixed ^= mixed >> np.int64(29)
        mixed *= np.int64(0x1B873593CC9E2D51)
        return ints(mixed ^ (mixed >> np.int64(32)))
