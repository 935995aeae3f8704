"""Encodings: how a sample's features become angles, from one rotation a feature to whole vectors, and the table of all.

Each function returns a circuit over the inputs x[0], x[1], ..., or where inputs must be prepared an `Encoding`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Circuit, w, x
from ketwork.models.chebyshev import chebyshev_encoding
from ketwork.models.couplings import ENTANGLERS, Topology, check_topology, entangle
from ketwork.models.encoding import SPANS, Encoding, without_entanglement
from ketwork.models.feature_maps import iqp_feature_map, pauli_feature_map, z_feature_map, zz_feature_map
from ketwork.models.hamiltonian_encoding import chain_evolution, image_evolution, image_qubits
from ketwork.models.preparation import amplitude_encoding, amplitude_qubits, basis_encoding

__all__ = [
    "ENCODINGS",
    "SPANS",
    "Encoding",
    "EncodingRow",
    "angle_encoding",
    "data_reuploading",
    "dense_angle_encoding",
    "encode",
    "encoding_qubits",
    "iqp_feature_map",
    "pauli_feature_map",
    "z_feature_map",
    "zz_feature_map",
]

_MOST_QUBITS = 26


def angle_encoding(n_qubits: int, n_features: int | None = None, axis: str = "Y") -> Circuit:
    """A rotation by x[i] about `axis` for every feature; with more features than qubits, round by round.

    axis: one, two or three letters out of X, Y, Z, such as "Y" or "XZ": a feature turns its qubit about each in turn.
    Feature i goes to qubit i mod n_qubits; from one round to the next the axes change between those of `axis` and the
    ones after them in X, Y, Z, so that rounds do not just add up.
    Source: Schuld and Killoran, arXiv:1803.07128 (product map); LaRose and Coyle, arXiv:2003.01695 (rounds).
    """
    check_int("n_qubits", n_qubits, 1)
    features = n_qubits if n_features is None else check_int("n_features", n_features, 1)
    if not isinstance(axis, str) or not 1 <= len(axis) <= 3:
        raise ValueError(f"Argument `axis` must be one of X, Y, Z or up to three of them, but is {axis!r}.")
    letters = [("XYZ".index(check_choice("axis", letter, "XYZ"))) for letter in axis]
    circuit = Circuit(n_qubits)
    for i in range(features):
        for first in letters:
            letter = "xyz"[(first + (i // n_qubits) % 2) % 3]
            circuit = circuit.append(f"r{letter}", (i % n_qubits,), (x[i],))
    return circuit


def dense_angle_encoding(n_qubits: int, n_features: int | None = None) -> Circuit:
    """Two features a qubit: qubit q is cos(a/2)|0> + e^(ib) sin(a/2)|1> with a = x[2q], b = x[2q + 1], up to phase.

    With an odd number of features the last qubit has b = 0. Default: 2 n_qubits features.
    Raises: ValueError for more features than 2 n_qubits.
    Source: LaRose and Coyle, Phys. Rev. A 102 (2020) 032420, arXiv:2003.01695, dense angle encoding without its
    factors of pi.
    """
    check_int("n_qubits", n_qubits, 1)
    features = 2 * n_qubits if n_features is None else check_int("n_features", n_features, 1, 2 * n_qubits)
    circuit = Circuit(n_qubits)
    for i in range(features):
        circuit = circuit.append("rz" if i % 2 else "ry", (i // 2,), (x[i],))
    return circuit


def data_reuploading(
    n_qubits: int,
    n_features: int,
    layers: int = 3,
    entangler: str = "cx",
    topology: Topology = "ring",
    rotations: Sequence[str] = ("Y", "Z"),
) -> Circuit:
    """Layers that each take in all features anew, angle w[k] x[i] + w[k'], and then mix the qubits.

    In each layer feature i turns qubit i mod n_qubits, about `rotations` in turn from round to round; qubits that get
    no feature in the last round get the bias alone. Then entanglers on `topology` ("none" leaves them out).
    Weights: for every rotation its bias and, where it takes a feature, its scale; then those of the entanglers.
    Source: Perez-Salinas et al., Quantum 4 (2020) 226, arXiv:1907.02085, sec. 3, with linear weights (eq. 11).
    """
    check_int("n_features", n_features, 1)
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    if not rotations:
        raise ValueError("Argument `rotations` must name at least one axis, but is empty.")
    for letter in rotations:
        check_choice("rotations", letter, "XYZ")
    rounds = max(-(-n_features // n_qubits), len(rotations))
    for layer in range(check_int("layers", layers, 1)):
        for position in range(rounds * n_qubits):
            letter = rotations[(position // n_qubits) % len(rotations)].lower()
            k = circuit.n_weights
            angle = w[k] + w[k + 1] * x[position] if position < n_features else w[k]
            circuit = circuit.append(f"r{letter}", (position % n_qubits,), (angle,))
        circuit = entangle(circuit, entangler, topology, layer)
    return circuit


@dataclass(frozen=True)
class EncodingRow:
    """One encoding of the table.

    make: (n_features, n_qubits, **options) to an `Encoding`. qubits: from the number of features to the least, usual
    and largest number of qubits. takes: the options of `encode` that it takes. help: one line.
    """

    make: Callable[..., Encoding]
    qubits: Callable[[int], tuple[int, int, int]]
    takes: tuple[str, ...]
    help: str


def _any_number(n_features: int) -> tuple[int, int, int]:
    return 1, n_features, _MOST_QUBITS


def _one_each(n_features: int) -> tuple[int, int, int]:
    return n_features, n_features, n_features


def _basis(n_features: int, n_qubits: int) -> Encoding:
    if n_qubits % n_features:
        raise ValueError(f"Encoding 'basis' needs as many qubits for each of {n_features} features, not {n_qubits}.")
    return basis_encoding(n_features, n_qubits // n_features)


def _plain(name: str, make: Callable[..., Circuit]) -> Callable[..., Encoding]:
    """A circuit over the features as they are, as an `Encoding`."""
    return lambda n_features, n_qubits, **options: Encoding(name, make(n_features, n_qubits, **options))


def _reuploading(
    n_features: int, n_qubits: int, depth: int, entanglement: Topology, entangler: str, **options: Any
) -> Circuit:
    return data_reuploading(n_qubits, n_features, depth, entangler, entanglement, **options)


ENCODINGS: dict[str, EncodingRow] = {
    "reuploading": EncodingRow(
        _plain("reuploading", _reuploading),
        _any_number,
        ("depth", "entanglement", "entangler", "rotations"),
        "Every layer takes in all features anew, with trainable scale and bias.",
    ),
    "angle": EncodingRow(
        _plain("angle", lambda f, n, axis="Y": angle_encoding(n, f, axis)),
        _any_number,
        ("axis",),
        "A rotation a feature about one, two or three axes.",
    ),
    "dense_angle": EncodingRow(
        _plain("dense_angle", lambda f, n: dense_angle_encoding(n, f)),
        lambda f: (-(-f // 2), -(-f // 2), _MOST_QUBITS),
        (),
        "Two features a qubit, RY and RZ.",
    ),
    "iqp": EncodingRow(
        _plain("iqp", lambda f, n, depth, entanglement: iqp_feature_map(n, depth, entanglement)),
        _one_each,
        ("depth", "entanglement"),
        "Havlicek's map with products of features, for features around zero.",
    ),
    "z": EncodingRow(
        _plain("z", lambda f, n, depth: z_feature_map(n, depth)), _one_each, ("depth",), "Havlicek's map without pairs."
    ),
    "zz": EncodingRow(
        _plain("zz", lambda f, n, depth, entanglement: zz_feature_map(n, depth, entanglement)),
        _one_each,
        ("depth", "entanglement"),
        "Havlicek's map, phases (pi - a)(pi - b) on pairs.",
    ),
    "pauli": EncodingRow(
        _plain("pauli", lambda f, n, **options: pauli_feature_map(n, **{"paulis": ("Z", "ZZ")[:n]} | options)),
        _one_each,
        ("depth", "entanglement", "paulis", "data_map", "alpha"),
        "Havlicek's map with any Pauli strings and data map.",
    ),
    "chebyshev": EncodingRow(
        lambda f, n, **options: chebyshev_encoding(n, f, **options),
        lambda f: (f, f, _MOST_QUBITS),
        ("depth", "entanglement", "entangler", "kind", "trainable"),
        "Rotations by multiples of arccos x: Chebyshev polynomials.",
    ),
    "amplitude": EncodingRow(
        lambda f, n, phases=False: amplitude_encoding(n, f, phases),
        lambda f: (amplitude_qubits(f), amplitude_qubits(f), 14),
        ("phases",),
        "The whole vector as amplitudes, prepared exactly by gates.",
    ),
    "basis": EncodingRow(
        _basis,
        lambda f: (f, f, _MOST_QUBITS),
        (),
        "Whole numbers as basis states, n_qubits / n_features bits each.",
    ),
    "chain_evolution": EncodingRow(
        _plain("chain_evolution", lambda f, n, **options: chain_evolution(f, **options)),
        lambda f: (f + 1, f + 1, f + 1),
        ("chain", "steps", "time", "field", "seed"),
        "Features as the couplings of a chain of spins that evolves.",
    ),
    "image_evolution": EncodingRow(
        image_evolution,
        lambda f: (image_qubits(f), image_qubits(f), 8),
        ("time", "method", "steps", "trainable"),
        "A square image as the Hamiltonian of an evolution.",
    ),
}
"""The encodings by name."""


def encode(
    encoding: str | Circuit | Encoding,
    n_features: int,
    n_qubits: int | None = None,
    depth: int = 2,
    entanglement: Topology = "linear",
    entangler: str = "cx",
    **options: Any,
) -> Encoding:
    """The encoding of an estimator: by its name in `ENCODINGS`, a circuit over inputs, or an `Encoding` as it is.

    n_qubits: None for `encoding_qubits`. depth: rounds or layers, where the encoding has any. entanglement: one of
    `TOPOLOGIES` or pairs of qubits, where it entangles. entangler: of "reuploading"; "none" takes gates on two or more
    qubits out of any encoding. options: what else the encoding takes, see `ENCODINGS[name].takes`.
    A circuit takes features as they are, in the span "angle".
    Raises: ValueError for unknown names or options, a number of qubits that does not fit, a circuit that asks for more
    features than there are.
    """
    features = check_int("n_features", n_features, 1)
    check_int("depth", depth, 1)  # all are checked even where they change nothing
    bare = check_choice("entangler", entangler, ENTANGLERS) == "none"
    if not isinstance(encoding, str):
        given = _given(encoding, features, n_qubits, options)
        check_topology("entanglement", entanglement, given.n_qubits)
        return _without(given) if bare else given
    row = ENCODINGS[check_choice("encoding", encoding, ENCODINGS)]
    low, _, high = row.qubits(features)
    if low > high:
        raise ValueError(f"Encoding {encoding!r} takes up to {high} qubits, but {features} features need {low}.")
    n = encoding_qubits(encoding, features) if n_qubits is None else check_int("n_qubits", n_qubits, 1, _MOST_QUBITS)
    if not low <= n <= high:
        wanted = f"{low} qubits" if low == high else f"{low} to {high} qubits"
        raise ValueError(f"Encoding {encoding!r} needs {wanted} for {features} features, but n_qubits is {n}.")
    check_topology("entanglement", entanglement, n)
    for name in options:
        if name not in row.takes:
            known = ", ".join(row.takes) or "none"
            raise ValueError(f"Encoding {encoding!r} takes no option {name!r}; it takes: {known}.")
    shared = {"depth": depth, "entanglement": entanglement, "entangler": entangler}
    made = row.make(features, n, **{k: v for k, v in shared.items() if k in row.takes}, **options)
    return _without(made) if bare else made


def encoding_qubits(encoding: str | Circuit | Encoding, n_features: int, least: int = 1, most: int = 8) -> int:
    """How many qubits an encoding takes when nobody says: its usual number, such as one a feature, brought between
    `least` and `most` as far as the encoding allows; a circuit's own number."""
    if not isinstance(encoding, str):
        return encoding.n_qubits
    row = ENCODINGS[check_choice("encoding", encoding, ENCODINGS)]
    low, usual, high = row.qubits(check_int("n_features", n_features, 1))
    return min(max(low, least, min(usual, most)), high)


def _given(encoding: Any, n_features: int, n_qubits: int | None, options: dict[str, Any]) -> Encoding:
    """A circuit or an `Encoding` of the user's own, when it fits."""
    if isinstance(encoding, Circuit):
        if encoding.n_inputs > n_features:
            raise ValueError(
                f"Argument `encoding` asks for {encoding.n_inputs} inputs, but there are {n_features} features."
            )
        encoding = Encoding("circuit", encoding).on(encoding, n_features)
    if not isinstance(encoding, Encoding):
        raise TypeError(f"Argument `encoding` must be a name, a Circuit or an Encoding, but is {encoding!r:.60}.")
    if options:
        raise ValueError(f"A circuit as `encoding` takes no options, but got {', '.join(options)}.")
    if n_qubits is not None and n_qubits != encoding.n_qubits:
        raise ValueError(f"Argument `encoding` has {encoding.n_qubits} qubits, but n_qubits is {n_qubits}.")
    return encoding


def _without(encoding: Encoding) -> Encoding:
    """The encoding without entanglement; inputs that only entangled are prepared still, and never asked for."""
    return encoding.on(without_entanglement(encoding.circuit), encoding.circuit.n_inputs)
