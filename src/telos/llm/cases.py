"""Cases: what holds and what comes of it, as a short list of lines of which the first that fits counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from telos.core.arrays import Bools, Floats, Ints
from telos.llm.peeling import FACTORS, hashed

#: Features by number, and the codes of each that are meant.
Box = dict[int, tuple[int, ...]]

#: This many kinds are looked at anew for the next line of a list.
FEW = 6

#: What a saying costs in tokens, roughly: a condition and each of its values, a change, a chance.
CONDITION, VALUE, CHANGE, CHANCE = 3, 2, 4, 5


@final
@dataclass(frozen=True, eq=False)
class Cases:
    """What comes of each of N cases.

    Args:
        features: I[N, G], what conditions may be about.
        base: I[N, F], the row that is changed. numeric: of each of its F fields, whether it can rise.
        chance: F[N, B], the branches; 0 where there is no such branch, all 0 where nothing is possible.
        target: I[N, B, F], the row that each branch leads to.
        event: whether a case in which the first branch has no chance needs no saying, and fields are set
            rather than moved where both would do (what is set already is then no case).
    """

    features: Ints
    base: Ints
    numeric: Bools
    chance: Floats
    target: Ints
    event: bool = False

    @cached_property
    def kinds(self) -> Ints:
        """I[N], the same for cases that one sentence fits; 0 for those that need no saying."""
        moved = self.target - self.base[:, None, :]
        there = self.chance > 0
        code = np.zeros(self.target.shape, np.int64)
        for b in range(self.target.shape[1]):
            for f in range(self.target.shape[2]):
                target, step = self.target[:, b, f], moved[:, b, f]
                # A word that changes changes to something; only numbers rise.
                step = step if self.numeric[f] else np.where(step != 0, target + 1, 0)
                seen = there[:, b]
                fewer = len(np.unique(target[seen])) < len(np.unique(step[seen]))
                code[:, b, f] = np.where(seen, target if fewer else step, 0)
        bits = np.ascontiguousarray(self.chance).view(np.int64)
        keys = hashed(np.hstack([bits, code.reshape(len(code), -1)]))
        kind = np.unique(keys, return_inverse=True)[1] + 1
        kind = self._joined(kind, moved)
        plain = ~there.any(axis=1)
        if self.event:
            plain |= ~there[:, 0]
        kind[plain] = 0
        return kind

    def _joined(self, kind: Ints, moved: Ints) -> Ints:
        """Kinds that one sentence fits all the same are made one."""
        first: list[int] = []
        low: list[Ints] = []
        high: list[Ints] = []
        number = np.zeros(int(kind.max(initial=0)) + 1, np.int64)
        can_rise = np.tile(self.numeric, self.target.shape[1])
        for k in np.unique(kind).tolist():
            cases = kind == k
            at = int(np.argmax(cases))
            both = np.concatenate([self.target[cases], moved[cases]], axis=1)
            lowest, highest = both.min(axis=0).ravel(), both.max(axis=0).ravel()
            for j, known in enumerate(first):
                if (self.chance[known] != self.chance[at]).any():
                    continue
                least, most = np.minimum(low[j], lowest), np.maximum(high[j], highest)
                same = (least == most).reshape(2, -1)
                still = (least == 0)[len(can_rise) :]
                there = np.repeat(self.chance[at] > 0, self.target.shape[2])
                if (same[0] | (same[1] & (can_rise | still)) | ~there).all():
                    low[j], high[j], number[k] = least, most, j + 1
                    break
            else:
                first.append(at)
                low.append(lowest)
                high.append(highest)
                number[k] = len(first)
        return number[kind]

    def price(self, cases: Ints) -> int:
        """About how many tokens it takes to say what comes of cases of one kind."""
        chance = self.chance[cases[0]]
        changed = (self.target[cases] != self.base[cases][:, None, :]).any(axis=0).sum(axis=1)
        several = int((chance > 0).sum()) - 1
        return int(CHANGE * changed[chance > 0].sum()) + CHANCE * several + 2


@final
@dataclass(frozen=True, eq=False)
class Listing:
    """A list of which the first that fits counts.

    Args:
        parts: of each line the box in which it fits and the cases that it is for.
        price: about how many tokens.
    """

    parts: tuple[tuple[Box, Ints], ...]
    price: int


def listed(cases: Cases, orders: Sequence[Sequence[int]]) -> Listing:
    """A short list that gives every case its kind.

    Args:
        cases: no two with the same features and different kinds.
        orders: I[G] each, the features, those first that are left out if it can be; one trial each, of which
            the shortest list is kept.
    """
    return min((_listed(cases, order) for order in orders), key=lambda found: found.price)


def _told(keys: Ints, kinds: Ints) -> bool:
    order = np.argsort(keys, kind="stable")
    keys, kinds = keys[order], kinds[order]
    return not ((keys[1:] == keys[:-1]) & (kinds[1:] != kinds[:-1])).any()


def _listed(cases: Cases, order: Sequence[int]) -> Listing:
    features, kinds = cases.features, cases.kinds
    kept = _needed(features, kinds, order)
    first = np.unique(hashed(features[:, kept]), return_index=True)[1]
    table = Boxes(features[first][:, kept])
    best: Listing | None = None
    for silent in (0, -1) if (kinds == 0).any() else (-1,):
        parts, price = [], 0
        left = np.ones(len(kinds), np.bool_)
        for box, kind in _boxes(table, kinds[first], silent):
            full = {int(kept[g]): codes for g, codes in box.items()}
            inside = left & within(features, full)
            left &= ~inside
            its = np.flatnonzero(inside)
            parts.append((full, its))
            price += table.price(box) + (2 if kind == 0 else cases.price(its))
        if best is None or price < best.price:
            best = Listing(tuple(parts), price)
    assert best is not None
    return best


def _needed(features: Ints, kinds: Ints, order: Sequence[int]) -> Ints:
    """The features that are needed to tell the kinds apart."""
    kept = list(range(features.shape[1]))
    left, all_keys = features, hashed(features)
    for g in order:
        keys = all_keys - left[:, g] * FACTORS[g]
        if _told(keys, kinds):
            kept.remove(g)
            at = np.unique(keys, return_index=True)[1]
            left, kinds, all_keys = left[at], kinds[at], keys[at]
    return np.array(kept, np.int64)


def within(features: Ints, box: Box) -> Bools:
    """B[N], the cases in a box."""
    inside = np.ones(len(features), np.bool_)
    for g, codes in box.items():
        inside &= np.isin(features[:, g], codes)
    return inside


def pure_box(features: Ints, its: Bools) -> Box | None:
    """A box that holds all of some cases and no other; None if there is none."""
    table = Boxes(features)
    mine = _mask(its)
    box = table.around(mine)
    return None if table.within(box) & ~mine else table.shortened(box, mine, table.every)


def _boxes(table: "Boxes", kinds: Ints, silent: int) -> list[tuple[Box, int]]:
    """Boxes of one kind each, in order; what is in none is of the silent kind."""
    found: list[tuple[Box, int]] = []
    of_kind = {kind: _mask(kinds == kind) for kind in np.unique(kinds).tolist()}
    left = table.every
    offers: dict[int, tuple[float, Box]] = {}
    price: dict[int, float] = {}
    while True:
        known = [kind for kind, mask in of_kind.items() if mask & left]
        if not known or known == [silent]:
            return found
        if len(known) == 1:
            found.append(({}, known[0]))
            return found
        # The list is short if what is said shortly is said first; a few that were short before are looked at.
        for kind in sorted(known, key=lambda kind: price.get(kind, 0.0))[
            : FEW + len(set(known) - set(price))
        ]:
            if kind != silent:
                offers[kind] = table.offer(of_kind[kind] & left, left)
                price[kind] = offers[kind][0]
        kind = min((k for k in known if k != silent), key=lambda kind: price[kind])
        box = offers[kind][1]
        found.append((box, kind))
        left &= ~table.within(box)


def _mask(flags: Bools) -> int:
    """A set of rows as the bits of one number."""
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


@final
@dataclass(frozen=True, eq=False)
class Boxes:
    """Rows by their features; a set of rows is the bits of one number.

    Args:
        rows: I[n, G].
    """

    rows: Ints

    @cached_property
    def every(self) -> int:
        """All rows."""
        return (1 << len(self.rows)) - 1

    @cached_property
    def masks(self) -> list[dict[int, int]]:
        """Of each feature, the rows with each code."""
        return [
            {code: _mask(column == code) for code in np.unique(column).tolist()}
            for column in self.rows.T
        ]

    def within(self, box: Box) -> int:
        """The rows in a box."""
        inside = self.every
        for g, codes in box.items():
            some = 0
            for code in codes:
                some |= self.masks[g][code]
            inside &= some
        return inside

    def around(self, its: int) -> Box:
        """The smallest box that holds some rows."""
        return {
            g: tuple(code for code, mask in masks.items() if mask & its)
            for g, masks in enumerate(self.masks)
        }

    def price(self, box: Box) -> int:
        """About how many tokens it takes to say a box."""
        total = 0
        for g, codes in box.items():
            others = len(self.masks[g]) - len(codes)
            total += CONDITION + VALUE * min(len(codes), 1 + others)
        return total

    def offer(self, its: int, left: int) -> tuple[float, Box]:
        """A box for some of the rows left, after its price for all of them."""
        box = self.box(its, left)
        share = (self.within(box) & left).bit_count() / its.bit_count()
        return self.price(box) / share * (1.0 if share == 1.0 else 1.5), box

    def box(self, its: int, left: int) -> Box:
        """A box that holds, of those left, only these, and as many of them as is easily had."""
        mine = its
        while True:
            box = self.around(mine)
            inside = self.within(box) & left
            if not (other := inside & ~its):
                return self.shortened(box, its, left)
            mine = self._narrowed(inside & its, other)

    def _narrowed(self, mine: int, other: int) -> int:
        """Those with values of one feature that no other has; else those with the most telling value."""
        best, most = 0, (-1.0, 0)
        for masks in self.masks:
            pure = sum(mask & mine for mask in masks.values() if not mask & other)
            if pure and (offer := (float("inf"), pure.bit_count())) > most:
                best, most = pure, offer
            for mask in masks.values():
                here = mask & mine
                if pure or not here or (here == mine and not other & ~mask):
                    continue
                offer = (here.bit_count() / (other & mask).bit_count(), here.bit_count())
                if offer > most:
                    best, most = here, offer
        return best

    def shortened(self, box: Box, its: int, left: int) -> Box:
        """The box without the conditions that it can do without, the long ones first."""
        wrong = left & ~its
        for g in sorted(box, key=lambda g: -self.price({g: box[g]})):
            fewer = {k: codes for k, codes in box.items() if k != g}
            if not self.within(fewer) & wrong:
                box = fewer
        for g, codes in list(box.items()):
            masks = self.masks[g]
            if min(len(codes), 1 + len(masks) - len(codes)) > 2:
                for left_out in masks.keys() - set(codes):
                    other = {**box, g: tuple(code for code in masks if code != left_out)}
                    if not self.within(other) & wrong:
                        box = other
                        break
        return box
