"""Sixteen goals in one vector register file: rows of `F[S, 16]` as values that arithmetic works on.

Rows are of double precision, or of single where a first approximation is all that is asked for.

LLVM unrolls a loop over sixteen lanes before it tries to vectorize it, and a loop of unknown length
pays for its set-up at every transition. So a row is a value of its own type here, an LLVM
`<16 x double>`: one load, one fused multiply-add and one maximum a transition, on any processor
(two AVX-512, four AVX2 or eight SSE2 registers). Measured on a 20x20 grid, nanoseconds a pair of
sixteen goals: loop over lanes 6.5 to 9.0, loop of unknown length 7.6 to 10.6, this 3.1.
"""

from typing import Any, final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model
from numpy.typing import NDArray

LANES = 16
ALL_LANES = np.uint16(0xFFFF)
#: Bytes of a cache line. A row that lies across one more than it must costs one more to fetch.
LINE = 64

_ELEMENT = {types.float64: ir.DoubleType(), types.float32: ir.FloatType()}


@final
class _RowType(types.Type):
    """The Numba type of one row of lanes, of either precision."""

    def __init__(self, element: Any) -> None:
        self.element = element
        types.Type.__init__(self, name=f"Row16({element})")


def _vector(row: Any) -> Any:
    return ir.VectorType(_ELEMENT[row.element], LANES)


@register_model(_RowType)
@final
class _RowModel(models.PrimitiveModel):
    """How a row is kept: as one LLVM vector."""

    def __init__(self, manager: Any, numba_type: Any) -> None:
        models.PrimitiveModel.__init__(self, manager, numba_type, _vector(numba_type))


_rows = {element: _RowType(element) for element in _ELEMENT}


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    offset = builder.mul(index, ir.Constant(index.type, LANES))
    vector = _vector(_rows[array_type.dtype])
    return builder.bitcast(builder.gep(data, [offset]), vector.as_pointer())


def _spread(builder: Any, scalar: Any) -> Any:
    nothing = ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined)
    one = builder.insert_element(nothing, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, nothing, zeros)


def _flags(builder: Any, bits: Any) -> Any:
    one_bit_a_lane = ir.VectorType(ir.IntType(1), LANES)
    return builder.bitcast(builder.trunc(bits, ir.IntType(LANES)), one_bit_a_lane)


def room(n: int, dtype: type = np.float64) -> NDArray[Any]:
    """F[n, 16], not set to anything, whose rows begin where a cache line does.

    Measured on a random graph of 2,000 states, a sweep of sixteen goals: 48 instead of 62
    microseconds in single precision.
    """
    size = n * LANES * np.dtype(dtype).itemsize
    spare = np.empty(size + LINE, np.uint8)
    begin = -spare.__array_interface__["data"][0] % LINE
    return spare[begin : begin + size].view(dtype).reshape((n, LANES))


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Row `index` of a C-ordered F[n, 16]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.int64)
        return builder.load(_address(context, builder, signature.args[0], args[0], at), align=8)

    return _rows[array.dtype](array, index), code


@intrinsic
def store(typing: Any, array: Any, index: Any, row: Any) -> Any:
    """Write a row to row `index` of a C-ordered F[n, 16]."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = context.cast(builder, args[1], signature.args[1], types.int64)
        builder.store(args[2], _address(context, builder, signature.args[0], args[0], at), align=8)
        return context.get_dummy_value()

    return types.none(array, index, row), code


@intrinsic
def spread(typing: Any, scalar: Any) -> Any:
    """The row that holds the same number in every lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(builder, args[0])

    element = types.float32 if scalar == types.float32 else types.float64
    return _rows[element](element), code


@intrinsic
def add(typing: Any, a: Any, b: Any) -> Any:
    """a + b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(args[0], args[1], flags=("contract",))

    return a(a, a), code


@intrinsic
def subtract(typing: Any, a: Any, b: Any) -> Any:
    """a - b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fsub(args[0], args[1], flags=("contract",))

    return a(a, a), code


