"""What `ketwork diagnose` looks at: a trained model with its data, a circuit of a file, or a family of circuits."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.experiments.data import load as load_data
from ketwork.experiments.folds import reduce
from ketwork.experiments.predict import columns_of
from ketwork.experiments.subject import circuit_of_file, gates_alone
from ketwork.experiments.task import UserError
from ketwork.models.ansatz import ANSAETZE, build_ansatz
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import ENCODINGS, encode
from ketwork.models.storage import from_arrays
from ketwork.models.storage import load as load_model
from ketwork.operators import PauliSum

Floats = NDArray[np.floating[Any]]
_MOST_QUBITS, _MOST_LAYERS = 24, 50


@dataclass(frozen=True, eq=False)
class Examined:
    """A circuit of gates alone, and what is known about it.

    family: from (qubits, layers) to circuits of its kind, with `layers` of its own; None where it is alone. weights
    (P,): trained ones. inputs (B, F): of data. labels (B,): -1 and 1 for them. observables: that a model reads. about:
    sentences for the report.
    """

    name: str
    kind: str
    circuit: Circuit
    about: tuple[str, ...]
    family: Callable[[int, int], Circuit] | None = None
    layers: int = 0
    weights: Floats | None = None
    inputs: Floats | None = None
    labels: Floats | None = None
    observables: tuple[PauliSum, ...] | None = None


def examined(model: str, samples: int, seed: int) -> Examined:
    """Read what MODEL says: the folder of a finished `fit`, an OpenQASM file, or name:qubits[:layers].

    samples: how many rows of data are taken at most. Raises: UserError for anything else.
    """
    place = Path(model)
    if not model.strip():
        raise UserError("MODEL is empty; name a folder, a file, or a family such as hardware_efficient:6:3.")
    if place.is_dir():
        return _of_run(place, samples, seed)
    if place.is_file():
        return _of_file(place)
    if place.suffix.lower() == ".qasm":
        raise UserError(f"There is no file {model!r}.")
    name, *sizes = model.split(":")
    if name in ANSAETZE or name in ENCODINGS:
        return _of_family(model, name, sizes)
    try:
        check_choice("MODEL", name, (*ANSAETZE, *ENCODINGS))
    except ValueError as error:
        near = [part for part in str(error).split(". ") if part.startswith("Did you mean")]
        hint = near[0] if near else f"Families are {', '.join((*ANSAETZE, *ENCODINGS))}."
        raise UserError(
            f"There is no folder, OpenQASM file or family of circuits {model!r}. {hint} A family is given with its "
            "size, such as hardware_efficient:6:3 (6 qubits, 3 layers)."
        ) from None
    raise AssertionError  # the name is in neither table


def _of_family(model: str, name: str, sizes: list[str]) -> Examined:
    """An ansatz of so many qubits and layers, or an encoding of so many features and rounds."""
    if not 1 <= len(sizes) <= 2 or not all(size.isascii() and size.isdigit() for size in sizes):
        raise UserError(f"{model!r} must be a name, qubits and layers, such as {name}:6:3.")
    try:
        n = check_int("qubits", int(sizes[0]), 1, _MOST_QUBITS)
        layers = check_int("layers", int(sizes[1]) if len(sizes) > 1 else 2, 0, _MOST_LAYERS)

        def family(qubits: int, depth: int) -> Circuit:
            if name in ANSAETZE:
                return build_ansatz(name, qubits, depth)
            try:
                return encode(name, qubits, qubits, depth).circuit
            except ValueError:  # its qubits follow from its features in another way
                return encode(name, qubits, None, depth).circuit

        circuit = family(n, layers)
    except ValueError as error:
        raise UserError(f"{model}: {error}") from None
    noun = "ansatz" if name in ANSAETZE else "encoding"
    of = "qubit" if name in ANSAETZE else "feature"
    about = f"The {noun} {name} with {n} {of}{'s' * (n != 1)} and {layers} layer{'s' * (layers != 1)}."
    return Examined(model, noun, circuit, (about,), family, layers)


def _of_file(place: Path) -> Examined:
    """A circuit from OpenQASM; its inputs and weights stay open."""
    plain = gates_alone(circuit_of_file(place), place)
    return Examined(place.stem, "file", plain, (f"The circuit of {place.name}.",))


def _of_run(folder: Path, samples: int, seed: int) -> Examined:
    """A trained model, with rows of the data it was trained on where they can be had."""
    if not (folder / "model.json").is_file():
        raise UserError(f"{folder} holds no trained model: it is not the folder of a finished `ketwork fit`.")
    try:
        config, arrays = load_model(folder / "model")
        columns = columns_of(config)
        model: Any = from_arrays(config, arrays)
        circuit = model.circuit_
    except (ValueError, AttributeError) as error:
        raise UserError(f"{folder} holds no finished run of `ketwork fit`: {error}") from None
    weights = getattr(model, "weights_", None) if circuit.n_weights else None
    seen = getattr(model, "observables_", None)
    about = [f"The {config['kind']} of the run {folder.name}."]
    inputs = labels = None
    try:
        inputs, classes, said = _rows_of(folder, model, columns, arrays, samples, seed)
        labels, told = _signs(classes)
        about += [said, told]
    except (UserError, ValueError, KeyError, TypeError, OSError) as error:
        about.append(f"Its data could not be read, so random inputs stand in for them: {' '.join(str(error).split())}")
    return Examined(
        folder.name, "model", circuit, tuple(about), None, 0,
        None if weights is None else np.asarray(weights, np.float64), inputs, labels,
        None if seen is None else tuple(seen),
    )  # fmt: skip


def _rows_of(
    folder: Path, model: Any, columns: Any, arrays: dict[str, Any], samples: int, seed: int
) -> tuple[Floats, NDArray[Any], str]:
    """Circuit inputs of rows of the data, their labels, and a sentence about them."""
    task = json.loads((folder / "config.json").read_text())["task"]
    data = load_data(task["data"], task.get("target"))
    if list(data.feature_names) != list(columns):
        raise ValueError("the data have other features by now.")
    rows = np.sort(np.random.default_rng(seed).permutation(len(data.y))[:samples])
    reduction = {k.removeprefix("reduction_"): v for k, v in arrays.items() if k.startswith("reduction_")}
    angles = model.scale_.apply(reduce(data.X[rows], reduction))
    encoding = getattr(model, "encoding_", None)
    inputs = encoding.prepare(angles) if isinstance(encoding, Encoding) else angles
    inputs = np.asarray(inputs, np.float64)[:, : model.circuit_.n_inputs]
    if not np.isfinite(inputs).all() or inputs.shape[1] != model.circuit_.n_inputs:
        raise ValueError("they do not fit the model's circuit.")
    return inputs, data.y[rows], f"{len(rows)} of {len(data.y)} rows of {data.name} are its inputs."


def _signs(classes: NDArray[Any]) -> tuple[Floats | None, str]:
    """Labels as -1 and 1: of two classes as they are, of more the first against the others."""
    names = np.unique(classes)
    if len(names) < 2 or (classes.dtype.kind == "f" and len(names) > 20):
        return None, "The labels are not classes, so kernels are compared without them."
    told = f"Labels: {names[0]} is -1, {names[1] if len(names) == 2 else 'every other class'} is 1."
    return np.where(classes == names[0], -1.0, 1.0), told
