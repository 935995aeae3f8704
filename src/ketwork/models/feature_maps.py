"""Havlicek's feature maps: Hadamards and evolutions under Pauli strings, with functions of the features as times."""

from collections.abc import Callable, Sequence
from functools import reduce
from math import pi
from operator import mul
from typing import Any

from ketwork.checks import check_choice, check_int, check_real
from ketwork.circuit import Angle, Circuit, x
from ketwork.models.couplings import Topology, check_topology, connected_sets
from ketwork.models.evolution import turn

DataMap = Callable[[list[Angle]], Angle]

DATA_MAPS: dict[str, DataMap] = {
    "centred": lambda features: reduce(mul, [pi - a for a in features]),
    "product": lambda features: reduce(mul, features),
}
"""phi of the features of a set of two or more qubits: prod (pi - x_i) of Havlicek et al., or prod x_i. For a single
qubit both are x_i."""


def pauli_feature_map(
    n_qubits: int,
    paulis: Sequence[str] = ("Z", "ZZ"),
    depth: int = 2,
    entanglement: Topology | Callable[[int], Topology] = "full",
    data_map: str | DataMap = "centred",
    alpha: float = -2.0,
) -> Circuit:
    """`depth` rounds of H on all qubits and exp(-i alpha/2 phi_S(x) P_S), one feature a qubit.

    paulis: strings such as "Z", "YY", "ZXZ"; each acts on every set of as many qubits that `entanglement` connects, its
    leftmost letter on the set's first qubit. entanglement: one of `TOPOLOGIES`, or sets of qubits, or a function from
    the round to these. data_map: "centred" or "product" (see `DATA_MAPS`), or a function from the list of the set's
    features (angles) to a polynomial in them, also asked for sets of one qubit.
    alpha: -2 as Havlicek et al. write it; +2 gives Qiskit's circuit, whose strings are read from right to left.
    Raises: ValueError for strings of other letters or longer than the register, or of I alone.
    Source: Havlicek et al., Nature 567 (2019) 209, arXiv:1804.11326, and its supplement for general strings.
    """
    n = check_int("n_qubits", n_qubits, 1)
    strings = _check_strings(n, paulis)
    rate = check_real("alpha", alpha)
    phase = _data_map(data_map)
    circuit = Circuit(n)
    for level in range(check_int("depth", depth, 1)):
        for q in range(n):
            circuit = circuit.h(q)
        topology = entanglement(level) if callable(entanglement) else entanglement
        check_topology("entanglement", topology, n)
        for string in strings:
            for qubits in connected_sets(n, len(string), topology, level):
                circuit = turn(circuit, string, qubits, rate * phase([x[q] for q in qubits]))
    return circuit


def z_feature_map(n_qubits: int, depth: int = 2) -> Circuit:
    """`depth` rounds of H on all qubits and exp(i x_i Z_i): no entanglement, one feature a qubit.

    Source: Havlicek et al., arXiv:1804.11326; Qiskit's circuit of this name with x negated.
    """
    return pauli_feature_map(n_qubits, ("Z",), depth, "none")


def zz_feature_map(n_qubits: int, depth: int = 2, entanglement: Topology = "full") -> Circuit:
    """`depth` rounds of H on all qubits and exp(i sum_S phi_S(x) prod_(i in S) Z_i), one feature a qubit.

    phi_i = x_i and phi_ij = (pi - x_i)(pi - x_j) on the pairs of `entanglement`; features are meant to lie in
    (0, 2 pi].
    Source: Havlicek et al., Nature 567 (2019) 209, arXiv:1804.11326, eq. 1 of the main text.
    """
    check_int("n_qubits", n_qubits, 1)
    return pauli_feature_map(n_qubits, ("Z", "ZZ")[:n_qubits], depth, entanglement)


def iqp_feature_map(n_qubits: int, depth: int = 2, entanglement: Topology = "full") -> Circuit:
    """As `zz_feature_map`, with phi_ij = x_i x_j: centred on zero, for standardised features.

    Source: Havlicek et al., arXiv:1804.11326, with the data map of Bowles, Ahmed, Schuld, arXiv:2403.07059, sec. C.
    """
    check_int("n_qubits", n_qubits, 1)
    return pauli_feature_map(n_qubits, ("Z", "ZZ")[:n_qubits], depth, entanglement, "product")


def _data_map(data_map: str | DataMap) -> DataMap:
    if callable(data_map):
        chosen = data_map

        def asked(features: list[Angle]) -> Angle:
            phi: Any = chosen(features)
            if not isinstance(phi, Angle):
                check_real("data_map(features)", phi)
            return phi + Angle(())

        return asked
    many = DATA_MAPS[check_choice("data_map", data_map, DATA_MAPS)]
    return lambda features: features[0] if len(features) == 1 else many(features)


def _check_strings(n: int, paulis: Sequence[str]) -> list[str]:
    listed = [paulis] if isinstance(paulis, str) else list(paulis)
    for string in listed:
        if not isinstance(string, str) or not string or set(string) - set("IXYZ") or set(string) == {"I"}:
            raise ValueError(f"Argument `paulis` must hold strings of I, X, Y, Z such as 'ZZ', but holds {string!r}.")
        if len(string) > n:
            raise ValueError(f"Argument `paulis` must fit {n} qubits, but holds {string!r}.")
    if not listed:
        raise ValueError("Argument `paulis` must hold at least one string, but is empty.")
    return listed
