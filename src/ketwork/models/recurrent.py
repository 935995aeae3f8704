"""Recurrent cells whose gates are circuits (QRNN, QLSTM, QGRU), and the same cells with linear gates (RNN, LSTM, GRU).

A cell is a recurrence over gates; what a gate is, a circuit or a linear map, the recurrence does not see. Gradients go
back through time by the gates' pullbacks, the whole batch of windows at once.
Source: Chen, Yoo and Fang, arXiv:2009.01783 (QLSTM, the circuit); Chen et al., arXiv:2211.02612 (QRNN, QGRU);
Hochreiter and Schmidhuber, Neural Computation 9 (1997) 1735, with forget gates (LSTM); Cho et al., arXiv:1406.1078
(GRU).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from ketwork.backends import protocol
from ketwork.checks import check_array, check_choice, check_int
from ketwork.circuit import Circuit, w, x
from ketwork.operators import PauliSum

Floats = NDArray[np.floating[Any]]
State = tuple[Floats, ...]
Back = Callable[[Floats], Floats]
"""From cotangents of a gate's values to those of its inputs; the gate's weights get theirs on the way."""
Call = Callable[[Floats], tuple[Floats, Back]]
"""A gate in use: inputs (B, n_in) to values (B, n_out) and the way back."""
Pull = Callable[[State], State]

CELLS = ("qrnn", "qlstm", "qgru", "rnn", "lstm", "gru")
"""The kinds of cells; those with a q have circuits as gates."""


def gate_circuit(n_qubits: int, depth: int) -> Circuit:
    """The circuit of a gate: inputs are the angles of RY (n), then those of RZ (n); 3 n depth weights.

    Hadamards, RY, RZ, then `depth` times a ladder of CX around the ring to the next qubit, one to the next but one, and
    a general rotation RZ RY RZ of every qubit. The very last RZ cannot be seen by a reading of Z.
    Source: arXiv:2009.01783, fig. 5.
    """
    circuit = Circuit(check_int("n_qubits", n_qubits, 1))
    for q in range(n_qubits):
        circuit = circuit.h(q).ry(q, x[q]).rz(q, x[n_qubits + q])
    slot = 0
    for _ in range(check_int("depth", depth, 0)):
        for offset in (1, 2):
            for q in range(n_qubits):
                if offset % n_qubits:
                    circuit = circuit.cx(q, (q + offset) % n_qubits)
        for q in range(n_qubits):
            circuit = circuit.rz(q, w[slot]).ry(q, w[slot + 1]).rz(q, w[slot + 2])
            slot += 3
    return circuit


class Gate(Protocol):
    """A map from (B, n_in) to (B, n_out) with weights (n_params,)."""

    @property
    def n_params(self) -> int: ...

    @property
    def n_in(self) -> int: ...

    def start(self, rng: np.random.Generator) -> Floats:
        """Random weights."""
        ...

    def run(self, values: Floats, weights: Floats, backend: Any, gradient: bool) -> tuple[Floats, Any]:
        """Values, and with `gradient` a function from their cotangents to those of (inputs, weights)."""
        ...


@dataclass(frozen=True)
class CircuitGate:
    """<Z> of the first n_out qubits of `gate_circuit`, one qubit an input v, turned by arctan(v) and arctan(v^2).

    spread: random angles are uniform in [-spread, spread].
    """

    circuit: Circuit
    sums: tuple[PauliSum, ...]
    spread: float

    @classmethod
    def of(cls, n_in: int, n_out: int, depth: int, spread: float = np.pi) -> "CircuitGate":
        """A gate on n_in qubits that reads n_out of them."""
        sums = [PauliSum.from_dict({"I" * q + "Z" + "I" * (n_in - 1 - q): 1.0}) for q in range(n_out)]
        return cls(gate_circuit(n_in, depth), tuple(sums), spread)

    @property
    def n_params(self) -> int:
        return self.circuit.n_weights

    @property
    def n_in(self) -> int:
        return self.circuit.n_qubits

    def start(self, rng: np.random.Generator) -> Floats:
        return rng.uniform(-self.spread, self.spread, self.n_params)

    def run(self, values: Floats, weights: Floats, backend: Any, gradient: bool) -> tuple[Floats, Any]:
        angles = np.hstack([np.arctan(values), np.arctan(values**2)])
        asked = self.circuit, list(self.sums), angles, weights
        if not gradient:
            return backend.expectation(*asked), None
        found, pull_back = protocol.value_and_pullback(backend, *asked)

        def back(cotangent: Floats) -> tuple[Floats, Floats]:
            by = pull_back(cotangent)
            first, second = np.hsplit(by.x, 2)
            return first / (1 + values**2) + second * 2 * values / (1 + values**4), by.w

        return found, back


@dataclass(frozen=True)
class LinearGate:
    """A linear map with bias; weights are its matrix (n_in, n_out) row by row, then the bias (n_out,).

    spread: random weights are uniform in [-spread, spread]; torch's is 1/sqrt(hidden).
    """

    n_in: int
    n_out: int
    spread: float

    @property
    def n_params(self) -> int:
        return (self.n_in + 1) * self.n_out

    def start(self, rng: np.random.Generator) -> Floats:
        return rng.uniform(-self.spread, self.spread, self.n_params)

    def run(self, values: Floats, weights: Floats, backend: Any, gradient: bool) -> tuple[Floats, Any]:
        matrix, bias = weights[: -self.n_out].reshape(self.n_in, self.n_out), weights[-self.n_out :]

        def back(cotangent: Floats) -> tuple[Floats, Floats]:
            by_weights = np.concatenate([(values.T @ cotangent).ravel(), cotangent.sum(axis=0)])
            return cotangent @ matrix.T, by_weights

        return values @ matrix + bias, back


# ---------------------------------------------------------------------- one step of each recurrence
def _rnn_step(calls: Sequence[Call], state: State, row: Floats) -> tuple[State, Pull]:
    out, back = calls[0](np.hstack([state[0], row]))
    new = np.tanh(out)

    def pull(cotangents: State) -> State:
        return (back(cotangents[0] * (1 - new**2))[:, : new.shape[1]],)

    return (new,), pull


def _lstm_step(calls: Sequence[Call], state: State, row: Floats) -> tuple[State, Pull]:
    """The state is (h, c, m): m = o tanh(c) is h itself, unless a gate makes h of it."""
    h, c, _ = state
    joined = np.hstack([h, row])
    (forget, back_f), (take, back_i), (new, back_g), (show, back_o) = (call(joined) for call in calls[:4])
    f, i, g, o = expit(forget), expit(take), np.tanh(new), expit(show)
    c_now = f * c + i * g
    t = np.tanh(c_now)
    m = o * t
    h_now, back_h = calls[4](m) if len(calls) > 4 else (m, lambda cotangent: cotangent)

    def pull(cotangents: State) -> State:
        by_h, by_c, by_m = cotangents
        if by_h.any():  # of the last h of a QLSTM nobody reads
            by_m = by_m + back_h(by_h)
        by_c = by_c + by_m * o * (1 - t**2)
        by_joined = back_f(by_c * c * f * (1 - f)) + back_i(by_c * g * i * (1 - i))
        by_joined = by_joined + back_g(by_c * i * (1 - g**2)) + back_o(by_m * t * o * (1 - o))
        return by_joined[:, : h.shape[1]], by_c * f, np.zeros_like(m)

    return (h_now, c_now, m), pull


def _gru_step(calls: Sequence[Call], state: State, row: Floats) -> tuple[State, Pull]:
    (h,) = state
    joined, width = np.hstack([h, row]), h.shape[1]
    (reset, back_r), (keep, back_z) = calls[0](joined), calls[1](joined)
    r, z = expit(reset), expit(keep)
    new, back_n = calls[2](np.hstack([r * h, row]))
    n = np.tanh(new)

    def pull(cotangents: State) -> State:
        (by,) = cotangents
        by_rh = back_n(by * (1 - z) * (1 - n**2))[:, :width]
        by_joined = back_r(by_rh * h * r * (1 - r)) + back_z(by * (h - n) * z * (1 - z))
        return (by * z + by_rh * r + by_joined[:, :width],)

    return (z * h + (1 - z) * n,), pull


_STEPS = {"rnn": _rnn_step, "lstm": _lstm_step, "gru": _gru_step}


# ---------------------------------------------------------------------- cells
@dataclass(frozen=True)
class Cell:
    """A recurrence and its gates, made by `build_cell`.

    gates: of "rnn" one; of "lstm" forget, input, cell, output, and of "qlstm" two more, from o tanh(c) to h and to what
    is read; of "gru" reset, update, candidate. widths: of the parts of the state. All weights are one array
    (n_params,).
    """

    kind: str
    gates: tuple[Gate, ...]
    widths: tuple[int, ...]

    @property
    def n_params(self) -> int:
        """How many weights the gates have together."""
        return sum(gate.n_params for gate in self.gates)

    @property
    def n_features(self) -> int:
        """How many numbers are read after the last step."""
        return self.widths[-1]

    def start(self, rng: np.random.Generator) -> Floats:
        """Random weights (n_params,)."""
        return np.concatenate([gate.start(rng) for gate in self.gates])

    def circuits(self, steps: int) -> tuple[int, int]:
        """Circuits that a device would run for one window of so many steps: for its features, and for their gradient
        with two shifts an angle. (0, 0) for linear gates."""
        first = self.gates[0]
        if not isinstance(first, CircuitGate):
            return 0, 0
        runs = steps * min(len(self.gates), 5)  # the last step of a QLSTM is read, and its h is not needed
        return runs, runs * (1 + 2 * (first.circuit.n_inputs + first.n_params))

    def features(self, weights: Floats, windows: Floats, backend: Any) -> Floats:
        """What is read (B, n_features) after windows (B, steps, channels), the oldest step first.

        weights (n_params,). backend: runs the circuits; linear gates have no use for it.
        Raises: ValueError, TypeError for arrays of other shapes, for windows without a step.
        """
        return self._run(weights, windows, backend, False)[0]

    def features_and_pullback(self, weights: Floats, windows: Floats, backend: Any) -> tuple[Floats, Back]:
        """The same, and a function from its cotangents (B, n_features) to those of the weights (n_params,)."""
        return self._run(weights, windows, backend, True)

    def _run(self, weights: Floats, windows: Floats, backend: Any, gradient: bool) -> tuple[Floats, Back]:
        weights = check_array(
            "weights", weights, 1, finite=False
        )  # a training may run away; that is not for here to say
        windows = check_array("windows", windows, 3, finite=False)
        channels = self.gates[0].n_in - self.widths[0]
        if len(weights) != self.n_params:
            raise ValueError(f"Argument `weights` must hold {self.n_params} numbers, but holds {len(weights)}.")
        if windows.shape[2] != channels or not windows.shape[1]:
            raise ValueError(
                f"Argument `windows` must have shape (B, steps, {channels}), with a step at least, but has shape "
                f"{windows.shape}."
            )
        ends = np.cumsum([gate.n_params for gate in self.gates])
        parts = np.split(weights, ends[:-1])
        totals = [np.zeros(gate.n_params) for gate in self.gates]
        calls = [
            _call(gate, part, total, backend, gradient)
            for gate, part, total in zip(self.gates, parts, totals, strict=True)
        ]
        state: State = tuple(np.zeros((len(windows), width)) for width in self.widths)
        pulls: list[Pull] = []
        recurrent = calls[:5]
        step = _STEPS[self.kind.removeprefix("q")]
        for k in range(windows.shape[1]):
            state, pull = step(recurrent, state, windows[:, k])
            pulls.append(pull)
        read, back = calls[5](state[-1]) if len(calls) > 5 else (state[-1], lambda cotangent: cotangent)

        def pull_back(cotangent: Floats) -> Floats:
            for total in totals:
                total[:] = 0
            cotangents = (*(np.zeros_like(part) for part in state[:-1]), back(cotangent))
            for pull in reversed(pulls):
                cotangents = pull(cotangents)
            return np.concatenate(totals)

        return read, pull_back


def _call(gate: Gate, weights: Floats, total: Floats, backend: Any, gradient: bool) -> Call:
    """A gate with its weights; their cotangents are added to `total`."""

    def call(values: Floats) -> tuple[Floats, Back]:
        found, pull_back = gate.run(values, weights, backend, gradient)

        def back(cotangent: Floats) -> Floats:
            by_values, by_weights = pull_back(cotangent)
            total[:] += by_weights
            return np.asarray(by_values)

        return found, back

    return call


def build_cell(kind: str, hidden: int, channels: int = 1, depth: int = 2, spread: float | None = None) -> Cell:
    """A cell of one of the `CELLS` for inputs of so many channels a step.

    hidden: width of h. A circuit has hidden + channels qubits, at most 20, one an input; depth: its layers. The cell
    state of a QLSTM and what is read of it have one number a qubit. spread: of random weights, uniform in
    [-spread, spread]; None for pi (angles) or 1/sqrt(hidden) (linear gates).
    Raises: ValueError for an unknown kind or sizes out of range.
    """
    check_choice("cell", kind, CELLS)
    check_int("hidden", hidden, 1)
    n = hidden + check_int("channels", channels, 1)
    bare = kind.removeprefix("q")
    count = {"rnn": 1, "lstm": 4, "gru": 3}[bare]
    if kind == bare:
        linear = LinearGate(n, hidden, 1 / np.sqrt(hidden) if spread is None else spread)
        return Cell(kind, (linear,) * count, (hidden,) * (3 if bare == "lstm" else 1))
    if n > 20:
        raise ValueError(f"A {kind} of {hidden} hidden numbers and {channels} channels needs {n} qubits, more than 20.")
    wide = np.pi if spread is None else spread
    gate = CircuitGate.of(n, hidden, check_int("depth", depth, 1), wide)
    if bare != "lstm":
        return Cell(kind, (gate,) * count, (hidden,))
    whole = CircuitGate.of(n, n, depth, wide)
    return Cell(kind, (*(whole,) * 4, gate, whole), (hidden, n, n))
