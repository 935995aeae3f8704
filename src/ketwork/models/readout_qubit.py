"""A classifier that is read off one qubit: rotations exp(i theta P X) of data qubits with a readout, and <Y> of it.

Every gate acts on the readout qubit as X, so its two X eigenstates never mix. In one the data qubits evolve by
U = ... exp(i theta_2 P_2) exp(i theta_1 P_1), in the other by V, the same with all angles turned around, and the
readout that starts in |1> ends with <Y> = Im <psi| U^+ V |psi>. Where every P_k is a Pauli matrix of one data qubit,
U^+ V is a product of one-qubit unitaries, and for a bit string all of it is a product of n numbers: `product_values`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit import Circuit, w, x
from ketwork.operators.pauli import PauliSum

Floats = NDArray[np.float64]
_PAULI = {"Z": np.diag([1.0, -1.0]).astype(complex), "X": np.array([[0, 1], [1, 0]], complex)}


def layer_terms(n_data: int, letters: str) -> tuple[str, ...]:
    """The strings of layers: for every letter ("X", "Y" or "Z") that Pauli matrix on each data qubit in turn."""
    n = check_int("n_data", n_data, 1)
    if not isinstance(letters, str) or not letters or set(letters) - set("XYZ"):
        raise ValueError(f"Argument `letters` must be made of X, Y and Z, but is {letters!r}.")
    return tuple("I" * j + letter + "I" * (n - 1 - j) for letter in letters for j in range(n))


def readout_circuit(n_data: int, terms: Sequence[str], from_bits: bool = True) -> Circuit:
    """exp(i w[k] P_k X) for every term, X on the readout qubit, which is the last of n_data + 1.

    terms: Pauli strings P_k over the data qubits, one weight each; all I turns the readout alone. from_bits: data
    qubits start as the bits x[0] to x[n_data - 1] and the readout as |1>; else the circuit has no inputs and acts on
    states, whose readout qubit should be |1>.
    Source: Farhi and Neven, arXiv:1802.06002, the section on learning.
    """
    n = check_int("n_data", n_data, 1)
    circuit = Circuit(n + 1)
    if from_bits:
        for j in range(n):
            circuit = circuit.rx(j, np.pi * x[j])
        circuit = circuit.x(n)
    for k, term in enumerate(terms):
        if not isinstance(term, str) or len(term) != n or set(term) - set("IXYZ"):
            raise ValueError(f"Argument `terms` must hold strings of {n} letters I, X, Y, Z, but item {k} is {term!r}.")
        on = [j for j in range(n) if term[j] != "I"]
        circuit = circuit.pauli_rotation((*on, n), "".join(term[j] for j in on) + "X", -2.0 * w[k])
    return circuit


def readout_observable(n_data: int) -> PauliSum:
    """Y of the readout qubit."""
    return PauliSum.from_dict({"I" * check_int("n_data", n_data, 1) + "Y": 1.0})


def product_overlaps(angles: Any, letters: str) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """<0|U_j^+ V_j|0> of every data qubit j (n,), and its derivatives by the angles (L, n).

    angles (L, n): a row for every letter of `letters` ("X" or "Z"). <1|U_j^+ V_j|1> is its complex conjugate, since
    U_j^+ V_j has determinant 1.
    """
    theta = check_array("angles", angles, 2)
    if not isinstance(letters, str) or len(letters) != len(theta) or set(letters) - set(_PAULI):
        raise ValueError(f"Argument `letters` must name X or Z for {len(theta)} rows of angles, but is {letters!r}.")
    middle = np.broadcast_to(np.eye(2, dtype=complex), (theta.shape[1], 2, 2))
    slopes = np.zeros((0, *middle.shape), complex)
    for row, letter in zip(theta[::-1], letters[::-1], strict=True):  # from the inside out: E ... E E ... E
        pauli = _PAULI[letter]
        turn = np.cos(row)[:, None, None] * np.eye(2) - 1j * np.sin(row)[:, None, None] * pauli
        middle = turn @ middle @ turn
        own = -1j * (pauli @ middle + middle @ pauli)
        slopes = np.concatenate([own[None], turn @ slopes @ turn])
    return middle[:, 0, 0], slopes[:, :, 0, 0]


def product_values(bits: Any, angles: Any, letters: str) -> tuple[Floats, Floats]:
    """<Y> of the readout for bit strings (B, n), and its derivatives by the angles (B, L, n), in time O(B L n).

    The same as the circuit of `layer_terms(n, letters)` with the weights `angles` (L, n): the value is
    Im prod_j o_j with o_j the overlap of `product_overlaps`, or its conjugate where bit j is 1. With o_j =
    r_j exp(i phi_j) that is (prod_j r_j) sin(sum_j phi_j z_j), z_j = 1 - 2 b_j: however many layers there are, the sign
    of the prediction is that of a sine of one weighted sum of the bits.
    """
    rows = check_array("bits", bits, 2)
    overlaps, slopes = product_overlaps(angles, letters)
    if rows.shape[1] != len(overlaps):
        raise ValueError(f"Argument `bits` must have {len(overlaps)} columns, but has shape {rows.shape}.")
    if not np.isin(rows, (0, 1)).all():
        raise ValueError("Argument `bits` must hold 0 and 1 alone.")
    ones = rows == 1
    factors = np.where(ones, overlaps.conj(), overlaps)
    start = np.ones((len(rows), 1))
    before = np.cumprod(np.concatenate([start, factors[:, :-1]], axis=1), axis=1)
    after = np.cumprod(np.concatenate([start, factors[:, :0:-1]], axis=1), axis=1)[:, ::-1]
    others = before * after  # the product without factor j
    moved = np.where(ones[:, None], slopes.conj(), slopes)
    return (before[:, -1] * factors[:, -1]).imag, (others[:, None] * moved).imag
