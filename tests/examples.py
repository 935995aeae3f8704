"""One gate of every kind, for tests that go through them all."""

import numpy as np
from scipy.stats import unitary_group

from ketwork.circuit.gates import GATES
from ketwork.circuit.operation import make_gate

EXAMPLES = [
    *(make_gate(name, range(r.n_qubits), np.linspace(0.3, 1.1, r.n_params)) for name, r in GATES.items()),
    make_gate("pauli_rotation", (2, 0, 1), (0.7,), "XYZ"),
    make_gate("pauli_rotation", (1, 0), (0.7,), "II"),
    make_gate("unitary", (1,), (), unitary_group.rvs(2, random_state=1)),
    make_gate("unitary", (2, 0), (), unitary_group.rvs(4, random_state=2)),
    make_gate("diagonal", (0, 2), (), np.exp(1j * np.arange(4))),
    make_gate("global_phase", (), (0.4,)),
]
"""On at most three qubits; the angles are numbers."""
