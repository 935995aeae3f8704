"""Pauli propagation against the simulator, on every gate of the table and on random circuits."""

import numpy as np
import pytest

from examples import EXAMPLES
from ketwork import Circuit, PauliSum, Simulator, pauli, w
from ketwork.models.ansatz import strongly_entangling
from ketwork.models.diagnostics import pauli_paths


@pytest.mark.parametrize("gate", EXAMPLES, ids=lambda gate: gate.name)
def test_every_gate_is_undone_exactly(gate):
    before = strongly_entangling(3, 2).bind(w=np.linspace(0.2, 3.0, 18))
    circuit = Circuit(3, [*before.gates, gate])
    for letters in ("XYZ", "ZII", "YXI", "IYY"):
        observable = PauliSum.from_dict({letters: 0.7, "IZX": -0.3})
        exact = Simulator().expectation(circuit, observable)[0, 0]
        assert pauli_paths(circuit, observable, 0.0).value == pytest.approx(exact, abs=1e-12)


def test_a_cutoff_costs_accuracy_and_saves_strings():
    circuit = strongly_entangling(5, 4).bind(w=np.random.default_rng(0).normal(0, 0.25, 60))
    observable = pauli("ZZ", (0, 3), 5)
    exact, cut = pauli_paths(circuit, observable, 0.0), pauli_paths(circuit, observable, 1e-3)
    assert exact.dropped == 0 and cut.dropped > 0
    assert cut.largest < exact.largest
    assert cut.value == pytest.approx(exact.value, abs=0.02) and cut.value != exact.value


def test_clifford_circuits_keep_one_string_and_large_ones_stop():
    circuit = Circuit(40)
    for q in range(39):
        circuit = circuit.h(q).cx(q, q + 1).s(q + 1)
    assert pauli_paths(circuit, pauli("Z", 39, 40)).largest == 1
    deep = strongly_entangling(8, 4).bind(w=np.random.default_rng(1).uniform(0, 6, 96))
    stopped = pauli_paths(deep, pauli("Z", 0, 8), 1e-6, 500)
    assert stopped.value is None and stopped.largest > 500


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: pauli_paths(Circuit(1).rx(0, w[0]), pauli("Z", 0, 1)), "no open slots"),
        (lambda: pauli_paths(Circuit(2), pauli("Z", 0, 1)), "circuit's 2 qubits"),
        (lambda: pauli_paths(Circuit(1), pauli("Z", 0, 1), -1.0), "`cutoff` must be at least 0"),
        (lambda: pauli_paths(Circuit(1).measure(0, 0), pauli("Z", 0, 1)), "gates alone"),
    ],
)
def test_bad_input_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
