"""Encodings: how a sample's features become angles. Each function returns a circuit over the inputs x[0], x[1], ..."""

from collections.abc import Callable, Sequence
from math import pi

from ketwork.checks import check_choice, check_int
from ketwork.circuit import Angle, Circuit, w, x
from ketwork.models.ansatz import connected_pairs, entangle

PairMap = Callable[[Angle, Angle], Angle]


def angle_encoding(n_qubits: int, n_features: int | None = None, axis: str = "Y") -> Circuit:
    """One rotation by x[i] about `axis` for every feature; with more features than qubits, round by round.

    Feature i goes to qubit i mod n_qubits; from one round to the next the axis changes between `axis` and the one
    after it in X, Y, Z, so that rounds do not just add up.
    Source: Schuld and Killoran, arXiv:1803.07128 (product map); LaRose and Coyle, arXiv:2003.01695 (rounds).
    """
    check_int("n_qubits", n_qubits, 1)
    features = n_qubits if n_features is None else check_int("n_features", n_features, 1)
    first = "XYZ".index(check_choice("axis", axis, "XYZ"))
    circuit = Circuit(n_qubits)
    for i in range(features):
        letter = "xyz"[(first + (i // n_qubits) % 2) % 3]
        circuit = circuit.append(f"r{letter}", (i % n_qubits,), (x[i],))
    return circuit


def zz_feature_map(n_qubits: int, depth: int = 2, entanglement: str = "full") -> Circuit:
    """`depth` rounds of H on all qubits and exp(i sum_S phi_S(x) prod_(i in S) Z_i), one feature a qubit.

    phi_i = x_i and phi_ij = (pi - x_i)(pi - x_j) on the pairs of `entanglement` ("full", "linear", "ring"); features
    are meant to lie in (0, 2 pi].
    Source: Havlicek et al., Nature 567 (2019) 209, arXiv:1804.11326, eq. 1 of the main text.
    """
    return _diagonal_map(n_qubits, depth, entanglement, lambda a, b: (pi - a) * (pi - b))


def iqp_feature_map(n_qubits: int, depth: int = 2, entanglement: str = "full") -> Circuit:
    """As `zz_feature_map`, with phi_ij = x_i x_j: centred on zero, for standardised features.

    Source: Havlicek et al., arXiv:1804.11326, with the data map of Bowles, Ahmed, Schuld, arXiv:2403.07059, sec. C.
    """
    return _diagonal_map(n_qubits, depth, entanglement, lambda a, b: a * b)


def _diagonal_map(n_qubits: int, depth: int, entanglement: str, pair: PairMap) -> Circuit:
    """Rounds of H and diagonals with phases x_i on qubits and pair(x_i, x_j) on the pairs of `entanglement`."""
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    for _ in range(check_int("depth", depth, 1)):
        for i in range(n_qubits):
            circuit = circuit.h(i)
        for i in range(n_qubits):
            circuit = circuit.rz(i, -2 * x[i])
        for i, j in connected_pairs(n_qubits, entanglement):
            circuit = circuit.rzz(i, j, -2 * pair(x[i], x[j]))
    return circuit


def data_reuploading(
    n_qubits: int,
    n_features: int,
    layers: int = 3,
    entangler: str = "cx",
    topology: str = "ring",
    rotations: Sequence[str] = ("Y", "Z"),
) -> Circuit:
    """Layers that each take in all features anew, angle w[k] x[i] + w[k'], and then mix the qubits.

    In each layer feature i turns qubit i mod n_qubits, about `rotations` in turn from round to round; qubits that get
    no feature in the last round get the bias alone. Then entanglers on `topology` ("none" leaves them out).
    Weights: for every rotation its bias and, where it takes a feature, its scale.
    Source: Perez-Salinas et al., Quantum 4 (2020) 226, arXiv:1907.02085, sec. 3, with linear weights (eq. 11).
    """
    check_int("n_features", n_features, 1)
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    if not rotations:
        raise ValueError("Argument `rotations` must name at least one axis, but is empty.")
    for letter in rotations:
        check_choice("rotations", letter, "XYZ")
    rounds = max(-(-n_features // n_qubits), len(rotations))
    k = 0
    for _ in range(check_int("layers", layers, 1)):
        for position in range(rounds * n_qubits):
            letter = rotations[(position // n_qubits) % len(rotations)].lower()
            angle = w[k]
            k += 1
            if position < n_features:
                angle = angle + w[k] * x[position]
                k += 1
            circuit = circuit.append(f"r{letter}", (position % n_qubits,), (angle,))
        circuit = entangle(circuit, entangler, topology)
    return circuit
