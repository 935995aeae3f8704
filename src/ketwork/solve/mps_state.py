"""Matrix product states and operators: states cut to a bond dimension, Pauli sums as chains of tensors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.checks import check_array, check_int, need_extra
from ketwork.operators.pauli import PAULI_MATRICES, PauliSum

Tensor = NDArray[Any]
_DENSE_QUBITS = 26
_NEGLIGIBLE = 1e-13  # of the largest singular value: what rounding leaves


@dataclass(frozen=True, eq=False)
class MatrixProductState:
    """A normalised state as a chain of tensors (left bond, 2, right bond), a tensor a qubit, qubit 0 first.

    energy: of the Pauli sum that it was made for, nan where there is none. variance: <H^2> - <H>^2 of it, 0 for an
    eigenstate: a ground state that needs a larger bond dimension shows here. truncation: the weight that was cut off
    where it was made from a state of larger bonds (before it was optimised again, for a ground state). seconds: what
    it took.
    """

    tensors: tuple[Tensor, ...]
    energy: float = float("nan")
    variance: float = float("nan")
    truncation: float = 0.0
    seconds: float = 0.0

    @property
    def n_qubits(self) -> int:
        return len(self.tensors)

    @property
    def bond_dimension(self) -> int:
        """The largest of its bonds."""
        return max(t.shape[2] for t in self.tensors)

    def vector(self) -> Tensor:
        """The amplitudes (2^n,), up to 26 qubits; real where the tensors are."""
        check_int("n_qubits", self.n_qubits, 1, _DENSE_QUBITS)
        result: Tensor = np.ones((1, 1))
        for tensor in self.tensors:
            result = np.tensordot(result, tensor, 1).reshape(-1, tensor.shape[2])
        return result[:, 0]

    def to_quimb(self) -> Any:
        """The state as a `quimb.tensor.MatrixProductState` (extra `tensor`)."""
        tensor = need_extra("quimb.tensor", "tensor")
        arrays = list(self.tensors)
        arrays[0] = arrays[0][0]  # quimb leaves out the bonds of dimension 1 at the ends
        arrays[-1] = arrays[-1][..., 0]
        return tensor.MatrixProductState(arrays, shape="lpr")

    def overlap(self, other: "MatrixProductState") -> complex:
        """<self|other>."""
        if other.n_qubits != self.n_qubits:
            raise ValueError(
                f"Argument `other` must have {self.n_qubits} qubits, as this state, but has {other.n_qubits}."
            )
        left: Tensor = np.ones((1, 1))
        for mine, theirs in zip(self.tensors, other.tensors, strict=True):
            left = np.einsum("apb,apc->bc", mine.conj(), np.tensordot(left, theirs, 1), optimize=True)
        return complex(left[0, 0])


def matrix_product_operator(operator: PauliSum) -> tuple[Tensor, ...]:
    """A Pauli sum as tensors (left bond, right bond, 2, 2), a tensor a qubit, exact and with the smallest bonds.

    Strings are orthogonal, so the singular values of the coefficients across a bond are the operator's own; only those
    that rounding made are left out. Any range of the terms, any coefficients; real tensors where the matrix is real.
    """
    if not isinstance(operator, PauliSum):
        raise TypeError(f"Argument `operator` must be a PauliSum, but is {type(operator).__name__}.")
    n = operator.n_qubits
    strings = [string for string, _ in operator.terms] or ["I" * n]
    rest = operator.coefficients[None, :] if operator.terms else np.zeros((1, 1), complex)
    # i Y is real: with it as a letter, so is everything about a real operator
    rest = rest * np.array([(-1j) ** (string.count("Y") % 4) for string in strings])
    rest = rest if rest.imag.any() else rest.real.copy()
    basis = np.stack([PAULI_MATRICES["I"], PAULI_MATRICES["X"], 1j * PAULI_MATRICES["Y"], PAULI_MATRICES["Z"]]).real
    tensors = []
    for site in range(n):
        suffixes = {s: k for k, s in enumerate(sorted({s[1:] for s in strings}))}
        grown = np.zeros((len(rest), 4, len(suffixes)), rest.dtype)
        for column, string in enumerate(strings):
            grown[:, "IXYZ".index(string[0]), suffixes[string[1:]]] += rest[:, column]
        strings = list(suffixes)
        flat = grown.reshape(-1, len(suffixes))
        if site < n - 1:
            u, s, vh = np.linalg.svd(flat, full_matrices=False)
            kept = max(1, int((s > _NEGLIGIBLE * max(s[0], 1e-300)).sum()))
            core, rest = u[:, :kept], s[:kept, None] * vh[:kept]
        else:
            core = flat
        tensors.append(np.einsum("alr,lpq->arpq", core.reshape(len(grown), 4, -1), basis))
    return tuple(tensors)


def mps_of_vector(amplitudes: ArrayLike, bond_dimension: int | None = None) -> MatrixProductState:
    """The state (2^n,), normalised, as a chain; with a bond dimension, cut to it bond by bond and normalised again.

    Raises: ValueError for vectors of another length, or of zeros.
    """
    given = np.asarray(amplitudes)
    kind = np.complex128 if np.iscomplexobj(given) else np.float64
    vector = check_array("amplitudes", given, 1, dtype=kind)
    n = max(len(vector).bit_length() - 1, 0)
    norm = float(np.linalg.norm(vector))
    if n < 1 or len(vector) != 1 << n or norm == 0:
        raise ValueError(f"Argument `amplitudes` must hold 2^n numbers, not all 0, but has {len(vector)}.")
    chi = len(vector) if bond_dimension is None else check_int("bond_dimension", bond_dimension, 1)
    tensors, lost = [], 0.0
    rest = (vector / norm)[None, :]
    for _ in range(n - 1):
        u, s, vh = np.linalg.svd(rest.reshape(2 * len(rest), -1), full_matrices=False)
        kept = _kept(s, chi)
        lost += float((s[kept:] ** 2).sum())
        tensors.append(u[:, :kept].reshape(len(rest), 2, kept))
        rest = s[:kept, None] * vh[:kept]
    last = rest.reshape(len(rest), 2, 1)
    return MatrixProductState((*tensors, last / np.linalg.norm(last)), truncation=lost)


def truncated(state: MatrixProductState, bond_dimension: int) -> MatrixProductState:
    """The state with every bond cut to `bond_dimension` by its largest Schmidt values, normalised again."""
    tensors, lost = cut(state.tensors, check_int("bond_dimension", bond_dimension, 1))
    return MatrixProductState(tensors, truncation=lost)


def energy_of(state: MatrixProductState, hamiltonian: PauliSum) -> float:
    """<state|H|state> without a vector of 2^n numbers."""
    if hamiltonian.n_qubits != state.n_qubits:
        raise ValueError(
            f"Argument `hamiltonian` must have {state.n_qubits} qubits, as the state, but has {hamiltonian.n_qubits}."
        )
    return moments(state.tensors, matrix_product_operator(hamiltonian))[0]


def _kept(values: Tensor, chi: int) -> int:
    return max(1, min(chi, int((values > _NEGLIGIBLE * max(values[0], 1e-300)).sum())))


def cut(tensors: Sequence[Tensor], chi: int) -> tuple[tuple[Tensor, ...], float]:
    """Left-canonical tensors with bonds of at most chi, normalised, and the weight that was cut off."""
    chain = list(tensors)
    for k in range(len(chain) - 1, 0, -1):  # from the right: QR, so that the cuts below see orthonormal surroundings
        q, r = np.linalg.qr(chain[k].reshape(len(chain[k]), -1).T)
        chain[k] = q.T.reshape(-1, 2, chain[k].shape[2])
        chain[k - 1] = np.tensordot(chain[k - 1], r.T, 1)
    chain[0] = chain[0] / np.linalg.norm(chain[0])
    lost = 0.0
    for k in range(len(chain) - 1):
        u, s, vh = np.linalg.svd(chain[k].reshape(-1, chain[k].shape[2]), full_matrices=False)
        kept = _kept(s, chi)
        lost += float((s[kept:] ** 2).sum())
        chain[k] = u[:, :kept].reshape(len(chain[k]), 2, kept)
        chain[k + 1] = np.tensordot(s[:kept, None] * vh[:kept], chain[k + 1], 1)
    chain[-1] = chain[-1] / np.linalg.norm(chain[-1])
    return tuple(chain), lost


def moments(tensors: Sequence[Tensor], operator: Sequence[Tensor]) -> tuple[float, float]:
    """<H> and <H^2> of a chain."""
    once: Tensor = np.ones((1, 1, 1))  # bonds: of the bra, of H, of the ket
    twice: Tensor = np.ones((1, 1, 1, 1))
    for a, h in zip(tensors, operator, strict=True):
        once = np.tensordot(np.tensordot(once, a, 1), h, ((1, 2), (0, 3)))  # bra, ket, H, letter
        once = np.tensordot(a.conj(), once, ((0, 1), (0, 3))).swapaxes(1, 2)
        twice = np.tensordot(np.tensordot(twice, a, 1), h, ((2, 3), (0, 3)))  # bra, H above, ket, H, letter
        twice = np.tensordot(twice, h, ((1, 4), (0, 3)))  # bra, ket, H, H above, letter
        twice = np.tensordot(a.conj(), twice, ((0, 1), (0, 4))).transpose(0, 3, 2, 1)
    return float(once.real.item()), float(twice.real.item())
