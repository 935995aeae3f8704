"""What weights do: frequencies by Fourier series of the landscape, a bound on its curvature, layers by hand."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w
from ketwork.models.ansatz import kandala
from ketwork.solve.landscape import frequencies, layer_blocks, lipschitz
from ketwork.solve.objective import Objective


def spectrum(circuit, k, n_weights, unit, count):
    """Power of the value at multiples of `unit`, from many points around the circle; what lies above `count`."""
    rng = np.random.default_rng(0)
    point = rng.uniform(-3, 3, n_weights)
    letters = ["X", "Y", "Z"]
    terms = {"".join(rng.choice(letters, circuit.n_qubits)): 1.0 for _ in range(6)}
    values = []
    for turn in 2 * np.pi * np.arange(64) / 64:
        moved = point.copy()
        moved[k] += turn / unit
        values.append(Simulator("double").expectation(circuit, PauliSum.from_dict(terms), None, moved)[0, 0])
    waves = np.abs(np.fft.rfft(values)) / 64
    return waves[: count + 1], waves[count + 1 :]


def test_frequencies_are_those_of_the_landscape():
    circuit = (
        Circuit(3).ry(0, w[0]).h(1).crx(0, 1, w[1]).ry(2, 2 * w[2]).rz(2, 3 * w[2]).rx(1, w[3]).ry(0, w[3]).cx(1, 2)
        .rx(2, w[0]).cp(0, 2, w[4]).xx_plus_yy(0, 1, w[5], 0.3).rx(0, 0.4).rx(1, 0.9).ry(2, 0.5)
    )  # fmt: skip
    counts, units = frequencies(circuit)
    np.testing.assert_allclose(counts, [2, 2, 5, 2, 1, 2])
    np.testing.assert_allclose(units, [1, 0.5, 1, 1, 1, 0.5])
    for k in range(6):
        inside, above = spectrum(circuit, k, 6, units[k], int(counts[k]))
        assert above.max() < 1e-12
        assert inside[1:].max() > 1e-3


def test_units_are_common_divisors():
    counts, units = frequencies(Circuit(2).ry(0, 0.5 * w[0]).ry(1, 0.75 * w[0]).rx(0, w[2]))
    np.testing.assert_allclose(units, [0.25, 1, 1])
    np.testing.assert_allclose(counts, [5, 0, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: frequencies(Circuit(1).rx(0, w[0] * w[1])), "linear"),
        (lambda: frequencies(Circuit(1).rx(0, w[0]).rx(0, np.sqrt(2) * w[0])), "common divisor"),
        (lambda: lipschitz(Circuit(1).rx(0, w[0]), PauliSum.from_dict({"I": 2.0})), "constant"),
    ],
)
def test_doors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_curvatures_stay_below_the_bound_and_reach_it():
    """cos(2 w) has second derivative 4: two rotations with the same weight."""
    tight = Circuit(1).ry(0, w[0]).ry(0, w[0])
    assert lipschitz(tight, PauliSum.from_dict({"Z": -1.5, "I": 7.0})) == pytest.approx(1.5 * 4)
    energy, circuit = PauliSum.from_dict({"ZZ": 0.7, "XI": -0.4, "YX": 0.2}), kandala(2, 2)
    bound, objective = lipschitz(circuit, energy), Objective(circuit, energy)
    rng, step = np.random.default_rng(0), 1e-3
    for point in rng.uniform(-3, 3, (5, circuit.n_weights)):
        for k in range(circuit.n_weights):
            away = step * np.eye(circuit.n_weights)[k]
            middle = objective.value(point)
            bend = (objective.value(point + away) + objective.value(point - away) - 2 * middle) / step**2
            assert abs(bend) <= bound + 1e-4


def test_layers_of_a_circuit():
    circuit = Circuit(3).ry(0, w[0]).ry(1, w[1]).ry(2, w[2]).cx(0, 1).rz(0, w[3]).rx(2, w[4]).cx(1, 2).ry(1, w[5])
    assert layer_blocks(circuit).tolist() == [0, 0, 0, 1, 1, 2]
    assert layer_blocks(Circuit(2).rx(0, w[0]).rzz(0, 1, w[1]).rx(1, w[2]).ry(0, w[0])).tolist() == [0, 1, 2]
    assert layer_blocks(Circuit(1).rx(0, w[1])).tolist() == [0, 0]


def test_the_blocks_of_the_metric_are_covariances_of_generators():
    """Within a layer the metric is the covariance of the generators P/2 in the state before it."""
    circuit = Circuit(2).ry(0, w[0]).ry(1, w[1]).cx(0, 1).rx(0, w[2]).rx(1, w[3])
    point = np.array([0.4, 1.1, -0.3, 0.8])
    blocks = layer_blocks(circuit)
    state = Simulator("double").state(circuit[:3], None, point[:2])[0]
    x = np.array([[0, 1], [1, 0]])
    generators = np.kron(x, np.eye(2)) / 2, np.kron(np.eye(2), x) / 2
    mean = [(state.conj() @ g @ state).real for g in generators]
    expected = [[(state.conj() @ a @ b @ state).real - p * q for b, q in zip(generators, mean, strict=True)]
                for a, p in zip(generators, mean, strict=True)]  # fmt: skip
    found = Simulator("double").metric(circuit, None, point)
    np.testing.assert_allclose(found[np.ix_(blocks == 1, blocks == 1)], expected, atol=1e-12)
