"""Quantum-convolution filters: small circuits that slide over an image and give a channel a qubit, <Z> of each."""

from itertools import combinations
from typing import Any

import numpy as np

from ketwork import seeds
from ketwork.checks import check_int, check_real
from ketwork.circuit import Circuit, w, x


def random_filter(n_qubits: int, connection: float = 0.15, seed: Any = None) -> Circuit:
    """A fixed random circuit: two-qubit gates on each pair with a probability, one-qubit gates at random, shuffled.

    connection: the probability of a gate on a pair, out of CX, SWAP, the square root of SWAP and a controlled one-qubit
    gate. There are between 0 and 2 n^2 one-qubit gates, out of rotations about X, Y, Z, any U, P, T and H.
    Source: Henderson, Shakya, Pradhan, Cook, Quantum Mach. Intell. 2 (2020) 2, arXiv:1904.04767.
    """
    n = check_int("n_qubits", n_qubits, 1)
    chance = check_real("connection", connection, 0, 1)
    rng = seeds.generator(seed)
    parts = [_two_qubit_gate(pair, rng) for pair in combinations(range(n), 2) if rng.random() < chance]
    parts += [_one_qubit_gate(int(rng.integers(n)), rng) for _ in range(int(rng.integers(2 * n * n + 1)))]
    circuit = Circuit(n)
    for k in rng.permutation(len(parts)):
        for name, qubits, params in parts[k]:
            circuit = circuit.append(name, qubits, params)
    return circuit


def random_layers(
    n_qubits: int, layers: int, rotations: int | None = None, ratio: float = 0.3, seed: Any = 0
) -> Circuit:
    """Layers of rotations about random axes on random qubits, CX on random pairs in between: a trainable filter.

    rotations: in a layer, each with a weight; None for as many as qubits. ratio: the share of CX among all gates, below
    1. The seed chooses the circuit, not its weights. The idea is PennyLane's RandomLayers.
    """
    n = check_int("n_qubits", n_qubits, 1)
    wanted = n if rotations is None else check_int("rotations", rotations, 1)
    if check_real("ratio", ratio, 0, 1) == 1:
        raise ValueError("Argument `ratio` must be below 1, or no layer ever ends.")
    rng = seeds.generator(seed)
    circuit = Circuit(n)
    for _ in range(check_int("layers", layers, 0)):
        done = 0
        while done < wanted:
            if n == 1 or rng.random() >= ratio:
                circuit = circuit.append(f"r{'xyz'[rng.integers(3)]}", (int(rng.integers(n)),), (w[circuit.n_weights],))
                done += 1
            else:
                a, b = rng.choice(n, 2, replace=False)
                circuit = circuit.cx(int(a), int(b))
    return circuit


def quanvolution_circuit(filter: Circuit, scale: float = np.pi) -> Circuit:
    """What slides over the image: RY(scale x_i) of pixel i on qubit i, then the filter; read <Z> of every qubit.

    filter: a circuit without inputs, fixed (`random_filter`) or of weights (`random_layers`, any ansatz), on as many
    qubits as the window has pixels. scale: for pixels in [0, 1], pi spreads them from 0 to 1.
    Source: Henderson et al., arXiv:1904.04767, with angles in place of a threshold.
    """
    if not isinstance(filter, Circuit):
        raise TypeError(f"Argument `filter` must be a Circuit, but is {filter!r:.60}.")
    if filter.n_inputs:
        raise ValueError(f"Argument `filter` must have no inputs, but has {filter.n_inputs}.")
    factor = check_real("scale", scale)
    circuit = Circuit(filter.n_qubits)
    for q in range(filter.n_qubits):
        circuit = circuit.ry(q, factor * x[q])
    return circuit + filter


Part = list[tuple[str, tuple[int, ...], tuple[float, ...]]]


def _turns(count: int, rng: np.random.Generator) -> tuple[float, ...]:
    return tuple(rng.uniform(0, 2 * np.pi, count).tolist())


def _two_qubit_gate(pair: tuple[int, int], rng: np.random.Generator) -> Part:
    first, second = (int(q) for q in rng.permutation(pair))
    kind = rng.integers(4)
    if kind == 0:
        return [("cx", (first, second), ())]
    if kind == 1:
        return [("swap", (first, second), ())]
    if kind == 2:  # the square root of SWAP, up to phase
        return [(name, (first, second), (np.pi / 4,)) for name in ("rxx", "ryy", "rzz")]
    a, b, c = _turns(3, rng)
    both = (first, second)
    return [("crz", both, (a,)), ("cry", both, (b,)), ("crz", both, (c,))]


def _one_qubit_gate(qubit: int, rng: np.random.Generator) -> Part:
    name = ("rx", "ry", "rz", "u3", "p", "t", "h")[rng.integers(7)]
    return [(name, (qubit,), _turns({"u3": 3, "t": 0, "h": 0}.get(name, 1), rng))]
