"""What a layer computes, in arrays."""

import numpy as np
import pytest

from ketwork import Circuit, Simulator, pauli_z, w, x
from ketwork.models.encodings import encode
from ketwork.models.layer_reading import reading_of
from ketwork.operators.pauli import pauli

CIRCUIT = Circuit(2).ry(0, x[0]).cx(0, 1).rx(1, w[0])


def test_precision_is_that_of_the_numbers():
    reading = reading_of(CIRCUIT, None, None, None)
    x32, w32 = np.full((3, 1), 0.3, np.float32), np.array([0.4], np.float32)
    assert reading.run((x32, w32, None), False)[0].dtype == np.float32
    assert reading.run((x32.astype(float), w32, None), True)[0].dtype == np.float64
    own = reading_of(CIRCUIT, None, None, Simulator("double"))
    assert own.run((x32, w32, None), False)[0].dtype == np.float64


@pytest.mark.parametrize("observables", [None, "probabilities", [pauli("XY", (0, 1), 2)]])
@pytest.mark.parametrize("initial", [None, np.eye(1, 4, 2)])
def test_values_and_pullbacks_are_the_simulators(observables, initial):
    reading, simulator = reading_of(CIRCUIT, observables, None, None), Simulator()
    features, weights = np.array([[0.3], [0.9]]), np.array([0.4])
    values, pull_back = reading.run((features, weights, initial), True)
    assert values.shape == (2, reading.outputs)
    np.testing.assert_array_equal(values, reading.run((features, weights, initial), False)[0])
    if observables == "probabilities":
        _, expected = simulator.probabilities_and_pullback(CIRCUIT, features, weights, initial=initial)
    else:
        _, expected = simulator.value_and_pullback(CIRCUIT, reading.sums, features, weights, initial=initial)
    gradient = expected(np.cos(values))
    for found, wanted in zip(pull_back(np.cos(values)), (gradient.x, gradient.w, gradient.initial), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_what_is_read():
    assert reading_of(CIRCUIT, None, [1], None).sums == (pauli_z(1, 2),)
    assert reading_of(CIRCUIT, "probabilities", [1], None).outputs == 2
    assert reading_of(CIRCUIT, None, None, None).features == 1
    assert reading_of(encode("amplitude", 4), None, None, None).features is None
    assert "backend=Simulator" in reading_of(CIRCUIT, None, None, Simulator()).described()
