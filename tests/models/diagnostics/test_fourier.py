"""Fourier spectra against closed forms, PennyLane's coefficients, and predictions that hold."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli, w, x
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.diagnostics import fourier_spectrum, sampled_spectrum
from ketwork.models.diagnostics.fourier import allowed_frequencies, common_unit
from ketwork.models.encodings import data_reuploading, zz_feature_map

Z = pauli("Z", 0, 1)


def test_one_rotation_is_a_cosine():
    found = fourier_spectrum(Circuit(1).rx(0, x[0]), Z)
    np.testing.assert_allclose(found.frequencies[0], [-2, -1, 0, 1, 2])
    np.testing.assert_allclose(found.coefficients[0, 0], [0, 0.5, 0, 0.5, 0], atol=1e-12)
    assert found.possible.tolist() == [False, True, True, True, False]
    assert found.found.tolist() == [False, True, False, True, False]


@pytest.mark.parametrize("repeats", [1, 2, 4])
def test_repeated_encodings_reach_as_many_frequencies(repeats):
    """arXiv:2008.08605, sec. III: r Pauli rotations give the frequencies -r to r, of binomial multiplicity."""
    circuit = strongly_entangling(2, 2)
    for k in range(repeats):
        circuit = circuit.rx(k % 2, x[0]) + strongly_entangling(2, 2).shift(weights=circuit.n_weights)
    found = fourier_spectrum(circuit, pauli("Z", 0, 2), samples=5, seed=0)
    np.testing.assert_allclose(found.frequencies[0], np.arange(-repeats - 1, repeats + 2))
    assert found.found[1:-1].all() and found.beyond < 1e-12
    assert found.allowed[0].sum() == 4**repeats


def test_the_series_is_the_model():
    circuit = Circuit(2).ry(0, 2 * x[0]).rx(1, x[1]).cx(0, 1).rz(1, 3 * x[0] + w[0]).rx(1, 0.5 * x[1]).ry(1, w[1])
    found = fourier_spectrum(circuit, [pauli("Z", 1, 2), pauli("XY", (0, 1), 2)], (0, 1), [0.3, 0.9])
    assert found.units == (1.0, 0.5) and found.beyond < 1e-12
    points = np.random.default_rng(0).normal(size=(7, 2))
    waves = [np.exp(1j * np.outer(points[:, k], found.frequencies[k])) for k in range(2)]
    series = np.einsum("mkl,bk,bl->bm", found.coefficients[0], *waves)
    exact = Simulator().expectation(circuit, [pauli("Z", 1, 2), pauli("XY", (0, 1), 2)], points, [0.3, 0.9])
    np.testing.assert_allclose(series, exact, atol=1e-12)


def test_pennylane_has_the_same_coefficients():
    qml = pytest.importorskip("pennylane")
    circuit = Circuit(2).ry(0, x[0]).cx(0, 1).rx(1, x[0]).ry(0, 0.4).cx(1, 0)

    @qml.qnode(qml.device("default.qubit", wires=2))
    def node(point):
        qml.RY(point[0], 0), qml.CNOT([0, 1]), qml.RX(point[0], 1), qml.RY(0.4, 0), qml.CNOT([1, 0])
        return qml.expval(qml.Z(0))

    peer = np.fft.fftshift(qml.fourier.coefficients(node, 1, 2))
    np.testing.assert_allclose(fourier_spectrum(circuit, pauli("Z", 0, 2)).coefficients[0, 0, 1:-1], peer, atol=1e-10)


def test_products_of_inputs_are_seen_with_the_others_fixed():
    circuit = zz_feature_map(2) + Circuit(2).ry(0, 0.7)
    with pytest.raises(ValueError, match="not linear in"):
        fourier_spectrum(circuit, pauli("Z", 0, 2), (0, 1))
    found = fourier_spectrum(circuit, pauli("Z", 0, 2), (0,), base=[0.0, np.pi - 1])
    assert found.beyond < 1e-12


def test_ways_and_units():
    np.testing.assert_allclose(allowed_frequencies(np.array([1.0, 1.0]), 1.0), [1, 4, 6, 4, 1])
    np.testing.assert_allclose(allowed_frequencies(np.array([1.0, 3.0]), 1.0), [1, 2, 1, 2, 4, 2, 1, 2, 1])
    assert common_unit(np.array([1.0, 1.5])) == pytest.approx(0.5)
    assert common_unit(np.array([])) == 1.0
    with pytest.raises(ValueError, match="no common unit"):
        common_unit(np.array([1.0, np.sqrt(2)]))


def test_a_window_shows_trained_scales():
    found = sampled_spectrum(Circuit(1).rx(0, w[0] * x[0]), Z, weights=[np.sqrt(7)])
    assert found.highest == pytest.approx(np.sqrt(7)) and found.share > 0.999
    assert found.frequencies[found.strength[0].argmax()] == pytest.approx(np.sqrt(7), abs=found.resolution)
    assert found.strength[0].max() == pytest.approx(1, rel=0.03)
    model = data_reuploading(2, 2, 2)
    with pytest.raises(ValueError, match=r"no common unit|frequencies of its own"):
        fourier_spectrum(model, pauli("Z", 0, 2), seed=0)
    weights = np.random.default_rng(0).normal(size=model.n_weights)
    assert sampled_spectrum(model, pauli("Z", 0, 2), 1, weights).share > 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fourier_spectrum(Circuit(1).rx(0, w[0]), Z), "different inputs of the circuit"),
        (lambda: fourier_spectrum(Circuit(1).rx(0, x[0] ** 2), Z), "not linear in x\\[0\\]"),
        (lambda: fourier_spectrum(Circuit(1).rx(0, x[0]), Z, (1,)), "`inputs` must lie in"),
        (lambda: fourier_spectrum(Circuit(1).rx(0, x[0]), Z, base=[1.0, 2.0]), "`base` must hold 1 numbers"),
        (
            lambda: fourier_spectrum(
                Circuit(1).rx(0, 5000 * x[0]).rx(0, x[1] * 5000).rx(0, x[0]).rx(0, x[1]), Z, (0, 1)
            ),
            "too large",
        ),
        (lambda: sampled_spectrum(Circuit(1).rx(0, x[0] * w[0]), Z), "`weights` is missing"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
