"""The parameter-shift rule against exact gradients, for every angle of every gate."""

import numpy as np
import pytest

from ketwork import Circuit, PauliSum, Simulator, w, x
from ketwork.backends.shift import count_shifts, rule, shifted_circuits
from ketwork.circuit.gates import GATES
from random_circuits import random_circuit

OBSERVABLE = PauliSum.from_dict({"XYZ": 0.3, "ZZI": -0.7, "IXY": 1.1, "YII": 0.4, "IIZ": 0.9})
WITH_ANGLES = [(name, row) for name, row in GATES.items() if row.params]


def by_shifts(circuit: Circuit, weights: np.ndarray) -> np.ndarray:
    """The gradient (P,) by the weights, term by term."""
    gradient = np.zeros(len(weights))
    for term in shifted_circuits(circuit):
        value = Simulator().expectation(term.circuit, OBSERVABLE, None, weights)[0, 0]
        for slot in term.angle.slots:
            gradient[slot.index] += term.factor * value * term.angle.derivative(slot).evaluate((), weights)
    return gradient


@pytest.mark.parametrize(("name", "row"), WITH_ANGLES, ids=[name for name, _ in WITH_ANGLES])
def test_every_gate(name: str, row: object) -> None:
    rng = np.random.default_rng(len(name))
    count = row.n_params  # type: ignore[attr-defined]
    before, after = (random_circuit(rng, 3, 10, weights=0, inputs=0) for _ in range(2))
    qubits = [int(q) for q in rng.permutation(3)][: row.n_qubits]  # type: ignore[attr-defined]
    circuit = before + Circuit(3).append(name, qubits, [w[k] for k in range(count)]) + after
    for _ in range(3):
        weights = rng.normal(size=count)
        _, pull_back = Simulator().value_and_pullback(circuit, OBSERVABLE, None, weights)
        assert np.allclose(by_shifts(circuit, weights), pull_back([[1.0]]).w, atol=1e-10)


def test_pauli_rotations_and_polynomials() -> None:
    circuit = Circuit(3).h(0).pauli_rotation([0, 2, 1], "XYZ", 2 * w[0] * w[1] + 0.3).ry(1, w[1] ** 2).rx(2, 3 * w[0])
    weights = np.array([0.4, -0.7])
    _, pull_back = Simulator().value_and_pullback(circuit, OBSERVABLE, None, weights)
    assert np.allclose(by_shifts(circuit, weights), pull_back([[1.0]]).w, atol=1e-10)


def test_two_circuits_for_most_angles_and_four_for_the_rest() -> None:
    assert len(shifted_circuits(Circuit(2).ry(0, w[0]).rzz(0, 1, w[1]).cp(0, 1, x[0]))) == 6
    assert len(shifted_circuits(Circuit(2).crx(0, 1, w[0]))) == 4
    assert len(rule("ry", 0)) == 2 and len(rule("xx_plus_yy", 1)) == 4


def test_without_inputs_only_angles_with_weights_are_shifted() -> None:
    circuit = Circuit(2).rx(0, x[0]).ry(0, w[0] * x[1] + 1).crx(0, 1, w[1]).cp(0, 1, x[0])
    assert (count_shifts(circuit), count_shifts(circuit, inputs=False)) == (10, 6)
    assert len(shifted_circuits(circuit, inputs=False)) == 6


def test_numbers_and_global_phases_have_no_derivative() -> None:
    assert shifted_circuits(Circuit(1).ry(0, 0.3).global_phase(w[0])) == []


def test_the_textbook_rule() -> None:
    assert np.allclose(rule("ry", 0), [(np.pi / 2, 0.5), (3 * np.pi / 2, -0.5)])
