"""Which qubits are entangled, and by what: the topologies and entanglers that encodings and ansaetze share."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.circuit import GATES, Circuit, w

ENTANGLERS = (*(name for name, row in GATES.items() if row.n_qubits == 2), "none")
"""The gates that `entangle` knows, all two-qubit gates of the table; "none" leaves the qubits apart. A gate with angles
gets a weight for each."""

TOPOLOGIES = ("ring", "linear", "full", "star", "none", "reverse_linear", "circular", "pairwise", "sca")
"""Which qubits are entangled, and in which order: a closed or an open chain, all pairs, all with qubit 0, none; the
chain from its end; the chain after the pair that closes it; every other pair and then those between; and "sca", shifted
circular alternating: circular, beginning one place earlier each layer, control and target exchanged in every other
layer. The last four and "linear" and "full" are Qiskit's."""

Topology = str | Sequence[Sequence[int]]
"""A name of `TOPOLOGIES`, or the pairs themselves, such as a device's couplings."""


def connected_pairs(n_qubits: int, topology: Topology, layer: int = 0) -> list[tuple[int, int]]:
    """The pairs of qubits that a topology connects, in order; `layer` counts for "sca" alone.

    Raises: ValueError for an unknown name, or for pairs of qubits that are not there.
    """
    sets = connected_sets(n_qubits, 2, topology, layer)
    if not isinstance(topology, str) and len(sets) < len(topology):
        odd = next(tuple(block) for block in topology if len(block) != 2)
        raise ValueError(f"Argument `topology` must hold pairs of qubits, but holds {odd}.")
    return [(a, b) for a, b in sets]


def connected_sets(n_qubits: int, size: int, topology: Topology, layer: int = 0) -> list[tuple[int, ...]]:
    """The sets of `size` qubits that a topology connects: for a chain those that stand side by side.

    "ring" closes the chain with the windows over its end, "circular" begins with these, as Qiskit does;
    "star" holds qubit 0 and others. One qubit: each of them, whatever the topology.
    """
    n = check_int("n_qubits", n_qubits, 1)
    if not isinstance(topology, str):
        sets = _given("topology", n, topology)
        return [(q,) for q in range(n)] if size == 1 else [block for block in sets if len(block) == size]
    check_topology("topology", topology, n)
    if size == 1:
        return [(q,) for q in range(n)]
    chain = [tuple(range(q, q + size)) for q in range(n - size + 1)]
    if topology == "none":
        return []
    if topology == "full":
        return list(combinations(range(n), size))
    if topology == "star":
        return [(0, *rest) for rest in combinations(range(1, n), size - 1)]
    if topology == "pairwise":
        if size > 2:
            raise ValueError(f"Topology 'pairwise' connects pairs of qubits, not sets of {size}.")
        return chain[::2] + chain[1::2]
    if topology == "reverse_linear":
        return chain[::-1]
    if topology == "linear":
        return chain
    over_the_end = [tuple((q + k) % n for k in range(size)) for q in range(n - size + 1, n) if n > size]
    if topology == "ring":
        return chain + over_the_end
    circular = over_the_end + chain
    if topology == "circular" or not circular:
        return circular
    first = -layer % len(circular)
    shifted = circular[first:] + circular[:first]
    return [block[::-1] for block in shifted] if layer % 2 else shifted


def check_topology(name: str, topology: Any, n_qubits: int) -> None:
    """Check the argument `name`. Raises: ValueError, TypeError for what is no topology of so many qubits."""
    if isinstance(topology, str):
        check_choice(name, topology, TOPOLOGIES)
    else:
        _given(name, n_qubits, topology)


def entangle(circuit: Circuit, entangler: str, topology: Topology, layer: int = 0) -> Circuit:
    """The circuit with one layer of entanglers at its end; their angles, if any, are new weights."""
    check_choice("entangler", entangler, ENTANGLERS)
    pairs = connected_pairs(circuit.n_qubits, topology, layer)
    if entangler == "none":
        return circuit
    for pair in pairs:
        circuit = append_weighted(circuit, entangler, pair)
    return circuit


def append_weighted(circuit: Circuit, name: str, qubits: Sequence[int]) -> Circuit:
    """The circuit with one more gate, whose angles are the next weights."""
    first = circuit.n_weights
    return circuit.append(name, qubits, w[first : first + GATES[name].n_params])


def _given(name: str, n: int, topology: Any) -> list[tuple[int, ...]]:
    """The sets that the user lists."""
    try:
        sets = [tuple(check_int(name, q, 0, n - 1) for q in block) for block in topology]
    except TypeError as error:
        raise TypeError(
            f"Argument `{name}` must be a name or a list of pairs, such as [(0, 1)], but is {topology!r:.60}."
        ) from error
    for block in sets:
        if len(set(block)) < len(block):
            raise ValueError(f"Argument `{name}` must hold sets of different qubits, but holds {block}.")
    return sets
