"""Moving goals into lanes and out again: eight states of sixteen goals at a time, turned in registers.

Goals come as rows `F[G, S]` and are solved as lanes `F[S, 16]`. Turned one number at a time that took
longer than certifying them: 8 microseconds for sixteen goals of 351 states, either way; a tile turned
by shuffles takes a third.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from telos.kernels.cpu.compiled import inner
from telos.kernels.cpu.lanes import LANES

#: States of a tile: the rows of an 8 x 8 transposition.
TILE = 8

_TILE = ir.VectorType(ir.DoubleType(), TILE)


def _shuffled(builder: Any, a: Any, b: Any, mask: list[int]) -> Any:
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), TILE), mask))


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """The transpose of eight vectors of eight: in three rounds, swap what differs in one bit."""
    for bit in (1, 2, 4):
        swapped = list(rows)
        for i in range(TILE):
            if i & bit:
                continue
            a, b = rows[i], rows[i + bit]
            low = [TILE + j - bit if j & bit else j for j in range(TILE)]
            high = [TILE + j if j & bit else j + bit for j in range(TILE)]
            swapped[i] = _shuffled(builder, a, b, low)
            swapped[i + bit] = _shuffled(builder, a, b, high)
        rows = swapped
    return rows


def _entry(context: Any, builder: Any, array_type: Any, array: Any, row: Any, column: Any) -> Any:
    """A pointer to the tile that begins at array[row, column] (C order)."""
    view = context.make_array(array_type)(context, builder, array)
    width = builder.extract_value(view.shape, 1)
    offset = builder.add(builder.mul(row, width), column)
    return builder.bitcast(builder.gep(view.data, [offset]), _TILE.as_pointer())


def _goal(context: Any, builder: Any, numbers_type: Any, numbers: Any, lane: int) -> Any:
    data = context.make_array(numbers_type)(context, builder, numbers).data
    number = builder.load(builder.gep(data, [ir.Constant(ir.IntType(64), lane)]))
    return builder.zext(number, ir.IntType(64))


def _transfer(context: Any, builder: Any, signature: Any, args: Any, *, inwards: bool) -> Any:
    rows, numbers, begin, block = args
    rows_type, numbers_type, begin_type, block_type = signature.args
    begin = context.cast(builder, begin, begin_type, types.int64)
    for half in range(0, LANES, TILE):
        column = ir.Constant(ir.IntType(64), half)
        outside = [
            _entry(
                context, builder, rows_type, rows,
                _goal(context, builder, numbers_type, numbers, half + g), begin,
            )
            for g in range(TILE)
        ]  # fmt: skip
        inside = [
            _entry(
                context, builder, block_type, block,
                builder.add(begin, ir.Constant(ir.IntType(64), s)), column,
            )
            for s in range(TILE)
        ]  # fmt: skip
        source, sink = (outside, inside) if inwards else (inside, outside)
        vectors = _turned(builder, [builder.load(pointer, align=8) for pointer in source])
        for vector, pointer in zip(vectors, sink, strict=True):
            builder.store(vector, pointer, align=8)
    return context.get_dummy_value()


@intrinsic
def _tile_in(typing: Any, rows: Any, numbers: Any, begin: Any, block: Any) -> Any:
    """block[begin + s, lane] = rows[numbers[lane], begin + s] for eight s."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _transfer(context, builder, signature, args, inwards=True)

    return types.none(rows, numbers, begin, block), code


@intrinsic
def _tile_out(typing: Any, rows: Any, numbers: Any, begin: Any, block: Any) -> Any:
    """rows[numbers[lane], begin + s] = block[begin + s, lane] for eight s."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _transfer(context, builder, signature, args, inwards=False)

    return types.none(rows, numbers, begin, block), code


@inner
def into_lanes(rows, numbers, block):
    """block[s, lane] = rows[numbers[lane], s]; rows: F[G, n], numbers: U[16], block: F[n, 16]."""
    size = rows.shape[1]
    whole = size - size % TILE
    for begin in range(0, whole, TILE):
        _tile_in(rows, numbers, begin, block)
    for s in range(whole, size):
        for g in range(LANES):
            block[s, g] = rows[numbers[g], s]


@inner
def out_of_lanes(block, numbers, here, rows):
    """rows[numbers[lane], s] = block[s, lane] for the first `here` lanes."""
    size = rows.shape[1]
    # Lanes past the last goal repeat it: the same numbers are written to the same place.
    whole = size - size % TILE
    for begin in range(0, whole, TILE):
        _tile_out(rows, numbers, begin, block)
    for s in range(whole, size):
        for g in range(here):
            rows[numbers[g], s] = block[s, g]


@inner
def flags_out_of_lanes(bits, numbers, here, flags):
    """flags[numbers[lane], k] = bit `lane` of bits[k]; bits: U16[n], flags: B[G, n]."""
    for g in range(here):
        row = flags[numbers[g]]
        bit = np.uint16(g)
        for k in range(len(bits)):
            row[k] = (bits[k] >> bit) & np.uint16(1)
