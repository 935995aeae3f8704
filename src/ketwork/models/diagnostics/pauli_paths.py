"""Pauli propagation: an observable followed back through a circuit, with small terms dropped, as a classical rival."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.checks import check_int, check_real
from ketwork.circuit import Circuit
from ketwork.circuit.decompose import gate_steps
from ketwork.circuit.gates import Move, Rot
from ketwork.engine.door import check_observables
from ketwork.models.diagnostics.draws import Floats, check_unitary, step_angle
from ketwork.operators import PauliSum

Words = NDArray[np.uint64]
_TERMS = 200_000


@dataclass(frozen=True, eq=False)
class PauliPaths:
    """An observable followed back through a circuit.

    terms (T,): how many Pauli strings there are after each rotation, from the last gate to the first. value: the
    expectation value that comes out; None where there were more than `max_terms`. dropped: the root of the summed
    squares of all coefficients that were dropped, about the error of the value for a typical state. cutoff: strings
    with a smaller coefficient are dropped.
    """

    terms: Floats
    value: float | None
    dropped: float
    cutoff: float
    max_terms: int

    @property
    def largest(self) -> int:
        """The largest number of strings at any time."""
        return int(self.terms.max(initial=0))


def pauli_paths(circuit: Circuit, observable: PauliSum, cutoff: float = 1e-4, max_terms: int = _TERMS) -> PauliPaths:
    """The expectation value of an observable in a circuit without slots, by Pauli propagation.

    A rotation exp(-i a P/2) leaves a string Q that commutes with P, and else makes cos(a) Q + sin(a) i P Q of it.
    Strings with a coefficient of at most `cutoff` are dropped after each rotation; at 0 the value is exact.
    Raises: ValueError for open slots or measurements.
    Source: Rall, Liang, Cook, Kretschmer, Phys. Rev. A 99 (2019) 062337; Begusic, Gray, Chan, Sci. Adv. 10 (2024)
    eadk4321, arXiv:2308.05077 (truncation by coefficient).
    """
    check_unitary(circuit, 60)
    if circuit.n_inputs or circuit.n_weights:
        raise ValueError("Argument `circuit` must have no open slots; bind its inputs and weights first.")
    if any(gate.name == "prepare" for gate in circuit.gates):
        raise ValueError("Strings are followed to the state 0...0; a circuit with 'prepare' starts elsewhere.")
    check_real("cutoff", cutoff, 0)
    check_int("max_terms", max_terms, 1)
    n = circuit.n_qubits
    x, z, c = _start(check_observables(n, observable)[0])
    counts, dropped = [len(c)], 0.0
    for gate in reversed(circuit.gates):
        for step in reversed(gate_steps(gate)):
            if isinstance(step, Move):
                x, z, c = _moved(step, gate.qubits, n, x, z, c)
            elif isinstance(step, Rot) and set(step.pauli) != {"I"}:
                x, z, c = _rotated(_masks(step.pauli, gate.qubits, n), step_angle(step, gate), x, z, c)
                small = np.abs(c) <= cutoff
                dropped += float((c[small] ** 2).sum())
                x, z, c = x[~small], z[~small], c[~small]
                counts.append(len(c))
                if len(c) > max_terms:
                    return PauliPaths(np.array(counts), None, float(np.sqrt(dropped)), cutoff, max_terms)
    return PauliPaths(np.array(counts), float(c[x == 0].sum()), float(np.sqrt(dropped)), cutoff, max_terms)


def _start(observable: PauliSum) -> tuple[Words, Words, Floats]:
    """Strings as bit masks, the letter Y standing for i X Z, with real coefficients."""
    x, z, c = [], [], []
    n = observable.n_qubits
    for string, coefficient in observable.terms:
        xm, zm = _masks(string, tuple(range(n)), n)
        x.append(xm)
        z.append(zm)
        c.append(float(np.real(coefficient)))
    return np.array(x, np.uint64), np.array(z, np.uint64), np.array(c, float)


def _masks(letters: str, qubits: tuple[int, ...], n: int) -> tuple[int, int]:
    """(x, z) masks of a string, qubit 0 the most significant of n bits."""
    x = sum(1 << (n - 1 - q) for q, letter in zip(qubits, letters, strict=True) if letter in "XY")
    z = sum(1 << (n - 1 - q) for q, letter in zip(qubits, letters, strict=True) if letter in "ZY")
    return x, z


def _rotated(by: tuple[int, int], angle: float, x: Words, z: Words, c: Floats) -> tuple[Words, Words, Floats]:
    """R^dagger Q R for each string Q: those that anticommute with P split in two."""
    px, pz = np.uint64(by[0]), np.uint64(by[1])
    odd = (np.bitwise_count(x & pz) + np.bitwise_count(z & px)) % 2 == 1
    if not odd.any():
        return x, z, c
    qx, qz, qc = x[odd], z[odd], c[odd]
    # i P Q = sign * (the string of the masks' sum): Y counts as i XZ on each side, and Z passes X with a minus.
    new_x, new_z = qx ^ px, qz ^ pz
    ys = np.bitwise_count(px & pz).astype(int) + np.bitwise_count(qx & qz).astype(int)
    ys -= np.bitwise_count(new_x & new_z).astype(int)
    power = (1 + ys + 2 * np.bitwise_count(pz & qx).astype(int)) % 4
    sign = np.where(power == 0, 1.0, -1.0)
    split = np.cos(angle) * qc
    every = (np.concatenate([x[~odd], qx, new_x]), np.concatenate([z[~odd], qz, new_z]))
    return _merged(*every, np.concatenate([c[~odd], split, np.sin(angle) * sign * qc]))


def _merged(x: Words, z: Words, c: Floats) -> tuple[Words, Words, Floats]:
    order = np.lexsort((z, x))
    x, z, c = x[order], z[order], c[order]
    first = np.ones(len(x), bool)
    first[1:] = (x[1:] != x[:-1]) | (z[1:] != z[:-1])
    return x[first], z[first], np.add.reduceat(c, np.flatnonzero(first))


def _moved(step: Move, qubits: tuple[int, ...], n: int, x: Words, z: Words, c: Floats) -> tuple[Any, Any, Any]:
    """A permutation of basis states undone: masks change, and signs where the string has Y in the wrong places."""
    a, *rest = (np.uint64(n - 1 - qubits[q]) for q in step.qubits)
    one = np.uint64(1)
    if step.kind == "x":
        return x, z, np.where((z >> a) & one, -c, c)
    b = rest[0]
    xa, xb, za, zb = ((m >> k) & one for m, k in ((x, a), (x, b), (z, a), (z, b)))
    if step.kind == "swap":
        flip_x, flip_z = xa ^ xb, za ^ zb
        return x ^ (flip_x << a) ^ (flip_x << b), z ^ (flip_z << a) ^ (flip_z << b), c
    minus = (xa & zb & (xb ^ za ^ one)) == 1
    return x ^ (xa << b), z ^ (zb << a), np.where(minus, -c, c)
