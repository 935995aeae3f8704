"""Any two-qubit unitary as fifteen angles: rotations of each qubit, RXX RYY RZZ, rotations of each qubit."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int
from ketwork.circuit import Circuit, w
from ketwork.circuit.angle import Angle
from ketwork.circuit.decompose import zyz_angles
from ketwork.circuit.gates import pauli_matrix, pauli_rotation_matrix

Matrix = NDArray[np.complex128]
N_ANGLES = 15
"""Angles of a block."""

_COUPLINGS = ("rxx", "ryy", "rzz")
_LOCALS = ("rx", "ry", "rz")
# Columns: Bell states with phases such that products of one-qubit rotations become real rotations of four dimensions.
_MAGIC = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)
# What XX, YY, ZZ and the identity are in that basis: diagonal, with these signs.
_SIGNS = np.stack(
    [np.diag(_MAGIC.conj().T @ pauli_matrix(p) @ _MAGIC).real for p in ("XX", "YY", "ZZ", "II")], axis=1
)  # fmt: skip
_QUARTER = pauli_rotation_matrix("Y", np.pi / 2)


def two_qubit_angles(unitary: ArrayLike) -> NDArray[np.float64]:
    """(15,) the angles of `add_block` that make a unitary (4, 4), but for its global phase.

    In order of time: RX, RY, RZ of the first qubit, the same of the second, RXX, RYY, RZZ, RX, RY, RZ of the first and
    of the second. The identity has only zeros. Exact to rounding also where eigenvalues coincide (CNOT, SWAP).
    Raises: ValueError for matrices that are not unitary.
    Source: Kraus and Cirac, arXiv:quant-ph/0011050, appendix; Cardoso and Souloumiac, SIAM J. Matrix Anal. Appl. 17
    (1996) 161 (one rotation that diagonalises two commuting matrices).
    """
    u = check_array("unitary", unitary, 2, dtype=np.complex128)
    if u.shape != (4, 4) or np.abs(u @ u.conj().T - np.eye(4)).max() > 1e-8:
        raise ValueError(f"Argument `unitary` must be a unitary matrix (4, 4), but is\n{u}.")
    u = u / np.linalg.det(u) ** 0.25
    inner = _MAGIC.conj().T @ u @ _MAGIC
    right = _common_basis(inner.T @ inner)
    if np.linalg.det(right) < 0:
        right[:, 0] *= -1
    phases = np.angle(np.einsum("ij,jk,ki->i", right.T, inner.T @ inner, right)) / 2
    left = inner @ right * np.exp(-1j * phases)
    if np.linalg.det(left).real < 0:
        left[:, 0] *= -1
        phases[0] += np.pi
    couplings = -2 * (_SIGNS.T @ phases / 4)[:3]
    before, after = (_MAGIC @ m @ _MAGIC.conj().T for m in (right.T.astype(complex), left))
    parts = [_xyz_angles(m) for m in (*_factors(before), *_factors(after))]
    return np.concatenate([*parts[:2], couplings, *parts[2:]])


def block_matrix(angles: ArrayLike) -> Matrix:
    """The unitary (4, 4) of fifteen angles, in the order of `two_qubit_angles`."""
    given = check_array("angles", angles, 1)
    if len(given) != N_ANGLES:
        raise ValueError(f"Argument `angles` must have {N_ANGLES} values, but has {len(given)}.")
    return add_block(Circuit(2), 0, 1, given.tolist()).matrix()


def add_block(circuit: Circuit, first: int, second: int, angles: int | Sequence[float | Angle]) -> Circuit:
    """The circuit with any two-qubit unitary behind it. angles: fifteen, or the number k of the first of the weights
    w[k] to w[k + 14]."""
    if isinstance(angles, Sequence):
        given: list[Any] = list(angles)
        if len(given) != N_ANGLES:
            raise ValueError(f"Argument `angles` must have {N_ANGLES} values, but has {len(given)}.")
    else:
        given = [w[check_int("angles", angles, 0) + k] for k in range(N_ANGLES)]
    places = [(name, (q,)) for q in (first, second) for name in _LOCALS]
    order = [*places, *((name, (first, second)) for name in _COUPLINGS), *places]
    for (name, qubits), angle in zip(order, given, strict=True):
        circuit = circuit.append(name, qubits, (angle,))
    return circuit


def _common_basis(symmetric: Matrix) -> NDArray[np.float64]:
    """Orthogonal O with O^T m O diagonal for a symmetric unitary m, whose real and imaginary part commute.

    Jacobi rotations that make both parts diagonal at once: nothing has to be decided about equal eigenvalues. Should
    they stop at a saddle, they start again from another basis.
    """
    parts = np.stack([symmetric.real, symmetric.imag])
    best, least = np.eye(4), np.inf
    for attempt in range(6):
        start = np.eye(4) if attempt == 0 else np.linalg.qr(np.random.default_rng(attempt).normal(size=(4, 4)))[0]
        basis = _jacobi(parts, start)
        turned = basis.T @ parts @ basis
        rest = float(np.abs(turned[:, ~np.eye(4, dtype=bool)]).max())
        if rest < least:
            best, least = basis, rest
        if least < 1e-14:
            break
    return best


def _jacobi(parts: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """The basis turned until both parts (2, 4, 4) are diagonal in it, or no plane of two axes makes them more so."""
    pair = basis.T @ parts @ basis
    for _ in range(40):
        largest = 0.0
        for p, q in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
            off = float(np.abs(pair[:, p, q]).max())
            if off < 1e-17:
                continue
            turn = np.stack([pair[:, p, p] - pair[:, q, q], 2 * pair[:, p, q]])
            g = turn @ turn.T
            theta = 0.25 * np.arctan2(2 * g[0, 1], g[0, 0] - g[1, 1])
            largest = max(largest, abs(theta) * off)
            c, s = np.cos(theta), np.sin(theta)
            rotation = np.eye(4)
            rotation[[p, q], [p, q]], rotation[p, q], rotation[q, p] = c, -s, s
            pair = rotation.T @ pair @ rotation
            basis = basis @ rotation
        if largest < 1e-17:
            break
    return basis


def _factors(product: Matrix) -> tuple[Matrix, Matrix]:
    """a and b of determinant 1 with kron(a, b) = product up to sign."""
    blocks = product.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3)
    weight = np.abs(blocks).sum(axis=(2, 3))
    b = blocks[np.unravel_index(int(weight.argmax()), (2, 2))]
    b = b / np.sqrt(np.linalg.det(b))
    a = np.einsum("ijkl,kl->ij", blocks, b.conj()) / 2
    return a, b


def _xyz_angles(u: Matrix) -> NDArray[np.float64]:
    """(a, b, c) with u = RZ(c) RY(b) RX(a) but for a phase: all zero, and none degenerate, at the identity."""
    # RX(a) = RY(pi/2) RZ(a) RY(-pi/2), so these are the angles of RZ RY RZ of another matrix.
    _, c, b, a = zyz_angles(u @ _QUARTER)
    return np.array([a, b - np.pi / 2, c])
