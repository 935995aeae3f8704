"""Vectors of lanes for numba kernels: load, store, arithmetic, sign flips and sums on one 512-bit row.

numba has no vector type and LLVM gives up on proving that eight rows of one array do not overlap, so the kernels say
what they mean: a `Lanes` value is an LLVM vector of 16 floats or 8 doubles. On a machine with narrower registers LLVM
splits it. Every function here exists only inside kernels (numba `@njit`).
"""

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.codegen import get_host_cpu_features
from numba.core.datamodel import models, register_default
from numba.extending import intrinsic, overload

WIDTH = {np.dtype(np.float32): 16, np.dtype(np.float64): 8}
"""How many lanes one row holds, by the dtype of the planes."""

OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "boundscheck": False}
"""How every kernel is compiled."""

_FAST = ("nnan", "ninf", "nsz", "contract", "reassoc")


class Lanes(types.Type):
    """The numba type of one row of lanes; `scalar` is float32 or float64."""

    def __init__(self, scalar: types.Float) -> None:
        self.scalar = scalar
        self.width = 512 // scalar.bitwidth
        super().__init__(name=f"Lanes({scalar} x {self.width})")


def _vector(lanes: Lanes) -> ir.VectorType:
    element = ir.FloatType() if lanes.scalar == types.float32 else ir.DoubleType()
    return ir.VectorType(element, lanes.width)


@register_default(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):  # type: ignore[no-untyped-def]
        super().__init__(dmm, fe_type, _vector(fe_type))


def _broadcast(builder, scalar, vector):  # type: ignore[no-untyped-def]
    undefined = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, undefined, zeros)


def _call(builder, name, *rows):  # type: ignore[no-untyped-def]
    vector = rows[0].type
    bits = 32 if vector.element == ir.FloatType() else 64
    signature = ir.FunctionType(vector, [vector] * len(rows))
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.v{vector.count}f{bits}")
    return builder.call(function, rows)


def _address(context, builder, array_type, array, offset, vector):  # type: ignore[no-untyped-def]
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset], inbounds=True), ir.PointerType(vector))


@intrinsic
def load(typingctx, array, offset):  # type: ignore[no-untyped-def]
    """The row of a flat array that starts at element `offset`."""
    result = Lanes(array.dtype)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        vector = _vector(result)
        pointer = _address(context, builder, signature.args[0], args[0], args[1], vector)
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return result(array, types.intp), codegen


@intrinsic
def store(typingctx, array, offset, value):  # type: ignore[no-untyped-def]
    """Write a row at element `offset` of a flat array."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        pointer = _address(context, builder, signature.args[0], args[0], args[1], _vector(value))
        builder.store(args[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), codegen


@intrinsic
def splat(typingctx, scalar):  # type: ignore[no-untyped-def]
    """The row whose lanes all hold `scalar`."""
    result = Lanes(scalar)

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _broadcast(builder, args[0], _vector(result))

    return result(scalar), codegen


@intrinsic
def flip(typingctx, row, sign):  # type: ignore[no-untyped-def]
    """The row times -1 when the integer `sign` is odd."""
    bits = row.scalar.bitwidth

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        word = ir.IntType(bits)
        integers = ir.VectorType(word, row.width)
        odd = builder.trunc(args[1], word) if bits < 64 else args[1]
        signs = _broadcast(builder, builder.shl(odd, ir.Constant(word, bits - 1)), integers)
        return builder.bitcast(builder.xor(builder.bitcast(args[0], integers), signs), _vector(row))

    return row(row, types.int64), codegen


@intrinsic
def cosine_and_sine(typingctx, row):  # type: ignore[no-untyped-def]
    """The cosine and the sine of every lane, good to a few units in the last place up to angles of 1e5.

    Source: the range reduction and the polynomials of the Cephes library (S. L. Moshier), double-precision set.
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        vector, angle = _vector(row), args[0]
        words = ir.VectorType(ir.IntType(row.scalar.bitwidth), row.width)

        def constant(value):  # type: ignore[no-untyped-def]
            return ir.Constant(vector, [value] * row.width)

        def word(value):  # type: ignore[no-untyped-def]
            return ir.Constant(words, [value] * row.width)

        def polynomial(square, coefficients):  # type: ignore[no-untyped-def]
            value = constant(coefficients[-1])
            for coefficient in coefficients[-2::-1]:
                value = _call(builder, "fma", value, square, constant(coefficient))
            return value

        turns = _call(builder, "rint", builder.fmul(angle, constant(2 / np.pi)))
        reduced = angle
        for part in _HALF_PI[row.scalar.bitwidth]:
            reduced = _call(builder, "fma", turns, constant(-part), reduced)
        square = builder.fmul(reduced, reduced)
        cube = builder.fmul(square, reduced)
        sine = _call(builder, "fma", cube, polynomial(square, _SINE), reduced)
        fourth = builder.fmul(square, square)
        cosine = _call(builder, "fma", square, constant(-0.5), constant(1.0))
        cosine = _call(builder, "fma", fourth, polynomial(square, _COSINE), cosine)
        quadrant = builder.fptosi(turns, words)
        swapped = builder.icmp_signed("!=", builder.and_(quadrant, word(1)), word(0))
        top = row.scalar.bitwidth - 1
        sine_sign = builder.shl(builder.lshr(quadrant, word(1)), word(top))
        cosine_sign = builder.shl(builder.lshr(builder.add(quadrant, word(1)), word(1)), word(top))
        both = []
        for plain, other, sign in ((cosine, sine, cosine_sign), (sine, cosine, sine_sign)):
            picked = builder.bitcast(builder.select(swapped, other, plain), words)
            both.append(builder.bitcast(builder.xor(picked, sign), vector))
        return context.make_tuple(builder, signature.return_type, both)

    return types.UniTuple(row, 2)(row), codegen


