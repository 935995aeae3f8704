"""Reading: every Pauli string of a random state, in few passes."""

from itertools import product

import numpy as np
import pytest

from ketwork import PauliSum, Simulator, w
from ketwork.engine.lower import lower
from ketwork.engine.observe import observe_paulis, observe_probabilities
from random_circuits import random_circuit


@pytest.mark.parametrize("precision", ["single", "double"])
def test_all_pauli_strings_of_three_qubits(precision):
    rng = np.random.default_rng(4)
    circuit = random_circuit(rng, 3, 30, inputs=0)
    weights = rng.normal(size=circuit.n_weights)
    sums = [PauliSum.from_dict({"".join(letters): 1.0}) for letters in product("IXYZ", repeat=3)]
    values = Simulator(precision).expectation(circuit, sums, w=weights)[0]
    psi = Simulator().state(circuit, w=weights)[0]
    expected = [(psi.conj() @ s.matrix() @ psi).real for s in sums]
    np.testing.assert_allclose(values, expected, atol=1e-6 if precision == "single" else 1e-13)


def test_strings_that_flip_the_same_qubits_share_a_pass():
    circuit = random_circuit(np.random.default_rng(0), 4, 0)
    strings = {"".join(letters): 1.0 for letters in product("IZ", repeat=4)}
    observed = observe_paulis(lower(circuit), [PauliSum.from_dict(strings), PauliSum.from_dict({"XZII": 1, "YIZZ": 2})])
    assert len(observed.groups) == 3
    assert len(observed.rows) == 18


def test_outcomes_follow_the_order_of_the_qubits():
    from ketwork import Circuit

    circuit = Circuit(3).x(0).cx(0, 2).ry(1, w[0])
    observed = observe_probabilities(lower(circuit), (2, 0))
    assert observed.outputs == 4
    np.testing.assert_allclose(Simulator().probabilities(circuit, w=[0.3], qubits=[2, 0]), [[0, 0, 0, 1]], atol=1e-15)
    np.testing.assert_allclose(
        Simulator().probabilities(circuit, w=[0.3], qubits=[1, 0]),
        [[0, np.cos(0.15) ** 2, 0, np.sin(0.15) ** 2]],
        atol=1e-15,
    )
