"""The density-matrix renormalisation group: ground states of Pauli sums as matrix product states, by quimb."""

import time
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real, need_extra
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import Seed, generator
from ketwork.solve.mps_state import MatrixProductState, cut, matrix_product_operator, moments

Tensor = NDArray[Any]
_FIRST_BONDS = 4  # of the random state at the start


def ground_mps(
    hamiltonian: PauliSum,
    bond_dimension: int,
    *,
    sweeps: int = 30,
    tolerance: float = 1e-9,
    seed: Seed = 0,
) -> MatrixProductState:
    """The state of lowest energy with bonds of at most `bond_dimension` (extra `tensor`).

    Two-site sweeps find a state with somewhat larger bonds (at least 16), which is cut; one-site sweeps, at most
    `sweeps`, then lower the energy at that bond dimension until a sweep changes it by less than `tolerance`. seed: of
    the random state at the start. The sum must be Hermitian, on at least two qubits. All sectors (numbers of
    electrons, spins) are searched at once. The energy is always one that the state has; that there is no lower one is
    not certain (`variance` and other seeds tell).
    Raises: ImportError without quimb.
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
    quimb = need_extra("quimb.tensor", "tensor")
    with warnings.catch_warnings(), quimb.contract_strategy("greedy"):  # always the same order: the same rounding
        warnings.simplefilter("ignore")  # quimb's, about optional packages that play no part here
        tensors, lost = _searched(operator, chi, sweeps, tolerance, generator(seed))
    found = cut(tensors, chi)[0]
    energy, square = moments(found, operator)
    return MatrixProductState(found, energy, max(square - energy**2, 0.0), lost, time.perf_counter() - started)


def _searched(
    operator: tuple[Tensor, ...], chi: int, sweeps: int, tolerance: float, rng: np.random.Generator
) -> tuple[list[Tensor], float]:
    """The tensors found, and what cutting the wider state to `chi` lost."""
    quimb = need_extra("quimb.tensor", "tensor")
    need_extra("quimb", "tensor").seed_rand(int(rng.integers(2**31)))  # of the noise in bonds that it widens
    wide = max(16, chi + min(chi, 16))
    h = quimb.MatrixProductOperator([operator[0][0], *operator[1:-1], operator[-1][:, 0]], shape="lrdu")
    first = quimb.MatrixProductState(_open(_random(len(operator), operator[0].dtype, rng)), shape="lpr")
    search = quimb.DMRG2(h, bond_dims=[min(8, wide), 16, wide], cutoffs=1e-12, p0=first)
    search.solve(tol=max(tolerance, 1e-7), max_sweeps=12, verbosity=0)
    tensors, lost = cut(_closed(search.state), chi)
    if sweeps:
        start = quimb.MatrixProductState(_open(tensors), shape="lpr")
        search = quimb.DMRG1(h, bond_dims=chi, p0=start)
        search.solve(tol=tolerance, max_sweeps=sweeps, verbosity=0)
        tensors = tuple(_closed(search.state))
    return list(tensors), lost


def _open(tensors: Any) -> list[Tensor]:
    """As quimb takes them: without the bonds of dimension 1 at the ends."""
    return [tensors[0][0], *tensors[1:-1], tensors[-1][..., 0]]


def _closed(state: Any) -> list[Tensor]:
    """Tensors (left bond, 2, right bond) of quimb's state."""
    state = state.copy()
    state.permute_arrays("lpr")
    arrays = [np.asarray(a) for a in state.arrays]
    return [arrays[0][None], *arrays[1:-1], arrays[-1][..., None]]


def _random(n: int, kind: Any, rng: np.random.Generator) -> list[Tensor]:
    """A random chain with bonds of at most 4."""
    bonds = [min(_FIRST_BONDS, 2 ** min(k, n - k)) for k in range(n + 1)]
    return [rng.normal(size=(bonds[k], 2, bonds[k + 1])).astype(kind) for k in range(n)]
