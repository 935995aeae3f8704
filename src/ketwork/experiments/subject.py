"""What mitigation is tried on: a circuit from an OpenQASM file, or the circuit of a saved model with test samples."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ketwork.circuit import Circuit
from ketwork.circuit.qasm import read_qasm
from ketwork.engine.sampling import measures_at_end
from ketwork.experiments.data import load as load_data
from ketwork.experiments.run import drawn, split
from ketwork.experiments.task import FitTask, UserError
from ketwork.mitigate.outcomes import Floats
from ketwork.models.classifier import VariationalClassifier
from ketwork.models.storage import from_arrays
from ketwork.models.storage import load as load_model
from ketwork.operators import PauliSum

SAMPLES = 8
"""Test samples of a model that are run."""


@dataclass(frozen=True)
class Subject:
    """A circuit without measurements.

    measured: the qubits that are read, in order. x (B, F) and w (P,): what its slots hold, None where it has none.
    observables: a model's, empty for a file. about: a sentence for the report.
    """

    name: str
    circuit: Circuit
    measured: tuple[int, ...]
    about: str
    x: Floats | None = None
    w: Floats | None = None
    observables: tuple[PauliSum, ...] = ()


def subject(place: Path) -> Subject:
    """Read a .qasm file or the folder of a finished `ketwork fit`. Raises: UserError for anything else."""
    if place.is_dir():
        return _of_model(place)
    if not place.is_file():
        raise UserError(f"There is no circuit file or model folder {str(place)!r}.")
    circuit = circuit_of_file(place)
    if circuit.n_inputs or circuit.n_weights:
        raise UserError(
            f"{place} has {circuit.n_inputs} inputs and {circuit.n_weights} weights without values; give a circuit "
            "whose angles are numbers, or the folder of a trained model."
        )
    plain = gates_alone(circuit, place)
    read = {gate.payload: gate.qubits[0] for gate in circuit.gates if gate.name == "measure"}
    measured = tuple(read[bit] for bit in sorted(read)) or tuple(range(circuit.n_qubits))
    about = f"{place.name}: {plain.n_qubits} qubits, {len(plain)} gates, {plain.two_qubit_count()} on two qubits."
    return Subject(place.stem, plain, measured, about)


def circuit_of_file(place: Path) -> Circuit:
    """The circuit of an OpenQASM file. Raises: UserError where it cannot be read."""
    try:
        return read_qasm(place.read_text())
    except (ValueError, UnicodeDecodeError) as error:
        raise UserError(f"{place}: {error}") from None
    except ImportError as error:
        raise UserError(str(error)) from None


def gates_alone(circuit: Circuit, place: Path) -> Circuit:
    """A circuit without the measurements at its end. Raises: UserError that names its file for any before."""
    if not measures_at_end(circuit):
        raise UserError(f"{place} measures, resets or has conditions on its way; only measurements at the end can be.")
    return Circuit(circuit.n_qubits, [gate for gate in circuit.gates if gate.name != "measure"])


def _of_model(folder: Path) -> Subject:
    """A variational model with the first test samples of its first repetition, as its observables see them."""
    try:
        model: Any = from_arrays(*load_model(folder / "model"))
        task = FitTask(**json.loads((folder / "config.json").read_text())["task"])
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise UserError(f"{folder} holds no finished run of `ketwork fit`: {error}") from None
    if not isinstance(model, VariationalClassifier):
        raise UserError(f"{folder} holds a kernel model, which has no expectation values; give a variational one.")
    parts = split(task, drawn(task, load_data(task.data, task.target)), 0)
    x = np.asarray(model.inputs(parts.X_test[:SAMPLES]), np.float64)
    about = (
        f"The variational model of {folder.name} on {task.data}: {model.circuit_.n_qubits} qubits, "
        f"{len(model.circuit_)} gates, {len(model.observables_)} expectation values on each of {len(x)} test samples."
    )
    everything = tuple(range(model.circuit_.n_qubits))
    return Subject(
        folder.name, model.circuit_, everything, about, x, np.asarray(model.weights_, np.float64),
        tuple(model.observables_),
    )  # fmt: skip
