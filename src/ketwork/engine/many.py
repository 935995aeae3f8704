"""Many different circuits at once: values, gradients and training, ideal or with exact noise.

The simulator prepares a circuit for many evaluations, which takes about a millisecond; a search asks for a new circuit
every time. Here circuits are lists of numbers of a table's rows, made ready in microseconds, and each is trained by one
call of a kernel, the circuits shared out among threads.
"""

import os
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from ketwork.engine import many_descent, many_ideal, many_noisy_pack
from ketwork.engine.many_noisy_rows import NoisyRows, codes, noisy_rows
from ketwork.engine.many_rows import Floats, IdealRows, Integers, NotPacked, Row, diagonals, ideal_rows
from ketwork.engine.tiles import spread
from ketwork.engine.warm import ensure_compiled
from ketwork.noise.confusion import seen
from ketwork.noise.model import NoiseModel
from ketwork.operators.pauli import PauliSum

MOST_QUBITS, MOST_NOISY_QUBITS = 10, 8
"""Larger registers are faster one circuit at a time, with all threads on each."""
STATE_BYTES = 1 << 29
"""What the states of one noisy circuit may take."""
_ADAM = {"learning_rate": 0.05, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0}
_TOLERANCES = 2.2204460492503131e-09, 1e-5  # SciPy's own, of the value and the gradient
_NO_INTEGERS, _NO_FLOATS = np.zeros(0, np.int64), np.zeros(0)


def descent(method: str, options: Mapping[str, Any]) -> tuple[int, Floats] | None:
    """What the kernels take for a method of `ketwork.optimize` and its options; None where they don't have it."""
    if method == "adam" and set(options) <= set(_ADAM):
        return many_descent.ADAM, np.array([float(options.get(name, value)) for name, value in _ADAM.items()])
    if method == "l-bfgs" and set(options) <= {"tol"}:
        tol = options.get("tol")
        return many_descent.LBFGS, np.array(_TOLERANCES if tol is None else (tol, tol), float)
    return None


@dataclass(frozen=True)
class Packed:
    """Circuits made ready. weights (C + 1,): where the weights of each begin among all. program: for the kernels."""

    weights: Integers
    program: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.weights) - 1


class Bound(NamedTuple):
    """A circuit whose rows share its weights: row `rows[k]` takes scales[k] * w + constants[k] for each of its weights
    w, which are the circuit's from the number slots[k] on; constants[k] alone where that is -1."""

    rows: list[int]
    slots: list[int]
    scales: list[float]
    constants: list[float]
    n_weights: int


