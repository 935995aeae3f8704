"""Shots in many bases from one run: a simulated register that knows all its Pauli expectation values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int
from ketwork.circuit.circuit import Circuit
from ketwork.engine import noisy
from ketwork.engine.sampling import Bits
from ketwork.engine.simulator import Simulator, check_observables, check_slots
from ketwork.noise.confusion import confuse
from ketwork.noise.model import NoiseModel
from ketwork.operators.grouping import BasisGroup, group_qubitwise
from ketwork.operators.masks import walsh
from ketwork.operators.pauli import PauliSum
from ketwork.seeds import generator

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class PauliReader:
    """A Backend of up to 8 qubits that reads every qubit-wise commuting group `shots` times, noise and all.

    What it gives is distributed as from `Simulator(noise=noise, shots=shots)`, which runs the circuit once a basis;
    here it is run once, and each basis' outcomes are drawn from the Pauli expectation values of the noisy state.
    """

    noise: NoiseModel | None = None
    shots: int = 1000
    seed: int | None = None
    _tables: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        check_int("shots", self.shots, 1)

    def expectation(self, circuit: Circuit, observables: Any, x: Any = None, w: Any = None) -> Floats:
        """Estimates (B, M) of M observables, each group of strings read `shots` times."""
        slots = check_slots(circuit, x, w)
        n = check_int("circuit.n_qubits", circuit.n_qubits, 1, noisy.EXACT_QUBITS)
        places, weights = self._table(check_observables(n, observables))
        model = self.noise or NoiseModel()
        vectors = noisy.pauli_vectors(circuit, model, slots, (np.dtype(np.float64), 1))
        rng = generator(self.seed)
        found = []
        for row in np.asarray(vectors):
            # (G, 2^n): of the outcomes in every basis
            chances = np.clip(walsh(row[places].astype(float)) / 2**n, 0, None)
            if model.confusions(n):
                chances = confuse(chances, model.confusions(n), range(n))
            counts = rng.multinomial(self.shots, chances / chances.sum(axis=1, keepdims=True))
            found.append(np.einsum("mgs,gs->m", weights, walsh(counts / self.shots)))
        return np.array(found)

    def sample(
        self,
        circuit: Circuit,
        x: Any = None,
        w: Any = None,
        shots: int = 1024,
        qubits: Sequence[int] | None = None,
        seed: Any = None,
    ) -> Bits:
        """Shots (B, shots, k) of 0 and 1, as of `Simulator`."""
        return Simulator(noise=self.noise, seed=self.seed).sample(circuit, x, w, shots, qubits, seed)

    def _table(self, sums: list[PauliSum]) -> tuple[NDArray[np.int64], Floats]:
        """For the sums: where in the vector of 4^n values each basis' strings stand (G, 2^n), and the coefficients
        (M, G, 2^n) of the parities of subsets of qubits, both with a subset as a mask, qubit 0 most significant."""
        key = tuple(sums)
        if key not in self._tables:
            groups = group_qubitwise(sums)
            n = sums[0].n_qubits
            weights = np.zeros((len(sums), len(groups), 1 << n))
            for k, group in enumerate(groups):
                for output, qubits, coefficient in group.terms:
                    weights[output, k, sum(1 << (n - 1 - q) for q in qubits)] += coefficient
            self._tables[key] = np.array([_places(group, n) for group in groups]), weights
        found: tuple[NDArray[np.int64], Floats] = self._tables[key]
        return found


def _places(group: BasisGroup, n: int) -> NDArray[np.int64]:
    """(2^n,) of each subset of qubits, the base-4 number of the string with the basis' letters there, else I."""
    subsets = np.arange(1 << n)
    number = np.zeros(1 << n, np.int64)
    for q, letter in enumerate(group.basis):
        number = 4 * number + ((subsets >> (n - 1 - q)) & 1) * "IXYZ".index(letter)
    return number
