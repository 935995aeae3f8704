"""Chebyshev feature maps: rotations by multiples of arccos x, whose expectation values are Chebyshev polynomials."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit import Circuit, w, x
from ketwork.models.couplings import Topology, check_topology, entangle
from ketwork.models.encoding import Encoding

Floats = NDArray[np.floating[Any]]

CHEBYSHEV_MAPS = ("tower", "product")
"""Which multiples of arccos x the qubits of a feature turn by: 2, 4, 6, ... or always 2."""


def chebyshev_encoding(
    n_qubits: int,
    n_features: int = 1,
    kind: str = "tower",
    depth: int = 1,
    entanglement: Topology = "none",
    entangler: str = "cx",
    trainable: bool = False,
) -> Encoding:
    """RY(2 m arccos x_i) on the qubits of feature i, features in [-1, 1]: <Z> of one qubit is T_2m(x_i).

    Qubit q belongs to feature q mod n_features. kind: "tower", m = 1, 2, ... over the qubits of a feature, which is
    the more expressive; or "product", m = 1. depth: how often, with `entangler` on `entanglement` in between.
    trainable: every angle is multiplied by a weight of its own, near 1 for the map itself.
    Raises: ValueError for fewer qubits than features; `prepare` for features outside [-1, 1].
    Source: Kyriienko, Paine, Elfving, Phys. Rev. A 103 (2021) 052416, arXiv:2011.10395 (Chebyshev feature maps).
    """
    features = check_int("n_features", n_features, 1)
    n = check_int("n_qubits", n_qubits, features)
    check_choice("kind", kind, CHEBYSHEV_MAPS)
    check_topology("entanglement", entanglement, n)
    circuit = Circuit(n)
    for layer in range(check_int("depth", depth, 1)):
        circuit = entangle(circuit, entangler, entanglement, layer - 1) if layer else circuit
        for q in range(n):
            angle = 2.0 * (q // features + 1 if kind == "tower" else 1) * x[q % features]
            circuit = circuit.ry(q, w[circuit.n_weights] * angle if trainable else angle)
    entangle(Circuit(n), entangler, entanglement)  # names are checked where they change nothing, too
    return Encoding("chebyshev", circuit, arc_cosines, "unit", _by_arc_cosines)


def arc_cosines(X: Floats) -> Floats:
    """arccos of features (B, F) in [-1, 1]; what exceeds it by rounding is taken as the end."""
    array = check_array("X", X, 2)
    outside = np.abs(array) > 1 + 1e-6
    if outside.any():
        raise ValueError(
            f"Chebyshev maps take features in [-1, 1], but one is {array[outside][0]:g}. Scale them first."
        )
    return np.asarray(np.arccos(np.clip(array, -1, 1)))


def _by_arc_cosines(X: Floats, cotangent: Floats) -> Floats:
    """-1/sqrt(1 - x^2), which is infinite at the ends: there 1 - x^2 counts as 1e-12."""
    return np.asarray(-cotangent / np.sqrt(np.maximum(1 - np.asarray(X, float) ** 2, 1e-12)))
