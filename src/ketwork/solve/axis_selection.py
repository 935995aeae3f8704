"""The axes of a circuit's rotations as letters, and the circuit with other axes: what rotoselect chooses among."""

from ketwork.circuit.angle import Angle, Slot
from ketwork.circuit.circuit import Circuit

_LETTERS = {"rx": "X", "ry": "Y", "rz": "Z"}
_GATES = {letter: name for name, letter in _LETTERS.items()}


def axes_of(circuit: Circuit) -> str:
    """A letter of X, Y, Z for each weight.

    Raises: ValueError unless every weight is the angle of one rx, ry or rz gate and nothing else.
    """
    letters = [""] * circuit.n_weights
    for gate in circuit:
        for param in gate.params:
            for slot in param.slots if isinstance(param, Angle) else ():
                plain = param == Angle(((1.0, (slot,)),))
                if gate.name not in _LETTERS or not plain or letters[slot.index]:
                    raise ValueError(
                        "Rotoselect needs weights that are each the angle of one rx, ry or rz gate, but "
                        f"w[{slot.index}] is in {gate.name}({param})."
                    )
                letters[slot.index] = _LETTERS[gate.name]
    if "" in letters:
        raise ValueError(f"Rotoselect needs weights that act, but w[{letters.index('')}] is in no gate.")
    return "".join(letters)


def with_axes(circuit: Circuit, axes: str) -> Circuit:
    """The circuit with the rotation of each weight about the axis of its letter; circuits as `axes_of` takes them."""
    gates = list(circuit.gates)
    for place, gate in enumerate(gates):
        if gate.name in _LETTERS and isinstance(gate.params[0], Angle):
            slot: Slot = gate.params[0].slots[0]
            gates[place] = gate._replace(name=_GATES[axes[slot.index]])
    return Circuit(circuit.n_qubits, gates, circuit.n_bits)
