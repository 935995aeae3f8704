"""The readout-qubit classifier: its circuit against plain matrices, the product formula against the circuit."""

import numpy as np
import pytest
from scipy.linalg import expm

from ketwork import PauliSum, Simulator
from ketwork.circuit.gates import pauli_matrix
from ketwork.models.boolean_circuits import all_bits
from ketwork.models.readout_qubit import (
    layer_terms,
    product_overlaps,
    product_values,
    readout_circuit,
    readout_observable,
)

RNG = np.random.default_rng(3)


def plain_value(terms, weights, psi):
    """<Y> by matrix exponentials exp(i theta P X) on psi and a readout in |1>."""
    state = np.kron(psi, [0, 1]).astype(complex)
    for term, theta in zip(terms, weights, strict=True):
        state = expm(1j * theta * pauli_matrix(term + "X")) @ state
    return float((state.conj() @ pauli_matrix("I" * len(terms[0]) + "Y") @ state).real)


@pytest.mark.parametrize("terms", [("ZII", "IZI", "XII", "IIZ", "III"), ("ZXI", "IYY", "XXX", "III", "IZI")])
def test_circuit_is_what_it_says(terms):
    weights = RNG.normal(size=len(terms))
    value = Simulator().expectation(readout_circuit(3, terms), readout_observable(3), all_bits(3), weights)[:, 0]
    for k, found in enumerate(value):
        assert np.isclose(found, plain_value(terms, weights, np.eye(8)[k]), atol=1e-12)


def test_value_is_the_overlap_of_two_evolutions():
    """<Y> = Im <psi| U^+ V |psi> for any state and any strings: what the module says first."""
    terms = ("ZX", "XI", "YY", "IZ")
    weights = RNG.normal(size=4)
    psi = RNG.normal(size=4) + 1j * RNG.normal(size=4)
    psi /= np.linalg.norm(psi)
    there = back = np.eye(4)
    for term, theta in zip(terms, weights, strict=True):
        there = expm(1j * theta * pauli_matrix(term)) @ there
        back = expm(-1j * theta * pauli_matrix(term)) @ back
    assert np.isclose(plain_value(terms, weights, psi), (psi.conj() @ there.conj().T @ back @ psi).imag)


@pytest.mark.parametrize("letters", ["Z", "X", "ZX", "XZX", "ZXZXZX"])
def test_product_formula_is_the_circuit(letters):
    n, bits = 5, all_bits(5)
    angles = RNG.normal(size=(len(letters), n))
    circuit = readout_circuit(n, layer_terms(n, letters))
    value, pull_back = Simulator().value_and_pullback(circuit, readout_observable(n), bits, angles.ravel())
    cotangent = RNG.normal(size=(len(bits), 1))
    found, slopes = product_values(bits, angles, letters)
    assert np.allclose(found, value[:, 0], atol=1e-12)
    assert np.allclose(np.tensordot(cotangent[:, 0], slopes, 1).ravel(), pull_back(cotangent).w, atol=1e-11)


def test_product_formula_on_17_qubits():
    angles, bits = RNG.normal(0, 0.4, (6, 16)), RNG.integers(0, 2, (3, 16)).astype(float)
    circuit = readout_circuit(16, layer_terms(16, "ZXZXZX"))
    value = Simulator().expectation(circuit, readout_observable(16), bits, angles.ravel())[:, 0]
    found, _ = product_values(bits, angles, "ZXZXZX")
    assert np.abs(found).max() > 1e-3  # not zero against zero
    assert np.allclose(found, value, atol=1e-12)


def test_however_many_layers_it_is_a_sine_of_one_sum():
    angles, bits = RNG.normal(size=(6, 4)), all_bits(4)
    overlaps, _ = product_overlaps(angles, "ZXZXZX")
    sine = np.abs(overlaps).prod() * np.sin((1 - 2 * bits) @ np.angle(overlaps))
    assert np.allclose(product_values(bits, angles, "ZXZXZX")[0], sine, atol=1e-12)
    assert (np.abs(overlaps) <= 1 + 1e-12).all()
    one_layer = -np.angle(overlaps)[None] / 2  # exp(i theta Z X): phi = -2 theta
    assert np.allclose(product_values(bits, one_layer, "Z")[0] * np.abs(overlaps).prod(), sine, atol=1e-12)


def test_slopes_are_right_where_a_factor_vanishes():
    """An overlap of zero must not make others' derivatives not a number."""
    angles = np.array([[0.0, 0.3], [np.pi / 4, 0.2]])
    assert np.isclose(abs(product_overlaps(angles, "ZX")[0][0]), 0, atol=1e-12)
    _, slopes = product_values(np.array([[0.0, 1.0]]), angles, "ZX")
    for index in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[index] = 1e-6
        ends = [product_values(np.array([[0.0, 1.0]]), angles + sign * step, "ZX")[0][0] for sign in (1, -1)]
        assert np.isclose(slopes[0][index], (ends[0] - ends[1]) / 2e-6, atol=1e-8)


def test_states_instead_of_bits():
    circuit = readout_circuit(2, ("ZI", "XX"), from_bits=False)
    assert circuit.n_inputs == 0 and circuit.n_weights == 2
    assert readout_observable(2) == PauliSum.from_dict({"IIY": 1.0})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layer_terms(3, "ZQ"), "`letters` must be made of X, Y and Z"),
        (lambda: layer_terms(3, ""), "`letters` must be made of X, Y and Z"),
        (lambda: layer_terms(3, 2), "`letters` must be made of X, Y and Z, but is 2"),
        (lambda: product_overlaps(np.zeros((1, 3)), 1), "`letters` must name X or Z for 1 rows"),
        (lambda: layer_terms(0, "Z"), "`n_data` must be at least 1"),
        (lambda: readout_circuit(2, ("ZI", "Z")), "item 1 is 'Z'"),
        (lambda: readout_circuit(2, ("QI",)), "item 0 is 'QI'"),
        (lambda: product_overlaps(np.zeros((2, 3)), "Z"), "`letters` must name X or Z for 2 rows"),
        (lambda: product_overlaps(np.zeros((1, 3)), "Y"), "`letters` must name X or Z for 1 rows"),
        (lambda: product_values(np.zeros((1, 2)), np.zeros((1, 3)), "Z"), "`bits` must have 3 columns"),
        (lambda: product_values(np.full((1, 3), 0.5), np.zeros((1, 3)), "Z"), "`bits` must hold 0 and 1 alone"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
