"""Gradients that are read: each component from as many readings of its shifted circuits as is asked for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.protocol import Cost, apart
from ketwork.backends.shift import rule
from ketwork.circuit.angle import Angle, Slots
from ketwork.circuit.circuit import Circuit
from ketwork.engine.measure import in_basis
from ketwork.operators.grouping import BasisGroup, group_qubitwise
from ketwork.operators.pauli import PauliSum
from ketwork.solve.objective import Objective

Floats = NDArray[np.floating[Any]]
Row = tuple[int, float]


class SampledGradient:
    """Estimates of an objective's gradient by the parameter-shift rule, with the variance of one reading.

    weighted False: one reading runs every shifted circuit of a component once in every basis that the observable
    needs. True: once in one basis, drawn with a chance in proportion to the absolute coefficients of the strings that
    are read in it (Arrasmith et al., arXiv:2004.06252, weighted random sampling, where single strings are drawn; to
    take all strings of a basis when it is read costs nothing and has no larger variance).
    Backends: any with `sample`. What is run goes on the objective's bill.
    Raises: TypeError for a backend that draws no samples.
    """

    def __init__(self, objective: Objective, weighted: bool = False) -> None:
        if not callable(getattr(objective.backend, "sample", None)):
            raise TypeError(f"Argument `backend` must draw samples, but {type(objective.backend).__name__} does not.")
        self.objective, self.weighted = objective, weighted
        self.moved, self.angles = _open(objective.circuit)
        terms = objective.observable.terms
        self.constant = float(sum(complex(c).real for string, c in terms if set(string) == {"I"}))
        rest = PauliSum(objective.observable.n_qubits, tuple(t for t in terms if set(t[0]) != {"I"}))
        self.groups = group_qubitwise([rest]) if rest.terms else ()
        sizes = np.array([sum(abs(term[2]) for term in group.terms) for group in self.groups])
        self.chances = sizes / sizes.sum() if len(sizes) else sizes
        self.circuits = [in_basis(self.moved, group.basis) for group in self.groups]

    def __call__(
        self, w: Floats, readings: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[float, Floats, Floats]:
        """(value, gradient (P,), variance of one reading of it (P,)) at weights w (P,).

        readings (P,): of each component, at least 2; the value takes their mean. rng: what bases are drawn with.
        """
        counts = np.append(readings, int(np.ceil(np.mean(readings))))
        rows, offsets = self._rows(np.asarray(w, float))
        drawn = np.stack([self._of_bases(int(count), rng) for count in counts])
        parts: list[list[Floats]] = [[] for _ in counts]
        backend, calls = self.objective.next_backend(), 0
        for g in range(len(self.groups)):
            whole = [np.zeros(n) for n in drawn[:, g]]
            for count in np.unique(drawn[:, g]):
                asked = [(c, *row) for c in np.flatnonzero(drawn[:, g] == count) for row in rows[c]]
                if not asked or not count:
                    continue
                # rows that are read equally often go together
                found = self._read(apart(backend, calls), g, offsets[[row for _, row, _ in asked]], w, int(count))
                calls += 1
                for (c, _, factor), values in zip(asked, found, strict=True):
                    whole[c] += factor * values
            for c, values in enumerate(whole):
                parts[c].append(values / self.chances[g] if self.weighted else values)
        self.objective.n_evaluations += 1
        means, variances = _moments(parts, counts, self.weighted)
        return self.constant + means[-1], means[:-1], variances[:-1]

    def _of_bases(self, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """(G,) how often each basis is read in so many readings."""
        if not self.weighted or not self.groups:
            return np.full(len(self.groups), count)
        return np.asarray(rng.multinomial(count, self.chances))

    def _rows(self, w: Floats) -> tuple[list[list[Row]], Floats]:
        """For each weight, and last for the value, the (row, factor) of which its readings are sums; and the shifts of
        all angles (R, K) in each row."""
        rows: list[list[Row]] = [[] for _ in range(len(w) + 1)]
        offsets = [np.zeros(len(self.angles))]
        rows[-1].append((0, 1.0))
        for k, (angle, pairs) in enumerate(self.angles):
            slopes = {slot.index: float(angle.derivative(slot).evaluate((), w)) for slot in angle.slots}
            for shift, factor in pairs:
                for index, slope in slopes.items():
                    if slope:
                        rows[index].append((len(offsets), factor * slope))
                offsets.append(shift * np.eye(len(self.angles))[k])
        return rows, np.stack(offsets)

    def _read(self, backend: Any, g: int, offsets: Floats, w: Floats, count: int) -> Floats:
        """(B, count) values of the strings of a basis, for shifts (B, K)."""
        reader = getattr(backend, "reader", None)
        runner = backend if reader is None else reader(self.moved)  # the turns into the basis have no noise
        given = offsets if len(self.angles) else None
        bits = np.asarray(runner.sample(self.circuits[g], given, w, shots=count))
        self.objective.pay(Cost(1, count), len(offsets))
        return _values(self.groups[g], bits)


def _open(circuit: Circuit) -> tuple[Circuit, list[tuple[Angle, tuple[tuple[float, float], ...]]]]:
    """The circuit with an input added to every angle that has weights, and those angles with their shift rules."""
    inputs, gates = Slots("x"), list(circuit.gates)
    angles: list[tuple[Angle, tuple[tuple[float, float], ...]]] = []
    for place, gate in enumerate(gates):
        if gate.name == "global_phase":
            continue
        params = list(gate.params)
        for k, param in enumerate(params):
            if isinstance(param, Angle):
                params[k] = param + inputs[len(angles)]
                angles.append((param, rule(gate.name, k)))
        gates[place] = gate._replace(params=tuple(params))
    return Circuit(circuit.n_qubits, gates, circuit.n_bits), angles


def _values(group: BasisGroup, bits: NDArray[np.uint8]) -> Floats:
    """The sum of a basis' strings for bit strings (.., n)."""
    masks = np.zeros((bits.shape[-1], len(group.terms)), np.float32)
    for t, (_, qubits, _) in enumerate(group.terms):
        masks[list(qubits), t] = 1
    odd = np.mod(bits.astype(np.float32) @ masks, 2)
    return np.asarray((1.0 - 2.0 * odd) @ np.array([coefficient for _, _, coefficient in group.terms]))


def _moments(parts: list[list[Floats]], counts: NDArray[np.int64], weighted: bool) -> tuple[Floats, Floats]:
    """Mean and variance of the readings of each component."""
    means, variances = np.zeros(len(parts)), np.zeros(len(parts))
    for c, by_basis in enumerate(parts):
        if by_basis:
            values = np.concatenate(by_basis) if weighted else np.sum(by_basis, axis=0)
            means[c], variances[c] = values.mean(), values.var(ddof=1) if counts[c] > 1 else 0.0
    return means, variances