_HALF_PI = {
    32: (1.5703125, 4.837512969970703125e-4, 7.549789948768648e-8),
    64: (1.57079632679489655800, 6.12323399573676603587e-17),
}
_SINE = (
    -1.66666666666666307295e-1,
    8.33333333332211858878e-3,
    -1.98412698295895385996e-4,
    2.75573136213857245213e-6,
    -2.50507477628578072866e-8,
    1.58962301576546568060e-10,
)
_COSINE = (
    4.16666666666665929218e-2,
    -1.38888888888730564116e-3,
    2.48015872888517045348e-5,
    -2.75573141792967388112e-7,
    2.08757008419747316778e-9,
    -1.13585365213876817300e-11,
)


@intrinsic
def total(typingctx, row):  # type: ignore[no-untyped-def]
    """The sum of a row's lanes."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        value, width = args[0], row.width
        while width > 1:
            width //= 2
            picks = [list(range(width)), list(range(width, 2 * width))]
            masks = [ir.Constant(ir.VectorType(ir.IntType(32), width), p) for p in picks]
            undefined = ir.Constant(value.type, ir.Undefined)
            low, high = (builder.shuffle_vector(value, undefined, mask) for mask in masks)
            value = builder.fadd(low, high)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return row.scalar(row), codegen


@intrinsic
def ones(typingctx, word):  # type: ignore[no-untyped-def]
    """The number of set bits of an integer."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.ctpop(args[0])

    return types.int64(types.int64), codegen


