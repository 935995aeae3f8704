"""Light cones: which gates and qubits a readout depends on, and into which parts a circuit falls."""

from collections.abc import Sequence
from dataclasses import dataclass

from ketwork.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import Rot
from ketwork.circuit.operation import Gate
from ketwork.engine.door import check_circuit, check_observables
from ketwork.operators import PauliSum


@dataclass(frozen=True)
class LightCone:
    """What one observable sees. qubits: on which its value depends. gates: how many of the circuit's are in the cone.
    depth: of those gates."""

    support: tuple[int, ...]
    qubits: tuple[int, ...]
    gates: int
    depth: int


def light_cones(circuit: Circuit, observables: PauliSum | Sequence[PauliSum]) -> list[LightCone]:
    """The backward light cone of each observable, by the qubits that gates share.

    What commutes away besides is not looked for, so a cone is an upper bound.
    Source: Evenbly and Vidal, Phys. Rev. B 79 (2009) 144108, sec. II (causal cones); Cerezo et al., arXiv:2001.00550.
    """
    check_circuit(circuit)
    return [light_cone(circuit, one.support) for one in check_observables(circuit.n_qubits, observables)]


def light_cone(circuit: Circuit, support: Sequence[int]) -> LightCone:
    """The backward light cone of some qubits."""
    seen, inside = set(support), []
    for gate in reversed(circuit.gates):
        if seen & set(gate.qubits):
            seen |= set(gate.qubits)
            inside.append(gate)
    touched = {q for gate in inside for q in gate.qubits} | set(support)
    depth = Circuit(circuit.n_qubits, inside[::-1], circuit.n_bits).depth()
    return LightCone(tuple(support), tuple(sorted(touched)), len(inside), depth)


def separate_parts(circuit: Circuit) -> list[tuple[int, ...]]:
    """The sets of qubits that no gate connects, largest first: a circuit is the product of those parts."""
    check_circuit(circuit)
    parent = list(range(circuit.n_qubits))

    def root(q: int) -> int:
        while parent[q] != q:
            q = parent[q]
        return q

    for gate in circuit.gates:
        for q in gate.qubits[1:]:
            parent[root(q)] = root(gate.qubits[0])
    parts: dict[int, list[int]] = {}
    for q in range(circuit.n_qubits):
        parts.setdefault(root(q), []).append(q)
    return sorted((tuple(part) for part in parts.values()), key=lambda part: (-len(part), part))


def is_free_fermion(circuit: Circuit) -> bool:
    """Whether every gate is made of rotations about Z and about X..X, Y..Y, X..Y, Y..X strings with Z between on
    neighbouring qubits: fermions that do not interact, simulated in time n^3.

    Qubits count in the order of their numbers, other orders are not tried.
    Source: Terhal and DiVincenzo, Phys. Rev. A 65 (2002) 032325; Jozsa and Miyake, arXiv:0804.4050, thm 1.
    """
    check_circuit(circuit)
    return all(_is_quadratic(gate) for gate in circuit.gates)


def _is_quadratic(gate: Gate) -> bool:
    if gate.name in ("measure", "reset", "prepare") or gate.condition is not None:
        return False
    steps = gate_steps(gate)
    if any(not isinstance(step, Rot) and hasattr(step, "kind") for step in steps):
        return False
    for step in steps:
        letters = {q: c for q, c in zip(gate.qubits, getattr(step, "pauli", ""), strict=False) if c != "I"}
        if not letters or list(letters.values()) == ["Z"]:
            continue
        first, last = min(letters), max(letters)
        inner = all(letters.get(q) == "Z" for q in range(first + 1, last))
        if first == last or letters[first] not in "XY" or letters[last] not in "XY" or not inner:
            return False
    return True
