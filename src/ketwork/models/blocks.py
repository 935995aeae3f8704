"""Blocks: small circuits of weights that convolutions, tensor networks and filters place many times."""

from collections.abc import Sequence
from typing import Any

from ketwork.checks import check_choice
from ketwork.circuit import Circuit, w

_CRZ_BOTH = (("crz", 1, 0), ("crz", 0, 1))
_CRX_BOTH = (("crx", 1, 0), ("crx", 0, 1))
_RY_EACH = (("ry", 0), ("ry", 1))
_RX_EACH = (("rx", 0), ("rx", 1))
_RZ_EACH = (("rz", 0), ("rz", 1))
_U3_EACH = (("u3", 0), ("u3", 1))

_STEPS: dict[str, tuple[tuple[Any, ...], ...]] = {
    "ttn": (*_RY_EACH, ("cx", 0, 1)),
    "u9": (("h", 0), ("h", 1), ("cz", 0, 1), *_RX_EACH),
    "u15": (*_RY_EACH, ("cx", 1, 0), *_RY_EACH, ("cx", 0, 1)),
    "u13": (*_RY_EACH, _CRZ_BOTH[0], *_RY_EACH, _CRZ_BOTH[1]),
    "u14": (*_RY_EACH, _CRX_BOTH[0], *_RY_EACH, _CRX_BOTH[1]),
    "so4": (*_RY_EACH, ("cx", 0, 1), *_RY_EACH, ("cx", 0, 1), *_RY_EACH),
    "u5": (*_RX_EACH, *_RZ_EACH, *_CRZ_BOTH, *_RX_EACH, *_RZ_EACH),
    "u6": (*_RX_EACH, *_RZ_EACH, *_CRX_BOTH, *_RX_EACH, *_RZ_EACH),
    "su4": (*_U3_EACH, ("cx", 0, 1), ("ry", 0), ("rz", 1), ("cx", 1, 0), ("ry", 0), ("cx", 0, 1), *_U3_EACH),
}

_ANGLES = {"h": 0, "cx": 0, "cz": 0, "u3": 3}


def _built(steps: Sequence[tuple[Any, ...]]) -> Circuit:
    circuit = Circuit(2)
    for name, *qubits in steps:
        first = circuit.n_weights
        circuit = circuit.append(name, qubits, w[first : first + _ANGLES.get(name, 1)])
    return circuit


BLOCKS: dict[str, Circuit] = {name: _built(steps) for name, steps in _STEPS.items()}
"""The nine convolution circuits of Hur, Kim and Park (their circuits 1 to 9), on two qubits with 2 to 15 weights: "ttn"
(of tree tensor networks), "u9", "u15", "u13", "u14", "so4" (any real rotation of two qubits), "u5", "u6", "su4" (any
unitary of two qubits, up to phase). u5 to u15 are named after the circuits of Sim et al.
Source: Hur et al., Quantum Mach. Intell. 4 (2022) 3, arXiv:2108.00661, fig. 2; Sim et al., arXiv:1905.10876, fig. 2."""


def block_of(block: str | Circuit, name: str = "block") -> Circuit:
    """A block by its name in `BLOCKS`, or a circuit of weights on two or more qubits as it is; name: the argument's.

    Raises: ValueError for unknown names, circuits with inputs, on one qubit, or without weights.
    """
    if isinstance(block, str):
        return BLOCKS[check_choice(name, block, BLOCKS)]
    if not isinstance(block, Circuit):
        raise TypeError(f"Argument `{name}` must be a name or a Circuit, but is {block!r:.60}.")
    if block.n_qubits < 2 or block.n_inputs or not block.n_weights:
        raise ValueError(
            f"Argument `{name}` must be a circuit of weights on two qubits or more, but has {block.n_qubits} qubits, "
            f"{block.n_inputs} inputs and {block.n_weights} weights."
        )
    return block


def place(circuit: Circuit, block: Circuit, qubits: Sequence[int], first: int | None = None) -> Circuit:
    """The circuit, then the block on these qubits, its weights counted from `first`: None for new ones."""
    shift = circuit.n_weights if first is None else first
    return circuit.compose(block.shift(weights=shift), qubits=qubits)
