"""The peers of `search.py`: each trains one circuit by Adam, as it is fastest; one process with one thread.

A peer is a function problem -> (step(w) -> (value, gradient), train(w, steps) or None, seconds to get ready).
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ketwork import Circuit, NoiseModel, w
from ketwork.circuit.angle import as_angle
from ketwork.circuit.gates import GATES
from ketwork.noise.rule import Placed
from ketwork.operators import PauliSum

RATE, BETA1, BETA2, EPSILON = 0.05, 0.9, 0.999, 1e-8
Kraus = tuple[tuple[np.ndarray, ...], tuple[int, ...]]
Turn = tuple[float, list[tuple[float, int]]]
Step = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Problem(NamedTuple):
    """A circuit: (name, qubits, angle or None, channels behind it), the terms of the energy, Ketwork's circuit and the
    angles to begin with. An angle is (constant, scale and number of every weight)."""

    n: int
    gates: list[tuple[str, tuple[int, ...], Turn | None, list[Kraus]]]
    terms: list[tuple[str, float]]
    circuit: Circuit
    start: np.ndarray


def problem(
    architecture: Any, observable: PauliSum, noise: NoiseModel | None, seed: int, backend: Any = None
) -> Problem:
    """What peers read. backend: a placed device whose gates they get; None for the circuit's own."""
    n = observable.n_qubits
    circuit, weight = Circuit(n), 0
    for name, qubits in architecture:
        count = GATES[name].n_params
        circuit = circuit.append(name, qubits, (w[weight],) * count)
        weight += count
    if backend is not None:
        circuit = backend.native(circuit)
    gates: list[Any] = []
    for event in circuit.gates if noise is None else noise.events(circuit):
        if isinstance(event, Placed):
            gates[-1][3].append((event.channel.kraus(), event.qubits))
        else:
            gates.append((event.name, event.qubits, _turn(event.params[0]) if event.params else None, []))
    terms = [(string, float(np.real(value))) for string, value in observable.terms]
    return Problem(n, gates, terms, circuit, np.random.default_rng(seed).uniform(-np.pi, np.pi, weight))


def _turn(angle: Any) -> Turn:
    terms = as_angle(angle).terms
    return sum(c for c, slots in terms if not slots), [(c, slots[0].index) for c, slots in terms if slots]


def turned(turn: Turn, weights: Any) -> Any:
    """An angle at given weights, which may be of any kind that can be scaled and added."""
    found: Any = None
    for scale, k in turn[1]:
        one = weights[k] if scale == 1 else scale * weights[k]
        found = one if found is None else found + one
    return turn[0] if found is None else found + turn[0] if turn[0] else found


def rates(name: str, given: Problem, steps: int, seconds: float) -> tuple[dict[str, float], float, np.ndarray]:
    """(circuits a second by what is counted, value, gradient): as many steps as fit in the time, counted as `steps`."""
    started = time.perf_counter()
    step, train, ready = PEERS_MADE[name](given)
    value, slopes = step(given.start)  # the first is compiled or warmed up here
    if train is not None:
        train(given.start, steps)
        compiled = time.perf_counter() - started
        began = time.perf_counter()
        train(given.start, steps)
        warm = time.perf_counter() - began
        return {name: 1 / compiled, f"{name}, compiled before": 1 / warm}, value, slopes
    weights, moments, done = given.start.copy(), np.zeros((2, len(given.start))), 0
    began = time.perf_counter()
    while done < steps and (not done or time.perf_counter() - began < seconds):
        done += 1
        slope = step(weights)[1]
        moments[0] = BETA1 * moments[0] + (1 - BETA1) * slope
        moments[1] = BETA2 * moments[1] + (1 - BETA2) * slope**2
        scale = np.sqrt(moments[1] / (1 - BETA2**done)) + EPSILON
        weights -= RATE * moments[0] / (1 - BETA1**done) / scale
    return {name: 1 / (ready + (time.perf_counter() - began) * steps / done)}, value, slopes


# ---------------------------------------------------------------------- PennyLane
def _pennylane(given: Problem, mixed: bool) -> Callable[[Any], Any]:
    import pennylane as qml

    kinds = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ, "cx": qml.CNOT, "sx": qml.SX, "x": qml.X}
    energy = qml.Hamiltonian(
        [value for _, value in given.terms], [qml.pauli.string_to_pauli_word(string) for string, _ in given.terms]
    )

    def run(weights: Any) -> Any:
        for name, qubits, turn, channels in given.gates:
            kinds[name](*(() if turn is None else (turned(turn, weights),)), wires=qubits)
            for kraus, on in channels if mixed else ():
                qml.QubitChannel(list(kraus), wires=on)
        return qml.expval(energy)

    return run


