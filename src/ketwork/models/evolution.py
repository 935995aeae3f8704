"""Evolution under Pauli strings and their sums, as gates."""

from collections.abc import Sequence

from ketwork.circuit import Angle, Circuit
from ketwork.circuit.angle import as_angle
from ketwork.operators.pauli import PauliSum


def turn(circuit: Circuit, string: str, qubits: Sequence[int], angle: Angle | float) -> Circuit:
    """The circuit, then exp(-i angle/2 P): by a rotation of the gate table where there is one; I alone is a phase."""
    kept = [(letter, q) for letter, q in zip(string, qubits, strict=True) if letter != "I"]
    letters, places = "".join(letter for letter, _ in kept), [q for _, q in kept]
    if not letters:
        return circuit.append("global_phase", (), (as_angle(angle) * -0.5,))
    if letters in ("X", "Y", "Z", "XX", "YY", "ZZ"):
        return circuit.append(f"r{letters.lower()}", places, (angle,))
    return circuit.pauli_rotation(places, letters, angle)


def evolve(circuit: Circuit, generator: PauliSum, time: Angle | float, backwards: bool = False) -> Circuit:
    """The circuit, then exp(-i time c P) for one term c P of the generator after the other, in order or backwards.

    Exact where the terms commute; else a first-order product formula. The generator must be Hermitian and on the
    circuit's qubits, which is not checked.
    """
    terms = generator.terms[::-1] if backwards else generator.terms
    for string, coefficient in terms:
        circuit = turn(circuit, string, range(circuit.n_qubits), as_angle(time) * (2 * coefficient.real))
    return circuit
