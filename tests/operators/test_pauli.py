"""Pauli sums against dense matrices."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork import PauliSum, hermitian, pauli, pauli_z
from ketwork.operators.pauli import PAULI_MATRICES

strings = st.text("IXYZ", min_size=3, max_size=3)
# Rounded: a number too small to change another that it is added to would be lost in a dense matrix
numbers = st.complex_numbers(max_magnitude=5, allow_nan=False, allow_infinity=False).map(
    lambda z: complex(round(z.real, 6), round(z.imag, 6))
)
sums = st.dictionaries(strings, numbers, min_size=1, max_size=6).map(PauliSum.from_dict)


@settings(max_examples=60, deadline=None)
@given(sums, sums, numbers)
def test_algebra_is_that_of_matrices(a, b, factor):
    A, B = a.matrix(), b.matrix()
    np.testing.assert_allclose((a + b).matrix(), A + B, atol=1e-12)
    np.testing.assert_allclose((a - b).matrix(), A - B, atol=1e-12)
    np.testing.assert_allclose((factor * a).matrix(), factor * A, atol=1e-11)
    np.testing.assert_allclose((-a).matrix(), -A)
    np.testing.assert_allclose((a @ b).matrix(), A @ B, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(sums)
def test_masks_and_hermiticity(a):
    assert a.is_hermitian == np.array_equal(a.matrix(), a.matrix().conj().T)
    x, z, values = a.masks
    letters = {(0, 0): "I", (1, 0): "X", (1, 1): "Y", (0, 1): "Z"}
    for (string, coefficient), u, v, value in zip(a.terms, x, z, values, strict=True):
        assert string == "".join(letters[(int(u) >> b) & 1, (int(v) >> b) & 1] for b in (2, 1, 0))
        assert value == complex(coefficient).real


def test_terms_are_merged_and_sorted_so_that_equal_sums_are_equal():
    a = PauliSum.from_list([("ZI", 1), ("XX", 2), ("ZI", -0.5)])
    assert a == PauliSum.from_dict({"XX": 2.0, "ZI": 0.5})
    assert hash(a) == hash(PauliSum.from_dict({"ZI": 0.5, "XX": 2.0}))
    assert len(a - a) == 0


def test_strings_read_from_qubit_zero():
    expected = np.kron(np.kron(PAULI_MATRICES["X"], np.eye(2)), PAULI_MATRICES["Z"])
    np.testing.assert_array_equal(pauli("ZX", (2, 0), 3).matrix(), expected)
    np.testing.assert_array_equal(pauli_z(1, 2).matrix(), np.diag([1, -1, 1, -1]))


@pytest.mark.parametrize("qubits", [[1], [2, 0]])
def test_hermitian_matrices(qubits):
    rng, size = np.random.default_rng(0), 1 << len(qubits)
    matrix = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    matrix = matrix + matrix.conj().T
    cube = np.eye(8, dtype=complex).reshape((2,) * 6)
    k = len(qubits)
    full = np.tensordot(matrix.reshape((2,) * (2 * k)), cube, (range(k, 2 * k), qubits))
    full = np.moveaxis(full, range(k), qubits).reshape(8, 8)
    np.testing.assert_allclose(hermitian(matrix, qubits, 3).matrix(), full, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PauliSum.from_dict({"XQ": 1}), "letters out of I, X, Y, Z, but is 'XQ'"),
        (lambda: PauliSum.from_dict({"XX": 1, "X": 1}), "2 letters"),
        (lambda: PauliSum.from_dict({"X": np.nan}), "must be finite"),
        (lambda: PauliSum.from_dict({}), "at least one Pauli string"),
        (lambda: pauli("XX", (0, 0), 2), "one different qubit"),
        (lambda: pauli_z(2, 2), r"must lie in \[0, 1\], but is 2"),
        (lambda: pauli_z(0, 2) + pauli_z(0, 3), "act on 2 and 3"),
        (lambda: hermitian([[0, 1], [0, 0]], [0], 1), "differs from its adjoint by 1"),
        (lambda: hermitian(np.eye(4), [0], 2), "2x2 for one qubit or 4x4"),
        (lambda: hermitian(np.eye(8), [0, 1, 2], 3), r"4x4 for two, but is \(8, 8\)"),
        (lambda: hermitian(np.eye(4), [1, 1], 2), "one different qubit"),
        (lambda: hermitian(np.eye(2), [5], 2), r"must lie in \[0, 1\], but is 5"),
        (lambda: hermitian([[np.nan, 0], [0, 1]], [0], 1), "`matrix` must be finite"),
        (lambda: pauli_z(0, 13).matrix(), r"must lie in \[1, 12\], but is 13"),
        (lambda: pauli_z(0, 2) @ pauli_z(0, 3), "act on 2 and 3"),
        (lambda: pauli_z(0, 2).commutator(pauli_z(0, 3)), "act on 2 and 3"),
        (lambda: PauliSum.from_matrix(np.eye(3)), r"2\^n x 2\^n for 1 to 12 qubits, but has the shape \(3, 3\)"),
        (lambda: PauliSum.from_matrix(np.zeros((0, 0))), "2\\^n x 2\\^n"),
        (lambda: PauliSum.from_masks(2, [4], [0], [1.0]), "masks of 2 bits, from 0 to 3"),
        (lambda: PauliSum.from_masks(2, [1, 2], [0], [1.0]), "have 2, 1 and 1 entries"),
        (lambda: pauli_z(0, 1) ** -1, "must be at least 0, but is -1"),
        (lambda: pauli_z(0, 1).chop(-1), "must be at least 0"),
        (lambda: (1e300 * pauli_z(0, 1)) ** 2, "must be finite"),
    ],
)
def test_the_door(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_products_with_other_things_are_no_products():
    with pytest.raises(TypeError):
        pauli_z(0, 1) @ 3


@settings(max_examples=60, deadline=None)
@given(strings, strings)
def test_strings_commute_where_they_differ_an_even_number_of_times(left, right):
    differ = sum(a != b and "I" not in (a, b) for a, b in zip(left, right, strict=True))
    a, b = PauliSum.from_dict({left: 1}), PauliSum.from_dict({right: 1})
    assert a @ b == (b @ a if differ % 2 == 0 else -(b @ a))
    assert a @ a == PauliSum.from_dict({"III": 1})


def test_named_products():
    X, Y, Z = (pauli(letter, 0, 1) for letter in "XYZ")
    assert (X @ Y, Y @ Z, Z @ X) == (1j * Z, 1j * X, 1j * Y)
    assert not (X @ Y).is_hermitian
    assert (-1j * (X @ Y)).is_hermitian
    assert str(0.5 * Z - X) == "-1*X + 0.5*Z"
    assert str(X - X) == "0"


@settings(max_examples=40, deadline=None)
@given(strings, st.integers(0, 7))
def test_masks_say_where_a_basis_state_goes(string, start):
    """P |b> is |b xor x>, with the sign of the bits that z sees and an i for every Y."""
    (x,), (z,), _ = PauliSum.from_dict({string: 1}).masks
    sign = (-1) ** int(start & int(z)).bit_count() * 1j ** int(x & z).bit_count()
    expected = np.zeros(8, complex)
    expected[start ^ int(x)] = sign
    np.testing.assert_array_equal(PauliSum.from_dict({string: 1}).matrix()[:, start], expected)


@pytest.mark.parametrize("other", [3, np.eye(2), "X"])
def test_only_sums_are_added(other):
    with pytest.raises(TypeError):
        pauli_z(0, 1) + other


@settings(max_examples=40, deadline=None)
@given(sums, sums)
def test_more_algebra_is_that_of_matrices(a, b):
    A, B = a.matrix(), b.matrix()
    np.testing.assert_allclose(a.commutator(b).matrix(), A @ B - B @ A, atol=1e-10)
    np.testing.assert_allclose(a.adjoint().matrix(), A.conj().T)
    np.testing.assert_allclose(a.trace(), np.trace(A), atol=1e-10)
    np.testing.assert_allclose((a / 4).matrix(), A / 4)
    assert sum([a, b, a]) == a + b + a
    if np.abs(A @ B - B @ A).max() > 1e-3:
        assert not a.commutes_with(b)
    assert a.commutes_with(a @ a, 1e-10)


@settings(max_examples=20, deadline=None)
@given(sums, st.integers(0, 5))
def test_powers_are_those_of_matrices(a, k):
    A = a.matrix()
    scale = max(1.0, np.linalg.norm(A, 2)) ** k
    np.testing.assert_allclose((a**k).matrix(), np.linalg.matrix_power(A, k), atol=1e-12 * scale)


@settings(max_examples=20, deadline=None)
@given(sums)
def test_matrices_come_back_as_sums(a):
    back = PauliSum.from_matrix(a.matrix())
    np.testing.assert_allclose(back.matrix(), a.matrix(), atol=1e-10)
    assert PauliSum.from_matrix(a.matrix(), 0.0).n_qubits == 3
    x, z, _ = a.masks
    assert PauliSum.from_masks(3, x, z, a.coefficients) == a


def test_hermitian_matrices_give_hermitian_sums():
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(16, 16)) + 1j * rng.normal(size=(16, 16))
    found = PauliSum.from_matrix(matrix + matrix.conj().T)
    assert found.is_hermitian and len(found) == 256


def test_symmetries_and_support():
    ring = sum(pauli(p + p, (k, (k + 1) % 4), 4) for k in range(4) for p in "XYZ")
    total = sum(pauli_z(k, 4) for k in range(4))
    assert ring.commutes_with(total) and not ring.commutes_with(pauli_z(0, 4))
    assert (0.1 * ring).commutes_with(1 / 3 * total)
    assert pauli("XZ", (3, 1), 5).support == (1, 3)
    assert PauliSum(3, ()).support == () and (total - total).trace() == 0


def test_chopping_drops_what_is_small():
    noisy = PauliSum.from_dict({"XX": 1 + 1e-14j, "ZZ": 1e-13, "YY": 1e-3})
    assert noisy.chop() == PauliSum.from_dict({"XX": 1.0, "YY": 1e-3})
    assert noisy.chop(0.1).is_hermitian and len(noisy.chop(0.1)) == 1


def test_a_thousand_by_a_thousand_terms_take_about_a_second():
    rng = np.random.default_rng(0)
    a, b = (
        PauliSum.from_list([("".join(rng.choice(list("IXYZ"), 12)), float(c)) for c in rng.normal(size=1000)])
        for _ in range(2)
    )
    started = time.perf_counter()
    product = a @ b
    assert time.perf_counter() - started < 10  # about 0.7 s alone on a core; the machine may be busy
    state = rng.integers(0, 1 << 12, 3)  # <s| a b |s'> by the action on basis states, string by string
    for column in state:
        middle, wanted = _column(b, int(column)), np.zeros(1 << 12, complex)
        for place in np.flatnonzero(middle):
            wanted += middle[place] * _column(a, int(place))
        np.testing.assert_allclose(_column(product, int(column)), wanted, atol=1e-9)


def _column(operator: PauliSum, b: int) -> np.ndarray:
    result = np.zeros(1 << operator.n_qubits, complex)
    x, z, _ = operator.masks
    phases = 1j ** (np.bitwise_count(x & z) % 4) * (-1.0) ** np.bitwise_count(z & b)
    np.add.at(result, b ^ x, operator.coefficients * phases)
    return result


def test_placed_on_a_larger_register():
    here = PauliSum.from_dict({"XZ": 2.0, "IY": 1.0})
    assert here.placed([3, 1], 4) == PauliSum.from_dict({"IZIX": 2.0, "IYII": 1.0})
    for qubits in ([0], [1, 1], [0, 4]):
        with pytest.raises(ValueError, match="qubits"):
            here.placed(qubits, 4)
