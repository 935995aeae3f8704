"""Random circuits over the whole gate table, with slots, for tests of many kinds."""

import numpy as np
from scipy.stats import unitary_group

from ketwork import Angle, Circuit, w, x
from ketwork.circuit.gates import GATES


def random_angle(rng: np.random.Generator, weights: int, inputs: int) -> float | Angle:
    """A number, or a polynomial in the slots up to products of an input with a weight or an input."""
    kind = rng.integers(0, 5)
    scale, shift = rng.normal(size=2)
    if kind == 0 or weights + inputs == 0:
        return float(scale)
    angle = x[int(rng.integers(inputs))] if kind == 1 and inputs else w[int(rng.integers(weights))]
    if kind == 2 and inputs:
        angle = angle * x[int(rng.integers(inputs))]
    if kind == 3 and inputs:
        angle = x[int(rng.integers(inputs))] * x[int(rng.integers(inputs))] + angle
    return angle * float(scale) + float(shift)


def random_circuit(
    rng: np.random.Generator, n_qubits: int, gates: int, weights: int = 5, inputs: int = 3, table_only: bool = False
) -> Circuit:
    """A circuit of random gates; all slots are declared, even those no gate uses."""
    circuit = Circuit(n_qubits)
    for k in range(weights):
        circuit = circuit.ry(int(rng.integers(n_qubits)), w[k])
    for k in range(inputs):
        circuit = circuit.rx(int(rng.integers(n_qubits)), x[k])
    names = [name for name, row in GATES.items() if row.n_qubits <= n_qubits]
    for _ in range(gates):
        place = [int(q) for q in rng.permutation(n_qubits)]
        kind = 9 if table_only else int(rng.integers(0, 10))
        if kind == 0:
            k = min(2, n_qubits)
            matrix = unitary_group.rvs(2**k, random_state=int(rng.integers(2**31)))
            circuit = circuit.unitary(place[:k], matrix)
        elif kind == 1:
            k = int(rng.integers(1, min(n_qubits, 4) + 1))
            circuit = circuit.diagonal(place[:k], np.exp(1j * rng.normal(size=2**k)))
        elif kind == 2:
            k = int(rng.integers(1, n_qubits + 1))
            circuit = circuit.pauli_rotation(
                place[:k], "".join(rng.choice(list("IXYZ"), k)), random_angle(rng, weights, inputs)
            )
        elif kind == 3:
            circuit = circuit.global_phase(random_angle(rng, weights, inputs))
        else:
            row = GATES[names[int(rng.integers(len(names)))]]
            params = [random_angle(rng, weights, inputs) for _ in range(row.n_params)]
            circuit = circuit.append(row.name, place[: row.n_qubits], params)
    return circuit
