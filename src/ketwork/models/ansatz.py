"""Ansaetze: circuits of trainable weights w[0], w[1], ... Each function returns a circuit."""

from collections.abc import Sequence

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, w

ENTANGLERS = ("cx", "cz", "iswap", "ecr", "none")
"""The gates that `entangle` knows; "none" leaves the qubits apart."""
TOPOLOGIES = ("ring", "linear", "full", "star", "none")
"""Which pairs are entangled: a closed or an open chain, all pairs, all with qubit 0, or none."""

ENTANGLEMENTS = ("linear", "reverse_linear", "full", "circular", "pairwise")
"""Which pairs Qiskit's circuits entangle, and in which order: a chain, the chain from its end, all pairs, the chain
after the pair that closes it, or every other pair and then those between."""


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


def entangle(circuit: Circuit, entangler: str, topology: str) -> Circuit:
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
            circuit = entangle(circuit, entangler, topology)
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


def kandala(n_qubits: int, layers: int, pairs: Sequence[Sequence[int]] | None = None, entangler: str = "cz") -> Circuit:
    """Euler rotations Z X Z on every qubit, and `layers` times entanglers on `pairs` and Euler rotations again.

    pairs: of a device's coupled qubits, in the order in which they are entangled; None for the chain (0, 1), (1, 2), ..
    The first Z would act on |0> and is left out. Weights: n_qubits * (3 * layers + 2), qubit by qubit in each layer.
    The experiment's entangler is a cross-resonance drift of fixed length; any fixed one serves.
    Source: Kandala et al., Nature 549 (2017) 242, arXiv:1704.05018, eq. 1.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    check_choice("entangler", entangler, ENTANGLERS)
    for pair in () if pairs is None else pairs:
        if not hasattr(pair, "__len__") or len(pair) != 2:
            raise ValueError(f"Argument `pairs` must hold pairs of qubits, such as (0, 1), but holds {pair}.")
    chosen = connected_pairs(n_qubits, "linear") if pairs is None else [(a, b) for a, b in pairs]
    k = 0
    for layer in range(check_int("layers", layers, 0) + 1):
        if layer and entangler != "none":
            for pair in chosen:
                circuit = circuit.append(entangler, pair)
        for q in range(n_qubits):
            for letter in "zxz" if layer else "xz":
                circuit = circuit.append(f"r{letter}", (q,), (w[k],))
                k += 1
    return circuit


def entangled_pairs(n_qubits: int, entanglement: str) -> list[tuple[int, int]]:
    """The pairs that an `ENTANGLEMENTS` entangles, in order."""
    check_choice("entanglement", entanglement, ENTANGLEMENTS)
    chain = connected_pairs(n_qubits, "linear")
    if entanglement == "full":
        return connected_pairs(n_qubits, "full")
    if entanglement == "circular":
        return ([(n_qubits - 1, 0)] if n_qubits > 2 else []) + chain
    if entanglement == "pairwise":
        return chain[::2] + chain[1::2]
    return chain[::-1] if entanglement == "reverse_linear" else chain


def efficient_su2(
    n_qubits: int, layers: int = 3, entanglement: str = "reverse_linear", rotations: Sequence[str] = ("Y", "Z")
) -> Circuit:
    """Qiskit's circuit of this name: RY on all qubits, RZ on all qubits, CX on pairs; rotations close.

    layers: what Qiskit calls reps. entanglement: one of `ENTANGLEMENTS`. rotations: axes out of X, Y, Z.
    Weights: (layers + 1) * len(rotations) * n_qubits, axis by axis in each layer, in Qiskit's order.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    for letter in rotations:
        check_choice("rotations", letter, "XYZ")
    pairs = entangled_pairs(n_qubits, entanglement)
    k = 0
    for layer in range(check_int("layers", layers, 0) + 1):
        if layer:
            for pair in pairs:
                circuit = circuit.append("cx", pair)
        for letter in rotations:
            for q in range(n_qubits):
                circuit = circuit.append(f"r{letter.lower()}", (q,), (w[k],))
                k += 1
    return circuit


def real_amplitudes(n_qubits: int, layers: int = 3, entanglement: str = "reverse_linear") -> Circuit:
    """Qiskit's circuit of this name: `efficient_su2` with RY alone, whose states have real amplitudes.

    Weights: (layers + 1) * n_qubits.
    """
    return efficient_su2(n_qubits, layers, entanglement, ("Y",))