@intrinsic
def exchanged(typingctx, row, mask):  # type: ignore[no-untyped-def]
    """The row whose lane k is lane k ^ mask of the given one; 0 <= mask < width."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        bits = row.scalar.bitwidth
        word = ir.IntType(bits)
        if _one_instruction():
            places = ir.VectorType(word, row.width)
            start = ir.Constant(places, list(range(row.width)))
            mask = builder.trunc(args[1], word) if bits < 64 else args[1]
            order = builder.xor(_broadcast(builder, mask, places), start)
            vector = _vector(row)
            signature = ir.FunctionType(vector, [vector, places])
            name = f"llvm.x86.avx512.permvar.{'sf' if bits == 32 else 'df'}.512"
            return builder.call(cgutils.get_or_insert_function(builder.module, signature, name), [args[0], order])
        value, undefined = args[0], ir.Constant(_vector(row), ir.Undefined)
        for b in range(row.width.bit_length() - 1):
            order = ir.Constant(ir.VectorType(ir.IntType(32), row.width), [k ^ (1 << b) for k in range(row.width)])
            chosen = builder.trunc(builder.lshr(args[1], ir.Constant(args[1].type, b)), ir.IntType(1))
            value = builder.select(chosen, builder.shuffle_vector(value, undefined, order), value)
        return value

    return row(row, types.int64), codegen


def _one_instruction() -> bool:
    """Whether the processor that is compiled for exchanges lanes by a mask at once."""
    features = config.CPU_FEATURES if config.CPU_FEATURES is not None else get_host_cpu_features()
    return "+avx512f" in features


@intrinsic
def flip_lanes(typingctx, row, mask):  # type: ignore[no-untyped-def]
    """The row with the lanes k turned round for which k & mask has an odd number of set bits."""
    bits = row.scalar.bitwidth

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        word = ir.IntType(bits)
        integers = ir.VectorType(word, row.width)
        mask = builder.trunc(args[1], word) if bits < 64 else args[1]
        parity = builder.and_(_broadcast(builder, mask, integers), ir.Constant(integers, list(range(row.width))))
        for shift in (2, 1):
            shifted = builder.lshr(parity, ir.Constant(integers, [shift] * row.width))
            parity = builder.xor(parity, shifted)
        signs = builder.shl(parity, ir.Constant(integers, [bits - 1] * row.width))
        return builder.bitcast(builder.xor(builder.bitcast(args[0], integers), signs), _vector(row))

    return row(row, types.int64), codegen


def _transposed(builder, rows):  # type: ignore[no-untyped-def]
    """Transpose a square of rows by exchanging halves, then quarters, and so on."""
    width, h = len(rows), len(rows) // 2
    word = ir.IntType(32)
    while h:
        low = [k if not k & h else (k ^ h) + width for k in range(width)]
        high = [k + width if k & h else k | h for k in range(width)]
        masks = [ir.Constant(ir.VectorType(word, width), pattern) for pattern in (low, high)]
        for k in range(width):
            if not k & h:
                pair = rows[k], rows[k | h]
                rows[k] = builder.shuffle_vector(*pair, masks[0])
                rows[k | h] = builder.shuffle_vector(*pair, masks[1])
        h //= 2
    return rows


def _transposing(gathers: bool):  # type: ignore[no-untyped-def]
    @intrinsic
    def move(typingctx, far, places, flip_place, near, offset):  # type: ignore[no-untyped-def]
        lanes = Lanes(far.dtype)

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            vector, align = _vector(lanes), far.dtype.bitwidth // 8
            table = context.make_array(signature.args[1])(context, builder, args[1]).data
            outside, inside = [], []
            for k in range(lanes.width):
                place = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), k)]))
                place = builder.xor(place, args[2])
                outside.append(_address(context, builder, signature.args[0], args[0], place, vector))
                here = builder.add(args[4], ir.Constant(ir.IntType(64), k * lanes.width))
                inside.append(_address(context, builder, signature.args[3], args[3], here, vector))
            source, target = (outside, inside) if gathers else (inside, outside)
            rows = _transposed(builder, [builder.load(pointer, align=align) for pointer in source])
            for row, pointer in zip(rows, target, strict=True):
                builder.store(row, pointer, align=align)
            return context.get_dummy_value()

        return types.void(far, places, types.int64, near, types.int64), codegen

    return move


gather_square = _transposing(True)
"""Read the rows at `places ^ flip_place` of a far array, transpose the square, write it at `offset` of a near one."""
scatter_square = _transposing(False)
"""The way back of `gather_square`."""


def _arithmetic(name: str):  # type: ignore[no-untyped-def]
    @intrinsic
    def apply(typingctx, left, right):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return getattr(builder, name)(args[0], args[1], flags=_FAST)

        return left(left, right), codegen

    return apply


_add, _subtract, _multiply = _arithmetic("fadd"), _arithmetic("fsub"), _arithmetic("fmul")


def _both_lanes(left, right) -> bool:  # type: ignore[no-untyped-def]
    return isinstance(left, Lanes) and left == right


@overload(operator.add, inline="always")
def _overload_add(left, right):  # type: ignore[no-untyped-def]
    return (lambda left, right: _add(left, right)) if _both_lanes(left, right) else None


@overload(operator.sub, inline="always")
def _overload_subtract(left, right):  # type: ignore[no-untyped-def]
    return (lambda left, right: _subtract(left, right)) if _both_lanes(left, right) else None


@overload(operator.mul, inline="always")
def _overload_multiply(left, right):  # type: ignore[no-untyped-def]
    return (lambda left, right: _multiply(left, right)) if _both_lanes(left, right) else None
