"""Quantum random access codes, and bits read from states that hold them: magic-state and Pauli rounding.

A code keeps k bits in one qubit: bit 0 of a letter is its eigenvalue +1, damped to 1 / sqrt(k). Its 2^k states lie on
2^(k-1) axes, the two on an axis opposite to each other in all bits.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ketwork.backends.protocol import Backend, apart
from ketwork.checks import check_int
from ketwork.circuit import Circuit
from ketwork.operators.pauli import PauliSum, pauli
from ketwork.seeds import Seed, generator

Bits = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
LETTERS = {1: "Z", 2: "XZ", 3: "XYZ"}
"""The Pauli letters of the bits in one qubit, by how many there are."""

BASES = 32
"""The most choices of axes, a circuit each, that a backend without states is asked to read."""


@dataclass(frozen=True)
class AccessCode:
    """Which bits live where. code: bits a qubit at most, 1 to 3. qubits: for each its bits, in order of `LETTERS`."""

    code: int
    qubits: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        check_int("code", self.code, 1, 3)
        listed = sorted(bit for bits in self.qubits for bit in bits)
        if listed != list(range(len(listed))) or not all(1 <= len(bits) <= self.code for bits in self.qubits):
            raise ValueError(f"Argument `qubits` must hold every bit once, 1 to {self.code} a qubit.")

    @property
    def n_qubits(self) -> int:
        return len(self.qubits)

    @property
    def n_bits(self) -> int:
        return sum(map(len, self.qubits))

    @cached_property
    def places(self) -> dict[int, tuple[int, str]]:
        """bit -> (qubit, letter)."""
        letters = LETTERS[self.code]
        return {bit: (q, letters[k]) for q, bits in enumerate(self.qubits) for k, bit in enumerate(bits)}

    @property
    def observables(self) -> list[PauliSum]:
        """The letter of each bit, as an operator."""
        return [pauli(letter, qubit, self.n_qubits) for _, (qubit, letter) in sorted(self.places.items())]

    @property
    def axes(self) -> Floats:
        """Directions (2^(k-1), 3) in X, Y, Z, the first letter's part positive: those on which the states lie."""
        at = ["XYZ".index(letter) for letter in LETTERS[self.code]]
        signs = [(1.0, *rest) for rest in product((1.0, -1.0), repeat=self.code - 1)]
        result = np.zeros((len(signs), 3))
        result[:, at] = np.array(signs) / np.sqrt(self.code)
        return result

    def bits(self, chosen: ArrayLike, outcomes: ArrayLike) -> Bits:
        """Bits (S, n_bits) of axes (S, n_qubits), by number, and outcomes (S, n_qubits), 0 along and 1 against."""
        along = self.axes[np.asarray(chosen)] < 0  # (S, n, 3)
        result = np.zeros((len(along), self.n_bits), np.uint8)
        for bit, (qubit, letter) in self.places.items():
            result[:, bit] = along[:, qubit, "XYZ".index(letter)] ^ (np.asarray(outcomes)[:, qubit] == 1)
        return result

    def product_state(self, bits: ArrayLike) -> NDArray[np.complex128]:
        """The state (2^n,) that holds the bits (n_bits,); a letter without a bit counts as 0."""
        given = np.asarray(bits)
        state = np.ones(1, np.complex128)
        for held in self.qubits:
            signs = np.array([1.0 - 2 * given[bit] for bit in held] + [1.0] * (self.code - len(held)))
            direction = np.zeros(3)
            direction[["XYZ".index(letter) for letter in LETTERS[self.code]]] = signs / np.sqrt(self.code)
            state = np.kron(state, poles(direction)[0])
        return state


def poles(direction: ArrayLike) -> NDArray[np.complex128]:
    """The states along and against a unit vector of the Bloch sphere, as rows (2, 2)."""
    x, y, z = np.asarray(direction, float)
    polar, azimuth = np.arccos(np.clip(z, -1, 1)), np.arctan2(y, x)
    turn = np.exp(1j * azimuth)
    cos, sin = np.cos(polar / 2), np.sin(polar / 2)
    return np.array([[cos, turn * sin], [-np.conj(turn) * sin, cos]])


def magic_rounding(state: ArrayLike, code: AccessCode, shots: int, seed: Seed = None) -> Bits:
    """Bits (shots, n_bits) of a state (2^n,): every shot measures every qubit along an axis drawn for it alone.

    Exact: the mean of a product of spins on d different qubits is k^(-d/2) times that of the letters. Shots that have
    gone the same way so far are followed together.
    Source: Fuller et al., arXiv:2111.03167, sec. III (magic-state rounding).
    """
    rng = generator(seed)
    n = code.n_qubits
    psi = np.asarray(state, np.complex128)
    if psi.shape != (1 << n,):
        raise ValueError(f"Argument `state` must have shape ({1 << n},), but has {psi.shape}.")
    bras = np.stack([poles(axis).conj() for axis in code.axes])
    chosen = np.zeros((check_int("shots", shots, 1), n), np.intp)
    outcomes = np.zeros_like(chosen)
    waiting = [(0, psi / np.linalg.norm(psi), rng.permutation(shots))]
    while waiting:
        qubit, rest, rows = waiting.pop()
        if qubit == n:
            continue
        drawn = rng.integers(0, len(bras), len(rows))
        for axis in np.unique(drawn):
            mine = rows[drawn == axis]
            both = bras[axis] @ rest.reshape(2, -1)
            weights = (np.abs(both) ** 2).sum(axis=1)
            along = int(rng.binomial(len(mine), np.clip(weights[0] / weights.sum(), 0, 1)))
            chosen[mine, qubit] = axis
            for outcome, part in enumerate((mine[:along], mine[along:])):
                if len(part):
                    outcomes[part, qubit] = outcome
                    waiting.append((qubit + 1, both[outcome] / np.sqrt(weights[outcome]), part))
    return code.bits(chosen, outcomes)


def magic_rounding_on(
    backend: Backend, circuit: Circuit, w: ArrayLike, code: AccessCode, shots: int, seed: Seed = None
) -> tuple[Bits, int]:
    """The same read on a backend: (bits (shots, n_bits), circuits run), with at most `BASES` choices of axes."""
    rng = generator(seed)
    count = min(check_int("shots", shots, 1), BASES)
    shares = np.full(count, shots // count) + (np.arange(count) < shots % count)
    rows = []
    for k, share in enumerate(shares):
        chosen = rng.integers(0, len(code.axes), code.n_qubits)
        read = apart(backend, k).sample(along_axes(circuit, code.axes[chosen]), None, w, shots=int(share))[0]
        rows.append(code.bits(np.tile(chosen, (int(share), 1)), read))
    return np.concatenate(rows), count


def along_axes(circuit: Circuit, axes: Floats) -> Circuit:
    """The circuit, turned at its end such that reading 0 or 1 is reading along or against an axis (3,) a qubit."""
    for q, (x, y, z) in enumerate(axes):
        circuit = circuit.rz(q, -float(np.arctan2(y, x))).ry(q, -float(np.arccos(np.clip(z, -1, 1))))
    return circuit


def pauli_rounding(values: ArrayLike, seed: Seed = None) -> Bits:
    """Bits (1, n) by the signs of the letters' expectation values (n,); a toss where one is 0 (1e-9).

    Source: arXiv:2111.03167, sec. III (Pauli rounding, "semideterministic").
    """
    found = np.asarray(values, float)
    tossed = generator(seed).integers(0, 2, len(found))
    return np.where(np.abs(found) < 1e-9, tossed, found < 0).astype(np.uint8)[None]
