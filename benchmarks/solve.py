"""How fast are the solvers' inner loops? Energy and gradient of one state for VQE, then QAOA; peers in one process.

    python benchmarks/solve.py [--quick] [--json FILE] [--readme]

VQE: circuits that people train, double precision, random weights; every call gives the energy and its gradient by all
weights. Peers, each as fast as it is: lightning.qubit with its adjoint gradient (the Hamiltonian as a sum of Pauli
words or as a sparse matrix, whichever is faster), Qulacs with backprop; each with one thread and with all (when quick:
one up to 12 qubits, all beyond), whichever is faster. Threads are said when a process starts, so every peer has
processes of its own. They must agree with Ketwork on energy and gradient to 1e-8, or there is no row. Memory is the
peak of a process that does nothing but that row.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import solve_qaoa
from ketwork import Circuit, PauliSum, Simulator
from ketwork.models.ansatz import hardware_efficient, kandala
from ketwork.operators.molecule_files import load_molecule
from ketwork.operators.spins import chain, heisenberg
from rows import Rows, installed, script, seconds

Outcome = tuple[float, np.ndarray]
Call = Callable[[], Outcome]


class Case(NamedTuple):
    """A row: what it is called, its Hamiltonian and circuit, and how many times faster than every peer is the goal."""

    name: str
    hamiltonian: Callable[[], PauliSum]
    circuit: Callable[[], Circuit]
    goal: float


def _lithium_hydride() -> PauliSum:
    from ketwork.operators.molecules import molecule

    return molecule("Li 0 0 0; H 0 0 1.595").hamiltonian


def _layers(n: int, layers: int) -> Callable[[], Circuit]:
    return lambda: hardware_efficient(n, layers, ("Y", "Z"), "cz", "linear")


CASES = {
    "LiH": Case("LiH 4, kandala d=3", lambda: load_molecule("LiH_1.595_4q_parity_2q_reduced").hamiltonian,
                lambda: kandala(4, 3), 5),
    "BeH2": Case("BeH2 6, kandala d=8", lambda: load_molecule("BeH2_1.326_6q_parity_2q_reduced").hamiltonian,
                 lambda: kandala(6, 8), 5),
    "H2O": Case("H2O 8, RY RZ CZ x 4", lambda: load_molecule("H2O_8q_jordan_wigner").hamiltonian, _layers(8, 4), 5),
    "LiH12": Case("LiH 12, RY RZ CZ x 4", _lithium_hydride, _layers(12, 4), 5),
    "spins12": Case("Heisenberg 12, RY RZ CZ x 4", lambda: heisenberg(chain(12)), _layers(12, 4), 5),
    "spins16": Case("Heisenberg 16, RY RZ CZ x 4", lambda: heisenberg(chain(16)), _layers(16, 4), 1),
    "spins20": Case("Heisenberg 20, RY RZ CZ x 4", lambda: heisenberg(chain(20)), _layers(20, 4), 1),
}  # fmt: skip
"""The rows by short names."""


def ketwork(hamiltonian: PauliSum, circuit: Circuit, weights: np.ndarray) -> Call:
    """Ketwork: the same calls as anyone's."""
    simulator, one = Simulator("double"), np.ones((1, 1))

    def run() -> Outcome:
        values, pull_back = simulator.value_and_pullback(circuit, hamiltonian, None, weights)
        return float(values[0, 0]), pull_back(one).w

    return run


def steps_of(circuit: Circuit) -> list[tuple[str, tuple[int, ...], int | None]]:
    """(gate, qubits, number of its weight or None); every angle here is a weight."""
    found = []
    for gate in circuit.gates:
        slot = None
        if gate.params:
            ((factor, ((_, slot),)),) = gate.params[0].terms
            assert factor == 1.0
        found.append((gate.name, gate.qubits, slot))
    return found


def lightning(hamiltonian: PauliSum, circuit: Circuit, weights: np.ndarray, sparse: bool) -> Call:
    """PennyLane lightning.qubit, value and adjoint gradient."""
    import pennylane as qml

    n, letters = circuit.n_qubits, {"X": qml.PauliX, "Y": qml.PauliY, "Z": qml.PauliZ}
    gates = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ, "cx": qml.CNOT, "cz": qml.CZ}
    words = []
    for string, _ in hamiltonian.terms:
        word = [letters[letter](q) for q, letter in enumerate(string) if letter != "I"]
        words.append(qml.prod(*word) if len(word) > 1 else word[0] if word else qml.Identity(0))
    observable: Any = qml.Hamiltonian([float(value.real) for _, value in hamiltonian.terms], words)
    if sparse:
        observable = qml.SparseHamiltonian(observable.sparse_matrix(wire_order=range(n)), wires=range(n))
    steps, gradient = steps_of(circuit), np.zeros(len(weights))
    tape_steps = [(gates[name], qubits, slot) for name, qubits, slot in steps]
    device = qml.device("lightning.qubit", wires=n)
    order = [slot for _, _, slot in steps if slot is not None]

    def run() -> Outcome:
        # what a QNode would build anew at every call, and no more than that
        operations = [g(wires=q) if slot is None else g(weights[slot], wires=q) for g, q, slot in tape_steps]
        tape = qml.tape.QuantumScript(operations, [qml.expval(observable)], trainable_params=range(len(order)))
        values, slopes = device.execute_and_compute_derivatives(
            tape, qml.devices.ExecutionConfig(gradient_method="adjoint")
        )
        gradient[:] = 0
        np.add.at(gradient, order, np.ravel(slopes))
        return float(np.ravel(values)[0]), gradient

    return run


