"""Ansaetze: circuits of trainable weights w[0], w[1], ... Each function returns a circuit."""

from collections.abc import Sequence

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, w

ENTANGLERS = ("cx", "cz", "iswap", "ecr", "none")
"""The gates that `entangle` knows; "none" leaves the qubits apart."""
TOPOLOGIES = ("ring", "linear", "full", "star", "none")
"""Which pairs are entangled: a closed or an open chain, all pairs, all with qubit 0, or none."""


def connected_pairs(n_qubits: int, topology: str) -> list[tuple[int, int]]:
    """The pairs of qubits that a topology connects."""
    check_choice("topology", topology, TOPOLOGIES)
    chain = [(q, q + 1) for q in range(n_qubits - 1)]
    if topology == "ring":
        return chain + ([(n_qubits - 1, 0)] if n_qubits > 2 else [])
    if topology == "full":
        return [(a, b) for a in range(n_qubits) for b in range(a + 1, n_qubits)]
    if topology == "star":
        return [(0, q) for q in range(1, n_qubits)]
    return chain if topology == "linear" else []


def entangle(circuit: Circuit, entangler: str, topology: str, layer: int = 0) -> Circuit:
    """The circuit with one layer of entanglers at its end."""
    check_choice("entangler", entangler, ENTANGLERS)
    for a, b in connected_pairs(circuit.n_qubits, topology):
        if entangler != "none":
            circuit = circuit.append(entangler, (a, b))
    return circuit


def hardware_efficient(
    n_qubits: int,
    layers: int,
    rotations: Sequence[str] = ("Y", "Z"),
    entangler: str = "cx",
    topology: str = "ring",
) -> Circuit:
    """Layers of rotations about the given axes on every qubit, then entanglers; a last layer of rotations closes.

    Weights: (layers + 1) * n_qubits * len(rotations).
    Source: Kandala et al., Nature 549 (2017) 242, arXiv:1704.05018, eq. 1, with any rotations and entangler.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_int("layers", layers, 0)
    for letter in rotations:
        check_choice("rotations", letter, "XYZ")
    k = 0
    for layer in range(layers + 1):
        for q in range(n_qubits):
            for letter in rotations:
                circuit = circuit.append(f"r{letter.lower()}", (q,), (w[k],))
                k += 1
        if layer < layers:
            circuit = entangle(circuit, entangler, topology, layer)
    return circuit


def strongly_entangling(n_qubits: int, layers: int, entangler: str = "cx") -> Circuit:
    """Layers of RZ RY RZ on every qubit, then entanglers from each qubit to one further on, further each layer.

    In layer l qubit q is entangled with q + r mod n, r = l mod (n - 1) + 1. Weights: layers * n_qubits * 3.
    Source: Schuld, Bocharov, Svore, Wiebe, arXiv:1804.00633, sec. III (strongly entangling blocks).
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_choice("entangler", entangler, ENTANGLERS)
    k = 0
    for layer in range(check_int("layers", layers, 0)):
        for q in range(n_qubits):
            for letter in "zyz":
                circuit = circuit.append(f"r{letter}", (q,), (w[k],))
                k += 1
        if n_qubits > 1 and entangler != "none":
            reach = layer % (n_qubits - 1) + 1
            for q in range(n_qubits):
                circuit = circuit.append(entangler, (q, (q + reach) % n_qubits))
    return circuit
