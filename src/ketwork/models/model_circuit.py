"""The circuit of a variational model: an encoding, then an ansatz, both by name or the user's own."""

from dataclasses import dataclass
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit
from ketwork.models.ansatz import answer_qubits, build_ansatz
from ketwork.models.couplings import TOPOLOGIES, Topology
from ketwork.models.encoding import Encoding
from ketwork.models.encodings import ENCODINGS, encode, encoding_qubits

_MOST_QUBITS = 26


@dataclass(frozen=True)
class Design:
    """What a model's circuit is made of: the estimators' parameters of the same names.

    n_qubits None takes one qubit a feature, at least 2 and at most 8, as far as the encoding allows.
    "reuploading" has `layers` layers of its own, on `topology`; the ansatz "hardware_efficient" then is one layer of
    rotations that closes it, any other follows with its layers. Other encodings have 2 rounds where they have any, on a
    chain (`encoding_options` says otherwise). ansatz None puts nothing behind the encoding.
    """

    encoding: str | Circuit | Encoding = "reuploading"
    ansatz: str | Circuit | None = "hardware_efficient"
    layers: int = 4
    n_qubits: int | None = None
    entangler: str = "cx"
    topology: Topology = "ring"
    encoding_options: dict[str, Any] | None = None
    ansatz_options: dict[str, Any] | None = None


def model_circuit(design: Design, n_features: int) -> Encoding:
    """The whole circuit of a model for so many features, with what prepares its inputs.

    Raises: ValueError, TypeError for what `encode` and `build_ansatz` refuse.
    """
    check_int("layers", design.layers, 1)
    if isinstance(design.topology, str):
        check_choice("topology", design.topology, TOPOLOGIES)
    if design.n_qubits is not None:
        check_int("n_qubits", design.n_qubits, 1, _MOST_QUBITS)
    uploads = _named(design.encoding, "reuploading")
    options: dict[str, Any] = {"depth": 2, "entanglement": "linear"}
    if uploads:
        options = {"depth": design.layers, "entanglement": design.topology}
    options |= {"entangler": design.entangler, **options_of("encoding_options", design.encoding_options)}
    n = design.n_qubits if design.n_qubits is not None else _default_qubits(design.encoding, n_features)
    first = encode(design.encoding, n_features, n, **options)
    if design.ansatz is None:
        return first
    layers = 0 if uploads and _named(design.ansatz, "hardware_efficient") else design.layers
    more = options_of("ansatz_options", design.ansatz_options)
    second = build_ansatz(design.ansatz, first.n_qubits, layers, design.entangler, design.topology, **more)
    whole = first.circuit + second.shift(weights=first.circuit.n_weights)
    return first.on(whole, first.circuit.n_inputs)


def _default_qubits(encoding: Any, n_features: int) -> int | None:
    if isinstance(encoding, str):
        check_choice("encoding", encoding, ENCODINGS)
        return encoding_qubits(encoding, n_features, least=2)
    return None


def _named(value: Any, name: str) -> bool:
    return isinstance(value, str) and value == name


def read_qubits(ansatz: str | Circuit | None, n_qubits: int) -> tuple[int, ...]:
    """The qubits that hold a model's answer: all, but for an ansatz that pools."""
    return tuple(range(n_qubits)) if ansatz is None else answer_qubits(ansatz, n_qubits)


def options_of(name: str, given: Any) -> dict[str, Any]:
    """A dictionary of options, empty for None. Raises: TypeError for anything else."""
    if given is not None and not isinstance(given, dict):
        raise TypeError(f"Argument `{name}` must be a dictionary or None, but is {type(given).__name__}.")
    return given or {}
