"""From a matrix product state to a circuit of two-qubit unitaries: staircases by disentangling, then optimised."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Circuit
from ketwork.solve.mps_state import MatrixProductState, mps_of_vector
from ketwork.solve.two_qubit_angles import N_ANGLES, add_block, two_qubit_angles

Tensor = NDArray[Any]
Placed = tuple[int, Tensor]
"""A unitary (4, 4) on the qubits q and q + 1, as (q, unitary)."""

PATTERNS = ("brick", "staircase")
"""How a layer of blocks lies: on even, then odd pairs of neighbours; or on one pair after the other."""
_DENSE_QUBITS = 22
_WIDE = 16  # from so many amplitudes on the right, NumPy multiplies them in one go


@dataclass(frozen=True, eq=False)
class StaircaseCircuit:
    """A circuit that prepares a state from |0...0>.

    circuit: blocks of fifteen weights each, in layers of n - 1. start (P,): the weights that prepare the state. gates:
    the same as unitaries, in order of time. fidelity: |<target|prepared>|^2. fidelities (layers,): as layers were
    added. seconds: what it took.
    """

    circuit: Circuit
    start: NDArray[np.float64]
    gates: tuple[Placed, ...]
    fidelity: float
    fidelities: tuple[float, ...]
    seconds: float


def mps_circuit(
    target: MatrixProductState, layers: int = 1, *, sweeps: int = 100, tolerance: float = 1e-7
) -> StaircaseCircuit:
    """The circuit of `layers` staircases of two-qubit unitaries that comes closest to a state of up to 22 qubits.

    One layer prepares any state of bond dimension 2 exactly. A layer is found by cutting what is left of the state to
    bond dimension 2 and undoing that; after each layer all gates are optimised in turn, each replaced by the best one
    given the others (at most `sweeps` times all, until a sweep adds less than `tolerance` to the fidelity), so that the
    fidelity never falls from layer to layer.
    Source: Ran, Phys. Rev. A 101 (2020) 032310, arXiv:1908.07958 (the layers); Rudolph et al., Quantum Sci. Technol. 9
    (2024) 015012, arXiv:2209.00595, sec. III (layers and sweeps in turn).
    """
    if not isinstance(target, MatrixProductState):
        raise TypeError(f"Argument `target` must be a MatrixProductState, but is {type(target).__name__}.")
    check_int("target.n_qubits", target.n_qubits, 2, _DENSE_QUBITS)
    check_int("layers", layers, 1)
    check_int("sweeps", sweeps, 0)
    check_real("tolerance", tolerance, 0)
    started = time.perf_counter()
    vector = target.vector()
    gates: list[Placed] = []
    found: list[float] = []
    for _ in range(layers):
        rest = vector
        for q, u in reversed(gates):
            rest = apply_gate(u.conj().T, q, rest)
        gates = [*disentangler(rest), *gates]
        gates, fidelity = optimised(vector, gates, sweeps, tolerance)
        found.append(fidelity)
    circuit = staircase(target.n_qubits, layers)
    start = np.concatenate([two_qubit_angles(u) for _, u in gates])
    return StaircaseCircuit(circuit, start, tuple(gates), found[-1], tuple(found), time.perf_counter() - started)


def staircase(n_qubits: int, layers: int = 1) -> Circuit:
    """Layers of blocks on (0, 1), (1, 2), ..., one after the other; weights in order of time, 15 a block."""
    return block_layers(n_qubits, layers, "staircase")


def block_layers(n_qubits: int, layers: int, pattern: str = "brick") -> Circuit:
    """Layers of n - 1 blocks each, with the pairs of neighbours in one of the `PATTERNS`; all weights 0: identity."""
    n = check_int("n_qubits", n_qubits, 2)
    check_choice("pattern", pattern, PATTERNS)
    pairs = list(range(n - 1)) if pattern == "staircase" else [*range(0, n - 1, 2), *range(1, n - 1, 2)]
    circuit = Circuit(n)
    for k in range(check_int("layers", layers, 0) * (n - 1)):
        q = pairs[k % (n - 1)]
        circuit = add_block(circuit, q, q + 1, k * N_ANGLES)
    return circuit


def extended(
    circuit: Circuit, start: NDArray[np.float64], layers: int, pattern: str = "brick"
) -> tuple[Circuit, NDArray[np.float64]]:
    """The circuit with layers of blocks behind it that do nothing yet, and its weights with as many zeros: training
    goes on from the same state with more freedom."""
    if len(start) != circuit.n_weights:
        raise ValueError(f"Argument `start` must have {circuit.n_weights} values, but has {len(start)}.")
    more = block_layers(circuit.n_qubits, layers, pattern)
    grown = circuit + more.shift(weights=circuit.n_weights)
    return grown, np.concatenate([start, np.zeros(more.n_weights)])


def disentangler(vector: Tensor) -> list[Placed]:
    """A staircase that prepares from |0...0> the state (2^n,) cut to bond dimension 2, or |0...0> where that is
    closer."""
    state = mps_of_vector(vector, 2)
    n = state.n_qubits
    if abs(vector[0]) > abs(np.vdot(vector, state.vector())):
        return [(q, np.eye(4, dtype=vector.dtype)) for q in range(n - 1)]
    tensors = _right_canonical(state.tensors)
    gates = []
    for q in range(n - 1):
        tensor = tensors[q] if q < n - 2 else np.tensordot(tensors[q], tensors[n - 1][..., 0], 1)
        columns = np.zeros((2, 2, len(tensor)), tensor.dtype)
        columns[:, : tensor.shape[2]] = tensor.transpose(1, 2, 0)
        # the bond comes in on qubit q, where q + 1 is still 0: columns 00 and 10
        gates.append((q, _completed(columns.reshape(4, -1))))
    return gates


def optimised(
    target: Tensor, gates: Sequence[Placed], sweeps: int, tolerance: float = 0.0
) -> tuple[list[Placed], float]:
    """The gates after sweeps in which each in turn becomes the best one given the others, and the fidelity.

    The overlap is linear in each gate, Tr(E^T U) with E its surroundings, and largest at the unitary part of conj(E).
    Source: Evenbly and Vidal, Phys. Rev. B 79 (2009) 144108, arXiv:0707.1454, sec. IV.
    """
    placed = list(gates)
    ahead = np.zeros_like(target)
    ahead[0] = 1
    behind = target  # the target with the gates after this one undone
    for q, u in reversed(placed[1:]):
        behind = apply_gate(u.conj().T, q, behind)
    q, u = placed[0]
    overlap = float(abs(np.vdot(behind, apply_gate(u, q, ahead))))
    for _ in range(sweeps):
        before = overlap
        for k in range(len(placed)):  # with time
            q, _ = placed[k]
            best, overlap = _best(behind, ahead, q)
            placed[k] = (q, best)
            if k + 1 < len(placed):
                ahead = apply_gate(best, q, ahead)
                following, u = placed[k + 1]
                behind = apply_gate(u, following, behind)
        for k in range(len(placed) - 1, 0, -1):  # and back
            q, _ = placed[k]
            best, overlap = _best(behind, ahead, q)
            placed[k] = (q, best)
            behind = apply_gate(best.conj().T, q, behind)
            previous, u = placed[k - 1]
            ahead = apply_gate(u.conj().T, previous, ahead)
        if overlap**2 - before**2 < tolerance:
            break
    return placed, float(min(overlap**2, 1.0))


def apply_gate(unitary: Tensor, qubit: int, vector: Tensor) -> Tensor:
    """A unitary (4, 4) on the neighbours (qubit, qubit + 1) of a state (2^n,)."""
    right = len(vector) >> (qubit + 2)
    if right < _WIDE:
        wide = np.kron(unitary, np.eye(right, dtype=unitary.dtype)) if right > 1 else unitary
        return (vector.reshape(-1, 4 * right) @ wide.T).ravel()
    return (unitary @ vector.reshape(-1, 4, right)).ravel()


def _best(behind: Tensor, ahead: Tensor, qubit: int) -> tuple[Tensor, float]:
    """The unitary on (qubit, qubit + 1) between two states that makes their overlap largest, and that overlap."""
    right = len(ahead) >> (qubit + 2)
    shape = (-1, 4, right)
    surroundings = np.tensordot(behind.reshape(shape), ahead.reshape(shape).conj(), ((0, 2), (0, 2)))
    u, s, vh = np.linalg.svd(surroundings)
    return u @ vh, float(s.sum())


def _right_canonical(tensors: Sequence[Tensor]) -> list[Tensor]:
    chain = list(tensors)
    for k in range(len(chain) - 1, 0, -1):
        q, r = np.linalg.qr(chain[k].reshape(len(chain[k]), -1).T)
        chain[k] = q.T.reshape(-1, *chain[k].shape[1:])
        chain[k - 1] = np.tensordot(chain[k - 1], r.T, 1)
    chain[0] = chain[0] / np.linalg.norm(chain[0])
    return chain


def _completed(columns: Tensor) -> Tensor:
    """A unitary (4, 4) with the given orthonormal columns for the inputs 00 (and 10); the others are as close to doing
    nothing as they can be."""
    places = [0, 2][: columns.shape[1]]
    others = [k for k in range(4) if k not in places]
    free = np.linalg.svd(columns)[0][:, columns.shape[1] :]  # what the columns leave
    u, _, vh = np.linalg.svd(free.conj().T[:, others])
    result = np.zeros((4, 4), columns.dtype)
    result[:, places] = columns
    result[:, others] = free @ (u @ vh)
    return result