class Many:
    """The expectation value of an observable in circuits made of the rows of a table, by their weights.

    rows: gates in order of time, without inputs, whose weights are w[0], w[1], ... of the row; a circuit is a sequence
    of numbers of rows, and its weights are those of its rows, one behind the other. noise: with it the values are the
    exact noisy ones, as they would be read. threads: None for all cores. quiet: the numbers of rows that have no noise
    and take no time. Everything is in double precision, and what comes of a circuit does not depend on which others are
    asked for with it.
    Raises: NotPacked for what only the simulator does: more than 10 qubits (8 with noise), prepared states, angles of
    several weights, noise of waiting qubits, noisy gates on more than two qubits.
    """

    def __init__(
        self, n_qubits: int, rows: Sequence[Row], observable: PauliSum, noise: NoiseModel | None = None,
        threads: int | None = None, quiet: Container[int] = (),
    ) -> None:  # fmt: skip
        self.n_qubits, self.threads = n_qubits, threads or os.cpu_count() or 1
        still = noise is None or not (noise.rules or noise.waiting)
        if n_qubits > (MOST_QUBITS if still else MOST_NOISY_QUBITS):
            raise NotPacked
        self.noisy = not still
        self.observable = observable if noise is None else seen(observable, noise.confusions(n_qubits))
        self._ideal: IdealRows = ideal_rows(() if self.noisy else rows, n_qubits)
        self._rows: NoisyRows = noisy_rows(rows if self.noisy else (), n_qubits, noise or NoiseModel(), quiet)
        self.counts = self._rows.counts if self.noisy else self._ideal.counts

    def pack(self, circuits: Sequence[Sequence[int]]) -> Packed:
        """Make circuits ready. Raises: NotPacked for noisy circuits so long that their states do not fit."""
        ensure_compiled("many")
        places, bounds = _joined(circuits, np.int64), _bounds(circuits)
        before = np.append(0, np.cumsum(self.counts[places]))
        weights = before[bounds].astype(np.int64)
        if self.noisy:
            slots = before[:-1] - np.repeat(weights[:-1], np.diff(bounds))
            return self._packed_noisy((places, bounds, slots, np.tile([1.0, 0.0], (len(places), 1))), weights)
        ideal = _empty_ideal(len(circuits), self._count_parts(self._ideal.firsts, places), self._ideal.bits)
        many_ideal.pack_ideal(places, bounds, self._ideal.arrays, self._ideal.bits, ideal)
        return Packed(weights, ideal)

    def pack_bound(self, circuits: Sequence[Bound]) -> Packed:
        """The same for noisy circuits whose rows share weights."""
        ensure_compiled("many")
        listed = [one.rows for one in circuits]
        slots = _joined([one.slots for one in circuits], np.int64)
        affine = [_joined(part, np.float64) for part in zip(*((c.scales, c.constants) for c in circuits), strict=True)]
        weights = np.cumsum([0, *(one.n_weights for one in circuits)]).astype(np.int64)
        return self._packed_noisy(
            (_joined(listed, np.int64), _bounds(listed), slots, np.stack(affine, axis=1)), weights
        )

    def _packed_noisy(self, circuits: tuple[Any, ...], weights: Integers) -> Packed:
        places, bounds = circuits[:2]
        gaps = 2 * len(places) if len(self._rows.idle[0]) else 0
        program = _empty_noisy(len(bounds) - 1, self._count_parts(self._rows.firsts, places) + gaps, self.n_qubits)
        many_noisy_pack.pack_noisy(circuits, self._rows.arrays, self._rows.idle, self.n_qubits, program)
        if program[7].max(initial=0) * 8 > STATE_BYTES:
            raise NotPacked
        return Packed(weights, program)

    @staticmethod
    def _count_parts(firsts: Integers, places: Integers) -> int:
        return int((firsts[places + 1] - firsts[places]).sum())

    def values_and_gradients(self, packed: Packed, w: Floats) -> tuple[Floats, Floats]:
        """(values (C,), gradients like w) at the weights w of all circuits, one behind the other."""
        values, slopes, at = np.empty(len(packed)), np.empty_like(w), packed.weights

        def one(c: int) -> None:
            span = slice(at[c], at[c + 1])
            values[c] = many_descent.value_and_gradient(self._problem(packed, c), w[span], slopes[span])

        self._each(one, len(packed))
        return values, slopes

    def trained(
        self, packed: Packed, starts: Floats, method: tuple[int, Floats], steps: int
    ) -> tuple[Floats, Floats, Integers]:
        """Minimise every circuit from its start: (lowest values seen (C,), weights there, like starts, gradients (C,)).

        method: see `descent`. steps: gradients at most. Circuits must have weights.
        """
        values, best, asked = np.empty(len(packed)), np.empty_like(starts), np.empty(len(packed), np.int64)
        at, begin = packed.weights, np.array(starts, float)

        def one(c: int) -> None:
            span = slice(at[c], at[c + 1])
            values[c], asked[c] = many_descent.train(
                self._problem(packed, c), method[0], steps, method[1], begin[span], best[span]
            )

        self._each(one, len(packed))
        return values, best, asked

    # ------------------------------------------------------------------ inside
    def _problem(self, packed: Packed, c: int) -> tuple[Any, ...]:
        ideal, noisy = (_NO_IDEAL, packed.program) if self.noisy else (packed.program, _NO_NOISY)
        return c, self.noisy, ideal, self._observables[0], noisy, self._observables[1]

    @cached_property
    def _observables(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        nothing = PauliSum(self.n_qubits, ())
        ideal = diagonals(nothing if self.noisy else self.observable, self._ideal.bits)
        return ideal, (*codes(self.observable if self.noisy else nothing), *self._rows.pairs)

    def _each(self, one: Any, count: int) -> None:
        """Call one(c) for all circuits; threads take the next when they have done one, since some take much longer."""
        rest = list(range(count))[::-1]

        def work(span: tuple[int, int]) -> None:
            while True:
                try:
                    c = rest.pop()
                except IndexError:
                    return
                one(c)

        try:
            spread(work, min(count, self.threads), self.threads)
        finally:
            rest.clear()  # after Ctrl-C the other threads stop too


def _joined(lists: Sequence[Sequence[Any]], kind: Any) -> Any:
    return np.array([one for part in lists for one in part], kind)


def _bounds(circuits: Sequence[Sequence[int]]) -> Integers:
    """Where each circuit begins among all."""
    return np.cumsum([0, *(len(circuit) for circuit in circuits)]).astype(np.int64)


def _empty_ideal(circuits: int, steps: int, bits: int) -> tuple[Any, ...]:
    """Where `pack_ideal` writes to."""
    return (
        np.empty((steps, 4), np.int64), np.empty((steps, 2)), np.zeros(circuits + 1, np.int64),
        np.empty((circuits, bits), np.int64), np.zeros(circuits, np.int64),
    )  # fmt: skip


def _empty_noisy(circuits: int, parts: int, n_qubits: int) -> tuple[Any, ...]:
    """Where `pack_noisy` writes to: every part is at most one pass and two that end what waited on its qubits."""
    passes, elements = parts + n_qubits * circuits, parts + n_qubits * circuits
    return (
        np.empty((passes + parts, many_noisy_pack.COLUMNS), np.int64), np.empty((passes + parts, 16), np.int64),
        np.zeros(circuits + 1, np.int64), np.empty((elements, 3), np.int64), np.empty((elements, 2)),
        np.empty((elements, 16)), np.empty((circuits, n_qubits), np.int64), np.zeros(circuits, np.int64),
    )  # fmt: skip


_NO_IDEAL = _empty_ideal(1, 0, 3)
_NO_NOISY = (*_empty_noisy(1, 0, 1)[:7], np.full(1, 8))
