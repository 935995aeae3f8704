"""Gates under control: done only when other qubits are all 1, with as few and as plain gates as there are.

Two ideas keep the count low whatever the number of controls: a gate V D V^-1 needs control on D alone, and a rotation
is controlled by two halves of it around a sign flip that turns one of them back.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.angle import Angle
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import GATES, Move, Phase, Rot, Step
from ketwork.circuit.operation import Gate, Param, make_gate

Qubits = tuple[int, ...]

_CONTROLLED = {
    "x": "cx", "cx": "ccx", "y": "cy", "z": "cz", "cz": "ccz", "h": "ch", "swap": "cswap", "p": "cp",
    "rx": "crx", "ry": "cry", "rz": "crz", "global_phase": "p",
}  # fmt: skip
"""Gates whose controlled form has a row of its own."""


def controlled_gate(gate: Gate, controls: int) -> Iterator[Gate]:
    """The gates that do a gate when qubits 0 to controls - 1 are all 1; its own qubits move up by `controls`.

    Raises: ValueError for what is no unitary gate.
    """
    if gate.name in ("measure", "reset", "prepare"):
        raise ValueError(f"{gate.name!r} cannot be controlled; a measured bit can be a gate's `condition` instead.")
    own = tuple(q + controls for q in gate.qubits)
    for part in _parts(gate, tuple(range(controls)), own):
        yield part._replace(condition=gate.condition)


def _parts(gate: Gate, controls: Qubits, own: Qubits) -> list[Gate]:
    everything = controls + own
    if len(controls) == 1 and gate.name in _CONTROLLED:
        return [make_gate(_CONTROLLED[gate.name], everything, gate.params)]
    match gate.name:
        case "x" | "cx" | "ccx":
            return _flip(everything)
        case "y" | "cy":
            return [make_gate("sdg", own[-1:]), *_flip(everything), make_gate("s", own[-1:])]
        case "z" | "cz" | "ccz":
            return [_sign(everything)]
        case "h" | "ch":
            turn = np.pi / 4
            return [make_gate("ry", own[-1:], (-turn,)), _sign(everything), make_gate("ry", own[-1:], (turn,))]
        case "swap" | "cswap":
            return _exchange(everything)
        case "p" | "cp" | "global_phase":
            return _phase(everything, gate.params[0])
        case "diagonal":
            return [_diagonal(everything, gate.payload.array)]
        case "unitary" if len(everything) == 2:
            full = np.eye(4, dtype=complex)
            full[2:, 2:] = gate.payload.array
            return [make_gate("unitary", everything, (), full)]
    return [part for step in gate_steps(gate) for part in _step(step, controls, own, gate.params)]


def _step(step: Step, controls: Qubits, own: Qubits, params: Sequence[Param]) -> list[Gate]:
    if isinstance(step, Move):
        placed = controls + tuple(own[q] for q in step.qubits)
        return _exchange(placed) if step.kind == "swap" else _flip(placed)
    theta: Param = step.offset
    for coefficient, param in zip(step.coefficients, params, strict=True) if step.coefficients else ():
        theta = theta + coefficient * param
    if isinstance(step, Phase):
        return _phase(controls, theta)
    return _rotation(step, controls, own, theta)


def _rotation(step: Rot, controls: Qubits, own: Qubits, theta: Param) -> list[Gate]:
    """exp(-i theta/2 P) under control."""
    pairs = [(q, letter) for q, letter in zip(own, step.pauli, strict=True) if letter != "I"]
    if not pairs:
        return _phase(controls, theta * -0.5)
    placed, letters = tuple(q for q, _ in pairs), "".join(letter for _, letter in pairs)
    anchor = next((q for q, letter in pairs if letter != "Z"), None)
    if len(controls) > 1 and anchor is not None:
        sign = _sign((*controls, anchor))  # does not commute with P, so it turns the second half around
        halves = [make_gate("pauli_rotation", placed, (theta * half,), letters) for half in (0.5, -0.5)]
        return [halves[0], sign, halves[1], sign]
    if isinstance(theta, float) and len(controls) > 1:
        parity = np.array([1.0])
        for _ in placed:
            parity = np.concatenate([parity, -parity])
        return [_diagonal(controls + placed, np.exp(-0.5j * theta * parity))]
    return _projected(controls, placed, letters, theta)


def _projected(controls: Qubits, placed: Qubits, letters: str, theta: Param) -> list[Gate]:
    """exp(-i theta/2 |1...1><1...1| P): the projector is the product of (1 - Z)/2, so one rotation a subset."""
    gates = []
    for mask in range(1 << len(controls)):
        chosen = tuple(q for k, q in enumerate(controls) if mask >> k & 1)
        share = theta * ((-1) ** len(chosen) / (1 << len(controls)))
        if chosen or placed:
            gates.append(make_gate("pauli_rotation", chosen + placed, (share,), "Z" * len(chosen) + letters))
        else:
            gates.append(make_gate("global_phase", (), (share * -0.5,)))
    return gates


def _phase(qubits: Qubits, angle: Param) -> list[Gate]:
    """exp(i angle) where all qubits are 1."""
    if len(qubits) <= 2:
        return [make_gate("p" if len(qubits) == 1 else "cp", qubits, (angle,))]
    if isinstance(angle, Angle):
        return _projected(qubits, (), "", angle * -2.0)
    return [_diagonal(qubits, np.array([np.exp(1j * angle)]))]


def _sign(qubits: Qubits) -> Gate:
    """A sign flip where all qubits are 1."""
    name = {2: "cz", 3: "ccz"}.get(len(qubits))
    return make_gate(name, qubits) if name else _diagonal(qubits, np.array([-1.0]))


def _flip(qubits: Qubits) -> list[Gate]:
    """X on the last qubit where all others are 1."""
    name = {2: "cx", 3: "ccx"}.get(len(qubits))
    if name is not None:
        return [make_gate(name, qubits)]
    turn = make_gate("h", qubits[-1:])
    return [turn, _sign(qubits), turn]


def _exchange(qubits: Qubits) -> list[Gate]:
    """The last two qubits exchanged where all others are 1."""
    if len(qubits) == GATES["cswap"].n_qubits:
        return [make_gate("cswap", qubits)]
    back = make_gate("cx", (qubits[-1], qubits[-2]))
    return [back, *_flip(qubits), back]


def _diagonal(qubits: Qubits, last: NDArray[Any]) -> Gate:
    """Phases: ones, and at the end `last`."""
    return make_gate("diagonal", qubits, (), np.concatenate([np.ones((1 << len(qubits)) - len(last)), last]))
