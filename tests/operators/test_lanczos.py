"""Application and lowest states against dense matrices and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketwork.operators import PauliSum, pauli, pauli_z
from ketwork.operators import lanczos as module
from ketwork.operators.lanczos import (
    apply,
    basis_states,
    expectation,
    ground_energy,
    ground_state,
    linear_operator,
    prepared,
    sparse_matrix,
)
from ketwork.operators.spins import chain, heisenberg, ring, transverse_ising

strings = st.text("IXYZ", min_size=4, max_size=4)
numbers = st.complex_numbers(max_magnitude=5, allow_nan=False, allow_infinity=False)
sums = st.dictionaries(strings, numbers, min_size=1, max_size=20).map(PauliSum.from_dict)


@settings(max_examples=40, deadline=None)
@given(sums, st.integers(0, 2**31))
def test_everything_is_the_dense_matrix(operator, seed):
    rng, matrix = np.random.default_rng(seed), operator.matrix()
    states = rng.normal(size=(3, 16)) + 1j * rng.normal(size=(3, 16))
    np.testing.assert_allclose(apply(operator, states), states @ matrix.T, atol=1e-10)
    np.testing.assert_allclose(apply(operator, states[0]), matrix @ states[0], atol=1e-10)
    np.testing.assert_allclose(sparse_matrix(operator).toarray(), matrix, atol=1e-10)
    np.testing.assert_allclose(linear_operator(operator) @ states.T, matrix @ states.T, atol=1e-10)
    np.testing.assert_allclose(linear_operator(operator).H @ states[0], matrix.conj().T @ states[0], atol=1e-10)
    values = np.einsum("bi,ij,bj->b", states.conj(), matrix, states)
    np.testing.assert_allclose(expectation(operator, states), values, atol=1e-8)


@pytest.mark.parametrize("n", [9, 12])
def test_any_flips_are_applied(n):
    """Random strings on registers whose memory moves in runs and one by one; diagonals kept and not kept."""
    rng = np.random.default_rng(n)
    operator = PauliSum.from_list(
        [("".join(rng.choice(list("IXYZ"), n)), complex(*rng.normal(size=2))) for _ in range(60)]
        + [("I" * (n - 1) + "X", 1.0), ("X" + "I" * (n - 1), 1.0), ("X" * n, 1.0), ("IXX" + "Z" * (n - 3), 1.0)]
    )
    psi = rng.normal(size=1 << n) + 1j * rng.normal(size=1 << n)
    wanted, index = np.zeros_like(psi), np.arange(1 << n)
    x, z, _ = operator.masks
    for a, b, c in zip(x, z, operator.coefficients, strict=True):
        wanted[index ^ a] += c * 1j ** int(a & b).bit_count() * (-1.0) ** np.bitwise_count(index & b) * psi
    np.testing.assert_allclose(apply(operator, psi), wanted, atol=1e-10)
    np.testing.assert_allclose(sparse_matrix(operator) @ psi, wanted, atol=1e-10)
    ready = prepared(operator)
    twice = np.stack([psi, 2 * psi], axis=1)
    np.testing.assert_allclose(ready.matvec(twice), np.stack([wanted, 2 * wanted], axis=1), atol=1e-9)
    assert ready.kept


def test_diagonals_are_made_anew_where_they_do_not_fit(monkeypatch):
    operator, psi = heisenberg(ring(6)), np.random.default_rng(0).normal(size=64)
    wanted = apply(operator, psi)
    monkeypatch.setattr(module, "_KEPT_BYTES", 0)
    ready = prepared(operator)
    np.testing.assert_array_equal(ready.matvec(psi), wanted)
    assert not ready.kept


def test_real_matrices_stay_real():
    psi = np.ones(4)
    assert apply(PauliSum.from_dict({"YY": 1.0, "XZ": 2.0}), psi).dtype == np.float64
    assert sparse_matrix(PauliSum.from_dict({"YY": 1.0})).dtype == np.float64
    assert apply(PauliSum.from_dict({"YX": 1.0}), psi).dtype == np.complex128
    assert apply(pauli_z(0, 2), np.ones(4, int)).tolist() == [1, 1, -1, -1]


@pytest.mark.parametrize("n", [3, 8])
def test_lowest_states_of_random_sums(n):
    rng = np.random.default_rng(n)
    operator = PauliSum.from_list([("".join(rng.choice(list("IXYZ"), n)), float(c)) for c in rng.normal(size=40)])
    energies, states = ground_state(operator, 4)
    np.testing.assert_allclose(energies, np.linalg.eigvalsh(operator.matrix())[:4], atol=1e-9)
    np.testing.assert_allclose(states.conj().T @ states, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(apply(operator, states.T).T, states * energies, atol=1e-7)


def test_a_long_ising_chain_is_free_fermions():
    matrix = np.diag(np.full(14, 0.9)) + np.diag(np.full(13, 1.0), 1)
    wanted = -np.linalg.svd(matrix, compute_uv=False).sum()
    assert ground_energy(transverse_ising(chain(14), 1.0, 0.9)) == pytest.approx(wanted, abs=1e-9)


def test_sectors_are_kept_to():
    """Of a ring of 10 spins with m up: the lowest states of the whole register with that magnetisation."""
    operator = heisenberg(ring(10), 1.0)
    matrix = sparse_matrix(operator).toarray()
    for m in (1, 4):
        inside = basis_states(10, m)
        energies, states = ground_state(operator, 2, where=inside)
        np.testing.assert_allclose(energies, np.linalg.eigvalsh(matrix[inside][:, inside])[:2], atol=1e-9)
        assert not states[~inside].any()
    # One magnon: the ferromagnet's energy minus 4 J (1 - cos k) with k = pi.
    assert ground_energy(operator, basis_states(10, 1)) == pytest.approx(10 - 8, abs=1e-9)
    assert basis_states(2, [0, 2]).tolist() == [True, False, False, True]


def test_a_seed_gives_the_same_state():
    operator = transverse_ising(chain(10))
    one, other = (ground_state(operator, seed=5)[1] for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: apply(pauli_z(0, 2), np.ones(3)),
            ValueError,
            r"2\^2 entries in its last axis, but has the shape \(3,",
        ),
        (lambda: ground_state(1j * pauli_z(0, 2)), ValueError, "must be Hermitian"),
        (lambda: ground_state(pauli_z(0, 2), 5), ValueError, r"`k` must lie in \[1, 4\], but is 5"),
        (lambda: sparse_matrix(pauli_z(0, 17)), ValueError, r"\[1, 16\], but is 17"),
        (lambda: prepared(pauli_z(0, 27)), ValueError, r"has 27: .* 2,147,483,648 bytes"),
        (lambda: ground_energy(pauli("X", 0, 2), basis_states(2, 1)), ValueError, "does not leave, but is left"),
        (lambda: ground_energy(pauli("X", 0, 10), basis_states(10, 5)), ValueError, "does not leave, but is left"),
        (lambda: ground_energy(pauli_z(0, 2), [True]), ValueError, "must hold 4 booleans"),
        (lambda: ground_energy(pauli_z(0, 2), np.zeros(4, bool)), ValueError, "with 0 true"),
        (lambda: module._refuse(1 << 60, "This"), MemoryError, "This needs 1,152,921,504,606,846,976 bytes"),
    ],
)
def test_the_door(call, error, message):
    with pytest.raises(error, match=message):
        call()
