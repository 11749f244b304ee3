"""Numbering: rows of integers, each numbered once, in the order in which they are met."""

from typing import NamedTuple

import numpy as np

from telos.core.arrays import Ints

#: An odd number with its bits well spread: 2^64 divided by the golden ratio.
SPREAD = np.uint64(0x9E3779B97F4A7C15)
#: Slots for each row at least: with more than half of them taken, searches grow long.
ROOM = 2


class Known(NamedTuple):
    """The rows met so far; `numbered` changes the arrays in place and hands on a new record.

    Args:
        columns: I[k, capacity], row r is `columns[:, r]`; what lies beyond `met` means nothing.
        table: I[slots], a power of two of them: which row lies in each, -1 for none.
        met: how many rows there are.
    """

    columns: Ints
    table: Ints
    met: int


def nothing_known(width: int) -> Known:
    """No rows yet, of `width` numbers each."""
    return Known(np.empty((width, 16), np.int64), np.full(32, -1), 0)


def numbered(known: Known, rows: Ints) -> tuple[Known, Ints]:
    """The numbers of rows, in the order in which each was first met.

    A table of hashes with linear probing, all rows a step at a time: rows that still look for their
    place compare themselves with what lies there; of those that find it empty, the first takes it.

    Args:
        known: what was met before. rows: I[k, m], of the same width.

    Returns:
        What is known now, and I[m].
    """
    before, given = known.met, rows.shape[1]
    columns, table, _ = known = _with_room(known, given)
    columns[:, before : before + given] = rows
    slot = _slots(rows, len(table))
    holder = np.empty(given, np.int64)
    going = np.arange(given)
    while going.size:
        held = table[slot[going]]
        empty = held < 0
        if empty.any():
            # Of several writes to one slot the last stays, so that backwards it is the first row's.
            claimed = going[empty][::-1]
            table[slot[claimed]] = before + claimed
            held = table[slot[going]]
        same = np.ones(len(going), np.bool_)
        for column in columns:
            same &= column[held] == column[before + going]
        holder[going[same]] = held[same]
        going = going[~same]
        slot[going] = (slot[going] + 1) & (len(table) - 1)
    new = np.flatnonzero(holder == before + np.arange(given))
    final = np.empty(given, np.int64)
    final[new] = before + np.arange(len(new))
    fresh = holder >= before
    holder[fresh] = final[holder[fresh] - before]
    table[slot[new]] = final[new]
    columns[:, before : before + len(new)] = columns[:, before + new]
    return Known(columns, table, before + len(new)), holder


def _with_room(known: Known, more: int) -> Known:
    """The same rows, with room for `more` more."""
    columns, table, count = known
    if count + more > columns.shape[1]:
        larger = np.empty((len(columns), max(count + more, 2 * columns.shape[1])), np.int64)
        larger[:, :count] = columns[:, :count]
        columns = larger
    slots = len(table)
    while slots < ROOM * (count + more):
        slots *= 2
    if slots > len(table):
        table = np.full(slots, -1)
        going = np.arange(count)
        slot = _slots(columns[:, :count], slots)
        while going.size:  # all rows differ: each takes the next empty slot
            free = going[table[slot[going]] < 0]
            table[slot[free]] = free
            going = going[table[slot[going]] != going]
            slot[going] = (slot[going] + 1) & (slots - 1)
    return Known(columns, table, count)


def _slots(rows: Ints, slots: int) -> Ints:
    """I[m], where the search for each row begins."""
    mixed = np.zeros(rows.shape[1], np.uint64)
    for column in rows:
        mixed ^= column.view(np.uint64)
        mixed *= SPREAD
        mixed ^= mixed >> np.uint64(29)
    return (mixed & np.uint64(slots - 1)).astype(np.int64)
