"""Projected kernels: classical kernels of the reduced states of a few qubits."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import comb
from typing import Any

import numpy as np

from ketwork.backends import protocol
from ketwork.checks import check_int, check_real
from ketwork.circuit import Circuit
from ketwork.engine.batch import Gradient
from ketwork.engine.simulator import Simulator
from ketwork.models.gram import Floats, check_memory, fill, new_matrix, tile_side
from ketwork.models.kernels import Pullback, check_cotangent, check_inputs, check_parts
from ketwork.operators import PauliSum

_MOST_FEATURES = 100_000


@dataclass(frozen=True)
class ProjectedKernel:
    """A classical kernel of the reduced states of a few qubits: exp(-gamma sum_S ||rho_S(a) - rho_S(b)||^2), in
    Frobenius norm, S running over all sets of `locality` qubits.

    circuit, weights: the encoding. gamma: at least 0. locality: qubits of a reduced state. linear: the sum over S of
    Tr rho_S(a) rho_S(b) instead.
    backend: None for an ideal `Simulator`; any Backend will do, since the reduced states come from the expectation
    values of X, Y, Z and their products. A kernel matrix takes as many circuits as samples (times bases), not as pairs.
    max_circuits: refuse to run more for one matrix; None for no limit.

    Source: Huang et al., arXiv:2011.01938, eqs. 9 and 10 of the main text and supplement; the sets of more than one
    qubit are its generalisation to k-body reduced density matrices.
    """

    circuit: Circuit
    weights: Any = None
    gamma: float = 1.0
    locality: int = 1
    linear: bool = False
    backend: Any = None
    max_circuits: int | None = None

    def __post_init__(self) -> None:
        check_parts(self)
        check_real("gamma", self.gamma, 0)
        check_int("locality", self.locality, 1, self.circuit.n_qubits)
        n, count = (
            self.circuit.n_qubits,
            sum(3**k * comb(self.circuit.n_qubits, k) for k in range(1, self.locality + 1)),
        )
        if count > _MOST_FEATURES:
            raise ValueError(
                f"Reduced states of {self.locality} out of {n} qubits have {count:,} expectation values, more than "
                f"{_MOST_FEATURES:,}. Take a smaller `locality`."
            )

    @property
    def _simulator(self) -> Any:
        return Simulator() if self.backend is None else self.backend

    @cached_property
    def paulis(self) -> tuple[str, ...]:
        """The Pauli strings (M,) that the reduced states are made of, the identity left out."""
        return paulis_up_to(self.circuit.n_qubits, self.locality)

    @cached_property
    def observables(self) -> list[PauliSum]:
        """The same as observables."""
        return [PauliSum(self.circuit.n_qubits, ((string, 1.0),)) for string in self.paulis]

    @cached_property
    def _factors(self) -> Floats:
        """(M,) what expectation values are multiplied by, so that squared distances of rows are those of the states.

        ||rho_S||^2 is 2^-k times the sum of squares over the strings on S; a string on s qubits is part of
        binomial(n - s, k - s) sets of k qubits.
        """
        n, k = self.circuit.n_qubits, self.locality
        sets = [comb(n - s, k - s) for s in (n - string.count("I") for string in self.paulis)]
        return np.sqrt(np.array(sets, float) / 2**k)

    @property
    def width(self) -> int:
        """The columns of `rows`: expectation values of a sample."""
        return len(self.paulis)

    def circuits(self, a: int, b: int | None = None) -> int:
        """How many circuits the backend runs for a matrix of a samples with b others, or with themselves."""
        return protocol.cost(self._simulator, self.circuit, self.observables, a + (b or 0)).circuits

    def rows(self, inputs: Any) -> Floats:
        """The vectors (A, M) whose squared distances are those of the reduced states, for inputs (A, n_inputs)."""
        a = check_inputs(self.circuit, inputs, "a")
        circuits = self.circuits(len(a))
        if self.max_circuits is not None and circuits > self.max_circuits:
            raise ValueError(
                f"This kernel takes {circuits:,} circuits, but `max_circuits` is {self.max_circuits:,}. Take fewer "
                "samples, or raise it (None: no limit)."
            )
        values = self._simulator.expectation(self.circuit, self.observables, a, self.weights)
        return np.asarray(values, np.float64) * self._factors

    def gram(self, a: Any, b: Any = None, **options: Any) -> Floats:
        """The kernel (A, B) between inputs; see `Kernel`."""
        return self.between(self.rows(a), None if b is None else self.rows(b), **options)

    def between(
        self, a: Floats, b: Floats | None = None, *, memory: Any = None, progress: Any = None, out: Any = None
    ) -> Floats:
        """The kernel (A, B) of what `rows` gave; see `Kernel`."""
        side, symmetric = tile_side(check_memory(memory), 8, 24), b is None
        b = a if b is None else b
        matrix = new_matrix(len(a), len(b), out)
        return fill(matrix, side, symmetric, lambda i, j: self._tile(a[i], b[j]), progress)

    def _tile(self, left: Floats, right: Floats) -> Floats:
        if self.linear:  # the identity's share: 2^-k a set
            return np.asarray(left @ right.T + comb(self.circuit.n_qubits, self.locality) / 2**self.locality)
        return np.exp(-self.gamma * squared_distances(left, right))

    def value_and_pullback(self, a: Any) -> tuple[Floats, Pullback]:
        """The kernel (A, A) of inputs with themselves, and a function from its cotangents (A, A) to a `Gradient`; on
        any backend, by its own gradient or the parameter-shift rule."""
        a = check_inputs(self.circuit, a, "a")
        values, back = protocol.value_and_pullback(self._simulator, self.circuit, self.observables, a, self.weights)
        rows = np.asarray(values, np.float64) * self._factors
        matrix = self._tile(rows, rows)

        def pull_back(cotangent: Any) -> Gradient:
            given = check_cotangent(cotangent, len(a))
            both = given + given.T
            if self.linear:
                by_rows = both @ rows
            else:
                pull = both * matrix
                by_rows = -2 * self.gamma * (pull.sum(axis=1)[:, None] * rows - pull @ rows)
            found = back(by_rows * self._factors)
            return Gradient(np.asarray(found.x), np.asarray(found.w))

        return matrix, pull_back


def paulis_up_to(n_qubits: int, locality: int) -> tuple[str, ...]:
    """All Pauli strings on 1 to `locality` of the qubits: X, Y, Z of qubit 0 first."""
    found = []
    for size in range(1, locality + 1):
        for places in combinations(range(n_qubits), size):
            for letters in product("XYZ", repeat=size):
                string = ["I"] * n_qubits
                for place, letter in zip(places, letters, strict=True):
                    string[place] = letter
                found.append("".join(string))
    return tuple(found)


def squared_distances(a: Floats, b: Floats) -> Floats:
    """Squared distances (A, B) of rows a (A, M) and b (B, M), never below 0, and 0 where the rows are the same."""
    found = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2 * (a @ b.T)
    scale = np.finfo(np.float64).eps * 16 * ((a**2).sum(axis=1).max(initial=0) + (b**2).sum(axis=1).max(initial=0))
    return np.asarray(np.where(found < scale, 0.0, found))
