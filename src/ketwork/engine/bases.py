"""Shots in many measurement bases from one run of a circuit: a simulation that holds the final state need not run the
circuit again for every basis. Of pure states a copy is turned into each basis; of noisy ones the Pauli expectation
values of a basis give its outcomes' probabilities.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.circuit import Circuit
from ketwork.engine import geometry, noisy
from ketwork.engine.lower import lower
from ketwork.engine.polynomials import Floats, Integers
from ketwork.engine.starts import part_of
from ketwork.noise.confusion import Confusion, confuse
from ketwork.noise.model import NoiseModel
from ketwork.operators.grouping import BasisGroup, group_qubitwise
from ketwork.operators.masks import walsh
from ketwork.operators.pauli import PauliSum

MOST_QUBITS = {"statevector": 14, "paulitransfer": 10}
"""The registers, by method, that are run once; in larger ones turned copies cost more than running again, or the 4^n
Pauli values do not pay."""
_AT_ONCE = 1 << 18  # so many probabilities at once stay in the cache
_HELD = 1 << 23  # so many amplitudes or Pauli values of a batch at once
_REMEMBERED_TERMS = 1 << 16

Complex = NDArray[np.complexfloating[Any]]


@dataclass(frozen=True, eq=False)
class Bases:
    """Observables as they are measured. groups: strings read together. letters (G, n): the basis of each, 1 X, 2 Y,
    3 Z. group, mask, output (T,): of every string, where it is read, the qubits whose parity it is (qubit 0 most
    significant) and the observable that it belongs to; coefficient (T,)."""

    groups: tuple[BasisGroup, ...]
    letters: Integers
    group: Integers
    mask: Integers
    output: Integers
    coefficient: Floats
    outputs: int


def bases_of(sums: Sequence[PauliSum]) -> Bases:
    """The bases in which Hermitian sums on one register are measured; those of the last few are known again."""
    listed = tuple(sums)
    few = sum(map(len, listed)) <= _REMEMBERED_TERMS
    return _remembered(listed) if few else _bases_of(listed)


def _bases_of(sums: tuple[PauliSum, ...]) -> Bases:
    groups, n = group_qubitwise(sums), sums[0].n_qubits
    letters = np.array([["IXYZ".index(letter) for letter in g.basis] for g in groups], np.int64).reshape(-1, n)
    rows = [
        (k, sum(1 << (n - 1 - q) for q in qubits), output)
        for k, group in enumerate(groups)
        for output, qubits, _ in group.terms
    ]
    group, mask, output = np.array(rows, np.int64).reshape(-1, 3).T
    return Bases(groups, letters, group, mask, output, np.array([t[2] for g in groups for t in g.terms]), len(sums))


_remembered = lru_cache(maxsize=16)(_bases_of)


def estimates(
    circuit: Circuit,
    noise: NoiseModel,
    bases: Bases,
    slots: tuple[Floats, Floats],
    shots: int,
    method: str,
    run: tuple[Any, int],
    rng: np.random.Generator,
    initial: Complex | None = None,
) -> Floats:
    """(B, M) estimates of observables, every basis of every sample read `shots` times, readout errors included.

    Distributed as if the circuit were run once a basis. slots: inputs and weights. method: "statevector" or
    "paulitransfer". run: dtype, threads. initial: states (B, 2^n) or (1, 2^n) to start from, of pure ones.
    """
    (x, w), n = slots, circuit.n_qubits
    confusions = noise.confusions(n)
    size = 4**n if method == "paulitransfer" else 2**n
    result, rows = np.zeros((len(x), bases.outputs)), max(1, _HELD // size)
    for first in range(0, len(x), rows):
        part = x[first : first + rows]
        held: Any
        if method == "paulitransfer":
            held = noisy.pauli_vectors(circuit, noise, (part, w), run)
        else:
            started = part_of(initial, slice(first, first + rows))
            held = geometry.states(lower(circuit), part, w, *run, started)
        for k, one in enumerate(held):
            result[first + k] = _read(one, bases, confusions, shots, rng)
    return result


def _read(held: Any, bases: Bases, confusions: Sequence[Confusion], shots: int, rng: np.random.Generator) -> Floats:
    """(M,) estimates of one sample, of which a state or all Pauli values are held."""
    count, n = bases.letters.shape
    chances_of = of_state if np.iscomplexobj(held) else of_paulis
    readings = np.zeros(len(bases.coefficient))
    step = max(1, _AT_ONCE >> n)
    ends = np.searchsorted(bases.group, np.arange(0, count + step, step))  # terms are in the order of groups
    for number, first in enumerate(range(0, count, step)):
        chances = chances_of(held, bases.letters[first : first + step])
        if confusions:
            chances = confuse(chances, confusions, range(n))
        counts = rng.multinomial(shots, chances / chances.sum(axis=1, keepdims=True))
        parities, here = walsh(counts), slice(ends[number], ends[number + 1])
        readings[here] = parities[bases.group[here] - first, bases.mask[here]]
    return np.asarray(np.bincount(bases.output, bases.coefficient * readings / shots, bases.outputs), float)


def of_state(state: Complex, letters: Integers) -> Floats:
    """(G, 2^n) probabilities of the outcomes of a state (2^n,) in bases with letters (G, n), up to a factor each."""
    count, n = letters.shape
    turned = np.repeat(state[None], count, axis=0)
    for q in range(n):
        pairs = turned.reshape(count, 1 << q, 2, -1)
        pairs[letters[:, q] == 2, :, 1] *= -1j
        rows = np.flatnonzero(letters[:, q] != 3)
        zero, one = pairs[rows, :, 0], pairs[rows, :, 1]
        pairs[rows, :, 0], pairs[rows, :, 1] = zero + one, zero - one
    return turned.real.astype(float) ** 2 + turned.imag.astype(float) ** 2


def of_paulis(values: Floats, letters: Integers) -> Floats:
    """The same from the expectation values (4^n,) of all Pauli strings, qubit 0 most significant."""
    n = letters.shape[1]
    places = np.arange(n - 1, -1, -1)
    subsets = (np.arange(1 << n) >> places[:, None]) & 1  # (n, 2^n)
    strings = (letters * 4**places) @ subsets  # of each subset of qubits the basis' letters there, else I
    return np.asarray(np.clip(walsh(values[strings].astype(float)) / 2**n, 0, None), float)