def qulacs(hamiltonian: PauliSum, circuit: Circuit, weights: np.ndarray) -> Call:
    """Qulacs: value and backprop; it turns by the negative angle. Parameters are set anew at every call."""
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    n = circuit.n_qubits
    theirs, observable, order = ParametricQuantumCircuit(n), Observable(n), []
    for name, qubits, slot in steps_of(circuit):
        if slot is None:
            (theirs.add_CZ_gate if name == "cz" else theirs.add_CNOT_gate)(*qubits)
        else:
            getattr(theirs, f"add_parametric_{name.upper()}_gate")(qubits[0], 0.0)
            order.append(slot)
    for string, value in hamiltonian.terms:
        word = " ".join(f"{letter} {q}" for q, letter in enumerate(string) if letter != "I")
        observable.add_operator(float(value.real), word)
    state, gradient = QuantumState(n), np.zeros(len(weights))

    def run() -> Outcome:
        for k, slot in enumerate(order):
            theirs.set_parameter(k, -weights[slot])
        state.set_zero_state()
        theirs.update_quantum_state(state)
        gradient[:] = 0
        np.add.at(gradient, order, -np.array(theirs.backprop(observable)))
        return float(observable.get_expectation_value(state)), gradient

    return run


PEERS = {
    "lightning adjoint": ("pennylane_lightning", ["words", "matrix"]),
    "Qulacs backprop": ("qulacs", ["qulacs"]),
}
"""Name: (the module it needs, the ways to run it, of which the fastest counts)."""


def problem(case: Case) -> tuple[PauliSum, Circuit, np.ndarray]:
    """Hamiltonian, circuit, weights."""
    circuit = case.circuit()
    return case.hamiltonian(), circuit, np.random.default_rng(0).normal(size=circuit.n_weights)


WAYS: dict[str, Callable[..., Call]] = {
    "ketwork": ketwork,
    "words": lambda h, c, w: lightning(h, c, w, False),
    "matrix": lambda h, c, w: lightning(h, c, w, True),
    "qulacs": qulacs,
}


def measure(short: str, way: str, budget: float) -> None:
    """Print what one way gives for a row: energy, gradient, seconds a call, and this process's peak memory in MB."""
    call = WAYS[way](*problem(CASES[short]))
    energy, gradient = call()
    found = {"energy": energy, "gradient": gradient.tolist(), "seconds": seconds(call, budget)}
    with open("/proc/self/status") as lines:  # getrusage would count the peak of the process that started this one
        found["peak"] = next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    print(json.dumps(found))


def apart(short: str, way: str, threads: int, budget: float) -> dict[str, Any]:
    """`measure` in a process of its own, with so many threads."""
    code = f"import solve; solve.measure({short!r}, {way!r}, {budget!r})"
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    there = dict(os.environ, PYTHONPATH=paths, OMP_NUM_THREADS=str(threads), QULACS_NUM_THREADS=str(threads))
    done = subprocess.run([sys.executable, "-c", code], env=there, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def fastest(name: str, short: str, expected: Outcome, counts: list[int], budget: float) -> dict[str, Any]:
    """A peer on its fastest way."""
    runs = [apart(short, way, count, budget) for way in PEERS[name][1] for count in counts]
    for run in runs:
        gap = max(abs(run["energy"] - expected[0]), float(np.abs(run["gradient"] - expected[1]).max()))
        if gap > 1e-8:
            raise SystemExit(f"{name}: differs from Ketwork by {gap:.2g}")
    return min(runs, key=lambda run: run["seconds"])


def add_vqe(bench: Rows, short: str) -> None:
    """One row, its goal and its memory."""
    case = CASES[short]
    given = problem(case)
    call = ketwork(*given)
    energy, gradient = call()
    ours = seconds(call, bench.budget)
    cores, few = os.cpu_count() or 1, given[1].n_qubits <= 12
    counts = sorted({1, cores}) if not bench.quick else [1 if few else cores]
    there = [name for name, (module, _) in PEERS.items() if installed(module)]
    found = {name: fastest(name, short, (energy, gradient), counts, bench.budget / 2) for name in there}
    others = {name: 1e3 * one["seconds"] for name, one in found.items()}
    bench.row(f"VQE energy+gradient, {case.name}", "ms", 1e3 * ours, others)
    found = {"ketwork": apart(short, "ketwork", cores, 0.0), **found}
    shown = ", ".join(f"{who} {one['peak']:,.0f} MB" for who, one in found.items())
    ratio = min(others.values(), default=0.0) / (1e3 * ours)
    goal = "ahead" if case.goal == 1 else f"{case.goal:g}x"
    reached = "no peers" if not others else f"{ratio:.2g}x, {'reached' if ratio > case.goal else 'MISSED'}"
    print(f"    {len(given[0].terms)} terms, {len(given[2])} weights; goal {goal}: {reached}; peak memory: {shown}")


def run(quick: bool) -> Rows:
    """All cases."""
    bench = Rows(quick)
    for short in CASES:
        if short == "LiH12" and not installed("pyscf"):
            print("LiH 12 needs the extra `chemistry`: left out")
        elif not (quick and short in ("BeH2", "spins12", "spins20")):
            add_vqe(bench, short)
    solve_qaoa.add_rows(bench)
    missing = [name for name, (module, _) in PEERS.items() if not installed(module)]
    if missing:
        print(f"not installed and left out: {', '.join(missing)}")
    return bench


if __name__ == "__main__":
    script(run, __doc__, "solving")
