"""A task whose optimum is known: the state (|0..0> + |1..1>) / sqrt 2."""

from ketwork import Circuit
from ketwork.search.setting import Setting
from ketwork.search.task_makers import prepare_state


def cat_state(n_qubits, max_gates=8, noise=False):
    """On a chain. The least error is 0 without noise, and any gate missing leaves 1/2."""
    circuit = Circuit(n_qubits).h(0)
    for q in range(n_qubits - 1):
        circuit = circuit.cx(q, q + 1)
    chain = [(q, q + 1) for q in range(n_qubits - 1)]
    return prepare_state(circuit, Setting(max_gates=max_gates, couplings=chain, steps=15, noise=noise))
