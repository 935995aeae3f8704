"""The circuits of the benchmark, as plain lists that every peer reads: (gate, qubits, slot or None)."""

from typing import NamedTuple

import numpy as np

from ketwork import Circuit, w, x

Slot = tuple[str, int]


class Problem(NamedTuple):
    """A circuit with its batch: inputs (B, n) and weights (P,); the loss is the mean over samples of sum_q <Z_q>."""

    n: int
    gates: list[tuple[str, tuple[int, ...], Slot | None]]
    inputs: np.ndarray
    weights: np.ndarray

    def circuit(self) -> Circuit:
        """The same circuit in Ketwork."""
        circuit = Circuit(self.n)
        for name, qubits, slot in self.gates:
            params = () if slot is None else (x[slot[1]] if slot[0] == "x" else w[slot[1]],)
            circuit = circuit.append(name, qubits, params)
        return circuit


def hardware_efficient(n: int, layers: int, batch: int, seed: int = 0) -> Problem:
    """RX of an input on every qubit, then layers of RY and RZ of weights and a ring of CX.

    10 qubits and 6 layers are 190 gates, 8 qubits and 4 layers 104.
    """
    rng = np.random.default_rng(seed)
    gates: list = [("rx", (q,), ("x", q)) for q in range(n)]
    k = 0
    for _ in range(layers):
        for q in range(n):
            gates += [("ry", (q,), ("w", k)), ("rz", (q,), ("w", k + 1))]
            k += 2
        gates += [("cx", (q, (q + 1) % n), None) for q in range(n)]
    return Problem(n, gates, rng.normal(size=(batch, n)), rng.normal(size=k))


def random_problem(n: int, count: int, batch: int, seed: int) -> Problem:
    """A random circuit of rotations by inputs and weights, H, CX and CZ."""
    rng = np.random.default_rng(seed)
    gates: list = [("rx", (q,), ("x", q)) for q in range(n)]
    k = 0
    for _ in range(count - n):
        kind = rng.integers(0, 10)
        if kind < 6:
            gates.append((("rx", "ry", "rz")[kind % 3], (int(rng.integers(n)),), ("w", k)))
            k += 1
        elif kind < 9:
            a, b = rng.permutation(n)[:2]
            gates.append((("cx", "cz", "cx")[kind - 6], (int(a), int(b)), None))
        else:
            gates.append(("h", (int(rng.integers(n)),), None))
    return Problem(n, gates, rng.normal(size=(batch, n)), rng.normal(size=k))