@intrinsic
def scaled(typing: Any, factor: Any, row: Any) -> Any:
    """factor * row for one number `factor`."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(_spread(builder, args[0]), args[1], flags=("contract",))

    return row(row.element, row), code


@intrinsic
def times(typing: Any, a: Any, b: Any) -> Any:
    """a * b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(args[0], args[1], flags=("contract",))

    return a(a, a), code


@intrinsic
def add_scaled(typing: Any, total: Any, factor: Any, row: Any) -> Any:
    """total + factor * row, fused where the processor can."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        product = builder.fmul(_spread(builder, args[1]), args[2], flags=("contract",))
        return builder.fadd(args[0], product, flags=("contract",))

    return row(row, row.element, row), code


def _larger(builder: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


@intrinsic
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger of a and b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _larger(builder, args[0], args[1])

    return a(a, a), code


@intrinsic
def magnitude(typing: Any, a: Any) -> Any:
    """|a|, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        negative = builder.fsub(ir.Constant(args[0].type, [-0.0] * LANES), args[0])
        return _larger(builder, args[0], negative)

    return a(a), code


@intrinsic
def where(typing: Any, lanes: Any, a: Any, b: Any) -> Any:
    """a in the lanes whose bit is set, b in the others."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(_flags(builder, args[0]), args[1], args[2])

    return a(types.uint64, a, a), code


@intrinsic
def larger_where(typing: Any, lanes: Any, a: Any, b: Any) -> Any:
    """The larger of a and b in the lanes whose bit is set, b in the others."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        better = builder.fcmp_ordered(">", args[1], args[2])
        better = builder.and_(_flags(builder, args[0]), better)
        return builder.select(better, args[1], args[2])

    return a(types.uint64, a, a), code


@intrinsic
def kept_unless_above(typing: Any, new: Any, old: Any, gain: Any) -> Any:
    """`new` in the lanes where it exceeds `old` by more than `gain`, `old` in the others."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        new, old, gain = args
        better = builder.fcmp_ordered(">", new, builder.fadd(old, gain))
        return builder.select(better, new, old)

    return new(new, new, new), code


@intrinsic
def smaller(typing: Any, a: Any, b: Any) -> Any:
    """The smaller of a and b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[0], args[1])

    return a(a, a), code


@intrinsic
def quotient(typing: Any, a: Any, b: Any) -> Any:
    """a / b in the lanes where b > 0, 0 in the others."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(args[0].type, [0.0] * LANES)
        positive = builder.fcmp_ordered(">", args[1], zero)
        return builder.select(positive, builder.fdiv(args[0], args[1]), zero)

    return a(a, a), code


@intrinsic
def nearly(typing: Any, a: Any, b: Any, part: Any, least: Any, most: Any) -> Any:
    """The lanes in which |a - b| < part * (1 - a) and least < a < most, one bit a lane.

    Rounded step by step, as written: nothing is fused.
    """

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, b = args[:2]
        part, least, most = (_spread(builder, scalar) for scalar in args[2:])
        apart = builder.fsub(a, b)
        apart = _larger(builder, apart, builder.fsub(ir.Constant(a.type, [-0.0] * LANES), apart))
        room = builder.fmul(part, builder.fsub(ir.Constant(a.type, [1.0] * LANES), a))
        flags = builder.fcmp_ordered("<", apart, room)
        flags = builder.and_(flags, builder.fcmp_ordered("<", least, a))
        flags = builder.and_(flags, builder.fcmp_ordered("<", a, most))
        return builder.bitcast(flags, ir.IntType(LANES))

    return types.uint16(a, a, part, least, most), code


@intrinsic
def at_least(typing: Any, a: Any, b: Any) -> Any:
    """The lanes in which a >= b, one bit a lane."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flags = builder.fcmp_ordered(">=", args[0], args[1])
        return builder.bitcast(flags, ir.IntType(LANES))

    return types.uint16(a, a), code
