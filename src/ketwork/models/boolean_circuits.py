"""Any Boolean function as a circuit that flips a readout qubit: its Reed-Muller form, a controlled flip a monomial."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit import Circuit, x

_MOST_BITS = 20


def reed_muller(table: Any) -> NDArray[np.bool_]:
    """The monomials of a Boolean function: coefficients (2^n,) with f(b) = XOR over S of c[S] AND of b[j], j in S.

    table (2^n,): f of every bit string, 0 or 1, bit 0 most significant; n from 1 to 20. S is numbered likewise: the
    monomial b[0] b[2] of three bits has the number 0b101. The transform is its own inverse.
    Raises: ValueError for a length that is no power of two, or entries other than 0 and 1.
    Source: Farhi and Neven, arXiv:1802.06002, section on representation (the Reed-Muller expansion).
    """
    values = check_array("table", table, 1)
    n = len(values).bit_length() - 1
    if not 1 <= n <= _MOST_BITS or len(values) != 1 << n:
        raise ValueError(f"Argument `table` must have 2^n entries, n from 1 to {_MOST_BITS}, but has {len(values)}.")
    if not np.isin(values, (0, 1)).all():
        raise ValueError("Argument `table` must hold 0 and 1 alone.")
    cube = values.astype(bool).reshape((2,) * n)
    for axis in range(n):  # the sum over all subsets, modulo 2, one bit at a time
        low, high = np.split(cube, 2, axis)
        cube = np.concatenate([low, low ^ high], axis)
    found: NDArray[np.bool_] = cube.reshape(-1)
    return found


def boolean_circuit(table: Any, readout: str = "Z") -> Circuit:
    """A circuit on n + 1 qubits, input bits x[0] to x[n - 1], whose readout qubit (the last) says f exactly.

    The expectation value of `readout` ("Z" or "Y") on the last qubit is +1 where f is 0 and -1 where f is 1. table as
    in `reed_muller`. A monomial of k bits is a flip under k controls: 2^n of them for the worst functions.
    Source: Farhi and Neven, arXiv:1802.06002, section on representation.
    """
    monomials = reed_muller(table)
    check_choice("readout", readout, ("Z", "Y"))
    n = len(monomials).bit_length() - 1
    circuit = Circuit(n + 1)
    for j in range(n):
        circuit = circuit.rx(j, np.pi * x[j])
    flip = Circuit(1).x(0)
    for number in np.flatnonzero(monomials):
        bits = [j for j in range(n) if number >> (n - 1 - j) & 1]
        part = flip.control(len(bits)) if bits else flip
        circuit = circuit.compose(part, (*bits, n))
    return circuit.rx(n, -np.pi / 2) if readout == "Y" else circuit  # turns Z into Y


def all_bits(n_bits: int) -> NDArray[np.float64]:
    """All bit strings (2^n, n) in counting order, bit 0 most significant."""
    check_int("n_bits", n_bits, 0, _MOST_BITS)
    return (np.arange(1 << n_bits)[:, None] >> np.arange(n_bits - 1, -1, -1) & 1).astype(float)
