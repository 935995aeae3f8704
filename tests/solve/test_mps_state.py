"""Chains of tensors against dense vectors and matrices."""

import sys

import numpy as np
import pytest

from ketwork import PauliSum
from ketwork.operators import lanczos, spins
from ketwork.solve.mps_state import (
    MatrixProductState,
    energy_of,
    matrix_product_operator,
    moments,
    mps_of_vector,
    truncated,
)


def random_sum(rng, n, terms, cplx=False):
    strings = ["".join(rng.choice(list("IXYZ"), n)) for _ in range(terms)]
    values = rng.normal(size=terms) + (1j * rng.normal(size=terms) if cplx else 0)
    return PauliSum.from_list(zip(strings, values.tolist(), strict=True))


def random_vector(rng, n, cplx=True):
    v = rng.normal(size=2**n) + (1j * rng.normal(size=2**n) if cplx else 0)
    return v / np.linalg.norm(v)


def dense(tensors):
    result = np.ones((1, 1, 1))
    for t in tensors:
        grown = np.einsum("abl,lrpq->apbqr", result, t)
        result = grown.reshape(grown.shape[0] * 2, -1, grown.shape[-1])
    return result[:, :, 0]


@pytest.mark.parametrize(("n", "terms", "cplx"), [(1, 2, False), (2, 9, True), (5, 40, False), (6, 200, True)])
def test_operators_are_exact(n, terms, cplx):
    rng = np.random.default_rng(n)
    operator = random_sum(rng, n, terms, cplx)
    assert np.abs(dense(matrix_product_operator(operator)) - operator.matrix()).max() < 1e-12 * terms


def test_operators_have_the_smallest_bonds():
    long = matrix_product_operator(spins.heisenberg(spins.chain(12)))
    assert max(t.shape[1] for t in long) == 5
    assert all(t.dtype == np.float64 for t in long)  # YY is real
    # all pairs alike: an exponential sum of many terms that needs no more than neighbours do
    pairs = [(a, b) for a in range(10) for b in range(a + 1, 10)]
    assert max(t.shape[1] for t in matrix_product_operator(spins.ising(pairs))) == 3
    empty = PauliSum(3, ())
    assert np.abs(dense(matrix_product_operator(empty))).max() == 0


def test_vectors_come_back():
    rng = np.random.default_rng(1)
    for n in (1, 2, 7):
        v = random_vector(rng, n)
        state = mps_of_vector(3 * v)
        assert np.abs(state.vector() - v).max() < 1e-13
        assert state.bond_dimension == 2 ** (n // 2)
    assert mps_of_vector([1.0, 0, 0, 1.0]).tensors[0].dtype == np.float64


def test_cutting_loses_the_smallest_schmidt_values():
    rng = np.random.default_rng(2)
    v = random_vector(rng, 2)
    values = np.linalg.svd(v.reshape(2, 2), compute_uv=False)
    cut = mps_of_vector(v, 1)
    assert cut.truncation == pytest.approx(values[1] ** 2)
    assert abs(np.vdot(cut.vector(), v)) == pytest.approx(values[0])
    full = mps_of_vector(random_vector(rng, 8))
    fidelities = []
    for chi in (1, 2, 4, 8, 16):
        less = truncated(full, chi)
        assert less.bond_dimension <= chi
        assert np.linalg.norm(less.vector()) == pytest.approx(1)
        fidelities.append(abs(full.overlap(less)) ** 2)
        assert fidelities[-1] >= 1 - less.truncation - 1e-12
        assert abs(full.overlap(less) - np.vdot(full.vector(), less.vector())) < 1e-12
    assert fidelities == sorted(fidelities)
    assert fidelities[-1] == pytest.approx(1)


def test_energies():
    rng = np.random.default_rng(3)
    h = random_sum(rng, 6, 60)
    state = mps_of_vector(random_vector(rng, 6))
    v = state.vector()
    assert energy_of(state, h) == pytest.approx(float(lanczos.expectation(h, v)))
    once, twice = moments(state.tensors, matrix_product_operator(h))
    assert once == pytest.approx(energy_of(state, h))
    assert twice == pytest.approx(np.linalg.norm(h.matrix() @ v) ** 2)


def test_quimb_reads_the_same_state():
    rng = np.random.default_rng(4)
    for n in (1, 2, 5):
        state = mps_of_vector(random_vector(rng, n))
        assert np.abs(state.to_quimb().to_dense().ravel() - state.vector()).max() < 1e-12


def test_without_quimb(monkeypatch):
    state = mps_of_vector(np.ones(8))
    monkeypatch.setitem(sys.modules, "quimb", None)
    monkeypatch.setitem(sys.modules, "quimb.tensor", None)
    with pytest.raises(ImportError, match=r"pip install 'ketwork\[tensor\]'"):
        state.to_quimb()


def test_bad_input():
    with pytest.raises(ValueError, match="`amplitudes` must hold 2\\^n numbers, not all 0, but has 3"):
        mps_of_vector([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="not all 0"):
        mps_of_vector(np.zeros(4))
    with pytest.raises(ValueError, match="`bond_dimension` must be at least 1"):
        mps_of_vector(np.ones(4), 0)
    state = mps_of_vector(np.ones(4))
    with pytest.raises(ValueError, match="`hamiltonian` must have 2 qubits"):
        energy_of(state, PauliSum.from_dict({"ZZZ": 1.0}))
    with pytest.raises(ValueError, match="`other` must have 2 qubits"):
        state.overlap(mps_of_vector(np.ones(8)))
    with pytest.raises(TypeError, match="must be a PauliSum"):
        matrix_product_operator("ZZ")
    assert isinstance(state, MatrixProductState)