def lightning(given: Problem) -> tuple[Step, None, float]:
    """lightning.qubit: the tape made once, value and adjoint gradient in one call, no interface around it."""
    import pennylane as qml
    from pennylane.devices import ExecutionConfig

    started = time.perf_counter()
    tape = qml.tape.make_qscript(_pennylane(given, False))(given.start)
    places = list(range(len(given.start)))
    tape.trainable_params = places
    device, config = qml.device("lightning.qubit", wires=given.n), ExecutionConfig(gradient_method="adjoint")

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        bound = tape.bind_new_parameters(list(weights), places)
        value, slopes = device.execute_and_compute_derivatives(bound, config)
        return float(np.asarray(value)), np.asarray(slopes, float).reshape(-1)

    return step, None, time.perf_counter() - started


def mixed(given: Problem) -> tuple[Step, None, float]:
    """default.mixed with torch, backpropagation."""
    import pennylane as qml
    import torch

    torch.set_num_threads(1)
    started = time.perf_counter()
    run = _pennylane(given, True)
    node = qml.qnode(qml.device("default.mixed", wires=given.n), interface="torch", diff_method="backprop")(run)

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        leaf = torch.tensor(weights, requires_grad=True)
        value = node(leaf)
        value.backward()
        return float(value.detach()), leaf.grad.numpy()

    return step, None, time.perf_counter() - started


