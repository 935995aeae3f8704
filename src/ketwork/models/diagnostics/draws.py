"""Random weights and samples that diagnostics look at: many weights in one batch, and intervals of what they give."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit import Angle, Circuit, x
from ketwork.circuit.angle import Slot, as_angle
from ketwork.circuit.gates import Rot
from ketwork.circuit.operation import Gate
from ketwork.engine.door import check_circuit
from ketwork.engine.simulator import Simulator

Floats = NDArray[np.floating[Any]]
Complex = NDArray[np.complex128]
_AMPLITUDES = 1 << 22  # of one block of states
_RESAMPLES = 1000


def weights_as_inputs(circuit: Circuit) -> Circuit:
    """The circuit with weight w[k] as input x[n_inputs + k], so that each sample of a batch has weights of its own."""
    check_circuit(circuit)
    first = circuit.n_inputs
    moved: dict[Slot, float | Angle] = {Slot("w", k): x[first + k] for k in range(circuit.n_weights)}
    gates = (
        gate._replace(params=tuple(p.substitute(moved) if isinstance(p, Angle) else p for p in gate.params))
        for gate in circuit.gates
    )
    return Circuit(circuit.n_qubits, gates, circuit.n_bits)


def random_weights(circuit: Circuit, samples: int, rng: np.random.Generator) -> Floats:
    """Weights (samples, P), each uniform in [0, 2 pi): one turn of a rotation."""
    return rng.uniform(0, 2 * np.pi, (samples, circuit.n_weights))


def input_rows(circuit: Circuit, samples: int, inputs: Any, rng: np.random.Generator) -> Floats:
    """Inputs (samples, F): rows of `inputs` drawn with replacement, or uniform in [-pi, pi) when it is None."""
    if inputs is None:
        return rng.uniform(-np.pi, np.pi, (samples, circuit.n_inputs))
    rows = check_inputs(circuit, inputs)
    return np.asarray(rows[rng.integers(len(rows), size=samples)], np.float64)


def check_inputs(circuit: Circuit, inputs: Any) -> Floats:
    """Inputs (B, F) of a circuit. Raises: ValueError for another number of inputs, or none."""
    rows = check_array("inputs", inputs, 2)
    if rows.shape[1] != circuit.n_inputs or not len(rows):
        raise ValueError(
            f"Argument `inputs` must hold rows of {circuit.n_inputs} inputs, as the circuit has, but has shape "
            f"{rows.shape}."
        )
    return rows


def check_weights(circuit: Circuit, weights: Any, missing: str = "") -> Floats:
    """Weights (S, P) of a circuit; a single row (P,) becomes one of them. Raises: ValueError for another number."""
    if weights is None:
        if circuit.n_weights:
            raise ValueError(f"Argument `weights` is missing: the circuit has {circuit.n_weights} weights.{missing}")
        return np.zeros((1, 0))
    rows = check_array("weights", weights, np.ndim(weights) if np.ndim(weights) in (1, 2) else 2)
    rows = rows[None, :] if rows.ndim == 1 else rows
    if rows.shape[1] != circuit.n_weights or not len(rows):
        raise ValueError(
            f"Argument `weights` must hold {circuit.n_weights} weights a row, as the circuit has, but has shape "
            f"{rows.shape}."
        )
    return rows


def drawn_rows(circuit: Circuit, samples: int, inputs: Any, rng: np.random.Generator) -> Floats:
    """Rows (samples, F + P) for `weights_as_inputs`: a sample's inputs, then random weights."""
    check_int("samples", samples, 2)
    return np.hstack([input_rows(circuit, samples, inputs, rng), random_weights(circuit, samples, rng)])


def state_blocks(circuit: Circuit, rows: Floats) -> Iterator[Complex]:
    """States (b, 2^n) of a circuit without weights for rows (B, F), in blocks that fit."""
    step = max(2, (_AMPLITUDES >> circuit.n_qubits) // 2 * 2)  # even: pairs stay together
    for first in range(0, len(rows), step):
        yield np.asarray(Simulator("double").state(circuit, rows[first : first + step]), np.complex128)


def check_unitary(circuit: Circuit, most_qubits: int) -> Circuit:
    """The circuit, when it has no measurements, resets or conditions and not too many qubits."""
    check_circuit(circuit)
    for gate in circuit.gates:
        if gate.name in ("measure", "reset") or gate.condition is not None:
            raise ValueError(
                f"Argument `circuit` must be made of gates alone, but holds {gate.name!r}"
                f"{' with a condition' if gate.condition is not None else ''}. Leave measurements out first."
            )
    if circuit.n_qubits > most_qubits:
        raise ValueError(f"Argument `circuit` must have at most {most_qubits} qubits here, but has {circuit.n_qubits}.")
    return circuit


def mean_interval(values: Floats) -> tuple[float, float, float]:
    """The mean of values (S,) with the ends of its 95 % interval (normal)."""
    mean = float(values.mean())
    half = 1.959964 * float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else float("nan")
    return mean, mean - half, mean + half


def variance_interval(values: Floats, rng: np.random.Generator) -> tuple[float, float, float]:
    """The variance of values (S,) with the ends of its 95 % bootstrap interval."""
    found = float(values.var(ddof=1))
    picks = rng.integers(len(values), size=(_RESAMPLES, len(values)))
    low, high = np.quantile(values[picks].var(axis=1, ddof=1), (0.025, 0.975))
    return found, float(low), float(high)


def step_angle(step: Rot, gate: Gate) -> float:
    """The angle of a rotation that a gate without slots is made of."""
    return step.offset + sum(
        c * as_angle(p).evaluate().item() for c, p in zip(step.coefficients, gate.params, strict=False)
    )
