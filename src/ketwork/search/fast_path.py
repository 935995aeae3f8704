"""Training many circuits at once where the engine has kernels for it: energies on exact simulators and noisy devices.

What a circuit is given and what it is charged are as by `inner.train`, and so is the answer, but for rounding: the
kernels take the same steps, and where rounding turns a line search round the two may end in different minima. A task
goes one road for all its circuits, whatever the batch they come in.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ketwork.backends.shift import rule
from ketwork.circuit import Circuit, w
from ketwork.circuit.gates import GATES
from ketwork.engine.many import STATE_BYTES, Many, Packed, descent
from ketwork.engine.many_rows import NotPacked, n_weights
from ketwork.engine.simulator import Simulator
from ketwork.engine.warm import ensure_compiled
from ketwork.noise import NoiseModel
from ketwork.search.canonical import Place, flat, is_symmetric
from ketwork.search.goals import Energy
from ketwork.search.inner import Inner, Trained
from ketwork.search.native_rows import NativeRows
from ketwork.search.placed_backend import PlacedBackend

Floats = NDArray[np.floating[Any]]


class Charged(NamedTuple):
    """What `Inner.price` asks of a meter."""

    price: tuple[int, int]
    n_weights: int
    exact: bool = True


class FastPath:
    """Circuits of a space, an energy and an exact simulator, ready for the kernels.

    gates: all that circuits are made of; longest: how many a circuit may have. Raises: NotPacked where there are no
    kernels.
    """

    def __init__(self, goal: Energy, gates: Sequence[Place], longest: int, backend: Any, inner: Inner) -> None:
        method = descent(inner.method, inner.options)
        mixed = inner.warm is not None and inner.starts > 1  # some starts of a circuit in fewer steps than others
        if method is None or inner.stages or mixed or not _is_exact(backend):
            raise NotPacked
        self.method, self.inner = method, inner
        n_qubits = goal.observable.n_qubits
        prefix = () if goal.prefix is None else goal.prefix.gates
        if goal.prefix is not None and (goal.prefix.n_weights or goal.prefix.n_inputs):
            raise NotPacked
        # The gates of the prefix are rows of their own: while some qubits wait, others may be in the midst of it
        rows = [*(_row(n_qubits, place) for place in gates), *((gate,) for gate in prefix)]
        self.number = {place: k for k, place in enumerate(gates)}
        self.before = tuple(range(len(gates), len(rows)))
        self.counts = [n_weights(row) for row in rows]
        noise, self.native = _noise(backend, n_qubits), None
        if type(backend) is PlacedBackend:
            native = NativeRows(backend.gates, rows)  # also where it is not needed: it refuses what the device does
            self.native = native if noise is not None and (noise.rules or noise.waiting) else None
        quiet, kept = set[int](), 1
        if self.native is not None:
            rows, quiet, kept = self.native.rows, self.native.quiet, max(1, self.native.most_open)
        threads = None if backend is None else backend.threads
        self.many = Many(n_qubits, rows, goal.observable, noise, threads, quiet)
        states = longest * kept + n_qubits + len(prefix)
        if self.many.noisy and states * 8 * 4**n_qubits > STATE_BYTES:
            raise NotPacked
        shifts = [sum(len(rule(name, j)) for j in range(GATES[name].n_params)) for name, _ in gates]
        self.charges = list(zip(self.counts, shifts, strict=False))

    def charged(self, architecture: Sequence[Place]) -> Charged:
        """What a circuit costs. Raises: KeyError for gates that are not among those it was made for."""
        weights = shifts = 0
        for place in architecture:
            count, more = self.charges[self.number[place]]
            weights += count
            shifts += more
        return Charged((1, 1 + shifts), weights)

    def train_all(self, asked: Sequence[tuple[Sequence[Place], int, Floats | None]]) -> list[Trained]:
        """Train circuits, each an architecture, the seed of its random angles and a start or None."""
        inner, number = self.inner, self.number
        charged = [self.charged(architecture) for architecture, _, _ in asked]
        still = [k for k, one in enumerate(charged) if not one.n_weights]
        moving = [k for k, one in enumerate(charged) if one.n_weights]
        rows = {k: [*self.before, *(number[place] for place in asked[k][0])] for k in range(len(asked))}
        found: dict[int, Trained] = {}
        if still:
            values, _ = self.many.values_and_gradients(self._packed([rows[k] for k in still]), np.zeros(0))
            found = {k: Trained(float(values[j]), np.zeros(0), 1) for j, k in enumerate(still)}
        for steps, members in self._by_steps(moving, asked).items():
            packed = self._packed([rows[k] for k in members for _ in range(inner.starts)])
            begins = [self._begins(charged[k].n_weights, *asked[k][1:]) for k in members]
            values, best, asks = self.many.trained(packed, np.concatenate(begins), self.method, steps)
            for j, k in enumerate(members):
                these = range(j * inner.starts, (j + 1) * inner.starts)
                first = min(these, key=lambda one: values[one])
                params = best[packed.weights[first] : packed.weights[first + 1]].copy()
                gradients = int(asks[these.start : these.stop].sum())
                found[k] = Trained(float(values[first]), params, gradients * charged[k].price[1])
        return [found[k] for k in range(len(asked))]

    def _packed(self, circuits: Sequence[Sequence[int]]) -> Packed:
        """Circuits by the numbers of their gates made ready."""
        if self.native is None:
            return self.many.pack(circuits)
        return self.many.pack_bound([self.native.bound(circuit) for circuit in circuits])

    def _by_steps(self, moving: Sequence[int], asked: Sequence[Any]) -> dict[int, list[int]]:
        """The circuits by how many steps they are trained for: fewer where a start is given and `warm` says so."""
        found: dict[int, list[int]] = {}
        for k in moving:
            warm = self.inner.warm if asked[k][2] is not None else None
            found.setdefault(warm or self.inner.steps, []).append(k)
        return found

    def _begins(self, count: int, seed: int, start: Floats | None) -> Floats:
        """The angles to begin with, (starts * count,), as `inner.train` takes them."""
        if start is not None and len(start) != count:
            raise ValueError(f"Argument `start` must hold {count} angles, but holds {len(start)}.")
        random = self.inner.starts - (start is not None)
        spread = self.inner.spread
        drawn = np.random.default_rng(seed).uniform(-spread, spread, (random, count)).reshape(-1)
        return drawn if start is None else np.concatenate([start, drawn])


def _row(n_qubits: int, place: Place) -> Any:
    """A gate with weights of its own."""
    weights = tuple(w[j] for j in range(GATES[place.gate].n_params))
    return Circuit(n_qubits).append(place.gate, place.qubits, weights).gates


def _is_exact(backend: Any) -> bool:
    """Whether a backend is the simulator with exact values in double precision, alone or behind a placed device."""
    if backend is None:
        return True
    if type(backend) is PlacedBackend:
        return backend.differentiable and backend.precision == "double" and backend.joins
    exact = type(backend) is Simulator and backend.differentiable and backend.precision == "double"
    return exact and backend.method in ("auto", "paulitransfer" if backend.noise else "statevector")


def _noise(backend: Any, n_qubits: int) -> NoiseModel | None:
    """The noise of circuits on so many qubits."""
    if backend is None:
        return None
    found = backend.simulator(n_qubits).noise if type(backend) is PlacedBackend else backend.noise
    noise: NoiseModel | None = found
    return noise


_known: WeakKeyDictionary[Any, FastPath | None] = WeakKeyDictionary()


def fast_path(task: Any) -> FastPath | None:
    """The fast path of a `Task`, made once; None where it has none, and each circuit is trained by itself."""
    if task not in _known:
        try:
            _known[task] = _made(task)
        except (NotPacked, ValueError):  # a ValueError is told again by the simulator, with the circuit
            _known[task] = None
    return _known[task]


def _made(task: Any) -> FastPath | None:
    if type(task.goal) is not Energy:
        return None
    gates = dict.fromkeys(gate for place in task.space.places for gate in flat((place,)))
    for gate in [gate for gate in gates if is_symmetric(gate.gate)]:  # however its qubits are written
        gates[Place(gate.gate, gate.qubits[::-1])] = None
    return FastPath(task.goal, tuple(gates), task.space.max_gates, task.backend, task.inner)


def prepare(task: Any) -> None:
    """Compile what training on this task takes, once and not in every process at the same time."""
    ensure_compiled()
    if fast_path(task) is not None:
        ensure_compiled("many")
