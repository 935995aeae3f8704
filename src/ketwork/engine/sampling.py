"""Shots: drawn from exact probabilities, or one trajectory a lane when a circuit measures on its way."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.circuit.circuit import Circuit
from ketwork.circuit.operation import Gate
from ketwork.engine import tiles
from ketwork.engine.lanes import WIDTH
from ketwork.engine.lower import lower
from ketwork.engine.polynomials import Floats

Bits = NDArray[np.uint8]
_CHUNK = 4096  # trajectories at a time


def draw(probabilities: Floats, shots: int, rng: np.random.Generator) -> Bits:
    """Shots (B, shots, k) from probabilities (B, 2^k), the first bit most significant."""
    k = int(probabilities.shape[1]).bit_length() - 1
    result = np.empty((len(probabilities), shots, k), np.uint8)
    for row, p in enumerate(probabilities):
        cumulated = np.cumsum(p, dtype=np.float64)
        points = rng.random(shots) * cumulated[-1]
        outcome = np.minimum(np.searchsorted(cumulated, points, side="right"), len(p) - 1)
        result[row] = (outcome[:, None] >> np.arange(k - 1, -1, -1)) & 1
    return result


def counts(bits: Bits) -> list[dict[str, int]]:
    """Shots (B, shots, k) as one dictionary a sample: bit string, first bit leftmost, to how often it came."""
    found = []
    for shots in bits:
        values, times = np.unique(shots, axis=0, return_counts=True)
        found.append({"".join(map(str, v)): int(t) for v, t in zip(values, times, strict=True)})
    return found


def measures_at_end(circuit: Circuit) -> bool:
    """Whether all measurements come last on their qubits, each into a bit of its own, with no condition or reset."""
    measured: set[int] = set()
    bits: set[int] = set()
    for gate in circuit.gates:
        if gate.condition is not None or gate.name == "reset" or not measured.isdisjoint(gate.qubits):
            return False
        if gate.name == "measure":
            if gate.payload in bits:
                return False
            measured.update(gate.qubits)
            bits.add(gate.payload)
    return True


def place_measured(circuit: Circuit, draw_end: Callable[[Circuit, tuple[int, ...]], Bits]) -> Bits:
    """Classical bits (B, shots, n_bits) of a circuit whose measurements all come at its end, by drawing there."""
    places = {gate.payload: gate.qubits[0] for gate in circuit.gates if gate.name == "measure"}
    unitary = Circuit(circuit.n_qubits, [gate for gate in circuit.gates if gate.name != "measure"])
    shots = draw_end(unitary, tuple(places.values()))
    result = np.zeros((*shots.shape[:2], circuit.n_bits), np.uint8)
    result[:, :, list(places)] = shots
    return result


def trajectories(
    circuit: Circuit, x: Floats, w: Floats, shots: int, dtype: Any, threads: int, rng: np.random.Generator,
    initial: NDArray[Any] | None = None,
) -> Bits:  # fmt: skip
    """Classical bits (B, shots, n_bits) of a circuit with measurements, resets and conditions, from |0...0> or from
    states (B, 2^n), or (1, 2^n) for all."""
    result = np.zeros((len(x), shots, circuit.n_bits), np.uint8)
    zero = np.eye(1, 1 << circuit.n_qubits)
    states = np.broadcast_to(zero if initial is None else initial, (len(x), zero.shape[1]))
    for sample in range(len(x)):
        for first in range(0, shots, _CHUNK):
            lanes = min(_CHUNK, shots - first)
            rows = np.repeat(x[sample : sample + 1], lanes, axis=0)
            run = _Trajectories(circuit, rows, w, dtype, threads, rng, states[sample])
            result[sample, first : first + lanes] = run.bits
    return result


class _Trajectories:
    """One chunk of trajectories: `states` (tiles, 2, 2^n, W) in circuit order, `bits` (lanes, n_bits)."""

    def __init__(
        self, circuit: Circuit, x: Floats, w: Floats, dtype: Any, threads: int, rng: np.random.Generator,
        initial: NDArray[Any],
    ) -> None:  # fmt: skip
        self.x, self.w, self.threads, self.rng, self.circuit = x, w, threads, rng, circuit
        self.bits = np.zeros((len(x), circuit.n_bits), np.uint8)
        self.register = max(circuit.n_qubits, 2)
        width = WIDTH[np.dtype(dtype)]
        self.states = tiles.aligned_zeros((-(-len(x) // width), 2, 1 << self.register, width), dtype)
        for part, plane in enumerate((initial.real, initial.imag)):
            self.states[:, part, :: 1 << (self.register - circuit.n_qubits)] = plane[:, None]
        stretch: list[Gate] = []
        for gate in circuit.gates:
            if gate.condition is None and gate.name not in ("measure", "reset"):
                stretch.append(gate)
                continue
            self._apply(stretch)
            stretch = []
            if gate.name == "measure":
                self.bits[self._chosen(gate), gate.payload] = self._measure(gate.qubits[0], gate)[self._chosen(gate)]
            elif gate.name == "reset":
                outcome = self._measure(gate.qubits[0], gate)
                self._apply([Gate("x", gate.qubits)], self._chosen(gate) & (outcome == 1))
            else:
                self._apply([gate._replace(condition=None)], self._chosen(gate))
        self._apply(stretch)

    def _chosen(self, gate: Gate) -> NDArray[np.bool_]:
        """(lanes,) the trajectories in which a gate happens."""
        chosen = np.ones(len(self.x), bool)
        for bit, value in gate.condition or ():
            chosen &= self.bits[:, bit] == value
        return chosen

    def _apply(self, gates: list[Gate], chosen: NDArray[np.bool_] | None = None) -> None:
        if not gates:
            return
        part = Circuit(self.circuit.n_qubits, gates)
        program = lower(part)
        shape = self.states.shape
        old = self.states
        fresh = bool(program.prepared)
        driven = tiles.drive(program, self.x[:, : part.n_inputs], self.w[: part.n_weights], old.dtype)
        flat = tiles.evolve(program, driven, self.threads, None if fresh else old.reshape(len(old), -1).copy())
        new = np.empty_like(old)
        new[:, :, program.logical_index()] = flat.reshape(shape)
        if chosen is not None:
            new = np.where(self._lanes(chosen)[:, None, None, :], new, old)
        self.states = new

    def _lanes(self, values: NDArray[Any]) -> NDArray[Any]:
        """(lanes,) as (tiles, W)."""
        padded = np.zeros(self.states.shape[0] * self.states.shape[3], values.dtype)
        padded[: len(values)] = values
        return padded.reshape(self.states.shape[0], self.states.shape[3])

    def _measure(self, qubit: int, gate: Gate) -> NDArray[np.uint8]:
        """Measure one qubit in every chosen trajectory; returns the outcomes of all lanes."""
        one = (np.arange(1 << self.register) >> (self.register - 1 - qubit)) & 1 == 1
        weight = (self.states.astype(np.float64) ** 2).sum(axis=1)
        p_one, p_all = weight[:, one].sum(axis=1), weight.sum(axis=1)
        points = self._lanes(self.rng.random(len(self.x)))
        outcome = points * p_all < p_one
        kept = np.where(outcome, p_one, p_all - p_one)
        scale = 1 / np.sqrt(np.maximum(kept, np.finfo(float).tiny))
        projected = self.states * np.where(one[None, :, None] == outcome[:, None, :], scale[:, None, :], 0)[:, None]
        chosen = self._lanes(self._chosen(gate))[:, None, None, :]
        self.states = np.where(chosen, projected, self.states).astype(self.states.dtype)
        return outcome.reshape(-1)[: len(self.x)].astype(np.uint8)
