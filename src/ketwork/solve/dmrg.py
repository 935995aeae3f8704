"""The density-matrix renormalisation group: ground states of Pauli sums as matrix product states, on NumPy alone."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed, generator
from ketwork.solve.mps_state import MatrixProductState, cut, matrix_product_operator, moments

Tensor = NDArray[Any]
_KRYLOV = 14
_DENSE = 40


def ground_mps(
    hamiltonian: PauliSum,
    bond_dimension: int,
    *,
    sweeps: int = 30,
    tolerance: float = 1e-9,
    seed: Seed = 0,
) -> MatrixProductState:
    """The state of lowest energy with bonds of at most `bond_dimension`.

    Two-site sweeps find a state with somewhat larger bonds (at least 16), which is cut; one-site sweeps, at most
    `sweeps`, then lower the energy at that bond dimension until a sweep changes it by less than `tolerance` times the
    energy. seed: of the random state at the start. The sum must be Hermitian, on at least two qubits. All sectors
    (numbers of electrons, spins) are searched at once. The energy is always one that the state has; that there is no
    lower one is not certain (`variance` and other seeds tell).
    Source: White, Phys. Rev. Lett. 69 (1992) 2863; Schollwoeck, arXiv:1008.3477, sec. 6.
    """
    chi = check_int("bond_dimension", bond_dimension, 1)
    check_int("sweeps", sweeps, 0)
    check_real("tolerance", tolerance, 0)
    operator = matrix_product_operator(hamiltonian)
    if not hamiltonian.is_hermitian:
        raise ValueError("Argument `hamiltonian` must be Hermitian, but has complex coefficients.")
    check_int("hamiltonian.n_qubits", hamiltonian.n_qubits, 2)
    started = time.perf_counter()
    search = _Search(operator, _random(len(operator), operator[0].dtype, generator(seed)))
    wide = max(16, chi + min(chi, 16))
    for bonds in (min(8, wide), 16, wide):
        _settle(lambda bonds=bonds: search.sweep(2, bonds), max(tolerance, 1e-7), 4)  # type: ignore[misc]
    tensors, lost = cut(search.tensors, chi)
    search = _Search(operator, tensors)
    _settle(lambda: search.sweep(1, chi), tolerance, sweeps)
    found = cut(search.tensors, chi)[0]
    energy, square = moments(found, operator)
    return MatrixProductState(found, energy, max(square - energy**2, 0.0), lost, time.perf_counter() - started)


def _settle(sweep: Callable[[], float], tolerance: float, most: int) -> None:
    """Sweeps until the energy changes no more."""
    last = np.inf
    for _ in range(most):
        energy = sweep()
        if abs(last - energy) <= tolerance * max(abs(energy), 1.0):
            return
        last = energy


class _Search:
    """A chain in canonical form around the site that is looked at, and what lies left and right of each site.

    Surroundings: tensors (bond of the bra, of the operator, of the ket).
    """

    def __init__(self, operator: Sequence[Tensor], tensors: Sequence[Tensor]) -> None:
        self.operator = operator
        self.tensors = list(cut(tensors, max(t.shape[2] for t in tensors))[0])  # left-canonical
        self.left: list[Tensor] = [np.ones((1, 1, 1))] * len(operator)
        self.right: list[Tensor] = [np.ones((1, 1, 1))] * len(operator)
        for k in range(len(operator) - 1):
            self._grow_left(k)

    def sweep(self, sites: int, bonds: int) -> float:
        """Minimise the tensors of one or two neighbours at a time, to the left end and back; the last energy."""
        n, energy = len(self.tensors), 0.0
        for k in range(n - sites, -1, -1):
            energy = self._minimise(k, sites, bonds, leftward=True)
        for k in range(n - sites + 1):
            energy = self._minimise(k, sites, bonds, leftward=False)
        return energy

    def _minimise(self, k: int, sites: int, bonds: int, leftward: bool) -> float:
        last = k + sites - 1
        block = self.tensors[k]
        for site in range(k + 1, last + 1):
            block = np.tensordot(block, self.tensors[site], 1)
        left, right, between = self.left[k], self.right[last], self.operator[k : last + 1]

        def applied(flat: Tensor) -> Tensor:
            image = np.tensordot(left, flat.reshape(block.shape), 1)  # bra, H, letters, ket
            for h in between:
                image = np.tensordot(image, h, ((1, 2), (0, 3)))  # a letter and H's bond
                image = np.moveaxis(image, -2, 1)  # H's next bond; the letter stays behind
            return np.tensordot(image, right, ((1, 2), (1, 2))).ravel()

        energy, flat = lowest(applied, block.ravel())
        self._put_back(flat.reshape(block.shape), k, last, bonds, leftward)
        return energy

    def _put_back(self, block: Tensor, k: int, last: int, bonds: int, leftward: bool) -> None:
        """Split the block, and move the centre on in the direction of the sweep."""
        rows = block.shape[0] * (2 if last > k or not leftward else 1)
        u, s, vh = np.linalg.svd(block.reshape(rows, -1), full_matrices=False)
        kept = max(1, min(bonds, int((s > 1e-13 * s[0]).sum())))
        u, s, vh = u[:, :kept], s[:kept] / np.linalg.norm(s[:kept]), vh[:kept]
        if last > k:
            first, second = (u * s, vh) if leftward else (u, s[:, None] * vh)
            self.tensors[k] = first.reshape(-1, 2, kept)
            self.tensors[last] = second.reshape(kept, 2, -1)
        elif leftward:
            self.tensors[k] = vh.reshape(kept, 2, -1)
            if k == 0:
                self.tensors[0] = block / np.linalg.norm(block)
            else:
                self.tensors[k - 1] = np.tensordot(self.tensors[k - 1], u * s, 1)
        else:
            self.tensors[k] = u.reshape(-1, 2, kept)
            if k == len(self.tensors) - 1:
                self.tensors[k] = block / np.linalg.norm(block)
            else:
                self.tensors[k + 1] = np.tensordot(s[:, None] * vh, self.tensors[k + 1], 1)
        if leftward and last > 0:
            self._grow_right(last)
        if not leftward and k < len(self.tensors) - 1:
            self._grow_left(k)

    def _grow_left(self, k: int) -> None:
        a, h = self.tensors[k], self.operator[k]
        image = np.tensordot(np.tensordot(self.left[k], a, 1), h, ((1, 2), (0, 3)))
        self.left[k + 1] = np.tensordot(a.conj(), image, ((0, 1), (0, 3))).swapaxes(1, 2)

    def _grow_right(self, k: int) -> None:
        a, h = self.tensors[k], self.operator[k]
        image = np.tensordot(h, np.tensordot(a, self.right[k], ((2,), (2,))), ((1, 3), (3, 1)))
        self.right[k - 1] = np.tensordot(a.conj(), image, ((1, 2), (1, 3)))


def lowest(applied: Callable[[Tensor], Tensor], start: Tensor) -> tuple[float, Tensor]:
    """The lowest eigenvalue of a Hermitian map on vectors, and its vector: all of a small one, some steps of Lanczos
    from `start` of a large one, which sweeps repeat."""
    size = len(start)
    if size <= _DENSE:
        dense = np.stack([applied(e) for e in np.eye(size, dtype=start.dtype)], axis=1)
        values, vectors = np.linalg.eigh((dense + dense.conj().T) / 2)
        return float(values[0]), vectors[:, 0]
    basis = [start / np.linalg.norm(start)]
    matrix = np.zeros((_KRYLOV, _KRYLOV))
    used = 0
    for k in range(_KRYLOV):
        image = applied(basis[k])
        matrix[k, k] = np.vdot(basis[k], image).real
        used = k + 1
        for _ in range(2):  # twice is enough to stay orthogonal
            for vector in basis:
                image = image - np.vdot(vector, image) * vector
        norm = float(np.linalg.norm(image))
        if used == _KRYLOV or norm < 1e-11 * max(1.0, abs(matrix[k, k])):
            break
        matrix[k, k + 1] = matrix[k + 1, k] = norm
        basis.append(image / norm)
    values, vectors = np.linalg.eigh(matrix[:used, :used])
    return float(values[0]), sum(c * v for c, v in zip(vectors[:, 0], basis, strict=False))  # type: ignore[return-value]


def _random(n: int, kind: Any, rng: np.random.Generator) -> list[Tensor]:
    """A random chain with bonds of at most 4."""
    bonds = [min(4, 2 ** min(k, n - k)) for k in range(n + 1)]
    return [rng.normal(size=(bonds[k], 2, bonds[k + 1])).astype(kind) for k in range(n)]
