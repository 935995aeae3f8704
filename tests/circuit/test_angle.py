"""Angles: a commutative ring of polynomials, kept in one form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketwork import Angle, w, x
from ketwork.circuit.angle import Slot, as_angle, as_param

numbers = st.integers(-4, 4).map(lambda k: k / 2)
slots = st.one_of(st.integers(0, 2).map(lambda i: x[i]), st.integers(0, 2).map(lambda k: w[k]))
polynomials = st.recursive(
    st.one_of(numbers.map(as_angle), slots),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] * p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        inner.map(lambda a: -a),
    ),
    max_leaves=6,
)
XS, WS = np.array([[0.3, -1.1, 0.7], [1.3, 0.2, -0.4]]), np.array([0.9, -0.6, 1.7])


@given(polynomials, polynomials)
def test_arithmetic_is_that_of_the_values(a, b):
    va, vb = a.evaluate(XS, WS), b.evaluate(XS, WS)
    np.testing.assert_allclose((a + b).evaluate(XS, WS), va + vb, atol=1e-9)
    np.testing.assert_allclose((a - b).evaluate(XS, WS), va - vb, atol=1e-9)
    np.testing.assert_allclose((a * b).evaluate(XS, WS), va * vb, atol=1e-9)


@given(polynomials, polynomials, polynomials)
def test_equal_polynomials_are_equal_objects(a, b, c):
    assert a + b == b + a
    assert a * b == b * a
    assert a * (b + c) == a * b + a * c
    assert hash(a * (b + c)) == hash(a * b + a * c)
    assert a - a == as_angle(0)


@given(polynomials, st.sampled_from([Slot(k, i) for k in "xw" for i in range(3)]))
def test_derivative_is_the_slope(a, slot):
    step, values = 1e-6, {"x": XS, "w": WS}
    up, down = ({k: v.copy() for k, v in values.items()} for _ in range(2))
    up[slot.kind][..., slot.index] += step
    down[slot.kind][..., slot.index] -= step
    slope = (a.evaluate(**up) - a.evaluate(**down)) / (2 * step)
    np.testing.assert_allclose(a.derivative(slot).evaluate(XS, WS), slope, rtol=1e-5, atol=1e-5)


@given(polynomials, polynomials)
def test_substitution_is_composition(a, b):
    put = a.substitute({Slot("w", 0): b, Slot("x", 1): 0.5})
    for row in XS:
        inner = row.copy()
        inner[1] = 0.5
        weights = WS.copy()
        weights[0] = b.evaluate(row, WS)
        np.testing.assert_allclose(put.evaluate(row, WS), a.evaluate(inner, weights), atol=1e-9)


@given(polynomials)
def test_text_is_the_polynomial(a):
    again = eval(str(a), {"x": x, "w": w})  # only digits, slots and operators can stand there
    assert as_angle(again) == a


def test_text_and_parts():
    angle = 2 * x[0] * w[3] + 0.5 - w[1] ** 2
    assert str(angle) == "-w[1]*w[1] + 2*w[3]*x[0] + 0.5"
    assert angle.degree == 2
    assert angle.slots == (Slot("w", 1), Slot("w", 3), Slot("x", 0))
    assert str(as_angle(0)) == "0"
    assert (w[0] / 4).terms == ((0.25, (Slot("w", 0),)),)
    assert x[0] ** 0 == as_angle(1)


def test_slices_give_lists():
    assert w[2:5] == [w[2], w[3], w[4]]
    assert x[:4:2] == [x[0], x[2]]


def test_numpy_numbers_and_arrays_mix():
    assert np.float64(2) * w[0] == 2 * w[0]
    assert list(np.arange(2) * w[0]) == [as_angle(0), w[0]]


def test_parameters_without_slots_are_numbers():
    assert as_param(w[0] - w[0] + 0.25) == 0.25
    assert type(as_param(np.float32(0.5))) is float
    assert isinstance(as_param(w[0]), Angle)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: x[0] / w[0], TypeError, "only by a number"),
        (lambda: x[0] / 0, ValueError, "must not be 0"),
        (lambda: x[0] + "1", TypeError, "Argument `angle` must be a real number, but is '1'"),
        (lambda: x[0] * float("nan"), ValueError, "must be finite"),
        (lambda: x[0] * 1e200 * 1e200, ValueError, "must be finite"),
        (lambda: x[0] ** -1, ValueError, "at least 0"),
        (lambda: x[0] ** 0.5, TypeError, "must be an integer"),
        (lambda: x[-1], ValueError, "at least 0"),
        (lambda: w[2:], ValueError, "must have an end"),
        (lambda: list(w), TypeError, "no end to iterate to"),
        (lambda: as_param(True), TypeError, "must be a real number"),
        (lambda: as_param(float("inf")), ValueError, "must be finite"),
        (lambda: x[3].evaluate(XS, WS), ValueError, r"a value for x\[3\]"),
        (lambda: w[0].evaluate(XS), ValueError, r"a value for w\[0\]"),
    ],
)
def test_door(call, error, words):
    with pytest.raises(error, match=words):
        call()
