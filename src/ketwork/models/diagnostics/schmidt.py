"""Schmidt ranks along a circuit: the bond dimension with which a matrix product state would follow it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_real
from ketwork.circuit import Circuit
from ketwork.circuit.operation import Gate
from ketwork.circuit.transform import gate_matrix
from ketwork.models.diagnostics.draws import Complex, Floats, check_unitary

QUBITS = 16
"""Up to here states are made and cut; beyond, only the gates are counted."""
_NOTHING = 1e-10  # singular values below this are rounding


@dataclass(frozen=True, eq=False)
class BondDimensions:
    """What a matrix product state needs, qubits in the order of their numbers.

    bound (n - 1,): no more than this at each cut, from the gates that cross it alone. gates (T,): how many gates were
    done at each point of time where states were cut; None above 16 qubits, as the rest: ranks (T,): the largest exact
    Schmidt rank over the cuts at that time. needed (T,): the bond dimension that keeps `fidelity` at that time.
    entropies (n - 1,): of the final state in bits. lost (K,): the largest share of the norm, over times, that cutting
    to the dimension chi (K,) at every cut drops.
    """

    n_qubits: int
    fidelity: float
    bound: Floats
    gates: NDArray[np.integer[Any]] | None = None
    ranks: NDArray[np.integer[Any]] | None = None
    needed: NDArray[np.integer[Any]] | None = None
    entropies: Floats | None = None
    chi: NDArray[np.integer[Any]] | None = None
    lost: Floats | None = None

    @property
    def largest(self) -> int:
        """The bond dimension that is needed at some time (above 16 qubits its bound from the gates)."""
        return int((self.bound if self.needed is None else self.needed).max(initial=1))

    @property
    def limit(self) -> int:
        """The largest bond dimension that any state of so many qubits can need."""
        return 1 << (self.n_qubits // 2)


def bond_dimensions(circuit: Circuit, fidelity: float = 0.99) -> BondDimensions:
    """The Schmidt ranks of a circuit without slots across every cut, after every gate that crosses it.

    fidelity: of each state along the circuit after truncation; the squared Schmidt coefficients that are dropped at
    all cuts together stay below 1 - fidelity, which bounds what is lost.
    Raises: ValueError for open slots or measurements.
    Source: Vidal, Phys. Rev. Lett. 91 (2003) 147902 (simulation at the cost of the Schmidt rank); Verstraete and Cirac,
    Phys. Rev. B 73 (2006) 094423, lemma 1 (the sum over cuts).
    """
    check_unitary(circuit, 60)
    if circuit.n_inputs or circuit.n_weights:
        raise ValueError("Argument `circuit` must have no open slots; bind its inputs and weights first.")
    check_real("fidelity", fidelity, 0, 1)
    n = circuit.n_qubits
    bound = bond_bound(circuit)
    if n > QUBITS:
        return BondDimensions(n, fidelity, bound)
    share = (1 - fidelity) / max(n - 1, 1)
    state: Complex = np.eye(1, 1 << n, dtype=np.complex128)[0]
    spectra: list[Floats] = [np.ones(1) for _ in range(n - 1)]  # squared Schmidt coefficients of each cut, descending
    chi = 2 ** np.arange(n // 2 + 1)
    gates, ranks, needed = [0], [1], [1]
    lost: Floats = np.zeros(len(chi))
    for done, gate in enumerate(circuit.gates, 1):
        state = applied(gate, state, n)
        crossed = range(min(gate.qubits, default=0), max(gate.qubits, default=0))
        if not crossed:
            continue
        for cut in crossed:
            spectra[cut] = np.linalg.svd(state.reshape(2 << cut, -1), compute_uv=False) ** 2
        gates.append(done)
        ranks.append(max(int((s > _NOTHING**2).sum()) for s in spectra))
        needed.append(max(_kept(s, share) for s in spectra))
        lost = np.maximum(lost, np.array([sum(float(s[c:].sum()) for s in spectra) for c in chi]))
    entropies = np.array([_entropy(s) for s in spectra])
    along = np.array(gates), np.array(ranks), np.array(needed)
    return BondDimensions(n, fidelity, bound, *along, entropies, chi, np.minimum(lost, 1.0))


def bond_bound(circuit: Circuit) -> Floats:
    """(n - 1,): the product over gates that cross a cut of what one can multiply the Schmidt rank by, at most 2^min."""
    n = circuit.n_qubits
    log = np.zeros(max(n - 1, 0))
    for gate in circuit.gates:
        for cut in range(min(gate.qubits, default=0), max(gate.qubits, default=0)):
            left = sum(q <= cut for q in gate.qubits)
            log[cut] += _operator_rank(gate, min(left, len(gate.qubits) - left))
    ends = np.minimum(np.arange(1, n), n - np.arange(1, n))
    return np.asarray(2.0 ** np.minimum(log, ends))


def _operator_rank(gate: Gate, smaller: int) -> float:
    """The logarithm to base 2 of the largest factor by which a gate multiplies a Schmidt rank."""
    two_terms = ("cx", "cy", "cz", "ch", "crx", "cry", "crz", "cp", "rxx", "ryy", "rzz", "ecr", "ccx", "ccz")
    if gate.name in (*two_terms, "pauli_rotation"):
        return 1.0
    return float(smaller if gate.name in ("diagonal", "prepare") else 2 * smaller)


def applied(gate: Gate, state: Complex, n_qubits: int) -> Complex:
    """The state (2^n,) after a gate without slots."""
    if gate.name == "prepare":
        rest = state.reshape((2,) * n_qubits)[tuple(0 if q in gate.qubits else slice(None) for q in range(n_qubits))]
        array = gate.payload.array.reshape((2,) * len(gate.qubits))
        together = np.multiply.outer(array, rest)  # the qubits were 0 so far
        return np.ascontiguousarray(np.moveaxis(together, range(len(gate.qubits)), gate.qubits)).ravel()
    small: Any = gate_matrix(gate)
    if not gate.qubits:
        return np.asarray(state * small[0, 0])
    k = len(gate.qubits)
    full = np.tensordot(small.reshape((2,) * (2 * k)), state.reshape((2,) * n_qubits), (range(k, 2 * k), gate.qubits))
    return np.ascontiguousarray(np.moveaxis(full, range(k), gate.qubits)).ravel()


def _kept(spectrum: Floats, share: float) -> int:
    """How many Schmidt coefficients must be kept so that at most `share` of the norm is lost."""
    tail = np.cumsum(spectrum[::-1])[::-1]  # tail[k]: lost when k are kept
    return max(1, int((tail > share + _NOTHING**2).sum()))


def _entropy(spectrum: Floats) -> float:
    kept = spectrum[spectrum > _NOTHING**2]
    return float(max(0.0, -(kept * np.log2(kept)).sum()))
