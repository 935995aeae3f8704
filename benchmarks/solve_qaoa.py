"""QAOA: value and gradient of p = 10 layers for the cut of random 3-regular graphs, against simulators of circuits.

Each peer as fast as it is: lightning.qubit with IsingZZ and RX and its adjoint gradient, in the same precision as ours;
Qulacs with backprop (double precision, its only one); Qiskit Aer, single precision, the value alone, which has no
gradient. A peer that would take longer than 40 s a call runs one layer and two, and its time is extended from there
(the row says so). All agree with Ketwork on value and gradient, as far as they give these, before they are timed.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from ketwork.engine.diagonal import Alternation
from ketwork.operators import MaxCut
from rows import Rows, installed, seconds

LAYERS = 10
LONG = 40.0
"""Seconds a call beyond which a peer's time is extended from one and two layers."""

Call = Callable[[], tuple[float, np.ndarray]]


def graph(n: int) -> list[tuple[int, int]]:
    return sorted(tuple(sorted(edge)) for edge in nx.random_regular_graph(3, n, seed=1).edges)


def angles(layers: int) -> tuple[np.ndarray, np.ndarray]:
    place = (np.arange(layers) + 0.5) / layers
    return 0.7 * place, 0.7 * (1 - place)


def ketwork(n: int, layers: int, precision: str) -> Call:
    run = Alternation(MaxCut(n, tuple(graph(n))).qubo(), precision=precision)
    gammas, betas = angles(layers)

    def call() -> tuple[float, np.ndarray]:
        value, gradient = run.value_and_gradient(gammas, betas)
        return value, np.concatenate(gradient)

    return call


def lightning(n: int, layers: int, precision: str) -> Call:
    import pennylane as qml
    from pennylane import numpy as pnp

    edges, c_dtype = graph(n), np.complex64 if precision == "single" else np.complex128
    device = qml.device("lightning.qubit", wires=n, c_dtype=c_dtype)
    total = qml.Hamiltonian([0.5] * len(edges), [qml.PauliZ(a) @ qml.PauliZ(b) for a, b in edges])

    @qml.qnode(device, diff_method="adjoint")
    def node(gammas: Any, betas: Any) -> Any:
        for q in range(n):
            qml.Hadamard(q)
        for layer in range(layers):
            for a, b in edges:
                qml.IsingZZ(gammas[layer], wires=(a, b))
            for q in range(n):
                qml.RX(-2 * betas[layer], wires=q)
        return qml.expval(total)

    both = tuple(pnp.array(a, requires_grad=True) for a in angles(layers))
    slope = qml.grad(node)

    def call() -> tuple[float, np.ndarray]:
        found = np.concatenate(slope(*both))
        return float(slope.forward) - len(edges) / 2, found

    return call


def qulacs(n: int, layers: int, precision: str) -> Call:
    from qulacs import Observable, ParametricQuantumCircuit

    edges, circuit, place, factor = graph(n), ParametricQuantumCircuit(n), [], []
    gammas, betas = angles(layers)
    for q in range(n):
        circuit.add_H_gate(q)
    for layer in range(layers):  # Qulacs turns by the negative angle
        for edge in edges:
            circuit.add_parametric_multi_Pauli_rotation_gate(list(edge), [3, 3], -gammas[layer])
            place.append(layer)
            factor.append(-1)
        for q in range(n):
            circuit.add_parametric_RX_gate(q, 2 * betas[layer])
            place.append(layers + layer)
            factor.append(2)
    total = Observable(n)
    for a, b in edges:
        total.add_operator(0.5, f"Z {a} Z {b}")

    def call() -> tuple[float, np.ndarray]:  # backprop tells no value
        return float("nan"), np.bincount(place, np.array(factor) * circuit.backprop(total), 2 * layers)

    return call


def aer(n: int, layers: int, precision: str) -> Call:
    from qiskit import QuantumCircuit, transpile
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_aer import AerSimulator

    edges, circuit = graph(n), QuantumCircuit(n)
    circuit.h(range(n))
    for gamma, beta in zip(*angles(layers), strict=True):
        for a, b in edges:
            circuit.rzz(gamma, a, b)
        circuit.rx(-2 * beta, range(n))
    terms = [("ZZ", list(edge), 0.5) for edge in edges]
    circuit.save_expectation_value(SparsePauliOp.from_sparse_list(terms, n), list(range(n)))
    backend = AerSimulator(method="statevector", precision=precision)
    ready = transpile(circuit, backend, optimization_level=0)

    def call() -> tuple[float, np.ndarray]:
        value = backend.run(ready, shots=1).result().data(0)["expectation_value"]
        return float(np.real(value)) - len(edges) / 2, np.zeros(0)

    return call


PEERS: dict[str, tuple[str, str, Callable[[int, int, str], Call]]] = {
    "lightning adjoint": ("pennylane_lightning", "single", lightning),
    "lightning adjoint, double": ("pennylane_lightning", "double", lightning),
    "Qulacs backprop, double": ("qulacs", "double", qulacs),
    "Aer, value alone": ("qiskit_aer", "single", aer),
}
"""By name: what must be installed, the precision, and what makes a call."""


def agree(name: str, found: tuple[float, np.ndarray], expected: tuple[float, np.ndarray]) -> None:
    """Stop when a peer computes something else."""
    gaps = [abs(found[0] - expected[0]), *(np.abs(found[1] - expected[1]) if len(found[1]) else [])]
    gap = float(np.nanmax(gaps))
    if gap > 5e-3:
        raise SystemExit(f"{name}: differs from Ketwork by {gap:.2g}")


def once(call: Call) -> tuple[float, tuple[float, np.ndarray]]:
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def peer_seconds(name: str, n: int, budget: float) -> tuple[str, float]:
    """(what it is called in the row, seconds a call); what takes long is extended from one and two layers."""
    _, precision, make = PEERS[name]
    call = make(n, 1, precision)
    call()
    one, found = once(call)
    agree(name, found, ketwork(n, 1, precision)())
    if LAYERS * one > LONG:
        two = once(make(n, 2, precision))[0]
        return f"{name} (from 1 and 2 layers)", one + (LAYERS - 1) * max(two - one, 0.0)
    call = make(n, LAYERS, precision)
    agree(name, call(), ketwork(n, LAYERS, precision)())
    return name, seconds(call, budget)


def add_rows(bench: Rows) -> None:
    """Add a row for 16, 20 and (not when quick) 24 qubits, in single and in double precision."""
    for n in (16, 20) if bench.quick else (16, 20, 24):
        ours = {}
        for precision in ("single", "double"):
            call = ketwork(n, LAYERS, precision)
            call()
            ours[precision] = 1000 * seconds(call, bench.budget)
            del call
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory of the process up to here, {n} qubits in both precisions: {peak:,.0f} MB")
        there = [name for name, (module, _, _) in PEERS.items() if installed(module)]
        for precision in ("single", "double"):
            listed = [peer_seconds(name, n, bench.budget) for name in there if PEERS[name][1] == precision]
            others = {name: 1000 * value for name, value in listed}
            suffix = "" if precision == "single" else ", double"
            bench.row(f"QAOA p=10 MaxCut gradient, {n} qubits{suffix}", "ms", ours[precision], others)


if __name__ == "__main__":
    from rows import script

    def run(quick: bool) -> Rows:
        bench = Rows(quick)
        add_rows(bench)
        return bench

    script(run, __doc__, "qaoa")