# ---------------------------------------------------------------------- JAX
def _jax_energy(given: Problem) -> Callable[[Any], Any]:
    """The energy by a state vector, or where there is noise by a density matrix, in double precision."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    n, noisy = given.n, any(channels for *_, channels in given.gates)
    letters = {"X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
    matrix = np.zeros((2**n, 2**n), complex)
    for string, value in given.terms:
        full = np.ones((1, 1), complex)
        for letter in string:
            full = np.kron(full, letters.get(letter, np.eye(2)))
        matrix += value * full
    energy = jnp.asarray(matrix)
    axes = {"rx": letters["X"], "ry": letters["Y"], "rz": letters["Z"]}
    fixed = {name: np.asarray(GATES[name].matrix(), complex) for name in ("cx", "sx", "x")}

    def on(tensor: Any, operator: Any, places: tuple[int, ...]) -> Any:
        k = len(places)
        turned = jnp.tensordot(operator.reshape((2,) * (2 * k)), tensor, (tuple(range(k, 2 * k)), places))
        return jnp.moveaxis(turned, tuple(range(k)), places)

    def value(weights: Any) -> Any:
        state = jnp.zeros((2,) * (n * (1 + noisy)), complex).at[(0,) * (n * (1 + noisy))].set(1)
        for name, qubits, turn, channels in given.gates:
            half = None if turn is None else turned(turn, weights) / 2
            operator = fixed[name] if half is None else jnp.cos(half) * np.eye(2) - 1j * jnp.sin(half) * axes[name]
            state = on(state, operator, qubits)
            if noisy:
                state = on(state, operator.conj(), tuple(n + q for q in qubits))
            for kraus, where in channels:
                both = sum(np.kron(k, k.conj()) for k in kraus)
                state = on(state, both, (*where, *(n + q for q in where)))
        if noisy:
            return jnp.real(jnp.sum(energy.T * state.reshape(2**n, 2**n)))
        flat = state.reshape(-1)
        return jnp.real(jnp.vdot(flat, energy @ flat))

    return value


def jax_jit(given: Problem) -> tuple[Step, Callable[[np.ndarray, int], Any], float]:
    """jit around all steps of Adam at once."""
    import jax
    import jax.numpy as jnp

    pair = jax.value_and_grad(_jax_energy(given))

    def one(k: Any, held: Any) -> Any:
        weights, mean, square, _, _ = held
        value, slope = pair(weights)
        mean, square = BETA1 * mean + (1 - BETA1) * slope, BETA2 * square + (1 - BETA2) * slope**2
        scale = jnp.sqrt(square / (1 - BETA2 ** (k + 1.0))) + EPSILON
        return weights - RATE * mean / (1 - BETA1 ** (k + 1.0)) / scale, mean, square, value, slope

    @jax.jit
    def loop(weights: Any, steps: int) -> Any:
        zero = jnp.zeros_like(weights)
        return jax.lax.fori_loop(0, steps, one, (weights, zero, zero, 0.0, zero))

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        found = loop(jnp.asarray(weights), 1)  # the number of steps is an argument: compiled once
        return float(found[3]), np.asarray(found[4])

    return step, lambda weights, steps: loop(jnp.asarray(weights), steps)[0].block_until_ready(), 0.0


def jax_eager(given: Problem) -> tuple[Step, None, float]:
    """Without jit."""
    import jax
    import jax.numpy as jnp

    pair = jax.value_and_grad(_jax_energy(given))

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = pair(jnp.asarray(weights))
        return float(value), np.asarray(slope)

    return step, None, 0.0


# ---------------------------------------------------------------------- Qiskit Aer
def aer(given: Problem) -> tuple[Step, None, float]:
    """Aer: the circuit and all those shifted for the parameter-shift rule as parameters of one run."""
    from qiskit import QuantumCircuit, transpile
    from qiskit.circuit import ParameterVector
    from qiskit.quantum_info import Kraus as Channel
    from qiskit.quantum_info import SparsePauliOp, SuperOp
    from qiskit_aer import AerSimulator

    started = time.perf_counter()
    count, noisy = len(given.start), any(channels for *_, channels in given.gates)
    angles, circuit = ParameterVector("w", count), QuantumCircuit(given.n)
    for name, qubits, turn, channels in given.gates:
        getattr(circuit, name)(*(() if turn is None else (turned(turn, angles),)), *qubits)
        for kraus, where in channels:
            # Qiskit's first qubit is the least significant
            circuit.append(SuperOp(Channel(list(kraus))), where[::-1])
    energy = SparsePauliOp.from_list([(string[::-1], value) for string, value in given.terms])
    circuit.save_expectation_value(energy, list(range(given.n)))
    backend = AerSimulator(
        method="density_matrix" if noisy else "statevector", max_parallel_threads=1, fusion_enable=noisy
    )
    ready = transpile(circuit, backend, optimization_level=0)
    shifts = np.concatenate([np.zeros((1, count)), np.eye(count) * np.pi / 2, -np.eye(count) * np.pi / 2])

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        points = weights + shifts
        binds = {angle: points[:, k].tolist() for k, angle in enumerate(angles)}
        result = backend.run([ready], parameter_binds=[binds], shots=1).result()
        values = np.real([result.data(k)["expectation_value"] for k in range(len(points))])
        return float(values[0]), (values[1 : count + 1] - values[count + 1 :]) / 2

    return step, None, time.perf_counter() - started


# ---------------------------------------------------------------------- Qulacs
def qulacs(given: Problem) -> tuple[Step, None, float]:
    """Qulacs, backpropagation; beside the three of the goal."""
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    started = time.perf_counter()
    circuit = ParametricQuantumCircuit(given.n)
    for name, qubits, turn, _ in given.gates:
        if turn is not None:
            getattr(circuit, f"add_parametric_{name.upper()}_gate")(qubits[0], 0.0)
        else:
            {"cx": circuit.add_CNOT_gate, "sx": circuit.add_sqrtX_gate}[name](*qubits)
    energy = Observable(given.n)
    for string, value in given.terms:
        energy.add_operator(value, " ".join(f"{letter} {q}" for q, letter in enumerate(string) if letter != "I"))
    state = QuantumState(given.n)

    def step(weights: np.ndarray) -> tuple[float, np.ndarray]:
        for k, angle in enumerate(weights):
            circuit.set_parameter(k, -angle)  # it turns by the negative angle
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return energy.get_expectation_value(state), -np.array(circuit.backprop(energy))

    return step, None, time.perf_counter() - started


PEERS_MADE: dict[str, Callable[[Problem], Any]] = {
    "PennyLane lightning": lightning,
    "PennyLane default.mixed": mixed,
    "JAX jit": jax_jit,
    "JAX without jit": jax_eager,
    "Qiskit Aer": aer,
    "Qulacs": qulacs,
}
PEERS: dict[str, tuple[str, tuple[bool, ...]]] = {
    "PennyLane lightning": ("pennylane_lightning", (False,)),
    "PennyLane default.mixed": ("pennylane", (True,)),
    "JAX jit": ("jax", (False, True)),
    "JAX without jit": ("jax", (False, True)),
    "Qiskit Aer": ("qiskit_aer", (False, True)),
    "Qulacs": ("qulacs", (False,)),
}
"""By name: the module, and whether it does ideal and noisy circuits."""
BESIDE = ("JAX jit, compiled before", "Qulacs")
"""What does not count for the goals: every circuit of a search is new; Qulacs is not one of the three."""
